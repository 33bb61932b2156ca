// Measures sessionfix-runtime beside raw better-sqlite3, Drizzle, Kysely, Knex and TypeORM, in one run, on files of its own.
// Prints Markdown. What is compared, and why that is fair: docs/benchmarks.md.
//   npm run bench:runtime [-- --list] [--only part[,part]] [--quick] [--scale 0.1] [--json file] [--docs docs/benchmarks.md]
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { loadContenders } from "./bench/contenders/index.mjs";
import { start } from "./bench/lib/child.mjs";
import { create } from "./bench/lib/database.mjs";
import { checkMarks, putInto } from "./bench/lib/document.mjs";
import { describeMachine, printMachine } from "./bench/lib/machine.mjs";
import { markdown } from "./bench/lib/table.mjs";
import { PARTS, UsageError, chooseParts } from "./bench/registry.mjs";

/** How many times its time a part may take until it counts as stuck. */
const PATIENCE = 10;
class StuckError extends Error {}

try {
  const { values } = parseArgs({ options: {
    list: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    quick: { type: "boolean", default: false },
    scale: { type: "string", default: "1" },
    json: { type: "string" },
    docs: { type: "string" },
  } });
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1)) throw new UsageError("--scale is a number above 0, at most 1: the share of the rows and rounds to do.");
  if (values.list) for (const { name, what } of PARTS) console.log(`${name.padEnd(12)} ${what}`);
  else await main(chooseParts(values.only.flatMap((names) => names.split(","))), { ...values, scale });
} catch (error) {
  const isUsage = error instanceof UsageError || error.code?.startsWith("ERR_PARSE_ARGS");
  console.error(isUsage ? error.message : error);
  // Whatever is stuck may still have handles open.
  process.exit(isUsage ? 2 : 1);
}

async function main(parts, { quick, scale, json, docs }) {
  if (docs !== undefined) checkMarks(readFileSync(docs, "utf8"), ["machine", ...parts.map(({ name }) => name)]);
  const folder = mkdtempSync(join(tmpdir(), "sessionfix-bench-"));
  const children = [];
  const tidy = () => {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      tidy();
      process.exit(1);
    });
  }
  try {
    const { found, missing } = await loadContenders();
    const machine = describeMachine(found);
    console.log(printMachine(machine));
    for (const name of missing) console.log(`Left out, because its package is not installed: ${name}.\n`);
    const runtimeUrl = await buildRuntime(folder);
    const common = {
      runtime: await import(runtimeUrl), runtimeUrl, contenders: found, quick,
      entry: (name) => import(new URL(`./${name}.js`, runtimeUrl).href),
      create: (name) => create(join(folder, name)),
      remove: (path) => { for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true }); },
      sized: (full, small) => Math.max(1, Math.round((quick ? small : full) * scale)),
      start: async (...args) => {
        const child = await start(...args);
        children.push(child);
        return child;
      },
    };
    const results = [];
    const begun = performance.now();
    for (const part of parts) results.push(await runPart(part, common));
    const seconds = (performance.now() - begun) / 1_000;
    console.log(`All in ${seconds.toFixed(0)} s${quick ? ", with --quick: fewer rounds, fewer rows" : ""}.`);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, quick, scale, seconds, missing, parts: results }, undefined, 2)}\n`);
    if (docs !== undefined) writeDocument(docs, machine, results);
  } finally {
    tidy();
  }
}

/** A part ends with the round in which its time is used up, so that a slow machine makes fewer rounds, not a longer run. */
async function runPart({ name, seconds: { full, quick } }, common) {
  const { measure } = await import(`./bench/${name}.mjs`);
  const budgetMs = (common.quick ? quick : full) * 1_000;
  const begun = performance.now();
  const tables = [];
  const bench = {
    ...common,
    table: (table) => {
      tables.push(table);
      console.log(markdown(table));
    },
    *rounds(count, { least = 1, share = 1 } = {}) {
      const end = Math.min(begun + budgetMs, performance.now() + budgetMs * share);
      for (let round = 0; round < count && (round < least || performance.now() < end); round++) yield round;
    },
  };
  // Something that never ends would take the other parts' results along.
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new StuckError(`The part "${name}" is not at its end after ${(PATIENCE * budgetMs) / 1_000} s.`)), PATIENCE * budgetMs);
  });
  let error;
  try {
    await Promise.race([measure(bench), tooLong]);
  } catch (caught) {
    if (caught instanceof StuckError) throw caught;
    error = caught.stack;
    process.exitCode = 1;
    console.log(`**The part "${name}" failed:** ${caught.message}\n`);
    console.error(caught);
  } finally {
    clearTimeout(timer);
  }
  return { name, seconds: (performance.now() - begun) / 1_000, tables, error };
}

/** A part without tables, which was left out or failed, keeps what was there. */
function writeDocument(file, machine, results) {
  let document = putInto(readFileSync(file, "utf8"), "machine", printMachine(machine));
  for (const { name, tables } of results) {
    if (tables.length > 0) document = putInto(document, name, tables.map(markdown).join("\n"));
  }
  writeFileSync(file, document);
}

/** File by file, as the package is built. */
async function buildRuntime(folder) {
  const source = fileURLToPath(new URL("../runtime", import.meta.url));
  const outdir = join(folder, "runtime");
  await build({
    entryPoints: readdirSync(source).filter((file) => file.endsWith(".ts")).map((file) => join(source, file)),
    outdir, format: "esm", platform: "node", target: "node20", logLevel: "error",
  });
  writeFileSync(join(outdir, "package.json"), '{ "type": "module" }\n');
  return pathToFileURL(join(outdir, "index.js")).href;
}
