// Measures what the plugin costs in a lint run, all rules together, with likely findings. Prints Markdown.
//   npm run bench:lint [-- --folder path/to/project] [--cross-file [--typing]] [--scale 0.1] [--seed 1] [--rounds 2] [--slowest 5] [--limit 2000]
// Without a folder the files are generated: the same for the same seed and scale. Beside ours run the recommended rules of
// ESLint and of typescript-eslint (without types). --cross-file: a scan has left what it found; --typing: each file's text is another than it
// found, as in an editor. Needs a build.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import js from "@eslint/js";
import { ESLint } from "eslint";
import { globSync } from "tinyglobby";
import tseslint from "typescript-eslint";
import { markdown } from "./bench/lib/table.mjs";
import { writeTree } from "./bench-scan/tree.mjs";

const home = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    "cross-file": { type: "boolean", default: false },
    typing: { type: "boolean", default: false },
    scale: { type: "string", default: "0.1" },
    seed: { type: "string", default: "1" },
    rounds: { type: "string", default: "2" },
    slowest: { type: "string", default: "0" },
    limit: { type: "string", default: "2000" },
  },
});
const { default: sessionfix } = await import(new URL("../rules/dist/index.js", import.meta.url).href);
const temporary = realpathSync(mkdtempSync(path.join(tmpdir(), "sessionfix-bench-lint-")));
process.on("exit", () => rmSync(temporary, { recursive: true, force: true }));

const root = values.folder === undefined ? path.join(temporary, "tree") : realpathSync(values.folder);
if (values.folder === undefined) writeTree(root, { seed: Number(values.seed), scale: Number(values.scale) });
const cacheDir = path.join(temporary, "cache");
if (values["cross-file"]) {
  // Findings are no failure here.
  try {
    execFileSync(process.execPath, [path.join(home, "dist/cli.js"), "scan", "--strict", "--format", "json", "--cache-dir", cacheDir], { cwd: root, stdio: "ignore" });
  } catch (error) {
    if (error.status !== 1) throw error;
  }
}
const files = globSync("**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}", { cwd: root, ignore: ["**/node_modules/**", "**/dist/**"], absolute: true }).sort().slice(0, Number(values.limit));

/** Our processor time by file, in milliseconds: on a busy machine the clock measures the others, too. */
let processor = new Map();
const strict = sessionfix.configs.strict;
const timed = { ...sessionfix, rules: Object.fromEntries(Object.entries(sessionfix.rules).map(([name, rule]) => [name, { ...rule, create: (context) => timedVisitor(rule.create(context), context.filename) }])) };

function timedVisitor(visitor, file) {
  const wrapped = Object.entries(visitor).map(([selector, listener]) => [
    selector,
    (node) => {
      const before = process.cpuUsage();
      listener(node);
      const { user, system } = process.cpuUsage(before);
      processor.set(file, (processor.get(file) ?? 0) + (user + system) / 1000);
    },
  ]);
  return Object.fromEntries(wrapped);
}

/** The last round counts: an editor's server has been running for a while. */
let results = [];
for (let round = 0; round < Number(values.rounds); round++) results = await lint();
console.log(report(results));

async function lint() {
  processor = new Map();
  const eslint = new ESLint({
    cwd: root,
    stats: true,
    overrideConfigFile: true,
    allowInlineConfig: false,
    errorOnUnmatchedPattern: false,
    overrideConfig: [
      { files: ["**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}"] },
      js.configs.recommended,
      ...tseslint.configs.recommended,
      { ...strict, plugins: { sessionfix: timed }, settings: { sessionfix: { strict: true, crossFile: values["cross-file"], cacheDir } } },
    ],
  });
  const all = values.typing ? await lintTyped(eslint) : await eslint.lintFiles(files);
  return all.map((result) => timesOf(result));
}

async function lintTyped(eslint) {
  const all = [];
  for (const filePath of files) all.push(...(await eslint.lintText(`// typed\n${readFileSync(filePath, "utf8")}`, { filePath })));
  return all;
}

function timesOf({ filePath, stats, messages }) {
  const sum = (list) => list.reduce((total, time) => total + time, 0);
  const passes = stats?.times.passes ?? [];
  const rules = passes.flatMap((pass) => Object.entries(pass.rules ?? {}));
  const own = sum(rules.filter(([name]) => name.startsWith("sessionfix/")).map(([, { total }]) => total));
  return { file: path.relative(root, filePath), own, processor: processor.get(filePath) ?? 0, total: sum(passes.map((pass) => pass.total)), messages: messages.filter(({ ruleId }) => ruleId?.startsWith("sessionfix/")).length };
}

function report(all) {
  // As the plugin's own look at a text: what names a library may matter.
  const names = new RegExp(`["'\`](?:${["better-sqlite3", "node:sqlite", "bun:sqlite", "sqlite3?", "drizzle-orm", "@?libsql", "kysely", "knex", "typeorm", "sequelize", "@mikro-orm", "@prisma/client", "pg", "postgres", "mysql2"].join("|")})(?:/[^"'\`]*)?["'\`]`);
  const naming = all.filter(({ file }) => names.test(readFileSync(path.join(root, file), "utf8")));
  const others = all.filter((result) => !naming.includes(result));
  const own = all.reduce((sum, result) => sum + result.own, 0);
  const total = all.reduce((sum, result) => sum + result.total, 0);
  const row = (name, list) => {
    const times = list.map((result) => result.processor).sort((a, b) => a - b);
    const at = (share) => (times.length === 0 ? "–" : times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(2));
    return [name, list.length, at(0.5), at(0.95), at(0.99), at(1), list.reduce((sum, { messages }) => sum + messages, 0)];
  };
  const slowest = [...all].sort((a, b) => b.processor - a.processor).slice(0, Number(values.slowest));
  return [
    markdown({
      title: `All rules on ${all.length} files${values["cross-file"] ? ", with what a scan has kept" : ""}${values.typing ? ", each being typed in" : ""}: ${((100 * own) / total).toFixed(1)} % of the lint run (${(own / 1000).toFixed(2)} of ${(total / 1000).toFixed(2)} s)`,
      head: ["files that", "files", "p50, ms", "p95, ms", "p99, ms", "most, ms", "findings"],
      rows: [row("name a library", naming), row("name none", others), row("all", all)],
      note: `Milliseconds of processor time a file after parsing, all of our rules together; the share is by the clock. ESLint ${ESLint.version}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown processor"}; load average ${loadavg()[0].toFixed(1)}.`,
    }),
    ...slowest.map(({ file, processor: ms }) => `- ${ms.toFixed(1)} ms ${file}`),
  ].join("\n");
}
