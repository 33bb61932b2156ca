import type Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { LockTimeoutError, RUNNER_CAPABILITIES, RunnerError, SessionOptionError, TransactionClosedError, batchReportOf, batchedTransaction, batchedTransactionSync, transaction } from "sessionfix-runtime";
import type { BatchOptionsSync, BatchReport, ItemFailure, RunnerCapabilities } from "sessionfix-runtime";
import { committed, gate, insert, openByHand, rejection, tempDatabase } from "./support/database.js";

type Handler = (name: string, tx: Database.Database, index: number) => unknown;
type Run = (db: Database.Database, items: Iterable<string>, handler: Handler, options: BatchOptionsSync<string>) => Promise<BatchReport<string>>;

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `item ${index}`);

/** Each form of a batched run, with the kind of handler that it is for. */
const FORMS: readonly [string, Run][] = [
  ["batchedTransaction, a synchronous handler", (db, items, handler, options) => batchedTransaction(db, items, handler, options)],
  ["batchedTransaction, an asynchronous handler", (db, items, handler, options) => batchedTransaction(db, items, async (name, tx, index) => {
    await null;
    await handler(name, tx, index);
    await null;
  }, options)],
  ["batchedTransactionSync", async (db, items, handler, options) => batchedTransactionSync(db, items, handler, options)],
];

/** Two rows an item; the bad ones fail at the second, when the first has been written. */
const twoRows = (bad: (index: number) => boolean): Handler => (name, tx, index) => {
  insert(tx, name);
  if (bad(index)) tx.prepare("INSERT INTO item (name) VALUES (?)").run(name);
  insert(tx, `${name} again`);
};

