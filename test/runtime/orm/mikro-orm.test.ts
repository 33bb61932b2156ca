import { EntitySchema, MikroORM, RequestContext } from "@mikro-orm/core";
import { BetterSqliteDriver } from "@mikro-orm/better-sqlite";
import type { SqlEntityManager } from "@mikro-orm/better-sqlite";
import { describe, expect, expectTypeOf, test } from "vitest";
import { UnsupportedSessionError, batchedTransaction, createSessionFactory } from "sessionfix-runtime";
import { mikroOrmRunner, mikroOrmSessions } from "sessionfix-runtime/mikro-orm";
import { RUNNER_CAPABILITIES } from "sessionfix-runtime/batch-types";
import { committed, gate, rejection, tempDatabase, timersFired } from "../support/database.js";
import { describeRunner } from "./contract.js";

interface Item {
  id: number;
  name: string | null;
}

const Item = new EntitySchema<Item>({
  name: "Item",
  tableName: "item",
  properties: { id: { type: "integer", primary: true, autoincrement: true }, name: { type: "text", unique: true, nullable: true } },
});

type Orm = MikroORM<BetterSqliteDriver>;
type Em = Orm["em"];

const sessionsOf = (path: string) => createSessionFactory({
  ...mikroOrmSessions((file) => MikroORM.init<BetterSqliteDriver>({ driver: BetterSqliteDriver, dbName: file, entities: [Item], debug: false })), path,
});

describeRunner<Promise<Orm>, Em>({
  name: "MikroORM",
  sessions: sessionsOf,
  runner: (orm) => mikroOrmRunner(orm),
  insert: (em, name) => em.insert(Item, { name }),
  names: async (em) => (await em.find(Item, {}, { orderBy: { id: "asc" } })).map(({ name }) => name),
  insertOrRollback: (em, name) => em.getConnection().execute("INSERT OR ROLLBACK INTO item (name) VALUES (?)", [name], "run", em.getTransactionContext()),
});

