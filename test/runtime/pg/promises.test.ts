import { channel } from "node:diagnostics_channel";
import { Client, Pool } from "pg";
import { describe, expect, test } from "vitest";
import {
  DeadlockError, EngineSettingError, LockTimeoutError, SessionBusyError, SessionClosedError, SessionOptionError, TransactionClosedError, UnsupportedSessionError,
  batchReportOf, batchedTransaction, batchedTransactionSync, closeSessions, createSessionFactory, detached, getSession, initSessionFactory, transaction, transactionSync,
} from "sessionfix-runtime";
import { pg } from "sessionfix-runtime/pg";
import type { SlowEvent, SqliteSession, StatementEvent, TransactionEvent } from "sessionfix-runtime";
import { gate, onCleanup, rejection, timersFired } from "../support/database.js";
import { absence, byHand, committed, insert, session, useServer, waitingForLocks } from "./support/server.js";

/** Who holds the lock is asked of the server over a second connection, before the wait is over: in ms, for a busy machine. */
const LONG_ENOUGH_TO_ASK = 1_500;

describe.skipIf(absence !== undefined)(`on PostgreSQL${absence === undefined ? "" : ` (${absence})`}`, () => {
  const server = useServer();

  test("promise 1 on PostgreSQL: one real Pool for each URL; one that was ended by hand is replaced", async () => {
    const { db, factory } = session(server);
    expect(db).toBeInstanceOf(Pool);
    expect(factory.getSession()).toBe(db);
    expect(session(server).db).toBe(db);
    expect(session(server, {}, {}, `${server.current.url}?x=1`).db).not.toBe(db);
    await factory.ready();
    await db.end();
    expect(factory.getSession()).not.toBe(db);
  });

  test("promise 1 on PostgreSQL: initSessionFactory and ready() verify; what is wrong is told there, and in a warning", async () => {
    const factory = initSessionFactory(createSessionFactory({ driver: pg(Pool), path: server.current.url }));
    expect(await factory.ready()).toBe(getSession());

    const warned = new Promise<Error & { code?: string }>((resolve) => { process.once("warning", resolve); });
    const nobody = session(server, {}, {}, "postgres://postgres:geheim@127.0.0.1:1/postgres");
    expect(await rejection(nobody.factory.ready())).toMatchObject({ code: "ECONNREFUSED" });
    expect(await rejection(transaction(nobody.db, () => {}))).toMatchObject({ code: "ECONNREFUSED" });
    const warning = await warned;
    expect(warning.code).toBe("SESSIONFIX_SERVER");
    expect(warning.message).toContain("postgres://postgres@127.0.0.1:1/postgres");

    const reads = session(server, { options: "-c default_transaction_read_only=on" }, {}, `${server.current.url}?x=2`);
    expect(await rejection(reads.factory.ready())).toBeInstanceOf(EngineSettingError);
    const allowed = session(server, { options: "-c default_transaction_read_only=on" }, { readOnly: true }, `${server.current.url}?x=3`);
    expect(await allowed.factory.ready()).toBe(allowed.db);

    const elsewhere = createSessionFactory({ driver: pg(Pool), path: "app.db" });
    expect(() => elsewhere.getSession()).toThrow(SessionOptionError);
    const sqliteSettings = createSessionFactory({ driver: pg(Pool), path: server.current.url + "?x=4", engine: { journalMode: "wal" } });
    expect(() => sqliteSettings.getSession()).toThrow(SessionOptionError);
  });

  test("promise 1 on PostgreSQL: no password in errors and events", async () => {
    const url = server.current.url.replace("postgres@", "postgres:geheim@");
    const seen: string[] = [];
    const names = ["sessionfix:session:open", "sessionfix:session:close", "sessionfix:session:checkout", "sessionfix:transaction", "sessionfix:statement"];
    const note = (message: unknown): void => { seen.push(JSON.stringify(message)); };
    for (const name of names) channel(name).subscribe(note);
    onCleanup(() => { for (const name of names) channel(name).unsubscribe(note); });
    const { db, factory } = session(server, {}, {}, url);
    await transaction(db, (tx) => tx.query("SELECT 1"));
    await closeSessions();
    let message = "";
    try { factory.getSession(); } catch (error) { message = (error as Error).message; }
    seen.push(message, String(await rejection(transaction(db, () => {}))));
    expect(seen).toHaveLength(7);
    expect(seen.every((text) => text.includes("postgres@127.0.0.1") && !text.includes("geheim"))).toBe(true);
  });

  test("promise 3 on PostgreSQL: while another client holds a row's lock the event loop turns, and the write follows", async () => {
    const { db } = session(server, {}, { isolation: "read committed" });
    await db.query("INSERT INTO item (name) VALUES ('row')");
    const other = await byHand(server);
    await other.query("BEGIN");
    await other.query("UPDATE item SET name = 'theirs'");
    const ours = transaction(db, (tx) => tx.query("UPDATE item SET name = name || ', ours'"));
    await waitingForLocks(await byHand(server), 1);
    await timersFired(10);
    await other.query("COMMIT");
    await ours;
    expect(await committed(server)).toEqual(["theirs, ours"]);
  });

  test("promise 6 on PostgreSQL: no acknowledged write is lost to another transaction; nothing is refused but the loser", async () => {
    for (const [options, complete] of [[{}, false], [{ retries: 1_000 }, true], [{ mode: "exclusive" }, true]] as const) {
      const { db } = session(server);
      await db.query("DELETE FROM item");
      await db.query("INSERT INTO item (name) VALUES ('0')");
      const runs = await Promise.allSettled(Array.from({ length: 20 }, () => transaction(db, async (tx) => {
        const { rows } = await tx.query<{ name: string }>("SELECT name FROM item");
        await tx.query("UPDATE item SET name = $1", [String(Number(rows[0]!.name) + 1)]);
      }, options)));
      const acknowledged = runs.filter(({ status }) => status === "fulfilled").length;
      expect(await committed(server)).toEqual([String(acknowledged)]);
      for (const run of runs) if (run.status === "rejected") expect((run.reason as { code: string }).code).toBe("40001");
      if (complete) expect(acknowledged).toBe(20);
      else expect(acknowledged).toBeGreaterThan(0);
    }
  });

  test("promise 6 on PostgreSQL: what a body sends through the session is part of its transaction, what others send is not", async () => {
    const { db } = session(server);
    const go = gate();
    const written = gate();
    const running = rejection(transaction(db, async (tx) => {
      await insert(tx, "inside");
      await insert(db, "through the session");
      await detached(() => insert(db, "detached"));
      written.open();
      await go.promise;
      throw new Error("planned");
    }));
    await written.promise;
    expect((await db.query("SELECT name FROM item")).rows).toEqual([{ name: "detached" }]);
    await insert(db, "of another task");
    go.open();
    expect(await running).toMatchObject({ message: "planned" });
    expect(await committed(server)).toEqual(["detached", "of another task"]);
  });

  test("promise 8 on PostgreSQL: late use throws and never autocommits", async () => {
    const { db } = session(server);
    const go = gate();
    const children: Promise<unknown>[] = [];
    let kept: Client | undefined;
    await transaction(db, async (tx) => {
      expect(tx).toBeInstanceOf(Client);
      kept = tx;
      children.push(...[
        () => insert(tx, "late"), () => insert(db, "late"), () => db.connect(), () => transaction(db, () => {}), () => transaction(tx, () => {}),
        () => new Promise((resolve, reject) => { tx.query("INSERT INTO item (name) VALUES ($1)", ["late"], (error) => { if (error === null) resolve(undefined); else reject(error); }); }),
        () => new Promise((resolve, reject) => { db.query("INSERT INTO item (name) VALUES ($1)", ["late"], (error) => { if (error === undefined) resolve(undefined); else reject(error); }); }),
      ].map((late) => rejection(go.promise.then(late))));
      await insert(tx, "in time");
    });
    go.open();
    for (const error of await Promise.all(children)) expect(error).toBeInstanceOf(TransactionClosedError);
    expect(await rejection(insert(kept!, "late"))).toBeInstanceOf(TransactionClosedError);
    expect(await rejection(transaction(kept as never as Pool, () => {}))).toBeInstanceOf(TransactionClosedError);
    expect(await committed(server)).toEqual(["in time"]);
  });

  test("promise 8 on PostgreSQL: the sibling of a rejected Promise.all writes nothing any more", async () => {
    const { db } = session(server);
    const go = gate();
    let sibling: Promise<unknown> = Promise.resolve();
    const error = await rejection(transaction(db, (tx) => Promise.all([
      tx.query("SELECT nonsense"),
      (sibling = rejection(go.promise.then(() => insert(tx, "late")))),
    ])));
    expect(error).toMatchObject({ code: "42703" });
    go.open();
    expect(await sibling).toBeInstanceOf(TransactionClosedError);
    expect(await committed(server)).toEqual([]);
  });

  test("promise 8 on PostgreSQL: a statement that was sent and not awaited is part of the transaction, also with its failure", async () => {
    const { db } = session(server);
    await transaction(db, (tx) => { void insert(tx, "sent"); });
    const failing: Promise<unknown>[] = [];
    const error = await rejection(transaction(db, async (tx) => {
      await insert(tx, "lost");
      failing.push(rejection(insert(tx, "sent")));
    }));
    expect(error).toBeInstanceOf(TransactionClosedError);
    expect(await failing[0]).toMatchObject({ code: "23505" });
    expect(await committed(server)).toEqual(["sent"]);
  });

  test("promise 8 on PostgreSQL: only the owner ends the transaction", async () => {
    const { db } = session(server);
    await transaction(db, async (tx) => {
      for (const sql of ["COMMIT", " rollback", "-- x\nEND", "/* y */ ABORT", "PREPARE TRANSACTION 'x'"]) expect(await rejection(tx.query(sql))).toBeInstanceOf(TransactionClosedError);
      expect(() => { tx.release(); }).toThrow(TransactionClosedError);
      expect(() => tx.end()).toThrow(TransactionClosedError);
      await tx.query("SAVEPOINT own; ROLLBACK TO own");
      await insert(tx, "kept");
    });
    const hidden = await rejection(transaction(db, async (tx) => {
      await tx.query("INSERT INTO item (name) VALUES ('committed by hand'); COMMIT");
      await insert(tx, "would autocommit");
    }));
    expect(hidden).toBeInstanceOf(TransactionClosedError);
    expect(await rejection(transaction(db, (tx) => tx.query("SELECT 1; ROLLBACK")))).toBeInstanceOf(TransactionClosedError);
    expect(await committed(server)).toEqual(["kept", "committed by hand"]);
  });

  test("promise 9 on PostgreSQL: nested on the same session is a savepoint, siblings take their turns", async () => {
    const { db } = session(server);
    const order: string[] = [];
    await transaction(db, async (tx) => {
      await insert(tx, "outer");
      await Promise.all(["a", "b", "c"].map((name) => transaction(name === "b" ? tx : db, async (inner) => {
        order.push(`${name} begins`);
        await insert(inner, name);
        if (name === "b") await insert(inner, "a"); // not unique
        order.push(`${name} ends`);
      }).catch((error: unknown) => { order.push((error as { code: string }).code); })));
      await transaction(tx, (inner) => transaction(inner, (innermost) => insert(innermost, "deep")));
    });
    expect(order).toEqual(["a begins", "a ends", "b begins", "23505", "c begins", "c ends"]);
    expect(await committed(server)).toEqual(["outer", "a", "c", "deep"]);
  });

  test("promise 9 on PostgreSQL: a statement of the transaction around a savepoint does not slip into it; one left behind rolls all back", async () => {
    const { db } = session(server);
    await transaction(db, async (tx) => {
      const go = gate();
      const inner = transaction(tx, async (own) => { await insert(own, "inner"); await go.promise; }, { label: "inner" });
      await timersFired(1);
      expect(await rejection(insert(tx, "stray"))).toBeInstanceOf(SessionBusyError);
      expect(await rejection(transaction(tx, () => {}, { timeoutMs: 5 }))).toMatchObject({ code: "SESSIONFIX_LOCK_TIMEOUT", holder: { label: "inner" } });
      go.open();
      await inner;
      await insert(tx, "outer");
    });
    const go = gate();
    let abandoned: Promise<unknown> = Promise.resolve();
    const error = await rejection(transaction(db, async (tx) => {
      await insert(tx, "lost");
      abandoned = rejection(transaction(tx, async (own) => { await go.promise; await insert(own, "lost too"); }));
      await timersFired(1);
    }));
    go.open();
    expect(error).toBeInstanceOf(TransactionClosedError);
    expect(await abandoned).toBeInstanceOf(TransactionClosedError);
    expect(await committed(server)).toEqual(["inner", "outer"]);
  });

  test("promise 10 on PostgreSQL: the first error is the one reported, at a statement and at COMMIT; the next works", async () => {
    const { db } = session(server, { max: 1 });
    await insert(db, "taken");
    expect(await rejection(transaction(db, async (tx) => { await insert(tx, "lost"); await insert(tx, "taken"); }))).toMatchObject({ code: "23505" });
    expect(await rejection(transaction(db, async (tx) => { await insert(tx, "lost"); throw new Error("own"); }))).toMatchObject({ message: "own" });
    const went = await rejection(transaction(db, async (tx) => { await insert(tx, "lost"); await rejection(insert(tx, "taken")); await insert(tx, "lost"); }));
    expect(went).toMatchObject({ code: "25P02", cause: { code: "23505" } });
    await db.query("CREATE TABLE IF NOT EXISTS checked (n int UNIQUE DEFERRABLE INITIALLY DEFERRED); DELETE FROM checked");
    expect(await rejection(transaction(db, (tx) => tx.query("INSERT INTO checked VALUES (1), (1)")))).toMatchObject({ code: "23505" });
    await transaction(db, (tx) => insert(tx, "next"));
    expect(await committed(server)).toEqual(["taken", "next"]);
  });

  test("promise 10 on PostgreSQL: a body that goes on after a failed statement is told that all is undone", async () => {
    const { db } = session(server);
    await insert(db, "taken");
    const error = await rejection(transaction(db, async (tx) => { await insert(tx, "lost"); await rejection(insert(tx, "taken")); }));
    expect(error).toBeInstanceOf(TransactionClosedError);
    expect(error).toMatchObject({ cause: { code: "23505" } });
    const nested = await rejection(transaction(db, async (tx) => {
      await insert(tx, "kept");
      const inner = await rejection(transaction(tx, async (own) => { await insert(own, "lost"); await rejection(insert(own, "taken")); }));
      expect(inner).toBeInstanceOf(TransactionClosedError);
      await insert(tx, "kept too");
      throw new Error("but not that");
    }).catch((reason: unknown) => { throw reason; }));
    expect(nested).toMatchObject({ message: "but not that" });
    await transaction(db, async (tx) => { await rejection(transaction(tx, (own) => insert(own, "taken"))); await insert(tx, "after"); });
    expect(await committed(server)).toEqual(["taken", "after"]);
  });

  test("promise 11 on PostgreSQL: batches by count, atomic each; a failed run tells how far it came", async () => {
    const { db } = session(server);
    const sizes: unknown[] = [];
    const report = await batchedTransaction(db, (async function* () { for (let n = 0; n < 25; n++) yield await Promise.resolve(`item ${n}`); })(), (name, tx) => insert(tx, name), {
      batchSize: 10, maxHoldMs: Infinity, label: "import",
      onProgress: async ({ batchItems, items }) => { sizes.push([batchItems, (await committed(server)).length === items]); },
    });
    expect(report).toMatchObject({ items: 25, batches: 3 });
    expect(sizes).toEqual([[10, true], [10, true], [5, true]]);
    const error = await rejection(batchedTransaction(db, ["a", "b", "item 3", "c"], (name, tx) => insert(tx, name), { batchSize: 2 }));
    expect(error).toMatchObject({ code: "23505" });
    expect(batchReportOf(error)).toMatchObject({ items: 2, batches: 1 });
    await rejection(transaction(db, async (tx) => {
      expect(await batchedTransaction(tx, ["c", "d", "e"], (name, inner) => insert(inner, name), { batchSize: 2 })).toMatchObject({ items: 3, batches: 2 });
      throw new Error("planned");
    }));
    expect((await batchedTransaction(db, ["f", "g"], (name, tx) => insert(tx, name), { batchSize: Infinity, maxHoldMs: 0 })).batches).toBe(2);
    expect((await committed(server)).slice(25)).toEqual(["a", "b", "f", "g"]);
  });

  test("promise 14 on PostgreSQL: a lock timeout names the other client, asked while it still held the lock", async () => {
    const { db } = session(server);
    await insert(db, "row");
    const other = await byHand(server, "the nightly job");
    await other.query("BEGIN");
    await other.query("UPDATE item SET name = 'theirs'");
    const { rows } = await other.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const error = await rejection(transaction(db, (tx) => tx.query("UPDATE item SET name = 'ours'"), { timeoutMs: LONG_ENOUGH_TO_ASK, label: "rename" })) as LockTimeoutError;
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error.holder).toMatchObject({ where: "another client", pid: rows[0]!.pid, applicationName: "the nightly job", state: "idle in transaction", query: "SELECT pg_backend_pid() AS pid", clientAddress: "127.0.0.1/32" });
    expect(error.holder).toHaveProperty("queryStart", expect.any(Date));
    expect(error.message).toMatch(/"rename" waited \d+ ms for a lock .*the nightly job/);
    expect(error.cause).toMatchObject({ code: "55P03" });
    const nowait = await rejection(transaction(db, (tx) => tx.query("SELECT * FROM item FOR UPDATE NOWAIT")));
    expect(nowait).toMatchObject({ code: "55P03" });
    await other.query("ROLLBACK");
    expect(await committed(server)).toEqual(["row"]);
  });

  test("promise 14 on PostgreSQL: behind others that wait as well, the one who holds the lock is named; in this process by its label", async () => {
    const { db } = session(server, {}, { isolation: "read committed" });
    await insert(db, "row");
    const go = gate();
    const begun = gate();
    const holding = transaction(db, async (tx) => { await tx.query("UPDATE item SET name = 'held'"); begun.open(); await go.promise; }, { label: "holder" });
    await begun.promise;
    const between = transaction(db, (tx) => tx.query("UPDATE item SET name = 'between'"), { label: "between", timeoutMs: Infinity });
    await waitingForLocks(await byHand(server), 1);
    const error = await rejection(transaction(db, (tx) => tx.query("UPDATE item SET name = 'last'"), { timeoutMs: LONG_ENOUGH_TO_ASK })) as LockTimeoutError;
    expect(error.holder).toMatchObject({ where: "this process", label: "holder", firstSql: "UPDATE item SET name = 'held'" });
    go.open();
    await Promise.all([holding, between]);
    expect(await committed(server)).toEqual(["between"]);
  });

  test("promise 14 on PostgreSQL: mode exclusive waits for its like, names it, and sees what it committed", async () => {
    const { db } = session(server);
    const go = gate();
    const begun = gate();
    const holding = transaction(db, async (tx) => { await insert(tx, "first"); begun.open(); await go.promise; }, { label: "first", mode: "exclusive" });
    await begun.promise;
    const waiting = transaction(db, async (tx) => (await tx.query<{ name: string }>("SELECT name FROM item")).rows, { mode: "exclusive" });
    expect(await rejection(transaction(db, () => {}, { mode: "exclusive", timeoutMs: LONG_ENOUGH_TO_ASK }))).toMatchObject({ code: "SESSIONFIX_LOCK_TIMEOUT", holder: { label: "first" } });
    go.open();
    await holding;
    expect(await waiting).toEqual([{ name: "first" }]);
    expect(await rejection(transaction(db, () => {}, { mode: "exclusive", isolation: "serializable" }))).toBeInstanceOf(SessionOptionError);
  });

  test("promise 14 on PostgreSQL: the timeouts hold in the transaction, and nowhere else", async () => {
    const { db } = session(server, { max: 1 }, { statementTimeoutMs: 5_000 });
    const settings = "SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement, current_setting('transaction_isolation') AS isolation";
    const inside = async (options: object): Promise<unknown> => (await transaction(db, (tx) => tx.query(settings), options)).rows[0] as unknown;
    expect(await inside({ timeoutMs: Infinity })).toEqual({ lock: "0", statement: "5s", isolation: "serializable" });
    const { lock, ...others } = await inside({ timeoutMs: 1e6, statementTimeoutMs: 7_000, isolation: "repeatable read" }) as { lock: string };
    expect(others).toEqual({ statement: "7s", isolation: "repeatable read" });
    expect(lock).not.toBe("0");
    expect((await db.query(settings)).rows).toEqual([{ lock: "0", statement: "0", isolation: "read committed" }]);
    expect(await rejection(transaction(db, (tx) => tx.query("SELECT pg_sleep(60)"), { statementTimeoutMs: 20 }))).toMatchObject({ code: "57014" });
    for (const options of [{ retries: -1 }, { isolation: "chaos" as never }, { statementTimeoutMs: 0 }, { mode: "later" as never }]) {
      expect(await rejection(transaction(db, () => {}, options))).toBeInstanceOf(SessionOptionError);
    }
  });

  test("promise 15 on PostgreSQL: transactions, batches, savepoints and statements are published as on SQLite", async () => {
    const events: TransactionEvent[] = [];
    const statements: StatementEvent[] = [];
    const note = (message: unknown): void => { events.push(message as TransactionEvent); };
    const noteStatement = (message: unknown): void => { statements.push(message as StatementEvent); };
    channel("sessionfix:transaction").subscribe(note);
    channel("sessionfix:statement").subscribe(noteStatement);
    onCleanup(() => { channel("sessionfix:transaction").unsubscribe(note); channel("sessionfix:statement").unsubscribe(noteStatement); });
    const { db } = session(server);
    await transaction(db, (tx) => transaction(tx, (inner) => inner.query("SELECT 1"), { label: "inner" }), { label: "outer" });
    await rejection(transaction(db, (tx) => tx.query("SELECT nonsense"), { label: "fails" }));
    await batchedTransaction(db, [1, 2, 3], (item, tx) => tx.query("SELECT $1::int", [item]), { label: "batches", batchSize: 2 });
    await db.query("SELECT 2");
    expect(events.map(({ label, mode, outcome, batchSize }) => [label, mode, outcome, batchSize])).toEqual([
      ["inner", "savepoint", "commit", undefined], ["outer", "immediate", "commit", undefined], ["fails", "immediate", "rollback", undefined],
      ["batches", "immediate", "commit", 2], ["batches", "immediate", "commit", 1],
    ]);
    expect(events.every(({ path, holdMs, waitMs }) => path === server.current.url && holdMs > 0 && waitMs > 0)).toBe(true);
    expect(events[2]?.error).toMatchObject({ code: "42703" });
    expect(statements.map(({ sql, label, inTransaction, error }) => [sql, label, inTransaction, error !== undefined])).toEqual([
      ["SELECT 1", "inner", true, false], ["SELECT nonsense", "fails", true, true],
      ["SELECT $1::int", "batches", true, false], ["SELECT $1::int", "batches", true, false], ["SELECT $1::int", "batches", true, false], ["SELECT 2", undefined, false, false],
    ]);
  });

  test("promise 15 on PostgreSQL: what was slow is told, with the factory's limits", async () => {
    const events: SlowEvent[] = [];
    const note = (message: unknown): void => { events.push(message as SlowEvent); };
    channel("sessionfix:slow").subscribe(note);
    onCleanup(() => { channel("sessionfix:slow").unsubscribe(note); });
    const warned = new Promise<Error & { code?: string }>((resolve) => { process.once("warning", resolve); });
    const db = createSessionFactory({ driver: pg(Pool), path: `${server.current.url}?x=slow`, slow: { holdMs: 0 } }).getSession();
    await transaction(db, (tx) => tx.query("SELECT 'slow'"), { label: "slow on the server" });
    expect(events).toMatchObject([{ kind: "hold", limitMs: 0, label: "slow on the server", firstSql: "SELECT 'slow'" }]);
    expect(await warned).toMatchObject({ code: "SESSIONFIX_SLOW_HOLD", message: expect.stringContaining("kept open a transaction on postgres://postgres@127.0.0.1") as string });
  });

  test("promise 17 on PostgreSQL: an abort ends the wait for the exclusive lock", async () => {
    const { db } = session(server);
    const go = gate();
    const begun = gate();
    const holding = transaction(db, async () => { begun.open(); await go.promise; }, { mode: "exclusive" });
    await begun.promise;
    const abort = new AbortController();
    const waiting = rejection(transaction(db, () => { throw new Error("must not run"); }, { mode: "exclusive", signal: abort.signal, timeoutMs: Infinity }));
    await waitingForLocks(await byHand(server), 1);
    abort.abort(new Error("no longer wanted"));
    expect(await waiting).toMatchObject({ message: "no longer wanted" });
    go.open();
    await holding;
  });

  test("promise 17 on PostgreSQL: an abort interrupts the statement that runs or waits, and the wait for a client", async () => {
    const { db } = session(server, { max: 2 });
    await insert(db, "row");
    const other = await byHand(server);
    await other.query("BEGIN; UPDATE item SET name = 'theirs'");
    const abort = new AbortController();
    const { signal } = abort;
    const sleeping = rejection(transaction(db, async (tx) => { await insert(tx, "lost"); await tx.query("SELECT pg_sleep(600)"); }, { signal }));
    const locked = rejection(transaction(db, (tx) => tx.query("UPDATE item SET name = 'ours'"), { signal, timeoutMs: Infinity }));
    const queued = rejection(transaction(db, () => {}, { signal, timeoutMs: Infinity }));
    const watcher = await byHand(server);
    await waitingForLocks(watcher, 1);
    for (;;) if ((await watcher.query("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).rowCount === 1) break;
    abort.abort(new Error("no longer wanted"));
    for (const error of await Promise.all([sleeping, locked, queued])) expect(error).toMatchObject({ message: "no longer wanted" });
    await other.query("ROLLBACK");
    const late = new AbortController();
    expect(await rejection(transaction(db, async (tx) => { await insert(tx, "lost"); late.abort(new Error("in the body")); }, { signal: late.signal }))).toMatchObject({ message: "in the body" });
    await transaction(db, (tx) => insert(tx, "next"));
    expect(await committed(server)).toEqual(["row", "next"]);
  });

  test("the synchronous helpers refuse a server's session and say what to do", () => {
    const db = session(server).db as unknown as SqliteSession;
    expect(() => { transactionSync(db, () => {}); }).toThrow(UnsupportedSessionError);
    expect(() => { transactionSync(db, () => {}); }).toThrow(/await transaction\(\)/);
    expect(() => { batchedTransactionSync(db, [], () => {}); }).toThrow(/await batchedTransaction\(\)/);
  });

  test("a pool that no factory opened is refused, and the message says what is needed", async () => {
    const pool = new Pool({ connectionString: server.current.url });
    onCleanup(() => pool.end());
    const error = await rejection(transaction(pool, (tx) => tx.query("SELECT 1")));
    expect(error).toBeInstanceOf(UnsupportedSessionError);
    expect((error as Error).message).toContain("a pool that a factory with the driver pg() opened");
  });

  test("closing waits for the running transaction and for those that queue; a closed session is refused", async () => {
    const { db, factory } = session(server, { max: 1 });
    const go = gate();
    const running = transaction(db, async (tx) => { await insert(tx, "before"); await go.promise; await insert(tx, "after"); });
    const queued = transaction(db, (tx) => insert(tx, "queued"));
    const closing = closeSessions();
    expect(await rejection(transaction(db, () => {}))).toBeInstanceOf(SessionClosedError);
    expect(await rejection(db.query("SELECT 1"))).toBeInstanceOf(SessionClosedError);
    await timersFired(3);
    go.open();
    await Promise.all([running, queued, closing]);
    expect(() => factory.getSession()).toThrow(SessionClosedError);
    for (const late of [() => transaction(db, () => {}), () => db.query("SELECT 1"), () => db.connect()]) expect(await rejection(late())).toBeInstanceOf(SessionClosedError);
    expect(await committed(server)).toEqual(["before", "after", "queued"]);
    await transaction(factory.init(), (tx) => insert(tx, "again"));
  });

  test("promise 9 on PostgreSQL: closing inside of a transaction is an error, a client kept by hand a timeout; the session works on", async () => {
    const { db, factory } = session(server);
    expect(await rejection(transaction(db, () => closeSessions()))).toBeInstanceOf(DeadlockError);
    factory.init();
    const kept = await db.connect();
    const error = await rejection(closeSessions({ timeoutMs: 20 }));
    expect(error).toMatchObject({ code: "SESSIONFIX_LOCK_TIMEOUT", holder: { label: "a client taken with pool.connect() or pool.query()", stack: expect.stringContaining("promises.test") as string } });
    expect(factory.init()).toBe(db);
    kept.release();
    await transaction(db, (tx) => insert(tx, "works"));
    expect(await committed(server)).toEqual(["works"]);
  });
});