describe.each(FORMS)("%s", (_, run) => {
  test.each(["skip", "collect"] as const)("promise 12: %s undoes all of a bad item and nothing else, and reports it once", async (onItemError) => {
    const path = tempDatabase();
    const skipped: ItemFailure<string>[] = [];
    const seen: string[] = [];
    const report = await run(openByHand(path), names(25), twoRows((index) => index % 10 === 3 || index === 24), {
      onItemError,
      onSkip: (failure) => {
        skipped.push(failure);
        seen.push(`skip ${failure.index}, ${committed(path).length} rows`);
      },
      onProgress: (progress) => { seen.push(`batch ${progress.batches}: ${progress.items} items, ${progress.skipped} skipped`); },
    });
    const bad = [3, 13, 23, 24];
    expect(committed(path)).toEqual(names(25).filter((_name, index) => !bad.includes(index)).flatMap((name) => [name, `${name} again`]));
    expect(report).toMatchObject({ items: 25, batches: 3, skipped: 4 });
    expect(skipped.map(({ index, item }) => [index, item])).toEqual(bad.map((index) => [index, `item ${index}`]));
    for (const { error } of skipped) expect(error).toMatchObject({ code: "SQLITE_CONSTRAINT_UNIQUE" });
    expect(report.errors).toEqual(onItemError === "collect" ? skipped : []);
    // After the commit of its batch, and before that batch's progress.
    expect(seen).toEqual([
      "skip 3, 18 rows", "batch 1: 10 items, 1 skipped", "skip 13, 36 rows", "batch 2: 20 items, 2 skipped",
      "skip 23, 42 rows", "skip 24, 42 rows", "batch 3: 25 items, 4 skipped",
    ]);
  });

  test("promise 12: abort, the default, ends the run with the item's error", async () => {
    const path = tempDatabase();
    const error = await rejection(run(openByHand(path), names(25), twoRows((index) => index === 13), {}));
    expect(error).toMatchObject({ code: "SQLITE_CONSTRAINT_UNIQUE" });
    expect(batchReportOf(error)).toMatchObject({ items: 10, skipped: 0, errors: [] });
    expect(committed(path)).toHaveLength(20);
  });

  test("promise 12: what is not SQLite's error is an item's too, whatever was thrown", async () => {
    const thrown = [new Error("no"), "a string", undefined, Object.assign(new Error("network"), { code: "ECONNRESET" })];
    const report = await run(openByHand(tempDatabase()), names(4), (name, tx, index) => {
      insert(tx, name);
      throw thrown[index] as Error;
    }, { onItemError: "collect" });
    expect(report.errors.map(({ error }) => error)).toEqual(thrown);
    expect(report).toMatchObject({ items: 4, skipped: 4 });
  });

  test("promise 12: a full disk is nobody's item: the batch goes, the run ends, what is reported is committed", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const pages = Number(db.pragma("page_count", { simple: true }));
    const skipped: unknown[] = [];
    const fill: Handler = (name, tx, index) => {
      if (index === 12) tx.pragma(`max_page_count = ${pages + 2}`);
      insert(tx, name);
      if (index >= 12) insert(tx, name.padEnd(40_000, "x"));
    };
    const error = await rejection(run(db, names(25), fill, { onItemError: "collect", onSkip: (failure) => { skipped.push(failure); } }));
    expect(error).toMatchObject({ code: "SQLITE_FULL" });
    expect(batchReportOf(error)).toMatchObject({ items: 10, skipped: 0, errors: [] });
    expect(skipped).toEqual([]);
    expect(committed(path)).toEqual(names(10));
    expect(db.inTransaction).toBe(false);
  });

  test("promise 12: an item that makes SQLite roll the batch back ends the run; nothing is committed on its own", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const rollBack: Handler = (name, tx, index) => {
      insert(tx, name);
      if (index === 12) tx.prepare("INSERT OR ROLLBACK INTO item (name) VALUES (?)").run(name);
    };
    const error = await rejection(run(db, names(25), rollBack, { onItemError: "skip" }));
    expect(error).toMatchObject({ code: "SQLITE_CONSTRAINT_UNIQUE" });
    expect(committed(path)).toEqual(names(10));
    expect(db.inTransaction).toBe(false);
  });

  test("promise 12: a handler that hides such a rollback ends the run all the same", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const hide: Handler = (name, tx, index) => {
      insert(tx, name);
      try {
        if (index === 12) tx.prepare("INSERT OR ROLLBACK INTO item (name) VALUES (?)").run(name);
      } catch {
        // swallowed
      }
    };
    expect(await rejection(run(db, names(25), hide, { onItemError: "skip" }))).toBeInstanceOf(TransactionClosedError);
    expect(committed(path)).toEqual(names(10));
    expect(db.inTransaction).toBe(false);
  });

  test("promise 12: an error of this package is nobody's item, also where another error wraps it", async () => {
    const path = tempDatabase();
    const timeout = new LockTimeoutError("no lock on the other file", { where: "unknown", reason: "test" }, 1);
    for (const thrown of [timeout, new Error("wrapped", { cause: timeout })]) {
      const error = await rejection(run(openByHand(path), names(25), (name, tx, index) => {
        insert(tx, `${name} ${thrown.message}`);
        if (index === 12) throw thrown;
      }, { onItemError: "skip" }));
      expect(error).toBe(thrown);
      expect(batchReportOf(error)).toMatchObject({ items: 10, skipped: 0 });
    }
    expect(committed(path)).toHaveLength(20);
  });

  test.each<[string, object]>([
    ["a lock", { code: "SQLITE_BUSY_SNAPSHOT" }], ["an I/O error that left the transaction open", { code: "SQLITE_IOERR_WRITE" }],
    ["the same of node:sqlite", { code: "ERR_SQLITE_ERROR", errcode: 10 + 3 * 256 }], ["no memory", { code: "SQLITE_NOMEM" }],
  ])("promise 12: %s is nobody's item", async (_name, properties) => {
    const path = tempDatabase();
    const thrown = Object.assign(new Error("of SQLite"), properties);
    const error = await rejection(run(openByHand(path), names(25), (name, tx, index) => {
      insert(tx, name);
      if (index === 12) throw thrown;
    }, { onItemError: "skip" }));
    expect(error).toBe(thrown);
    expect(batchReportOf(error)).toMatchObject({ items: 10, skipped: 0 });
    expect(committed(path)).toEqual(names(10));
  });

  test("promise 12: an item's own savepoints and nested runs end with it", async () => {
    const path = tempDatabase();
    const report = await run(openByHand(path), names(12), (name, tx, index) => {
      batchedTransactionSync(tx, [`${name} a`, `${name} b`], (inner, own, place) => {
        insert(own, inner);
        if (place === 1) throw new Error("inner");
      }, { onItemError: "skip" });
      tx.exec("SAVEPOINT mine");
      insert(tx, name);
      if (index === 5) throw new Error("outer");
      tx.exec("RELEASE mine");
    }, { onItemError: "collect" });
    expect(report.errors.map(({ index }) => index)).toEqual([5]);
    expect(committed(path)).toEqual(names(12).filter((_name, index) => index !== 5).flatMap((name) => [`${name} a`, name]));
  });
});

