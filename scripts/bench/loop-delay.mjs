import { answerOf } from "./lib/child.mjs";
import { connect } from "./lib/database.mjs";
import { sleep } from "./lib/rounds.mjs";
import { median } from "./lib/statistics.mjs";
import { LAST, verdict, whole } from "./lib/table.mjs";

const MOST_DELAY_MS = 20; // promise 3
const AFTER_RAW_MS = 10; // "same acquisition time"

/**
 * Another process, this one, holds the lock of each contender's file. The contenders are processes of their own and wait
 * at the same time: the ones that stand still use no processor meanwhile.
 */
export async function measure(bench) {
  const waiting = [];
  for (const contender of bench.contenders) {
    const path = bench.create(`delay-${contender.id}.db`);
    waiting.push({ contender, child: await bench.start("delayed", contender.id, path, bench.runtimeUrl), holder: connect(path) });
  }
  // Whoever has just been started still compiles.
  await hold(waiting, 100);
  for (const [holdMs, rounds] of bench.quick ? [[2_000, 1]] : [[2_000, 3], [5_000, 2]]) {
    const results = waiting.map(() => ({ longest: [], late: [], errors: new Set() }));
    for (const _ of bench.rounds(rounds)) {
      for (const [index, { longest, late, error }] of (await hold(waiting, holdMs)).entries()) {
        results[index].longest.push(longest);
        results[index].late.push(late);
        if (error !== undefined) results[index].errors.add(error);
      }
    }
    const rawLate = median(results[waiting.findIndex(({ contender }) => contender.id === "raw")].late);
    bench.table({
      title: `Another process holds the lock for ${holdMs / 1_000} s`,
      head: ["", "the event loop's longest stand-still, ms", "written, ms after the lock was free", LAST],
      rows: waiting.map(({ contender }, index) => {
        const { longest, late, errors } = results[index];
        const worst = Math.max(...longest);
        const met = { [`≤ ${MOST_DELAY_MS} ms`]: worst <= MOST_DELAY_MS, "as soon as raw": median(late) <= rawLate + AFTER_RAW_MS };
        return [
          contender.title, whole(worst), errors.size > 0 ? `failed: ${[...errors].join(", ")}` : whole(median(late)),
          contender.id === "ours" ? verdict(met) : "",
        ];
      }),
      note: `The longest of all rounds and the median of the writes; rounds: ${results[0].longest.length}. Busy timeout 10 s for all.`,
    });
  }
  for (const { child, holder } of waiting) {
    holder.close();
    child.disconnect();
  }
}

async function hold(waiting, holdMs) {
  for (const { holder } of waiting) holder.exec("BEGIN IMMEDIATE");
  const answers = waiting.map(({ child }) => answerOf(child));
  for (const { child } of waiting) child.send("write");
  await sleep(holdMs);
  const free = waiting.map(({ holder }) => {
    holder.exec("COMMIT");
    return performance.timeOrigin + performance.now();
  });
  return (await Promise.all(answers)).map(({ longest, at, error }, index) => ({ longest, late: at - free[index], error }));
}
