import { describe, expect, it } from "vitest";
import { noFloatingQueryInTransaction } from "../../rules/no-floating-query-in-transaction.js";
import { suggested } from "./lib/suggested.js";
import { runTable } from "./lib/table.js";

const FLOATS = { message: "Nobody waits for this", fix: "manual", reason: "when what follows runs" } as const;

const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

const PG = `
        import { Pool } from "pg";
        const pool = new Pool();`;

runTable({
  rule: "no-floating-query-in-transaction",
  theme: "statements",
  valid: [
    { name: "Knex: the statement's own end ends the transaction", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        export const load = (id) => db.transaction((trx) => {
          db.raw("SELECT * FROM things WHERE id = ?", [id]).transacting(trx).then(trx.commit).catch(trx.rollback);
        });` },
    { name: "awaited", code: `${PRISMA}
        export const save = (name) => prisma.$transaction(async (tx) => { await tx.thing.create({ data: { name } }); });` },
    { name: "given back", code: `${PRISMA}
        export const save = (name) => prisma.$transaction((tx) => tx.thing.create({ data: { name } }));` },
    { name: "collected and awaited", code: `${PRISMA}
        export const save = (names) => prisma.$transaction(async (tx) => {
          const jobs = names.map((name) => tx.thing.create({ data: { name } }));
          await Promise.all(jobs);
        });` },
    { name: "a list of operations", code: `${PRISMA}
        export async function save(names) {
          const jobs = [];
          for (const name of names) jobs.push(prisma.thing.create({ data: { name } }));
          await prisma.$transaction(jobs);
        }` },
    { name: "void says that it is meant", code: `${PRISMA}
        export const save = (name) => prisma.$transaction(async (tx) => {
          await tx.thing.create({ data: { name } });
          void tx.audit.create({ data: { name } });
        });` },
    { name: "on the session, beside a transaction that takes its handle", code: `${PRISMA}
        export const save = (name) => prisma.$transaction(async (tx) => {
          await tx.thing.create({ data: { name } });
          prisma.audit.create({ data: { name } }).catch(() => undefined);
        });` },
    { name: "a synchronous driver", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const save = db.transaction((name) => { db.prepare("INSERT INTO things VALUES (?)").run(name); });` },
    { name: "Drizzle on a synchronous driver", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { things } from "./schema.js";
        const db = drizzle(new Database("app.db"));
        export const save = (name) => db.transaction((tx) => { tx.insert(things).values({ name }).run(); });` },
    { name: "pg with a callback", code: `${PG}
        export async function save(name, done) {
          const client = await pool.connect();
          await client.query("BEGIN");
          client.query("INSERT INTO things VALUES ($1)", [name], (error) => done(error));
          await client.query("COMMIT");
          client.release();
        }` },
    { name: "sqlite3 calls back", code: `
        import sqlite3 from "sqlite3";
        const db = new sqlite3.Database("app.db");
        export function save(name) {
          db.serialize(() => {
            db.run("BEGIN");
            db.run("INSERT INTO things VALUES (?)", [name]);
            db.run("COMMIT");
          });
        }` },
    { name: "a builder that is kept and awaited", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        export const find = (name) => db.transaction(async (trx) => {
          const query = trx("things").select();
          if (name) query.where({ name });
          return await query;
        });` },
    { name: "an in-memory list's forEach", code: `${PRISMA}
        export const save = (names) => prisma.$transaction(async (tx) => {
          const seen = new Set();
          names.forEach((name) => seen.add(name));
          await tx.thing.createMany({ data: [...seen] });
        });` },
    { name: "a message that is sent on the side, with a row in it", code: `${PRISMA}
        class Bus { async publish(topic, body) { await fetch(topic, { body }); } }
        const bus = new Bus();
        export const save = (name) => prisma.$transaction(async (tx) => {
          const thing = await tx.thing.create({ data: { name } });
          bus.publish("things", { id: thing.id, thing });
        });` },
    { name: "a namesake", code: `
        const tx = { thing: { create() { return 1; } }, $transaction(run) { return run(tx); } };
        export const save = () => tx.$transaction(async (handle) => { handle.thing.create(); });` },
    { name: "a library that is left out", options: { ignoreLibraries: ["@prisma/client"] }, code: `${PRISMA}
        export const save = (name) => prisma.$transaction(async (tx) => { tx.thing.create({ data: { name } }); });` },
    { name: "a builder that is changed step by step, and awaited once", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        export const bump = (id, columns) => db.transaction(async (trx) => {
          const update = trx("users").where("id", id);
          columns.forEach((column) => {
            update.increment(column);
          });
          if (columns.length > 2) update.update({ many: true });
          await update.update({ updated_at: new Date() });
        });` },
  ],
  invalid: [
    { name: "a builder that is kept in a name, run and dropped", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        export const bump = (id) => db.transaction(async (trx) => {
          const users = trx("users").where("id", id);
          users.increment("visits").then(() => console.log("done"));
          await trx("log").insert({ id });
        });`, findings: [{ line: 5, library: "knex", related: [3], ...FLOATS }] },
    { name: "Prisma", code: `${PRISMA}
        export const save = (name) => prisma.$transaction(async (tx) => {
          tx.thing.create({ data: { name } });
        });`, findings: [{ line: 4, library: "@prisma/client", related: [3], ...FLOATS }] },
    { name: "its error is caught, and nobody waits", code: `${PRISMA}
        export const save = (name) => prisma.$transaction(async (tx) => {
          await tx.thing.create({ data: { name } });
          tx.audit.create({ data: { name } }).catch(console.error);
        });`, findings: [{ line: 5, library: "@prisma/client", related: [3], ...FLOATS }] },
    { name: "the transaction's function takes no handle", code: `${PRISMA}
        export const save = (name) => prisma.$transaction(async () => {
          prisma.thing.create({ data: { name } });
        });`, findings: [{ line: 4, library: "@prisma/client", related: [3], ...FLOATS }] },
    { name: "pg between BEGIN and COMMIT", code: `${PG}
        export async function save(name) {
          const client = await pool.connect();
          await client.query("BEGIN");
          client.query("INSERT INTO things VALUES ($1)", [name]);
          await client.query("COMMIT");
          client.release();
        }`, findings: [{ line: 6, library: "pg", related: [5], ...FLOATS }] },
    { name: "Knex", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        export const save = (name) => db.transaction(async (trx) => {
          trx("things").insert({ name }).then(() => undefined);
        });`, findings: [{ line: 4, library: "knex", related: [3], ...FLOATS }] },
    { name: "Kysely", code: `
        import { Kysely, PostgresDialect } from "kysely";
        import { Pool } from "pg";
        const db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool() }) });
        export const save = (name) => db.transaction().execute(async (trx) => {
          trx.insertInto("things").values({ name }).execute();
        });`, findings: [{ line: 5, library: "kysely", related: [4], ...FLOATS }] },
    { name: "Drizzle on a server", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle("postgres://localhost/app");
        export const save = (name) => db.transaction(async (tx) => {
          tx.insert(things).values({ name });
        });`, findings: [{ line: 5, library: "drizzle-orm", related: [4], ...FLOATS }] },
    { name: "TypeORM", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export const save = (thing) => source.transaction(async (manager) => {
          manager.save(thing);
        });`, findings: [{ line: 4, library: "typeorm", related: [3], ...FLOATS }] },
    { name: "forEach with an async callback", code: `${PRISMA}
        export const save = (names) => prisma.$transaction(async (tx) => {
          names.forEach(async (name) => {
            await tx.thing.create({ data: { name } });
          });
        });`, findings: [{ line: 4, library: "@prisma/client", related: [3], message: "`forEach` drops the promises", fix: "manual", reason: "when what follows runs" }] },
    { name: "statements that are given the handle: Objection's, in forEach", code: `
        import { Model } from "objection";
        class Label extends Model {}
        export async function save(names) {
          const trx = await Label.startTransaction();
          try {
            names.forEach(async (name) => {
              await Label.query(trx).insert({ name });
            });
            await trx.commit();
          } catch (error) {
            await trx.rollback();
            throw error;
          }
        }`, findings: [{ line: 6, library: "objection", related: [4], message: "`forEach` drops the promises", fix: "manual", reason: "when what follows runs" }] },
    { name: "statements that are given the handle: Sequelize's, in their options", code: `
        import { DataTypes, Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://app");
        const Label = sequelize.define("label", { name: DataTypes.STRING });
        export const save = (name) => sequelize.transaction(async (transaction) => {
          await Label.destroy({ where: { name }, transaction });
          Label.create({ name }, { transaction });
        });`, findings: [{ line: 6, library: "sequelize", related: [4], ...FLOATS }] },
    { name: "map whose result goes nowhere", code: `${PRISMA}
        export const save = (names) => prisma.$transaction(async (tx) => {
          names.map(async (name) => { await tx.thing.create({ data: { name } }); });
        });`, findings: [{ line: 4, library: "@prisma/client", related: [3], message: "`map` drops the promises", fix: "manual", reason: "when what follows runs" }] },
    { name: "a helper that is given the handle", code: `${PRISMA}
        async function note(tx, name) { await tx.audit.create({ data: { name } }); }
        export const save = (name) => prisma.$transaction(async (tx) => {
          note(tx, name);
        });`, findings: [{ line: 5, library: "@prisma/client", related: [4], message: "Nobody waits for `note`", fix: "manual", reason: "when what follows runs" }] },
    { name: "in a helper of another file", code: {
      "src/notes.ts": `
        import type { Prisma } from "@prisma/client";
        export async function note(tx: Prisma.TransactionClient, name: string) {
          tx.audit.create({ data: { name } });
        }`,
      "src/app.ts": `
        import { PrismaClient } from "@prisma/client";
        import { note } from "./notes.js";
        const prisma = new PrismaClient();
        export const save = (name: string) => prisma.$transaction(async (tx) => { await note(tx, name); });`,
    }, findings: [{ file: "src/notes.ts", line: 3, library: "@prisma/client", related: ["src/app.ts:4"], ...FLOATS }] },
  ],
});

runTable({
  rule: "no-floating-query-in-transaction",
  theme: "transactions",
  valid: [
    { name: "given back", code: `${PRISMA}
        export const save = (jobs) => prisma.$transaction(jobs.map((job) => prisma.thing.create({ data: job })));` },
    { name: "with its error caught, on its own", code: `${PRISMA}
        export function save(name) {
          prisma.$transaction(async (tx) => { await tx.thing.create({ data: { name } }); }).catch(console.error);
        }` },
    { name: "Knex, ended by hand", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        export function save(name) {
          db.transaction((trx) => trx("things").insert({ name }).then(trx.commit).catch(trx.rollback));
        }` },
    { name: "a script's last line", file: "scripts/clear.ts", code: `${PRISMA}
        prisma.$transaction([prisma.thing.deleteMany()]);` },
    { name: "not checked", options: { checkTransactions: false }, code: `${PRISMA}
        export async function save(name) {
          prisma.$transaction(async (tx) => { await tx.thing.create({ data: { name } }); });
        }` },
  ],
  invalid: [
    { name: "a list", code: `${PRISMA}
        export async function save(names, response) {
          const jobs = names.map((name) => prisma.thing.create({ data: { name } }));
          prisma.$transaction(jobs);
          response.end();
        }`, findings: [{ line: 5, library: "@prisma/client", ...FLOATS }] },
    { name: "a function", code: `${PRISMA}
        export async function save(name) {
          prisma.$transaction(async (tx) => { await tx.thing.create({ data: { name } }); });
        }`, findings: [{ line: 4, library: "@prisma/client", ...FLOATS }] },
  ],
});

describe("no-floating-query-in-transaction: suggestions", () => {
  it("add await", () => {
    expect(suggested(noFloatingQueryInTransaction, `${PRISMA}
        export const save = (name) => prisma.$transaction(async (tx) => {
          tx.thing.create({ data: { name } }).catch(console.error);
        });`)).toEqual([{ message: "Await it.", code: expect.stringContaining("  await tx.thing.create({ data: { name } }).catch(console.error);") as string }]);
  });

  it("offer nothing in a function that is not async, or for forEach", () => {
    expect(suggested(noFloatingQueryInTransaction, `${PRISMA}
        export const save = (names) => prisma.$transaction(async (tx) => {
          names.forEach(async (name) => { await tx.thing.create({ data: { name } }); });
          names.forEach((name) => { tx.thing.create({ data: { name } }); });
        });`)).toEqual([]);
  });
});
