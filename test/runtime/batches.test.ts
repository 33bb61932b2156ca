import { describe, expect, test } from "vitest";
import { LockTimeoutError, RunnerError, SessionClosedError, SessionOptionError, batchReportOf, batchedTransaction, batchedTransactionSync, closeSessions, createSessionFactory, transaction } from "sessionfix-runtime";
import type { BatchOptions, BatchProgress } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import Database from "better-sqlite3";
import { committed, foreignProcess, gate, insert, openByHand, rejection, tempDatabase } from "./support/database.js";

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `item ${index}`);

async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await null;
    yield item;
  }
}

describe("promise 11: batches within a hold budget", () => {
  test("promise 11: by count: 25 items are three transactions, in order, with their index", async () => {
    const path = tempDatabase();
    const log: string[] = [];
    const db = openByHand(path, { verbose: (sql) => log.push(String(sql)) });
    const progress: BatchProgress[] = [];
    const indexes: number[] = [];
    const report = await batchedTransaction(db, names(25), (name, tx, index) => {
      insert(tx, name);
      indexes.push(index);
    }, { onProgress: (each) => { progress.push(each); } });
    expect(log.filter((sql) => sql === "COMMIT")).toHaveLength(3);
    expect(progress.map(({ items, batches, batchItems }) => ({ items, batches, batchItems }))).toEqual([
      { items: 10, batches: 1, batchItems: 10 }, { items: 20, batches: 2, batchItems: 10 }, { items: 25, batches: 3, batchItems: 5 },
    ]);
    expect(indexes).toEqual(names(25).map((_, index) => index));
    expect(report).toMatchObject({ items: 25, batches: 3 });
    expect(report.holdMs.max).toBeGreaterThan(0);
    expect(report.holdMs.p50).toBeLessThanOrEqual(report.holdMs.max);
    expect(committed(path)).toEqual(names(25));
  });

  test("promise 11: by hold budget: a batch ends with the item that exceeds it, whatever the batch size", async () => {
    const db = openByHand(tempDatabase());
    const sizes: number[] = [];
    const spin = (ms: number): void => {
      for (const end = performance.now() + ms; performance.now() < end;);
    };
    await batchedTransaction(db, names(6), (_, __, index) => spin(index === 1 || index === 4 ? 30 : 0), {
      batchSize: Infinity, maxHoldMs: 25, onProgress: ({ batchItems }) => { sizes.push(batchItems); },
    });
    expect(sizes).toEqual([2, 3, 1]);
    sizes.length = 0;
    await batchedTransaction(db, names(6), () => {}, { batchSize: 4, maxHoldMs: 60_000, onProgress: ({ batchItems }) => { sizes.push(batchItems); } });
    expect(sizes).toEqual([4, 2]);
  });

  test("promise 11: the budget includes the commit that is to be expected", async () => {
    const db = openByHand(tempDatabase());
    const sizes: number[] = [];
    const spin = (ms: number): void => {
      for (const end = performance.now() + ms; performance.now() < end;);
    };
    const slowCommit = (work: (tx: Database.Database) => void): void => {
      db.transaction(() => work(db)).immediate();
      spin(20);
    };
    await batchedTransaction(slowCommit, names(60), () => spin(1), { batchSize: Infinity, maxHoldMs: 24, onProgress: ({ batchItems }) => { sizes.push(batchItems); } });
    // Nothing is known before the first; from then on at most 12 ms of work are left, the half that is always granted.
    expect(sizes[0]).toBeLessThanOrEqual(24);
    expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual(12);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(60);
  });

  test("promise 11: slow items after many fast ones exceed the budget by three at most", async () => {
    const db = openByHand(tempDatabase());
    const sizes: number[] = [];
    await batchedTransaction(db, names(108), (_, __, index) => {
      if (index < 101) return;
      for (const end = performance.now() + 12; performance.now() < end;);
    }, { batchSize: Infinity, maxHoldMs: 10, onProgress: ({ items, batchItems }) => { if (items > 101 && items - batchItems <= 101) sizes.push(items - 101); } });
    expect(sizes).toHaveLength(1);
    expect(sizes[0]).toBeLessThanOrEqual(4);
  });

  test("promise 11: between batches the session is given up: who waits in this process comes in between", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const [inBatch, asked] = [gate(), gate()];
    // Another task, not one that the run's own body begins: that would be a savepoint of the batch.
    const other = inBatch.promise.then(() => {
      const pending = transaction(db, (tx) => insert(tx, "other"));
      asked.open();
      return pending;
    });
    await batchedTransaction(db, names(20), async (name, tx, index) => {
      insert(tx, name);
      if (index !== 3) return;
      inBatch.open();
      await asked.promise;
    });
    await other;
    expect(committed(path)).toEqual([...names(10), "other", ...names(20).slice(10)]);
  });

  test("promise 11: between batches another process gets the lock", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const other = await foreignProcess(path);
    await batchedTransaction(db, names(20), (name, tx) => insert(tx, name), {
      onProgress: async ({ batches }) => { await other.run(`INSERT INTO item (name) VALUES ('other ${batches}')`); },
    });
    expect(committed(path)).toEqual([...names(10), "other 1", ...names(20).slice(10), "other 2"]);
  });

  test("promise 11: between batches the event loop gets a turn", async () => {
    const db = openByHand(tempDatabase());
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    const seen: number[] = [];
    await batchedTransaction(db, names(30), (_, __, index) => { if (index % 10 === 0) seen.push(turns); });
    running = false;
    expect(seen[1]).toBeGreaterThan(seen[0] ?? Infinity);
    expect(seen[2]).toBeGreaterThan(seen[1] ?? Infinity);
  });

  test("promise 11: 300,000 items are pulled as they are needed, and let go", async () => {
    const db = openByHand(tempDatabase());
    let pulled = 0;
    let furthest = 0;
    function* source(): Generator<number> {
      for (; pulled < 300_000; ) yield pulled++;
    }
    const report = await batchedTransaction(db, source(), (_, __, index) => { furthest = Math.max(furthest, pulled - index); }, { batchSize: 5_000, maxHoldMs: Infinity });
    expect(report).toMatchObject({ items: 300_000, batches: 60 });
    // Never further ahead than the thousand that are read before a transaction begins.
    expect(furthest).toBeLessThanOrEqual(1_000);
  });

  test("an async iterable is read outside of the transaction", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const openWhileReading: boolean[] = [];
    async function* source(): AsyncGenerator<string> {
      for (const name of names(12)) {
        await null;
        openWhileReading.push(db.inTransaction);
        yield name;
      }
    }
    expect(await batchedTransaction(db, source(), (name, tx) => insert(tx, name), { batchSize: 5 })).toMatchObject({ items: 12, batches: 3 });
    expect(openWhileReading).toEqual(names(12).map(() => false));
    expect(committed(path)).toEqual(names(12));
  });

  test("an empty source begins no transaction", async () => {
    const log: string[] = [];
    const db = openByHand(tempDatabase(), { verbose: (sql) => log.push(String(sql)) });
    expect(await batchedTransaction(db, [], () => {})).toMatchObject({ items: 0, batches: 0, holdMs: { max: 0 } });
    expect(batchedTransactionSync(db, [], () => {})).toMatchObject({ items: 0, batches: 0 });
    expect(log).toEqual([]);
  });

  test("exactly full batches are not followed by an empty one", async () => {
    const db = openByHand(tempDatabase());
    expect(await batchedTransaction(db, names(20), () => {})).toMatchObject({ items: 20, batches: 2 });
    expect(await batchedTransaction(db, later(names(20)), () => {})).toMatchObject({ items: 20, batches: 2 });
  });
});

