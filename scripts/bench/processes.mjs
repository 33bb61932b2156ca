import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { LAST, verdict } from "./lib/table.mjs";

const MEASURED_IN = new URL("../lib/bench-processes.mjs", import.meta.url);
const QUEUE = new URL("../../runtime/file-queue.ts", import.meta.url);
/** Promise 5, and how far it is to be taken from there. Of holds of 1 ms. */
const LEAST_SHARE = { constant: 0.6, queue: 0.8 };
const MOST_P99_MS = { constant: 150, queue: 50 };
const LEAST_OF_CONSTANT = 0.9;

export async function measure(bench) {
  if (!existsSync(MEASURED_IN)) {
    console.log("processes: left out, there is no scripts/lib/bench-processes.mjs.\n");
    return;
  }
  const { processes } = await import(MEASURED_IN.href);
  const holds = bench.quick ? [{ kind: "busy", ms: 1 }] : [{ kind: "busy", ms: 1 }, { kind: "busy", ms: 10 }, { kind: "timer", ms: 1 }, { kind: "timer", ms: 10 }];
  const forms = ["raw", "constant", ...(existsSync(QUEUE) ? ["queue"] : [])];
  for (const hold of holds) {
    await processes({
      runtimeUrl: bench.runtimeUrl, forms, holds: [hold],
      seconds: bench.sized(20, 10) / 10, rounds: bench.sized(2, 1),
      open: (name) => new Database(bench.create(name)),
      table: (title, head, rows) => bench.table({ title, head: [...head, LAST], rows: rows.map((cells, index) => [...cells, judge(forms[index], hold, head, cells)]) }),
    });
  }
}

function judge(form, { ms }, head, cells) {
  if (form === "raw" || ms !== 1) return "";
  const number = (name) => Number(cells[head.indexOf(name)]);
  return verdict({
    [`least/most ≥ ${LEAST_SHARE[form]}`]: number("least/most served") >= LEAST_SHARE[form],
    [`p99 ≤ ${MOST_P99_MS[form]} ms`]: number("p99") <= MOST_P99_MS[form],
    ...(form === "queue" ? { [`≥ ${LEAST_OF_CONSTANT} of the throughput`]: number("ratio") >= LEAST_OF_CONSTANT } : {}),
  });
}
