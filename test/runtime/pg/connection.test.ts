import { describe, expect, test } from "vitest";
import { CommitUncertainError, SessionError, batchReportOf, batchedTransaction, transaction } from "sessionfix-runtime";
import { rejection, until } from "../support/database.js";
import { Proxy } from "./support/proxy.js";
import { absence, byHand, committed, insert, session, useServer } from "./support/server.js";

describe.skipIf(absence !== undefined)(`on PostgreSQL${absence === undefined ? "" : ` (${absence})`}`, () => {
  const server = useServer();
  const pid = async (tx: { query(text: string): Promise<{ rows: { pid: number }[] }> }): Promise<number> => (await tx.query("SELECT pg_backend_pid() AS pid")).rows[0]!.pid;

  test("promise 10 on PostgreSQL: a connection that is lost in a statement: its error is the one reported, the pool works on", async () => {
    const { db } = session(server, { max: 1 });
    const other = await byHand(server);
    let lost = 0;
    const later: unknown[] = [];
    const error = await rejection(transaction(db, async (tx) => {
      await insert(tx, "lost");
      lost = await pid(tx);
      const sleeping = rejection(tx.query("SELECT pg_sleep(600)"));
      for (;;) if ((await other.query("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).rowCount === 1) break;
      await other.query("SELECT pg_terminate_backend($1)", [lost]);
      const first = await sleeping;
      later.push(first, await rejection(insert(tx, "lost too")));
      throw first;
    }, { retries: 3 }));
    expect(error).toMatchObject({ code: "57P01" });
    expect(later).toEqual([error, error]);
    expect(await transaction(db, async (tx) => { await insert(tx, "next"); return pid(tx); })).not.toBe(lost);
    expect(await committed(server)).toEqual(["next"]);
  });

  test("promise 10 on PostgreSQL: a connection that is lost between two statements, or before COMMIT: nothing is committed, and it is not uncertain", async () => {
    const { db } = session(server, { max: 1 });
    const other = await byHand(server);
    for (const goesOn of [true, false]) {
      const error = await rejection(transaction(db, async (tx) => {
        await insert(tx, "lost");
        let gone = false;
        tx.on("end", () => { gone = true; });
        await other.query("SELECT pg_terminate_backend($1)", [await pid(tx)]);
        await until(() => gone);
        if (goesOn) await insert(tx, "lost too");
      }));
      expect(error).toMatchObject({ code: "57P01" });
      expect(error).not.toBeInstanceOf(SessionError);
    }
    await transaction(db, (tx) => insert(tx, "next"));
    expect(await committed(server)).toEqual(["next"]);
  });

  test("promise 10 on PostgreSQL: connections that end while idle do not end the process, nor the next transaction", async () => {
    const { db, factory } = session(server, { max: 2 });
    await factory.ready();
    await Promise.all([transaction(db, (tx) => insert(tx, "a")), transaction(db, (tx) => insert(tx, "b"))]);
    const other = await byHand(server);
    await other.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
    await until(() => db.totalCount === 0);
    await transaction(db, (tx) => insert(tx, "c"));
    expect((await committed(server)).sort()).toEqual(["a", "b", "c"]);
  });

  test("promise 10 on PostgreSQL: a connection that had died unnoticed is replaced before the body runs", async () => {
    const proxy = await Proxy.to(server.current.port);
    const { db, factory } = session(server, { max: 1 }, {}, proxy.url(server.current.url));
    await factory.ready();
    proxy.statement = "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL lock_timeout = 0";
    proxy.fault = "lose the statement";
    db.on("remove", () => { proxy.fault = "none"; });
    let runs = 0;
    await transaction(db, async (tx) => { runs++; await insert(tx, "a"); }, { timeoutMs: Infinity });
    expect(runs).toBe(1);
    expect(await committed(server)).toEqual(["a"]);
  });

  test("promise 2 on PostgreSQL: a COMMIT whose answer is lost is uncertain, and is never run again by itself", async () => {
    const proxy = await Proxy.to(server.current.port);
    const { db, factory } = session(server, { max: 1 }, { retries: 5, answerTimeoutMs: 100 }, proxy.url(server.current.url));
    await factory.ready();
    proxy.statement = "COMMIT";
    let runs = 0;
    for (const [fault, arrives] of [["lose the answer", true], ["never answer", true], ["lose the statement", false]] as const) {
      proxy.fault = fault;
      const error = await rejection(transaction(db, async (tx) => { runs++; await insert(tx, fault); }, { label: "order" }));
      expect(error).toBeInstanceOf(CommitUncertainError);
      expect(error).toMatchObject({ code: "SESSIONFIX_COMMIT_UNCERTAIN", cause: expect.any(Error) as Error });
      expect((error as Error).message).toContain('COMMIT of "order"');
      proxy.fault = "none";
      await transaction(db, (tx) => insert(tx, `after ${fault}`));
      expect((await committed(server)).includes(fault)).toBe(arrives);
    }
    expect(runs).toBe(3);
  });

  test("promise 2 on PostgreSQL: a batch whose COMMIT is uncertain ends the run, with the report of what is certain", async () => {
    const proxy = await Proxy.to(server.current.port);
    const { db } = session(server, { max: 1 }, { retries: 5 }, proxy.url(server.current.url));
    proxy.statement = "COMMIT";
    const handled: number[] = [];
    const error = await rejection(batchedTransaction(db, [0, 1, 2, 3], async (item, tx) => { handled.push(item); await insert(tx, String(item)); }, {
      batchSize: 2, maxHoldMs: Infinity, onProgress: () => { proxy.fault = "lose the answer"; },
    }));
    expect(error).toBeInstanceOf(CommitUncertainError);
    expect(batchReportOf(error)).toMatchObject({ items: 2, batches: 1 });
    expect(handled).toEqual([0, 1, 2, 3]);
  });

  test("promise 14 on PostgreSQL: a server that does not answer is an error at the deadline, not a hang", async () => {
    const proxy = await Proxy.to(server.current.port);
    const { db, factory } = session(server, { max: 1 }, { answerTimeoutMs: 100 }, proxy.url(server.current.url));
    await factory.ready();
    proxy.statement = "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL lock_timeout = 100";
    proxy.fault = "never answer";
    // The lock timeout is what is left of timeoutMs, rounded up: all of it, unless the machine is slow.
    expect(await rejection(transaction(db, () => { throw new Error("must not run"); }, { timeoutMs: 100 }).catch(async (error: unknown) => {
      if ((error as Error).message === "must not run") return await transaction(db, () => { throw new Error("must not run"); }, { timeoutMs: 100 });
      throw error;
    }))).toMatchObject({ code: "SESSIONFIX_LOCK_TIMEOUT", holder: { where: "unknown", reason: "the server did not answer" } });
    proxy.statement = "ROLLBACK";
    expect(await rejection(transaction(db, async (tx) => { await insert(tx, "lost"); throw new Error("first"); }))).toMatchObject({ message: "first", suppressed: { name: "NoAnswerError" } });
    proxy.fault = "none";
    await transaction(db, (tx) => insert(tx, "next"));
    expect(await committed(server)).toEqual(["next"]);
  });
});
