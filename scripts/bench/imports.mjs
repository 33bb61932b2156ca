import { WRITER_PAUSE_MS, ask } from "./lib/child.mjs";
import { connect } from "./lib/database.mjs";
import { watchLoop } from "./lib/rounds.mjs";
import { Durations, median } from "./lib/statistics.mjs";
import { LAST, fixed, verdict, whole } from "./lib/table.mjs";

/** Promise 11. */
const LEAST_OF_RAW = 0.8;
const MOST_P99_MS = 15;
/** Who takes longer is measured once, or the others would not get their rounds. In ms. */
const SLOW_MS = 2_500;

/** An import, while another process writes one row every few milliseconds. */
export async function measure(bench) {
  const rows = bench.sized(200_000, 50_000);
  for (const { role, title, ids, share } of [
    { role: "runtime", title: "the other process uses `transaction`", ids: undefined, share: 0.75 },
    { role: "raw", title: "the other process uses raw better-sqlite3, busy timeout 10 s", ids: ["raw", "ours"], share: 1 },
  ]) {
    const writer = await bench.start("writer", role, bench.runtimeUrl);
    const results = [];
    for (const round of bench.rounds(bench.sized(5, 2), { share })) {
      for (const contender of bench.contenders) {
        if (ids !== undefined && !ids.includes(contender.id)) continue;
        await measureForms(bench, { contender, writer, rows, round, role, results });
      }
    }
    writer.disconnect();
    report(bench, `${rows.toLocaleString("en")} rows; ${title}`, results);
  }
}

async function measureForms(bench, { contender, writer, rows, round, role, results }) {
  // A file, and a connection, for each import: the forms of a contender are known only once it is open.
  const count = results.filter((result) => result.contender === contender).length || Number.POSITIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const path = bench.create(`import-${role}-${contender.id}-${index}-${round}.db`);
    const opened = await contender.open(path, bench);
    const form = opened.imports[index];
    if (form === undefined) return opened.close();
    let result = results.find((each) => each.name === form.name);
    if (result === undefined) results.push(result = { name: form.name, judged: form.judged, contender, rates: new Map(), loop: [], waits: new Durations(), corrected: new Durations() });
    if (!result.slow) {
      const { tookMs, longest, waits } = await runImport(form, writer, path, rows);
      result.rates.set(round, rows / (tookMs / 1_000));
      result.loop.push(longest);
      result.waits.add(waits);
      result.corrected.add(waits, WRITER_PAUSE_MS);
      result.slow = tookMs > SLOW_MS;
    }
    await opened.close();
    bench.remove(path);
  }
}

async function runImport(form, writer, path, rows) {
  await ask(writer, path);
  const stop = watchLoop();
  const start = performance.now();
  await form.run(rows);
  const tookMs = performance.now() - start;
  const longest = stop();
  const waits = await ask(writer, "stop");
  const db = connect(path);
  const written = db.prepare("SELECT count(*) FROM item").pluck().get();
  db.close();
  if (written !== rows) throw new Error(`${form.name}: ${written} of ${rows} rows are there`);
  return { tookMs, longest, waits };
}

function report(bench, title, results) {
  const raw = results[0].rates;
  bench.table({
    title,
    head: ["import", "rows/s", "ratio to one raw transaction", "the other's p50, ms", "p99", "p99, with the writes that it left out", "longest", "its writes", "own loop's longest stand-still, ms", "rounds", LAST],
    rows: results.map(({ name, judged, rates, waits, corrected, loop }) => {
      const ratio = median([...rates].map(([round, rate]) => rate / raw.get(round)));
      return [
        name, whole(median([...rates.values()])), fixed(ratio, 2), fixed(waits.at(50), 1), fixed(waits.at(99), 1), fixed(corrected.at(99), 1), fixed(waits.longest, 1), whole(waits.count),
        whole(median(loop)), String(rates.size), judged ? verdict({ [`≥ ${LEAST_OF_RAW}`]: ratio >= LEAST_OF_RAW, [`p99 ≤ ${MOST_P99_MS} ms`]: waits.at(99) <= MOST_P99_MS }) : "",
      ];
    }),
    note: "The other process writes one row, pauses for 2 ms, and so on. Waits are those of all rounds together.",
  });
}
