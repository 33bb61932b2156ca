import { readdirSync, readlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LockTimeoutError, TransactionClosedError, batchReportOf, batchedTransaction, closeSessions, detached } from "sessionfix-runtime";
import type { SessionFactory } from "sessionfix-runtime";
import { RUNNER_CAPABILITIES } from "sessionfix-runtime/batch-types";
import type { OrmRunner } from "sessionfix-runtime/orm-runner";
import { committed, foreignProcess, gate, rejection, tempDatabase, timersFired, until } from "../support/database.js";

/** One ORM, as the tests below use it. Rows go into `item(id, name UNIQUE)`. */
export interface Subject<Db extends object, Tx> {
  readonly name: string;
  readonly sessions: (path: string) => SessionFactory<Db>;
  readonly runner: (db: Awaited<Db>) => OrmRunner<Tx>;
  readonly insert: (tx: Tx, name: string) => unknown;
  readonly names: (tx: Tx) => unknown;
  /** `INSERT OR ROLLBACK`, with which SQLite ends the transaction where the name is taken. */
  readonly insertOrRollback?: (tx: Tx, name: string) => unknown;
}

const linux = process.platform === "linux";

/** The files of the database that this process has open. */
export function openFiles(path: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(path) ? [target] : [];
    } catch {
      return [];
    }
  });
}

