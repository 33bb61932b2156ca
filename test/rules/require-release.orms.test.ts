import { runTable, type Expected } from "./lib/table.js";

const found = (line: number, message: string, more: Partial<Expected> = {}): Expected => ({ line, message, library: "pg", fix: "manual", reason: "where it is given back depends", ...more });
/** The release can move into a `finally` by itself. */
const SAFE = { fix: "safe", reason: undefined } as const;
const unsafe = (line: number, at: number, more: Partial<Expected> = {}) => found(line, "When something fails before it is given back", { related: [at], ...more });

runTable({
  rule: "require-release",
  theme: "runners and transactions of ORMs",
  valid: [
    { name: "TypeORM's query runner in try and finally", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export async function move() {
          const runner = source.createQueryRunner();
          try {
            await runner.connect();
            await runner.startTransaction();
            await runner.query("UPDATE things SET n = 1");
            await runner.commitTransaction();
          } catch (error) {
            await runner.rollbackTransaction();
            throw error;
          } finally {
            await runner.release();
          }
        }` },
    { name: "Sequelize: committed, or rolled back", code: `
        import { Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://localhost/app");
        export async function move() {
          const transaction = await sequelize.transaction();
          try {
            await sequelize.query("UPDATE things SET n = 1", { transaction });
            await transaction.commit();
          } catch (error) {
            await transaction.rollback();
            throw error;
          }
        }` },
    { name: "Sequelize: ended in a branch before what comes after it there", code: `
        import { Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://localhost/shop");
        export async function add(items: string[], undo: (item: string) => Promise<void>) {
          const failed: unknown[] = [];
          const transaction = await sequelize.transaction();
          for (const item of items)
            try {
              await sequelize.query("INSERT INTO items VALUES ('a')", { transaction });
            } catch (error) {
              failed.push(error);
            }
          if (failed.length > 0) {
            await transaction.rollback();
            for (const item of items) await undo(item);
          } else {
            await transaction.commit();
          }
          return failed;
        }` },
    { name: "Sequelize: in a callback", code: `
        import { Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://localhost/app");
        export const move = () => sequelize.transaction(async (transaction) => {
          await sequelize.query("UPDATE things SET n = 1", { transaction });
        });` },
    { name: "TypeORM: the data source that it was taken from is destroyed in any case", code: `
        import { DataSource } from "typeorm";
        export async function move(options) {
          const source = new DataSource(options);
          await source.initialize();
          try {
            const runner = source.createQueryRunner();
            await runner.query("UPDATE things SET n = 1");
            await runner.release();
          } finally {
            await source.destroy();
          }
        }` },
    { name: "TypeORM: what fails before a runner is used has lost nothing", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export async function move() {
          const runner = source.createQueryRunner();
          const count = await countOf("things");
          try {
            await runner.query("UPDATE things SET n = $1", [count]);
          } finally {
            await runner.release();
          }
        }` },
    { name: "TypeORM: its own runner or the one that it is given, in any case", code: `
        import { DataSource, type QueryRunner } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export async function load(given?: QueryRunner) {
          const runner = given ?? source.createQueryRunner();
          try {
            return await runner.query("SELECT * FROM things");
          } finally {
            if (given === undefined) await runner.release();
          }
        }` },
    { name: "TypeORM: its own runner or the one that it is given, and handed on", code: `
        import { DataSource, type QueryRunner } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export async function runnerFor(given?: QueryRunner) {
          const runner = given ?? source.createQueryRunner();
          await runner.startTransaction();
          return runner;
        }` },
    { name: "TypeORM: a runner on SQLite is the one connection that there is", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "better-sqlite3", database: "app.db" });
        export async function move() {
          const runner = source.createQueryRunner();
          await runner.query("UPDATE things SET n = 1");
          await runner.release();
        }` },
    { name: "TypeORM: what fails to connect has taken nothing", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export async function move() {
          const runner = source.createQueryRunner();
          await runner.connect();
          try {
            await runner.query("UPDATE things SET n = 1");
          } finally {
            await runner.release();
          }
        }` },
    { name: "Kysely's commit and rollback are run as queries", code: `
        import { Kysely, PostgresDialect } from "kysely";
        import { Pool } from "pg";
        const db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool() }) });
        export async function move() {
          const trx = await db.startTransaction().execute();
          try {
            await trx.updateTable("things").set({ n: 1 }).execute();
            await trx.commit().execute();
          } catch (error) {
            await trx.rollback().execute();
            throw error;
          }
        }` },
  ],
  invalid: [
    { name: "TypeORM's query runner", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export async function move() {
          const runner = source.createQueryRunner();
          await runner.query("UPDATE things SET n = 1");
          await runner.release();
        }`, findings: [unsafe(4, 5, { library: "typeorm", ...SAFE })] },
    { name: "TypeORM: its own runner or the one that it is given, and not when a query fails", code: `
        import { DataSource, type QueryRunner } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export async function load(given?: QueryRunner) {
          const runner = given ?? source.createQueryRunner();
          const things = await runner.query("SELECT * FROM things");
          if (given === undefined) await runner.release();
          return things;
        }`, findings: [{ ...unsafe(4, 5), library: "typeorm" }] },
    { name: "TypeORM: a runner that others were handed before", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export async function move() {
          const runner = source.createQueryRunner();
          const count = await countOf("things", runner);
          try {
            await runner.query("UPDATE things SET n = $1", [count]);
          } finally {
            await runner.release();
          }
        }`, findings: [found(4, "An `await` stands between this typeorm connection", { library: "typeorm", related: [5], reason: "where it is given back depends" })] },
    { name: "TypeORM: connected, and the transaction does not begin: likely", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export async function move() {
          const runner = source.createQueryRunner();
          await runner.connect();
          await runner.startTransaction();
          try {
            await runner.query("UPDATE things SET n = 1");
            await runner.commitTransaction();
          } finally {
            await runner.release();
          }
        }`, findings: [found(4, "An `await` stands between this typeorm connection", { library: "typeorm", related: [6], reason: "where it is given back depends", confidence: "likely" })] },
    { name: "Sequelize: no rollback", code: `
        import { Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://localhost/app");
        export async function move() {
          const transaction = await sequelize.transaction();
          await sequelize.query("UPDATE things SET n = 1", { transaction });
          await transaction.commit();
        }`, findings: [unsafe(4, 5, { library: "sequelize", message: "this sequelize transaction is lost" })] },
    { name: "Sequelize: rolled back in another branch", code: `
        import { Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://localhost/shop");
        export async function add(check: () => Promise<boolean>, undo: () => Promise<void>) {
          const transaction = await sequelize.transaction();
          if (await check()) {
            await transaction.rollback();
          } else {
            await undo();
            await transaction.commit();
          }
        }`, findings: [{ ...unsafe(4, 5), library: "sequelize" }] },
    { name: "Kysely: no rollback", code: `
        import { Kysely, PostgresDialect } from "kysely";
        import { Pool } from "pg";
        const db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool() }) });
        export async function move() {
          const trx = await db.startTransaction().execute();
          await trx.updateTable("things").set({ n: 1 }).execute();
          await trx.commit().execute();
        }`, findings: [unsafe(5, 6, { library: "kysely" })] },
  ],
});
