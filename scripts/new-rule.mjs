// `npm run new-rule -- <name> [--priority P1] [--recommended] [--theme basics] [--root folder]`: a rule's file, page and first table, and
// its place in the registry.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { RULE_NAME, ruleNames } from "./lib/rules/names.mjs";
import { generated } from "./lib/rules/registry.mjs";
import { docsPage, ruleFile, testFile } from "./lib/rules/templates.mjs";

const USAGE = "Use: npm run new-rule -- <name> [--priority P0…P3] [--recommended] [--theme basics]";

function fail(message) {
  console.error(`${message}\n${USAGE}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { priority: { type: "string", default: "P1" }, recommended: { type: "boolean", default: false }, theme: { type: "string", default: "basics" }, root: { type: "string" } },
    });
  } catch (error) {
    return fail(error.message);
  }
}

const { values, positionals } = readArguments();
const root = path.resolve(values.root ?? fileURLToPath(new URL("..", import.meta.url)));
const [name = "", ...more] = positionals;
if (more.length > 0 || !RULE_NAME.test(name)) fail(`A rule is called no-…, require-…, prefer-… or bounded-…, in kebab-case: ${positionals.join(" ") || "no name given"}`);
if (!/^P[0-3]$/.test(values.priority)) fail(`${values.priority} is no priority.`);
if (!/^[a-z][a-z0-9-]*$/.test(values.theme)) fail(`${values.theme} is no name for a table's theme.`);
if ((await ruleNames(root)).includes(name)) fail(`There is a rule ${name} already.`);

const rule = { name, priority: values.priority, recommended: values.recommended, theme: values.theme };
const files = [
  [`rules/${name}.ts`, ruleFile(rule)],
  [`rules/docs/${name}.md`, docsPage(rule)],
  [`test/rules/${name}.${rule.theme}.test.ts`, testFile(rule)],
];
for (const [file, text] of files) await write(file, text, "wx");
for (const [file, text] of await generated(root)) await write(file, text, "w");
console.log(`Next: replace each TODO, then \`npx vitest run test/rules/meta.test.ts test/rules/docs.test.ts test/rules/${name}\``);

async function write(file, text, flag) {
  const at = path.join(root, file);
  await mkdir(path.dirname(at), { recursive: true });
  await writeFile(at, text, { flag });
  console.log(`written: ${file}`);
}
