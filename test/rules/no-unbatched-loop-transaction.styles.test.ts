import { runTable } from "./lib/table.js";
import { IN_WRAPPER, WRAPPER } from "./lib/wrapper.js";

const DB = `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = express();`;

const prisma = (body: string) => `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        app.post("/things", async (req, res) => {
          await prisma.$transaction(async (tx) => {
            ${body}
          });
          res.end();
        });`;

const REVIEW = "all-or-nothing is given up";

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "styles of transaction, and namesakes",
  valid: [
    { name: "no loop in it", code: `${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            insert.run(req.body.name);
            db.exec("UPDATE counters SET n = n + 1");
          })();
          res.end();
        });` },
    { name: "the loop stands before it", code: `${DB}
        app.post("/things", (req, res) => {
          const names = [];
          for (const thing of req.body.things) names.push(thing.name.trim());
          db.transaction(() => {
            db.prepare("INSERT INTO things (name) SELECT value FROM json_each(?)").run(JSON.stringify(names));
          })();
          res.end();
        });` },
    { name: "the loop stands after it", code: `${DB}
        app.post("/things", (req, res) => {
          const rows = db.transaction(() => {
            db.exec("UPDATE things SET seen = 1");
            return db.prepare("SELECT * FROM things").all();
          })();
          for (const row of rows) notify(row);
          res.end();
        });` },
    { name: "the loop is around it: a transaction an item", code: `${DB}
        const save = db.transaction((thing) => {
          insert.run(thing.name);
          db.exec("UPDATE counters SET n = n + 1");
        });
        app.post("/things", (req, res) => {
          for (const thing of req.body.things) save(thing);
          res.end();
        });` },
    { name: "a loop that only reads", code: `${DB}
        app.post("/totals", (req, res) => {
          const total = db.transaction(() => {
            let sum = 0;
            for (const id of req.body.ids) sum += db.prepare("SELECT price FROM things WHERE id = ?").pluck().get(id);
            db.prepare("INSERT INTO totals VALUES (?)").run(sum);
            return sum;
          })();
          res.json(total);
        });` },
    { name: "a loop that fills a Map", code: `${DB}
        app.post("/index", (req, res) => {
          const byName = new Map();
          db.transaction(() => {
            for (const thing of req.body.things) byName.set(thing.name, thing);
            db.exec("UPDATE counters SET n = n + 1");
          })();
          res.json([...byName]);
        });` },
    { name: "Map.delete and Set.add are no writes", code: `${DB}
        const cache = new Map();
        const dirty = new Set();
        app.post("/flush", (req, res) => {
          db.transaction(() => {
            for (const id of req.body.ids) {
              cache.delete(id);
              dirty.add(id);
            }
            db.exec("UPDATE counters SET n = 0");
          })();
          res.end();
        });` },
    { name: "a bookkeeping object's transaction()", code: `
        import express from "express";
        // No better-sqlite3 here.
        const ledger = { lines: [], transaction(run) { return run(this); }, insert(line) { this.lines.push(line); } };
        const app = express();
        app.post("/lines", (req, res) => {
          ledger.transaction((tx) => {
            for (const line of req.body.lines) tx.insert(line);
          });
          res.end();
        });` },
    { name: "a graph library's transaction()", code: `
        import Database from "better-sqlite3";
        import * as Y from "yjs";
        import express from "express";
        export const db = new Database("app.db");
        const doc = new Y.Doc();
        const app = express();
        app.post("/things", (req, res) => {
          doc.transact(() => {
            for (const thing of req.body.things) doc.getArray("things").insert(0, [thing]);
          });
          res.end();
        });` },
    { name: "one statement with many rows, built by map", code: `${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            const holes = req.body.things.map(() => "(?)").join(", ");
            db.prepare(\`INSERT INTO things (name) VALUES \${holes}\`).run(...req.body.things.map((thing) => thing.name));
          })();
          res.end();
        });` },
    { name: "Drizzle: one insert with many rows", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import express from "express";
        const db = drizzle(new Database("app.db"));
        const app = express();
        app.post("/things", (req, res) => {
          db.transaction((tx) => {
            tx.insert(things).values(req.body.things.map((thing) => ({ name: thing.name }))).run();
          });
          res.end();
        });` },
    { name: "BEGIN and COMMIT as words of another statement", code: `${DB}
        app.post("/things", (req, res) => {
          db.exec("CREATE TRIGGER IF NOT EXISTS t AFTER INSERT ON things BEGIN SELECT 1; END");
          for (const thing of req.body.things) insert.run(thing.name);
          res.end();
        });` },
    { name: "a wrapper that is made and never called with a loop", code: `${DB}
        const touch = db.transaction((ids) => {
          db.prepare("UPDATE things SET seen = 1 WHERE id IN (SELECT value FROM json_each(?))").run(JSON.stringify(ids));
        });
        app.post("/touch", (req, res) => {
          touch(req.body.ids);
          res.end();
        });` },
    { name: "an option leaves a library out", code: `${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            for (const thing of req.body.things) insert.run(thing.name);
          })();
          res.end();
        });`, options: { ignoreLibraries: ["better-sqlite3"] } },
  ],
  invalid: [
    { name: "two after one another in one function: what stands between them is in neither", code: `${DB}
        app.post("/things", (req, res) => {
          if (req.query.first) {
            db.exec("BEGIN");
            insert.run("first");
            db.exec("COMMIT");
            for (const thing of req.body.others) insert.run(thing.name);
          } else {
            db.exec("BEGIN");
            for (const thing of req.body.things) insert.run(thing.name);
            db.exec("COMMIT");
          }
          res.end();
        });`,
      findings: [{ line: 13, message: "loops over `things`", fix: "review", reason: REVIEW, related: [14], statements: "n", why: [6] }] },
    { name: "a helper of two drivers is one finding a place, that names both", code: `
        import Database from "better-sqlite3";
        import express from "express";
        import pg from "pg";
        class Lite {
          db = new Database("app.db");
          async tx(work) {
            this.db.exec("BEGIN");
            try { await work({ exec: (sql, ...values) => this.db.prepare(sql).run(...values) }); this.db.exec("COMMIT"); } catch (error) { this.db.exec("ROLLBACK"); throw error; }
          }
        }
        class Server {
          pool = new pg.Pool();
          async tx(work) {
            const client = await this.pool.connect();
            try { await client.query("BEGIN"); await work({ exec: (sql, ...values) => client.query(sql, values) }); await client.query("COMMIT"); } catch (error) { await client.query("ROLLBACK"); throw error; } finally { client.release(); }
          }
        }
        const store = process.env.PG ? new Server() : new Lite();
        const app = express();
        app.post("/things", async (req, res) => {
          await store.tx(async (tx) => {
            for (const name of req.body.names) await tx.exec("INSERT INTO things (name) VALUES (?)", name);
          });
          res.end();
        });`,
      findings: [{ line: 21, message: "This better-sqlite3 or pg transaction holds its locks while it loops over `names`: statements in each turn, and nothing bounds", fix: "manual", reason: "it begins on better-sqlite3 or pg by how", related: [22], why: [20] }] },
    { name: "one place of two drivers says nothing of locks that only one of them has", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
        import express from "express";
        import pg from "pg";
        const db: any = process.env.PG ? drizzlePg(new pg.Pool()) : drizzle(new Database("app.db"));
        const app = express();
        app.post("/things", async (req, res) => {
          await db.transaction(async (tx) => {
            for (const name of req.body.names) await tx.insert(things).values({ name }).run();
          });
          res.end();
        });`,
      findings: [{ line: 9, message: "This drizzle-orm transaction holds its locks while it loops over `names`", library: "drizzle-orm", fix: "manual", reason: "batches are written for one driver", related: [10], why: [8], statements: "n" }] },
    { name: "wrapper, called at once", code: `${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            for (const thing of req.body.things) insert.run(thing.name);
          })();
          res.end();
        });`,
      findings: [{ line: 7, message: "holds the write lock while it loops over `things`: n statements (n = things), and nothing bounds", fix: "review", reason: REVIEW, related: [8], statements: "n", why: [6] }] },
    { name: "wrapper, made first, called with the list", code: `${DB}
        const insertAll = db.transaction((things) => {
          for (const thing of things) insert.run(thing.name);
        });
        app.post("/things", (req, res) => {
          insertAll(req.body.things);
          res.end();
        });`,
      findings: [{ line: 6, message: "loops over `things`", fix: "review", reason: REVIEW, related: [7], why: [9], statements: "n" }] },
    { name: "wrapper, immediate", code: `${DB}
        const insertAll = db.transaction((things) => {
          for (const thing of things) insert.run(thing.name);
        });
        app.post("/things", (req, res) => {
          insertAll.immediate(req.body.things);
          res.end();
        });`,
      findings: [{ line: 6, message: "loops over `things`", fix: "review", reason: REVIEW, related: [7], why: [9], statements: "n" }] },
    { name: "wrapper, its function declared apart", code: `${DB}
        function writeAll(things) {
          for (const thing of things) insert.run(thing.name);
        }
        const insertAll = db.transaction(writeAll);
        app.post("/things", (req, res) => {
          insertAll(req.body.things);
          res.end();
        });`,
      findings: [{ line: 9, message: "loops over `things`", fix: "review", reason: REVIEW, related: [7], why: [10], statements: "n" }] },
    { name: "Drizzle's callback", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import express from "express";
        const db = drizzle(new Database("app.db"));
        const app = express();
        app.post("/things", (req, res) => {
          db.transaction((tx) => {
            for (const thing of req.body.things) tx.insert(things).values({ name: thing.name }).run();
          });
          res.end();
        });`,
      findings: [{ line: 7, message: "loops over `things`", library: "drizzle-orm", fix: "review", reason: "all-or-nothing is given up", related: [8], why: [6], statements: "n" }] },
    { name: "BEGIN and COMMIT as statements", code: `${DB}
        app.post("/things", (req, res) => {
          db.exec("BEGIN");
          try {
            for (const thing of req.body.things) insert.run(thing.name);
            db.exec("COMMIT");
          } catch (error) {
            db.exec("ROLLBACK");
            throw error;
          }
          res.end();
        });`,
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: REVIEW, related: [9], why: [6], statements: "n" }] },
    { name: "a program's own wrapper, which begins one or sets a savepoint by how deep it is", code: { "src/database.ts": WRAPPER, "src/app.ts": IN_WRAPPER },
      findings: [{ line: 7, file: "src/app.ts", message: "loops over `names`", library: "node:sqlite", fix: "manual", reason: "a function of the program gives back what runs it", related: ["src/app.ts:8"], why: ["src/app.ts:5"], statements: "n" }] },
    { name: "BEGIN IMMEDIATE through prepared statements", code: `${DB}
        const begin = db.prepare("BEGIN IMMEDIATE");
        const commit = db.prepare("COMMIT");
        app.post("/things", (req, res) => {
          begin.run();
          for (const thing of req.body.things) insert.run(thing.name);
          commit.run();
          res.end();
        });`,
      findings: [{ line: 9, message: "loops over `things`", fix: "review", reason: REVIEW, related: [10], why: [8], statements: "n" }] },
    { name: "node:sqlite, with exec", code: `
        import { DatabaseSync } from "node:sqlite";
        import express from "express";
        const db = new DatabaseSync("app.db");
        const app = express();
        app.post("/things", (req, res) => {
          const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
          db.exec("BEGIN");
          for (const thing of req.body.things) insert.run(thing.name);
          db.exec("COMMIT");
          res.end();
        });`,
      findings: [{ line: 7, message: "This node:sqlite transaction", library: "node:sqlite", fix: "review", reason: "all-or-nothing is given up", related: [8], why: [5], statements: "n" }] },
    { name: "sqlite, awaited", code: `
        import { open } from "sqlite";
        import sqlite3 from "sqlite3";
        import express from "express";
        const db = await open({ filename: "app.db", driver: sqlite3.Database });
        const app = express();
        app.post("/things", async (req, res) => {
          await db.run("BEGIN TRANSACTION");
          for (const thing of req.body.things) {
            await db.run("INSERT INTO things (name) VALUES (?)", thing.name);
          }
          await db.run("COMMIT");
          res.end();
        });`,
      findings: [{ line: 7, message: "This sqlite transaction", library: "sqlite", fix: "manual", reason: "no codemod knows how to batch", related: [8], why: [6], statements: "n" }] },
    { name: "a session that comes in as a parameter, by its declared type", code: `
        import type Database from "better-sqlite3";
        export function importThings(db: Database.Database, things: readonly { name: string }[]): void {
          const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
          db.transaction(() => {
            for (const thing of things) insert.run(thing.name);
          })();
        }`,
      findings: [{ line: 4, message: "loops over `things`", fix: "review", reason: REVIEW, related: [5], statements: "n" }] },
    { name: "the session of a class", code: `
        import Database from "better-sqlite3";
        export class ThingRepository {
          readonly #db: Database.Database;
          constructor(db: Database.Database) {
            this.#db = db;
          }
          saveAll(things: readonly { name: string }[]): void {
            const save = this.#db.transaction(() => {
              for (const { name } of things) this.#db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
            });
            save();
          }
        }`,
      findings: [{ line: 8, message: "loops over `things`", fix: "review", reason: REVIEW, related: [9], statements: "n" }] },
    { name: "three statements each time round, two before", code: `${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            db.exec("UPDATE counters SET n = n + 1");
            const owner = db.prepare("SELECT id FROM owners WHERE name = ?").get(req.body.owner);
            for (const thing of req.body.things) {
              db.prepare("INSERT INTO things (name) VALUES (?)").run(thing.name);
              db.prepare("UPDATE owners SET things = things + 1 WHERE id = ?").run(owner.id);
              db.prepare("SELECT 1 FROM things WHERE name = ?").get(thing.name);
            }
          })();
          res.end();
        });`,
      findings: [{ line: 7, message: "3n + 2 statements (n = things)", fix: "review", reason: REVIEW, related: [10], statements: "3n + 2", why: [6] }] },
    { name: "Prisma: nobody waits for what the loop writes", code: prisma(`const all = [];
            for (const thing of req.body.things) all.push(tx.thing.create({ data: { name: thing.name } }));
            await Promise.all(all);`),
      findings: [{ line: 6, message: "loops over `things`", library: "@prisma/client", fix: "manual", reason: "does not wait for its statements", related: [8], why: [5], statements: "n" }] },
    { name: "Prisma: each turn waits for all of its statements", code: prisma(`for (const thing of req.body.things) {
              const created = tx.thing.create({ data: { name: thing.name } });
              await Promise.all([created, tx.log.create({ data: { what: thing.name } })]);
            }`),
      findings: [{ line: 6, message: "loops over `things`", library: "@prisma/client", fix: "review", reason: REVIEW, related: [7], why: [5], statements: "2n" }] },
    { name: "Knex: rolled back by hand", code: `
        import knex from "knex";
        import express from "express";
        const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });
        const app = express();
        app.post("/things", async (req, res) => {
          await db.transaction(async (trx) => {
            for (const thing of req.body.things) await trx("things").insert({ name: thing.name });
            if (req.body.dry) await trx.rollback();
          });
          res.end();
        });`,
      findings: [{ line: 6, message: "loops over `things`", library: "knex", fix: "manual", reason: "committed or rolled back by hand", related: [7], why: [5], statements: "n" }] },
  ],
});