test("promise 12: within a transaction the skipped item alone is undone, and all goes with the transaction", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  const inside = async (fails: boolean): Promise<void> => transaction(db, async (tx) => {
    await batchedTransaction(tx, names(12), async (name, own, index) => {
      await null;
      insert(own, name);
      if (index === 7) throw new Error("bad");
    }, { onItemError: "skip" });
    if (fails) throw new Error("outer fails");
  });
  expect(await rejection(inside(true))).toMatchObject({ message: "outer fails" });
  expect(committed(path)).toEqual([]);
  await inside(false);
  expect(committed(path)).toEqual(names(12).filter((name) => name !== "item 7"));
  db.exec("DELETE FROM item; BEGIN");
  batchedTransactionSync(db, names(12), (name, own, index) => {
    insert(own, name);
    if (index === 7) throw new Error("bad");
  }, { onItemError: "skip" });
  expect(db.inTransaction).toBe(true);
  db.exec("COMMIT");
  expect(committed(path)).toEqual(names(12).filter((name) => name !== "item 7"));
});

test("promise 12: an item that leaves a nested transaction open ends the run instead of taking it along", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  const go = gate();
  let left: Promise<void> | undefined;
  const error = await rejection(batchedTransaction(db, names(25), async (name, tx, index) => {
    insert(tx, name);
    if (index === 12) left = transaction(tx, async () => { await go.promise; });
    await null;
  }, { onItemError: "skip" }));
  expect(error).toBeInstanceOf(TransactionClosedError);
  go.open();
  expect(await rejection(left!)).toBeInstanceOf(TransactionClosedError);
  expect(committed(path)).toEqual(names(10));
});

test("promise 17: an abort within an item ends the run with the signal's reason, whatever the policy and the item's own error", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  const abort = new AbortController();
  const reason = new Error("shutting down");
  const error = await rejection(batchedTransaction(db, names(25), async (name, tx, index) => {
    insert(tx, name);
    await null;
    if (index !== 14) return;
    abort.abort(reason);
    throw new Error("the request was aborted");
  }, { onItemError: "skip", signal: abort.signal }));
  expect(error).toBe(reason);
  expect(batchReportOf(error)).toMatchObject({ items: 10, skipped: 0 });
  expect(committed(path)).toEqual(names(10));
});

test("promise 12: an asynchronous handler in the synchronous form is refused, and its tail touches no later savepoint", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  expect(() => batchedTransactionSync(db, ["never"], (name, tx) => {
    void tx;
    return new Promise((_resolve, reject) => { setImmediate(() => { reject(new Error(`late ${name}`)); }); });
  }, { onItemError: "skip" })).toThrow(/returned a promise/);
  const report = await batchedTransaction(db, names(12), async (name, tx) => {
    insert(tx, name);
    await new Promise((resolve) => setImmediate(resolve));
  }, { onItemError: "skip" });
  expect(report).toMatchObject({ items: 12, skipped: 0 });
  expect(committed(path)).toEqual(names(12));
});

test("promise 12: what onSkip throws ends the run after the commit of its batch", async () => {
  const path = tempDatabase();
  const own = new Error("the log is full");
  const error = await rejection(batchedTransaction(openByHand(path), names(25), (name, tx, index) => {
    insert(tx, name);
    if (index === 12) throw new Error("bad");
  }, { onItemError: "skip", onSkip: () => { throw own; } }));
  expect(error).toBe(own);
  expect(batchReportOf(error)).toMatchObject({ items: 20, skipped: 1 });
  expect(committed(path)).toEqual(names(20).filter((name) => name !== "item 12"));
});

test("promise 12: 1 % bad of 100,000: 99,000 rows, each bad one reported once, with its index, its item and its error", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  const statement = db.prepare("INSERT INTO item (id, name) VALUES (?, ?)");
  const count = 100_000;
  const bad = (index: number): boolean => index % 100 === 99;
  const reported = new Map<number, ItemFailure<string>>();
  let twice = 0;
  const report = await batchedTransaction(db, names(count), (name, _tx, index) => {
    statement.run(index, name);
    if (bad(index)) statement.run(index, `${name} again`);
  }, {
    batchSize: 1_000, onItemError: "collect", onSkip: (failure) => {
      if (reported.has(failure.index)) twice++;
      reported.set(failure.index, failure);
    },
  });
  expect(report).toMatchObject({ items: count, skipped: 1_000 });
  expect(report.errors.map(({ index }) => index)).toEqual(Array.from({ length: 1_000 }, (_, n) => n * 100 + 99));
  expect([...reported.values()]).toEqual(report.errors);
  expect(twice).toBe(0);
  expect(report.errors.every(({ index, item, error }) => item === `item ${index}` && (error as { code: string }).code === "SQLITE_CONSTRAINT_PRIMARYKEY")).toBe(true);
  expect(db.prepare("SELECT count(*), sum(id % 100 = 99) FROM item").raw().get()).toEqual([99_000, 0]);
});

