import Database from "better-sqlite3";
import { DataSource, EntityManager, EntitySchema, EventSubscriber, QueryFailedError } from "typeorm";
import type { EntitySubscriberInterface } from "typeorm";
import { describe, expect, expectTypeOf, test } from "vitest";
import { DeadlockError, SessionBusyError, SessionClosedError, TransactionClosedError, UnsupportedSessionError, batchedTransaction, createSessionFactory, detached, transaction } from "sessionfix-runtime";
import type { SqliteSession } from "sessionfix-runtime";
import { typeormRunner, typeormSessions } from "sessionfix-runtime/typeorm";
import { committed, gate, rejection, tempDatabase } from "../support/database.js";
import { describeRunner } from "./contract.js";

interface Item {
  id: number;
  name: string | null;
}

const Item = new EntitySchema<Item>({
  name: "item",
  columns: { id: { type: "integer", primary: true, generated: true }, name: { type: "text", unique: true, nullable: true } },
});

const sourceFor = (path: string, subscribers: (new () => EntitySubscriberInterface)[] = []) =>
  new DataSource({ type: "better-sqlite3", database: path, driver: Database, entities: [Item], subscribers });
const sessionsOf = (path: string) => createSessionFactory({ ...typeormSessions((file) => sourceFor(file).initialize()), path });
const connectionOf = (source: DataSource) => (source.driver as unknown as { databaseConnection: Database.Database }).databaseConnection;

describeRunner<Promise<DataSource>, EntityManager>({
  name: "TypeORM",
  sessions: sessionsOf,
  runner: (source) => typeormRunner(source),
  insert: (manager, name) => manager.insert(Item, { name }),
  names: async (manager) => (await manager.find(Item, { order: { id: "ASC" } })).map(({ name }) => name),
  insertOrRollback: (manager, name) => manager.query("INSERT OR ROLLBACK INTO item (name) VALUES (?)", [name]),
});

