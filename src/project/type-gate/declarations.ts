import { statSync } from "node:fs";
import path from "node:path";
import type { ts as TS } from "ts-morph";
import type { TypeScript } from "./compilers.js";

/** How many sets of options are kept: a workspace's packages share a few, and each set has its own standard library. */
const MAX_SETS = 4;

/** Options that say where the project's own files are and go. Those that say where imports lead are no such: compilers before 5.3 keep in a file what its imports mean. */
const PLACES: ReadonlySet<string> = new Set(["configFilePath", "declarationDir", "outDir", "rootDir", "tsBuildInfoFile"]);

interface Kept {
  state: string;
  source: TS.SourceFile;
}

/** By compiler; then by options, the last used last; then by file and how the compiler wants it read. */
const kept = new WeakMap<TypeScript, Map<string, Map<string, Kept>>>();

/**
 * Declarations of packages and of the standard library, each parsed once for all tsconfigs that read them in the same
 * way: they are most of what a program has. The compiler's own language service shares its files so (`DocumentRegistry`).
 */
export class Declarations {
  readonly #files: Map<string, Kept>;

  constructor(ts: TypeScript, options: TS.CompilerOptions) {
    let sets = kept.get(ts);
    if (sets === undefined) kept.set(ts, (sets = new Map<string, Map<string, Kept>>()));
    const key = JSON.stringify(Object.entries(options).filter(([name]) => !PLACES.has(name) && !(name === "pathsBasePath" && arePathsAbsolute(options))).sort(([a], [b]) => (a < b ? -1 : 1)));
    this.#files = sets.get(key) ?? new Map<string, Kept>();
    sets.delete(key);
    sets.set(key, this.#files);
    const [oldest] = sets.keys();
    if (sets.size > MAX_SETS && oldest !== undefined) sets.delete(oldest);
  }

  /** The file as it was parsed before, if it has not changed on the disk since; else as `parse` gives it. */
  get(name: string, how: TS.ScriptTarget | TS.CreateSourceFileOptions, parse: () => TS.SourceFile | undefined): TS.SourceFile | undefined {
    const state = stateOf(name);
    if (state === undefined) return parse();
    const { languageVersion, impliedNodeFormat, jsDocParsingMode } = typeof how === "object" ? how : { languageVersion: how };
    const key = [name, languageVersion, impliedNodeFormat, jsDocParsingMode].join("|");
    const known = this.#files.get(key);
    if (known?.state === state) return known.source;
    const source = parse();
    if (source !== undefined) this.#files.set(key, { state, source });
    return source;
  }
}

function arePathsAbsolute({ paths = {} }: TS.CompilerOptions): boolean {
  return Object.values(paths).flat().every((each) => path.isAbsolute(each));
}

function stateOf(name: string): string | undefined {
  try {
    const stats = statSync(name, { throwIfNoEntry: false });
    return stats === undefined ? undefined : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
  } catch {
    // It lies below a file, or where nobody may look.
    return undefined;
  }
}