describe("MikroORM", () => {
  test("promise 8: the body gets MikroORM's EntityManager: persisted entities are flushed at the end, nested transactions are savepoints", async () => {
    const path = tempDatabase();
    const orm = await sessionsOf(path).getSession();
    await mikroOrmRunner(orm)(async (em) => {
      expect(em.isInTransaction()).toBe(true);
      const a = em.create(Item, { name: "a" });
      em.persist(a);
      await em.transactional(async (inner) => { inner.persist(inner.create(Item, { name: "nested" })); });
      await rejection(em.transactional(async (inner) => { inner.persist(inner.create(Item, { name: "undone" })); await inner.flush(); throw new Error("only this one"); }));
      await em.flush();
      a.name = "A";
      expect(await em.count(Item)).toBe(2);
      await em.getConnection().execute("insert into item (name) values (?)", ["raw"], "run", em.getTransactionContext());
    });
    expect(new Set(committed(path))).toEqual(new Set(["A", "nested", "raw"]));
    await rejection(mikroOrmRunner(orm)(async (em) => { em.persist(em.create(Item, { name: "undone" })); await em.flush(); throw new Error("undone"); }));
    expect(await orm.em.fork().count(Item)).toBe(3);
  });

  test("promise 8: in a request's context entities that a transaction wrote are the request's own afterwards", async () => {
    const path = tempDatabase();
    const orm = await sessionsOf(path).getSession();
    await RequestContext.create(orm.em, async () => {
      const created = await mikroOrmRunner(orm)(async (em) => { const item = em.create(Item, { name: "a" }); em.persist(item); return item; });
      expect(await orm.em.findOne(Item, { name: "a" })).toBe(created);
      created.name = "b";
      await orm.em.flush();
    });
    expect(committed(path)).toEqual(["b"]);
  });

  test("promise 6: MikroORM's own transactions, flushes and queries wait in its pool while a transaction is open, and the other way round", async () => {
    const path = tempDatabase();
    const orm = await sessionsOf(path).getSession();
    const [inside, go] = [gate(), gate()];
    const open = mikroOrmRunner(orm)(async (em) => { await em.insert(Item, { name: "open" }); inside.open(); await go.promise; });
    await inside.promise;
    let written = false;
    const own = orm.em.fork().transactional(async (em) => { written = true; await em.insert(Item, { name: "own" }); });
    await timersFired(1); // until it has asked the pool
    const next = mikroOrmRunner(orm)((em) => em.insert(Item, { name: "next" }));
    await timersFired(5);
    expect(written).toBe(false);
    go.open();
    await Promise.all([open, own, next]);
    expect(committed(path)).toEqual(["open", "own", "next"]);
  });

  test("promise 12: entities that were persisted in a savepoint that fails are not written later", async () => {
    const path = tempDatabase();
    const orm = await sessionsOf(path).getSession();
    const run = mikroOrmRunner(orm);
    const savepoint = run[RUNNER_CAPABILITIES].savepoint!.bind(run[RUNNER_CAPABILITIES]);
    await run(async (em) => {
      em.persist(em.create(Item, { name: "before" }));
      await rejection(savepoint(em, async () => { em.persist(em.create(Item, { name: "undone" })); throw new Error("only this item"); }));
      await rejection(savepoint(em, async () => { em.persist(em.create(Item, { name: "before" })); }));
      await savepoint(em, async () => { em.persist(em.create(Item, { name: "after" })); });
    });
    expect(committed(path)).toEqual(["before", "after"]);
  });

  test("promise 11: a batched run flushes with each batch", async () => {
    const path = tempDatabase();
    const orm = await sessionsOf(path).getSession();
    const seen: number[] = [];
    const run = mikroOrmRunner(orm);
    await batchedTransaction(run, ["a", "b", "c"], (name, em) => { em.persist(em.create(Item, { name })); }, {
      batchSize: 2, onProgress: () => { seen.push(committed(path).length); },
    });
    expect(seen).toEqual([2, 3]);
  });

  test("an instance without Knex is refused", () => {
    expect(() => mikroOrmRunner({ em: { getConnection: () => ({}) }, close: async () => {} })).toThrow(UnsupportedSessionError);
  });

  test("promise 9: in the body orm.em is the transaction's own; a fork made by hand would wait for it, which is refused", async () => {
    const path = tempDatabase();
    const orm = await sessionsOf(path).getSession();
    const fork = orm.em.fork();
    await rejection(mikroOrmRunner(orm)(async (em) => {
      await orm.em.insert(Item, { name: "undone" });
      expect(await em.count(Item)).toBe(1);
      expect(await rejection(fork.insert(Item, { name: "never" }))).toMatchObject({ message: expect.stringContaining("would wait for ever") as string });
      throw new Error("undone");
    }));
    expect(committed(path)).toEqual([]);
  });

  test("a factory's engine settings are refused: the connection is the pool's", async () => {
    const path = tempDatabase();
    const sessions = createSessionFactory({ ...mikroOrmSessions((file) => MikroORM.init<BetterSqliteDriver>({ driver: BetterSqliteDriver, dbName: file, entities: [Item] })), path, engine: { journalMode: "wal" } });
    expect(await rejection(sessions.getSession())).toBeInstanceOf(UnsupportedSessionError);
  });
});

// Checked by the compiler; nothing in here runs.
function typeTests(orm: Orm): void {
  const run = mikroOrmRunner(orm);
  expectTypeOf(run((em) => { expectTypeOf(em).toEqualTypeOf<Em>(); return em.find(Item, {}); })).resolves.toExtend<Item[]>();
  expectTypeOf<Em>().toExtend<SqlEntityManager<BetterSqliteDriver>>();
  // @ts-expect-error a typo in the options
  void run(() => 1, { lable: "x" });
  void batchedTransaction(run, ["a"], async (name, em) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(em).toEqualTypeOf<Em>();
    await em.insert(Item, { name });
  });
  // @ts-expect-error not an instance
  mikroOrmRunner({});
}

test("the types hold, as the compiler finds", () => {
  expectTypeOf(typeTests).toBeFunction();
});
