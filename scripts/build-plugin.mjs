// `node scripts/build-plugin.mjs <folder>`: the plugin's package alone, as the build makes it, into a folder of one's choice.
import { cp } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildPlugin } from "./lib/rules/build-plugin.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("Use: node scripts/build-plugin.mjs <folder>");
  process.exit(2);
}
await buildPlugin(root, path.resolve(folder), { bundle: true, platform: "node", target: "node20.19", logLevel: "warning", absWorkingDir: root });
await cp(path.join(root, "rules/package.json"), path.join(folder, "package.json"));
