import { runTable, type Expected } from "./lib/table.js";

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
const WRAPPED = { fix: "review", reason: "the turns of its batch are rolled back with it" } as const;

runTable({
  rule: "no-autocommit-in-loop",
  theme: "what belongs together, and what runs once",
  valid: [
    { name: "Objection: a query that is given what may be a transaction", code: `
        import { Model, transaction } from "objection";
        import knex from "knex";
        Model.knex(knex({ client: "pg" }));
        class Item extends Model { static tableName = "items"; }
        async function addAll(names: string[], tx: any) {
          for (const name of names) await addOne(name, tx);
        }
        async function addOne(name: string, tx: any) {
          await Item.query(tx).insert({ name });
        }
        export async function run(names: string[]) {
          const tx = await transaction.start(Item.knex());
          await addAll(names, tx);
          await tx.commit();
        }` },
    { name: "the tables are brought up to date, also when a request opens the file anew", code: `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        function runMigrations(db: Database.Database, names: string[]) {
          const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
          for (const name of names) insert.run(name);
        }
        app.post("/restore", (req, res) => {
          const db = new Database("app.db");
          runMigrations(db, req.body.names);
          res.end();
        });` },
    { name: "start-up", code: `${DB}
        for (const name of JSON.parse(process.env.NAMES)) insert.run(name);` },
    { name: "a numbered migration, of a database that a request has opened", code: {
      "src/db/migrations/004_link_things.ts": `
        import type { Database } from "better-sqlite3";
        export const linkThings = {
          id: "004",
          up(db: Database) {
            const rows = db.prepare("SELECT id FROM things ORDER BY id").all() as { id: number }[];
            for (const row of rows) db.prepare("UPDATE things SET parent = ? WHERE id = ?").run(row.id - 1, row.id);
          },
        };`,
      "src/db/index.ts": `
        import Database from "better-sqlite3";
        import { linkThings } from "./migrations/004_link_things.js";
        let db: Database.Database | undefined;
        export function ready() {
          db ??= new Database("app.db");
          for (const step of [linkThings]) step.up(db);
          return db;
        }`,
      "src/app.ts": `
        import express from "express";
        import { ready } from "./db/index.js";
        const app = express();
        app.post("/things", (req, res) => {
          ready();
          res.end();
        });`,
    } },
    { name: "a step in a list of migrations", file: "src/db.js", code: `
        const knex = require("knex")({ client: "pg", connection: process.env.DB_URI });
        const migrations = [
          async (db) => {
            const things = await db("things");
            for (const thing of things) await db("things").where("id", thing.id).update({ data: JSON.stringify({ ...thing.data, seen: false }) });
          },
        ];
        exports.open = async () => {
          for (const migrate of migrations) await migrate(knex);
          return knex;
        };` },
    { name: "a step in a table of migrations", file: "src/db.js", code: `
        const knex = require("knex")({ client: "pg", connection: process.env.DB_URI });
        const MIGRATIONS = {
          4: {
            async up(db) {
              const things = await db("things");
              for (const thing of things) await db("things").where("id", thing.id).update({ seen: false });
            },
          },
        };
        exports.open = async () => {
          await MIGRATIONS[4].up(knex);
          return knex;
        };` },
    { name: "a migration by name", code: `${DB}
        export function migrateThings(names: string[]) {
          for (const name of names) insert.run(name);
        }` },
    { name: "a seed script", file: "scripts/seed.ts", code: `${DB}
        export function importAll(names: string[]) {
          for (const name of names) insert.run(name);
        }` },
    { name: "in memory", code: `
        import Database from "better-sqlite3";
        const db = new Database(":memory:");
        export function importAll(names: string[]) {
          for (const name of names) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
        }` },
  ],
  invalid: [
    { name: "a line of the log for each row that was just updated: no row of the others", code: `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        app.post("/expire", async (req, res) => {
          const expired = await prisma.lease.updateManyAndReturn({ where: { until: { lt: new Date() } }, data: { state: "expired" } });
          for (const lease of expired) await note(lease.id);
          res.end();
        });
        async function note(leaseId: string) {
          await prisma.log.create({ data: { leaseId } });
        }`, findings: [{ line: 7, related: [7], library: "@prisma/client", message: "calls `note`", fix: "manual", reason: "turns that are committed stay", why: [5] }] },
    { name: "what belongs to the tenant that the call runs for is no part of one thing", code: `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        import { getTeamId } from "./team.js";
        const prisma = new PrismaClient();
        const app = express();
        app.post("/revoke", async (req, res) => {
          const teamId = getTeamId();
          const leases = await prisma.lease.findMany({ where: { teamId, run: req.body.run } });
          await prisma.lease.updateMany({ where: { teamId, run: req.body.run }, data: { state: "revoked" } });
          for (const lease of leases) await prisma.log.create({ data: { leaseId: lease.id, teamId } });
          res.end();
        });`, findings: [{ line: 10, related: [10], library: "@prisma/client", message: "commits a @prisma/client write of its own", fix: "manual", reason: "turns that are committed stay", why: [6] }] },
    { name: "a step in a list of something else", file: "src/db.js", code: `
        const knex = require("knex")({ client: "pg", connection: process.env.DB_URI });
        const sweeps = [
          async (db) => {
            const things = await db("things");
            for (const thing of things) await db("things").where("id", thing.id).update({ data: JSON.stringify({ ...thing.data, seen: false }) });
          },
        ];
        exports.open = async () => {
          for (const sweep of sweeps) await sweep(knex);
          return knex;
        };`, findings: [{ line: 5, library: "knex", related: [5], message: "commits a knex write of its own", fix: "manual", reason: "turns that are committed stay" }] },
    { name: "a mark after work that writes in ways of its own is likely", code: `
        import express from "express";${DB}
        const app = express();
        function rebuild(tenant: string) {
          const rows = db.prepare("SELECT * FROM sources WHERE tenant = ?").all(tenant);
          db.transaction(() => {
            db.prepare("DELETE FROM links WHERE tenant = ?").run(tenant);
            for (const row of rows) db.prepare("INSERT INTO links (tenant, source) VALUES (?, ?)").run(tenant, row.id);
          })();
        }
        app.post("/rebuild", (req, res) => {
          const dirty = db.prepare("SELECT tenant FROM queue WHERE done = 0").all();
          for (const { tenant } of dirty) {
            rebuild(tenant);
            db.prepare("UPDATE queue SET done = 1 WHERE tenant = ?").run(tenant);
          }
          res.end();
        });`, findings: [found(17, 15, { confidence: "likely", why: [13] })] },
    { name: "an import of a document under a new parent: as long as the document is", code: `
        import fs from "node:fs";
        import { randomUUID } from "node:crypto";
        import express from "express";${DB}
        const app = express();
        app.post("/import", (req, res) => {
          const document = JSON.parse(fs.readFileSync(req.body.path, "utf8"));
          const id = randomUUID();
          db.prepare("INSERT INTO notebooks (id, name) VALUES (?, ?)").run(id, document.name);
          const add = db.prepare("INSERT INTO notes (notebook, text) VALUES (?, ?)");
          for (const note of document.notes) add.run(id, note.text);
          res.end();
        });`, findings: [found(13, 13, { fix: "review", reason: "the turns of its batch are rolled back with it", why: [8] })] },
    { name: "the parts of one row that a request names are likely", code: `
        import { randomUUID } from "node:crypto";
        import express from "express";${DB}
        const app = express();
        app.post("/notebooks", (req, res) => {
          const id = randomUUID();
          db.prepare("INSERT INTO notebooks (id, name) VALUES (?, ?)").run(id, req.body.name);
          const add = db.prepare("INSERT INTO notes (notebook, text) VALUES (?, ?)");
          for (const note of req.body.notes) add.run(id, note.text);
          res.end();
        });`, findings: [found(11, 11, { confidence: "likely", why: [7] })] },
    { name: "a statement that was prepared before: it deletes nothing yet", code: `
        import Database from "better-sqlite3";
        import { createServer } from "node:http";
        const db = new Database("app.db");
        createServer((request, response) => {
          const ids = JSON.parse(request.url);
          const drop = db.prepare("DELETE FROM items WHERE id = ?");
          for (const id of ids) drop.run(id);
          response.end();
        });`, findings: [{ line: 7, message: "commits a better-sqlite3 write of its own", fix: "review", reason: "when a turn fails", related: [7], why: [4] }] },
    { name: "the layouts of a board: most often a handful", code: `${DB}
        import express from "express";
        const app = express();
        app.put("/board", (req, res) => {
          for (const layout of req.body.layouts) insert.run(layout.name);
          res.end();
        });`, findings: [found(7, 7, { confidence: "likely", why: [6] })] },
    { name: "the parts of a row that was just written: as many as it has", code: `${PRISMA}
        import express from "express";
        import { nextId } from "./ids.js";
        const app = express();
        app.post("/widgets", async (req, res) => {
          const id = nextId();
          await prisma.widget.create({ data: { id } });
          for (const source of req.body.sources) await prisma.source.create({ data: { widget: id, source } });
          res.end();
        });`, findings: [found(9, 9, { confidence: "likely", why: [6], library: "@prisma/client", message: "@prisma/client write" })] },
    { name: "rows that name something from elsewhere", code: `${PRISMA}
        import express from "express";
        const app = express();
        app.post("/widgets", async (req, res) => {
          await prisma.visit.create({ data: { user: req.user } });
          for (const source of req.body.sources) await prisma.source.create({ data: { user: req.user, source } });
          res.end();
        });`, findings: [found(7, 7, { why: [5], library: "@prisma/client", message: "@prisma/client write" })] },
    { name: "a table by key that another server has answered with, through a method", code: `
        import { DatabaseSync } from "node:sqlite";
        class Store {
          db = new DatabaseSync("app.db");
          insert = this.db.prepare("INSERT INTO counts (name, n) VALUES (?, ?)");
          add(name: string, n: number) { this.insert.run(name, n); }
        }
        const store = new Store();
        setInterval(async () => {
          const answer = await fetch("https://example.org/counts.json");
          const body = await answer.json();
          for (const name of Object.keys(body.counts ?? {})) store.add(name, body.counts[name]);
        }, 60_000);`, findings: [found(11, 11, { library: "node:sqlite", message: "calls `store.add`, which commits node:sqlite writes", why: [8], fix: "manual", reason: "writes as well, in a loop or function" })] },
    { name: "the keys of what a request sends are a form's", code: `${DB}
        import express from "express";
        const app = express();
        app.post("/settings", async (req, res) => {
          const body = await req.json();
          for (const name of Object.keys(body)) insert.run(name);
          res.end();
        });`, findings: [found(8, 8, { confidence: "likely", why: [6] })] },
    { name: "rows that replace those of one thing are likely", code: `${DB}
        import express from "express";
        const app = express();
        app.put("/members", (req, res) => {
          db.prepare("DELETE FROM things WHERE owner = ?").run(req.body.owner);
          for (const name of req.body.names) insert.run(name);
          res.end();
        });`, findings: [found(8, 8, { confidence: "likely", why: [6] })] },
    { name: "rows in the place of all that there are, of a whole table and of one source", code: `${DB}
        import express from "express";
        const app = express();
        app.put("/things", (req, res) => {
          db.prepare("DELETE FROM things").run();
          for (const name of req.body.names) insert.run(name);
          res.end();
        });
        app.put("/feed", (req, res) => {
          db.exec("DELETE FROM things WHERE source = 'feed'");
          for (const name of req.body.names) insert.run(name);
          res.end();
        });`, findings: [found(8, 8, { why: [6], ...WRAPPED }), found(13, 13, { why: [11], ...WRAPPED })] },
    { name: "Drizzle: rows in the place of all of one source, and of one thing", code: `
        import Database from "better-sqlite3";
        import { eq } from "drizzle-orm";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import express from "express";
        import { things } from "./schema.js";
        const db = drizzle(new Database("app.db"));
        const app = express();
        app.put("/feed", (req, res) => {
          db.delete(things).where(eq(things.source, "feed")).run();
          for (const row of req.body.rows) db.insert(things).values(row).run();
          res.end();
        });
        app.put("/owners/:id", (req, res) => {
          db.delete(things).where(eq(things.owner, req.params.id)).run();
          for (const row of req.body.rows) db.insert(things).values(row).run();
          res.end();
        });`, findings: [found(10, 10, { why: [8], library: "drizzle-orm", message: "drizzle-orm write" }), found(15, 15, { why: [13], confidence: "likely", library: "drizzle-orm", message: "drizzle-orm write" })] },
    { name: "children of a row that was just inserted are likely", code: `${DB}
        import express from "express";
        const app = express();
        app.post("/lists", (req, res) => {
          const made = db.prepare("INSERT INTO lists (name) VALUES (?)").run(req.body.name);
          const list = made.lastInsertRowid;
          for (const name of req.body.names) db.prepare("INSERT INTO things (list, name) VALUES (?, ?)").run(list, name);
          res.end();
        });`, findings: [found(9, 9, { confidence: "likely", why: [6] })] },
    { name: "children of a row that was just inserted and made smaller", code: `
        import { Model } from "objection";
        import express from "express";
        class List extends Model {}
        class Entry extends Model {}
        const app = express();
        app.post("/lists", async (req, res) => {
          const list = await List.query().insertAndFetch({ name: req.body.name }).then((row) => ({ id: row.id }));
          for (const name of req.body.names) await Entry.query().insert({ list: list.id, name });
          res.end();
        });`, findings: [found(8, 8, { confidence: "likely", why: [6], library: "objection", message: "objection write" })] },
    { name: "a new order is likely, beside other columns as well", code: `${DB}
        import express from "express";
        const app = express();
        app.put("/order", (req, res) => {
          req.body.ids.forEach((id: number, index: number) => {
            db.prepare("UPDATE things SET sort_order = ?, updated_at = ? WHERE id = ?").run(index, Date.now(), id);
          });
          res.end();
        });`, findings: [found(8, 7, { confidence: "likely", why: [6, 7] })] },
    { name: "a new order by the name of what a wrapper makes of the handler", code: `${DB}
        import express from "express";
        import { handled } from "./handled.js";
        const reorderThings = handled((req, res) => {
          req.body.things.forEach(({ id, place }) => {
            db.prepare("UPDATE things SET place = ? WHERE id = ?").run(place, id);
          });
          res.end();
        });
        express().put("/order", reorderThings);`, findings: [found(8, 7, { confidence: "likely", why: [12, 7] })] },
    { name: "a new order by what a table of procedures calls it", code: `${DB}
        import { initTRPC } from "@trpc/server";
        const { router, procedure } = initTRPC.create();
        export const app = router({
          reorderThings: procedure.mutation(({ input }) => {
            for (const thing of input.things) db.prepare("UPDATE things SET place = ? WHERE id = ?").run(thing.place, thing.id);
          }),
        });`, findings: [found(8, 8, { confidence: "likely", why: [7] })] },
    { name: "a new order, whose columns have a name", code: `${PRISMA}
        import express from "express";
        const app = express();
        app.put("/order", async (req, res) => {
          const { ids } = req.body;
          for (let i = 0; i < ids.length; i++) {
            const data = { position: i, folder: req.body.folder };
            await prisma.thing.update({ where: { id: ids[i] }, data });
          }
          res.end();
        });`, findings: [found(9, 7, { confidence: "likely", why: [5], library: "@prisma/client", message: "@prisma/client write" })] },
    { name: "a Drizzle row's parts are likely", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import express from "express";
        import { nextId } from "./ids.js";
        const db = drizzle(new Database("app.db"));
        const app = express();
        app.post("/widgets", async (req, res) => {
          const id = nextId();
          await db.insert(widgets).values({ id });
          for (const source of req.body.sources) await db.insert(sources).values({ widget: id, source });
          res.end();
        });`, findings: [found(10, 10, { confidence: "likely", why: [7], library: "drizzle-orm", message: "drizzle-orm write" })] },
    { name: "an update and an insert of other rows in one branch are likely", code: `${DB}
        import express from "express";
        const app = express();
        app.post("/things", (req, res) => {
          for (const thing of req.body.things) {
            if (thing.stale) {
              db.prepare("UPDATE tasks SET state = 'stale' WHERE id = ?").run(thing.id);
              insert.run(thing.name);
            }
          }
          res.end();
        });`, findings: [found(9, 7, { related: [7, 10], confidence: "likely", why: [6] })] },
    { name: "over the keys of an object is likely", code: `${DB}
        export function importAll(counts: object) {
          for (const name of Object.keys(counts)) insert.run(name);
        }`, findings: [found(5, 5, { confidence: "likely" })] },
    { name: "the parts of one thing are likely", code: `${PRISMA}
        export class Order {
          constructor(private readonly lines: { id: number }[]) {}
          async close() {
            for (const line of this.lines) await prisma.line.update({ where: { id: line.id }, data: { closed: true } });
          }
        }`, findings: [found(6, 6, { library: "@prisma/client", message: "@prisma/client write", confidence: "likely" })] },
    { name: "what an object remembers, by key: likely", code: `${PRISMA}
        export class Presence {
          private readonly known = new Map<number, { id: number; seen: number }>();
          async expire(now: number) {
            for (const each of this.known.values()) {
              if (now - each.seen < 30_000) continue;
              await prisma.person.update({ where: { id: each.id }, data: { active: false } });
            }
          }
        }
        const presence = new Presence();
        setInterval(() => void presence.expire(Date.now()), 5_000);`, findings: [found(8, 6, { library: "@prisma/client", message: "commits a @prisma/client write", confidence: "likely", why: [13, 13] })] },
  ],
});
