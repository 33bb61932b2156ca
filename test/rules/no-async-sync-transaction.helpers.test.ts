import { runTable } from "./lib/table.js";

const AWAITS = { message: "ends when its function first awaits", fix: "manual", reason: "has to move out of it" } as const;

const DB_FILE = `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        const sqlite = new Database("app.db");
        export const db = drizzle(sqlite);
        export type DB = typeof db;`;

runTable({
  rule: "no-async-sync-transaction",
  theme: "helpers and files",
  valid: [
    { name: "a helper that awaits what it runs, by hand", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        async function inTransaction(work) {
          db.exec("BEGIN IMMEDIATE");
          const result = await work();
          db.exec("COMMIT");
          return result;
        }
        export const save = (name) => inTransaction(async () => { await fetch("https://labels.example/" + name); });` },
    { name: "a helper tells a listener on the side", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const add = db.prepare("INSERT INTO things (name) VALUES (?)");
        function save(name, onSaved) {
          db.transaction(() => {
            add.run(name);
            onSaved(name);
          })();
        }
        export const run = () => save("a", async (name) => { await fetch("https://labels.example/" + name); });` },
    { name: "one of several stores, whose own database takes async functions", code: `
        import Database from "better-sqlite3";
        import { open } from "lmdb";
        class Rows {
          constructor(db) { this.db = db; }
          clear() { this.db.exec("DELETE FROM things"); }
        }
        class Keys {
          constructor(db) { this.db = db; }
          async clear() { await this.db.transaction(async () => { for await (const { key } of this.db.getRange({})) await this.db.remove(key); }); }
        }
        const stores = { rows: () => new Rows(new Database("app.db")), keys: () => new Keys(open("keys", {})) };
        export const clear = (kind) => stores[kind]().clear();` },
    { name: "a value of two drivers, of which one waits", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
        const create = { sqlite: () => drizzle(new Database("app.db")), postgres: () => drizzlePg("postgres://localhost/app") };
        const db = process.env.PG ? create.postgres() : create.sqlite();
        export const save = () => db.transaction(async (tx) => { await tx.run("DELETE FROM things"); });` },
    { name: "a branch by driver, with a cast to the one that waits", code: {
      "src/db.ts": DB_FILE,
      "src/transactions.ts": `
        import type { NodePgDatabase } from "drizzle-orm/node-postgres";
        import type { DB } from "./db.js";
        interface Work {
          slow: (db: NodePgDatabase) => Promise<void>;
          quick: (db: DB) => void;
        }
        export async function byDriver(db: DB, work: Work) {
          if (process.env.PG) await work.slow(db as unknown as NodePgDatabase);
          else work.quick(db);
        }`,
      "src/app.ts": `
        import { db } from "./db.js";
        import { things } from "./schema.js";
        import { byDriver } from "./transactions.js";
        export const clear = () => byDriver(db, {
          async slow(db) { await db.transaction(async (tx) => { await tx.delete(things); }); },
          quick(db) { db.transaction((tx) => { tx.delete(things).run(); }); },
        });`,
    } },
  ],
  invalid: [
    { name: "a helper passes the function on", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        function inTransaction(work) {
          return db.transaction(work)();
        }
        export const save = () => inTransaction(async () => { await null; db.exec("DELETE FROM things"); });`, findings: [{ line: 6, ...AWAITS }] },
    { name: "a helper gives back what the function promises", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const inTransaction = (work) => db.transaction(() => work(db)).immediate();
        export const save = () => inTransaction(async (on) => { await null; on.exec("DELETE FROM things"); });`, findings: [{ line: 4, ...AWAITS }] },
    { name: "the helper's own function is async: one finding, in the helper", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const inTransaction = (work) => db.transaction(async () => { await work(); })();
        export const save = () => inTransaction(async () => { await null; });`, findings: [{ line: 3, ...AWAITS, fix: "review", reason: "the runtime's transaction" }] },
    { name: "the session is imported, and a context's", code: {
      "src/db.ts": DB_FILE,
      "src/context.ts": `
        import type { db } from "./db.js";
        export interface Context { db: typeof db; user: string }`,
      "src/app.ts": `
        import { things } from "./schema.js";
        import type { Context } from "./context.js";
        export async function clear(ctx: Context) {
          await ctx.db.transaction(async (tx) => { await tx.delete(things); });
        }`,
    }, findings: [{ file: "src/app.ts", line: 4, library: "drizzle-orm", ...AWAITS }] },
    { name: "the function is in another file", code: {
      "src/db.ts": DB_FILE,
      "src/work.ts": `
        import { things } from "./schema.js";
        export async function clear(tx) { await tx.delete(things); }`,
      "src/app.ts": `
        import { db } from "./db.js";
        import { clear } from "./work.js";
        export const run = () => db.transaction(clear);`,
    }, findings: [{ file: "src/app.ts", line: 3, library: "drizzle-orm", related: ["src/work.ts:2"], ...AWAITS }] },
  ],
});
