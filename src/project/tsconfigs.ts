import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import type { ts as TS } from "ts-morph";

export type TypeScript = typeof TS;

export interface Compiler {
  ts: TypeScript;
  version: string;
  /** Why it is not the project's own, where it is not. */
  fallback?: string;
  /** The standard library's declarations by file name, when the compiler has none on disk. */
  libs?: (options: TS.CompilerOptions) => Map<string, string>;
}

/** Where the bundled compiler's standard library seems to stand. */
export const LIB_FOLDER = "/node_modules/typescript/lib";

/** The TypeScript that the folder's own code would get; from version 7 on it has no API that a program in this process could ask. */
function installedIn(dir: string): Compiler | { ts?: undefined; version: string } | undefined {
  try {
    const require = createRequire(join(dir, "package.json"));
    const ts = require("typescript") as Partial<TypeScript>;
    if (typeof ts.version !== "string") return undefined;
    return typeof ts.createProgram === "function" ? { ts: ts as TypeScript, version: ts.version } : { version: ts.version };
  } catch {
    return undefined;
  }
}

/** The user's compiler, asked for at the root, then beside the tsconfig; ours when neither has one. */
export async function compilerFor(root: string, configDir: string): Promise<Compiler> {
  const found = installedIn(root) ?? installedIn(configDir);
  if (found?.ts !== undefined) return found;
  const { ts, Project } = await import("ts-morph");
  const libs = ({ lib, target }: TS.CompilerOptions): Map<string, string> => {
    const project = new Project({ useInMemoryFileSystem: true, compilerOptions: { ...(lib === undefined ? {} : { lib }), ...(target === undefined ? {} : { target }), types: [] } });
    project.createSourceFile("/empty.ts", "");
    const sources = project.getProgram().compilerObject.getSourceFiles();
    return new Map(sources.filter(({ fileName }) => fileName.startsWith(`${LIB_FOLDER}/`)).map(({ fileName, text }) => [fileName, text]));
  };
  const fallback = found === undefined ? "the project has none installed" : `the project's own, ${found.version}, has no API for it`;
  return { ts, version: ts.version, fallback, libs };
}

export interface ProjectConfig {
  path: string;
  parsed: TS.ParsedCommandLine;
  compiler: Compiler;
}

/** tsconfig files in a folder: `tsconfig.json` first, then its variants. */
function configsIn(dir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^(ts|js)config(\..+)?\.json$/.test(name))
    .sort((a, b) => Number(b === "tsconfig.json") - Number(a === "tsconfig.json") || a.localeCompare(b))
    .map((name) => join(dir, name));
}

function parseConfig(compiler: Compiler, path: string): TS.ParsedCommandLine | undefined {
  const { ts } = compiler;
  const read = ts.readConfigFile(path, (file) => ts.sys.readFile(file));
  if (read.error !== undefined) return undefined;
  return ts.parseJsonConfigFileContent(read.config, ts.sys, dirname(path), undefined, path);
}

/** Finds, for each file, the nearest tsconfig whose program the file belongs to; references are followed. */
export class Configs {
  readonly #parsed = new Map<string, ProjectConfig | undefined>();
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  /** `undefined` when no tsconfig covers the file: a JavaScript project, or a file left out on purpose. */
  async configFor(file: string): Promise<ProjectConfig | undefined> {
    const absolute = resolve(this.#root, file);
    for (let dir = dirname(absolute); ; dir = dirname(dir)) {
      for (const path of configsIn(dir)) {
        const found = await this.#covering(path, absolute, new Set());
        if (found !== undefined) return found;
      }
      // Above the root only as far as a workspace's own root: a tsconfig of the home folder is nobody's.
      if (dir === dirname(dir) || (relative(this.#root, dir).startsWith("..") && existsSync(join(dir, ".git")))) return undefined;
      if (relative(this.#root, dir).startsWith("../../..")) return undefined;
    }
  }

  async #covering(path: string, file: string, seen: Set<string>): Promise<ProjectConfig | undefined> {
    if (seen.has(path)) return undefined;
    seen.add(path);
    const config = await this.#load(path);
    if (config === undefined) return undefined;
    if (config.parsed.fileNames.some((name) => resolve(name) === file)) return config;
    for (const reference of config.parsed.projectReferences ?? []) {
      const target = config.compiler.ts.resolveProjectReferencePath(reference);
      const found = await this.#covering(resolve(target), file, seen);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #load(path: string): Promise<ProjectConfig | undefined> {
    if (!this.#parsed.has(path)) {
      const compiler = await compilerFor(this.#root, dirname(path));
      const parsed = parseConfig(compiler, path);
      this.#parsed.set(path, parsed === undefined ? undefined : { path, parsed, compiler });
    }
    return this.#parsed.get(path);
  }
}
