// Bundles the plugin and writes oxlint's configs from its registry.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** CommonJS packages inside an ESM bundle call `require` for Node's own modules. */
const REQUIRE_IN_ESM = 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/** Writes `dist/` and `oxlint/` into the package's folder. `bundle` are esbuild's options that all parts share. */
export async function buildPlugin(root, folder, bundle) {
  const outdir = path.join(folder, "dist");
  // Everything but ESLint and its helper is bundled: an editor need not install the command line's dependencies.
  const external = ["@typescript-eslint/utils", "@typescript-eslint/utils/*", "eslint", "eslint/*"];
  const options = { ...bundle, entryPoints: { index: path.join(root, "rules/index.ts") }, outdir, external };
  await build({ ...options, format: "esm", banner: { js: REQUIRE_IN_ESM } });
  // ESLint configs in CommonJS expect `require()` to give the plugin itself.
  await build({ ...options, format: "cjs", outExtension: { ".js": ".cjs" }, footer: { js: "module.exports = module.exports.default;" } });
  await writeFile(path.join(outdir, "strict.js"), 'export { strict as default } from "./index.js";\n');
  await writeOxlintConfigs(folder, path.join(outdir, "index.js"));
}

async function writeOxlintConfigs(folder, entry) {
  const { default: plugin } = await import(`${pathToFileURL(entry).href}?built=${Date.now()}`);
  await mkdir(path.join(folder, "oxlint"), { recursive: true });
  for (const [name, { rules }] of Object.entries(plugin.configs)) {
    // oxlint takes rules and plugins from a config that is extended, but no settings: `strict` is a plugin of its own.
    const specifier = name === "strict" ? "../dist/strict.js" : "../dist/index.js";
    const config = { jsPlugins: [{ name: plugin.meta.namespace, specifier }], rules };
    await writeFile(path.join(folder, "oxlint", `${name}.json`), `${JSON.stringify(config, null, 2)}\n`);
  }
}
