import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { ts as TS } from "ts-morph";
import { compilersFor } from "./compilers.js";
import type { Compiler, Compilers } from "./compilers.js";

export interface ProjectConfig {
  path: string;
  parsed: TS.ParsedCommandLine;
  compilers: Compilers;
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
      const target = config.compilers.inProcess.ts.resolveProjectReferencePath(reference);
      const found = await this.#covering(resolve(target), file, seen);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #load(path: string): Promise<ProjectConfig | undefined> {
    if (!this.#parsed.has(path)) {
      const compilers = await compilersFor(this.#root, dirname(path));
      const parsed = parseConfig(compilers.inProcess, path);
      this.#parsed.set(path, parsed === undefined ? undefined : { path, parsed, compilers });
    }
    return this.#parsed.get(path);
  }
}
