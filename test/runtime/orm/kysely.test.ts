import Database from "better-sqlite3";
import { Kysely, SqliteDialect, sql } from "kysely";
import type { Generated, Transaction } from "kysely";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  LockTimeoutError, SessionBusyError, TransactionClosedError, UnsupportedSessionError, batchedTransaction, createSessionFactory, transaction,
} from "sessionfix-runtime";
import { kyselyRunner, kyselySessions, sessionDialect } from "sessionfix-runtime/kysely";
import { committed, foreignProcess, gate, onCleanup, openByHand, rejection, tempDatabase, tempFolder, timersFired } from "../support/database.js";
import { describeRunner, openFiles } from "./contract.js";

interface Tables {
  item: { id: Generated<number>; name: string };
}
type Db = Kysely<Tables>;
type Tx = Transaction<Tables>;

const sessionsOf = (path: string) => createSessionFactory({
  ...kyselySessions((file) => new Kysely<Tables>({ dialect: sessionDialect(SqliteDialect, new Database(file)) })), path,
});
const insert = (db: Db, name: string) => db.insertInto("item").values({ name }).execute();
const names = async (db: Db) => (await db.selectFrom("item").select("name").orderBy("id").execute()).map(({ name }) => name);

describeRunner<Db, Tx>({
  name: "Kysely", sessions: sessionsOf, runner: (db) => kyselyRunner(db), insert, names,
  insertOrRollback: (trx, name) => sql`INSERT OR ROLLBACK INTO item (name) VALUES (${name})`.execute(trx),
});

const linux = process.platform === "linux";

function open(options?: { timeoutMs?: number; label?: string }) {
  const path = tempDatabase();
  const session = openByHand(path);
  const db = new Kysely<Tables>({ dialect: sessionDialect(SqliteDialect, session, options) });
  return { path, session, db };
}

