import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { BuiltProgram } from "./types.js";
import { repositoryRoot } from "./workspace.js";

/**
 * Compiles a program to one JavaScript file. Its dependencies stay imports, except for the runtime, which is taken from
 * this checkout's sources: what is measured is what is in the tree, not a build that may be stale.
 *
 * @throws {Error} when the entry is missing or does not compile.
 */
export async function buildProgram(source: string, entry: string, outFile: string): Promise<BuiltProgram> {
  const entryFile = join(source, entry);
  if (!existsSync(entryFile)) throw new Error(`${entryFile} does not exist: is ${source} the program's folder?`);
  await bundle(entryFile, outFile);
  return { source, script: outFile };
}

/** Compiles the preload that instruments a server process; returns its file. */
export async function buildProbe(outFile: string): Promise<string> {
  await bundle(join(repositoryRoot(), "src/harness/probe/main.ts"), outFile);
  return outFile;
}

async function bundle(entry: string, outfile: string): Promise<void> {
  const runtime = join(repositoryRoot(), "runtime");
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    sourcemap: "inline",
    logLevel: "error",
    alias: {
      "sessionfix-runtime": join(runtime, "index.ts"),
      "sessionfix-runtime/better-sqlite3": join(runtime, "better-sqlite3.ts"),
    },
  });
}