describe("a batched run that fails", () => {
  test("rolls the batch back, keeps earlier ones, throws the item's own error and tells how far it came", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const own = new RangeError("item 17 is bad");
    let closed = false;
    function* source(): Generator<string> {
      try {
        yield* names(30);
      } finally {
        closed = true;
      }
    }
    for (const handler of [
      (name: string, tx: Database.Database): void => { insert(tx, name); if (name === "item 17") throw own; },
      async (name: string, tx: Database.Database): Promise<void> => { insert(tx, name); await null; if (name === "item 17") throw own; },
    ]) {
      db.exec("DELETE FROM item");
      closed = false;
      expect(await rejection(batchedTransaction(db, source(), handler))).toBe(own);
      expect(batchReportOf(own)).toMatchObject({ items: 10, batches: 1 });
      expect(committed(path)).toEqual(names(10));
      expect(closed).toBe(true);
      expect(db.inTransaction).toBe(false);
    }
    expect(batchReportOf(new Error("another"))).toBeUndefined();
  });

  test("promise 17: an abort between batches keeps what is committed; within a batch it rolls that one back", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const abort = new AbortController();
    const reason = new Error("shutting down");
    const between = batchedTransaction(db, names(30), (name, tx) => insert(tx, name), {
      signal: abort.signal, onProgress: ({ batches }) => { if (batches === 2) abort.abort(reason); },
    });
    expect(await rejection(between)).toBe(reason);
    expect(committed(path)).toEqual(names(20));

    db.exec("DELETE FROM item");
    const second = new AbortController();
    let last = -1;
    const within = batchedTransaction(db, names(30), async (name, tx, index) => {
      last = index;
      insert(tx, name);
      await null;
      if (index === 14) second.abort(reason);
    }, { signal: second.signal });
    expect(await rejection(within)).toBe(reason);
    expect(last).toBe(14);
    expect(committed(path)).toEqual(names(10));
    expect(await rejection(batchedTransaction(db, names(1), () => {}, { signal: second.signal }))).toBe(reason);
  });

  test("closing the sessions ends the run between two batches", async () => {
    const path = tempDatabase();
    const db = createSessionFactory({ driver: betterSqlite3(Database), path }).getSession();
    let closing: Promise<void> | undefined;
    const run = batchedTransaction(db, names(30), (name, tx) => insert(tx, name), {
      onProgress: ({ batches }) => { if (batches === 2) closing = closeSessions(); },
    });
    expect(await rejection(run)).toBeInstanceOf(SessionClosedError);
    await closing;
    expect(committed(path)).toEqual(names(20));
  });

  test("a batch that does not get the lock in time is a clear error", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const other = await foreignProcess(path);
    const run = batchedTransaction(db, names(30), (name, tx) => insert(tx, name), {
      timeoutMs: 20, label: "import", onProgress: async ({ batches }) => { if (batches === 1) await other.run("BEGIN IMMEDIATE"); },
    });
    const error = await rejection(run);
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect((error as Error).message).toContain('"import"');
    expect(batchReportOf(error)).toMatchObject({ items: 10 });
  });
});

