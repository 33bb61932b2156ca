import { WITH_TRANSACTION } from "./lib/lender.js";
import { runTable } from "./lib/table.js";
import { WRAPPER } from "./lib/wrapper.js";

const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

const SQLITE = `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");`;

const KNEX = `
        import knex from "knex";
        const db = knex({ client: "pg" });`;

const REASON = "is yours to decide";

runTable({
  rule: "no-nested-transaction",
  theme: "basics",
  valid: [
    { name: "a module's own export of a name that another module exports as well", code: {
      "src/db.js": `
        const { Sequelize } = require("sequelize");
        module.exports = new Sequelize("postgres://app");`,
      "src/with-transaction.js": WITH_TRANSACTION,
      "src/service.js": `
        const sequelize = require("./db");
        const Order = sequelize.define("order", {});
        exports.importAll = async (rows, t) => {
          const made = [];
          for (const row of rows) made.push(await exports.create(row, t));
          return made;
        };
        module.exports.importOne = (row, t) => module.exports.create(row, t);
        exports.create = (row, t) => Order.create(row, { transaction: t });`,
      "src/routes.js": `
        const app = require("express")();
        const service = require("./service");
        const withTransaction = require("./with-transaction");
        exports.create = async (req, res) => res.json(await withTransaction((t) => service.create(req.body, t)));
        exports.importAll = async (req, res) => res.json(await withTransaction((t) => service.importAll(req.body, t)));
        exports.importOne = async (req, res) => res.json(await withTransaction((t) => service.importOne(req.body, t)));
        app.post("/orders", exports.create);
        app.post("/import", exports.importAll);
        app.post("/import/one", exports.importOne);`,
    } },
    { name: "a helper on the way that looks whether one is open", code: `
        import { PrismaClient } from "@prisma/client";
        const client = new PrismaClient();
        class Jobs {
          constructor(session = client) { this.session = session; }
          static inTransaction(work) { return client.$transaction((tx) => { const jobs = new Jobs(tx); jobs.currentTransaction = tx; return work(jobs); }); }
          async status(id) {
            const find = (jobs) => jobs.session.job.findUnique({ where: { id } });
            if (!this.currentTransaction) return Jobs.inTransaction(find);
            return find(this);
          }
        }
        export const run = (id) => Jobs.inTransaction(async (jobs) => jobs.status(id));` },
    { name: "one after the other", code: `${PRISMA}
        export async function save() {
          await prisma.$transaction(async (tx) => { await tx.order.deleteMany(); });
          await prisma.$transaction(async (tx) => { await tx.line.deleteMany(); });
        }` },
    { name: "a savepoint on the handle", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle("postgres://app");
        export const save = () => db.transaction(async (tx) => {
          await tx.transaction(async (inner) => { await inner.delete(things); });
        });` },
    { name: "a helper that nests on the handle it is given", code: `${KNEX}
        const clear = (client) => client.transaction(async (trx) => { await trx("lines").del(); });
        export const save = () => db.transaction(async (trx) => { await clear(trx); });` },
    { name: "a helper that begins one unless it is given the handle", code: `${KNEX}
        const clear = (trx) => (trx ? trx("lines").del() : db.transaction(async (own) => { await own("lines").del(); }));
        export const save = () => db.transaction(async (trx) => { await clear(trx); });` },
    { name: "better-sqlite3 makes a savepoint of it", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const clear = db.transaction(() => { db.prepare("DELETE FROM lines").run(); });
        export const save = db.transaction(() => { clear(); });` },
    { name: "Drizzle on better-sqlite3, likewise", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { things } from "./schema.js";
        const db = drizzle(new Database("app.db"));
        export const save = () => db.transaction((tx) => {
          tx.insert(things).values({}).run();
          db.transaction((inner) => { inner.delete(things).run(); });
        });` },
    { name: "what another constant of the same kind holds", code: {
      "src/db.ts": `
        import knex, { type Knex } from "knex";
        class Database {
          knex: Knex;
          constructor(settings: object) { this.knex = knex({ client: "pg", connection: settings }); }
        }
        export const db = new Database({});
        export const logs = new Database({ database: "logs" });`,
      "src/app.ts": `
        import { db, logs } from "./db.js";
        export const save = (rows: object[]) => db.knex.transaction(async (trx) => {
          await trx("flows").insert(rows);
          await logs.knex.transaction(async (other) => { await other("events").insert(rows); });
        });`,
    } },
    { name: "a transaction of another session", code: `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const audit = new PrismaClient({ datasourceUrl: "postgres://audit" });
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await audit.$transaction(async (other) => { await other.event.create({ data: {} }); });
        });` },
    { name: "one that begins later", code: `${PRISMA}
        const clear = () => prisma.$transaction(async (tx) => { await tx.line.deleteMany(); });
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          setImmediate(() => { void clear(); });
        });` },
    { name: "BEGIN only when none is open", code: `${SQLITE}
        function clear() {
          const own = !db.isTransaction;
          if (own) db.exec("BEGIN");
          db.exec("DELETE FROM lines");
          if (own) db.exec("COMMIT");
        }
        export function save() {
          db.exec("BEGIN");
          clear();
          db.exec("COMMIT");
        }` },
    { name: "a helper that joins the transaction that is open", code: `${KNEX}
        class Unit {
          private trx;
          run(work) {
            if (this.inTransaction) return work();
            return db.transaction(async (own) => {
              this.inTransaction = true;
              await work(own);
              this.inTransaction = false;
            });
          }
        }
        const unit = new Unit();
        const clear = () => unit.run(async () => undefined);
        export const save = () => unit.run(async () => { await clear(); });` },
    { name: "BEGIN after COMMIT", code: `${SQLITE}
        function clear() {
          db.exec("BEGIN");
          db.exec("DELETE FROM lines");
          db.exec("COMMIT");
        }
        export function save() {
          db.exec("BEGIN");
          db.exec("DELETE FROM orders");
          db.exec("COMMIT");
          clear();
        }` },
    { name: "a savepoint as SQL", code: `${SQLITE}
        export function save() {
          db.exec("BEGIN");
          db.exec("SAVEPOINT inner");
          db.exec("DELETE FROM lines");
          db.exec("RELEASE inner");
          db.exec("COMMIT");
        }` },
    { name: "a savepoint or BEGIN, by how deep it is", code: {
        "src/database.ts": WRAPPER,
        "src/save.ts": `
        import { Database } from "./database.js";
        const db = new Database("app.db");
        const addLine = db.transaction((name: string) => { db.prepare("INSERT INTO lines (name) VALUES (?)").run(name); });
        export const save = db.transaction((names: string[]) => {
          db.prepare("DELETE FROM orders").run();
          for (const name of names) addLine(name);
        });` } },
    { name: "a namesake", code: `${PRISMA}
        const ledger = { $transaction: async (work: () => Promise<void>) => work() };
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await ledger.$transaction(async () => undefined);
        });` },
    { name: "a library that the options leave out", options: { ignoreLibraries: ["@prisma/client"] }, code: `${PRISMA}
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await prisma.$transaction(async (inner) => { await inner.line.deleteMany(); });
        });` },
    { name: "a test", file: "test/save.test.ts", code: `${PRISMA}
        export const save = () => prisma.$transaction(async () => {
          await prisma.$transaction(async (inner) => { await inner.line.deleteMany(); });
        });` },
    { name: "begun by a helper that has the handle, for later", code: `${KNEX}
        const drain = () => db.transaction(async (own) => { await own("queue").del(); });
        async function check(trx, line) {
          await trx("lines").where(line).update({ queued: true });
          void drain();
        }
        export const save = (line) => db.transaction(async (trx) => { await check(trx, line); });` },
    { name: "a helper that is given the handle and reads it", code: `${KNEX}
        async function add(tx, line) {
          const begin = tx ? (work) => work(tx) : (work) => db.transaction(work);
          return await begin(async (tx) => { await tx("lines").insert(line); });
        }
        async function move(tx, line) {
          await tx("lines").where(line).del();
          return await db.transaction(async (tx) => { await tx("moved").insert(line); });
        }
        export const save = (line) => db.transaction(async (tx) => { await add(tx, line); await move(tx, line); });` },
    { name: "a helper that has the handle makes a repository of it", code: `${KNEX}
        class Lines {
          constructor(on) { this.on = on; }
          move(line) { return this.on.transaction(async (own) => { await own("lines").where(line).update({ moved: true }); }); }
        }
        export const lines = new Lines(db);
        async function check(trx, line) {
          const own = new Lines(trx);
          await own.move(line);
        }
        export const save = (line) => db.transaction(async (trx) => { await check(trx, line); });` },
  ],
  invalid: [
    { name: "a helper that has the handle calls one that has not", code: `${KNEX}
        const mayMove = () => db.transaction(async (own) => own("rights").first());
        async function check(trx, line) {
          if (await trx("lines").where(line).first()) await mayMove();
        }
        export const save = (line) => db.transaction(async (trx) => { await check(trx, line); });`, findings: [{ line: 5, library: "knex", message: "begins inside another one", fix: "manual", reason: REASON, related: [7, 7, 3] }] },
    { name: "a helper that is given the handle, under a name that its own transaction's hides", code: `${KNEX}
        async function add(tx, line) {
          return await db.transaction(async (tx) => { await tx("lines").insert(line); });
        }
        export const save = (line) => db.transaction(async (tx) => { await add(tx, line); });`, findings: [{ line: 4, library: "knex", message: "begins inside another one", fix: "manual", reason: REASON, related: [6, 6] }] },
    { name: "on the session, inside", code: `${PRISMA}
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await prisma.$transaction(async (inner) => { await inner.line.deleteMany(); });
        });`, findings: [{ line: 5, library: "@prisma/client", message: "begins inside another one", fix: "manual", reason: REASON, related: [3] }] },
    { name: "a helper that also runs statements on the session", code: `${PRISMA}
        const recount = async () => {
          await prisma.counter.deleteMany();
          await prisma.$transaction(async (own) => { await own.counter.create({ data: { n: 0 } }); });
        };
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await recount();
        });`, findings: [{ line: 9, library: "@prisma/client", message: "begins inside another one", fix: "manual", reason: REASON, related: [7, 5] }] },
    { name: "through a helper", code: `${PRISMA}
        const clear = () => prisma.$transaction(async (tx) => { await tx.line.deleteMany(); });
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await clear();
        });`, findings: [{ line: 6, library: "@prisma/client", message: "Use the outer transaction's handle", fix: "manual", reason: REASON, related: [4, 3] }] },
    { name: "through a helper, on one of several sessions that are kept in one place", code: {
      "src/db.ts": `
        import { PrismaClient } from "@prisma/client";
        const kept = new Map();
        function keep(name, make) {
          if (!kept.has(name)) kept.set(name, make());
          return kept.get(name);
        }
        export const prisma = keep("main", () => new PrismaClient());
        export const reports = keep("reports", () => new PrismaClient({ datasourceUrl: "postgres://reports" }));`,
      "src/members.ts": `
        import { prisma } from "./db.js";
        export async function join(id) { await prisma.$transaction(async (tx) => { await tx.member.create({ data: { id } }); }); }`,
      "src/link.ts": `
        import { prisma } from "./db.js";
        import { join } from "./members.js";
        export const link = (id) => prisma.$transaction(async (tx) => {
          await tx.account.create({ data: { id } });
          await join(id);
        });`,
    }, findings: [{ file: "src/link.ts", line: 5, library: "@prisma/client", message: "begins inside another one", fix: "manual", reason: REASON, related: ["src/link.ts:3", "src/members.ts:2"] }] },
    { name: "through a helper in another file", code: {
      "src/db.ts": `
        import { PrismaClient } from "@prisma/client";
        export const prisma = new PrismaClient();`,
      "src/lines.ts": `
        import { prisma } from "./db.js";
        export const clear = () => prisma.$transaction(async (tx) => { await tx.line.deleteMany(); });`,
      "src/save.ts": `
        import { prisma } from "./db.js";
        import { clear } from "./lines.js";
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await Promise.all([clear()]);
        });`,
    }, findings: [{ file: "src/save.ts", line: 5, library: "@prisma/client", message: "begins inside", fix: "manual", reason: REASON, related: ["src/save.ts:3", "src/lines.ts:2"] }] },
    { name: "a method of the same class", code: `
        import { PrismaClient } from "@prisma/client";
        class Client extends PrismaClient {}
        export class Orders {
          constructor(private readonly prisma: Client) {}
          clear() { return this.prisma.$transaction(async (tx) => { await tx.line.deleteMany(); }); }
          save() {
            return this.prisma.$transaction(async (tx) => {
              await tx.order.deleteMany();
              await this.clear();
            });
          }
        }`, findings: [{ line: 9, library: "@prisma/client", message: "begins inside", fix: "manual", reason: REASON, related: [7, 5] }] },
    { name: "a parameter of a declared type, which is the receiver", code: `
        import type { PrismaClient } from "@prisma/client";
        export const save = (client: PrismaClient) => client.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await client.$transaction(async (inner) => { await inner.line.deleteMany(); });
        });`, findings: [{ line: 4, library: "@prisma/client", message: "begins inside", fix: "manual", reason: REASON, related: [2] }] },
    { name: "Knex", code: `${KNEX}
        export const save = () => db.transaction(async (trx) => {
          await trx("orders").del();
          await db.transaction(async (inner) => { await inner("lines").del(); });
        });`, findings: [{ line: 5, library: "knex", message: "begins inside", fix: "manual", reason: REASON, related: [3] }] },
    { name: "Kysely", code: `
        import { Kysely, PostgresDialect } from "kysely";
        import { Pool } from "pg";
        const db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool() }) });
        const clear = () => db.transaction().execute(async (trx) => { await trx.deleteFrom("lines").execute(); });
        export const save = () => db.transaction().execute(async (trx) => {
          await trx.deleteFrom("orders").execute();
          await clear();
        });`, findings: [{ line: 7, library: "kysely", message: "begins inside", fix: "manual", reason: REASON, related: [5, 4] }] },
    { name: "Drizzle on a server", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle("postgres://app");
        export const save = () => db.transaction(async (tx) => {
          await tx.insert(things).values({});
          await db.transaction(async (inner) => { await inner.delete(things); });
        });`, findings: [{ line: 6, library: "drizzle-orm", message: "begins inside", fix: "manual", reason: REASON, related: [4] }] },
    { name: "TypeORM", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        const clear = () => source.transaction(async (manager) => { await manager.query("DELETE FROM lines"); });
        export const save = () => source.transaction(async (manager) => {
          await manager.query("DELETE FROM orders");
          await clear();
        });`, findings: [{ line: 6, library: "typeorm", message: "begins inside", fix: "manual", reason: REASON, related: [4, 3] }] },
    { name: "Sequelize", code: `
        import { Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://app");
        export const save = () => sequelize.transaction(async (t) => {
          await sequelize.query("DELETE FROM orders", { transaction: t });
          await sequelize.transaction(async (inner) => { await sequelize.query("DELETE FROM lines", { transaction: inner }); });
        });`, findings: [{ line: 5, library: "sequelize", message: "begins inside", fix: "manual", reason: REASON, related: [3] }] },
    { name: "a helper of the program runs both", code: `${PRISMA}
        const inTransaction = (work) => prisma.$transaction((tx) => work(tx));
        const clear = () => inTransaction(async (tx) => { await tx.line.deleteMany(); });
        export const save = () => inTransaction(async (tx) => {
          await tx.order.deleteMany();
          await clear();
        });`, findings: [{ line: 7, library: "@prisma/client", message: "begins inside", fix: "manual", reason: REASON, related: [5, 3] }] },
    { name: "BEGIN inside BEGIN on one connection", code: `${SQLITE}
        function clear() {
          db.exec("BEGIN");
          db.exec("DELETE FROM lines");
          db.exec("COMMIT");
        }
        export function save() {
          db.exec("BEGIN");
          db.exec("DELETE FROM orders");
          clear();
          db.exec("COMMIT");
        }`, findings: [{ line: 11, library: "node:sqlite", message: "which SQLite refuses", fix: "manual", reason: REASON, related: [9, 4] }] },
    { name: "BEGIN inside a transaction of better-sqlite3", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        function clear() {
          db.exec("BEGIN");
          db.exec("DELETE FROM lines");
          db.exec("COMMIT");
        }
        export const save = db.transaction(() => { clear(); });`, findings: [{ line: 8, message: "which SQLite refuses", fix: "manual", reason: REASON, related: [8, 4] }] },
    { name: "on the constant of a module that another one passes on as a whole", code: {
      "src/db/client.ts": `
        import type { Kysely } from "kysely";
        import { openPool } from "@app/pool";
        export const db: Kysely<Tables> = openPool(process.env.DATABASE_URL);`,
      "src/db/index.ts": `
        export * from "./client.js";
        export * from "./errors.js";`,
      "src/db/errors.ts": `
        export const CODES = { unique: "23505" };`,
      "src/publish.ts": `
        import { db } from "./db/index.js";
        export const publish = (id: string) => db.transaction().execute(async (tx) => {
          await tx.insertInto("events").values({ id }).execute();
        });`,
      "src/app.ts": `
        import { db } from "./db/index.js";
        import { publish } from "./publish.js";
        export const rename = (id: string, name: string) => db.transaction().execute(async (tx) => {
          await tx.updateTable("things").set({ name }).where("id", "=", id).execute();
          await publish(id);
        });`,
    }, findings: [{ file: "src/app.ts", line: 5, library: "kysely", message: "begins inside", fix: "manual", reason: REASON, related: ["src/app.ts:3", "src/publish.ts:2"] }] },
    { name: "on a session of a class of the project's own, which no handle is", code: {
      "src/kysely.ts": `
        import { Kysely as Native, PostgresDialect } from "kysely";
        import pg from "pg";
        export class Kysely<Tables> extends Native<Tables> {}
        export const createDb = (url: string): Kysely<Tables> => new Kysely<Tables>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) });`,
      "src/db.ts": `
        import { createDb, type Kysely } from "./kysely.js";
        export const db: Kysely<Tables> = createDb(process.env.DATABASE_URL);`,
      "src/app.ts": `
        import { db } from "./db.js";
        const publish = (id: string) => db.transaction().execute(async (tx) => {
          await tx.insertInto("events").values({ id }).execute();
        });
        export const rename = (id: string, name: string) => db.transaction().execute(async (tx) => {
          await tx.updateTable("things").set({ name }).where("id", "=", id).execute();
          await publish(id);
        });`,
    }, findings: [{ file: "src/app.ts", line: 7, library: "kysely", message: "begins inside", fix: "manual", reason: REASON, related: ["src/app.ts:5", "src/app.ts:2"] }] },
    { name: "on what a module's constant holds", code: {
      "src/db.ts": `
        import knex, { type Knex } from "knex";
        class Database {
          knex: Knex;
          constructor(settings: object) { this.knex = knex({ client: "pg", connection: settings }); }
        }
        export const openOther = (settings: object) => new Database(settings);
        export const db = new Database({});`,
      "src/scripts.ts": `
        import { db } from "./db.js";
        export const scripts = {
          async update(rows: object[]) {
            await db.knex.transaction(async (trx) => { await trx("scripts").insert(rows); });
          },
        };`,
      "src/deploy.ts": `
        import { db } from "./db.js";
        import { scripts } from "./scripts.js";
        export const deploy = (rows: object[]) => db.knex.transaction(async (trx) => {
          await trx("flows").insert(rows);
          await scripts.update(rows);
        });`,
    }, findings: [{ file: "src/deploy.ts", line: 5, library: "knex", message: "begins inside", fix: "manual", reason: REASON, related: ["src/deploy.ts:3", "src/scripts.ts:4"] }] },
  ],
});
