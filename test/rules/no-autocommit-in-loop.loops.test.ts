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
const wrapped = { fix: "review", reason: "the turns of its batch are rolled back with it" } as const;

runTable({
  rule: "no-autocommit-in-loop",
  theme: "loops, transactions and helpers",
  valid: [
    { name: "in a transaction", code: `${DB}
        export function importAll(names: string[]) {
          db.transaction(() => {
            for (const name of names) insert.run(name);
          })();
        }` },
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
    { name: "a constant list", code: `${DB}
        const NAMES = ["a", "b"];
        export function reset() {
          for (const name of NAMES) insert.run(name);
          for (const name of ["c", "d"]) insert.run(name);
        }` },
    { name: "a query with a LIMIT", code: `${DB}
        export function moveOn() {
          for (const row of db.prepare("SELECT * FROM inbox LIMIT 20").all() as { name: string }[]) insert.run(row.name);
        }` },
    { name: "batches", code: `${PRISMA}
        export async function importAll(names: string[]) {
          for (let i = 0; i < names.length; i += 100) await prisma.thing.createMany({ data: names.slice(i, i + 100).map((name) => ({ name })) });
        }` },
    { name: "chunks", code: `${DB}
        export function importAll(chunks: string[][]) {
          for (const chunk of chunks) insert.run(JSON.stringify(chunk));
        }` },
    { name: "a retry", code: `${DB}
        export function save(name: string, attempts: number[]) {
          for (const wait of attempts) {
            try {
              insert.run(name);
              return;
            } catch {
              console.log(wait);
            }
          }
        }` },
    { name: "events as they come", code: `${DB}
        export async function listen(events: AsyncIterable<string>) {
          for await (const name of events) insert.run(name);
        }` },
    { name: "progress between requests", code: `${DB}
        export async function crawl(urls: string[]) {
          for (const url of urls) {
            const page = await fetch(url);
            insert.run(page.url);
          }
        }` },
    { name: "progress between requests, of which one is ignored", code: `${DB}
        import express from "express";
        const app = express();
        app.post("/things", async (req, res) => {
          for (const name of req.body.names) {
            await fetch(name).catch(() => {});
            insert.run(name);
          }
          res.end();
        });` },
    { name: "a helper gives the promise of something else on", code: `${DB}
        import express from "express";
        import { spawn } from "node:child_process";
        const app = express();
        const start = async (name: string) => new Promise((resolve) => { spawn(name).on("close", resolve); });
        const step = async (name: string, dry: boolean) => {
          if (dry) return 0;
          return start(name);
        };
        app.post("/things", async (req, res) => {
          for (const name of req.body.names) {
            await step(name, req.body.dry);
            insert.run(name);
          }
          res.end();
        });` },
    { name: "a loop inside waits for something else", code: `${PRISMA}
        export async function gather(names: string[], sources: string[]) {
          for (const name of names) {
            let text = name;
            for (const source of sources) text = await (await fetch(source + text)).text();
            await prisma.thing.update({ where: { name }, data: { text } });
          }
        }` },
    { name: "a list in the object whose method it is", code: `${PRISMA}
        export default {
          names: [{ name: "a" }, { name: "b" }],
          async run() {
            const things = this.names.map((thing) => ({ ...thing, seen: true }));
            for (let i = 0; i < things.length; i++) await prisma.thing.create({ data: things[i] });
          },
        };` },
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
    { name: "a loop that only reads", code: `${DB}
        export function total(ids: number[]) {
          let sum = 0;
          for (const id of ids) sum += (db.prepare("SELECT n FROM things WHERE id = ?").get(id) as { n: number }).n;
          return sum;
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
    { name: "a helper that waits for something else", code: `${DB}
        async function deliver(name: string) {
          await fetch("https://example.org/" + name);
          insert.run(name);
        }
        export async function deliverAll(names: string[]) {
          for (const name of names) await deliver(name);
        }` },
    { name: "files are removed in between, in a helper's helper", code: `${PRISMA}
        import { rm } from "node:fs/promises";
        const removeFile = async (name: string) => { await rm(name); };
        const removeFiles = async (name: string) => { await removeFile(name + ".png"); await removeFile(name + ".pdf"); };
        export async function clean(names: string[]) {
          for (const name of names) {
            await removeFiles(name);
            await prisma.thing.update({ where: { name }, data: { file: null } });
          }
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
    { name: "a helper that writes now and then", code: `${DB}
        function look(name: string) {
          if (name === "new") insert.run(name);
        }
        export function lookAtAll(names: string[]) {
          for (const name of names) look(name);
        }` },
    { name: "a write somewhere behind helpers of helpers", code: `${DB}
        const log = (name: string) => insert.run(name);
        const notify = (name: string) => log(name);
        export function notifyAll(names: string[]) {
          for (const name of names) notify(name);
        }` },
    { name: "start-up", code: `${DB}
        for (const name of JSON.parse(process.env.NAMES)) insert.run(name);` },
    { name: "a migration by name", code: `${DB}
        export function migrateThings(names: string[]) {
          for (const name of names) insert.run(name);
        }` },
    { name: "a seed script", file: "scripts/seed.ts", code: `${DB}
        export function importAll(names: string[]) {
          for (const name of names) insert.run(name);
        }` },
    { name: "Map.set and Set.delete", code: `${DB}
        const cache = new Map();
        export function forget(names: string[]) {
          for (const name of names) cache.delete(name);
        }` },
    { name: "in memory", code: `
        import Database from "better-sqlite3";
        const db = new Database(":memory:");
        export function importAll(names: string[]) {
          for (const name of names) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
        }` },
    { name: "left out by option", options: { ignoreLibraries: ["better-sqlite3"] }, code: `${DB}
        export function importAll(names: string[]) {
          for (const name of names) insert.run(name);
        }` },
  ],
  invalid: [
    { name: "a turn that goes no further when its write says so is likely", code: `${PRISMA}
        const count = async (key: string) => prisma.use.update({ where: { key }, data: { n: { increment: 1 } } });
        export async function take(limits: { key: string; max: number }[]) {
          for (const limit of limits) {
            const used = await count(limit.key);
            if (used.n > limit.max) throw new Error("too many");
          }
        }`, findings: [{ line: 6, confidence: "likely", message: "calls `count`, which commits @prisma/client writes of its own", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [5] }] },
    { name: "one that checks its row first is proven", code: `${PRISMA}
        export async function take(limits: { key: string; max: number }[]) {
          for (const { key, max } of limits) {
            if (max < 1) throw new Error("too few");
            await prisma.use.update({ where: { key }, data: { max } });
          }
        }`, findings: [{ line: 6, message: "commits a @prisma/client write of its own", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [4] }] },
    { name: "forEach in a route, in a function of its own", code: `${DB}
        import express from "express";
        const app = express();
        function importAll(names: string[]) {
          names.forEach((name) => {
            insert.run(name);
          });
        }
        app.post("/things", (req, res) => {
          importAll(req.body.names);
          res.end();
        });`, findings: [found(8, 7, { why: [11, 12, 7], ...wrapped })] },
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
    { name: "for…of, whose callers are out of sight: likely", code: `${DB}
        export function importAll(names: string[]) {
          for (const name of names) insert.run(name);
        }`, findings: [found(5, 5, { confidence: "likely" })] },
    { name: "by index", code: `${DB}
        export function importAll(names: string[]) {
          for (let i = 0; i < names.length; i++) {
            insert.run(names[i]);
          }
        }`, findings: [found(6, 5, { confidence: "likely" })] },
    { name: "forEach", code: `${DB}
        export function importAll(names: string[]) {
          names.forEach((name) => insert.run(name));
        }`, findings: [found(5, 5, { confidence: "likely" })] },
    { name: "two writes a turn are one finding", code: `${DB}
        export function importAll(names: string[]) {
          for (const name of names) {
            insert.run(name);
            db.prepare("UPDATE counters SET n = n + 1").run();
          }
        }`, findings: [found(6, 5, { related: [5, 7], confidence: "likely" })] },
    { name: "in a route", code: `${DB}
        import express from "express";
        const app = express();
        app.post("/things", (req, res) => {
          for (const thing of req.body.things) insert.run(thing.name);
          res.end();
        });`, findings: [found(7, 7, { why: [6], ...wrapped })] },
    { name: "node:sqlite", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        export function importAll(names: string[]) {
          for (const name of names) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
        }`, findings: [found(4, 4, { library: "node:sqlite", message: "node:sqlite write", confidence: "likely" })] },
    { name: "Prisma", code: `${PRISMA}
        export async function importAll(names: string[]) {
          for (const name of names) {
            await prisma.thing.create({ data: { name } });
          }
        }`, findings: [found(5, 4, { library: "@prisma/client", message: "@prisma/client write" })] },
    { name: "Prisma, all at once: likely", code: `${PRISMA}
        export async function importAll(names: string[]) {
          await Promise.all(names.map(async (name) => {
            await prisma.thing.create({ data: { name } });
          }));
        }`, findings: [found(5, 4, { library: "@prisma/client", message: "@prisma/client write", confidence: "likely" })] },
    { name: "Drizzle", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        const db = drizzle(new Database("app.db"));
        export async function importAll(names: string[]) {
          for (const name of names) await db.insert(things).values({ name }).onConflictDoNothing();
        }`, findings: [found(5, 5, { library: "drizzle-orm", message: "drizzle-orm write", confidence: "likely" })] },
    { name: "a pool", code: `
        import { Pool } from "pg";
        const pool = new Pool();
        export async function importAll(names: string[]) {
          for (const name of names) await pool.query("INSERT INTO things (name) VALUES ($1)", [name]);
        }`, findings: [found(4, 4, { library: "pg", message: "pg write" })] },
    { name: "a helper's write is likely", code: `${DB}
        function add(name: string) {
          insert.run(name);
        }
        export function importAll(names: string[]) {
          for (const name of names) add(name);
        }`, findings: [found(8, 8, { message: "calls `add`, which commits better-sqlite3 writes", confidence: "likely" })] },
    { name: "a helper's write, where a request leads to it", code: `${DB}
        import express from "express";
        const app = express();
        function add(name: string) {
          insert.run(name);
        }
        app.post("/things", (req, res) => {
          for (const name of req.body.names) add(name);
          res.end();
        });`, findings: [found(10, 10, { message: "calls `add`, which commits better-sqlite3 writes", why: [9], fix: "manual", reason: "writes as well, in a loop or function" })] },
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
    { name: "children of a row that was just inserted are likely", code: `${DB}
        import express from "express";
        const app = express();
        app.post("/lists", (req, res) => {
          const made = db.prepare("INSERT INTO lists (name) VALUES (?)").run(req.body.name);
          const list = made.lastInsertRowid;
          for (const name of req.body.names) db.prepare("INSERT INTO things (list, name) VALUES (?, ?)").run(list, name);
          res.end();
        });`, findings: [found(9, 9, { confidence: "likely", why: [6] })] },
    { name: "a new order is likely, beside other columns as well", code: `${DB}
        import express from "express";
        const app = express();
        app.put("/order", (req, res) => {
          req.body.ids.forEach((id: number, index: number) => {
            db.prepare("UPDATE things SET sort_order = ?, updated_at = ? WHERE id = ?").run(index, Date.now(), id);
          });
          res.end();
        });`, findings: [found(8, 7, { confidence: "likely", why: [6, 7] })] },
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
    { name: "a row is inserted or updated, in one branch or the other", code: `${DB}
        import express from "express";
        const app = express();
        app.post("/things", (req, res) => {
          for (const thing of req.body.things) {
            if (thing.known) db.prepare("UPDATE things SET name = ? WHERE id = ?").run(thing.name, thing.id);
            else insert.run(thing.name);
          }
          res.end();
        });`, findings: [found(8, 7, { related: [7, 9], why: [6], ...wrapped })] },
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
    { name: "a write in a branch is likely", code: `${DB}
        export function importAll(names: string[]) {
          for (const name of names) if (name !== "") insert.run(name);
        }`, findings: [found(5, 5, { confidence: "likely" })] },
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
    { name: "a method of a class in another file", code: {
        "src/store.ts": `
          import Database from "better-sqlite3";
          export class Store {
            db = new Database("app.db");
            add(name: string) { this.db.prepare("INSERT INTO things (name) VALUES (?)").run(name); }
          }`,
        "src/import.ts": `
          import { Store } from "./store.js";
          const store = new Store();
          export function importAll(names: string[]) {
            for (const name of names) store.add(name);
          }` }, findings: [{ ...found(4, 4), file: "src/import.ts", related: ["src/import.ts:4"], message: "calls `store.add`", confidence: "likely" }] },
  ],
});