describe("inside of a transaction", () => {
  test("batches are savepoints, and all of them go with it", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const error = await rejection(transaction(db, async (tx) => {
      expect(await batchedTransaction(tx, names(25), (name, own) => insert(own, name))).toMatchObject({ batches: 3 });
      expect(committed(path)).toEqual([]);
      throw new Error("outer fails");
    }));
    expect(error).toMatchObject({ message: "outer fails" });
    expect(committed(path)).toEqual([]);
  });
});

describe("a function that runs a callback in a transaction", () => {
  interface Context { readonly db: Database.Database; readonly source: string }

  function handlerFor(db: Database.Database) {
    const calls: string[] = [];
    return {
      calls,
      importTransaction<R>(source: string, work: (context: Context) => R): R {
        calls.push(source);
        return db.transaction(() => work({ db, source })).immediate();
      },
      async importAsync<R>(source: string, work: (context: Context) => Promise<R> | R): Promise<R> {
        calls.push(source);
        return transaction(db, () => work({ db, source }));
      },
    };
  }

  test("is called once a batch, and its context reaches the items", async () => {
    const path = tempDatabase();
    const handler = handlerFor(openByHand(path));
    const run = (items: Iterable<string> | AsyncIterable<string>) => batchedTransaction(
      (work: (context: Context) => void) => handler.importTransaction("s1", work), items,
      (name, context) => insert(context.db, `${context.source} ${name}`),
    );
    expect(await run(names(25))).toMatchObject({ items: 25, batches: 3 });
    expect(handler.calls).toEqual(["s1", "s1", "s1"]);
    expect(committed(path)).toEqual(names(25).map((name) => `s1 ${name}`));
    const report = batchedTransactionSync((work: (context: Context) => void) => handler.importTransaction("s2", work), names(11), (name, { db, source }) => insert(db, `${source} ${name}`));
    expect(report).toMatchObject({ items: 11, batches: 2 });
    expect(report.holdMs.max).toBeGreaterThan(0);
  });

  test("may be asynchronous", async () => {
    const path = tempDatabase();
    const handler = handlerFor(openByHand(path));
    const report = await batchedTransaction((work: (context: Context) => void | Promise<void>) => handler.importAsync("s", work), names(15), async (name, { db }) => {
      await null;
      insert(db, name);
    });
    expect(report).toMatchObject({ items: 15, batches: 2 });
    expect(committed(path)).toEqual(names(15));
  });

  test("may repeat its transaction: the batch gets the same items again", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    let attempts = 0;
    const retrying = (work: (tx: Database.Database) => void): void => {
      const attempt = db.transaction(() => {
        work(db);
        if (attempts++ % 2 === 0) throw new Error("try again");
      });
      try {
        attempt.immediate();
      } catch {
        attempt.immediate();
      }
    };
    expect(await batchedTransaction(retrying, names(25), (name, tx) => insert(tx, name))).toMatchObject({ items: 25, batches: 3 });
    expect(attempts).toBe(6);
    expect(committed(path)).toEqual(names(25));
  });

  test("that does not call back, does not wait, or hides a failure is an error", async () => {
    const db = openByHand(tempDatabase());
    expect(await rejection(batchedTransaction(() => {}, names(3), () => {}))).toBeInstanceOf(RunnerError);
    expect(() => batchedTransactionSync(() => {}, names(3), () => {})).toThrow(RunnerError);

    const go = gate();
    let handled = 0;
    const leaves = batchedTransaction((work: (tx: Database.Database) => unknown) => { void work(db); }, names(3), async () => { handled++; await go.promise; });
    expect(await rejection(leaves)).toBeInstanceOf(RunnerError);
    go.open();
    await go.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(handled).toBe(1);

    const hidden = new Error("an item fails");
    const hides = (work: (tx: Database.Database) => unknown): void => {
      try {
        work(db);
      } catch {
        // swallowed
      }
    };
    const fails = (): never => { throw hidden; };
    expect(await rejection(batchedTransaction(hides, names(3), fails))).toBe(hidden);
    expect(() => batchedTransactionSync(hides, names(3), fails)).toThrow(hidden);
  });
});

describe("options that cannot mean anything", () => {
  test.each<[string, BatchOptions]>([
    ["batchSize 0", { batchSize: 0 }], ["batchSize 2.5", { batchSize: 2.5 }], ["batchSize NaN", { batchSize: Number.NaN }],
    ["maxHoldMs -1", { maxHoldMs: -1 }], ["timeoutMs -1", { timeoutMs: -1 }],
  ])("%s is refused before an item is pulled", async (_, options) => {
    const db = openByHand(tempDatabase());
    let pulled = 0;
    const source = { [Symbol.iterator]: () => { pulled++; return [1][Symbol.iterator](); } };
    expect(await rejection(batchedTransaction(db, source, () => {}, options))).toBeInstanceOf(SessionOptionError);
    expect(pulled).toBe(0);
  });
});
