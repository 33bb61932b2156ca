import { channel } from "node:diagnostics_channel";
import type { Pool, PoolClient } from "pg";
import { describe, expect, test } from "vitest";
import { TransactionClosedError, batchedTransaction, closeSessions, detached, transaction } from "sessionfix-runtime";
import type { TransactionEvent } from "sessionfix-runtime";
import { gate, onCleanup, rejection } from "../support/database.js";
import { absence, byHand, committed, insert, session, useServer } from "./support/server.js";

describe.skipIf(absence !== undefined)(`on PostgreSQL${absence === undefined ? "" : ` (${absence})`}`, () => {
  const server = useServer();

  /** A body whose first `failures` runs lose against another transaction that commits in between. */
  async function loser(db: Pool, failures: number): Promise<{ body: (tx: PoolClient) => Promise<void>; runs: () => number }> {
    await db.query("INSERT INTO item (name) VALUES ('contested')");
    const other = await byHand(server);
    let runs = 0;
    return {
      runs: () => runs,
      body: async (tx) => {
        runs++;
        await insert(tx, `run ${runs}`);
        await tx.query("SELECT name FROM item WHERE name LIKE 'contested%'");
        if (runs <= failures) await other.query("UPDATE item SET name = name || '!' WHERE name LIKE 'contested%'");
        await tx.query("UPDATE item SET name = name || '?' WHERE name LIKE 'contested%'");
      },
    };
  }

  test("promise 10 on PostgreSQL: a serialization failure is the caller's, unless the body may run again", async () => {
    const { db } = session(server);
    const { body, runs } = await loser(db, 1);
    expect(await rejection(transaction(db, body))).toMatchObject({ code: "40001" });
    expect(runs()).toBe(1);
    expect(await committed(server)).toEqual(["contested!"]);
  });

  test("promise 10 on PostgreSQL: with retries the whole body runs again, only the last run is in the database, and each is published", async () => {
    const events: TransactionEvent[] = [];
    const note = (message: unknown): void => { events.push(message as TransactionEvent); };
    channel("sessionfix:transaction").subscribe(note);
    onCleanup(() => { channel("sessionfix:transaction").unsubscribe(note); });
    const { db } = session(server, {}, { retries: 2 });
    const { body, runs } = await loser(db, 2);
    await transaction(db, body);
    expect(runs()).toBe(3);
    expect((await committed(server)).sort()).toEqual(["contested!!?", "run 3"]);
    expect(events.map(({ outcome }) => outcome)).toEqual(["rollback", "rollback", "commit"]);
  });

  test("promise 10 on PostgreSQL: retries are bounded, and other errors are not retried", async () => {
    const { db } = session(server);
    const { body, runs } = await loser(db, 10);
    expect(await rejection(transaction(db, body, { retries: 3 }))).toMatchObject({ code: "40001" });
    expect(runs()).toBe(4);
    let others = 0;
    expect(await rejection(transaction(db, async (tx) => { others++; await tx.query("SELECT nonsense"); }, { retries: 3 }))).toMatchObject({ code: "42703" });
    expect(others).toBe(1);
  });

  test("promise 10 on PostgreSQL: a failure that a library has wrapped, or that the body has swallowed, is retried too", async () => {
    const { db } = session(server);
    const wrapped = await loser(db, 1);
    await transaction(db, (tx) => wrapped.body(tx).catch((error: unknown) => { throw new Error("query failed", { cause: error }); }), { retries: 1 });
    expect(wrapped.runs()).toBe(2);
    await db.query("DELETE FROM item");
    const swallowed = await loser(db, 1);
    await transaction(db, (tx) => swallowed.body(tx).catch(() => {}), { retries: 1 });
    expect(swallowed.runs()).toBe(2);
  });

  test("closing waits for the further runs of a body", async () => {
    const { db } = session(server, { max: 1 });
    const { body, runs } = await loser(db, 2);
    let closing: Promise<void> | undefined;
    await transaction(db, (tx) => {
      closing ??= detached(() => closeSessions());
      return body(tx);
    }, { retries: 2 });
    await closing;
    expect(runs()).toBe(3);
    expect((await committed(server)).sort()).toEqual(["contested!!?", "run 3"]);
  });

  test("promise 8 on PostgreSQL: what a failed run left behind cannot write into the next run", async () => {
    const { db } = session(server);
    const { body, runs } = await loser(db, 1);
    const go = gate();
    let stray: Promise<unknown> | undefined;
    await transaction(db, async (tx) => {
      stray ??= rejection(go.promise.then(() => insert(db, "stray")));
      await body(tx);
      if (runs() === 2) { go.open(); expect(await stray).toBeInstanceOf(TransactionClosedError); }
    }, { retries: 1 });
    expect((await committed(server)).sort()).toEqual(["contested!?", "run 2"]);
  });

  test("promise 9 on PostgreSQL: of two that wait for each other's rows the server ends one; with retries both succeed", async () => {
    const { db } = session(server, {}, { isolation: "read committed" });
    await db.query("INSERT INTO item (name) VALUES ('a'), ('b')");
    const both = gate();
    let begun = 0;
    const runs = [0, 0];
    const swap = (index: number, first: string, second: string): Promise<unknown> => transaction(db, async (tx) => {
      runs[index]!++;
      await tx.query("UPDATE item SET name = name WHERE name = $1", [first]);
      if (++begun === 2) both.open();
      await both.promise;
      await tx.query("UPDATE item SET name = name WHERE name = $1", [second]);
    }, { retries: 1 });
    await Promise.all([swap(0, "a", "b"), swap(1, "b", "a")]);
    expect(runs.sort()).toEqual([1, 2]);
  });

  test("promise 11 on PostgreSQL: a batch that lost is repeated as a batch; each item is reported once", async () => {
    const { db } = session(server);
    const { body, runs } = await loser(db, 2);
    const handled: string[] = [];
    const progress: unknown[] = [];
    const report = await batchedTransaction(db, (function* () { yield* ["a", "b", "c", "d", "e"]; })(), async (name, tx, index) => {
      handled.push(`${name}${index}`);
      await insert(tx, name);
      if (name === "d") await body(tx);
    }, { batchSize: 2, maxHoldMs: Infinity, retries: 2, onProgress: ({ items, batches, batchItems }) => { progress.push([items, batches, batchItems]); } });
    expect(runs()).toBe(3);
    expect(handled).toEqual(["a0", "b1", "c2", "d3", "c2", "d3", "c2", "d3", "e4"]);
    expect(progress).toEqual([[2, 1, 2], [4, 2, 2], [5, 3, 1]]);
    expect(report).toMatchObject({ items: 5, batches: 3 });
    expect((await committed(server)).sort()).toEqual(["a", "b", "c", "contested!!?", "d", "e", "run 3"]);
  });
});
