// `npm run docs:api` writes docs/api.md from the docstrings of what the runtime exports; `--print` prints it instead.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readEntries } from "./lib/api/read.mjs";
import { render } from "./lib/api/render.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const { entries, undocumented } = readEntries(path.join(root, "runtime"));
const text = render(entries);
if (process.argv.includes("--print")) process.stdout.write(text);
else writeFileSync(path.join(root, "docs/api.md"), text);
if (undocumented.length > 0) {
  console.error(`Exported, but without a docstring: ${undocumented.join(", ")}`);
  process.exitCode = 1;
}
