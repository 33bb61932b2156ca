import Database from "better-sqlite3";
import { DataTypes, Model, Op, Sequelize, Transaction, UniqueConstraintError } from "sequelize";
import type { CreationOptional, InferAttributes, InferCreationAttributes } from "sequelize";
import { describe, expect, expectTypeOf, test } from "vitest";
import { LockTimeoutError, UnsupportedSessionError, batchedTransaction, createSessionFactory, detached } from "sessionfix-runtime";
import { sequelizeRunner, sequelizeSessions, sessionModule } from "sessionfix-runtime/sequelize";
import type { ModuleOptions } from "sessionfix-runtime/sequelize";
import { committed, foreignProcess, gate, onCleanup, rejection, tempDatabase, timersFired } from "../support/database.js";
import { describeRunner, openFiles } from "./contract.js";

class Item extends Model<InferAttributes<Item>, InferCreationAttributes<Item>> {
  declare id: CreationOptional<number>;
  declare name: string;
}

/** A model belongs to one instance, so each instance has a class of its own. */
function instanceFor(path: string, options?: ModuleOptions): Sequelize {
  const sequelize = new Sequelize({ dialect: "sqlite", storage: path, logging: false, dialectModule: sessionModule(Database, options) });
  class Own extends Item {}
  Own.init(
    { id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true }, name: { type: DataTypes.TEXT, unique: true } },
    { sequelize, modelName: "Item", tableName: "item", timestamps: false },
  );
  return sequelize;
}

const items = (sequelize: Sequelize): typeof Item => sequelize.models["Item"] as typeof Item;
const sessionsOf = (path: string) => createSessionFactory({ ...sequelizeSessions((file) => instanceFor(file)), path });
const insert = (transaction: Transaction, name: string) => items((transaction as unknown as { sequelize: Sequelize }).sequelize).create({ name }, { transaction });

describeRunner<Sequelize, Transaction>({
  name: "Sequelize",
  sessions: sessionsOf,
  runner: (sequelize) => sequelizeRunner(sequelize),
  insert,
  names: async (transaction) => (await items((transaction as unknown as { sequelize: Sequelize }).sequelize).findAll({ order: ["id"], transaction })).map(({ name }) => name),
  insertOrRollback: (transaction, name) => (transaction as unknown as { sequelize: Sequelize }).sequelize.query("INSERT OR ROLLBACK INTO item (name) VALUES (?)", { replacements: [name], transaction }),
});

