import { sleep } from "./lib/rounds.mjs";
import { median, ratios } from "./lib/statistics.mjs";
import { fixed } from "./lib/table.mjs";

const OPEN_MS = 50;

/** One task has an asynchronous transaction open, and has written; another one reads. */
export async function measure(bench) {
  const all = [];
  for (const contender of bench.contenders) {
    const opened = await contender.open(bench.create(`reads-${contender.id}.db`), bench);
    if (opened.holdOpen === undefined) await opened.close();
    else all.push({ contender, opened, idle: [], beside: [], sees: new Set(), waited: [] });
  }
  const times = bench.sized(200, 50);
  for (const _ of bench.rounds(bench.sized(30, 5))) {
    for (const one of all) await measureRound(one, times);
  }
  const raw = all[0];
  bench.table({
    title: "A read beside an open asynchronous transaction that has written",
    head: ["", "µs a read, no transaction open", "µs a read, one open", "ratio to raw", "what the read sees"],
    rows: all.map(({ contender, idle, beside, sees, waited }) => [
      contender.title, fixed(median(idle), 1),
      ...(waited.length > 0
        ? [`waits for the end of the transaction: ${fixed(median(waited), 0)} ms of ${OPEN_MS}`, ""]
        : [fixed(median(beside), 1), fixed(median(ratios(beside, raw.beside)), 2)]),
      [...sees].join(", "),
    ]),
    note: `\`SELECT count(*)\`, medians; rounds: ${raw.idle.length}, of ${times} reads. The transaction stays open until the reads are done, or for ${OPEN_MS} ms.`,
  });
  for (const { opened } of all) await opened.close();
}

async function measureRound({ opened, idle, beside, sees, waited }, times) {
  const before = await opened.readOne();
  idle.push(await perRead(opened, times));
  let end;
  const transaction = opened.holdOpen(() => new Promise((resolve) => { end = resolve; }));
  while (end === undefined) await new Promise((resolve) => setImmediate(resolve));
  const start = performance.now();
  const first = await Promise.race([readNow(opened), sleep(OPEN_MS)]);
  if (first === undefined) {
    end();
    await transaction;
    waited.push(performance.now() - start);
    sees.add("what was committed, afterwards");
    return;
  }
  sees.add(first.rows === before ? "what is committed" : "**what is not committed**");
  beside.push(await perRead(opened, times));
  end();
  await transaction;
}

async function readNow({ readOne }) {
  return { rows: await readOne() };
}

async function perRead({ readOne }, times) {
  const start = performance.now();
  for (let n = 0; n < times; n++) {
    const result = readOne();
    if (typeof result === "object") await result;
  }
  return ((performance.now() - start) / times) * 1_000;
}
