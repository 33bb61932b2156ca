import { median } from "./lib/statistics.mjs";
import { LAST, verdict, whole } from "./lib/table.mjs";

const LEAST_HAND_OFFS = 40_000; // promise 4
const OVERLAPPING = 100;
const WARM_UP = 300;

/** Many transactions wait for one session, and the first one ends. */
export async function measure(bench) {
  const count = bench.sized(3_000, 1_000);
  const opened = new Map();
  const remarks = [];
  for (const contender of bench.contenders) {
    opened.set(contender.id, await contender.open(bench.create(`queue-${contender.id}.db`), bench));
  }
  const raw = opened.get("raw");
  const forms = [
    { name: "sessionfix-runtime", judged: true, ...opened.get("ours") },
    { name: "raw behind a mutex that wakes all who wait", ...behind(raw, wakesAll()) },
    { name: "raw behind a chain of promises, without deadline, abort or detection of deadlocks", ...behind(raw, chain()) },
  ];
  for (const { id, title } of bench.contenders) {
    if (id === "raw" || id === "ours") continue;
    const one = opened.get(id);
    if (one.holdOpen === undefined) remarks.push(`${title}'s transactions are synchronous; nothing can wait.`);
    else if (one.empty === undefined) remarks.push(`${title} has no queue: ${await overlap(one)}.`);
    else forms.push({ name: title, ...one });
  }
  const rates = forms.map(() => ({ empty: [], writeOne: [], inOrder: true }));
  for (const form of forms) for (const job of ["empty", "writeOne"]) await queue(form, job, WARM_UP);
  for (const round of bench.rounds(bench.sized(7, 3))) {
    for (let n = 0; n < forms.length; n++) {
      const index = (n + round) % forms.length;
      for (const job of ["empty", "writeOne"]) {
        const { rate, inOrder } = await queue(forms[index], job, count);
        rates[index][job].push(rate);
        rates[index].inOrder &&= inOrder;
      }
    }
  }
  bench.table({
    title: `${count.toLocaleString("en")} transactions that wait for one session`,
    head: ["queue", "hand-offs/s, empty transactions", "best", "hand-offs/s, one row each", "ratio to the mutex that wakes all", "in the order of the calls", LAST],
    rows: forms.map(({ name, judged }, index) => {
      const { empty, writeOne, inOrder } = rates[index];
      const perSecond = median(empty);
      return [
        name, whole(perSecond), whole(Math.max(...empty)), whole(median(writeOne)), (median(empty.map((rate, round) => rate / rates[1].empty[round]))).toFixed(1),
        inOrder ? "yes" : "no", judged ? verdict({ [`≥ ${whole(LEAST_HAND_OFFS)}, empty`]: perSecond >= LEAST_HAND_OFFS, "exact order": inOrder }) : "",
      ];
    }),
    note: [`Rounds: ${rates[0].empty.length}, medians.`, ...remarks].join(" "),
  });
  for (const one of opened.values()) await one.close();
}

async function queue({ holdOpen, ...form }, job, count) {
  let open;
  const first = holdOpen(() => new Promise((resolve) => { open = resolve; }));
  while (open === undefined) await new Promise((resolve) => setImmediate(resolve));
  const order = [];
  const all = Array.from({ length: count }, (_, n) => form[job](() => order.push(n)));
  // So that each has arrived in the queue, whatever it takes to get there.
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
  const start = performance.now();
  open();
  await first;
  await Promise.all(all);
  return { rate: count / ((performance.now() - start) / 1_000), inOrder: order.length === count && order.every((place, n) => place === n) };
}

function behind(raw, withLock) {
  return {
    holdOpen: withLock(raw.holdOpen),
    empty: withLock(raw.empty),
    writeOne: withLock(raw.writeOne),
  };
}

/** As it is often written: everybody waits for the same promise, and one of them is the first to look. */
function wakesAll() {
  let released;
  return (run) => async (...args) => {
    while (released !== undefined) await released;
    let release;
    released = new Promise((resolve) => { release = resolve; });
    try {
      return await run(...args);
    } finally {
      released = undefined;
      release();
    }
  };
}

/** The least that serves one after the other. */
function chain() {
  let last = Promise.resolve();
  return (run) => (...args) => {
    const result = last.then(() => run(...args));
    last = result.catch(() => {});
    return result;
  };
}

async function overlap({ writeOne }) {
  const results = await Promise.allSettled(Array.from({ length: OVERLAPPING }, () => writeOne()));
  const failed = results.filter(({ status }) => status === "rejected");
  return `of ${OVERLAPPING} transactions begun at once, ${failed.length} failed${failed.length === 0 ? "" : ` ("${String(failed[0].reason.message).split("\n")[0]}")`}`;
}
