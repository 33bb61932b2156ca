// A part of scripts/bench-runtime.mjs: eight processes that all want to write, for raw better-sqlite3, for attempts at a
// constant pace, and with the queue across processes. Alone: `node scripts/lib/bench-processes.mjs [seconds [rounds]]`.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";

const here = fileURLToPath(import.meta.url);
const WRITER = "--process-writer";

const FORMS = {
  raw: "raw better-sqlite3, busy timeout 60 s",
  constant: "`transaction`, an attempt each ms",
  queue: "`transaction`, queue across processes",
};

/**
 * What the writers do while they hold the lock for a while. `busy` keeps the thread at work, as statements do; `timer`
 * waits in an asynchronous body, which leaves the processor to others. Between two transactions there is no pause.
 */
const HOLDS = [
  { kind: "busy", ms: 1 }, { kind: "timer", ms: 1 }, { kind: "busy", ms: 10 }, { kind: "timer", ms: 10 },
];

if (process.argv.includes(WRITER)) await actAsWriter();
else if (process.argv[1] === here) await main();

async function actAsWriter() {
  const [, , , path, runtimeUrl, form, kind, holdMs, durationMs] = process.argv;
  const db = new Database(path, { timeout: 60_000 });
  db.pragma("synchronous = NORMAL");
  const insert = db.prepare("INSERT INTO other (at) VALUES (?)");
  const run = form === "raw" ? rawRunner(db, insert, kind) : await runtimeRunner(db, insert, kind, runtimeUrl);
  process.send("ready");
  await once(process, "message");
  const end = performance.now() + Number(durationMs);
  const waits = [];
  let inTime = 0;
  while (performance.now() < end) {
    const asked = performance.now();
    await run(Number(holdMs), (begunAt) => waits.push(begunAt - asked));
    if (performance.now() <= end) inTime++;
  }
  process.send({ waits, inTime, cpuMs: (process.cpuUsage().user + process.cpuUsage().system) / 1_000 });
  process.disconnect();
}

function rawRunner(db, insert, kind) {
  const run = db.transaction((holdMs, begun) => {
    begun(performance.now());
    insert.run(1);
    if (kind === "busy") spin(holdMs);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, holdMs); // a body cannot be asynchronous here
  }).immediate;
  return run;
}

async function runtimeRunner(db, insert, kind, runtimeUrl) {
  const { transaction } = await import(runtimeUrl);
  const body = kind === "busy"
    ? (holdMs, begun) => () => { begun(performance.now()); insert.run(1); spin(holdMs); }
    : (holdMs, begun) => async () => { begun(performance.now()); insert.run(1); await new Promise((resolve) => setTimeout(resolve, holdMs)); };
  return (holdMs, begun) => transaction(db, body(holdMs, begun), { timeoutMs: 60_000 });
}

function spin(ms) {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/**
 * @param bench `runtimeUrl`: the built runtime; `folder`: where to put databases; `open(name)`: makes one;
 *   `table(title, head, lines)`: prints. Optional: `seconds` (6) and `rounds` (3) of each form, `writers` (8).
 */
export async function processes({ runtimeUrl, open, table, seconds = 6, rounds = 3, writers = 8, forms = Object.keys(FORMS), holds = HOLDS }) {
  for (const hold of holds) {
    const results = new Map(forms.map((form) => [form, []]));
    for (let round = 0; round < rounds; round++) {
      for (const form of forms) {
        const db = open(`processes-${hold.kind}-${hold.ms}-${form}-${round}.db`);
        results.get(form).push(await measure({ db, runtimeUrl, form, hold, seconds, writers }));
        db.close();
      }
    }
    const median = (form, key) => quantile(results.get(form).map((each) => each[key]), 0.5);
    const base = forms.includes("constant") ? median("constant", "rate") : Number.NaN;
    table(
      `${writers} processes, each holds the lock for ${hold.ms} ms (${hold.kind === "busy" ? "busy" : "asleep"}), ${seconds} s, median of ${rounds}`,
      ["", "transactions/s", "ratio", "p50 wait, ms", "p99", "p99.9", "longest", "least/most served", "CPU of all, cores"],
      forms.map((form) => [
        FORMS[form], median(form, "rate").toFixed(0), (median(form, "rate") / base).toFixed(2),
        ...["p50", "p99", "p999", "longest"].map((key) => median(form, key).toFixed(1)),
        median(form, "share").toFixed(3), median(form, "cores").toFixed(2),
      ]),
    );
  }
}

async function measure({ db, runtimeUrl, form, hold, seconds, writers }) {
  const env = { ...process.env, SESSIONFIX_FILE_QUEUE: form === "queue" ? "on" : "off" };
  const children = Array.from({ length: writers }, () =>
    fork(here, [WRITER, db.name, runtimeUrl, form, hold.kind, String(hold.ms), String(seconds * 1_000)], { env }));
  try {
    await Promise.all(children.map((child) => once(child, "message")));
    const answers = children.map((child) => once(child, "message"));
    for (const child of children) child.send("go");
    const reports = (await Promise.all(answers)).map(([report]) => report);
    const written = db.prepare("SELECT count(*) FROM other").pluck().get();
    const waits = reports.flatMap((report) => report.waits);
    if (written !== waits.length) throw new Error(`${form}: ${waits.length} transactions acknowledged, ${written} rows`);
    const counts = reports.map((report) => report.inTime);
    return {
      rate: counts.reduce((sum, count) => sum + count, 0) / seconds,
      p50: quantile(waits, 0.5), p99: quantile(waits, 0.99), p999: quantile(waits, 0.999), longest: quantile(waits, 1),
      share: Math.min(...counts) / Math.max(...counts),
      cores: reports.reduce((sum, report) => sum + report.cpuMs, 0) / (seconds * 1_000),
    };
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

function quantile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

async function main() {
  const { values } = parseArgs({ options: {
    seconds: { type: "string", default: "6" }, rounds: { type: "string", default: "3" }, forms: { type: "string" }, hold: { type: "string" },
  } });
  const { build } = await import("esbuild");
  const folder = mkdtempSync(join(tmpdir(), "sessionfix-processes-"));
  try {
    await build({
      entryPoints: [fileURLToPath(new URL("../../runtime/index.ts", import.meta.url))],
      outfile: join(folder, "index.mjs"), bundle: true, format: "esm", platform: "node", target: "node20", logLevel: "error",
    });
    console.log(`Load average ${loadavg()[0].toFixed(1)} at the beginning.\n`);
    await processes({
      runtimeUrl: pathToFileURL(join(folder, "index.mjs")).href,
      open: (name) => {
        const db = new Database(join(folder, name));
        db.pragma("journal_mode = WAL");
        db.exec("CREATE TABLE other (id INTEGER PRIMARY KEY, at INTEGER)");
        return db;
      },
      table: (title, head, lines) => {
        console.log(`### ${title}\n`);
        for (const cells of [head, head.map(() => "---"), ...lines]) console.log(`| ${cells.join(" | ")} |`);
        console.log("");
      },
      seconds: Number(values.seconds), rounds: Number(values.rounds),
      ...(values.forms === undefined ? {} : { forms: values.forms.split(",") }),
      ...(values.hold === undefined ? {} : { holds: HOLDS.filter((each) => `${each.kind}${each.ms}` === values.hold) }),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
