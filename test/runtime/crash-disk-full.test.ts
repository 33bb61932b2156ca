import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { batchReportOf, batchedTransaction, batchedTransactionSync, resumeState } from "sessionfix-runtime";
import type { BatchOptionsSync, BatchReport } from "sessionfix-runtime";
import { openByHand, tempDatabase } from "./support/database.js";

type Run = (db: Database.Database, options: BatchOptionsSync<number>) => Promise<BatchReport<number>>;

const ITEMS = 400;

function* numbers(): Generator<number> {
  for (let n = 0; n < ITEMS; n++) yield n;
}

function write(n: number, tx: Database.Database): void {
  tx.prepare("INSERT INTO item (id, name) VALUES (?, ?)").run(n, `item ${n} `.padEnd(500, "x"));
  if (n % 50 === 7) throw new Error(`item ${n} is bad`);
}

const FORMS: readonly [string, Run][] = [
  ["batchedTransaction", (db, options) => batchedTransaction(db, numbers(), write, options)],
  ["batchedTransaction, an asynchronous handler", (db, options) => batchedTransaction(db, numbers(), async (n, tx) => {
    await null;
    write(n, tx);
  }, options)],
  ["batchedTransactionSync", async (db, options) => batchedTransactionSync(db, numbers(), write, options)],
];

test.each(FORMS)("promise 13: a full disk in the middle of a batch (%s): the error is SQLite's own, the batch is gone whole, and with more room the run goes on", async (_, run) => {
  const path = tempDatabase();
  const db = openByHand(path);
  const options = { resume: "import", batchSize: 30, maxHoldMs: Infinity, onItemError: "skip" } as const;
  const limits: number[] = [];
  let done = 0;
  for (let pages = Number(db.pragma("page_count", { simple: true })) + 12; ; pages += 11) {
    db.pragma(`max_page_count = ${pages}`);
    limits.push(pages);
    const before = done;
    const error = await run(db, options).then((report) => {
      expect(report).toMatchObject({ items: ITEMS - before, resumed: before });
      return undefined;
    }, (failure: unknown) => failure);
    if (error === undefined) break;
    expect(error).toMatchObject({ name: "SqliteError", code: "SQLITE_FULL" });
    expect(db.inTransaction).toBe(false);
    const committed = (batchReportOf(error)?.items ?? Number.NaN) + before;
    expect(committed % 30).toBe(0);
    done = committed;
    // What another connection sees: whole batches, and a cursor that agrees with them.
    const other = new Database(path, { readonly: true });
    expect(other.prepare("SELECT id FROM item ORDER BY id").pluck().all()).toEqual([...numbers()].filter((n) => n < done && n % 50 !== 7));
    other.close();
    if (done > 0) expect(await resumeState(db, "import")).toMatchObject({ items: done, state: "running" });
  }
  expect(limits.length).toBeGreaterThan(3);
  expect(db.prepare("SELECT id FROM item ORDER BY id").pluck().all()).toEqual([...numbers()].filter((n) => n % 50 !== 7));
  expect(await resumeState(db, "import")).toMatchObject({ items: ITEMS, state: "done" });
});
