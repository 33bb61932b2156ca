// `npm run registry [-- --check] [--root folder]`: rules/registry.ts and the README's table of rules, from the rule files; the catalogue's list of libraries, from the library files.
// `--check` writes nothing, names what disagrees and ends with 1.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { generatedLibraries } from "./lib/libraries.mjs";
import { generated } from "./lib/rules/registry.mjs";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false }, root: { type: "string" } } });
const root = path.resolve(values.root ?? fileURLToPath(new URL("..", import.meta.url)));

const files = await Promise.all([generated(root), generatedLibraries(root)]).catch((error) => {
  console.error(error.message);
  process.exit(2);
});
for (const [file, text] of files.flatMap((made) => [...made])) {
  const at = path.join(root, file);
  const now = await readFile(at, "utf8").catch(() => "");
  if (now === text) continue;
  if (values.check) {
    console.error(`${file} does not fit the ${file.startsWith("rules/") ? "rule" : "library"} files: \`npm run registry\``);
    process.exitCode = 1;
  } else {
    await writeFile(at, text);
    console.log(`written: ${file}`);
  }
}
