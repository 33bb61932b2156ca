import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { decodeFacts, factsKey } from "../../src/core/cache/facts-entry.js";
import { decodeMap, mapName, type Found, type MapFile, type ProjectMap } from "../../src/core/cache/project-map.js";
import { bindGlobals } from "../../src/core/facts/bind-globals.js";
import type { FileFacts } from "../../src/core/facts/types.js";

/** The plugin's only look at what `sessionfix scan` has kept, and at the files that it was made from. */

export function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** What a scan of `root` has kept. */
export interface KeptScan {
  root: string;
  files: ReadonlyMap<string, MapFile>;
  config: ProjectMap["config"];
  found: Found;
  /** The facts of a file as it was scanned; undefined when they are gone. */
  facts(file: MapFile): FileFacts | undefined;
}

interface Loaded {
  stamp: string;
  scan: KeptScan | undefined;
}

const loaded = new Map<string, Loaded>();
/** Folders above the working directory that may have been scanned as a whole: a package inside of a monorepo. */
const MOST_ABOVE = 6;

/** How long the answer that there is a scan, or none, is trusted: in milliseconds. */
const TRUSTED = 200;
const answers = new Map<string, { at: number; scan: KeptScan | undefined }>();

/** The scan that covers `cwd`: of itself, or of the nearest folder above it. `cacheDir`: where it was told to keep its results. */
export function keptScan(cwd: string, cacheDir: string | undefined): KeptScan | undefined {
  const question = `${cwd}\n${cacheDir ?? ""}`;
  let answer = answers.get(question);
  if (!answer || Date.now() - answer.at > TRUSTED) answers.set(question, (answer = { at: Date.now(), scan: find(cwd, cacheDir) }));
  return answer.scan;
}

function find(cwd: string, cacheDir: string | undefined): KeptScan | undefined {
  let root = cwd;
  for (let above = 0; above < MOST_ABOVE; above++) {
    const folder = cacheDir === undefined ? nearestCache(root) : path.resolve(cwd, cacheDir);
    const found = folder === undefined ? undefined : load(root, folder);
    if (found) return found;
    if (path.dirname(root) === root) return undefined;
    root = path.dirname(root);
  }
  return undefined;
}

function nearestCache(root: string): string | undefined {
  for (let folder = root; ; folder = path.dirname(folder)) {
    const modules = path.join(folder, "node_modules");
    if (stampOf(modules) !== "") return path.join(modules, ".cache", "sessionfix");
    if (folder === path.dirname(folder)) return undefined;
  }
}

function load(root: string, folder: string): KeptScan | undefined {
  const file = path.join(folder, mapName(root, digest));
  const stamp = stampOf(file);
  const known = loaded.get(file);
  if (known?.stamp === stamp) return known.scan;
  const map = stamp === "" ? undefined : decodeMap(root, read(file)?.toString("utf8") ?? "", digest);
  const scan = map && {
    root,
    files: new Map(map.files.map((each) => [each.file, each])),
    config: map.config,
    found: map.found,
    facts: ({ file: name, hash, named = [] }: MapFile) => {
      const key = factsKey(name, hash, digest);
      const entry = decodeFacts(key, name, read(path.join(folder, map.folder, "facts", `${key}.json`))?.toString("utf8") ?? "", digest);
      return entry?.ok ? withNames(entry.facts, named) : undefined;
    },
  };
  loaded.set(file, { stamp, scan });
  return scan;
}

/** The facts with what a framework imports for the file. */
export function withNames(facts: FileFacts, named: NonNullable<MapFile["named"]>): FileFacts {
  return named.length === 0 ? facts : bindGlobals(facts, new Map(named.map(([name, specifier, imported]) => [name, { specifier, imported }])));
}

const hashes = new Map<string, { stamp: string; hash: string | null }>();

/** The hash of a file's bytes as they are now, null for none; what has the same size and times as before is not read again. */
export function hashOnDisk(file: string): string | null {
  const stamp = stampOf(file);
  const known = hashes.get(file);
  if (known?.stamp === stamp) return known.hash;
  const bytes = stamp === "" ? undefined : read(file);
  const hash = bytes === undefined ? null : digest(bytes);
  // A file that was written just now may be written again within the same tick of the file system's clock.
  if (stamp === "" || isOld(stamp)) hashes.set(file, { stamp, hash });
  else hashes.delete(file);
  return hash;
}

/** The file's text without its byte order mark. */
export function textOnDisk(file: string): string | undefined {
  return read(file)?.toString("utf8").replace(/^\uFEFF/, "");
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** In milliseconds; file systems keep times in steps of up to two seconds. */
const RACY = 2_500;

function stampOf(file: string): string {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats ? `${stats.mtimeMs} ${stats.ctimeMs} ${stats.size} ${stats.ino}` : "";
  } catch {
    // Resolution also asks for what would lie below a file: `logo.png/package.json`.
    return "";
  }
}

function isOld(stamp: string): boolean {
  const [modified = "", changed = ""] = stamp.split(" ");
  return Math.max(Number(modified), Number(changed)) + RACY < Date.now();
}
