/** Compiles the harness (test/harness) and runs it with the arguments given here: `node scripts/harness.mjs --help`. */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Within node_modules, so that the bundle's imports resolve as the harness's own do.
const folder = join(root, "node_modules", ".cache", "sessionfix");
const bundle = join(folder, `harness-${process.pid}.mjs`);

mkdirSync(folder, { recursive: true });
await build({
  entryPoints: [join(root, "test/harness/cli.ts")],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
  logLevel: "error",
});

const child = spawn(process.execPath, ["--enable-source-maps", bundle, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  rmSync(bundle, { force: true });
  process.exitCode = signal ? 130 : (code ?? 2);
});