describe("a function in place of a session", () => {
  const runnerOn = (db: Database.Database) => (work: (tx: Database.Database) => void | Promise<void>) => transaction(db, work);

  /** As a library with promises would offer them. */
  function capabilities(): RunnerCapabilities<Database.Database> {
    return {
      async savepoint<R>(tx: Database.Database, work: () => Promise<R>): Promise<R> {
        tx.exec("SAVEPOINT theirs");
        try {
          return await work();
        } catch (error) {
          tx.exec("ROLLBACK TO theirs");
          throw new Error("the library's own", { cause: error });
        } finally {
          tx.exec("RELEASE theirs");
        }
      },
    };
  }

  test("promise 12: skip and collect are refused where it has no savepoints, before anything is pulled", async () => {
    const db = openByHand(tempDatabase());
    const untouched = { [Symbol.iterator]: (): Iterator<string> => { throw new Error("pulled"); } };
    for (const onItemError of ["skip", "collect"] as const) {
      expect(await rejection(batchedTransaction(runnerOn(db), untouched, () => {}, { onItemError }))).toBeInstanceOf(SessionOptionError);
      const sync = Object.assign((work: (tx: Database.Database) => void) => db.transaction(work)(db), { [RUNNER_CAPABILITIES]: capabilities() });
      expect(() => batchedTransactionSync(sync, untouched, () => {}, { onItemError })).toThrow(SessionOptionError);
    }
    expect(await rejection(batchedTransaction(db, untouched, () => {}, { onItemError: "ignore" as "skip" }))).toBeInstanceOf(SessionOptionError);
  });

  test("promise 12: the savepoints that it brings are used; a batch that is repeated reports an item once", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    let attempts = 0;
    const retrying = async (work: (tx: Database.Database) => void | Promise<void>): Promise<void> => {
      for (;;) {
        try {
          return await transaction(db, async (tx) => {
            await work(tx);
            if (attempts++ % 2 === 0) throw new Error("try again");
          });
        } catch (error) {
          if ((error as Error).message !== "try again") throw error;
        }
      }
    };
    const skipped: number[] = [];
    const report = await batchedTransaction(Object.assign(retrying, { [RUNNER_CAPABILITIES]: capabilities() }), names(25), async (name, tx, index) => {
      await null;
      insert(tx, name);
      if (index % 10 === 4) throw new RangeError(`bad ${index}`);
    }, { onItemError: "collect", onSkip: ({ index }) => { skipped.push(index); } });
    expect(attempts).toBe(6);
    expect(skipped).toEqual([4, 14, 24]);
    expect(report.errors.map(({ error }) => (error as Error).message)).toEqual(["bad 4", "bad 14", "bad 24"]);
    expect(committed(path)).toEqual(names(25).filter((_name, index) => index % 10 !== 4));
  });

  test("promise 17: an item that fails because of the abort, the last of its batch, is not left out: the batch goes", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const abort = new AbortController();
    const reason = new Error("shutting down");
    const error = await rejection(batchedTransaction(Object.assign(runnerOn(db), { [RUNNER_CAPABILITIES]: capabilities() }), names(25), (name, tx, index) => {
      insert(tx, name);
      if (index !== 19) return;
      abort.abort(reason);
      throw new Error("the request was aborted");
    }, { onItemError: "skip", signal: abort.signal }));
    expect(error).toBe(reason);
    expect(committed(path)).toEqual(names(10));
  });

  test("promise 12: a savepoint that hides the failure, or fails itself, ends the run", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const hides: RunnerCapabilities<Database.Database> = { savepoint: async <R>(_tx: Database.Database, work: () => Promise<R>) => work().catch(() => undefined as R) };
    const breaks: RunnerCapabilities<Database.Database> = { savepoint: async <R>(_tx: Database.Database, work: () => Promise<R>) => work().catch(() => { throw new Error("ROLLBACK TO failed"); }) };
    const fails = (): never => { throw new Error("bad"); };
    expect(await rejection(batchedTransaction(Object.assign(runnerOn(db), { [RUNNER_CAPABILITIES]: hides }), names(3), fails, { onItemError: "skip" }))).toBeInstanceOf(RunnerError);
    expect(await rejection(batchedTransaction(Object.assign(runnerOn(db), { [RUNNER_CAPABILITIES]: breaks }), names(3), fails, { onItemError: "skip" }))).toMatchObject({ message: "ROLLBACK TO failed" });
  });
});

