import { runTable } from "./lib/table.js";

const DB = `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = express();`;

const DRIZZLE = `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import express from "express";
        import { tags, things } from "./schema.js";
        const db = drizzle(new Database("app.db"));
        const app = express();`;

const REVIEW = "all-or-nothing is given up";

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "traps: what looks alike",
  valid: [
    { name: "forEach with an async callback, whose writes nobody waits for", code: `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        app.use(express.json());
        app.post("/things", async (req, res) => {
          await prisma.$transaction(async (tx) => {
            req.body.things.forEach(async (thing) => {
              await tx.thing.create({ data: { name: thing.name } });
            });
          });
          res.end();
        });` },
    {
      name: "BEGIN through a pool: what is wrong there is no-begin-on-pool's, and no connection is held over the loop",
      code: `
        import { Pool } from "pg";
        import express from "express";
        const pool = new Pool();
        const query = async (text, params = []) => (await pool.query(text, params)).rows;
        const app = express();
        app.post("/games", async (req, res) => {
          await query("BEGIN");
          for (const player of req.body.players) await query("INSERT INTO players (name) VALUES ($1)", [player.name]);
          await query("COMMIT");
          res.end();
        });
      `,
    },
    {
      name: "the loop writes through sessions of its helpers' own: this transaction holds nothing",
      code: {
        "src/open.ts": `
          import { open } from "sqlite";
          import sqlite3 from "sqlite3";
          export const openStock = () => open({ filename: "stock.db", driver: sqlite3.Database });`,
        "src/totals.ts": `
          import { openStock } from "./open.js";
          export async function setTotal(id: number) {
            const db = await openStock();
            const { total } = await db.get("SELECT sum(count) AS total FROM stock WHERE item = ?", [id]);
            await db.run("UPDATE items SET total = ? WHERE id = ?", [total, id]);
          }`,
        "src/server.ts": `
          import express from "express";
          import { openStock } from "./open.js";
          import { setTotal } from "./totals.js";
          express().post("/totals", async (req, res) => {
            const db = await openStock();
            await db.run("BEGIN");
            try {
              for (const item of req.body.items) await setTotal(item.id);
              await db.run("COMMIT");
            } catch (error) {
              await db.run("ROLLBACK");
            }
            res.end();
          });`,
      },
    },
    {
      name: "a test that puts a function of its own in the place of the platform's",
      code: {
        "src/report.ts": `
          import Database from "better-sqlite3";
          const db = new Database("app.db");
          export const note = (text: string) => db.prepare("INSERT INTO notes VALUES (?)").run(text);
          export const report = (ids: number[]) =>
            db.transaction(() => {
              for (const id of ids) {
                db.prepare("SELECT 1 FROM items WHERE id = ?").get(id);
                console.warn(id);
              }
            })();`,
        "src/server.ts": `
          import express from "express";
          import { report } from "./report.js";
          express().post("/report", (req, res) => res.json(report(req.body)));`,
        "src/report.test.ts": `
          import { note, report } from "./report.js";
          test("what is not there is said", () => {
            console.warn = (text: string) => void note(text);
            report([1]);
          });`,
      },
    },
    { name: "a migrator that is exported: its loop is over migrations", code: `
        import type Database from "better-sqlite3";
        import { migrations } from "./list.js";
        export function runMigrations(db: Database.Database): void {
          db.transaction(() => {
            for (const migration of migrations) {
              db.exec(migration.sql);
              db.prepare("INSERT INTO applied (id) VALUES (?)").run(migration.id);
            }
          })();
        }` },
    { name: "migrations that also a request's new session runs", code: `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        function runMigrations(db: Database.Database) {
          const insert = db.prepare("INSERT INTO preferences (user) VALUES (?)");
          const insertAll = db.transaction((rows) => {
            for (const row of rows) insert.run(row.user);
          });
          insertAll(db.prepare("SELECT * FROM old_preferences").all());
        }
        let db: Database.Database;
        function open() {
          db = new Database(process.env.DB_FILE);
          runMigrations(db);
        }
        open();
        app.post("/restore", (req, res) => {
          db.close();
          open();
          res.end();
        });` },
    { name: "Prisma: a query that takes so many", code: `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        app.post("/move", async (req, res) => {
          await prisma.$transaction(async (tx) => {
            const rows = await tx.inbox.findMany({ where: { owner: req.body.owner }, take: 50 });
            for (const row of rows) await tx.thing.create({ data: { name: row.name } });
          });
          res.end();
        });` },
    { name: "Prisma: the rows of one thing are replaced", code: `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        app.put("/things/:id/marks", async (req, res) => {
          await prisma.$transaction(async (tx) => {
            await tx.mark.deleteMany({ where: { thing: req.params.id } });
            for (const mark of req.body.marks) await tx.mark.create({ data: { thing: req.params.id, mark } });
          });
          res.end();
        });` },
    { name: "Drizzle: a query with a limit", code: `${DRIZZLE}
        app.post("/move", (req, res) => {
          db.transaction((tx) => {
            const rows = tx.select().from(things).limit(50).all();
            for (const row of rows) tx.insert(things).values(row).run();
          });
          res.end();
        });` },
    { name: "Drizzle: replace-all", code: `${DRIZZLE}
        app.put("/tags", (req, res) => {
          db.transaction((tx) => {
            tx.delete(tags).where(eq(tags.thingId, req.body.id)).run();
            for (const name of req.body.tags) tx.insert(tags).values({ thingId: req.body.id, name }).run();
          });
          res.end();
        });` },
    { name: "replace-all through helpers", code: `${DB}
        function clearTags(id) {
          db.prepare("DELETE FROM tags WHERE thing_id = ?").run(id);
        }
        function addTag(id, name) {
          db.prepare("INSERT INTO tags (thing_id, name) VALUES (?, ?)").run(id, name);
        }
        app.put("/tags", (req, res) => {
          db.transaction(() => {
            clearTags(req.body.id);
            for (const name of req.body.tags) addTag(req.body.id, name);
          })();
          res.end();
        });` },
    { name: "a constant list of another file", code: {
      "src/tables.ts": `export const tables = ["things", "tags", "owners"] as const;`,
      "src/db.ts": `
        import Database from "better-sqlite3";
        export const db = new Database("app.db");
      `,
      "src/server.ts": `
        import express from "express";
        import { db } from "./db.js";
        import { tables } from "./tables.js";
        const app = express();
        app.post("/touch", (req, res) => {
          db.transaction(() => {
            for (const table of tables) db.prepare("UPDATE counters SET stale = 1 WHERE name = ?").run(table);
          })();
          res.end();
        });
      ` } },
    { name: "the LIMIT is in a named query", code: `${DB}
        const NEXT = "SELECT * FROM inbox ORDER BY id LIMIT 100";
        const next = db.prepare(NEXT);
        app.post("/move", (req, res) => {
          db.transaction(() => {
            for (const row of next.all()) insert.run(row.name);
          })();
          res.end();
        });` },
    { name: "a callback's parameter is called db, and is a query's", code: `${DB}
        app.get("/tree", (req, res) => {
          const rows = withRecursive("tree", (db) => db.transaction(() => {
            for (const name of req.body.names) db.insert(name);
          }));
          res.json(rows);
        });` },
    { name: "an async handler around it, its own loops outside", code: `${DB}
        app.post("/things", async (req, res) => {
          const names = [];
          for await (const chunk of req) names.push(String(chunk));
          const save = db.transaction((text) => insert.run(text));
          save(names.join(""));
          for (const name of names) await announce(name);
          res.end();
        });` },
    { name: "a constant field of a class", code: `${DB}
        class Counters {
          readonly #names = ["things", "tags"];
          touch() {
            db.transaction(() => {
              for (const name of this.#names) insert.run(name);
            })();
          }
        }
        const counters = new Counters();
        app.post("/touch", (req, res) => {
          counters.touch();
          res.end();
        });` },
    { name: "a sorted copy of a constant list, and a literal text's words", code: `${DB}
        const names = ["b", "a"];
        app.post("/reset", (req, res) => {
          db.transaction(() => {
            for (const name of [...names].sort()) insert.run(name);
            for (const name of "c d e".split(" ")) insert.run(name);
          })();
          res.end();
        });` },
    { name: "a few tries of one write", code: `${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            for (let attempt = 0; attempt < 3; attempt++) if (insert.run(req.body.name).changes === 1) break;
          })();
          res.end();
        });` },
    { name: "what a timer writes later, it writes outside", code: `${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            insert.run("first");
            for (const thing of req.body.things) setTimeout(() => insert.run(thing.name), 1000);
          })();
          res.end();
        });` },
    { name: "a let that is bounded each time", code: `${DB}
        setInterval(() => {
          let rows = db.prepare("SELECT * FROM inbox LIMIT 100").all();
          while (rows.length > 0) {
            db.transaction(() => {
              for (const row of rows) insert.run(row.name);
            })();
            rows = db.prepare("SELECT * FROM inbox LIMIT 100").all();
          }
        }, 1000);` },
  ],
  invalid: [
    { name: "Prisma: a whole table is emptied and filled", code: `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        app.post("/import", async (req, res) => {
          await prisma.$transaction(async (tx) => {
            await tx.mark.deleteMany({});
            for (const mark of req.body.marks) await tx.mark.create({ data: { mark } });
          });
          res.end();
        });`, findings: [{ line: 6, message: "loops over `marks`", library: "@prisma/client", fix: "review", reason: REVIEW, related: [8], why: [5], statements: "n + 1" }] },
    { name: "a field that is filled", code: `${DB}
        class Queue {
          #names = ["first"];
          add(name) {
            this.#names.push(name);
          }
          flush() {
            db.transaction(() => {
              for (const name of this.#names) insert.run(name);
            })();
          }
        }
        const queue = new Queue();
        app.post("/flush", (req, res) => {
          queue.add(req.body.name);
          queue.flush();
          res.end();
        });`,
      findings: [{ line: 12, message: "holds the write lock", fix: "review", reason: REVIEW, related: [13], why: [18, 20], statements: "n" }] },
    { name: "a transaction's function called in another's loop: savepoints in one transaction", code: `${DB}
        const saveOne = db.transaction((thing) => insert.run(thing.name));
        const saveAll = db.transaction((things) => {
          for (const thing of things) saveOne(thing);
        });
        app.post("/things", (req, res) => {
          saveAll(req.body.things);
          res.end();
        });`,
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: REVIEW, related: [8], why: [10], statements: "n" }] },
    { name: "a let that is bounded only at first", code: `${DB}
        app.post("/things", (req, res) => {
          let names = ["first"];
          if (req.body.names) names = req.body.names;
          db.transaction(() => {
            for (const name of names) insert.run(name);
          })();
          res.end();
        });`,
      findings: [{ line: 9, message: "loops over `names`", fix: "review", reason: REVIEW, related: [10], why: [6], statements: "n" }] },
    { name: "an empty list that a callback fills", code: `${DB}
        app.post("/things", (req, res) => {
          const names = [];
          req.body.things.forEach((thing) => names.push(thing.name));
          db.transaction(() => {
            for (const name of names) insert.run(name);
          })();
          res.end();
        });`,
      findings: [{ line: 9, message: "loops over `names`", fix: "review", reason: REVIEW, related: [10], why: [6], statements: "n" }] },
    { name: "an empty list that a spread fills", code: `${DB}
        app.post("/things", (req, res) => {
          const names = [];
          names.push(...req.body.names);
          db.transaction(() => {
            for (const name of names) insert.run(name);
          })();
          res.end();
        });`,
      findings: [{ line: 9, message: "loops over `names`", fix: "review", reason: REVIEW, related: [10], why: [6], statements: "n" }] },
    { name: "Drizzle: rows of one table go, rows of another come", code: `${DRIZZLE}
        app.put("/things", (req, res) => {
          db.transaction((tx) => {
            tx.delete(tags).where(eq(tags.thingId, req.body.id)).run();
            for (const name of req.body.names) tx.insert(things).values({ name }).run();
          });
          res.end();
        });`,
      findings: [{ line: 8, message: "loops over `names`", library: "drizzle-orm", fix: "review", reason: "all-or-nothing is given up", related: [10], why: [7], statements: "n + 1" }] },
    { name: "a growing list of another file", code: {
      "src/queue.ts": `
        export const queue: string[] = [];
        export function enqueue(names: string[]) {
          for (const name of names) queue.push(name);
        }
      `,
      "src/server.ts": `
        import Database from "better-sqlite3";
        import express from "express";
        import { queue } from "./queue.js";
        const db = new Database("app.db");
        const app = express();
        app.post("/flush", (req, res) => {
          db.transaction(() => {
            for (const name of queue) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
          })();
          res.end();
        });
      ` },
      findings: [{ file: "src/server.ts", line: 7, message: "loops over `queue`", fix: "review", reason: REVIEW, related: ["src/server.ts:8"], why: ["src/server.ts:6"], statements: "n" }] },
  ],
});
