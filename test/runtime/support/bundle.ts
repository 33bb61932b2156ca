import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { tempFolder } from "./database.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const require = createRequire(import.meta.url);

/** A program of this folder, or its source, as one file that Node runs without help. The driver stays outside. */
export async function bundleProgram(source: string): Promise<string> {
  const outfile = join(tempFolder(), "program.mjs");
  await build({
    stdin: { contents: source, loader: "ts", resolveDir: root }, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error",
    alias: { "sessionfix-runtime": join(root, "runtime/index.ts"), "sessionfix-runtime/better-sqlite3": join(root, "runtime/better-sqlite3.ts") },
    plugins: [{
      name: "driver-from-here",
      setup: (hooks) => hooks.onResolve({ filter: /^better-sqlite3$/ }, () => ({ path: pathToFileURL(require.resolve("better-sqlite3")).href, external: true })),
    }],
  });
  return outfile;
}

/** The package as one module that a child process can import. */
export async function bundleRuntime(folder: string): Promise<string> {
  const outfile = join(folder, "runtime.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("../../../runtime/index.ts", import.meta.url))],
    outfile, bundle: true, format: "esm", platform: "node", target: "node20", logLevel: "error",
  });
  return pathToFileURL(outfile).href;
}
