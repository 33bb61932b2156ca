import { runTable } from "./lib/table.js";

const DB = `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = express();`;

/** A handler whose transaction holds this; its first line is line 8. */
const held = (body: string) => `${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            ${body}
          })();
          res.end();
        });`;

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

const REORDERS = [
  { name: "Prisma, the turn's number and one", library: "@prisma/client", statements: "n", code: prisma(`for (let i = 0; i < req.body.ids.length; i++) {
              await tx.thing.update({ where: { id: req.body.ids[i] }, data: { orderIndex: i + 1 } });
            }`) },
  { name: "Prisma, among other columns", library: "@prisma/client", statements: "n", code: prisma(`for (const [i, id] of req.body.ids.entries()) {
              await tx.thing.update({ where: { id }, data: { orderIndex: i + 1, moved: true } });
            }`) },
  { name: "Prisma, upsert", library: "@prisma/client", statements: "n", code: prisma(`for (let index = 0; index < req.body.ids.length; index++) {
              const id = req.body.ids[index];
              await tx.thing.upsert({ where: { id }, create: { id, order: index }, update: { order: index } });
            }`) },
  { name: "Knex, with the time of the change beside", library: "knex", statements: "n", code: `
        import knex from "knex";
        import express from "express";
        const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });
        const app = express();
        app.put("/things", async (req, res) => {
          await db.transaction(async (trx) => {
            for (const { id, position } of req.body.places) await trx("things").where({ id }).update({ position, updated_at: trx.fn.now() });
          });
          res.end();
        });` },
  { name: "TypeORM, by the entity's field", library: "typeorm", statements: "n", code: `
        import { DataSource } from "typeorm";
        import express from "express";
        const dataSource = new DataSource({ type: "better-sqlite3", database: "app.db" });
        const app = express();
        app.post("/things", async (req, res) => {
          await dataSource.transaction(async (manager) => {
            for (const [i, thing] of req.body.things.entries()) {
              thing.position = i;
              await manager.save(Thing, thing);
            }
          });
          res.end();
        });` },
];

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "what must stay whole, and what nobody waits for",
  valid: [
    { name: "replace-all: the old rows go, the new ones come", code: held(`db.prepare("DELETE FROM tags WHERE thing_id = ?").run(req.body.id);
            for (const tag of req.body.tags) db.prepare("INSERT INTO tags (thing_id, name) VALUES (?, ?)").run(req.body.id, tag);`) },
    { name: "replace-all through a client of the project's own that takes tagged statements", code: `
        import Database from "better-sqlite3";
        import express from "express";
        const sqlite = new Database("app.db");
        const sql = (parts, ...values) => ({ text: parts.join("?"), values });
        const client = { exec: (query) => sqlite.prepare(query.text).run(...query.values) };
        const tx = (work) => sqlite.transaction(() => work(client))();
        const app = express();
        app.post("/tags", (req, res) => {
          tx((t) => {
            t.exec(sql\`DELETE FROM tags WHERE thing_id = \${req.body.id}\`);
            for (const tag of req.body.names) t.exec(sql\`INSERT INTO tags (thing_id, name) VALUES (\${req.body.id}, \${tag})\`);
          });
          res.end();
        });` },
    { name: "a seed at start-up", code: `${DB}
        function seed(names) {
          db.transaction(() => {
            for (const name of names) insert.run(name);
          })();
        }
        seed(process.argv.slice(2));` },
    { name: "a wrapper that only start-up calls", code: `${DB}
        const seed = db.transaction((names) => {
          for (const name of names) insert.run(name);
        });
        seed(process.env.NAMES.split(","));` },
    { name: "a migration", file: "src/migrations/0002-names.ts", code: `
        import type Database from "better-sqlite3";
        export function up(db: Database.Database): void {
          db.transaction(() => {
            for (const row of db.prepare("SELECT id, name FROM things").all() as { id: number; name: string }[])
              db.prepare("UPDATE things SET name = ? WHERE id = ?").run(row.name.trim(), row.id);
          })();
        }` },
    { name: "a script", file: "scripts/backfill.ts", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const backfill = db.transaction((ids: number[]) => {
          for (const id of ids) db.prepare("UPDATE things SET done = 1 WHERE id = ?").run(id);
        });` },
    { name: "a test", file: "src/things.test.ts", code: `
        import Database from "better-sqlite3";
        import { it } from "vitest";
        const db = new Database("app.db");
        it("keeps many", () => {
          db.transaction((names) => {
            for (const name of names) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
          })(process.argv);
        });` },
    { name: "a database in memory, where nobody else waits", code: `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        app.post("/check", (req, res) => {
          const db = new Database(":memory:");
          db.transaction(() => {
            for (const row of req.body.rows) db.prepare("INSERT INTO things (name) VALUES (?)").run(row.name);
          })();
          res.end();
        });` },
    { name: "a file of its own, just copied", code: `
        import { copyFileSync } from "node:fs";
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        app.post("/export", (req, res) => {
          const target = \`out/\${req.body.id}.db\`;
          copyFileSync("empty.db", target);
          const db = new Database(target);
          db.transaction(() => {
            for (const row of req.body.rows) db.prepare("INSERT INTO things (name) VALUES (?)").run(row.name);
          })();
          res.end();
        });` },
    { name: "it tries until it succeeds, and leaves", code: held(`for (const name of req.body.candidates) {
              if (db.prepare("INSERT OR IGNORE INTO names (name) VALUES (?)").run(name).changes === 1) return name;
            }`) },
  ],
  invalid: [
    { name: "a parent that a helper inserts, and its children", code: `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const addGroup = async (tx, name) => {
          const made = await tx.group.create({ data: { name } });
          return made;
        };
        const app = express();
        app.post("/groups", async (req, res) => {
          await prisma.$transaction(async (tx) => {
            const group = await addGroup(tx, req.body.name);
            for (const id of req.body.members) await tx.member.update({ where: { id }, data: { groupId: group.id } });
          });
          res.end();
        });`,
      findings: [{ line: 10, confidence: "likely", message: "its rows belong to a row that the same transaction inserts", library: "@prisma/client", fix: "manual", reason: "its rows belong to a row", related: [12], why: [9], statements: "n + 1" }] },
    { name: "parts of one thing, which is then marked as done", code: prisma(`for (const part of req.body.parts) await tx.part.update({ where: { id: part.id }, data: { path: part.path } });
            await tx.parcel.update({ where: { id: req.body.id }, data: { status: "SEALED", sealedAt: new Date() } });`),
      findings: [{ line: 6, confidence: "likely", message: "the same transaction then sets the state of what its rows belong to", library: "@prisma/client", fix: "manual", reason: "the same transaction then sets the state", related: [7], why: [5], statements: "n + 1" }] },
    { name: "the same by SQL", code: held(`for (const thing of req.body.things) insert.run(thing.name);
            db.prepare("UPDATE parcels SET sent = 1, status = 'done' WHERE id = ?").run(req.body.id);`),
      findings: [{ line: 7, confidence: "likely", message: "the same transaction then sets the state", fix: "manual", reason: "the same transaction then sets the state", related: [8], why: [6], statements: "n + 1" }] },
    { name: "a counter after the loop is no state of it", code: held(`for (const thing of req.body.things) insert.run(thing.name);
            db.prepare("UPDATE counters SET n = n + 1 WHERE status = 'open'").run();`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: "all-or-nothing is given up", related: [8], why: [6], statements: "n + 1" }] },
    { name: "marked @atomic", code: `${DB}
        /** Transfers everything or nothing. @atomic */
        function transfer(lines) {
          db.transaction(() => {
            for (const line of lines) insert.run(line.name);
          })();
        }
        app.post("/transfer", (req, res) => {
          transfer(req.body.lines);
          res.end();
        });`,
      findings: [{ line: 8, message: "but it is marked @atomic", confidence: "likely", fix: "manual", reason: "it is marked @atomic", related: [9], why: [12, 13], statements: "n" }] },
    { name: "atomic by its name", code: `${DB}
        function atomicExecutionStateChange(steps) {
          const change = db.transaction(() => {
            for (const step of steps) db.prepare("UPDATE steps SET state = ? WHERE id = ?").run(step.state, step.id);
          });
          change.immediate();
        }
        app.post("/state", (req, res) => {
          atomicExecutionStateChange(req.body.steps);
          res.end();
        });`,
      findings: [{ line: 7, message: "but `atomicExecutionStateChange` is atomic by its name", confidence: "likely", fix: "manual", reason: "`atomicExecutionStateChange` is atomic by its name", related: [8], why: [12, 13], statements: "n" }] },
    { name: "a new order, by the function's name, whatever the column is called", code: `${DB}
        function reorderThings(things) {
          db.transaction(() => {
            for (const thing of things) db.prepare("UPDATE things SET priority = ? WHERE id = ?").run(thing.priority, thing.id);
          })();
        }
        app.put("/order", (req, res) => {
          reorderThings(req.body.things);
          res.end();
        });`,
      findings: [{ line: 7, message: "it puts rows into a new order", confidence: "likely", fix: "manual", reason: "it puts rows into a new order", related: [8], why: [11, 12], statements: "n" }] },
    { name: "atomic by a name of the project's own", code: `${DB}
        function settleInvoice(lines) {
          db.transaction(() => {
            for (const line of lines) insert.run(line.name);
          })();
        }
        app.post("/settle", (req, res) => {
          settleInvoice(req.body.lines);
          res.end();
        });`,
      options: { atomicNames: ["^settle"] },
      findings: [{ line: 7, message: "but `settleInvoice` is atomic by its name", confidence: "likely", fix: "manual", reason: "`settleInvoice` is atomic by its name", related: [8], why: [11, 12], statements: "n" }] },
    { name: "a running total goes into the rows", code: held(`let balance = 0;
            for (const line of req.body.lines) {
              balance += line.amount;
              db.prepare("INSERT INTO lines (amount, balance) VALUES (?, ?)").run(line.amount, balance);
            }`),
      findings: [{ line: 7, message: "but `balance` carries a value from one turn of the loop into the next", confidence: "likely", fix: "manual", reason: "`balance` carries a value", related: [9], why: [6], statements: "n" }] },
    { name: "a linked list: each row names the one before", code: held(`let previous = null;
            for (const step of req.body.steps) {
              const { lastInsertRowid } = db.prepare("INSERT INTO steps (name, previous) VALUES (?, ?)").run(step.name, previous);
              previous = lastInsertRowid;
            }`),
      findings: [{ line: 7, message: "but `previous` carries a value", confidence: "likely", fix: "manual", reason: "`previous` carries a value", related: [9], why: [6], statements: "n" }] },
    { name: "rows beside those that are replaced", code: held(`db.prepare("DELETE FROM places WHERE list = ?").run(req.body.list);
            for (const name of req.body.names) insert.run(name);
            for (const id of req.body.ids) db.prepare("INSERT INTO places (list, id) VALUES (?, ?)").run(req.body.list, id);`), findings: [{ line: 7, message: "replaces rows, which is right only as a whole", confidence: "likely", fix: "manual", reason: "replaces rows", related: [9], why: [6], statements: "n + m + 1" }] },
    { name: "a parent with its children", code: held(`const order = db.prepare("INSERT INTO orders (customer) VALUES (?)").run(req.body.customer);
            const id = Number(order.lastInsertRowid);
            for (const line of req.body.lines) db.prepare("INSERT INTO lines (order_id, sku) VALUES (?, ?)").run(id, line.sku);`),
      findings: [{ line: 7, message: "a parent with its children", confidence: "likely", fix: "manual", reason: "a parent with its children", related: [10], why: [6], statements: "n + 1" }] },
    { name: "reorder: each row gets its place in the list", code: held(`req.body.ids.forEach((id, index) => {
              db.prepare("UPDATE things SET position = ? WHERE id = ?").run(index, id);
            });`),
      findings: [{ line: 7, message: "but it puts rows into a new order", confidence: "likely", fix: "manual", reason: "it puts rows into a new order", related: [8], why: [6], statements: "n" }] },
    ...REORDERS.map(({ name, code, library, statements }) => ({
      name: `reorder: ${name}`,
      code,
      findings: [{ line: 6, message: "but it puts rows into a new order", confidence: "likely" as const, library, fix: "manual" as const, reason: "it puts rows into a new order", related: [7], why: [5], statements }],
    })),
    { name: "reorder: the places that a list says", code: prisma(`for (const stop of req.body.stops) await tx.stop.update({ where: { id: stop.id }, data: { tourOrder: stop.tourOrder } });`),
      findings: [{ line: 6, message: "but it puts rows into a new order", confidence: "likely", library: "@prisma/client", fix: "manual", reason: "it puts rows into a new order", related: [7], why: [5], statements: "n" }] },
    { name: "places that were computed for all rows", code: prisma(`const stops = await tx.stop.findMany({ where: { tour: req.body.tour } });
            for (const stop of numbered(stops)) await tx.stop.update({ where: { id: stop.id }, data: { tourIndex: stop.tourIndex } });`),
      findings: [{ line: 6, message: "loops over `numbered`", library: "@prisma/client", fix: "review", reason: "all-or-nothing is given up", related: [8], why: [5], statements: "n + 1" }] },
    { name: "a column that names another row's order is no place", code: prisma(`for (const line of req.body.lines) await tx.line.update({ where: { id: line.id }, data: { line_order: line.owner } });`),
      findings: [{ line: 6, message: "loops over `lines`", confidence: "likely", library: "@prisma/client", fix: "review", reason: "all-or-nothing is given up", related: [7], why: [5], statements: "n" }] },
    { name: "reorder: the rows that were just read, however many there are, are numbered one by one", code: prisma(`const things = await tx.thing.findMany({ where: { owner: req.body.owner }, orderBy: { title: "asc" } });
            await Promise.all(things.map((thing, i) => tx.thing.update({ where: { id: thing.id }, data: { orderIndex: i + 1 } })));`),
      findings: [{ line: 6, message: "gives each of `things` a place, one by one: n + 1 statements (n = things). An order is right only as a whole", library: "@prisma/client", fix: "manual", reason: "it puts rows into a new order", related: [8], why: [5], statements: "n + 1" }] },
    { name: "code after the loop may undo it all", code: held(`for (const line of req.body.lines) insert.run(line.name);
            const { n } = db.prepare("SELECT count(*) AS n FROM things").get();
            if (n > 1000) throw new Error("too many things");`),
      findings: [{ line: 7, message: "but code after the loop may throw to undo the whole", confidence: "likely", fix: "manual", reason: "code after the loop may throw", related: [8], why: [6], statements: "n + 1" }] },
    { name: "the loop may stop half-way", code: held(`for (const line of req.body.lines) {
              if (line.name === "") break;
              insert.run(line.name);
            }`),
      findings: [{ line: 7, message: "the loop may stop half-way by `break`", confidence: "likely", fix: "manual", reason: "the loop may stop half-way", related: [8], why: [6], statements: "n" }] },
    { name: "the place is one column of the new rows, a prefix of which is in order", code: prisma(`for (let i = 0; i < req.body.things.length; i++) {
              await tx.thing.create({ data: { orderIndex: i + 1, name: req.body.things[i].name } });
            }`),
      findings: [{ line: 6, message: "loops over `things`", library: "@prisma/client", fix: "review", reason: "all-or-nothing is given up", related: [7], why: [5], statements: "n" }] },
    { name: "the place comes with each item, among what else it says", code: prisma(`for (const thing of req.body.things) {
              await tx.thing.update({ where: { id: thing.id }, data: { orderIndex: thing.orderIndex, name: thing.name } });
            }`),
      findings: [{ line: 6, message: "loops over `things`", confidence: "likely", library: "@prisma/client", fix: "review", reason: "all-or-nothing is given up", related: [7], why: [5], statements: "n" }] },
    { name: "rows of one table go, rows of another come", code: held(`db.prepare("DELETE FROM drafts WHERE owner = ?").run(req.body.owner);
            for (const thing of req.body.things) insert.run(thing.name);`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: "all-or-nothing is given up", related: [9], why: [6], statements: "n + 1" }] },
    { name: "a counter that is only returned", code: held(`let saved = 0;
            for (const thing of req.body.things) {
              insert.run(thing.name);
              saved += 1;
            }
            return saved;`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: "all-or-nothing is given up", related: [9], why: [6], statements: "n" }] },
    { name: "an error of one turn is thrown on", code: held(`try {
              for (const thing of req.body.things) insert.run(thing.name);
            } catch (error) {
              throw new Error("import failed", { cause: error });
            }`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: "all-or-nothing is given up", related: [9], why: [6], statements: "n" }] },
    { name: "the list is checked before the loop", code: held(`if (req.body.things.length === 0) throw new Error("nothing to save");
            for (const thing of req.body.things) insert.run(thing.name);`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: "all-or-nothing is given up", related: [9], why: [6], statements: "n" }] },
  ],
});
