import { runTable, type Expected } from "./lib/table.js";
import { IN_WRAPPER, WRAPPER } from "./lib/wrapper.js";

const DB = `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");`;
const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

/** Proven where an entry point leads to it, or where a caller's transaction could not hold it. */
const found = (line: number, loop: number, more: Partial<Expected> = {}): Expected => ({ line, related: [loop], message: "commits a better-sqlite3 write of its own", fix: "manual", reason: "turns that are committed stay", ...more });

/** Proven, on a session that has a name at the loop: what `wrap-loop-writes` puts into batches. */
const wrapped = { fix: "review", reason: "the turns of its batch are rolled back with it" } as const;

runTable({
  rule: "no-autocommit-in-loop",
  theme: "transactions around it",
  valid: [
    { name: "on a parameter that is named as a handle, in what nobody calls yet", code: `
        import type { NodePgDatabase } from "drizzle-orm/node-postgres";
        export class Orders {
          async release(id: string, tx: NodePgDatabase) {
            const items = await tx.query.items.findMany({ where: { id } });
            for (const item of items) await tx.insert(log).values({ item: item.id });
          }
        }` },
    { name: "committed and begun again every so many rows", code: `${DB}
        export function importAll(names: string[]) {
          db.exec("BEGIN");
          let count = 0;
          for (const name of names) {
            if (++count % 1000 === 0) {
              db.exec("COMMIT");
              db.exec("BEGIN");
            }
            insert.run(name);
          }
          db.exec("COMMIT");
        }` },
    { name: "in a transaction", code: `${DB}
        export function importAll(names: string[]) {
          db.transaction(() => {
            for (const name of names) insert.run(name);
          })();
        }` },
    { name: "in a helper's wrapper, whose function runs the one that it is given", code: {
        "src/db.ts": `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export function whole<T>(work: (db: Database.Database) => T): T {
          const run = db.transaction((inner: (db: Database.Database) => T) => inner(db));
          return run(work);
        }`,
        "src/main.ts": `
        import { whole } from "./db.js";
        export function importAll(names: string[]) {
          whole((db) => {
            const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
            for (const name of names) insert.run(name);
          });
        }` } },
    { name: "in a helper's transaction, whose BEGIN is one of two, or a savepoint", code: {
        "src/transactions.ts": `
        import type { DatabaseSync } from "node:sqlite";
        let n = 0;
        export function whole(db: DatabaseSync, work: () => void, at: "now" | "later" = "later"): void {
          if (db.isTransaction) {
            const name = \`part_\${n++}\`;
            db.exec(\`SAVEPOINT \${name}\`);
            work();
            db.exec(\`RELEASE \${name}\`);
            return;
          }
          db.exec(at === "now" ? "BEGIN IMMEDIATE" : "BEGIN");
          try {
            work();
            db.exec("COMMIT");
          } catch (error) {
            db.exec("ROLLBACK");
            throw error;
          }
        }
        export function wholeOrNot(db: DatabaseSync, work: () => void): boolean {
          try {
            whole(db, work);
            return true;
          } catch {
            return false;
          }
        }`,
        "src/app.ts": `
        import { DatabaseSync } from "node:sqlite";
        import express from "express";
        import { whole, wholeOrNot } from "./transactions.js";
        const db = new DatabaseSync("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = express();
        app.post("/things", (req, res) => {
          whole(db, () => {
            for (const name of req.body.names) insert.run(name);
          });
          res.end();
        });
        app.post("/others", (req, res) => {
          wholeOrNot(db, () => {
            for (const name of req.body.names) insert.run(name);
          });
          res.end();
        });` } },
    { name: "in a wrapper's transaction, which begins one or sets a savepoint by how deep it is", code: {
        "src/database.ts": WRAPPER,
        "src/app.ts": IN_WRAPPER } },
    { name: "BEGIN and COMMIT around it", code: `${DB}
        export function importAll(names: string[]) {
          db.exec("BEGIN");
          for (const name of names) insert.run(name);
          db.exec("COMMIT");
        }` },
    { name: "a caller opens the transaction", code: `${DB}
        function addAll(names: string[]) {
          for (const name of names) insert.run(name);
        }
        export const importAll = (names: string[]) => db.transaction(() => addAll(names))();` },
    { name: "a transaction each turn", code: `${DB}
        const save = db.transaction((name: string) => {
          insert.run(name);
          db.exec("UPDATE counters SET n = n + 1");
        });
        export function importAll(names: string[]) {
          for (const name of names) save(name);
        }` },
    { name: "Prisma's handle", code: `${PRISMA}
        export const importAll = (names: string[]) => prisma.$transaction(async (tx) => {
          for (const name of names) await tx.thing.create({ data: { name } });
        });` },
    { name: "Sequelize's option", code: `
        import { Sequelize, Model, type Transaction } from "sequelize";
        class Thing extends Model {}
        export async function importAll(names: string[], transaction: Transaction) {
          for (const name of names) await Thing.create({ name }, { transaction });
        }` },
    { name: "Sequelize's options come from elsewhere", code: `
        import { Sequelize, DataTypes } from "sequelize";
        const Thing = new Sequelize("sqlite:app.db").define("thing", { name: DataTypes.TEXT });
        export async function importAll(names: string[], options: object) {
          for (const name of names) await Thing.create({ name }, { ...options });
        }` },
    { name: "a declared client may be in one", code: `
        import type { PoolClient } from "pg";
        export async function importAll(client: PoolClient, names: string[]) {
          for (const name of names) await client.query("INSERT INTO things (name) VALUES ($1)", [name]);
        }` },
    { name: "a declared manager may be in one", code: `
        import type { EntityManager } from "typeorm";
        export async function importAll(manager: EntityManager, names: string[]) {
          for (const name of names) await manager.save({ name });
        }` },
    { name: "collected for one transaction", code: `${PRISMA}
        export async function importAll(names: string[]) {
          const writes: unknown[] = [];
          names.forEach((name) => {
            writes.push(prisma.thing.create({ data: { name } }));
          });
          for (const name of names) writes.push(prisma.thing.update({ where: { name }, data: { seen: true } }));
          await prisma.$transaction(writes);
        }` },
    { name: "mapped for one transaction", code: `${PRISMA}
        export const importAll = (names: string[]) => prisma.$transaction(names.map((name) => prisma.thing.create({ data: { name } })));` },
    { name: "in a helper's transaction, whose BEGIN and COMMIT are helpers themselves", code: {
        "src/database.ts": `
        import type { Database } from "better-sqlite3";
        const begin = async (db: Database) => { db.exec("BEGIN"); };
        async function commit(db: Database) { db.exec("COMMIT"); }
        async function rollback(db: Database) { db.exec("ROLLBACK"); }
        export async function run(db: Database, sql: string, params: unknown[] = []) { return db.prepare(sql).run(...params); }
        export async function whole(db: Database, work: () => Promise<void>) {
          await begin(db);
          try {
            await work();
            await commit(db);
          } catch (error) {
            await rollback(db);
            throw error;
          }
        }`,
        "src/app.ts": `
        import Database from "better-sqlite3";
        import express from "express";
        import { run, whole } from "./database.js";
        const db = new Database("app.db");
        const app = express();
        app.post("/things", async (req, res) => {
          await whole(db, async () => {
            await run(db, "DELETE FROM things");
            for (const name of req.body.names) await run(db, "INSERT INTO things (name) VALUES (?)", [name]);
          });
          res.end();
        });` } },
  ],
  invalid: [
    { name: "what is written has a column that is called so, or comes from an object", code: `
        import Database from "better-sqlite3";
        import express from "express";
        const insert = new Database("app.db").prepare("INSERT INTO things (session, name) VALUES (@session, @name)");
        express().post("/things", (request, response) => {
          for (const row of request.body) insert.run({ ...row, session: request.sessionID });
          response.end();
        });`, findings: [{ line: 5, related: [5], message: "commits a better-sqlite3 write of its own", why: [4], fix: "manual", reason: "has no name at the loop" }] },
    { name: "Sequelize: the values, which stand before the options", code: `
        import express from "express";
        import { Sequelize, DataTypes } from "sequelize";
        const Thing = new Sequelize("sqlite:app.db").define("thing", { name: DataTypes.TEXT });
        express().post("/things", async (request, response) => {
          for (const row of request.body) await Thing.create({ ...row });
          response.end();
        });`, findings: [{ line: 5, related: [5], library: "sequelize", message: "commits a sequelize write of its own", why: [4], fix: "manual", reason: "turns that are committed stay" }] },
    { name: "on a parameter that is named as a handle, and given the session", code: `
        import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
        import express from "express";
        const db = drizzle(process.env.DATABASE_URL);
        async function release(id: string, tx: NodePgDatabase) {
          const items = await tx.select().from(things);
          for (const item of items) await tx.insert(log).values({ item: item.id, id });
        }
        express().post("/things", async (request, response) => { await release("a", db); response.end(); });`, findings: [{ line: 6, related: [6], library: "drizzle-orm", message: "commits a drizzle-orm write of its own", why: [8, 8], fix: "manual", reason: "turns that are committed stay" }] },
    { name: "in a transaction of a test only", code: {
      "src/notes.ts": `
        import Database from "better-sqlite3";
        export const db = new Database("notes.db");
        export function addAll(names: string[]) {
          const insert = db.prepare("INSERT INTO notes (name) VALUES (?)");
          for (const name of names) insert.run(name);
        }`,
      "src/server.ts": `
        import express from "express";
        import { addAll } from "./notes.js";
        express().post("/notes", (req, res) => {
          addAll(req.body.names);
          res.end();
        });`,
      "src/notes.test.ts": `
        import { addAll, db } from "./notes.js";
        test("all or nothing", () => {
          expect(() => db.transaction(() => {
            addAll(["a"]);
            throw new Error("no");
          })()).toThrow();
        });`,
    }, findings: [{ file: "src/notes.ts", line: 5, message: "commits a better-sqlite3 write of its own", fix: "review", reason: "the turns of its batch are rolled back with it", related: ["src/notes.ts:5"], why: ["src/server.ts:3", "src/server.ts:4"] }] },
    { name: "between two transactions of one function", code: `
        import express from "express";${DB}
        const app = express();
        app.post("/tools", (req, res) => {
          switch (req.body.tool) {
            case "save":
              db.exec("BEGIN");
              insert.run(req.body.name);
              db.exec("COMMIT");
              break;
            case "import":
              for (const name of req.body.names) insert.run(name);
              break;
            case "remove":
              db.exec("BEGIN");
              db.prepare("DELETE FROM things").run();
              db.exec("COMMIT");
          }
          res.end();
        });`, findings: [found(14, 14, { confidence: "proven", ...wrapped, why: [6] })] },
    { name: "through a Proxy that opens when it is first used", code: `
        import Database from "better-sqlite3";
        import express from "express";
        let real: Database.Database | undefined;
        const db = new Proxy({} as Database.Database, {
          get(_, name) {
            real ??= new Database("app.db");
            return Reflect.get(real, name);
          },
        });
        const app = express();
        app.post("/things", (req, res) => {
          const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
          for (const name of req.body.names) insert.run(name);
          res.end();
        });`, findings: [found(13, 13, { why: [11], ...wrapped })] },
    { name: "a repository that a container injects is on no transaction", code: `
        import { Injectable } from "@nestjs/common";
        import { InjectRepository } from "@nestjs/typeorm";
        import { Repository } from "typeorm";
        @Injectable()
        export class Things {
          constructor(@InjectRepository(Thing) private readonly things: Repository<Thing>) {}
          async importAll(names: string[]) {
            for (const name of names) await this.things.save({ name });
          }
        }`, findings: [found(8, 8, { library: "typeorm", message: "typeorm write" })] },
  ],
});
