import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { DETECTION } from "../../src/core/cache/detection.js";
import type { MapFile } from "../../src/core/cache/project-map.js";
import type { FileFacts } from "../../src/core/facts/types.js";
import type { Finding } from "../../src/core/finding.js";
import { linkProject, type ProjectFacts } from "../../src/core/link/index.js";
import type { Rule } from "../rule.js";
import { digest, keptScan, textOnDisk, withNames, type KeptScan } from "./cache-reader.js";
import { changedSince } from "./freshness.js";
import { importsOf, namesAround, neighboursOf, type ChangedFile } from "./neighbours.js";

/** Files that are linked with the one at hand at most. More would be felt while typing: then the file stands alone. */
const MOST_FILES = 60;

export interface CrossFileRequest {
  filename: string;
  cwd: string;
  text: string;
  cacheDir: string | undefined;
  /** Reads the facts of the text, when they are not those of the scan. */
  facts: (file: string) => FileFacts | undefined;
}

/** A file together with what the last `sessionfix scan` left of the others. Nothing stale is ever used. */
export interface AcrossFiles {
  file: string;
  /** What the scan found here by this rule; undefined when anything is not as it was, or the scan was told to look for something else. */
  found(rule: Rule, options: object, likely: boolean): readonly Finding[] | undefined;
  /** The file linked with those that it can reach and that can reach it; undefined when one of these is not as it was, or they are too many. */
  project(): ProjectFacts | undefined;
}

/** Undefined when there was no scan of this file's folder, or when the file was not among those that can matter. */
export function acrossFiles(request: CrossFileRequest): AcrossFiles | undefined {
  const scan = keptScan(request.cwd, request.cacheDir);
  const file = scan && path.relative(scan.root, request.filename).replaceAll("\\", "/");
  const own = file === undefined ? undefined : scan?.files.get(file);
  if (!scan || !own) return undefined;
  const isAsScanned = own.hash === digest(request.text) || own.hash === digest(`\uFEFF${request.text}`);
  let linked: { project: ProjectFacts | undefined } | undefined;
  return {
    file: own.file,
    found: (rule, options, likely) => (isAsScanned && answers(scan, rule, options, likely) && isUnchanged(scan, own.file) ? findingsIn(scan, own.file, rule) : undefined),
    project: () => (linked ??= { project: isAsScanned ? linkedAsScanned(scan, own) : linkedWithChange(scan, own, request) }).project,
  };
}

/** Whether the scan looked for all that the rule would report with these options. */
function answers({ found }: KeptScan, { name, meta }: Rule, options: object, likely: boolean): boolean {
  if (found.detection !== DETECTION || found.hasDefects || (likely && !found.strict)) return false;
  const hasRun = found.rules ? found.rules.includes(name) : found.strict || meta.recommended;
  return hasRun && isDeepStrictEqual({ ...meta.defaults, ...found.options?.[name] }, options);
}

function isUnchanged(scan: KeptScan, file: string): boolean {
  const changed = changedSince(scan);
  // The file itself is what the editor says.
  return changed !== undefined && (changed.size === 0 || (changed.size === 1 && changed.has(file)));
}

const findings = new WeakMap<KeptScan, Map<string, Finding[]>>();

function findingsIn(scan: KeptScan, file: string, rule: Rule): readonly Finding[] {
  let byFile = findings.get(scan);
  if (!byFile) {
    findings.set(scan, (byFile = new Map<string, Finding[]>()));
    for (const finding of scan.found.findings) {
      const list = byFile.get(finding.file);
      if (list) list.push(finding);
      else byFile.set(finding.file, [finding]);
    }
  }
  return byFile.get(file)?.filter((finding) => finding.rule === rule.name) ?? [];
}

function linkedAsScanned(scan: KeptScan, own: MapFile): ProjectFacts | undefined {
  const files = filesAround(scan, own.file, undefined);
  return files && shared(scan, files);
}

function linkedWithChange(scan: KeptScan, own: MapFile, { text, facts: read }: CrossFileRequest): ProjectFacts | undefined {
  const written = read(own.file);
  const facts = written && withNames(written, namesAround(scan, own.file));
  const imports = facts && importsOf(scan, own.file, facts.specifiers);
  if (!imports) return undefined;
  const change = { facts, text, imports };
  const files = filesAround(scan, own.file, change);
  return files && link(scan, files, change);
}

/** The files to link with this one; undefined when they are too many, or others might belong to them by now. */
function filesAround(scan: KeptScan, file: string, change: ChangedFile | undefined): string[] | undefined {
  const changed = changedSince(scan);
  if (!changed) return undefined;
  const around = neighboursOf(scan, file, change, MOST_FILES);
  for (const each of changed) if (each !== file && around?.asked.has(each)) return undefined;
  return around?.files;
}

/** The last projects whose files are all as they were scanned: one for many files of a lint run. */
const projects = new WeakMap<KeptScan, Map<string, ProjectFacts>>();
const MOST_PROJECTS = 8;

function shared(scan: KeptScan, files: readonly string[]): ProjectFacts | undefined {
  let kept = projects.get(scan);
  if (!kept) projects.set(scan, (kept = new Map<string, ProjectFacts>()));
  const key = files.join("\n");
  const project = kept.get(key) ?? link(scan, files);
  if (!project) return undefined;
  kept.delete(key);
  kept.set(key, project);
  for (const oldest of kept.keys()) if (kept.size > MOST_PROJECTS) kept.delete(oldest);
  return project;
}

const factsOfScan = new WeakMap<KeptScan, Map<string, FileFacts | undefined>>();

function factsOf(scan: KeptScan, file: MapFile): FileFacts | undefined {
  let known = factsOfScan.get(scan);
  if (!known) factsOfScan.set(scan, (known = new Map<string, FileFacts | undefined>()));
  if (!known.has(file.file)) known.set(file.file, scan.facts(file));
  return known.get(file.file);
}

function link(scan: KeptScan, files: readonly string[], change?: ChangedFile): ProjectFacts | undefined {
  const all: FileFacts[] = [];
  for (const file of files) {
    const entry = scan.files.get(file);
    const facts = change?.facts.file === file ? change.facts : entry && factsOf(scan, entry);
    if (!facts) return undefined;
    all.push(facts);
  }
  const targets = new Map<string, Map<string, string | null>>();
  const importsOfFile = (file: string) => (change?.facts.file === file ? change.imports : (scan.files.get(file)?.imports ?? []));
  const texts = new Map<string, string | undefined>();
  return linkProject(all, {
    resolve(fromFile, specifier) {
      let known = targets.get(fromFile);
      if (!known) targets.set(fromFile, (known = new Map(importsOfFile(fromFile))));
      return known.get(specifier) ?? undefined;
    },
    text(file) {
      if (change?.facts.file === file) return change.text;
      if (!texts.has(file)) texts.set(file, textOnDisk(path.join(scan.root, file)));
      return texts.get(file);
    },
  });
}
