// Builds the three packages: bundles by esbuild, declarations by tsc. `node scripts/build.mjs [--no-types]`
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { detection } from "./lib/detection.mjs";
import { TOOL_ENTRY_POINTS } from "./lib/entry-points.mjs";
import { buildPlugin } from "./lib/rules/build-plugin.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const at = (...parts) => path.join(root, ...parts);
const TARGET = "node20.19";
const withTypes = !process.argv.includes("--no-types");
const startedAt = Date.now();

const bundle = { bundle: true, platform: "node", target: TARGET, sourcemap: true, logLevel: "warning", absWorkingDir: root, legalComments: "none", define: detection(root) };

/** A part that is not written yet is named and left out, so that the others can be built. */
function exists(file, part) {
  if (existsSync(at(file))) return true;
  console.log(`${part}: left out, there is no ${file}`);
  return false;
}

async function buildTool() {
  await clear(at("dist"), (name) => name.startsWith("types"));
  await build({ ...bundle, entryPoints: TOOL_ENTRY_POINTS, outdir: "dist", format: "esm", splitting: true, packages: "external", chunkNames: "chunks/[name]-[hash]" });
  // From the same source as the types and the checks: for editors, by `$schema` in sessionfix.config.json.
  const { configSchema } = await import(`${pathToFileURL(at("dist/index.js")).href}?built=${startedAt}`);
  await writeFile(at("dist/config.schema.json"), `${JSON.stringify(configSchema(), null, 2)}\n`);
}

async function buildRules() {
  if (!exists("rules/index.ts", "rules")) return;
  await clear(at("rules/dist"), isKeptType);
  await buildPlugin(root, at("rules"), bundle);
}

async function buildRuntime() {
  if (!exists("runtime/index.ts", "runtime")) return;
  await clear(at("runtime/dist"), isKeptType);
  // File by file, not bundled: the entries share modules, and with them the one table of open sessions.
  const entryPoints = (await readdir(at("runtime"), { recursive: true }))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts") && !/(?:^|[\\/])(?:dist|node_modules)[\\/]/.test(file))
    .map((file) => at("runtime", file));
  const options = { ...bundle, entryPoints, outdir: "runtime/dist", outbase: "runtime" };
  await build({ ...options, format: "esm", plugins: [keepImports(".js")] });
  await build({ ...options, format: "cjs", outExtension: { ".js": ".cjs" }, plugins: [keepImports(".cjs")] });
}

/** Leaves every import as it is but for its extension. */
function keepImports(extension) {
  return {
    name: "keep-imports",
    setup({ onResolve }) {
      onResolve({ filter: /.*/ }, ({ path: specifier, kind }) =>
        kind === "entry-point" ? undefined : { path: specifier.startsWith(".") ? specifier.replace(/\.js$/, extension) : specifier, external: true },
      );
    },
  };
}

async function buildTypes() {
  // test/ is checked by `npm run typecheck`; only what is shipped needs declarations.
  const projects = ["src", "rules", "runtime"].filter((part) => existsSync(at(part, "tsconfig.json")) && existsSync(at(part, "index.ts")));
  const tsc = at("node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-b", ...projects, "--pretty"], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error("tsc found errors");
  if (projects.includes("rules")) await shareRulesTypes();
  if (projects.includes("runtime")) await addCommonJsTypes(at("runtime/dist"));
}

/** The plugin bundles src/core, so it ships the declarations of both, side by side as in the source tree. */
async function shareRulesTypes() {
  const types = at("rules/dist/types");
  await mkdir(types, { recursive: true });
  const isDeclaration = (source) => !path.extname(source) || source.endsWith(".d.ts");
  await cp(at("dist/types/rules"), path.join(types, "rules"), { recursive: true, filter: isDeclaration });
  await cp(at("dist/types/src/core"), path.join(types, "src/core"), { recursive: true, filter: isDeclaration });
  await addCommonJsTypes(types);
  await writeFile(at("rules/dist/index.d.ts"), 'export { default } from "./types/rules/index.js";\n');
  await writeFile(at("rules/dist/index.d.cts"), 'import plugin from "./types/rules/index.cjs";\nexport = plugin;\n');
}

/** `x.d.cts` beside each `x.d.ts`: the same declarations, whose relative imports stay within CommonJS. */
async function addCommonJsTypes(folder) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".d.ts"));
  await Promise.all(
    files.map(async (file) => {
      const text = await readFile(path.join(folder, file), "utf8");
      const commonJs = text.replace(/(["'])(\.{1,2}\/[^"'\n]+)\.js\1/g, "$1$2.cjs$1").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
      await writeFile(path.join(folder, file.replace(/\.d\.ts$/, ".d.cts")), commonJs);
    }),
  );
}

/** What an earlier build left goes, so that nothing stale is shipped; dist/types stays for tsc to add to. */
async function clear(folder, keeps) {
  if (!existsSync(folder)) return;
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const entry of names) {
    const file = path.join(entry.parentPath, entry.name);
    if (!keeps(path.relative(folder, file))) await rm(file);
  }
}

/** Without a new set of declarations the old one serves on: the type gate reads the runtime's. */
function isKeptType(file) {
  return !withTypes && (/\.d\.[cm]?ts$/.test(file) || file.endsWith(".tsbuildinfo"));
}

try {
  await Promise.all([buildTool(), buildRules(), buildRuntime()]);
  const bundled = Date.now();
  if (withTypes) await buildTypes();
  console.log(`Built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s (bundles ${((bundled - startedAt) / 1000).toFixed(1)} s).`);
} catch (error) {
  // esbuild and tsc have said what is wrong.
  console.error(`The build failed: ${error.message.split("\n")[0]}`);
  process.exitCode = 1;
}
