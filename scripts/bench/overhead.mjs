import { interleave } from "./lib/rounds.mjs";
import { median, middleHalf, ratios } from "./lib/statistics.mjs";
import { LAST, fixed, verdict } from "./lib/table.mjs";

/** Promise 7, of a transaction with a synchronous body. */
const MOST_OVERHEAD = 1.05;

/** One row in one transaction, each contender in each of its ways, on a file of its own. */
export async function measure(bench) {
  const opened = [];
  const forms = [];
  for (const contender of bench.contenders) {
    // Everybody copies the write-ahead log in commits here: a thread's work would show in all the forms beside it.
    const one = await contender.open(bench.create(`overhead-${contender.id}.db`), bench, { checkpoint: "sqlite" });
    opened.push(one);
    for (const form of one.oneRow) forms.push({ ...form, contender, run: form.sync ? runSync(form.run) : runAsync(form.run) });
  }
  const times = bench.sized(300, 50);
  const samples = await interleave(bench, forms, { times, rounds: bench.sized(300, 60), warmUp: bench.sized(40, 10) });
  // What can be awaited is compared with what can be awaited.
  const raw = forms.findIndex((form) => form.contender.id === "raw" && form.sync);
  const awaited = forms.findIndex((form) => form.contender.id === "raw" && !form.sync);
  bench.table({
    title: "One row, one transaction",
    head: ["form", "µs (median)", "ratio to raw", "middle half of the rounds", "ratio to the awaited raw form", LAST],
    rows: forms.map((form, index) => {
      const toRaw = ratios(samples[index], samples[raw]);
      const toAwaited = median(ratios(samples[index], samples[awaited]));
      const own = form.sync ? median(toRaw) : toAwaited;
      const judged = form.contender.id === "ours" && !form.asyncBody;
      return [
        form.name, fixed(median(samples[index]), 2), fixed(median(toRaw), 2), middleHalf(toRaw).map((ratio) => fixed(ratio, 2)).join("–"),
        form.sync ? "" : fixed(toAwaited, 2), judged ? verdict({ [`≤ ${MOST_OVERHEAD} of its raw form`]: own <= MOST_OVERHEAD }) : "",
      ];
    }),
    note: `${samples[0].length} rounds of ${times} transactions of each form. Ratios are medians of the ratios within a round.`,
  });
  for (const one of opened) await one.close();
}

const runSync = (run) => (times) => { for (let n = 0; n < times; n++) run(); };
const runAsync = (run) => async (times) => { for (let n = 0; n < times; n++) await run(); };
