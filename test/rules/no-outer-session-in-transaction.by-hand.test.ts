import { runTable } from "./lib/table.js";

const KNEX = `
        import knex from "knex";
        const db = knex({ client: "pg" });`;

const SEQUELIZE = `
        import { DataTypes, Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://app");
        const Order = sequelize.define("order", { state: DataTypes.STRING });
        const Line = sequelize.define("line", { state: DataTypes.STRING });`;

const PG = `
        import { Pool } from "pg";
        const pool = new Pool();`;

const TYPEORM = `
        import { DataSource } from "typeorm";
        import { Order, Line } from "./entities.js";
        const dataSource = new DataSource({ type: "postgres" });`;

/** A transaction of Knex, from line 4 on; `statement` in line 7. */
const inKnex = (statement: string) => `${KNEX}
        export async function save() {
          const trx = await db.transaction();
          try {
            await trx("orders").insert({ id: 1 });
            ${statement}
            await trx.commit();
          } catch (error) {
            await trx.rollback();
            throw error;
          }
        }`;

/** A transaction of pg on a connection of its own, begun in line 6; `statements` from line 7 on. */
const onClient = (statements: string, whenCaught = "") => `${PG}
        export async function save() {
          const client = await pool.connect();
          try {
            await client.query("BEGIN");
            ${statements}
            await client.query("COMMIT");
          } catch (error) {
            await client.query("ROLLBACK");
            ${whenCaught}
            throw error;
          } finally {
            client.release();
          }
        }`;

