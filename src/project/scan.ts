import { performance } from "node:perf_hooks";
import path from "node:path";
import { DETECTION } from "../core/cache/detection.js";
import type { Found } from "../core/cache/project-map.js";
import type { Finding } from "../core/finding.js";
import { digest } from "./cache/digest.js";
import { defectNotice } from "./defects.js";
import type { Defect, DefectNotice } from "./defects.js";
import type { DetectOptions } from "../../rules/detect.js";
import type { StoredScan } from "./cache/scan-cache.js";
import type { DiscoveredFiles, SkippedFile } from "./discover.js";
import { readJsonText } from "./json-file.js";
import { openTree } from "./open-tree.js";
import { unscannedPackages } from "./outside.js";
import type { Sources } from "./sources.js";
import { Directives } from "./directives.js";
import type { SuppressionNotice } from "./suppressions.js";

export interface ScanOptions {
  /** Absolute. Findings name their files relative to it. */
  root: string;
  /** Absolute files and folders inside the root. Default: the root. */
  paths?: string[];
  /** Only these rules, without the plugin's prefix. Default: all that `strict` allows. */
  rules?: string[];
  /** Options by rule name, on top of the rule's defaults. */
  ruleOptions?: Readonly<Record<string, object>>;
  /** Files to leave out: patterns as in `.gitignore`, from the root. */
  ignores?: readonly string[];
  /** Also the rules of the `strict` config, and findings that are only `likely`. Default: false. */
  strict?: boolean;
  /**
   * Also looks at tests that nothing else imports. No rule reports anything in them; a fix has to know who else calls
   * what it changes. Default: false.
   */
  tests?: boolean;
  /**
   * Where results are kept for the next scan: a folder, or `false` for nowhere. Default: `.cache/sessionfix` in the
   * nearest `node_modules`, if there is one. What is kept is believed only for the same bytes and the same tool.
   */
  cache?: string | false;
  /** Threads that read files, the caller's own included. Default: as many as there are processors, at most 5. */
  jobs?: number;
  onProgress?: (progress: ScanProgress) => void;
}

export interface ScanProgress {
  phase: "reading" | "analysing";
  done: number;
  total: number;
}

export interface ScanStats {
  /** Source files found, without those that were skipped. */
  files: number;
  /** Of these, the ones that can matter and were analysed. */
  parsed: number;
  /** Of the analysed ones, those that an earlier scan had parsed. */
  fromCache: number;
  ms: number;
}

export interface ScanResult {
  root: string;
  findings: Finding[];
  /** Findings that a comment in the source keeps out of `findings`. */
  suppressed: number;
  /** Comments that suppress nothing, each with what to do about it, and what of sessionfix itself failed. */
  notices: (SuppressionNotice | DefectNotice)[];
  /** What of sessionfix itself failed, by file; the rest was done without it. */
  defects: Defect[];
  skipped: SkippedFile[];
  stats: ScanStats;
  /** The team's own packages that are imported and were not scanned with the rest: what they do is not known. */
  unscanned: string[];
  /** Why results could not be kept for the next scan, if so. */
  cacheProblem?: string;
  /** The text that was scanned, without its byte order mark. */
  text: (file: string) => string | undefined;
  /** The findings if these texts stood on the disk. Throws `BrokenOverlayError` when one does not parse. */
  redetect: (overlay: ReadonlyMap<string, string>) => Finding[];
}

/**
 * Files that cannot reach a database are checked for syntax errors only in trees up to this size, where it costs next to
 * nothing: in large ones it would cost more than all the rest, and nothing that is found depends on it. In bytes.
 */
const CHECKED_TREE = 2 * 1024 * 1024;

/**
 * Finds the session mistakes under `paths`.
 *
 * @throws UsageError `PATH_NOT_FOUND` or `UNKNOWN_RULE`.
 */
export async function scanProject(options: ScanOptions): Promise<ScanResult> {
  const startedAt = performance.now();
  const { root, detect, cache, paths, found, sources, json, resolver, project } = await openTree(options);
  const { onProgress } = options;

  const question = JSON.stringify([detect, paths, options.tests ?? false]);
  const inputs = inputsOf(found, sources);
  const kept = cache?.outcome(question, inputs);
  const isKept = kept !== undefined && kept.json.every(([file, hash]) => hashOf(readJsonText(file)) === hash);
  const outcome = isKept ? kept : await analyse();

  async function analyse(): Promise<StoredScan> {
    const findings = await project().detect((done, total) => onProgress?.({ phase: "analysing", done, total }));
    const broken = project().release(sources.size <= CHECKED_TREE);
    const unparsable = [...project().skipped, ...broken];
    const skipped = [...found.skipped, ...sources.skipped, ...unparsable].sort((a, b) => (a.file < b.file ? -1 : 1));
    const unscanned = unscannedPackages(root, sources.entries, resolver(), json);
    const files = sources.entries.size - unparsable.length;
    const asked = [...json.asked()].map(([file, text]): [string, string | null] => [file, hashOf(text)]);
    const { defects } = project();
    const result = { findings, skipped, unscanned, files, parsed: project().parsed, json: asked, ...(defects.length === 0 ? {} : { defects }) };
    if (!project().changedMeanwhile) {
      cache?.keepOutcome(question, inputs, result);
      // A part of the root would hide the callers in the rest of it.
      if (options.tests !== true && paths.every((each) => path.resolve(root, each) === root)) cache?.keepMap({ files: project().map(), config: asked, found: foundBy(detect, result) });
    }
    return result;
  }

  if (isKept && outcome.defects !== undefined) project().recall(outcome.defects);
  cache?.save(Date.now());
  const directives = new Directives(sources.entries, (file) => project().text(file));
  const { findings, suppressed, notices, unused } = directives.apply(outcome.findings);
  // A part of the root may hide what a comment is there for.
  const isWhole = paths.every((each) => path.resolve(root, each) === root);
  const defects = outcome.defects ?? [];
  // Neither can be told where something failed.
  const failed = new Set(defects.map(({ file }) => file));
  const judged = unused.filter(({ directive }) => !failed.has(directive.file));
  const unanswered = isWhole ? directives.stale(judged, detect, () => project().redetect(new Map(), { ...detect, strict: true })) : [];
  // That look was over more rules, of which one may have failed.
  const stale = unanswered.filter(({ file }) => !project().defects.some((defect) => defect.file === file));
  return {
    root,
    findings,
    suppressed,
    defects,
    notices: [...defects.map(defectNotice), ...[...notices, ...stale].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))],
    skipped: outcome.skipped,
    stats: { files: outcome.files, parsed: outcome.parsed, fromCache: isKept ? outcome.parsed : project().fromCache, ms: Math.round(performance.now() - startedAt) },
    unscanned: outcome.unscanned,
    ...(cache?.problem === undefined ? {} : { cacheProblem: cache.problem }),
    text: (file) => project().text(file),
    redetect: (overlay) => directives.apply(project().redetect(overlay), overlay).findings,
  };
}

function foundBy({ strict = false, rules, options }: DetectOptions, { findings, defects }: Pick<StoredScan, "findings" | "defects">): Found {
  return { detection: DETECTION, strict, ...(rules ? { rules } : {}), ...(options ? { options } : {}), findings, ...(defects ? { hasDefects: true } : {}) };
}

function hashOf(text: string | null): string | null {
  return text === null ? null : digest(text);
}

/** All that a scan's outcome rests on but the question asked and the configuration that imports are resolved by. */
function inputsOf({ manifests, skipped }: DiscoveredFiles, { contents }: Sources): string {
  return digest(JSON.stringify([contents, manifests, skipped]));
}