describe("TypeORM", () => {
  test("promise 8: the body gets an EntityManager in a transaction: save, builders, repositories, raw queries and nested transactions", async () => {
    const path = tempDatabase();
    const source = await sessionsOf(path).getSession();
    const count = await typeormRunner(source)(async (manager) => {
      expect(manager).toBeInstanceOf(EntityManager);
      expect(manager.queryRunner?.isTransactionActive).toBe(true);
      const saved = await manager.save(Item, [{ name: "a" }, { name: "b" }]);
      expect(saved.map(({ id }) => id)).toEqual([1, 2]);
      await manager.getRepository(Item).update({ name: "b" }, { name: "B" });
      await manager.createQueryBuilder().insert().into(Item).values({ name: "built" }).execute();
      await manager.query("INSERT INTO item (name) VALUES (?)", ["raw"]);
      await manager.transaction((inner) => inner.save(Item, { name: "nested" }));
      await rejection(manager.transaction(async (inner) => { await inner.save(Item, { name: "undone" }); throw new Error("only this one"); }));
      return await manager.count(Item);
    });
    expect(count).toBe(5);
    expect(committed(path)).toEqual(["a", "B", "built", "raw", "nested"]);
  });

  test("promise 8: the manager belongs to the transaction wherever it is called from, and is closed after it", async () => {
    const path = tempDatabase();
    const source = await sessionsOf(path).getSession();
    let kept: EntityManager | undefined;
    await typeormRunner(source)(async (manager) => {
      kept = manager;
      await detached(() => manager.save(Item, { name: "in time" }));
    });
    for (const late of [() => kept!.save(Item, { name: "late" }), () => kept!.insert(Item, { name: "late" }), () => kept!.query("SELECT 1"), () => kept!.transaction(async () => {})]) {
      const error = await rejection(late());
      expect(error instanceof QueryFailedError ? error.driverError : error).toBeInstanceOf(TransactionClosedError);
    }
    expect(committed(path)).toEqual(["in time"]);
  });

  test("promise 6: while a body runs, a write of another task through the data source is refused, and a read sees what is committed", async () => {
    const path = tempDatabase();
    const source = await sessionsOf(path).getSession();
    const [inside, go] = [gate(), gate()];
    const open = typeormRunner(source)(async (manager) => { await manager.save(Item, { name: "open" }); inside.open(); await go.promise; }, { label: "import" });
    await inside.promise;
    expect(await source.manager.find(Item)).toEqual([]);
    for (const stray of [() => source.manager.insert(Item, { name: "stray" }), () => source.manager.save(Item, { name: "stray" }), () => source.transaction((other) => other.insert(Item, { name: "stray" }))]) {
      expect(await rejection(stray())).toMatchObject({ driverError: expect.any(SessionBusyError) as unknown, message: expect.stringContaining('"import"') as string });
    }
    go.open();
    await open;
    expect(committed(path)).toEqual(["open"]);
    await source.transaction((manager) => manager.save(Item, { name: "TypeORM's own" }));
    expect(committed(path)).toEqual(["open", "TypeORM's own"]);
  });

  test("promise 6: a transaction of TypeORM's own that is open is waited for", async () => {
    const path = tempDatabase();
    const source = await sessionsOf(path).getSession();
    const [inside, go] = [gate(), gate()];
    const own = source.transaction(async (manager) => { await manager.save(Item, { name: "own" }); inside.open(); await go.promise; });
    await inside.promise;
    const pending = typeormRunner(source)((manager) => manager.save(Item, { name: "after" }));
    expect(await rejection(typeormRunner(source)((manager) => manager.save(Item, { name: "never" }), { timeoutMs: 5 }))).toMatchObject({ holder: { where: "this process" } });
    go.open();
    await Promise.all([own, pending]);
    expect(committed(path)).toEqual(["own", "after"]);
  });

  test("promise 10: subscribers hear of the commit after it, and of the rollback after it", async () => {
    const path = tempDatabase();
    const log: unknown[] = [];
    class Subscriber implements EntitySubscriberInterface {
      beforeTransactionCommit() { log.push(["before commit", committed(path)]); }
      afterTransactionCommit() { log.push(["after commit", committed(path)]); }
      afterTransactionRollback() { log.push(["after rollback", connectionOf(source).inTransaction]); }
    }
    EventSubscriber()(Subscriber);
    const source = await createSessionFactory({ ...typeormSessions((file) => sourceFor(file, [Subscriber]).initialize()), path }).getSession();
    const run = typeormRunner(source);
    await run((manager) => manager.save(Item, { name: "kept" }));
    await rejection(run(async (manager) => { await manager.save(Item, { name: "undone" }); throw new Error("undone"); }));
    expect(log).toEqual([["before commit", []], ["after commit", ["kept"]], ["after rollback", false]]);
  });

  test("promise 10: what keeps the commit from happening is what the caller gets, and the next transaction works", async () => {
    const path = tempDatabase();
    const source = await sessionsOf(path).getSession();
    await source.query("CREATE TABLE child (item INTEGER REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)");
    const run = typeormRunner(source);
    expect(await rejection(run((manager) => manager.query("INSERT INTO child VALUES (77)")))).toMatchObject({ code: "SQLITE_CONSTRAINT_FOREIGNKEY" });
    expect(await source.query("SELECT * FROM child")).toEqual([]);
    await run((manager) => manager.save(Item, { name: "next" }));
    expect(committed(path)).toEqual(["next"]);
  });

  test("promise 8: a body that rolls back by the query runner is told so, and nothing of it stays", async () => {
    const path = tempDatabase();
    const source = await sessionsOf(path).getSession();
    const run = typeormRunner(source);
    const error = await rejection(run(async (manager) => {
      await manager.save(Item, { name: "undone" });
      await manager.queryRunner!.rollbackTransaction();
    }));
    expect(error).toBeInstanceOf(UnsupportedSessionError);
    await run((manager) => manager.save(Item, { name: "next" }));
    expect(committed(path)).toEqual(["next"]);
  });

  test("promise 9: the package's own transaction on the connection and the runner share one queue and nest", async () => {
    const path = tempDatabase();
    const source = await sessionsOf(path).getSession();
    await transaction(connectionOf(source) as SqliteSession, async () => {
      await typeormRunner(source)((manager) => manager.save(Item, { name: "inside" }));
      await source.manager.insert(Item, { name: "by context" });
    });
    expect(committed(path)).toEqual(["inside", "by context"]);
  });

  test("promise 9: two data sources on one file: waiting for oneself is an error", async () => {
    const path = tempDatabase();
    const source = await sessionsOf(path).getSession();
    const second = await sourceFor(path).initialize();
    const error = await rejection(typeormRunner(source)(() => typeormRunner(second)((manager) => manager.save(Item, { name: "never" })), { label: "outer" }));
    expect(error).toBeInstanceOf(DeadlockError);
    await second.destroy();
    expect(committed(path)).toEqual([]);
  });

  test("promise 1: engine settings apply to the connection, and a data source that was destroyed by hand is opened anew", async () => {
    const path = tempDatabase("delete");
    const sessions = createSessionFactory({ ...typeormSessions((file) => sourceFor(file).initialize()), path, engine: { journalMode: "wal", busyTimeoutMs: 1234 } });
    const source = await sessions.getSession();
    expect(await source.query("PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }]);
    expect(connectionOf(source).pragma("busy_timeout", { simple: true })).toBe(1234);
    await source.destroy();
    expect(await rejection(typeormRunner(source)(() => {}))).toBeInstanceOf(SessionClosedError);
    const again = await sessions.getSession();
    expect(again).not.toBe(source);
    await typeormRunner(again)((manager) => manager.save(Item, { name: "again" }));
    expect(committed(path)).toEqual(["again"]);
  });

  test("a data source that is not initialized, or that begins its transactions otherwise, is refused and writes nothing", async () => {
    const path = tempDatabase();
    expect(await rejection(typeormRunner(sourceFor(path))(() => {}))).toMatchObject({ code: "SESSIONFIX_UNSUPPORTED_SESSION", message: expect.stringContaining("initialize()") as string });
    const source = await sessionsOf(path).getSession();
    const manager = { transaction: (body: (manager: object) => Promise<void>) => body({ queryRunner: undefined }) };
    const other = Object.create(source, { createEntityManager: { value: () => manager } }) as DataSource;
    expect(await rejection(typeormRunner(other)(() => source.query("INSERT INTO item (name) VALUES ('never')")))).toBeInstanceOf(UnsupportedSessionError);
    expect(committed(path)).toEqual([]);
  });

  test("promise 9: in the body, the data source's own manager writes as part of the transaction, and cannot begin another", async () => {
    const path = tempDatabase();
    const source = await sessionsOf(path).getSession();
    await typeormRunner(source)(async (manager) => {
      await manager.save(Item, { name: "a" });
      await source.manager.insert(Item, { name: "b" });
      expect(await rejection(source.manager.save(Item, { name: "never" }))).toMatchObject({ message: expect.stringContaining("within a transaction") as string });
    });
    expect(committed(path)).toEqual(["a", "b"]);
  });

  test("promise 10: a save that was refused beside an open transaction leaves the next save whole", async () => {
    const path = tempDatabase();
    const source = await sessionsOf(path).getSession();
    const [inside, go] = [gate(), gate()];
    const open = typeormRunner(source)(async () => { inside.open(); await go.promise; });
    await inside.promise;
    await rejection(source.manager.save(Item, { name: "stray" }));
    go.open();
    await open;
    expect(await rejection(source.manager.save(Item, [{ name: "a" }, { name: "b" }, { name: "a" }]))).toBeInstanceOf(QueryFailedError);
    expect(committed(path)).toEqual([]);
    await source.manager.save(Item, { name: "next" });
    expect(committed(path)).toEqual(["next"]);
  });

  test("promise 6: what the runner is for: two of TypeORM's own transactions get into each other", async () => {
    const path = tempDatabase();
    const source = await sourceFor(path).initialize();
    const [inside, go] = [gate(), gate()];
    const first = source.transaction(async (manager) => { await manager.insert(Item, { name: "first" }); inside.open(); await go.promise; throw new Error("undone"); });
    await inside.promise;
    await source.transaction((manager) => manager.insert(Item, { name: "second" }));
    go.open();
    await rejection(first);
    expect(committed(path)).toEqual([]); // the second was acknowledged
    await source.destroy();
  });
});

// Checked by the compiler; nothing in here runs.
function typeTests(source: DataSource): void {
  const run = typeormRunner(source);
  expectTypeOf(run((manager) => { expectTypeOf(manager).toEqualTypeOf<EntityManager>(); return manager.find(Item); })).toEqualTypeOf<Promise<Item[]>>();
  expectTypeOf(run(() => 1)).toEqualTypeOf<Promise<number>>();
  // @ts-expect-error a typo in the options
  void run(() => 1, { lable: "x" });
  void batchedTransaction(run, ["a"], async (name, manager) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(manager).toEqualTypeOf<EntityManager>();
    await manager.save(Item, { name });
  });
  // @ts-expect-error not a data source
  typeormRunner({});
}

test("the types hold, as the compiler finds", () => {
  expectTypeOf(typeTests).toBeFunction();
});