const DIRECT = { fix: "manual", reason: "use the transaction, or the connection that it was begun on" } as const;
const HELPER = { fix: "manual", reason: "give the helper the transaction or its connection" } as const;
const OPTION = { fix: "manual", reason: "pass the transaction in its options, as `transaction`" } as const;

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "transactions that are begun by hand",
  valid: [
    { name: "a transaction that is begun for many rows alone, and the session otherwise", code: `${KNEX}
        export async function save(rows) {
          const trx = rows.length > 1 ? await db.transaction() : db;
          await trx("orders").insert(rows);
          await db("log").insert({ count: rows.length });
          if (rows.length > 1) await trx.commit();
        }` },
    { name: "a transaction that a function is given, or begins: all of it on that", code: `${KNEX}
        export async function save(rows, given) {
          const trx = given ?? (await db.transaction());
          await trx("orders").insert(rows);
          if (!given) await trx.commit();
        }` },
    { name: "what a function is given instead is the session", code: `${KNEX}
        async function save(rows, given) {
          const trx = given ?? (await db.transaction());
          await trx("orders").insert(rows);
          await db("log").insert({ count: rows.length });
          if (!given) await trx.commit();
        }
        export const saveAll = (rows) => save(rows, db);` },
    { name: "Knex: every statement on the transaction", code: inKnex(`await db("lines").insert({ id: 1 }).transacting(trx);`) },
    { name: "before it begins, after it has ended, and after it was rolled back", code: `${KNEX}
        export async function save() {
          const found = await db("orders").where({ id: 1 });
          const trx = await db.transaction();
          try {
            await trx("orders").insert({ id: 1 });
            await trx.commit();
            await db("log").insert({ what: "saved" });
          } catch (error) {
            await trx.rollback();
            await db("log").insert({ what: "failed" });
            throw error;
          }
          await db("lines").insert({ id: found.length });
        }` },
    { name: "in a branch that has given the transaction up", code: `${KNEX}
        export async function save(id: number) {
          const trx = await db.transaction();
          const found = await trx("orders").where({ id }).first();
          if (!found) {
            await trx.rollback();
            await db("log").insert({ what: "missing" });
            return;
          }
          await trx("orders").where({ id }).del();
          await trx.commit();
        }` },
    { name: "a transaction that begins only sometimes", code: `${KNEX}
        export async function save(own: boolean) {
          let trx;
          if (own) trx = await db.transaction();
          await db("lines").insert({ id: 1 });
          if (trx) await trx.commit();
        }` },
    { name: "Sequelize: options that hold it, or may hold it", code: `${SEQUELIZE}
        export async function save(options: object) {
          const t = await sequelize.transaction();
          const inside = { transaction: t };
          await Order.create({ state: "new" }, { transaction: t });
          await Order.update({ state: "old" }, inside);
          await Line.create({ state: "new" }, options);
          await t.commit();
        }` },
    { name: "pg: every statement on the connection", code: onClient(`await client.query("DELETE FROM orders");`, `await pool.query("INSERT INTO log VALUES ('failed')");`) },
    { name: "pg: another database's pool", code: `${PG}
        const audit = new Pool({ connectionString: "postgres://audit" });
        export async function save() {
          const client = await pool.connect();
          await client.query("BEGIN");
          await audit.query("INSERT INTO log VALUES ('begun')");
          await client.query("COMMIT");
          client.release();
        }` },
    { name: "pg: a helper that takes whichever it is given", code: `${PG}
        const remove = (on: { query(text: string): Promise<unknown> } = pool) => on.query("DELETE FROM orders");
        export async function save() {
          await remove();
          const client = await pool.connect();
          await client.query("BEGIN");
          await remove(client);
          await client.query("COMMIT");
          client.release();
        }` },
    { name: "a connection that is carried along", code: `
        import { AsyncLocalStorage } from "node:async_hooks";
        import { Pool } from "pg";
        const pool = new Pool();
        const storage = new AsyncLocalStorage();
        const run = (text: string) => (storage.getStore() ?? pool).query(text);
        export async function inTransaction(work: () => Promise<void>) {
          const client = await pool.connect();
          await client.query("BEGIN");
          await storage.run(client, work);
          await client.query("COMMIT");
          client.release();
        }
        export const save = () => inTransaction(async () => { await run("DELETE FROM orders"); });` },
    { name: "SQLite's one connection: the session is the transaction", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export function save() {
          db.exec("BEGIN");
          db.prepare("DELETE FROM things").run();
          db.exec("COMMIT");
        }` },
    { name: "a test", file: "src/app.test.ts", code: `${PG}
        export async function save() {
          const client = await pool.connect();
          await client.query("BEGIN");
          await pool.query("DELETE FROM orders");
          await client.query("COMMIT");
          client.release();
        }` },
  ],
  invalid: [
    { name: "a transaction that a function is given, or begins itself", code: `${KNEX}
        export async function save(rows, given) {
          const trx = given ?? (await db.transaction());
          await trx("orders").insert(rows);
          await db("log").insert({ count: rows.length });
          if (!given) await trx.commit();
        }`, findings: [{ line: 6, library: "knex", message: "outside the transaction", ...DIRECT, related: [4] }] },
    { name: "a transaction in the place of another argument", code: `${SEQUELIZE}
        export async function close(id) {
          const t = await sequelize.transaction();
          const lines = await Line.findAll({ where: { order: id } }, t);
          await Order.update({ state: lines.length }, { where: { id }, transaction: t });
          await t.commit();
        }`, findings: [{ line: 7, library: "sequelize", message: "because `transaction` is not passed", ...OPTION, related: [6] }] },
    { name: "the same by its options, and set later", code: `${SEQUELIZE}
        export async function close(id, options) {
          let t;
          try {
            t = options.transaction ? options.transaction : await sequelize.transaction();
            await Order.update({ state: "closed" }, { where: { id }, transaction: t });
            await Line.update({ state: "closed" }, { where: { id } });
            if (!options.transaction) await t.commit();
          } catch (error) {
            if (t && !options.transaction) await t.rollback();
            throw error;
          }
        }`, findings: [{ line: 10, library: "sequelize", message: "because `transaction` is not passed", ...OPTION, related: [8] }] },
    { name: "Knex: the session beside the transaction", code: inKnex(`await db("lines").insert({ id: 1 });`), findings: [{ line: 7, library: "knex", message: "`db` is the knex session around this transaction", ...DIRECT, related: [4] }] },
    { name: "after a branch that gave up and left", code: `${KNEX}
        export async function save(id: number) {
          const trx = await db.transaction();
          const found = await trx("orders").where({ id }).first();
          if (!found) {
            await trx.rollback();
            return;
          }
          if (found.open) {
            await db("lines").where({ order: id }).del();
          }
          await trx.commit();
        }`, findings: [{ line: 11, library: "knex", message: "`db`", ...DIRECT, related: [4] }] },
    { name: "Sequelize: a statement without the option", code: `${SEQUELIZE}
        export async function save() {
          const t = await sequelize.transaction();
          try {
            const order = await Order.create({ state: "new" }, { transaction: t });
            await Line.create({ state: "new" });
            await t.commit();
            return order;
          } catch (error) {
            await t.rollback();
            throw error;
          }
        }`, findings: [{ line: 9, library: "sequelize", message: "because `transaction` is not passed", ...OPTION, related: [6] }] },
    { name: "Sequelize: the option in an argument that the method does not read", code: `${SEQUELIZE}
        export async function remove(id) {
          const t = await sequelize.transaction();
          try {
            await Order.update({ state: "gone" }, { where: { id }, transaction: t });
            await Line.destroy({ where: { order: id } }, { transaction: t });
            await t.commit();
          } catch (error) {
            await t.rollback();
            throw error;
          }
        }`, findings: [{ line: 9, library: "sequelize", message: "because `transaction` is not passed", ...OPTION, related: [6] }] },
    { name: "pg: the pool beside the connection", code: onClient(`await client.query("DELETE FROM orders");
            await pool.query("DELETE FROM lines");`), findings: [{ line: 8, library: "pg", message: "`pool` is not the connection that this pg transaction was begun on", ...DIRECT, related: [6] }] },
    { name: "pg: a helper on the pool", code: `${PG}
        const audit = (what: string) => pool.query("INSERT INTO log VALUES ($1)", [what]);
        export async function save() {
          const client = await pool.connect();
          await client.query("BEGIN");
          await client.query("DELETE FROM orders");
          await audit("deleted");
          await client.query("COMMIT");
          client.release();
        }`, findings: [{ line: 8, library: "pg", message: "`audit` does not run on the connection that this pg transaction was begun on", ...HELPER, related: [6, 3] }] },
    { name: "pg: in the function that a helper runs in its transaction", code: `${PG}
        async function inTransaction(work: (client: unknown) => Promise<void>) {
          const client = await pool.connect();
          try {
            await client.query("BEGIN");
            await work(client);
            await client.query("COMMIT");
          } catch (error) {
            await client.query("ROLLBACK");
            throw error;
          } finally {
            client.release();
          }
        }
        export const save = () => inTransaction(async (client: any) => {
          await client.query("DELETE FROM orders");
          await pool.query("DELETE FROM lines");
        });`, findings: [{ line: 18, library: "pg", message: "`pool`", ...DIRECT, related: [16] }] },
    { name: "mysql2: the pool beside the connection", code: `
        import mysql from "mysql2/promise";
        const pool = mysql.createPool("mysql://app");
        export async function save() {
          const connection = await pool.getConnection();
          await connection.beginTransaction();
          await connection.query("DELETE FROM orders");
          await pool.query("DELETE FROM \`lines\`");
          await connection.commit();
          connection.release();
        }`, findings: [{ line: 7, library: "mysql2", message: "`pool`", ...DIRECT, related: [5] }] },
    { name: "TypeORM: the data source beside its query runner", code: `${TYPEORM}
        export async function save() {
          const runner = dataSource.createQueryRunner();
          await runner.connect();
          await runner.startTransaction();
          try {
            await runner.manager.save(new Order());
            await dataSource.manager.save(new Line());
            await runner.commitTransaction();
          } catch (error) {
            await runner.rollbackTransaction();
            throw error;
          } finally {
            await runner.release();
          }
        }`, findings: [{ line: 10, library: "typeorm", message: "`dataSource`", ...DIRECT, related: [7] }] },
  ],
});
