import { performance } from "node:perf_hooks";
import path from "node:path";
import { generatedMentions, libraryNames } from "../core/catalogue/index.js";
import type { Finding } from "../core/finding.js";
import { checkSyntax } from "./check-syntax.js";
import { discoverFiles } from "./discover.js";
import type { SkippedFile } from "./discover.js";
import { unscannedPackages } from "./outside.js";
import { Project } from "./project.js";
import type { SourceEntry } from "./project.js";
import { readSource } from "./read-source.js";
import { createResolver } from "./resolve.js";
import { detectOptions } from "./rule-choice.js";
import { listSpecifiers, namesLibrary } from "./specifiers.js";

export interface ScanOptions {
  /** Absolute. Findings name their files relative to it. */
  root: string;
  /** Absolute files and folders inside the root. Default: the root. */
  paths?: string[];
  /** Only these rules, without the plugin's prefix. Default: all that `strict` allows. */
  rules?: string[];
  /** Also the rules of the `strict` config, and findings that are only `likely`. Default: false. */
  strict?: boolean;
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
  fromCache: number;
  ms: number;
}

export interface ScanResult {
  root: string;
  findings: Finding[];
  skipped: SkippedFile[];
  stats: ScanStats;
  /** The team's own packages that are imported and were not scanned with the rest: what they do is not known. */
  unscanned: string[];
  /** The text that was scanned, without its byte order mark. */
  text: (file: string) => string | undefined;
  /** The findings if these texts stood on the disk. Throws `BrokenOverlayError` when one does not parse. */
  redetect: (overlay: ReadonlyMap<string, string>) => Finding[];
}

/** How many files are read at the same time. More gains nothing and runs out of descriptors. */
const READERS = 32;

/**
 * Finds the session mistakes under `paths`.
 *
 * @throws UsageError `PATH_NOT_FOUND` or `UNKNOWN_RULE`.
 */
export async function scanProject(options: ScanOptions): Promise<ScanResult> {
  const startedAt = performance.now();
  const root = path.resolve(options.root);
  const detect = detectOptions(options);
  const isSeed = namesLibrary(libraryNames(), generatedMentions());
  const found = await discoverFiles(root, options.paths?.length ? options.paths : [root]);
  const { entries, skipped } = await readAll(root, found.files, isSeed, options.onProgress);
  const resolver = createResolver(root, entries.keys(), found.manifests);
  const project = new Project({ root, resolver, entries, namesLibrary: isSeed, detect, place: belowNamed(root, options.paths ?? []) });
  const findings = project.detect((done, total) => options.onProgress?.({ phase: "analysing", done, total }));
  const broken: SkippedFile[] = [];
  project.release((file, text) => {
    const reason = project.skipped.some((skip) => skip.file === file) ? undefined : checkSyntax(file, text);
    if (reason !== undefined) broken.push({ file, reason });
  });
  const unparsable = [...project.skipped, ...broken];
  return {
    root,
    findings,
    skipped: [...found.skipped, ...skipped, ...unparsable].sort((a, b) => (a.file < b.file ? -1 : 1)),
    stats: { files: entries.size - unparsable.length, parsed: project.parsed, fromCache: 0, ms: Math.round(performance.now() - startedAt) },
    unscanned: unscannedPackages(root, entries, resolver),
    text: (file) => project.text(file),
    redetect: (overlay) => project.redetect(overlay),
  };
}

async function readAll(
  root: string,
  files: string[],
  isSeed: (text: string) => boolean,
  onProgress: ScanOptions["onProgress"],
): Promise<{ entries: Map<string, SourceEntry>; skipped: SkippedFile[] }> {
  const entries = new Map<string, SourceEntry>();
  const skipped: SkippedFile[] = [];
  const queue = files.values();
  let done = 0;
  const reader = async () => {
    for (const file of queue) {
      const source = await readSource(path.join(root, file));
      if (source.ok) entries.set(file, { specifiers: listSpecifiers(source.text), namesLibrary: isSeed(source.text), text: source.text });
      else skipped.push({ file, reason: source.reason });
      onProgress?.({ phase: "reading", done: ++done, total: files.length });
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  // Readers finish in any order; everything after must not depend on it.
  return { entries: new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1))), skipped };
}

/** `test/fixtures/shop/src/db.ts` is `src/db.ts` to who named `test/fixtures/shop`. */
function belowNamed(root: string, paths: readonly string[]): (file: string) => string {
  const named = paths
    .map((each) => path.relative(root, path.resolve(root, each)).replaceAll(path.sep, "/"))
    .filter((each) => each !== "")
    .sort((a, b) => b.length - a.length);
  return (file) => {
    const above = named.find((each) => file === each || file.startsWith(`${each}/`));
    return above === undefined ? file : file.slice(above.length + 1) || path.posix.basename(file);
  };
}
