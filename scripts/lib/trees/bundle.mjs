import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { root } from "../set-up.mjs";

/** Compiles a TypeScript program of the tests so that Node runs it; it is removed when this process ends. */
export async function bundleTest(entry) {
  // Within node_modules, so that the bundle's imports resolve as the program's own do.
  const folder = path.join(root, "node_modules", ".cache", "sessionfix");
  const outfile = path.join(folder, `${path.basename(entry, ".ts")}-${process.pid}.mjs`);
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [path.join(root, entry)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    sourcemap: "inline",
    logLevel: "error",
  });
  process.on("exit", () => rmSync(outfile, { force: true }));
  return outfile;
}
