import { describe, expect, test } from "vitest";
import { DeadlockError, TransactionClosedError, closeSessions, createSessionFactory, detached, transaction, transactionSync } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import Database from "better-sqlite3";
import { committed, gate, insert, openByHand, rejection, tempDatabase, timersFired } from "./support/database.js";

describe("promise 9: waiting for oneself is an error, not a hang", () => {
  test("promise 9: A → B and B → A over two files: one of both gets the error, naming both places, the other commits", async () => {
    const [pathA, pathB] = [tempDatabase(), tempDatabase()];
    const [a, b] = [openByHand(pathA), openByHand(pathB)];
    const [inA, inB] = [gate(), gate()];
    const first = transaction(a, async (tx) => {
      insert(tx, "first in a");
      inA.open();
      await inB.promise;
      await transaction(b, async (other) => { insert(other, "first in b"); }, { label: "first takes b" });
    }, { label: "first takes a", timeoutMs: 25_000 });
    const second = transaction(b, async (tx) => {
      insert(tx, "second in b");
      inB.open();
      await inA.promise;
      await transaction(a, async (other) => { insert(other, "second in a"); }, { label: "second takes a" });
    }, { label: "second takes b", timeoutMs: 25_000 });

    const results = await Promise.allSettled([first, second]);
    const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    expect(errors).toHaveLength(1);
    const error = errors[0] as DeadlockError;
    expect(error).toBeInstanceOf(DeadlockError);
    expect(error.code).toBe("SESSIONFIX_DEADLOCK");
    expect(new Set(error.places.map((place) => place.label)).size).toBe(error.places.length);
    expect(error.places.length).toBeGreaterThanOrEqual(2);
    for (const place of error.places) expect(place.stack).toContain("deadlock.test.ts");
    expect(error.message).toContain("deadlock.test.ts");
    // The winner's work is whole, the loser's is gone.
    const firstWon = results[0].status === "fulfilled";
    expect(committed(pathA)).toEqual(firstWon ? ["first in a"] : ["second in a"]);
    expect(committed(pathB)).toEqual(firstWon ? ["first in b"] : ["second in b"]);
  });

  test("promise 9: a second connection to the file, inside of the transaction that holds its lock", async () => {
    const path = tempDatabase();
    const [db, other] = [openByHand(path), openByHand(path)];
    const error = await rejection(transaction(db, async () => {
      await transaction(other, (tx) => insert(tx, "never"), { label: "inner", timeoutMs: 25_000 });
    }, { label: "outer" }));
    expect(error).toBeInstanceOf(DeadlockError);
    expect((error as DeadlockError).places.map((place) => place.label)).toEqual(["inner", "outer"]);
    expect(db.inTransaction).toBe(false);
  });

  test("promise 9: the same through a deferred transaction that took the lock with its first write", { skip: process.platform !== "linux" }, async () => {
    const path = tempDatabase();
    const [db, other] = [openByHand(path), openByHand(path)];
    const error = await rejection(transaction(db, async (tx) => {
      insert(tx, "outer");
      await transaction(other, () => {}, { timeoutMs: 25_000 });
    }, { mode: "deferred" }));
    expect(error).toBeInstanceOf(DeadlockError);
  });

  test("promise 9: a synchronous wait for an asynchronous transaction of the same thread", async () => {
    const path = tempDatabase();
    const [db, other] = [openByHand(path), openByHand(path, { timeout: 25_000 })];
    const inside = gate();
    const go = gate();
    const first = transaction(db, async () => { inside.open(); await go.promise; }, { label: "asynchronous" });
    await inside.promise;
    expect(() => transactionSync(other, () => {})).toThrow(DeadlockError);
    expect(() => transactionSync(other, () => {})).toThrow(/"asynchronous"/);
    go.open();
    await first;
    transactionSync(other, (tx) => insert(tx, "free"));
    expect(committed(path)).toEqual(["free"]);
  });

  test("promise 9: closing the sessions inside of a transaction that the close waits for", async () => {
    const db = createSessionFactory({ driver: betterSqlite3(Database), path: tempDatabase() }).getSession();
    const error = await rejection(transaction(db, async () => { await closeSessions(); }));
    expect(error).toBeInstanceOf(DeadlockError);
    expect(db.open).toBe(true);
  });

  test("a wait that can end is no deadlock: another task's transaction on a second connection", async () => {
    const path = tempDatabase();
    const [db, other] = [openByHand(path), openByHand(path)];
    const inside = gate();
    const go = gate();
    const first = transaction(db, async (tx) => { insert(tx, "first"); inside.open(); await go.promise; });
    await inside.promise;
    const second = transaction(other, (tx) => insert(tx, "second"), { timeoutMs: 25_000 });
    await timersFired(40);
    go.open();
    await Promise.all([first, second]);
    expect(committed(path)).toEqual(["first", "second"]);
  });
});