/** What every runner promises, whatever the ORM. */
export function describeRunner<Db extends object, Tx>(subject: Subject<Db, Tx>): void {
  const { insert, names } = subject;
  const open = async (path = tempDatabase()) => {
    const sessions = subject.sessions(path);
    const db = sessions.getSession();
    return { path, sessions, db, run: subject.runner(await db) };
  };

  describe(`a runner over ${subject.name}`, () => {
    test("promise 3: waiting for another process's lock leaves the event loop live", async () => {
      const { path, run } = await open();
      await run((tx) => insert(tx, "first"));
      const other = await foreignProcess(path);
      await other.run("BEGIN IMMEDIATE");
      let settled = false;
      const pending = run((tx) => insert(tx, "waited")).finally(() => { settled = true; });
      await timersFired(30);
      expect(settled).toBe(false);
      await other.run("COMMIT");
      await pending;
      expect(committed(path)).toEqual(["first", "waited"]);
    });

    test("promise 4: first come, first served", async () => {
      const { path, run } = await open();
      const order = Array.from({ length: 60 }, (_, index) => `item ${String(index).padStart(2, "0")}`);
      await Promise.all(order.map((name, index) => run(async (tx) => {
        if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        await insert(tx, name);
      })));
      expect(committed(path)).toEqual(order);
    });

    test("promise 6: asynchronous bodies do not interleave, and one that fails takes nothing else along", async () => {
      const { path, run } = await open();
      const [inside, go] = [gate(), gate()];
      const log: string[] = [];
      const first = run(async (tx) => {
        await insert(tx, "undone");
        log.push("first begins");
        inside.open();
        await go.promise;
        log.push("first ends");
        throw new Error("the first fails");
      });
      await inside.promise;
      const second = run(async (tx) => { log.push("second"); await insert(tx, "kept"); });
      await timersFired(3);
      go.open();
      expect(await rejection(first)).toMatchObject({ message: "the first fails" });
      await second;
      expect(log).toEqual(["first begins", "first ends", "second"]);
      expect(committed(path)).toEqual(["kept"]);
    });

    test("promise 10: the write lock is held from the beginning, so that no statement can fail for want of it", async () => {
      const { path, run } = await open();
      const other = await foreignProcess(path);
      await run(async (tx) => {
        expect(await names(tx)).toEqual([]);
        expect(await rejection(other.run("BEGIN IMMEDIATE"))).toMatchObject({ message: expect.stringContaining("SQLITE_BUSY") as string });
        await insert(tx, "after a read");
      });
      await other.run("BEGIN IMMEDIATE");
      await other.run("COMMIT");
      expect(committed(path)).toEqual(["after a read"]);
    });

    test("promise 10: a body's own error is the one to see, all of it is undone, and the next transaction works", async () => {
      const { path, run } = await open();
      const failure = new Error("not this one");
      expect(await rejection(run(async (tx) => { await insert(tx, "undone"); throw failure; }))).toBe(failure);
      expect(await rejection(run(() => { throw failure; }))).toBe(failure);
      expect(await run(async (tx) => { await insert(tx, "kept"); return await names(tx); })).toEqual(["kept"]);
      expect(committed(path)).toEqual(["kept"]);
    });

    test("promise 14: a timeout names the other process", { skip: !linux }, async () => {
      const { path, run } = await open();
      await run((tx) => insert(tx, "first"));
      const other = await foreignProcess(path);
      await other.run("BEGIN IMMEDIATE");
      const error = await rejection(run((tx) => insert(tx, "never"), { timeoutMs: 30, label: "impatient" }));
      expect(error).toBeInstanceOf(LockTimeoutError);
      expect(error).toMatchObject({ holder: { where: "another process", pid: other.pid }, message: expect.stringContaining('"impatient"') as string });
      await other.run("COMMIT");
      await run((tx) => insert(tx, "second"));
      expect(committed(path)).toEqual(["first", "second"]);
    });

    test("promise 14: a timeout names the transaction of this process, and the queue goes on without the one that left", async () => {
      const { path, run } = await open();
      const [inside, go] = [gate(), gate()];
      const first = run(async (tx) => { await insert(tx, "first"); inside.open(); await go.promise; }, { label: "nightly report" });
      await inside.promise;
      const error = await rejection(run((tx) => insert(tx, "never"), { timeoutMs: 10 }));
      const last = run((tx) => insert(tx, "last"));
      expect(error).toBeInstanceOf(LockTimeoutError);
      expect(error).toMatchObject({ holder: { where: "this process", label: "nightly report", stack: expect.stringContaining("contract.ts") as string } });
      go.open();
      await Promise.all([first, last]);
      expect(committed(path)).toEqual(["first", "last"]);
    });

    test("promise 17: a signal ends the wait, and rolls back what was not committed yet", async () => {
      const { path, run } = await open();
      const other = await foreignProcess(path);
      await run((tx) => insert(tx, "first"));
      await other.run("BEGIN IMMEDIATE");
      const waiting = new AbortController();
      const pending = run((tx) => insert(tx, "never"), { signal: waiting.signal });
      const reason = new Error("shutting down");
      await timersFired(3);
      waiting.abort(reason);
      expect(await rejection(pending)).toBe(reason);
      await other.run("COMMIT");
      const late = new AbortController();
      expect(await rejection(run(async (tx) => { await insert(tx, "undone"); late.abort(reason); }, { signal: late.signal }))).toBe(reason);
      await run((tx) => insert(tx, "second"));
      expect(committed(path)).toEqual(["first", "second"]);
    });

    test("promise 9: inside of itself a runner makes a savepoint", async () => {
      const { path, run } = await open();
      await run(async (tx) => {
        await insert(tx, "outer");
        await rejection(run(async (inner) => { await insert(inner, "undone"); throw new Error("only the savepoint"); }));
        await run(async (inner) => { await insert(inner, "inner"); });
      });
      expect(committed(path)).toEqual(["outer", "inner"]);
    });

    test("promise 8: a transaction object that is kept after the end writes nothing", async () => {
      const { path, run } = await open();
      let kept: Tx | undefined;
      await run(async (tx) => { kept = tx; await insert(tx, "in time"); });
      await rejection((async () => { await insert(kept!, "late"); })());
      expect(committed(path)).toEqual(["in time"]);
      await run((tx) => insert(tx, "next"));
      expect(committed(path)).toEqual(["in time", "next"]);
    });

    test("promise 8: a statement that the body does not wait for writes nothing on its own", async () => {
      const { path, run } = await open();
      const [go, tried] = [gate(), gate<unknown>()];
      await run(async (tx) => {
        await insert(tx, "in time");
        void (async () => {
          await go.promise;
          tried.open(await rejection((async () => { await insert(tx, "late"); })()));
        })();
      });
      go.open();
      expect(await tried.promise).toBeInstanceOf(Error);
      expect(committed(path)).toEqual(["in time"]);
    });

    test("promise 11: a batched run reports what it did", async () => {
      const { path, run } = await open();
      const items = Array.from({ length: 25 }, (_, index) => `item ${String(index).padStart(2, "0")}`);
      const seen: number[] = [];
      const report = await batchedTransaction(run, items, async (name, tx) => { await insert(tx, name); }, {
        batchSize: 10, maxHoldMs: Infinity, onProgress: ({ items: done }) => { seen.push(done); },
      });
      expect(report).toMatchObject({ items: 25, batches: 3 });
      expect(seen).toEqual([10, 20, 25]);
      expect(committed(path)).toEqual(items);
    });

    test("promise 11: others get their turn between two batches", async () => {
      const { path, run } = await open();
      let other: Promise<unknown> | undefined;
      await batchedTransaction(run, ["a", "b", "c", "d"], async (name, tx) => {
        await insert(tx, name);
        other ??= detached(() => run((own) => insert(own, "other")));
      }, { batchSize: 2 });
      await other;
      expect(committed(path)).toEqual(["a", "b", "other", "c", "d"]);
    });

    test("promise 12: the batch of a failing item is undone, earlier ones stay, and the item's error is thrown", async () => {
      const { path, run } = await open();
      const failure = new Error("item 5");
      const error = await rejection(batchedTransaction(run, [0, 1, 2, 3, 4, 5, 6], async (item, tx) => {
        await insert(tx, `item ${item}`);
        if (item === 5) throw failure;
      }, { batchSize: 2 }));
      expect(error).toBe(failure);
      expect(batchReportOf(error)).toMatchObject({ items: 4, batches: 2 });
      expect(committed(path)).toEqual(["item 0", "item 1", "item 2", "item 3"]);
    });

    test("promise 12: what fails in a savepoint of an item is undone, and nothing else", async () => {
      const { path, run } = await open();
      const capabilities = run[RUNNER_CAPABILITIES];
      const failure = new Error("only this item");
      await run(async (tx) => {
        await capabilities.savepoint!(tx, async () => { await insert(tx, "a"); });
        expect(await rejection(capabilities.savepoint!(tx, async () => { await insert(tx, "b"); throw failure; }))).toBe(failure);
        expect(await capabilities.savepoint!(tx, async () => { await insert(tx, "c"); return 3; })).toBe(3);
      });
      expect(committed(path)).toEqual(["a", "c"]);
    });

    test("promise 13: a run's cursor is part of the transaction", async () => {
      const { run } = await open();
      const store = run[RUNNER_CAPABILITIES].resume!;
      const row = { key: "it's \"this\" run", fingerprint: "given:'1'", items: 10, state: "running" as const, checksum: "c", updatedAt: "2026-01-01T00:00:00Z" };
      const { key, ...rest } = row;
      expect(await run(async (tx) => await store.read(tx, key))).toBeUndefined();
      await rejection(run(async (tx) => { await store.write(tx, row); throw new Error("rolled back"); }));
      expect(await run(async (tx) => await store.read(tx, key))).toBeUndefined();
      await run(async (tx) => { await store.write(tx, row); });
      expect(await run(async (tx) => await store.read(tx, key))).toEqual(rest);
      await run(async (tx) => { await store.write(tx, { ...row, items: 20, state: "done" }); });
      expect(await run(async (tx) => await store.read(tx, key))).toEqual({ ...rest, items: 20, state: "done" });
      await run(async (tx) => { await store.remove(tx, key); });
      expect(await run(async (tx) => await store.read(tx, key))).toBeUndefined();
    });

    test("promise 13: after a rollback of SQLite's own a cursor is not written, and what follows does not commit on its own", { skip: subject.insertOrRollback === undefined }, async () => {
      const { path, run } = await open();
      const { resume } = run[RUNNER_CAPABILITIES];
      const row = { key: "run", fingerprint: "f", items: 1, state: "running" as const, checksum: "c", updatedAt: "now" };
      await run((tx) => insert(tx, "taken"));
      const refused: unknown[] = [];
      await rejection(run(async (tx) => {
        await insert(tx, "undone");
        await rejection((async () => { await subject.insertOrRollback!(tx, "taken"); })());
        refused.push(await rejection((async () => { await resume!.write(tx, row); })()));
        refused.push(await rejection((async () => { await resume!.remove(tx, row.key); })()));
      }));
      for (const error of refused) expect(error).toBeInstanceOf(TransactionClosedError);
      expect(await run(async (tx) => await resume!.read(tx, row.key))).toBeUndefined();
      await run((tx) => insert(tx, "next"));
      expect(committed(path)).toEqual(["taken", "next"]);
    });

    test("promise 1: one instance a file, and closing waits for its transactions and lets go of the file", async () => {
      const { path, sessions, db, run } = await open();
      expect(sessions.getSession(path)).toBe(db);
      expect(subject.sessions(path).getSession()).toBe(db);
      const [inside, go] = [gate(), gate()];
      const last = run(async (tx) => { inside.open(); await go.promise; await insert(tx, "last"); });
      await inside.promise;
      let closed = false;
      const closing = closeSessions().then(() => { closed = true; });
      await timersFired(3);
      expect(closed).toBe(false);
      if (linux) expect(openFiles(path)).not.toEqual([]);
      go.open();
      await Promise.all([last, closing]);
      if (linux) expect(openFiles(path)).toEqual([]);
      expect(committed(path)).toEqual(["last"]);
      expect(await rejection((async () => await run((tx) => insert(tx, "too late")))())).toBeInstanceOf(Error);
      expect(committed(path)).toEqual(["last"]);
      const again = sessions.init();
      expect(again).not.toBe(db);
      await subject.runner(await again)((tx) => insert(tx, "again"));
      expect(committed(path)).toEqual(["last", "again"]);
    });

    test("promise 14: a body that is never left behind: 200 short transactions with failures among them", async () => {
      const { path, run } = await open();
      const kept: string[] = [];
      let done = 0;
      await Promise.all(Array.from({ length: 200 }, async (_, index) => {
        const name = `item ${index}`;
        await run(async (tx) => {
          await insert(tx, name);
          if (index % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
          if (index % 7 === 0) throw new Error("undone");
        }).then(() => { kept.push(name); }, () => {});
        done++;
      }));
      await until(() => done === 200);
      expect(committed(path)).toEqual(kept);
      expect(kept).toHaveLength(200 - 29);
    });
  });
}
