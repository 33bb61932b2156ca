import { connect } from "./lib/database.mjs";
import { sleep } from "./lib/rounds.mjs";
import { median, ratios } from "./lib/statistics.mjs";
import { fixed } from "./lib/table.mjs";

const OPEN_MS = 50;

/** One task has an asynchronous transaction open, and has written; another one reads. */
export async function measure(bench) {
  const all = [];
  for (const contender of bench.contenders) {
    const path = bench.create(`reads-${contender.id}.db`);
    const opened = await contender.open(path, bench);
    if (opened.holdOpen === undefined) await opened.close();
    else all.push({ contender, path, opened, idle: [], beside: [], sees: new Set(), waited: [] });
  }
  all.splice(1, 0, secondConnection(bench, all[0]));
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

/** What an application can do by hand: read from a connection that the writer does not use. */
function secondConnection(bench, raw) {
  const reader = connect(raw.path);
  const count = reader.prepare("SELECT count(*) FROM item").pluck();
  const opened = { holdOpen: raw.opened.holdOpen, readOne: () => count.get(), close: () => reader.close() };
  return { contender: { title: "raw, a second connection to read from" }, opened, idle: [], beside: [], sees: new Set(), waited: [] };
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
