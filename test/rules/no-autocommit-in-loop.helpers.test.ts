import { runTable, type Expected } from "./lib/table.js";

const APP = `
        import express from "express";
        const app = express();`;

/** A store whose methods hand its session to functions that write. */
const STORE = (body: string) => ({
  "src/rows.ts": `
        import type { Database } from "better-sqlite3";
        export function addRow(db: Database, name: string) {
          ${body}
        }`,
  "src/store.ts": `
        import Database from "better-sqlite3";
        import { addRow } from "./rows.js";
        class Rows {
          constructor(private readonly db: Database.Database) {}
          add(name: string) { return addRow(this.db, name); }
        }
        export class Store {
          readonly rows: Rows;
          private readonly db: Database.Database;
          constructor(path: string) {
            this.db = new Database(path);
            this.rows = new Rows(this.db);
          }
        }`,
});

const importAll = (loop: string) => `${APP}
        import { Store } from "./store.js";
        const store = new Store("app.db");
        app.post("/things", (req, res) => {
          ${loop}
          res.end();
        });`;

const found = (more: Partial<Expected> = {}): Expected => ({ line: 6, file: "src/app.ts", related: ["src/app.ts:6"], why: ["src/app.ts:5"], message: "calls `store.rows.add`, which commits better-sqlite3 writes of its own", fix: "manual", reason: "turns that are committed stay", ...more });

const INSERT = `db.prepare("INSERT INTO things (name) VALUES (?)").run(name);`;
/** What is there already is given back; a row that is not is written in a transaction of its own. */
const IN_TRANSACTION = `
          const known = db.prepare("SELECT id FROM things WHERE name = ?").get(name);
          if (known) return { known, inserted: false };
          return db.transaction(() => {
            const { next } = db.prepare("SELECT max(seq) + 1 AS next FROM things").get() as { next: number };
            db.prepare("INSERT INTO things (name, seq) VALUES (?, ?)").run(name, next);
            return { known: next, inserted: true };
          })();`;

const LOOP = `for (const name of req.body.names) store.rows.add(name);`;