describe("Sequelize", () => {
  test("promise 8: the body gets Sequelize's transaction: models, bulk inserts, raw queries with parameters, returned rows and savepoints", async () => {
    const path = tempDatabase();
    const sequelize = sessionsOf(path).getSession();
    const Own = items(sequelize);
    const count = await sequelizeRunner(sequelize)(async (transaction) => {
      expect(transaction).toBeInstanceOf(Transaction);
      const created = await Own.create({ name: "a" }, { transaction });
      expect(created.id).toBe(1);
      expect((await Own.bulkCreate([{ name: "b" }, { name: "c" }], { transaction })).map(({ name }) => name)).toEqual(["b", "c"]);
      expect(await Own.update({ name: "B" }, { where: { name: "b" }, transaction })).toEqual([1]);
      expect(await Own.destroy({ where: { name: { [Op.in]: ["c"] } }, transaction })).toBe(1);
      await sequelize.query("INSERT INTO item (name) VALUES ($name)", { bind: { name: "named" }, transaction });
      await sequelize.query("INSERT INTO item (name) VALUES ($1)", { bind: ["numbered"], transaction });
      await sequelize.query("INSERT INTO item (name) VALUES (?)", { replacements: ["it's"], transaction });
      await sequelize.transaction({ transaction }, (inner) => Own.create({ name: "nested" }, { transaction: inner }));
      await rejection(sequelize.transaction({ transaction }, async (inner) => { await Own.create({ name: "undone" }, { transaction: inner }); throw new Error("only this one"); }));
      const [found, isNew] = await Own.findOrCreate({ where: { name: "found" }, transaction });
      expect([found.name, isNew]).toEqual(["found", true]);
      return await Own.count({ transaction });
    });
    expect(count).toBe(7);
    expect(committed(path)).toEqual(["a", "B", "named", "numbered", "it's", "nested", "found"]);
  });

  test("promise 10: constraint errors are Sequelize's own", async () => {
    const path = tempDatabase();
    const sequelize = sessionsOf(path).getSession();
    await sequelizeRunner(sequelize)((transaction) => insert(transaction, "a"));
    const error = await rejection(sequelizeRunner(sequelize)((transaction) => insert(transaction, "a")));
    expect(error).toBeInstanceOf(UniqueConstraintError);
    expect(error).toMatchObject({ fields: ["name"], parent: { code: "SQLITE_CONSTRAINT", message: "SQLITE_CONSTRAINT: UNIQUE constraint failed: item.name" } });
    expect(committed(path)).toEqual(["a"]);
  });

  test("promise 8: the transaction is written to wherever it is called from, and calls without it are part of it inside of the body", async () => {
    const path = tempDatabase();
    const sequelize = sessionsOf(path).getSession();
    const Own = items(sequelize);
    await rejection(sequelizeRunner(sequelize)(async (transaction) => {
      await detached(() => insert(transaction, "undone"));
      await Own.create({ name: "undone too" });
      expect(await Own.count()).toBe(2);
      throw new Error("undone");
    }));
    expect(committed(path)).toEqual([]);
  });

  test("promise 8: a transaction that Sequelize itself has ended is closed for late statements", async () => {
    const path = tempDatabase();
    const sequelize = sessionsOf(path).getSession();
    let kept: Transaction | undefined;
    await sequelize.transaction(async (transaction) => { kept = transaction; await insert(transaction, "in time"); });
    expect(await rejection(insert(kept!, "late"))).toBeInstanceOf(Error);
    const go = gate();
    const late = sequelize.transaction(async (transaction) => { void go.promise.then(() => {}); return transaction; }).then(async (transaction) => await rejection(insert(transaction, "later")));
    go.open();
    expect(await late).toBeInstanceOf(Error);
    expect(committed(path)).toEqual(["in time"]);
  });

  test("promise 6: while a transaction is open, a write of another task waits for its turn and a read sees what is committed", async () => {
    const path = tempDatabase();
    const sequelize = sessionsOf(path).getSession();
    const Own = items(sequelize);
    const [inside, go] = [gate(), gate()];
    const open = sequelizeRunner(sequelize)(async (transaction) => { await insert(transaction, "open"); inside.open(); await go.promise; });
    await inside.promise;
    let written = false;
    const other = Own.create({ name: "other" }).then(() => { written = true; });
    const own = sequelize.transaction(async (transaction) => { await insert(transaction, "Sequelize's own"); await insert(transaction, "and more"); });
    expect(await Own.findAll()).toEqual([]);
    await timersFired(5);
    expect(written).toBe(false);
    go.open();
    await Promise.all([open, other, own]);
    expect(committed(path)).toEqual(["open", "other", "Sequelize's own", "and more"]);
  });

  test("promise 6: a hundred of Sequelize's own transactions at once do not interleave, and all that succeed are kept", async () => {
    const path = tempDatabase();
    const sequelize = sessionsOf(path).getSession();
    const kept: string[] = [];
    await Promise.all(Array.from({ length: 100 }, async (_, index) => {
      await sequelize.transaction(async (transaction) => {
        await insert(transaction, `${index} a`);
        if (index % 3 === 0) throw new Error("undone");
        await insert(transaction, `${index} b`);
      }).then(() => { kept.push(`${index} a`, `${index} b`); }, () => {});
    }));
    expect(kept).toHaveLength(132);
    expect(committed(path)).toEqual(kept);
  });

  test("promise 3: a single write waits for another process's lock with a live event loop, and its timeout names the holder", async () => {
    const path = tempDatabase();
    const sequelize = instanceFor(path, { timeoutMs: 40 });
    onCleanup(() => sequelize.close());
    expect(await items(sequelize).count()).toBe(0);
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE");
    const error = await rejection(items(sequelize).create({ name: "never" }));
    expect((error as { parent: unknown }).parent).toBeInstanceOf(LockTimeoutError);
    expect(String(error)).toContain(`process ${other.pid}`);
    const patient = instanceFor(path);
    onCleanup(() => patient.close());
    const pending = items(patient).create({ name: "waited" });
    await timersFired(20);
    await other.run("COMMIT");
    await pending;
    expect(committed(path)).toEqual(["waited"]);
  });

  test("promise 10: what keeps the commit from happening is what the caller gets, and the next transaction works", async () => {
    const path = tempDatabase();
    const sequelize = sessionsOf(path).getSession();
    await sequelize.query("CREATE TABLE child (item INTEGER REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)");
    const run = sequelizeRunner(sequelize);
    expect(await rejection(run((transaction) => sequelize.query("INSERT INTO child VALUES (77)", { transaction })))).toMatchObject({ code: "SQLITE_CONSTRAINT_FOREIGNKEY" });
    expect(await sequelize.query("SELECT * FROM child", { type: "SELECT" })).toEqual([]);
    await run((transaction) => insert(transaction, "next"));
    expect(committed(path)).toEqual(["next"]);
  });

  test("promise 1: one connection, with the engine settings of the module; tables are made and described; closing lets go of the file", async () => {
    const path = tempDatabase("delete");
    const sequelize = instanceFor(path, { engine: { journalMode: "wal", busyTimeoutMs: 1234 } });
    expect(await sequelize.query("PRAGMA journal_mode", { type: "SELECT" })).toEqual([{ journal_mode: "wal" }]);
    const Made = sequelize.define("made", { at: DataTypes.DATE, yes: DataTypes.BOOLEAN, data: DataTypes.JSON, blob: DataTypes.BLOB });
    await sequelize.sync();
    expect(Object.keys(await sequelize.getQueryInterface().describeTable("mades"))).toContain("yes");
    expect(await sequelize.getQueryInterface().showAllTables()).toContain("mades");
    const at = new Date("2026-01-02T03:04:05.678Z");
    await Made.create({ at, yes: true, data: { a: [1] }, blob: Buffer.from("x") });
    expect((await Made.findOne())?.toJSON()).toMatchObject({ at, yes: true, data: { a: [1] }, blob: Buffer.from("x") });
    await sequelize.transaction(async (transaction) => {
      await Made.destroy({ where: {}, transaction });
      expect(new Set(openFiles(path).filter((file) => file === path)).size).toBe(1);
      expect(openFiles(path).filter((file) => file === path)).toHaveLength(1);
    });
    await sequelize.close();
    expect(openFiles(path)).toEqual([]);
  });

  test("promise 9: inside of Sequelize's own transaction a write without it is not part of it, and waits no longer than it may", async () => {
    const path = tempDatabase();
    const sequelize = instanceFor(path, { timeoutMs: 30 });
    onCleanup(() => sequelize.close());
    await sequelize.transaction(async (transaction) => {
      await insert(transaction, "kept");
      expect(await rejection(items(sequelize).create({ name: "never" }))).toMatchObject({ parent: expect.any(LockTimeoutError) as unknown });
    });
    expect(committed(path)).toEqual(["kept"]);
  });

  test("a factory's engine settings are refused: they are the module's", () => {
    const path = tempDatabase();
    const sessions = createSessionFactory({ ...sequelizeSessions((file) => instanceFor(file)), path, engine: { journalMode: "wal" } });
    expect(() => sessions.getSession()).toThrow(UnsupportedSessionError);
  });

  test("a database in memory works, without turns", async () => {
    const sequelize = instanceFor(":memory:");
    await sequelize.sync();
    await sequelizeRunner(sequelize)((transaction) => insert(transaction, "a"));
    await rejection(sequelizeRunner(sequelize)(async (transaction) => { await insert(transaction, "undone"); throw new Error("undone"); }));
    expect((await items(sequelize).findAll()).map(({ name }) => name)).toEqual(["a"]);
    await sequelize.close();
  });

  test("promise 10: Sequelize's own transaction holds the write lock from the beginning, also where its type is DEFERRED, the default", async () => {
    const path = tempDatabase();
    const sequelize = sessionsOf(path).getSession();
    const other = await foreignProcess(path);
    await sequelize.transaction(async (transaction) => {
      expect(await items(sequelize).count({ transaction })).toBe(0);
      expect(await rejection(other.run("BEGIN IMMEDIATE"))).toMatchObject({ message: expect.stringContaining("SQLITE_BUSY") as string });
    });
  });
});

// Checked by the compiler; nothing in here runs.
function typeTests(sequelize: Sequelize): void {
  const run = sequelizeRunner(sequelize);
  expectTypeOf(run((transaction) => { expectTypeOf(transaction).toEqualTypeOf<Transaction>(); return Item.count({ transaction }); })).toEqualTypeOf<Promise<number>>();
  // @ts-expect-error a typo in the options
  void run(() => 1, { lable: "x" });
  void batchedTransaction(run, ["a"], async (name, transaction) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(transaction).toEqualTypeOf<Transaction>();
    await Item.create({ name }, { transaction });
  });
  // @ts-expect-error not an instance
  sequelizeRunner({});
}

test("the types hold, as the compiler finds", () => {
  expectTypeOf(typeTests).toBeFunction();
});