describe("promise 9: nested on the same session is a savepoint", () => {
  test("promise 9: the inner one's failure undoes the inner work alone", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    await transaction(db, async (tx) => {
      insert(tx, "outer, before");
      await rejection(transaction(tx, async (inner) => {
        insert(inner, "inner");
        await null;
        throw new Error("inner fails");
      }));
      expect(() => transactionSync(tx, (inner) => {
        insert(inner, "inner sync");
        throw new Error("inner fails");
      })).toThrow("inner fails");
      await transaction(tx, async (inner) => {
        await transaction(inner, (innermost) => insert(innermost, "innermost"));
      });
      insert(tx, "outer, after");
    });
    expect(committed(path)).toEqual(["outer, before", "innermost", "outer, after"]);
  });

  test("siblings are served one after the other", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    await transaction(db, async (tx) => {
      const inside = gate();
      const go = gate();
      const failing = rejection(transaction(tx, async (inner) => {
        insert(inner, "failing");
        inside.open();
        await go.promise;
        throw new Error("first sibling fails");
      }));
      await inside.promise;
      const fine = transaction(tx, (inner) => insert(inner, "fine"));
      go.open();
      await Promise.all([failing, fine]);
    });
    expect(committed(path)).toEqual(["fine"]);
  });

  test("through another session and back again: still a savepoint of the first", async () => {
    const [pathA, pathB] = [tempDatabase(), tempDatabase()];
    const [a, b] = [openByHand(pathA), openByHand(pathB)];
    await transaction(a, async () => {
      await transaction(b, async (txB) => {
        insert(txB, "b");
        await transaction(a, (txA) => insert(txA, "a"));
      });
    });
    expect([committed(pathA), committed(pathB)]).toEqual([["a"], ["b"]]);
  });

  test("a nested transaction that is not awaited: all is rolled back, and its later end cannot commit", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const go = gate();
    let left: Promise<unknown> = Promise.resolve();
    const error = await rejection(transaction(db, async (tx) => {
      insert(tx, "outer");
      left = rejection(transaction(tx, async () => { await go.promise; }, { label: "left behind" }));
    }));
    expect(error).toBeInstanceOf(TransactionClosedError);
    expect((error as Error).message).toContain("left behind");
    go.open();
    expect(await left).toBeInstanceOf(TransactionClosedError);
    expect(committed(path)).toEqual([]);
    await transaction(db, (tx) => insert(tx, "next"));
    expect(committed(path)).toEqual(["next"]);
  });

  test("work that begins after the outer one has ended is refused, unless it was detached", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const ended = gate();
    let late: Promise<unknown> = Promise.resolve();
    let own: Promise<unknown> = Promise.resolve();
    await transaction(db, (tx) => {
      insert(tx, "outer");
      late = rejection(ended.promise.then(() => transaction(db, (again) => insert(again, "late"))));
      own = detached(() => ended.promise.then(() => transaction(db, (again) => insert(again, "detached"))));
    });
    ended.open();
    expect(await late).toBeInstanceOf(TransactionClosedError);
    await own;
    expect(committed(path)).toEqual(["outer", "detached"]);
  });
});
