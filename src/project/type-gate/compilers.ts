import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ts as TS } from "ts-morph";

export type TypeScript = typeof TS;

/** A compiler that is asked in this process: the user's own up to TypeScript 6, or the bundled one. */
export interface Compiler {
  ts: TypeScript;
  version: string;
  /** Why it is not the project's own, where it is not. */
  fallback?: string;
  /** The standard library's declarations by file name, when the compiler has none on disk. */
  libs?: (options: TS.CompilerOptions) => Map<string, string>;
}

/** The user's TypeScript from version 7 on: a program of its own, which is asked as a server. */
export interface NativeCompiler {
  version: string;
  /** Where its package is. */
  folder: string;
}

export interface Compilers {
  /** Reads tsconfigs, and checks unless `native` does. */
  inProcess: Compiler;
  native?: NativeCompiler;
}

/** Where the bundled compiler's standard library seems to stand. */
export const LIB_FOLDER = "/node_modules/typescript/lib";

/** The TypeScript that the folder's own code would get. */
function installedIn(dir: string): Compiler | NativeCompiler | undefined {
  try {
    const require = createRequire(join(dir, "package.json"));
    const ts = require("typescript") as Partial<TypeScript>;
    if (typeof ts.version !== "string") return undefined;
    if (typeof ts.createProgram === "function") return { ts: ts as TypeScript, version: ts.version };
    return { version: ts.version, folder: dirname(require.resolve("typescript/package.json")) };
  } catch {
    return undefined;
  }
}

/** The user's compiler, looked for at the root, then beside the tsconfig; ours when neither has one. */
export async function compilersFor(root: string, configDir: string): Promise<Compilers> {
  const found = installedIn(root) ?? installedIn(configDir);
  if (found === undefined) return { inProcess: await bundledCompiler("the project has none installed") };
  return "ts" in found ? { inProcess: found } : { inProcess: await bundledCompiler(`the project's own is ${found.version}`), native: found };
}

async function bundledCompiler(fallback: string): Promise<Compiler> {
  const { ts, Project } = await import("ts-morph");
  const libs = ({ lib, target }: TS.CompilerOptions): Map<string, string> => {
    const project = new Project({ useInMemoryFileSystem: true, compilerOptions: { ...(lib === undefined ? {} : { lib }), ...(target === undefined ? {} : { target }), types: [] } });
    project.createSourceFile("/empty.ts", "");
    const sources = project.getProgram().compilerObject.getSourceFiles();
    return new Map(sources.filter(({ fileName }) => fileName.startsWith(`${LIB_FOLDER}/`)).map(({ fileName, text }) => [fileName, text]));
  };
  return { ts, version: ts.version, fallback, libs };
}
