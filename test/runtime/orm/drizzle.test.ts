import Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { eq, relations, sql } from "drizzle-orm";
import { SQLiteTransaction, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { is } from "drizzle-orm/entity";
import { describe, expect, expectTypeOf, test } from "vitest";
import { AsyncBodyError, SessionBusyError, TransactionClosedError, UnsupportedSessionError, batchedTransaction, createSessionFactory, detached, transaction } from "sessionfix-runtime";
import { drizzleRunner } from "sessionfix-runtime/drizzle";
import { committed, gate, rejection, tempDatabase } from "../support/database.js";
import { describeRunner } from "./contract.js";

const item = sqliteTable("item", { id: integer("id").primaryKey(), name: text("name").unique() });
const itemRelations = relations(item, () => ({}));
const schema = { item, itemRelations };

const sessionsOf = (path: string) => createSessionFactory({ open: (file) => drizzle(new Database(file), { schema }), path });
type Db = ReturnType<ReturnType<typeof sessionsOf>["getSession"]>;
type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

describeRunner<Db, Tx>({
  name: "Drizzle on better-sqlite3",
  sessions: sessionsOf,
  runner: (db) => drizzleRunner(db),
  insert: (tx, name) => tx.insert(item).values({ name }).run(),
  names: (tx) => tx.select().from(item).orderBy(item.id).all().map(({ name }) => name),
  insertOrRollback: (tx, name) => tx.run(sql`INSERT OR ROLLBACK INTO item (name) VALUES (${name})`),
});

describe("Drizzle on better-sqlite3", () => {
  test("promise 7: a synchronous body runs from BEGIN to COMMIT in one turn of the loop", async () => {
    const path = tempDatabase();
    const db = sessionsOf(path).getSession();
    const pending = drizzleRunner(db)((tx) => tx.insert(item).values({ name: "at once" }).returning().get());
    expect(committed(path)).toEqual(["at once"]);
    expect(await pending).toEqual({ id: 1, name: "at once" });
  });

  test("promise 8: the body's tx is one of Drizzle's own transactions, with its builders, relations and savepoints", async () => {
    const path = tempDatabase();
    const db = sessionsOf(path).getSession();
    await drizzleRunner(db)(async (tx) => {
      expect(is(tx, SQLiteTransaction)).toBe(true);
      await tx.insert(item).values([{ name: "a" }, { name: "b" }]);
      await tx.update(item).set({ name: "B" }).where(eq(item.name, "b"));
      expect(tx.query.item.findMany().sync().map(({ name }) => name)).toEqual(["a", "B"]);
      expect(await tx.query.item.findFirst({ where: eq(item.id, 2) })).toEqual({ id: 2, name: "B" });
      expect(tx.all(sql`SELECT count(*) AS n FROM ${item}`)).toEqual([{ n: 2 }]);
      expect(await tx.$count(item)).toBe(2);
      tx.transaction((inner) => inner.insert(item).values({ name: "inner" }).run());
      expect(() => tx.transaction((inner) => { inner.insert(item).values({ name: "undone" }).run(); inner.rollback(); })).toThrow("Rollback");
    });
    expect(committed(path)).toEqual(["a", "B", "inner"]);
    expect(await rejection(drizzleRunner(db)((tx) => { tx.insert(item).values({ name: "undone" }).run(); tx.rollback(); }))).toMatchObject({ message: "Rollback" });
    expect(committed(path)).toEqual(["a", "B", "inner"]);
  });

  test("promise 8: tx, its builders and relations belong to the transaction wherever they are called from, and are closed after it", async () => {
    const path = tempDatabase();
    const db = sessionsOf(path).getSession();
    let kept: Tx | undefined;
    await drizzleRunner(db)(async (tx) => {
      kept = tx;
      await tx.insert(item).values({ name: "a" });
      // As in a loader that collects the requests of several tasks and runs them in another one's context.
      detached(() => {
        tx.insert(item).values({ name: "b" }).run();
        expect(tx.query.item.findMany().sync()).toHaveLength(2);
        expect(tx.select().from(item).all()).toHaveLength(2);
      });
    });
    const late = kept!;
    expect(() => late.insert(item).values({ name: "late" }).run()).toThrow(TransactionClosedError);
    expect(() => late.transaction((inner) => inner.insert(item).values({ name: "late" }).run())).toThrow(expect.objectContaining({ cause: expect.any(TransactionClosedError) as unknown }));
    expect(() => late.query.item.findMany().sync()).toThrow(TransactionClosedError);
    expect(committed(path)).toEqual(["a", "b"]);
  });

  test("promise 6: while an asynchronous body runs, another task's read sees what is committed and its write is refused", async () => {
    const path = tempDatabase();
    const db = sessionsOf(path).getSession();
    const [inside, go] = [gate(), gate()];
    const open = drizzleRunner(db)(async (tx) => { tx.insert(item).values({ name: "open" }).run(); inside.open(); await go.promise; }, { label: "import" });
    await inside.promise;
    expect(db.select().from(item).all()).toEqual([]);
    expect(() => db.insert(item).values({ name: "stray" }).run()).toThrow(SessionBusyError);
    expect(() => db.transaction((tx) => tx.insert(item).values({ name: "stray" }).run())).toThrow(/"import"/);
    go.open();
    await open;
    expect(committed(path)).toEqual(["open"]);
  });

  test("promise 8: Drizzle's own transaction refuses an asynchronous body before it runs, once the database is known", async () => {
    const path = tempDatabase();
    const db = sessionsOf(path).getSession();
    let ran = false;
    expect(() => db.transaction(async (tx) => { ran = true; await tx.insert(item).values({ name: "never" }); })).toThrow(AsyncBodyError);
    expect(ran).toBe(false);
    expect(committed(path)).toEqual([]);
  });

  test("promise 9: the package's own transaction on $client and the runner share one queue and nest", async () => {
    const path = tempDatabase();
    const db = sessionsOf(path).getSession();
    await transaction(db.$client, async () => {
      await drizzleRunner(db)((tx) => tx.insert(item).values({ name: "inside" }).run());
      db.insert(item).values({ name: "by context" }).run();
    });
    expect(committed(path)).toEqual(["inside", "by context"]);
  });

  test("promise 1: engine settings apply to the client of the instance", () => {
    const path = tempDatabase("delete");
    const db = createSessionFactory({ open: (file) => drizzle(new Database(file)), path, engine: { journalMode: "wal", busyTimeoutMs: 1234 } }).getSession();
    expect(db.$client.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(db.$client.pragma("busy_timeout", { simple: true })).toBe(1234);
  });

  test("a Drizzle on another client is refused", () => {
    expect(() => drizzleRunner({ $client: { execute: () => {} }, transaction: () => Promise.resolve() })).toThrow(UnsupportedSessionError);
    expect(() => drizzleRunner({ transaction: () => Promise.resolve() })).toThrow(UnsupportedSessionError);
  });

  test("a Drizzle whose transactions keep their client elsewhere is refused, and nothing is written", async () => {
    const path = tempDatabase();
    const db = sessionsOf(path).getSession();
    const other = { $client: db.$client, transaction: (body: (tx: object) => unknown) => db.transaction(() => body({ run: () => db.$client.exec("SELECT 1"), session: { client: db.$client } })) };
    const run = drizzleRunner(other as unknown as Db);
    expect(await rejection(run((tx) => tx.insert(item).values({ name: "never" }).run()))).toBeInstanceOf(UnsupportedSessionError);
    expect(committed(path)).toEqual([]);
  });
});

// Checked by the compiler; nothing in here runs.
function typeTests(db: Db, bare: BetterSQLite3Database): void {
  const run = drizzleRunner(db);
  expectTypeOf(run((tx) => { expectTypeOf(tx).toEqualTypeOf<Tx>(); return tx.select().from(item).all(); })).toEqualTypeOf<Promise<{ id: number; name: string | null }[]>>();
  expectTypeOf(run(async (tx) => (await tx.query.item.findFirst())?.name)).toEqualTypeOf<Promise<string | null | undefined>>();
  void run((tx) => tx.run("SELECT 1"), { label: "x", timeoutMs: 1, signal: AbortSignal.timeout(1) });
  // @ts-expect-error a typo in the options
  void run(() => 1, { lable: "x" });
  void batchedTransaction(run, ["a"], (name, tx) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(tx).toEqualTypeOf<Tx>();
    tx.insert(item).values({ name }).run();
  });
  void drizzleRunner(bare)((tx) => tx.select().from(item).all());
  // @ts-expect-error not a database
  drizzleRunner({});
}

test("the types hold, as the compiler finds", () => {
  expectTypeOf(typeTests).toBeFunction();
});
