import type { Pool, PoolClient } from "pg";
import { describe, expect, test } from "vitest";
import { DeadlockError, LockTimeoutError, detached, transaction } from "sessionfix-runtime";
import { gate, rejection, until } from "../support/database.js";
import { absence, committed, insert, session, useServer } from "./support/server.js";

describe.skipIf(absence !== undefined)(`on PostgreSQL${absence === undefined ? "" : ` (${absence})`}`, () => {
  const server = useServer();
  const andBack = async (pool: Pool): Promise<void> => { (await pool.connect()).release(); };

  test("promise 4 on PostgreSQL: a client of the pool comes first come first served, whoever asks", async () => {
    const { db, factory } = session(server, { max: 1 });
    await factory.ready();
    const go = gate();
    const order: number[] = [];
    const all: Promise<unknown>[] = [transaction(db, () => go.promise)];
    for (let index = 0; index < 60; index++) {
      const note = (): void => { order.push(index); };
      if (index % 3 === 0) all.push(transaction(db, note));
      else if (index % 3 === 1) all.push(db.query("SELECT 1").then(note));
      else all.push(new Promise<void>((resolve) => { db.connect((_, client, done) => { note(); done(client === undefined); resolve(); }); }));
    }
    go.open();
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 60 }, (_, index) => index));
  });

  test("promise 9 on PostgreSQL: bodies that all ask for a second client of their pool: the last is refused, the others go on", async () => {
    const { db } = session(server, { max: 2 });
    const both = gate();
    let begun = 0;
    const run = (label: string): Promise<unknown> => transaction(db, async (tx) => {
      await insert(tx, label);
      if (++begun === 2) both.open();
      await both.promise;
      const second = await db.connect();
      second.release();
    }, { label, timeoutMs: Infinity }).catch((error: unknown) => error);
    const outcomes = await Promise.all([run("first"), run("second")]);
    const [refused, ...others] = outcomes.filter((outcome) => outcome !== undefined);
    expect(others).toEqual([]);
    expect(refused).toBeInstanceOf(DeadlockError);
    expect((refused as DeadlockError).places).toHaveLength(3);
    expect((refused as Error).message).toMatch(/asks for another client .*"first", "second"/);
    expect(await committed(server)).toHaveLength(1);
  });

  test("promise 9 on PostgreSQL: a second client inside of a transaction is had as long as somebody else may give one back", async () => {
    const { db } = session(server, { max: 2 });
    const kept = await db.connect();
    let waiting: Promise<PoolClient> | undefined;
    const running = transaction(db, async (tx) => {
      await insert(tx, "a");
      waiting = db.connect();
      (await waiting).release();
    });
    await until(() => waiting !== undefined);
    kept.release();
    await running;
    const refused = transaction(db, (tx) => transaction(tx, async () => {
      const second = await db.connect();
      await db.connect().finally(() => { second.release(); });
    }));
    expect(await rejection(refused)).toBeInstanceOf(DeadlockError);
    expect(await committed(server)).toEqual(["a"]);
  });

  test("promise 9 on PostgreSQL: A then B against B then A, over two pools", async () => {
    const a = session(server, { max: 1 }).db;
    const b = session(server, { max: 1 }, {}, `${server.current.url}?x=b`).db;
    const both = gate();
    let begun = 0;
    const run = (outer: Pool, inner: Pool, label: string): Promise<unknown> => transaction(outer, async (tx) => {
      await insert(tx, label);
      if (++begun === 2) both.open();
      await both.promise;
      await transaction(inner, () => {}, { label: `${label}, inner`, timeoutMs: Infinity });
    }, { label, timeoutMs: Infinity }).catch((error: unknown) => error);
    const outcomes = await Promise.all([run(a, b, "A then B"), run(b, a, "B then A")]);
    expect(outcomes.filter((outcome) => outcome instanceof DeadlockError)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
    // What was detached is awaited all the same, and nobody can see that: the deadline ends it.
    expect(await rejection(transaction(a, () => detached(() => transaction(a, () => {}, { timeoutMs: 20 }))))).toBeInstanceOf(LockTimeoutError);
    expect(await committed(server)).toHaveLength(1);
  });

  test("promise 14 on PostgreSQL: waiting for a client counts toward timeoutMs and names who has one; leaving leaves the others their places", async () => {
    const { db } = session(server, { max: 1 });
    const go = gate();
    const begun = gate();
    const running = transaction(db, async (tx) => { await insert(tx, "a"); begun.open(); await go.promise; }, { label: "import" });
    await begun.promise;
    const abort = new AbortController();
    const aborted = rejection(transaction(db, () => {}, { signal: abort.signal }));
    const first = transaction(db, (tx) => insert(tx, "first"));
    const timedOut = rejection(transaction(db, () => {}, { timeoutMs: 20, label: "page" }));
    const second = transaction(db, (tx) => insert(tx, "second"));
    abort.abort(new Error("gone"));
    expect(await aborted).toMatchObject({ message: "gone" });
    const error = await timedOut;
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error).toMatchObject({ holder: { where: "this process", label: "import", firstSql: "INSERT INTO item (name) VALUES ($1)" } });
    expect((error as Error).message).toMatch(/"page" waited \d+ ms for a client of the pool/);
    go.open();
    await Promise.all([running, first, second]);
    expect(await committed(server)).toEqual(["a", "first", "second"]);
  });

  test("promise 4 on PostgreSQL: never more connections than the pool's max, and none is lost, whatever fails", async () => {
    const { db } = session(server, { max: 3 });
    let inside = 0;
    let most = 0;
    const full = gate();
    await Promise.all(Array.from({ length: 60 }, async (_, index) => {
      await transaction(db, async (tx) => {
        most = Math.max(most, ++inside);
        // However slowly the server lets them in.
        if (most === 3) full.open();
        await full.promise;
        try {
          if (index % 4 === 0) throw new Error("planned");
          if (index % 4 === 1) await tx.query("SELECT nonsense");
          if (index % 4 === 2) await transaction(tx, (inner) => inner.query("SELECT 1"));
          else await tx.query("SELECT 1");
        } finally {
          inside--;
        }
      }).catch(() => {});
      await andBack(db);
    }));
    expect(most).toBe(3);
    expect(db.totalCount).toBeLessThanOrEqual(3);
    expect(db.idleCount).toBe(db.totalCount);
    await Promise.all([andBack(db), andBack(db), andBack(db)]);
  });
});
