import { runTable } from "./lib/table.js";

const PARALLEL = { message: "starts several statements on one", fix: "review", reason: "the first error keeps the rest" } as const;

const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

const PG = `
        import { Pool } from "pg";
        const pool = new Pool();`;

const begun = (body: string) => `${PG}
        export async function save(names) {
          const client = await pool.connect();
          await client.query("BEGIN");
          ${body}
          await client.query("COMMIT");
          client.release();
        }`;

const TYPEORM = `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });`;

runTable({
  rule: "no-parallel-in-transaction",
  theme: "combinators",
  valid: [
    { name: "functions that are written beside the handle", code: begun(`const check = async (name) => { if (!name) throw new Error("a name"); };
          await Promise.all(names.map(async (name) => { await check(name); }));`) },
    { name: "one after the other", code: begun(`for (const name of names) await client.query("INSERT INTO things VALUES ($1)", [name]);`) },
    { name: "on the pool", code: `${PG}
        export const load = () => Promise.all([pool.query("SELECT 1"), pool.query("SELECT 2")]);` },
    { name: "before the transaction", code: `${TYPEORM}
        export async function save(ids) {
          const rows = await Promise.all(ids.map((id) => fetch("https://things.example/" + id)));
          await source.transaction(async (manager) => { await manager.save(rows); });
        }` },
    { name: "Prisma's list of operations", code: `${PRISMA}
        export const save = (names) => prisma.$transaction(names.map((name) => prisma.thing.create({ data: { name } })));` },
    { name: "only one operand is on the handle", code: `${TYPEORM}
        export const save = (thing) => source.transaction(async (manager) => {
          await Promise.all([manager.save(thing), render(thing)]);
        });` },
    { name: "operands that never touch the handle", code: `${TYPEORM}
        export const save = (things) => source.transaction(async (manager) => {
          const labels = await Promise.all(things.map((thing) => label(thing)));
          await manager.save(labels);
        });` },
    { name: "what a turn starts and leaves is no operand", code: `${TYPEORM}
        export const save = (things) => source.transaction(async (manager) => {
          await Promise.all(things.map((thing) => { manager.save(thing); }));
        });` },
    { name: "a transaction for each", code: `${TYPEORM}
        export const save = (things) => Promise.all(things.map((thing) => source.transaction(async (manager) => { await manager.save(thing); })));` },
    { name: "allSettled waits for all of them", code: `${TYPEORM}
        export const save = (things) => source.transaction(async (manager) => {
          await Promise.allSettled(things.map((thing) => manager.save(thing)));
        });` },
    { name: "postgres sends them in a pipeline on purpose", code: `
        import postgres from "postgres";
        const sql = postgres("postgres://localhost/app");
        export const save = (a, b) => sql.begin(async (tx) => {
          await Promise.all([tx\`INSERT INTO things VALUES (\${a})\`, tx\`INSERT INTO things VALUES (\${b})\`]);
        });` },
    { name: "a synchronous driver", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const save = db.transaction((names) => { names.map((name) => db.prepare("INSERT INTO things VALUES (?)").run(name)); });` },
    { name: "the application's own Promise", code: `${TYPEORM}
        const Promise = { all: async (list) => { for (const run of list) await run; } };
        export const save = (a, b) => source.transaction(async (manager) => { await Promise.all([manager.save(a), manager.save(b)]); });` },
    { name: "a list that is filled with one statement, and with other promises", code: `${TYPEORM}
        export const save = (thing, labels) => source.transaction(async (manager) => {
          const jobs = [];
          jobs.push(manager.save(thing));
          for (const label of labels) jobs.push(render(label));
          await Promise.all(jobs);
        });` },
    { name: "a list that is filled with one of two statements", code: `${TYPEORM}
        export const save = (thing) => source.transaction(async (manager) => {
          const jobs = [render(thing)];
          if (thing.id) jobs.push(manager.update("things", thing.id, thing));
          else jobs.push(manager.insert("things", thing));
          await Promise.all(jobs);
        });` },
    { name: "a list of functions, which start nothing", code: `${TYPEORM}
        export const save = (things) => source.transaction(async (manager) => {
          const jobs = [];
          for (const thing of things) jobs.push(() => manager.save(thing));
          await Promise.all(jobs.map(later));
        });` },
    { name: "one statement a turn", code: `${TYPEORM}
        export const save = (things) => source.transaction(async (manager) => {
          for (const thing of things) {
            const jobs = [];
            jobs.push(manager.save(thing));
            jobs.push(render(thing));
            await Promise.all(jobs);
          }
        });` },
    { name: "a helper that is given the session, in and out of transactions", code: `${TYPEORM}
        const load = (things) => Promise.all(things.map((thing) => source.manager.save(thing)));
        export const save = (things) => source.transaction(async (manager) => { await load(things); await manager.save(things); });
        export const saveAll = (things) => load(things);` },
    { name: "a seed", file: "prisma/seed.ts", code: `${PRISMA}
        await prisma.$transaction(async (tx) => {
          await Promise.all([tx.thing.create({ data: {} }), tx.owner.create({ data: {} })]);
        });` },
    { name: "Sequelize: the handle where the method reads no options, so that nothing of it runs on the transaction", code: `
        import { DataTypes, Sequelize } from "sequelize";
        const sequelize = new Sequelize({ dialect: "sqlite", storage: "app.db" });
        const Page = sequelize.define("Page", { chapter: DataTypes.INTEGER });
        const Chapter = sequelize.define("Chapter", { title: DataTypes.STRING });
        async function removePages(chapter, t = null) {
          const pages = await Page.findAll({ where: { chapter } }, { transaction: t });
          await Promise.all(pages.map(async (page) => { await Page.destroy({ where: { id: page.id } }, { transaction: t }); }));
        }
        export async function remove(id) {
          const t = await sequelize.transaction();
          try {
            await removePages(id, t);
            await Chapter.destroy({ where: { id }, transaction: t });
            await t.commit();
          } catch (error) {
            await t.rollback();
            throw error;
          }
        }` },
    { name: "a library that is left out", options: { ignoreLibraries: ["typeorm"] }, code: `${TYPEORM}
        export const save = (a, b) => source.transaction(async (manager) => { await Promise.all([manager.save(a), manager.save(b)]); });` },
  ],
  invalid: [
    { name: "Sequelize: the handle among the options, a list that is mapped", code: `
        import { DataTypes, Sequelize } from "sequelize";
        const sequelize = new Sequelize({ dialect: "sqlite", storage: "app.db" });
        const Thing = sequelize.define("Thing", { place: DataTypes.INTEGER });
        export const order = (ids) => sequelize.transaction((transaction) =>
          Promise.all(ids.map((id, place) => Thing.update({ place }, { where: { id }, transaction }))));`,
      findings: [{ line: 5, library: "sequelize", related: [4], ...PARALLEL }] },
    { name: "Sequelize: a transaction of its own hand, and SQL", code: `
        import { Sequelize } from "sequelize";
        const sequelize = new Sequelize({ dialect: "sqlite", storage: "app.db" });
        export async function remove(id) {
          const transaction = await sequelize.transaction();
          try {
            await Promise.all([
              sequelize.query("DELETE FROM things_tags WHERE tag = ?", { replacements: [id], transaction }),
              sequelize.query("DELETE FROM notes_tags WHERE tag = ?", { replacements: [id], transaction }),
            ]);
            await transaction.commit();
          } catch (error) {
            await transaction.rollback();
            throw error;
          }
        }`,
      findings: [{ line: 6, library: "sequelize", related: [4], ...PARALLEL }] },
    { name: "pg: a list of two", code: begun(`await Promise.all([client.query("INSERT INTO things VALUES (1)"), client.query("INSERT INTO owners VALUES (1)")]);`),
      findings: [{ line: 6, library: "pg", related: [5], ...PARALLEL }] },
    { name: "pg: a list that is mapped", code: begun(`await Promise.all(names.map((name) => client.query("INSERT INTO things VALUES ($1)", [name])));`),
      findings: [{ line: 6, library: "pg", related: [5], ...PARALLEL }] },
    { name: "pg: race", code: begun(`await Promise.race([client.query("SELECT 1"), client.query("SELECT 2")]);`),
      findings: [{ line: 6, library: "pg", related: [5], ...PARALLEL, fix: "manual" }] },
    { name: "pg: in a list that is spread", code: begun(`await Promise.all([client.query("SELECT 1"), ...names.map((name) => client.query("INSERT INTO things VALUES ($1)", [name]))]);`),
      findings: [{ line: 6, library: "pg", related: [5], ...PARALLEL }] },
    { name: "TypeORM", code: `${TYPEORM}
        export const save = (a, b) => source.transaction(async (manager) => {
          await Promise.all([manager.save(a), manager.save(b)]);
        });`, findings: [{ line: 4, library: "typeorm", related: [3], ...PARALLEL }] },
    { name: "TypeORM: given back", code: `${TYPEORM}
        export const save = (things) => source.transaction((manager) => Promise.all(things.map((thing) => manager.save(thing))));`,
      findings: [{ line: 3, library: "typeorm", related: [3], ...PARALLEL }] },
    { name: "TypeORM: async callbacks", code: `${TYPEORM}
        export const save = (things) => source.transaction(async (manager) => {
          await Promise.all(things.map(async (thing) => { await manager.save(thing); }));
        });`, findings: [{ line: 4, library: "typeorm", related: [3], ...PARALLEL }] },
    { name: "Drizzle on pg", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { owners, things } from "./schema.js";
        const db = drizzle("postgres://localhost/app");
        export const clear = () => db.transaction(async (tx) => {
          await Promise.all([tx.delete(things), tx.delete(owners)]);
        });`, findings: [{ line: 5, library: "drizzle-orm", related: [4], ...PARALLEL }] },
    { name: "Prisma: likely", code: `${PRISMA}
        export const save = (names) => prisma.$transaction(async (tx) => {
          await Promise.all(names.map((name) => tx.thing.create({ data: { name } })));
        });`, findings: [{ line: 4, library: "@prisma/client", confidence: "likely", related: [3], ...PARALLEL }] },
    { name: "Prisma: collected first", code: `${PRISMA}
        export const save = (names) => prisma.$transaction(async (tx) => {
          const jobs = names.map((name) => tx.thing.create({ data: { name } }));
          await Promise.all(jobs);
        });`, findings: [{ line: 5, library: "@prisma/client", confidence: "likely", related: [3], ...PARALLEL }] },
    { name: "Knex: likely", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        export const save = (names) => db.transaction(async (trx) => {
          await Promise.all(names.map((name) => trx("things").insert({ name })));
        });`, findings: [{ line: 4, library: "knex", confidence: "likely", related: [3], ...PARALLEL }] },
    { name: "helpers that are given the handle", code: `${TYPEORM}
        async function saveThing(manager, thing) { await manager.save(thing); }
        export const save = (a, b) => source.transaction(async (manager) => {
          await Promise.all([saveThing(manager, a), saveThing(manager, b)]);
        });`, findings: [{ line: 5, library: "typeorm", related: [4], ...PARALLEL }] },
    { name: "a list that is filled in a loop", code: `${TYPEORM}
        export const save = (things) => source.transaction(async (manager) => {
          const jobs = [];
          for (const thing of things) {
            if (thing.isNew) jobs.push(manager.save(thing));
          }
          await Promise.all(jobs);
        });`, findings: [{ line: 8, library: "typeorm", related: [3], ...PARALLEL }] },
    { name: "a list that is filled by an array's method", code: `${TYPEORM}
        export const save = (things) => source.transaction(async (manager) => {
          const jobs: Promise<unknown>[] = [];
          things.forEach((thing) => { jobs.push(manager.save(thing)); });
          await Promise.all(jobs);
        });`, findings: [{ line: 6, library: "typeorm", related: [3], ...PARALLEL }] },
    { name: "a list that is filled step by step", code: `${TYPEORM}
        export const save = (a, b) => source.transaction(async (manager) => {
          const jobs = [manager.save(a)];
          if (b) jobs.push(manager.save(b));
          await Promise.all(jobs);
        });`, findings: [{ line: 6, library: "typeorm", related: [3], ...PARALLEL }] },
    { name: "in a helper that is given the handle", code: `${TYPEORM}
        async function saveAll(manager, things) {
          await Promise.all(things.map(async (thing) => { await manager.save(thing); }));
        }
        export const save = (things) => source.transaction(async (manager) => { await saveAll(manager, things); });`,
      findings: [{ line: 4, library: "typeorm", related: [6, 6], ...PARALLEL }] },
    { name: "operands that were started before, by names", code: `${TYPEORM}
        const clear = (manager, table) => manager.delete(table, {});
        export const reset = () => source.transaction(async (manager) => {
          const things = clear(manager, "things");
          const owners = clear(manager, "owners");
          await Promise.all([things, owners]);
        });`, findings: [{ line: 7, library: "typeorm", related: [4], ...PARALLEL }] },
    { name: "a handle by the type that all of Drizzle's drivers have", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import type { PgTransaction } from "drizzle-orm/pg-core";
        import { things } from "./schema.js";
        const db = drizzle("postgres://localhost/app");
        async function saveAll(tx: PgTransaction<Result, Schema, Tables>, names: string[]) {
          const jobs = names.map(async (name) => { await tx.insert(things).values({ name }); });
          await Promise.all(jobs);
        }
        export const save = (names: string[]) => db.transaction(async (tx) => { await saveAll(tx, names); });`,
      findings: [{ line: 7, library: "drizzle-orm", related: [9, 9], ...PARALLEL }] },
    { name: "functions that are written around the handle", code: begun(`const check = async (name) => { await client.query("SELECT 1 FROM things WHERE name = $1", [name]); };
          await Promise.all(names.map(async (name) => { await check(name); }));`), findings: [{ line: 7, library: "pg", related: [5], ...PARALLEL }] },
    { name: "a list under a name, in a helper of another file", code: {
      "src/things.ts": `
        import type { EntityManager } from "typeorm";
        export async function saveThings(manager: EntityManager, things: object[]) {
          const jobs = things.map((thing) => manager.save(thing));
          await Promise.all(jobs);
        }`,
      "src/app.ts": `
        import { DataSource } from "typeorm";
        import { saveThings } from "./things.js";
        const source = new DataSource({ type: "postgres" });
        export const save = (things: object[]) => source.transaction(async (manager) => { await saveThings(manager, things); });`,
    }, findings: [{ file: "src/things.ts", line: 4, library: "typeorm", related: ["src/app.ts:4", "src/app.ts:4"], ...PARALLEL }] },
  ],
});
