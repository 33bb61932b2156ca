import { connect } from "./lib/database.mjs";
import { median, ratios } from "./lib/statistics.mjs";
import { LAST, fixed, verdict, whole } from "./lib/table.mjs";

const MOST_SLOWDOWN = 1.5; // promise 12
const BAD_EVERY = 100;
const CLEAN_SKIP = "clean, `skip`";
const INSERT = "INSERT INTO checked (name, value) VALUES (?, ?)";

/** What a policy for bad items and a cursor cost. Options that this version of the runtime does not have are left out. */
export async function measure(bench) {
  const count = bench.sized(100_000, 20_000);
  const clean = Array.from({ length: count }, (_, n) => ({ name: `item ${n}`, value: n }));
  const bad = clean.map((item, n) => (n % BAD_EVERY === 7 ? { ...item, value: -1 } : item));
  const { batchedTransaction, resumeState } = bench.runtime;
  const batches = (items, options, { repeat = false } = {}) => ({ items, prepare: repeat ? (db) => batches(items, options).run(db) : undefined, run: (db) => {
    const insert = db.prepare(INSERT);
    return batchedTransaction(db, items, ({ name, value }) => insert.run(name, value), { batchSize: 1_000, ...options });
  } });
  const forms = [
    { name: "clean, `abort`, the default", ...batches(clean, {}) },
    { name: "raw: batches of 1,000, a nested `db.transaction` for each item, 1 % bad", items: bad, run: (db) => rawSavepoints(db, bad) },
    ...(await hasPolicies(bench) ? [
      { name: CLEAN_SKIP, ...batches(clean, { onItemError: "skip" }) },
      { name: "1 % bad, `skip`", ...batches(bad, { onItemError: "skip" }), judged: true },
      { name: "1 % bad, `collect`", ...batches(bad, { onItemError: "collect" }), judged: true },
    ] : []),
    ...(resumeState !== undefined ? [
      { name: "clean, `resume`", ...batches(clean, { resume: "bench" }) },
      { name: "clean, `resume` of what is done already", ...batches(clean, { resume: "bench" }, { repeat: true }) },
      { name: "clean, batches of 10", ...batches(clean, { batchSize: 10 }) },
      { name: "clean, batches of 10, `resume`", ...batches(clean, { batchSize: 10, resume: "bench" }) },
    ] : []),
  ];
  const times = forms.map(() => []);
  for (const round of bench.rounds(bench.sized(5, 2))) {
    for (let n = 0; n < forms.length; n++) {
      const index = (n + round) % forms.length;
      times[index].push(await time(bench, forms[index], `items-${round}-${index}.db`));
    }
  }
  bench.table({
    title: `${count.toLocaleString("en")} items: bad ones, and resumable runs`,
    head: ["batches of 1,000 unless said", "ms (median)", "items/s", "ratio to the clean run", "to the clean run with `skip`", LAST],
    rows: forms.map(({ name, judged }, index) => {
      const [ratio, toSkip] = [0, forms.findIndex((form) => form.name === CLEAN_SKIP)]
        .map((base) => (base === -1 ? Number.NaN : median(ratios(times[index], times[base]))));
      return [
        name, fixed(median(times[index]), 0), whole(count / (median(times[index]) / 1_000)), fixed(ratio, 2), fixed(toSkip, 2),
        judged ? verdict({ [`< ${MOST_SLOWDOWN} of clean`]: ratio < MOST_SLOWDOWN, "of clean with `skip`": toSkip < MOST_SLOWDOWN }) : "",
      ];
    }),
    note: [
      `Rounds: ${times[0].length}, medians.`,
      await hasPolicies(bench) ? "" : "`onItemError` is not there yet.",
      resumeState === undefined ? "`resume` is not there yet." : "",
    ].filter(Boolean).join(" "),
  });
}

async function time(bench, { items, run, prepare }, name) {
  const path = bench.create(name);
  const db = connect(path);
  await prepare?.(db);
  const start = performance.now();
  const report = await run(db);
  const ms = performance.now() - start;
  const written = db.prepare("SELECT count(*) FROM checked").pluck().get();
  const good = items.filter(({ value }) => value >= 0).length;
  if (written !== good) throw new Error(`${written} rows where ${good} items are good`);
  if (report?.skipped !== undefined && report.skipped !== items.length - good) throw new Error(`${report.skipped} items reported as skipped, ${items.length - good} are bad`);
  db.close();
  bench.remove(path);
  return ms;
}

function rawSavepoints(db, items) {
  const insert = db.prepare(INSERT);
  const one = db.transaction(({ name, value }) => insert.run(name, value));
  const batch = db.transaction((chunk) => {
    for (const item of chunk) {
      try {
        one(item);
      } catch {
        // skipped
      }
    }
  }).immediate;
  for (let start = 0; start < items.length; start += 1_000) batch(items.slice(start, start + 1_000));
}

async function hasPolicies({ runtime, create, remove }) {
  const path = create("policies.db");
  const db = connect(path);
  try {
    const report = await runtime.batchedTransaction(db, [1], () => { throw new Error("bad"); }, { onItemError: "skip" });
    return report.skipped === 1;
  } catch {
    return false;
  } finally {
    db.close();
    remove(path);
  }
}
