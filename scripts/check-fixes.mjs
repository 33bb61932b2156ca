// `npm run check:fixes -- --trees <folder>…`: all fixes of real trees, those for review as well, made in memory and
// checked against what docs/safety.md promises of each. The trees are only read.
//   --trees <folder>   holds the trees, one a folder
//   --seconds N        of processor time that one tree may take (default 600)
//   --json FILE        all answers, one a line
// A folder named by itself is one tree. Exit code 1 when a promise was broken, or something threw or hung.
import { createWriteStream, readdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { bundleTest } from "./lib/trees/bundle.mjs";
import { PatientWorker } from "./lib/trees/patient-worker.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { trees: { type: "string", multiple: true, default: [] }, seconds: { type: "string", default: "600" }, json: { type: "string" } },
});
const trees = [...positionals, ...values.trees.flatMap(treesIn)].map((each) => path.resolve(each));
if (trees.length === 0) {
  console.error("Usage: npm run check:fixes -- --trees <folder>… | <tree>… [--seconds N] [--json FILE]");
  process.exit(2);
}

const worker = new PatientWorker(await bundleTest("test/robustness/fix-worker.ts"));
const log = values.json === undefined ? undefined : createWriteStream(values.json);
const total = { fixes: 0, manual: 0, problems: 0 };
for (const tree of trees) report(tree, await worker.ask({ path: tree }, Number(values.seconds) * 1_000));
worker.end();
log?.end();
console.log(`\n${trees.length} trees, ${total.fixes} fixes made, ${total.manual} places left to people: ${total.problems === 0 ? "every promise held." : `${total.problems} broken promises.`}`);
process.exitCode = total.problems === 0 ? 0 : 1;

function report(tree, answer) {
  const { findings, manual = 0, made = {}, rounds = 0, files, problems, crash, hang, ms, peak } = answer;
  log?.write(`${JSON.stringify({ tree, ...answer })}\n`);
  const fixes = Object.entries(made);
  const count = fixes.reduce((sum, [, each]) => sum + each, 0);
  const all = [...problems, ...(crash === undefined ? [] : [crash]), ...(hang ? ["not done within the limit"] : [])];
  total.fixes += count;
  total.manual += manual;
  total.problems += all.length;
  console.log(`${all.length === 0 ? "✓" : "✗"} ${tree}: ${findings} findings, ${count} fixes in ${files} files and ${rounds} rounds, ${manual} manual; ${(ms / 1_000).toFixed(1)} s, ${Math.round(peak)} MB`);
  if (fixes.length > 0) console.log(`   ${fixes.map(([transform, each]) => `${transform} ${each}`).join(", ")}`);
  for (const problem of all) console.log(`   ✗ ${problem}`);
}

function treesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => path.join(folder, name));
}