runTable({
  rule: "no-autocommit-in-loop",
  theme: "helpers with a session, and with transactions of their own",
  valid: [
    { name: "a repository's method that updates what is there, or notes elsewhere that it is not", code: {
      "src/lines.ts": `
        import type { Database } from "better-sqlite3";
        export class Lines {
          constructor(private readonly db: Database) {}
          async save(line: { name: string; hours: number }): Promise<void> {
            const known = this.db.prepare("SELECT id FROM lines WHERE name = ?").get(line.name) as { id: number } | undefined;
            if (known) {
              this.db.prepare("UPDATE lines SET hours = ? WHERE id = ?").run(line.hours, known.id);
            } else if (line.hours > 40) {
              this.db.prepare("INSERT INTO strange (name) VALUES (?)").run(line.name);
            }
          }
        }`,
      "src/app.ts": `${APP}
        import Database from "better-sqlite3";
        import { Lines } from "./lines.js";
        const lines = new Lines(new Database("app.db"));
        app.post("/lines", async (req, res) => {
          for (const line of req.body.lines) await lines.save(line);
          res.end();
        });`,
    } },
    { name: "a helper with a session of its own that writes for some only", code: {
      "src/open.ts": `
        import Database from "better-sqlite3";
        export const openNotes = () => new Database("notes.db");`,
      "src/app.ts": `
        import express from "express";
        import { openNotes } from "./open.js";
        function fold(db: any, id: number) {
          if (db.prepare("SELECT 1 FROM old WHERE id = ?").get(id)) db.prepare("DELETE FROM notes WHERE id = ?").run(id);
        }
        function remove(id: number) {
          const db = openNotes();
          fold(db, id);
          db.close();
        }
        express().post("/clean", (req, res) => {
          for (const id of req.body.ids) remove(id);
          res.end();
        });`,
    } },
    { name: "a helper whose transactions are batches of a list of its own", code: `
        import Database from "better-sqlite3";
        import { batchedTransactionSync } from "sessionfix-runtime";${APP}
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO links (thing, target) VALUES (?, ?)");
        function storeLinks(thing, links) {
          batchedTransactionSync(db, links, (link) => insert.run(thing, link), { batchSize: 10 });
        }
        app.post("/things", (req, res) => {
          for (const { id, links } of req.body.things) storeLinks(id, links);
          res.end();
        });` },
    { name: "a function that goes through a list of its own", code: {
      "src/notes.ts": `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export function replaceNames(names: string[]) {
          db.prepare("DELETE FROM names").run();
          db.transaction(() => { for (const name of names.slice(0, 100)) db.prepare("INSERT INTO names (name) VALUES (?)").run(name); })();
          for (const name of names) console.log(name);
        }`,
      "src/app.ts": `${APP}
        import { replaceNames } from "./notes.js";
        app.post("/import", (req, res) => {
          for (const names of req.body.lists) replaceNames(names);
          res.end();
        });`,
    } },
    { name: "a transaction that holds a loop is a batch already", code: {
        ...STORE(`db.transaction(() => { for (const each of name.split(",")) db.prepare("INSERT INTO things (name) VALUES (?)").run(each); })();`),
        "src/app.ts": importAll(LOOP) } },
    { name: "a helper that writes where it has a session, and something to say", code: { ...STORE(INSERT), "src/store.ts": `
        import Database from "better-sqlite3";
        class Rows {
          constructor(private readonly db?: Database.Database) {}
          add(name: string) {
            if (name !== "") {
              if (this.db) this.db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
            }
          }
        }
        export class Store {
          readonly rows: Rows;
          constructor(path: string) { this.rows = new Rows(new Database(path)); }
        }`, "src/app.ts": importAll(LOOP) } },
    { name: "a transaction that only reads", code: {
        ...STORE(`return db.transaction(() => [db.prepare("SELECT 1").get(), db.prepare("SELECT 2").get()])();`),
        "src/app.ts": importAll(LOOP) } },
    { name: "a transaction now and then", code: {
        ...STORE(`if (name === "new") db.transaction(() => { db.prepare("INSERT INTO things (name) VALUES (?)").run(name); })();`),
        "src/app.ts": importAll(LOOP) } },
    { name: "a transaction around the loop, which those in it join", code: {
        ...STORE(IN_TRANSACTION),
        "src/app.ts": importAll(`store.all(() => { ${LOOP} });`),
        "src/store.ts": STORE(IN_TRANSACTION)["src/store.ts"].replace("constructor(path", "all(work: () => void) { this.db.transaction(work)(); }\n          constructor(path") } },
    { name: "a helper that first asks another one, which waits for something else", code: `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const sourceOf = async (id: number) => {
          const known = await prisma.thing.findUnique({ where: { id } });
          return known ?? (await (await fetch("https://things.example/" + id)).json());
        };
        async function index(id: number) {
          const source = await sourceOf(id);
          await prisma.entry.upsert({ where: { id }, create: { id, name: source.name }, update: { name: source.name } });
        }
        export async function indexAll() {
          for (const { id } of await prisma.thing.findMany()) await index(id);
        }` },
    { name: "a step that waits for something else around its transaction", code: `${APP}
        import knex from "knex";
        const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });
        async function load(name) {
          const response = await fetch("https://example.com/" + name);
          await db.transaction(async (trx) => { await trx("things").insert({ name, text: await response.text() }); });
        }
        app.post("/things", async (req, res) => {
          for (const name of req.body.names) await load(name);
          res.end();
        });` },
  ],
  invalid: [
    { name: "a repository's method that updates what is there and inserts what is not", code: {
      "src/lines.ts": `
        import type { Database } from "better-sqlite3";
        export class Lines {
          constructor(private readonly db: Database) {}
          async byName(name: string) { return this.db.prepare("SELECT id FROM lines WHERE name = ?").get(name) as { id: number } | undefined; }
          async save(line: { name: string; hours: number }): Promise<void> {
            const known = await this.byName(line.name);
            if (known) {
              this.db.prepare("UPDATE lines SET hours = ? WHERE id = ?").run(line.hours, known.id);
            } else {
              this.db.prepare("INSERT INTO lines (name, hours) VALUES (?, ?)").run(line.name, line.hours);
            }
          }
        }`,
      "src/app.ts": `${APP}
        import Database from "better-sqlite3";
        import { Lines } from "./lines.js";
        const lines = new Lines(new Database("app.db"));
        app.post("/lines", async (req, res) => {
          for (const line of req.body.lines) {
            await lines.save(line);
          }
          res.end();
        });`,
    }, findings: [found({ line: 8, related: ["src/app.ts:7"], why: ["src/app.ts:6"], message: "calls `lines.save`, which commits better-sqlite3 writes of its own", reason: "a turn waits" })] },
    { name: "a class to which a test gives a database in memory", code: {
      "src/notes.ts": `
        import type { Database } from "better-sqlite3";
        export class Notes {
          constructor(private readonly db: Database) {}
          addAll(names: string[]) {
            const insert = this.db.prepare("INSERT INTO notes (name) VALUES (?)");
            for (const name of names) insert.run(name);
          }
        }`,
      "src/server.ts": `
        import Database from "better-sqlite3";
        import express from "express";
        import { Notes } from "./notes.js";
        const notes = new Notes(new Database("notes.db"));
        express().post("/notes", (req, res) => {
          notes.addAll(req.body.names);
          res.end();
        });`,
      "src/notes.test.ts": `
        import Database from "better-sqlite3";
        import { Notes } from "./notes.js";
        test("notes", () => {
          const notes = new Notes(new Database(":memory:"));
          notes.addAll(["a"]);
        });`,
    }, findings: [{ file: "src/notes.ts", line: 6, message: "commits a better-sqlite3 write of its own", fix: "review", reason: "the turns of its batch are rolled back with it", related: ["src/notes.ts:6"], why: ["src/server.ts:5", "src/server.ts:6"] }] },
    { name: "a helper that gets a session for itself and hands it to what writes", code: {
      "src/open.ts": `
        import Database from "better-sqlite3";
        export const openNotes = () => new Database("notes.db");`,
      "src/notes.ts": `
        import { openNotes } from "./open.js";
        function removeRow(db: any, id: number) {
          db.exec("SAVEPOINT remove_note");
          try {
            db.prepare("DELETE FROM notes WHERE id = ?").run(id);
            db.exec("RELEASE remove_note");
          } catch (error) {
            db.exec("ROLLBACK TO remove_note");
            throw error;
          }
        }
        export function remove(id: number) {
          const db = openNotes();
          try {
            removeRow(db, id);
          } finally {
            db.close();
          }
        }`,
      "src/app.ts": `
        import express from "express";
        import { remove } from "./notes.js";
        express().post("/clean", (req, res) => {
          for (const id of req.body.ids) remove(id);
          res.end();
        });`,
    }, findings: [{ file: "src/app.ts", line: 4, message: "calls `remove`, which commits better-sqlite3 writes of its own", fix: "manual", reason: "each turn gets a session of its own", related: ["src/app.ts:4"], why: ["src/app.ts:3"] }] },
    { name: "a method that hands the session to what writes", code: { ...STORE(INSERT), "src/app.ts": importAll(LOOP) }, findings: [found({ reason: "writes as well" })] },
    { name: "a helper that writes where it has a session", code: { ...STORE(INSERT), "src/store.ts": `
        import Database from "better-sqlite3";
        class Rows {
          private readonly pending: string[] = [];
          constructor(private readonly db?: Database.Database) {}
          add(name: string) {
            if (this.db) {
              this.db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
              return;
            }
            this.pending.push(name);
          }
        }
        export class Store {
          readonly rows: Rows;
          constructor(path: string) { this.rows = new Rows(new Database(path)); }
        }`, "src/app.ts": importAll(LOOP) }, findings: [found({ reason: "writes as well" })] },
    { name: "a transaction of one turn", code: { ...STORE(IN_TRANSACTION), "src/app.ts": importAll(LOOP) }, findings: [found({ message: "calls `store.rows.add`, which commits a better-sqlite3 transaction of its own", reason: "begins a transaction" })] },
    { name: "a transaction that changes the state of one thing: likely", code: { ...STORE(`
          db.transaction(() => {
            db.prepare("UPDATE things SET state = 'closed' WHERE name = ?").run(name);
            db.prepare("INSERT INTO log (name) VALUES (?)").run(name);
          })();`), "src/app.ts": importAll(LOOP) }, findings: [found({ message: "commits a better-sqlite3 transaction of its own", confidence: "likely" })] },
    { name: "in the turns of a map, which a synchronous driver runs one by one", code: { ...STORE(INSERT), "src/app.ts": importAll(`res.json(req.body.names.map((name) => store.rows.add(name)));`) }, findings: [found({ reason: "what the turns give is collected", why: ["src/app.ts:5", "src/app.ts:6"] })] },
    { name: "a helper that first asks another one, which only reads", code: `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const sourceOf = async (kind: string, id: number) => {
          if (kind === "part") return await prisma.part.findUnique({ where: { id } });
          return prisma.thing.findUnique({ where: { id } });
        };
        async function index(kind: string, id: number) {
          const source = await sourceOf(kind, id);
          if (!source) return;
          await prisma.entry.upsert({ where: { id }, create: { id, name: source.name }, update: { name: source.name } });
        }
        export async function indexAll() {
          const things = await prisma.thing.findMany({ where: { entry: null } });
          for (const { id } of things) await index("thing", id);
        }`,
      findings: [{ line: 14, message: "calls `index`, which commits @prisma/client writes of its own", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [14] }] },
    { name: "a function that writes a thing and its parts", code: {
      "src/notes.ts": `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export function addNote(note: { text: string; tags: string[] }) {
          const { lastInsertRowid } = db.prepare("INSERT INTO notes (text) VALUES (?)").run(note.text);
          for (const tag of note.tags) db.prepare("INSERT INTO tags (note, tag) VALUES (?, ?)").run(lastInsertRowid, tag);
        }`,
      "src/app.ts": `${APP}
        import { addNote } from "./notes.js";
        app.post("/import", (req, res) => {
          for (const note of req.body.notes) addNote(note);
          res.end();
        });`,
    }, findings: [
      { file: "src/notes.ts", line: 5, confidence: "likely", fix: "manual", related: ["src/notes.ts:5"], why: ["src/app.ts:4", "src/app.ts:5"], message: "commits a better-sqlite3 write of its own", reason: "turns that are committed stay" },
      { file: "src/app.ts", line: 5, fix: "manual", related: ["src/app.ts:5"], why: ["src/app.ts:4"], message: "calls `addNote`, which commits better-sqlite3 writes of its own", reason: "`addNote` writes as well, in a loop or function inside the turn" },
    ] },
    { name: "a write in a map, whose results batches would have to collect", code: `${APP}
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        app.post("/things", (req, res) => {
          res.json(req.body.names.map((name) => insert.run(name).lastInsertRowid));
        });`, findings: [{ line: 7, message: "commits a better-sqlite3 write of its own", fix: "manual", reason: "what the turns give is collected", related: [7], why: [6, 7] }] },
    { name: "a transaction of one turn on a driver that waits: likely", code: `${APP}
        import knex from "knex";
        const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });
        async function add(name) {
          return await db.transaction(async (trx) => {
            const known = await trx("things").where({ name }).first();
            if (!known) await trx("log").insert({ name });
            await trx("things").insert({ name });
          });
        }
        app.post("/things", async (req, res) => {
          for (const name of req.body.names) await add(name);
          res.end();
        });`, findings: [{ line: 13, message: "calls `add`, which commits a knex transaction of its own", library: "knex", confidence: "likely", fix: "manual", reason: "turns that are committed stay", related: [13], why: [12] }] },
    { name: "a transaction that a wrapper runs a step in: likely", code: `${APP}
        import knex from "knex";
        const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });
        class Things {
          #inTransaction(step) {
            return async (args) => {
              if (!args.name) throw new Error("no name");
              return await db.transaction(async (trx) => {
                const list = await trx("lists").where({ id: args.list }).first();
                if (!list) return false;
                return step(trx, args);
              });
            };
          }
          add = this.#inTransaction(async (trx, args) => {
            await trx("things").insert({ name: args.name });
          });
          remove = this.#inTransaction(async (trx, args) => {
            await trx("things").where({ name: args.name }).del();
          });
        }
        const things = new Things();
        app.post("/things", async (req, res) => {
          for (const name of req.body.names) await things.add({ list: 1, name });
          res.end();
        });`, findings: [{ line: 25, message: "calls `things.add`, which commits a knex transaction of its own", library: "knex", confidence: "likely", fix: "manual", reason: "turns that are committed stay", related: [25], why: [24] }] },
  ],
});
