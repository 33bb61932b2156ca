// `npm run check:trees -- <folder>…`: the whole analysis over every JavaScript and TypeScript file of real trees. It must
// neither throw nor hang on any of them; what cannot be read or parsed is skipped with a reason.
//   --sample N         at most N files of each folder, spread evenly
//   --seconds N        of processor time that one file may take, and as many again for each megabyte (default 10)
//   --tree-seconds N   of processor time that a whole tree may take (default 300)
//   --no-tree          single files only
//   --link             also links all files of a folder with each other, not only those that a scan selects
//   --json FILE        all answers, one a line
// Exit code 1 when anything threw, hung or broke a promise of the facts.
import { createWriteStream, statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { bundleTest } from "./lib/trees/bundle.mjs";
import { sample, sourceFiles } from "./lib/trees/files.mjs";
import { PatientWorker } from "./lib/trees/patient-worker.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string", default: "Infinity" },
    seconds: { type: "string", default: "10" },
    "tree-seconds": { type: "string", default: "300" },
    "no-tree": { type: "boolean", default: false },
    link: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
if (positionals.length === 0) {
  console.error("Usage: npm run check:trees -- <folder>… [--sample N] [--seconds N] [--tree-seconds N] [--no-tree] [--link] [--json FILE]");
  process.exit(2);
}

const fileLimit = Number(values.seconds) * 1_000;
const treeLimit = Number(values["tree-seconds"]) * 1_000;
const worker = new PatientWorker(await bundleTest("test/robustness/tree-worker.ts"));
const log = values.json === undefined ? undefined : createWriteStream(values.json);
let bad = 0;

for (const folder of positionals) await checkTree(path.resolve(folder));
worker.end();
log?.end();
console.log(bad === 0 ? "\nNothing threw, nothing hung." : `\n${bad} of these threw, hung or broke a promise.`);
process.exitCode = bad === 0 ? 0 : 1;

async function checkTree(root) {
  const startedAt = performance.now();
  const all = sourceFiles(root);
  const files = sample(all, Number(values.sample));
  const answers = [];
  for (const file of files) answers.push(await ask({ kind: "file", path: file }, fileLimit * (1 + statSync(file).size / 1_000_000), path.relative(root, file)));
  const parsed = answers.filter(({ skipped, crash, hang }) => skipped === undefined && crash === undefined && !hang);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`\n━━ ${root}: ${files.length} files${files.length < all.length ? ` of ${all.length}` : ""}, ${parsed.length} parsed, ${answers.reduce((sum, { findings }) => sum + findings, 0)} findings by themselves, ${seconds} s`);
  report(answers);
  const slowest = [...answers].sort((a, b) => b.ms - a.ms).slice(0, 3);
  console.log(`   slowest: ${slowest.map(({ name, ms }) => `${name} ${Math.round(ms)} ms`).join(", ")}; peak memory ${Math.round(Math.max(0, ...answers.map(({ peak }) => peak)))} MB`);
  if (!values["no-tree"]) tell(await ask({ kind: "scan", path: root }, treeLimit, "the whole tree"), "scan");
  if (values.link) tell(await ask({ kind: "link", path: root, files }, treeLimit, "all files linked"), "linked");
}

async function ask(task, limit, name) {
  const answer = { ...(await worker.ask(task, limit)), name };
  log?.write(`${JSON.stringify({ kind: task.kind, path: task.path, ...answer })}\n`);
  return answer;
}

function tell(answer, what) {
  report([answer, ...answer.skips.map(({ file, reason }) => ({ name: file, skipped: reason, problems: [] }))], what);
  console.log(`   ${what}: ${answer.files} files, ${answer.findings} findings, ${(answer.ms / 1_000).toFixed(1)} s, peak memory ${Math.round(answer.peak)} MB`);
}

/** Skipped files by reason; then each one that must not be. */
function report(answers, what = "skipped") {
  const reasons = new Map();
  for (const { skipped } of answers) if (skipped !== undefined) reasons.set(kindOf(skipped), (reasons.get(kindOf(skipped)) ?? 0) + 1);
  const counted = [...reasons].sort((a, b) => b[1] - a[1]);
  for (const [reason, count] of counted.slice(0, 12)) console.log(`   ${what === "skipped" ? "" : `${what}, `}skipped ${count}: ${reason}`);
  if (counted.length > 12) console.log(`   … and ${counted.length - 12} more reasons`);
  for (const { name, crash, hang, problems } of answers) {
    if (crash === undefined && !hang && problems.length === 0) continue;
    bad++;
    console.log(`   ✗ ${name}: ${hang ? "not done within the limit" : (crash ?? problems.join("; "))}`);
  }
}

/** A reason without what is particular to the file. */
function kindOf(reason) {
  return reason.replace(/ at \d+:\d+/, "").replace(/`[^`]*`|'[^']*'|"[^"]*"/g, "…").replace(/\d+(?:[.,]\d+)*/g, "N").slice(0, 100);
}
