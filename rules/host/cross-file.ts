import path from "node:path";
import type { MapFile } from "../../src/core/cache/project-map.js";
import type { FileFacts } from "../../src/core/facts/types.js";
import { linkProject, type ProjectFacts } from "../../src/core/link/index.js";
import { digest, hashOnDisk, keptScan, textOnDisk, type KeptScan } from "./cache-reader.js";

/** Files that are linked with the one at hand at most. More would be felt while typing: then the file stands alone. */
const MOST_FILES = 300;
/** How long a look at the disk is trusted, in milliseconds: a lint run asks for the same files again and again. */
const TRUSTED = 200;

export interface CrossFileRequest {
  filename: string;
  cwd: string;
  text: string;
  cacheDir: string | undefined;
  /** Reads the facts of the text, when they are not those of the scan. */
  facts: (file: string) => FileFacts | undefined;
}

/**
 * The file linked with those that it can reach and that can reach it, as the last `sessionfix scan` left them. Undefined when there was none,
 * when the file is not among those that can matter, or when anything in it is not as it was: nothing stale is ever used.
 */
export function crossFileProject(request: CrossFileRequest): { project: ProjectFacts; file: string } | undefined {
  const scan = keptScan(request.cwd, request.cacheDir);
  const file = scan && path.relative(scan.root, request.filename).replaceAll("\\", "/");
  const own = file === undefined ? undefined : scan?.files.get(file);
  if (!scan || !own) return undefined;
  const unchanged = own.hash === digest(request.text) || own.hash === digest(`\uFEFF${request.text}`);
  const facts = unchanged ? undefined : request.facts(own.file);
  if (!unchanged && !facts) return undefined;
  const imports = facts ? importsOf(scan, own, facts.specifiers) : own.imports;
  const around = imports && neighbourhood(scan, own, imports);
  if (!around || !isFresh(scan, around, own)) return undefined;
  const project = facts ? link(scan, around, { facts, text: request.text, imports }) : shared(scan, around);
  return project && { project, file: own.file };
}

/** Where the imports of a changed text lead; undefined when one is relative and new, so that nobody has resolved it. */
function importsOf(scan: KeptScan, { file }: MapFile, specifiers: readonly string[]): MapFile["imports"] | undefined {
  const known = foldersOf(scan).get(path.posix.dirname(file));
  const imports: MapFile["imports"] = [];
  for (const specifier of specifiers) {
    const target = known?.get(specifier);
    if (target === undefined && specifier.startsWith(".")) return undefined;
    imports.push([specifier, target ?? null]);
  }
  return imports;
}

const folders = new WeakMap<KeptScan, Map<string, Map<string, string | null>>>();

/** What specifiers mean, by folder: resolution depends on the importer's folder alone. */
function foldersOf(scan: KeptScan): Map<string, Map<string, string | null>> {
  let known = folders.get(scan);
  if (!known) {
    known = new Map();
    for (const { file, imports } of scan.files.values()) {
      const folder = path.posix.dirname(file);
      const specifiers = known.get(folder) ?? new Map<string, string | null>();
      for (const [specifier, target] of imports) specifiers.set(specifier, target);
      known.set(folder, specifiers);
    }
    folders.set(scan, known);
  }
  return known;
}

const importersOfScan = new WeakMap<KeptScan, Map<string, string[]>>();

function importersOf(scan: KeptScan): Map<string, string[]> {
  let importers = importersOfScan.get(scan);
  if (!importers) {
    importers = new Map();
    for (const { file, imports } of scan.files.values())
      for (const [, target] of imports) {
        if (target === null) continue;
        const list = importers.get(target);
        if (list) list.push(file);
        else importers.set(target, [file]);
      }
    importersOfScan.set(scan, importers);
  }
  return importers;
}

/** The file, all that import it, directly or not, and all that any of these import; undefined when these are too many. */
function neighbourhood(scan: KeptScan, own: MapFile, imports: MapFile["imports"]): string[] | undefined {
  const importers = importersOf(scan);
  const reached = new Set([own.file]);
  // A Set's iteration also visits what is added meanwhile.
  for (const file of reached) {
    for (const importer of importers.get(file) ?? []) reached.add(importer);
    if (reached.size > MOST_FILES) return undefined;
  }
  for (const file of reached) {
    for (const [, target] of file === own.file ? imports : (scan.files.get(file)?.imports ?? [])) if (target !== null) reached.add(target);
    if (reached.size > MOST_FILES) return undefined;
  }
  return [...reached].sort();
}

const looks = new WeakMap<KeptScan, Map<string, number>>();

function isFresh(scan: KeptScan, files: readonly string[], own: MapFile): boolean {
  let seen = looks.get(scan);
  if (!seen) looks.set(scan, (seen = new Map<string, number>()));
  const now = Date.now();
  const isSame = (absolute: string, hash: string | null) => {
    if (now - (seen.get(absolute) ?? 0) < TRUSTED) return true;
    if (hashOnDisk(absolute) !== hash) return false;
    seen.set(absolute, now);
    return true;
  };
  return (
    files.every((file) => file === own.file || isSame(path.join(scan.root, file), scan.files.get(file)?.hash ?? null)) &&
    scan.config.every(([file, hash]) => isSame(file, hash))
  );
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

function link(scan: KeptScan, files: readonly string[], changed?: { facts: FileFacts; text: string; imports: MapFile["imports"] }): ProjectFacts | undefined {
  const all: FileFacts[] = [];
  for (const file of files) {
    const entry = scan.files.get(file);
    const facts = changed?.facts.file === file ? changed.facts : entry && factsOf(scan, entry);
    if (!facts) return undefined;
    all.push(facts);
  }
  const targets = new Map<string, Map<string, string | null>>();
  const importsOfFile = (file: string) => (changed?.facts.file === file ? changed.imports : (scan.files.get(file)?.imports ?? []));
  const texts = new Map<string, string | undefined>();
  return linkProject(all, {
    resolve(fromFile, specifier) {
      let known = targets.get(fromFile);
      if (!known) targets.set(fromFile, (known = new Map(importsOfFile(fromFile))));
      return known.get(specifier) ?? undefined;
    },
    text(file) {
      if (changed?.facts.file === file) return changed.text;
      if (!texts.has(file)) texts.set(file, textOnDisk(path.join(scan.root, file)));
      return texts.get(file);
    },
  });
}