describe("Kysely with sessionDialect", () => {
  test("promise 4: Kysely's own transactions and single writes are served in order, whoever asks", async () => {
    const { path, db, session } = open();
    const run = kyselyRunner(db);
    const order: Promise<unknown>[] = [];
    for (let round = 0; round < 10; round++) {
      order.push(db.transaction().execute(async (trx) => {
        await insert(trx, `${round} transaction`);
        await new Promise((resolve) => setImmediate(resolve));
      }));
      order.push(insert(db, `${round} write`));
      order.push(run((trx) => insert(trx, `${round} runner`)));
      order.push(transaction(session, (tx) => { tx.prepare("INSERT INTO item (name) VALUES (?)").run(`${round} session`); }));
    }
    await Promise.all(order);
    const found = committed(path);
    expect(found).toHaveLength(40);
    // Kysely hands a call to its driver after a number of ticks that differs by kind; of one kind the order is kept.
    for (const kind of ["transaction", "write", "runner", "session"]) {
      expect(found.filter((name) => String(name).endsWith(kind))).toEqual(Array.from({ length: 10 }, (_, round) => `${round} ${kind}`));
    }
  });

  test("promise 3: db.transaction() and a single write wait for another process with a live event loop", async () => {
    const { path, db } = open();
    const other = await foreignProcess(path);
    for (const [index, write] of [() => insert(db, "single"), () => db.transaction().execute((trx) => insert(trx, "transaction"))].entries()) {
      await other.run("BEGIN IMMEDIATE");
      let settled = false;
      const pending = write().finally(() => { settled = true; });
      await timersFired(30);
      expect(settled).toBe(false);
      await other.run("COMMIT");
      await pending;
      expect(committed(path)).toHaveLength(index + 1);
    }
  });

  test("promise 10: db.transaction() has the write lock from its beginning; a read-only one does not take it", async () => {
    const { path, db } = open();
    const other = await foreignProcess(path);
    await db.transaction().execute(async (trx) => {
      expect(await names(trx)).toEqual([]);
      expect(await rejection(other.run("BEGIN IMMEDIATE"))).toMatchObject({ message: expect.stringContaining("SQLITE_BUSY") as string });
      await insert(trx, "a");
    });
    await db.transaction().setAccessMode("read only").execute(async (trx) => {
      expect(await names(trx)).toEqual(["a"]);
      await other.run("INSERT INTO item (name) VALUES ('theirs')");
      expect(await names(trx)).toEqual(["a"]);
    });
    expect(await names(db)).toEqual(["a", "theirs"]);
  });

  test("promise 14: db.transaction() and a single write time out with the holder's name", { skip: !linux }, async () => {
    const { path, db } = open({ timeoutMs: 20, label: "from kysely" });
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE");
    for (const write of [() => insert(db, "never"), () => db.transaction().execute((trx) => insert(trx, "never"))]) {
      const error = await rejection(write());
      expect(error).toBeInstanceOf(LockTimeoutError);
      expect(error).toMatchObject({ holder: { where: "another process", pid: other.pid }, message: expect.stringContaining('"from kysely"') as string });
    }
    await other.run("COMMIT");
    await insert(db, "works again");
    expect(committed(path)).toEqual(["works again"]);
  });

  test("promise 6: beside an open transaction another task's read sees what is committed, and its write waits", async () => {
    const { path, db } = open();
    const [inside, go] = [gate(), gate()];
    const first = db.transaction().execute(async (trx) => {
      await insert(trx, "first");
      inside.open();
      await go.promise;
      await insert(trx, "second");
    });
    await inside.promise;
    expect(await names(db)).toEqual([]);
    expect((await sql<{ n: number }>`WITH rows AS (SELECT * FROM item) SELECT count(*) AS n FROM rows`.execute(db)).rows).toEqual([{ n: 0 }]);
    const write = insert(db, "another task's");
    const pragma = sql`PRAGMA user_version = 7`.execute(db);
    await timersFired(3);
    expect(committed(path)).toEqual([]);
    go.open();
    await Promise.all([first, write, pragma]);
    expect(committed(path)).toEqual(["first", "second", "another task's"]);
    expect((await sql<{ user_version: number }>`PRAGMA user_version`.execute(db)).rows).toEqual([{ user_version: 7 }]);
  });

  test("promise 6: a read that cannot be served beside a transaction waits for its end", async () => {
    const db = new Kysely<Tables>({ dialect: sessionDialect(SqliteDialect, () => new Database(":memory:")) });
    onCleanup(() => db.destroy());
    await sql`CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)`.execute(db);
    const [inside, go] = [gate(), gate()];
    const first = db.transaction().execute(async (trx) => { await insert(trx, "first"); inside.open(); await go.promise; });
    await inside.promise;
    const read = names(db);
    go.open();
    await first;
    expect(await read).toEqual(["first"]);
  });

  test("promise 10: a failing transaction of Kysely's own is undone, its error is thrown, and the next one works", async () => {
    const { path, db } = open();
    const failure = new Error("not this one");
    expect(await rejection(db.transaction().execute(async (trx) => { await insert(trx, "undone"); throw failure; }))).toBe(failure);
    await insert(db, "kept");
    expect(await rejection(db.transaction().execute(async (trx) => { await insert(trx, "undone"); await insert(trx, "kept"); }))).toMatchObject({ code: "SQLITE_CONSTRAINT_UNIQUE" });
    expect(await rejection(insert(db, "kept"))).toMatchObject({ code: "SQLITE_CONSTRAINT_UNIQUE" });
    expect(await rejection(db.transaction().execute(async (trx) => { await insert(trx, "undone"); await sql`INSERT OR ROLLBACK INTO item (name) VALUES ('kept')`.execute(trx).catch(() => {}); await insert(trx, "on its own"); }))).toBeInstanceOf(TransactionClosedError);
    await insert(db, "next");
    expect(committed(path)).toEqual(["kept", "next"]);
  });

  test("promise 9: inside of a runner's body the database itself is part of the transaction, and its own transactions are savepoints", async () => {
    const { path, db, session } = open();
    await kyselyRunner(db)(async (trx) => {
      await insert(trx, "by trx");
      await insert(db, "by context");
      await rejection(db.transaction().execute(async (inner) => {
        await insert(inner, "undone");
        // The savepoint is the inner transaction's: the outer must not write into it.
        expect(await rejection(insert(db, "astray"))).toBeInstanceOf(SessionBusyError);
        throw new Error("only this");
      }));
      expect(await names(trx)).toEqual(["by trx", "by context"]);
    });
    await transaction(session, async () => {
      await db.transaction().execute((trx) => insert(trx, "inside of transaction()"));
      await insert(db, "too");
    });
    expect(committed(path)).toEqual(["by trx", "by context", "inside of transaction()", "too"]);
  });

  test("promise 9: a single write inside of Kysely's own transaction, past trx, is an error and not a hang", async () => {
    const { path, db } = open({ timeoutMs: 20 });
    const error = await rejection(db.transaction().execute(async (trx) => {
      await insert(trx, "undone");
      await insert(db, "waits for itself");
    }));
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error).toMatchObject({ holder: { where: "this process", stack: expect.stringContaining("kysely.test.ts") as string } });
    expect(committed(path)).toEqual([]);
  });

  test("promise 8: controlled transactions have savepoints and their own end", async () => {
    const { path, db } = open();
    const trx = await db.startTransaction().execute();
    await insert(trx, "a");
    const after = await trx.savepoint("a \"savepoint\"").execute();
    await insert(after, "undone");
    await after.rollbackToSavepoint("a \"savepoint\"").execute();
    await insert(trx, "b");
    const last = await trx.savepoint("last").execute();
    await insert(last, "c");
    await last.releaseSavepoint("last").execute();
    expect(committed(path)).toEqual([]);
    await trx.commit().execute();
    expect(committed(path)).toEqual(["a", "b", "c"]);
    expect(await rejection(insert(trx, "late"))).toBeInstanceOf(Error);
    const other = await db.startTransaction().execute();
    await insert(other, "undone");
    await other.rollback().execute();
    expect(committed(path)).toEqual(["a", "b", "c"]);
  });

  test("promise 6: BEGIN by hand works on a connection of one's own, takes its turn, and is undone where it is left open", async () => {
    const { path, db } = open();
    await db.connection().execute(async (own) => {
      await sql`BEGIN`.execute(own);
      await insert(own, "a");
      const other = insert(db, "another task's");
      await timersFired(2);
      await sql`/* the end */ COMMIT`.execute(own);
      await other;
      await sql`begin immediate`.execute(own);
      await insert(own, "undone");
      await sql`rollback`.execute(own);
      await sql`VACUUM`.execute(own);
    });
    expect(committed(path)).toEqual(["a", "another task's"]);
    expect(await rejection(sql`BEGIN`.execute(db))).toBeInstanceOf(TransactionClosedError);
    await insert(db, "next");
    expect(committed(path)).toEqual(["a", "another task's", "next"]);
  });

  test("promise 8: a connection that is kept after its callback runs nothing", async () => {
    const { path, db } = open();
    let kept: Db | undefined;
    await db.connection().execute(async (own) => { kept = own; await insert(own, "in time"); });
    expect(await rejection(insert(kept!, "late"))).toBeInstanceOf(TransactionClosedError);
    expect(await rejection(names(kept!))).toBeInstanceOf(TransactionClosedError);
    expect(committed(path)).toEqual(["in time"]);
  });

  test("promise 6: rows are streamed one by one, and writers wait for the end of the stream", async () => {
    const { path, db } = open();
    await insert(db, "a");
    await insert(db, "b");
    const seen: string[] = [];
    let write: Promise<unknown> | undefined;
    for await (const { name } of db.selectFrom("item").select("name").orderBy("id").stream()) {
      write ??= insert(db, "c");
      await timersFired(2);
      expect(committed(path)).toEqual(["a", "b"]);
      seen.push(name);
    }
    await write;
    expect(seen).toEqual(["a", "b"]);
    for await (const { name } of db.selectFrom("item").select("name").stream()) {
      seen.push(name);
      break;
    }
    await insert(db, "d");
    await db.transaction().execute(async (trx) => {
      for await (const { name } of trx.selectFrom("item").select("name").where("id", ">", 2).stream()) seen.push(name);
    });
    expect(seen).toEqual(["a", "b", "a", "c", "d"]);
    expect(committed(path)).toEqual(["a", "b", "c", "d"]);
  });

  test("results have what Kysely's own driver gives", async () => {
    const { db } = open();
    expect(await db.insertInto("item").values([{ name: "a" }, { name: "b" }]).executeTakeFirst()).toEqual({ insertId: 2n, numInsertedOrUpdatedRows: 2n });
    expect(await db.insertInto("item").values({ name: "c" }).returningAll().executeTakeFirst()).toEqual({ id: 3, name: "c" });
    expect(await db.updateTable("item").set({ name: "x" }).where("id", "=", 3).executeTakeFirst()).toMatchObject({ numUpdatedRows: 1n });
    expect(await db.deleteFrom("item").where("id", ">", 1).executeTakeFirst()).toEqual({ numDeletedRows: 2n });
    expect((await db.introspection.getTables()).map(({ name }) => name)).toEqual(["item"]);
  });

  test("promise 1: a session of a factory serves Kysely, and destroy() waits for transactions before it closes the file", async () => {
    const path = tempDatabase();
    const sessions = createSessionFactory({ open: (file) => new Database(file), path });
    const db = new Kysely<Tables>({ dialect: sessionDialect(SqliteDialect, () => sessions.getSession()) });
    const [inside, go] = [gate(), gate()];
    const first = db.transaction().execute(async (trx) => { await insert(trx, "first"); inside.open(); await go.promise; });
    await inside.promise;
    let destroyed = false;
    const end = db.destroy().then(() => { destroyed = true; });
    await timersFired(3);
    expect(destroyed).toBe(false);
    go.open();
    await Promise.all([first, end]);
    if (linux) expect(openFiles(path)).toEqual([]);
    expect(committed(path)).toEqual(["first"]);
    expect(sessions.getSession().open).toBe(true);
  });

  test("promise 1: an instance that no query has used is closed, too, and engine settings apply to its database", async () => {
    const path = tempDatabase("delete");
    const sessions = createSessionFactory({
      ...kyselySessions((file) => new Kysely<Tables>({ dialect: sessionDialect(SqliteDialect, new Database(file)) })), path, engine: { journalMode: "wal" },
    });
    sessions.init();
    if (linux) expect(openFiles(path)).not.toEqual([]);
    await sessions.close();
    if (linux) expect(openFiles(path)).toEqual([]);
    expect(openByHand(path).pragma("journal_mode", { simple: true })).toBe("wal");
  });

  test("promise 1: a database that cannot be opened is tried again with the next query", async () => {
    const folder = tempFolder();
    let tries = 0;
    const db = new Kysely<Tables>({ dialect: sessionDialect(SqliteDialect, async () => {
      if (tries++ === 0) throw new Error("not yet");
      return new Database(`${folder}/new.db`);
    }) });
    onCleanup(() => db.destroy());
    expect(await rejection(kyselyRunner(db)(() => {}))).toMatchObject({ message: "not yet" });
    expect(await kyselyRunner(db)(() => 1)).toBe(1);
  });

  test("an instance with another dialect, and a session that is none, are refused", () => {
    const plain = new Kysely<Tables>({ dialect: new SqliteDialect({ database: openByHand(tempDatabase()) }) });
    expect(() => kyselyRunner(plain)).toThrow(UnsupportedSessionError);
    expect(() => sessionDialect(SqliteDialect, {} as Database.Database)).toThrow(UnsupportedSessionError);
  });
});

// Checked by the compiler; nothing in here runs.
function typeTests(db: Db): void {
  const run = kyselyRunner(db);
  expectTypeOf(run(async (trx) => { expectTypeOf(trx).toEqualTypeOf<Tx>(); return await trx.selectFrom("item").selectAll().execute(); })).toEqualTypeOf<Promise<{ id: number; name: string }[]>>();
  void run((trx) => insert(trx, "a"), { label: "x", timeoutMs: 1, signal: AbortSignal.timeout(1) });
  void batchedTransaction(run, ["a"], async (name, trx) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(trx).toEqualTypeOf<Tx>();
    await insert(trx, name);
  });
  expectTypeOf(sessionDialect(SqliteDialect, new Database())).toEqualTypeOf<SqliteDialect>();
  expectTypeOf(sessionsOf("x").getSession()).toEqualTypeOf<Db>();
  // @ts-expect-error not an instance
  kyselyRunner({});
  // @ts-expect-error not a dialect's class
  sessionDialect(Map, new Database());
}

test("the types hold, as the compiler finds", () => {
  expectTypeOf(typeTests).toBeFunction();
});
