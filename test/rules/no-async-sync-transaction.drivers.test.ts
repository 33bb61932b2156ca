import { describe, expect, it } from "vitest";
import { noAsyncSyncTransaction } from "../../rules/no-async-sync-transaction.js";
import { suggested } from "./lib/suggested.js";
import { runTable } from "./lib/table.js";

const AWAITS = { message: "ends when its function first awaits", fix: "manual", reason: "has to move out of it" } as const;
const PROMISE = { message: "does not wait for a promise", fix: "manual", reason: "callers may rely on the promise" } as const;

const DB = `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const add = db.prepare("INSERT INTO things (name) VALUES (?)");`;

const DRIZZLE = `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { things } from "./schema.js";
        const db = drizzle(new Database("app.db"));`;

runTable({
  rule: "no-async-sync-transaction",
  theme: "drivers",
  valid: [
    { name: "a synchronous function", code: `${DB}
        export const save = db.transaction((name) => add.run(name));` },
    { name: "the async function is around it", code: `${DB}
        export async function save(name) {
          const label = await fetch("https://labels.example/" + name);
          db.transaction(() => add.run(label.status))();
        }` },
    { name: "Drizzle with run", code: `${DRIZZLE}
        export function save(name) {
          db.transaction((tx) => {
            tx.insert(things).values({ name }).run();
          });
        }` },
    { name: "Drizzle on a server waits", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle("postgres://localhost/app");
        export const save = (name) => db.transaction(async (tx) => { await tx.insert(things).values({ name }); });` },
    { name: "Prisma waits", code: `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        export const save = (name) => prisma.$transaction(async (tx) => { await tx.thing.create({ data: { name } }); });` },
    { name: "Knex waits", code: `
        import knex from "knex";
        const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });
        export const save = (name) => db.transaction(async (trx) => { await trx("things").insert({ name }); });` },
    { name: "Kysely waits", code: `
        import { Kysely, SqliteDialect } from "kysely";
        import Database from "better-sqlite3";
        const db = new Kysely({ dialect: new SqliteDialect({ database: new Database("app.db") }) });
        export const save = (name) => db.transaction().execute(async (trx) => { await trx.insertInto("things").values({ name }).execute(); });` },
    { name: "a namesake of the application's own", code: `
        class Ledger { transaction(work) { return work(); } }
        const db = new Ledger();
        export const save = () => db.transaction(async () => { await fetch("https://labels.example"); });` },
    { name: "another package's transaction", code: `
        import { db } from "another-database";
        export const save = () => db.transaction(async (tx) => { await tx.save(); });` },
    { name: "node:sqlite has no transaction function", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        export const save = () => db.transaction(async () => { await fetch("https://labels.example"); });` },
    { name: "an async function made in it, run later", code: `${DB}
        export const save = db.transaction((name) => {
          add.run(name);
          return { announce: async () => { await fetch("https://labels.example"); } };
        });` },
    { name: "a library that is left out", options: { ignoreLibraries: ["better-sqlite3"] }, code: `${DB}
        export const save = db.transaction(async (name) => { await null; add.run(name); });` },
    { name: "a test", file: "test/app.test.ts", code: `${DB}
        db.transaction(async (name) => { await null; add.run(name); });` },
  ],
  invalid: [
    { name: "better-sqlite3", code: `${DB}
        export const save = db.transaction(async (name) => {
          const label = await fetch("https://labels.example/" + name);
          add.run(label.status);
        });`, findings: [{ line: 4, ...AWAITS }] },
    { name: "nothing is awaited", code: `${DB}
        export const save = db.transaction(async (name) => {
          add.run(name);
        });`, findings: [{ line: 4, ...PROMISE, fix: "review" }] },
    { name: "nothing is awaited, and nobody looks at the promise", code: `${DB}
        export function save(name) {
          db.transaction(async () => {
            add.run(name);
          })();
        }`, findings: [{ line: 5, message: PROMISE.message, fix: "safe" }] },
    { name: "an async function expression, run at once", code: `${DB}
        export function save(name) {
          db.transaction(async function () { await null; add.run(name); })();
        }`, findings: [{ line: 5, ...AWAITS }] },
    { name: "for await", code: `${DB}
        export const save = db.transaction(async (names) => {
          for await (const name of names) add.run(name);
        });`, findings: [{ line: 4, ...AWAITS }] },
    { name: "bun:sqlite", code: `
        import { Database } from "bun:sqlite";
        const db = new Database("app.db");
        export const save = db.transaction(async (name) => { await null; db.run("INSERT INTO things VALUES (?)", [name]); });`,
      findings: [{ line: 3, library: "bun:sqlite", ...AWAITS }] },
    { name: "libsql", code: `
        import Database from "libsql";
        const db = new Database("app.db");
        export const save = db.transaction(async (name) => { await null; db.prepare("INSERT INTO things VALUES (?)").run(name); });`,
      findings: [{ line: 3, library: "libsql", ...AWAITS }] },
    { name: "Drizzle on better-sqlite3", code: `${DRIZZLE}
        export async function save(name) {
          await db.transaction(async (tx) => {
            await tx.insert(things).values({ name });
          });
        }`, findings: [{ line: 6, library: "drizzle-orm", ...AWAITS }] },
    { name: "Drizzle, with a mode", code: `${DRIZZLE}
        export async function save(name) {
          await db.transaction(async (tx) => { await tx.insert(things).values({ name }); }, { behavior: "immediate" });
        }`, findings: [{ line: 6, library: "drizzle-orm", ...AWAITS }] },
    { name: "by a declared type", code: `
        import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
        import { things } from "./schema.js";
        export async function save(db: BetterSQLite3Database, name: string) {
          await db.transaction(async (tx) => { await tx.insert(things).values({ name }); });
        }`, findings: [{ line: 4, library: "drizzle-orm", ...AWAITS }] },
    { name: "a field of a class", code: `
        import type Database from "better-sqlite3";
        export class Things {
          constructor(private readonly db: Database.Database) {}
          save(name: string) {
            return this.db.transaction(async () => { await null; this.db.prepare("INSERT INTO things VALUES (?)").run(name); })();
          }
        }`, findings: [{ line: 5, ...AWAITS, fix: "review", reason: "the runtime's transaction" }] },
    { name: "it gives back the promise of an async function", code: `${DB}
        async function saveAll(names) {
          for (const name of names) { await null; add.run(name); }
        }
        export const save = db.transaction((names) => saveAll(names));`, findings: [{ line: 7, ...PROMISE }] },
    { name: "it gives back Promise.all", code: `${DB}
        export const save = db.transaction((names) => Promise.all(names.map((name) => add.run(name))));`, findings: [{ line: 4, ...PROMISE }] },
    { name: "in a migration, too", file: "src/migrations/one.ts", code: `${DB}
        db.transaction(async () => { await null; add.run("one"); })();`, findings: [{ line: 4, ...AWAITS }] },
    { name: "one of two functions is async", code: `${DB}
        const quick = () => add.run("a");
        const slow = async () => { await null; add.run("b"); };
        export const save = db.transaction(process.env.SLOW ? slow : quick);`,
      findings: [{ line: 6, confidence: "likely", ...AWAITS }] },
  ],
});

describe("no-async-sync-transaction: suggestions", () => {
  it("drop `async` where nothing is awaited and nothing is promised", () => {
    expect(suggested(noAsyncSyncTransaction, `${DB}
        export const save = db.transaction(async (name) => {
          add.run(name);
        });`)).toEqual([{ message: "Drop `async`: nothing is awaited in the function.", code: expect.stringContaining("db.transaction((name) => {\n  add.run(name);") as string }]);
  });

  it.each([
    ["something is awaited", `${DB}
        export const save = db.transaction(async (name) => { await null; add.run(name); });`],
    ["a builder is given back, which runs when it is awaited", `${DRIZZLE}
        export const save = (name) => db.transaction(async (tx) => tx.insert(things).values({ name }));`],
    ["what is given back may be a promise", `${DB}
        export const save = db.transaction(async (name) => announce(name));`],
  ])("offer nothing where %s", (_, code) => {
    expect(suggested(noAsyncSyncTransaction, code)).toEqual([]);
  });
});
