import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

/** The package as one module that a child process can import. */
export async function bundleRuntime(folder: string): Promise<string> {
  const outfile = join(folder, "runtime.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("../../../runtime/index.ts", import.meta.url))],
    outfile, bundle: true, format: "esm", platform: "node", target: "node20", logLevel: "error",
  });
  return pathToFileURL(outfile).href;
}
