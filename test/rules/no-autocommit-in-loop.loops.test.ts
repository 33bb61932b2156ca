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

const THINGS = `
        import express from "express";
        import { DataTypes, Sequelize } from "sequelize";
        const app = express();
        const sequelize = new Sequelize("sqlite:app.db");
        const Thing = sequelize.define("thing", { log: DataTypes.TEXT });
        async function note(ids: number[], line: string) {
          const things = await Thing.findAll({ where: { id: ids } });
          for (const thing of things) await Thing.update({ log: line }, { where: { id: thing.id } });
        }`;

/** What a client asks for, statement by statement. */
const asked = (run: string) => `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        class Store {
          db = new Database("app.db");
          prepare(text: string) {
            return this.db.prepare(text);
          }
          run(statements: string[]) {
            for (const statement of statements) ${run}
          }
        }
        const store = new Store();
        app.post("/sql", (req, res) => { store.run(req.body.text.split(";")); res.end(); });`;

/** Proven, on a session that has a name at the loop: what `wrap-loop-writes` puts into batches. */
const wrapped = { fix: "review", reason: "the turns of its batch are rolled back with it" } as const;

runTable({
  rule: "no-autocommit-in-loop",
  theme: "loops and helpers",
  valid: [
    { name: "what is chosen from a table of another file, and made of its rows", code: {
      "src/features.ts": `
        const registry = [{ id: "main", on: false }, { id: "levels", on: true }, { id: "boosts", on: true }] as const;
        const on = registry.filter((each) => each.on).map((each) => each.id);
        export const features = { on, label: (id: string) => registry.find((each) => each.id === id)?.id };
        export const names = Object.keys({ a: 1, b: 2 });`,
      "src/server.ts": `${DB}
        import express from "express";
        import { features, names } from "./features";
        const app = express();
        app.post("/seed", (req, res) => {
          for (const id of features.on) insert.run(id);
          for (const name of names) insert.run(name);
          res.end();
        });`,
    } },
    { name: "a constant list", code: `${DB}
        const NAMES = ["a", "b"];
        export function reset() {
          for (const name of NAMES) insert.run(name);
          for (const name of ["c", "d"]) insert.run(name);
        }` },
    { name: "rows by their ids, of which every caller gives one", code: `${THINGS}
        app.post("/things/:id", async (req, res) => {
          const ids = [Number(req.params.id)];
          await note(ids, "started");
          await note([Number(req.params.id)], "done");
          res.end();
        });` },
    { name: "a list that a JSON file of the project holds", code: `${DB}
        import names from "../data/names.json";
        export function reset() {
          for (const { name } of names) insert.run(name);
        }` },
    { name: "every table that is named: as many as the program has", code: `
        import knex from "knex";
        const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });
        export async function empty(tables?: string[]) {
          if (tables === undefined) tables = (await db.raw("SELECT name FROM sqlite_schema")).map((row) => row.name);
          for (const table of tables) await db(table).del();
        }` },
    { name: "every table that is named, on a session in a field", code: `
        import knex, { type Knex } from "knex";
        export class Store {
          knex?: Knex;
          open(filename: string) { this.knex = knex({ client: "better-sqlite3", connection: { filename } }); }
          async empty(tables: string[]) {
            for (const table of tables) await this.knex!(table).del();
          }
        }` },
    { name: "tables by their names in the statement's text", code: `${DB}
        export function empty(tables: { name: string }[]) {
          for (const { name } of tables) db.prepare(\`DELETE FROM "\${name}" WHERE old = 1\`).run();
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
    { name: "a list in the object whose method it is", code: `${PRISMA}
        export default {
          names: [{ name: "a" }, { name: "b" }],
          async run() {
            const things = this.names.map((thing) => ({ ...thing, seen: true }));
            for (let i = 0; i < things.length; i++) await prisma.thing.create({ data: things[i] });
          },
        };` },
    { name: "a loop that only reads", code: `${DB}
        export function total(ids: number[]) {
          let sum = 0;
          for (const id of ids) sum += (db.prepare("SELECT n FROM things WHERE id = ?").get(id) as { n: number }).n;
          return sum;
        }` },
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
    { name: "Map.set and Set.delete", code: `${DB}
        const cache = new Map();
        export function forget(names: string[]) {
          for (const name of names) cache.delete(name);
        }` },
    { name: "left out by option", options: { ignoreLibraries: ["better-sqlite3"] }, code: `${DB}
        export function importAll(names: string[]) {
          for (const name of names) insert.run(name);
        }` },
  ],
  invalid: [
    { name: "a loop in a loop is one place: who mends the inner one has the outer one in hand", code: `${PRISMA}
        import express from "express";
        const app = express();
        app.post("/albums", async (req, res) => {
          for (const { album, files } of req.body) {
            for (const file of files) await prisma.file.update({ where: { id: file }, data: { album } });
            await prisma.album.update({ where: { id: album }, data: { changed: new Date() } });
          }
          res.end();
        });`, findings: [{ line: 7, related: [7, 8], message: "loop over `files`", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", why: [5] }] },
    { name: "two loops one after the other", code: `${PRISMA}
        import express from "express";
        const app = express();
        app.post("/albums", async (req, res) => {
          for (const file of req.body.files) await prisma.file.update({ where: { id: file }, data: { album: 1 } });
          for (const album of req.body.albums) await prisma.album.update({ where: { id: album }, data: { changed: new Date() } });
          res.end();
        });`, findings: [6, 7].map((line) => ({ line, related: [line], message: "commits a @prisma/client write of its own", library: "@prisma/client", fix: "manual" as const, reason: "turns that are committed stay", why: [5] })) },
    { name: "rows by their ids, as many as a caller likes", code: `${THINGS}
        app.post("/things", async (req, res) => { await note(req.body.ids, "started"); res.end(); });`, findings: [{ line: 8, related: [8], why: [10, 10], message: "commits a sequelize write of its own", library: "sequelize", fix: "manual", reason: "turns that are committed stay" }] },
    { name: "the statements are what the list holds", code: asked("this.db.prepare(statement).run();"), findings: [found(10, 10, { confidence: "likely", why: [14, 14] })] },
    { name: "the statements are what the list holds, prepared by a method of the program's own", code: asked("this.prepare(statement).run();"), findings: [found(10, 10, { confidence: "likely", why: [14, 14] })] },
    { name: "a value that the list holds is no statement", code: asked(`this.prepare("INSERT INTO log (text) VALUES (?)").run(statement);`), findings: [found(10, 10, { why: [14, 14], reason: "has no name at the loop" })] },
    {
      name: "in the tool of a server that is started as a command",
      code: {
        "src/index.ts": `#!/usr/bin/env node
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import Database from "better-sqlite3";
const db = new Database("notes.db");
const server = new McpServer({ name: "notes", version: "1.0.0" });
server.tool("import", async ({ lines }) => {
  const stmt = db.prepare("INSERT INTO notes (text) VALUES (?)");
  for (const line of lines) stmt.run(line);
  return { content: [] };
});
`,
      },
      findings: [{ file: "src/index.ts", line: 8, message: "commits a better-sqlite3 write of its own", fix: "review", reason: "when a turn fails", related: ["src/index.ts:8"], why: ["src/index.ts:6"] }],
    },
    { name: "a loop that only runs when there is something in the list", code: `${DB}
        import express from "express";
        const app = express();
        app.post("/things", (req, res) => {
          if (req.body.names.length > 0) {
            for (const name of req.body.names) insert.run(name);
          }
          res.end();
        });`, findings: [found(8, 8, { why: [6], ...wrapped })] },
    { name: "a turn that need not write: likely", code: `${DB}
        import express from "express";
        const app = express();
        app.post("/things", (req, res) => {
          for (const name of req.body.names) {
            if (!known.has(name)) insert.run(name);
          }
          res.end();
        });`, findings: [found(8, 7, { why: [6], confidence: "likely" })] },
    { name: "a field of a type that a transaction has as well, which only a session is seen to fill", code: `
        import express from "express";
        import knex, { type Knex } from "knex";
        class Things {
          constructor(private readonly knex: Knex) {}
          async remove(id: number) {
            return await this.knex("things").where({ id }).del();
          }
        }
        const things = new Things(knex({ client: "better-sqlite3", connection: { filename: "app.db" } }));
        const app = express();
        app.post("/things", async (req, res) => {
          for (const id of req.body.ids) {
            await things.remove(id);
          }
          res.end();
        });`, findings: [found(13, 12, { why: [11], library: "knex", message: "calls `things.remove`, which commits knex writes" })] },
    { name: "a field of such a type that a transaction fills as well is silent: the loop may be in one", code: `
        import express from "express";
        import knex, { type Knex } from "knex";
        class Things {
          constructor(private readonly knex: Knex) {}
          async remove(id: number) {
            return await this.knex("things").where({ id }).del();
          }
        }
        const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });
        const things = new Things(db);
        export const within = (work: (things: Things) => Promise<void>) => db.transaction(async (trx) => work(new Things(trx)));
        const app = express();
        app.post("/things", async (req, res) => {
          for (const id of req.body.ids) {
            await things.remove(id);
          }
          res.end();
        });`, findings: [] },
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
    { name: "rows whose table is one of two", code: `
        import express from "express";
        import knex from "knex";
        const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });
        const app = express();
        app.post("/things", async (req, res) => {
          const table = req.body.old ? "old_things" : "things";
          for (const name of req.body.names) await db(table).insert({ name });
          res.end();
        });`, findings: [found(7, 7, { library: "knex", message: "commits a knex write", why: [5] })] },
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
    { name: "a write in a branch is likely", code: `${DB}
        export function importAll(names: string[]) {
          for (const name of names) if (name !== "") insert.run(name);
        }`, findings: [found(5, 5, { confidence: "likely" })] },
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
