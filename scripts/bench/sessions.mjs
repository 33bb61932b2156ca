import Database from "better-sqlite3";
import { interleave } from "./lib/rounds.mjs";
import { median, ratios } from "./lib/statistics.mjs";
import { fixed } from "./lib/table.mjs";

const QUERY = "SELECT 1 FROM item LIMIT 1";

/** A small query on a session of its own, and on the one that is there. */
export async function measure(bench) {
  const path = bench.create("sessions.db");
  const keepsWal = new Database(path); // an application has other connections: the last one to close makes a checkpoint
  keepsWal.prepare(QUERY).get();
  const { getSession, close } = bench.runtime.createSessionFactory({ open: (file) => new Database(file) });
  const perCall = (set) => () => {
    const db = new Database(path);
    if (set) for (const pragma of ["journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -64000"]) db.pragma(pragma);
    db.prepare(QUERY).get();
    db.close();
  };
  const shared = getSession(path);
  const prepared = shared.prepare(QUERY);
  const forms = [
    { name: "open, query, close", run: perCall(false) },
    { name: "open, set four pragmas, query, close", run: perCall(true) },
    { name: "`getSession(path)`, prepare, query", run: () => getSession(path).prepare(QUERY).get() },
    { name: "a session and a statement that are kept, query", run: () => prepared.get() },
  ].map(({ name, run }) => ({ name, run: (times) => { for (let n = 0; n < times; n++) run(); } }));
  const samples = await interleave(bench, forms, { rounds: bench.sized(40, 10), times: bench.sized(100, 50), warmUp: 2 });
  bench.table({
    title: "A session for each call against the shared one",
    head: ["one small query", "µs (median)", "ratio"],
    rows: forms.map(({ name }, index) => [name, fixed(median(samples[index]), 1), fixed(median(ratios(samples[index], samples[0])), 3)]),
    note: `Rounds: ${samples[0].length}.`,
  });
  await close();
  keepsWal.close();
}
