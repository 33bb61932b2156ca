// Measures sessionfix-runtime beside raw better-sqlite3, in one run, on files of its own. Prints a Markdown report.
//   npm run bench:runtime [-- --rows 200000 --only overhead|loopDelay|handOffs|sessions|imports]
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { build } from "esbuild";

const here = fileURLToPath(import.meta.url);
const PAUSE_MS = 2; // between two writes of the other writer

if (process.send !== undefined) await actAsOther(...process.argv.slice(2));
else await main();

/** The other process: `holder` keeps the lock on request; `writer` writes a row every few milliseconds and measures. */
async function actAsOther(role, path, runtimeUrl) {
  const db = new Database(path, { timeout: 10_000 });
  db.pragma("synchronous = NORMAL");
  const received = [];
  let wake = () => {};
  process.on("message", (message) => { received.push(message); wake(); });
  process.on("disconnect", () => process.exit(0));
  const next = async () => {
    while (received.length === 0) await new Promise((resolve) => { wake = resolve; });
    return received.shift();
  };
  process.send("ready");
  if (role === "holder") {
    for (;;) {
      const { holdMs } = await next();
      db.exec("BEGIN IMMEDIATE");
      process.send("holding");
      await new Promise((resolve) => setTimeout(resolve, holdMs));
      db.exec("COMMIT");
      process.send("released");
    }
  }
  const { transaction } = await import(runtimeUrl);
  const insert = db.prepare("INSERT INTO other (at) VALUES (?)");
  const write = role === "writer-raw" ? db.transaction(() => insert.run(Date.now())).immediate : () => transaction(db, () => insert.run(Date.now()), { timeoutMs: 60_000 });
  await next();
  const waits = [];
  while (received.length === 0) {
    const start = performance.now();
    await write();
    waits.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  process.send({ waits });
}

async function main() {
  const { values } = parseArgs({ options: { rows: { type: "string", default: "200000" }, only: { type: "string" } } });
  const rows = Number(values.rows);
  const folder = mkdtempSync(join(tmpdir(), "sessionfix-bench-"));
  const children = [];
  try {
    const runtimeUrl = await buildRuntime(folder);
    const runtime = await import(runtimeUrl);
    const bench = {
      runtime, rows,
      open: (name) => openDatabase(join(folder, name)),
      start: async (role, db) => {
        const child = fork(here, [role, db.name, runtimeUrl]);
        children.push(child);
        await once(child, "message");
        return child;
      },
    };
    console.log(`${machine()}\n`);
    const parts = { overhead, loopDelay, handOffs, sessions, imports };
    for (const [name, measure] of Object.entries(parts)) {
      if (values.only === undefined || values.only === name) await measure(bench);
    }
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function buildRuntime(folder) {
  await build({
    entryPoints: ["index.ts", "better-sqlite3.ts"].map((file) => fileURLToPath(new URL(`../runtime/${file}`, import.meta.url))),
    outdir: folder, outExtension: { ".js": ".mjs" }, bundle: true, format: "esm", platform: "node", target: "node20", logLevel: "error",
  });
  return pathToFileURL(join(folder, "index.mjs")).href;
}

function machine() {
  const version = new Database(":memory:").prepare("SELECT sqlite_version()").pluck().get();
  return `Load average ${loadavg()[0].toFixed(1)} at the beginning. Node ${process.version}, SQLite ${version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`;
}

function openDatabase(path) {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = NORMAL");
  db.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, value REAL); CREATE TABLE other (id INTEGER PRIMARY KEY, at INTEGER)");
  return db;
}

/** One row in one transaction, rounds of each form in turn, so that a busy machine slows all alike. */
async function overhead({ runtime, open }) {
  const { transaction, transactionSync } = runtime;
  const forms = [
    ["`db.transaction(fn).immediate()`", (db, insert) => {
      const run = db.transaction(() => insert.run("name", 1)).immediate;
      return async (times) => { for (let n = 0; n < times; n++) run(); };
    }],
    ["`await` of the same", (db, insert) => {
      const run = db.transaction(() => insert.run("name", 1)).immediate;
      return async (times) => { for (let n = 0; n < times; n++) await run(); };
    }],
    ["`transactionSync(db, fn)`", (db, insert) => async (times) => { for (let n = 0; n < times; n++) transactionSync(db, () => insert.run("name", 1)); }],
    ["`await transaction(db, fn)`", (db, insert) => async (times) => { for (let n = 0; n < times; n++) await transaction(db, () => insert.run("name", 1)); }],
    ["`await transaction(db, async fn)`", (db, insert) => async (times) => { for (let n = 0; n < times; n++) await transaction(db, async () => insert.run("name", 1)); }],
  ].map(([name, make], index) => {
    const db = open(`overhead-${index}.db`);
    return { name, run: make(db, db.prepare("INSERT INTO item (name, value) VALUES (?, ?)")), samples: [] };
  });
  // Short rounds, each compared with the raw form of the same round: what else the machine does hits both.
  const TIMES = 100;
  for (let round = 0; round < 600; round++) {
    for (const form of forms) {
      const start = performance.now();
      await form.run(TIMES);
      if (round >= 100) form.samples.push(((performance.now() - start) / TIMES) * 1_000);
    }
  }
  const base = forms[0].samples;
  table("One row, one transaction", ["form", "µs (median)", "ratio (median over 500 rounds)"], forms.map(({ name, samples }) => [
    name, quantile(samples, 0.5).toFixed(2), quantile(samples.map((sample, round) => sample / base[round]), 0.5).toFixed(2),
  ]));
}

/** Another process holds the lock for two seconds: how long does nothing else run here, and how late is the lock ours? */
async function loopDelay({ runtime, open, start }) {
  const results = [];
  for (const [name, write] of [
    ["raw better-sqlite3", (db, insert) => db.transaction(() => insert.run("name", 1)).immediate()],
    ["`transaction`", (db, insert) => runtime.transaction(db, () => insert.run("name", 1))],
  ]) {
    const db = open(`delay-${results.length}.db`);
    const insert = db.prepare("INSERT INTO item (name, value) VALUES (?, ?)");
    const holder = await start("holder", db);
    holder.send({ holdMs: 2_000 });
    await once(holder, "message");
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const begun = performance.now();
    await write(db, insert);
    const took = performance.now() - begun;
    await new Promise((resolve) => setTimeout(resolve, 20));
    clearInterval(timer);
    results.push([name, longest.toFixed(0), took.toFixed(0)]);
    holder.disconnect();
  }
  table("Another process holds the lock for 2 s", ["", "longest stand-still of the event loop, ms", "until the write was committed, ms"], results);
}

async function handOffs({ runtime, open }) {
  const db = open("queue.db");
  const insert = db.prepare("INSERT INTO item (name, value) VALUES (?, ?)");
  const COUNT = 3_000;
  const rounds = async (body) => {
    const rates = [];
    for (let round = 0; round < 7; round++) {
      let openGate;
      const first = runtime.transaction(db, () => new Promise((resolve) => { openGate = resolve; }));
      const all = Array.from({ length: COUNT }, () => runtime.transaction(db, body, { timeoutMs: 60_000 }));
      const start = performance.now();
      openGate();
      await first;
      await Promise.all(all);
      rates.push(COUNT / ((performance.now() - start) / 1_000));
    }
    return rates;
  };
  const line = (name, rates) => [name, Math.round(quantile(rates, 0.5)).toLocaleString("en"), Math.round(Math.max(...rates)).toLocaleString("en")];
  table("3,000 transactions queued on one session", ["body", "hand-offs a second (median of 7)", "best"], [
    line("nothing (BEGIN and COMMIT alone)", await rounds(() => {})),
    line("one row", await rounds(() => insert.run("name", 1))),
  ]);
}

async function sessions({ runtime, open }) {
  const path = open("sessions.db").name;
  const { getSession } = runtime.createSessionFactory({ open: (file) => new Database(file) });
  const time = (times, run) => {
    const samples = [];
    for (let round = 0; round < 7; round++) {
      const start = performance.now();
      for (let n = 0; n < times; n++) run();
      samples.push(((performance.now() - start) / times) * 1_000);
    }
    return quantile(samples, 0.5);
  };
  const perCall = time(300, () => {
    const db = new Database(path);
    db.prepare("SELECT 1 FROM item LIMIT 1").get();
    db.close();
  });
  const shared = time(3_000, () => getSession(path).prepare("SELECT 1 FROM item LIMIT 1").get());
  table("A session per call against the shared one (one small query each)", ["", "µs", "ratio"], [
    ["open, query, close", perCall.toFixed(0), "1.00"], ["`getSession(path)`, query", shared.toFixed(1), (shared / perCall).toFixed(3)],
  ]);
}

/** The import, while another process writes one row every few milliseconds. */
async function imports(bench) {
  const { runtime, rows } = bench;
  function* source() {
    for (let n = 0; n < rows; n++) yield n;
  }
  const handler = (insert) => (n) => insert.run(`item ${n}`, n / 2);
  const forms = [
    ["raw: one transaction", (db, insert) => db.transaction(() => { for (const n of source()) insert.run(`item ${n}`, n / 2); }).immediate()],
    ["batches of 10", (db, insert) => runtime.batchedTransaction(db, source(), handler(insert), { timeoutMs: 60_000 })],
    ["batches of 1,000", (db, insert) => runtime.batchedTransaction(db, source(), handler(insert), { batchSize: 1_000, timeoutMs: 60_000 })],
    ["`batchSize: Infinity`, `maxHoldMs: 8`", (db, insert) => runtime.batchedTransaction(db, source(), handler(insert), { batchSize: Infinity, maxHoldMs: 8, timeoutMs: 60_000 })],
    ["`batchSize: Infinity`, `maxHoldMs` 50 (the default)", (db, insert) => runtime.batchedTransaction(db, source(), handler(insert), { batchSize: Infinity, timeoutMs: 60_000 })],
    ["`batchedTransactionSync`, the same", (db, insert) => runtime.batchedTransactionSync(db, source(), handler(insert), { batchSize: Infinity, maxHoldMs: 8, timeoutMs: 60_000 })],
  ];
  for (const role of ["writer", "writer-raw"]) {
    const results = [];
    let base;
    for (const [name, run] of forms) {
      const rates = [];
      const waits = [];
      for (let round = 0; round < 5; round++) {
        const db = bench.open(`import-${role}-${results.length}-${round}.db`);
        const insert = db.prepare("INSERT INTO item (name, value) VALUES (?, ?)");
        const other = await bench.start(role, db);
        other.send("go");
        await new Promise((resolve) => setTimeout(resolve, 100));
        const start = performance.now();
        await run(db, insert);
        rates.push(rows / ((performance.now() - start) / 1_000));
        const answer = once(other, "message");
        other.send("stop");
        const [{ waits: measured }] = await answer;
        waits.push(...measured);
        if (db.prepare("SELECT count(*) FROM item").pluck().get() !== rows) throw new Error(`${name} lost rows`);
        other.disconnect();
        db.close();
      }
      const rate = quantile(rates, 0.5);
      base ??= rate;
      results.push([name, Math.round(rate).toLocaleString("en"), (rate / base).toFixed(2), ...[0.5, 0.99, 1].map((share) => quantile(waits, share).toFixed(1)), String(waits.length)]);
    }
    table(`${rows.toLocaleString("en")} rows against another writer (${role === "writer" ? "it uses `transaction`" : "it uses raw better-sqlite3, busy timeout 10 s"})`,
      ["import", "rows/s", "ratio", "other's p50, ms", "other's p99, ms", "other's longest, ms", "its writes"], results);
  }
}

function quantile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

function table(title, head, lines) {
  console.log(`### ${title}\n`);
  for (const cells of [head, head.map(() => "---"), ...lines]) console.log(`| ${cells.join(" | ")} |`);
  console.log("");
}
