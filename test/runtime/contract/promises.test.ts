import { symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AsyncBodyError, DeadlockError, LockTimeoutError, SessionBusyError, SessionClosedError, TransactionClosedError, batchReportOf, batchedTransaction,
  batchedTransactionSync, closeSessions, createSessionFactory, transaction, transactionSync,
} from "sessionfix-runtime";
import type { SqliteSession } from "sessionfix-runtime";
import { foreignProcess, gate, onCleanup, rejection, tempFolder, timersFired } from "../support/database.js";
import { drivers } from "./drivers.js";
import type { RawDatabase } from "./drivers.js";

type Session = RawDatabase & SqliteSession;

// The same promises on every driver. What only one library's interface shows is in the suites beside this folder.
describe.each(drivers)("on $name", ({ driver, open }) => {
  const names = "SELECT name FROM item ORDER BY id";

  function database(): { path: string; db: Session; getSession: (path?: string) => Session } {
    const path = join(tempFolder(), "app.db");
    const { getSession } = createSessionFactory({ driver: driver(), path });
    const db = getSession() as Session;
    db.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
    return { path, db, getSession: getSession as (path?: string) => Session };
  }
  const insert = (db: RawDatabase, name: string): void => { db.prepare("INSERT INTO item (name) VALUES (?)").run(name); };
  const read = (db: RawDatabase): unknown[] => db.prepare(names).all().map((row) => (row as { name: unknown }).name);
  /** What another connection, of the same library, sees. */
  const committed = (path: string): unknown[] => {
    const other = open(path);
    try {
      return read(other);
    } finally {
      other.close();
    }
  };

  test("promise 1: one session a file, whatever the spelling of its path", () => {
    const { path, db, getSession } = database();
    const link = join(tempFolder(), "link.db");
    symlinkSync(path, link);
    expect(getSession(join(dirname(path), ".", "app.db"))).toBe(db);
    expect(getSession(link)).toBe(db);
    expect(createSessionFactory({ driver: driver(), path: link }).getSession()).toBe(db);
  });

  test("promise 1: the engine's settings hold on the new connection", () => {
    const { db } = database();
    const settings = ["journal_mode", "synchronous", "foreign_keys", "temp_store", "cache_size"].map((pragma) => Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0] as unknown);
    expect(settings).toEqual(["wal", 1, 1, 2, -64_000]);
  });

  test("closing waits for the running transaction, and a closed session is refused", async () => {
    const { path, db, getSession } = database();
    const go = gate();
    const running = transaction(db, async (tx) => { insert(tx, "before"); await go.promise; insert(tx, "after"); });
    const closing = closeSessions();
    await timersFired(3);
    go.open();
    await running;
    await closing;
    expect(() => getSession()).toThrow(SessionClosedError);
    expect(await rejection(transaction(db, () => {}))).toBeInstanceOf(SessionClosedError);
    expect(committed(path)).toEqual(["before", "after"]);
  });

  test("promise 3: while another process holds the lock the event loop turns, and the write follows", async () => {
    const { path, db } = database();
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE; INSERT INTO item (name) VALUES ('theirs')");
    const ours = transaction(db, (tx) => { insert(tx, "ours"); }, { timeoutMs: 25_000 });
    await timersFired(30);
    await other.run("COMMIT");
    await ours;
    expect(committed(path)).toEqual(["theirs", "ours"]);
  });

  test("promise 4: first come, first served", async () => {
    const { db } = database();
    const go = gate();
    const order: number[] = [];
    const all = [transaction(db, () => go.promise), ...Array.from({ length: 200 }, (_, index) => transaction(db, () => { order.push(index); }))];
    go.open();
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  test("promise 6: another task's write is refused, its read sees what is committed", async () => {
    const { path, db } = database();
    const early = db.prepare("INSERT INTO item (name) VALUES ('stray')");
    const go = gate();
    const running = transaction(db, async (tx) => {
      insert(tx, "inside");
      await go.promise;
      insert(db, "through the session");
      expect(read(db)).toEqual(["inside", "through the session"]);
    }, { label: "import" });
    await timersFired(1);
    for (const write of [() => early.run(), () => db.exec("INSERT INTO item (name) VALUES ('stray')"), () => db.exec("COMMIT"), () => db.exec("ROLLBACK")]) {
      expect(write).toThrow(SessionBusyError);
      expect(write).toThrow(/"import"/);
    }
    expect(() => { transactionSync(db, () => {}); }).toThrow(SessionBusyError);
    expect(read(db)).toEqual([]);
    go.open();
    await running;
    expect(committed(path)).toEqual(["inside", "through the session"]);
  });

  test("promise 6: random tasks agree with a serial model", async () => {
    const task = fc.record({ kind: fc.constantFrom("transaction", "plain", "sync"), turns: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 3 }), fails: fc.boolean() });
    await fc.assert(fc.asyncProperty(fc.array(task, { minLength: 2, maxLength: 6 }), async (tasks) => {
      const { path, db } = database();
      const acknowledged: string[] = [];
      const turn = async (count: number): Promise<void> => { for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve)); };
      await Promise.all(tasks.map(async ({ kind, turns, fails }, index) => {
        await turn(turns[0] ?? 0);
        const rows = kind === "plain" ? [`${index}`] : turns.map((_, n) => `${index}.${n}`);
        try {
          if (kind === "plain") insert(db, rows[0] ?? "");
          else if (kind === "sync") transactionSync(db, () => { for (const row of rows) insert(db, row); if (fails) throw new Error("planned"); });
          else {
            await transaction(db, async (tx) => {
              for (const row of rows) { insert(tx, row); await turn(turns[1] ?? 0); }
              if (fails) throw new Error("planned");
            });
          }
          acknowledged.push(...rows);
        } catch (error) {
          if (!(error instanceof SessionBusyError) && (error as Error).message !== "planned") throw error;
        }
      }));
      expect(committed(path).sort()).toEqual(acknowledged.sort());
      await closeSessions();
    }), { numRuns: 30 });
  });

  test("promise 7: a synchronous body runs from BEGIN to COMMIT in one turn", async () => {
    const { path, db } = database();
    let turned = false;
    setImmediate(() => { turned = true; });
    const done = transaction(db, (tx) => { insert(tx, "a"); return turned; });
    expect(committed(path)).toEqual(["a"]);
    expect(await done).toBe(false);
    expect(transactionSync(db, (tx) => { insert(tx, "b"); return read(tx).length; })).toBe(2);
  });

  test("promise 8: late use throws and never autocommits; an async body is refused before it runs", async () => {
    const { path, db } = database();
    const go = gate();
    const children: Promise<unknown>[] = [];
    let kept: RawDatabase = db;
    await transaction(db, async (tx) => {
      kept = tx;
      const prepared = tx.prepare("INSERT INTO item (name) VALUES ('late')");
      children.push(...[() => prepared.run(), () => { insert(db, "late"); }, () => { insert(tx, "late"); }, () => transaction(db, () => { insert(db, "late"); })].map((late) => rejection(go.promise.then(late))));
      await null;
    });
    go.open();
    for (const error of await Promise.all(children)) expect(error).toBeInstanceOf(TransactionClosedError);
    expect(() => kept.exec("INSERT INTO item (name) VALUES ('late')")).toThrow(TransactionClosedError);
    let ran = false;
    expect(() => { void transactionSync(db, async () => { ran = true; await null; }); }).toThrow(AsyncBodyError);
    expect(ran).toBe(false);
    expect(committed(path)).toEqual([]);
  });

  test("promise 9: nested on the same session is a savepoint; a wait for oneself is an error", async () => {
    const { path, db } = database();
    await transaction(db, async (tx) => {
      insert(tx, "outer");
      await rejection(transaction(tx, (inner) => { insert(inner, "inner"); throw new Error("planned"); }));
      await transaction(db, (inner) => { insert(inner, "kept"); });
    });
    expect(committed(path)).toEqual(["outer", "kept"]);
    const second = open(path) as Session;
    onCleanup(() => second.close());
    const error = await rejection(transaction(db, () => transaction(second, () => {}, { label: "second connection" }), { label: "outer" }));
    expect(error).toBeInstanceOf(DeadlockError);
    expect((error as DeadlockError).places.map(({ label }) => label)).toEqual(["second connection", "outer"]);
  });

  test("promise 10: an error of a statement rolls back and is the one reported; the next works", async () => {
    const { path, db } = database();
    insert(db, "taken");
    const error = await rejection(transaction(db, (tx) => { insert(tx, "lost"); insert(tx, "taken"); }));
    expect((error as Error).message).toContain("UNIQUE constraint failed");
    expect(() => { transactionSync(db, (tx) => { insert(tx, "lost"); throw new Error("own"); }); }).toThrow("own");
    const silent = await rejection(transaction(db, async (tx) => {
      insert(tx, "lost");
      try { tx.exec("INSERT OR ROLLBACK INTO item (name) VALUES ('taken')"); } catch { /* the body goes on */ }
      await null;
      insert(tx, "would autocommit");
    }));
    expect(silent).toBeInstanceOf(TransactionClosedError);
    await transaction(db, (tx) => { insert(tx, "next"); });
    expect(committed(path)).toEqual(["taken", "next"]);
  });

  test("promise 11: batches by count, atomic each, others in between", async () => {
    const { path, db } = database();
    const sizes: unknown[] = [];
    const report = await batchedTransaction(db, (async function* () { for (let n = 0; n < 25; n++) yield await Promise.resolve(`item ${n}`); })(), (name, tx) => { insert(tx, name); },
      { batchSize: 10, onProgress: ({ batchItems, items }) => { sizes.push([batchItems, committed(path).length === items]); } });
    expect(report).toMatchObject({ items: 25, batches: 3 });
    expect(sizes).toEqual([[10, true], [10, true], [5, true]]);
    const error = await rejection(batchedTransaction(db, ["a", "b", "item 3", "c"], (name, tx) => { insert(tx, name); }, { batchSize: 2 }));
    expect(batchReportOf(error)).toMatchObject({ items: 2, batches: 1 });
    expect(batchedTransactionSync(db, ["x", "y", "z"], (name, tx) => { insert(tx, name); }, { batchSize: 2 })).toMatchObject({ items: 3, batches: 2 });
    expect(committed(path).slice(25)).toEqual(["a", "b", "x", "y", "z"]);
  });

  test("promise 12: a bad item is undone alone, reported once, and the run goes on", async () => {
    const { path, db } = database();
    const report = await batchedTransaction(db, ["a", "b", "a", "c"], (name, tx) => { insert(tx, `${name}, first`); insert(tx, name); }, { onItemError: "collect", batchSize: 3 });
    expect(report).toMatchObject({ items: 4, skipped: 1, errors: [{ index: 2, item: "a" }] });
    expect(committed(path)).toEqual(["a, first", "a", "b, first", "b", "c, first", "c"]);
  });

  test("promise 13: a run goes on where its cursor says, and refuses a changed input", async () => {
    const { path, db } = database();
    const items = ["a", "b", "c", "d", "e"];
    await rejection(batchedTransaction(db, items, (name, tx) => { if (name === "d") throw new Error("planned"); insert(tx, name); }, { resume: "import", batchSize: 2 }));
    expect(committed(path)).toEqual(["a", "b"]);
    expect(await rejection(batchedTransaction(db, ["x", ...items], () => {}, { resume: "import" }))).toMatchObject({ code: "SESSIONFIX_RESUME", reason: "changed input" });
    expect(await batchedTransaction(db, items, (name, tx) => { insert(tx, name); }, { resume: "import", batchSize: 2 })).toMatchObject({ items: 3, resumed: 2 });
    expect(batchedTransactionSync(db, items, () => {}, { resume: "import" })).toMatchObject({ items: 0, alreadyDone: true });
    expect(committed(path)).toEqual(items);
  });

  test("promise 14: a timeout names the holder, here and in another process", async () => {
    const { path, db } = database();
    const go = gate();
    const running = transaction(db, async (tx) => { insert(tx, "a"); await go.promise; }, { label: "import" });
    await timersFired(1);
    const queued = await rejection(transaction(db, () => {}, { timeoutMs: 5 }));
    expect(queued).toBeInstanceOf(LockTimeoutError);
    expect((queued as LockTimeoutError).holder).toMatchObject({ where: "this process", label: "import", firstSql: "INSERT INTO item (name) VALUES (?)" });
    go.open();
    await running;
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE");
    const error = await rejection(transaction(db, () => {}, { timeoutMs: 20 }));
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect((error as LockTimeoutError).holder).toMatchObject(process.platform === "linux" ? { where: "another process", pid: other.pid } : { where: "unknown" });
    await other.run("ROLLBACK");
  });

  test("promise 17: an abort ends the wait at once, and rolls back what runs", async () => {
    const { path, db } = database();
    const abort = new AbortController();
    const go = gate();
    const running = rejection(transaction(db, async (tx) => { insert(tx, "a"); await go.promise; }, { signal: abort.signal }));
    const queued = rejection(transaction(db, () => {}, { signal: abort.signal }));
    await timersFired(1);
    abort.abort(new Error("no longer wanted"));
    expect(await queued).toMatchObject({ message: "no longer wanted" });
    go.open();
    expect(await running).toMatchObject({ message: "no longer wanted" });
    expect(committed(path)).toEqual([]);
  });
});
