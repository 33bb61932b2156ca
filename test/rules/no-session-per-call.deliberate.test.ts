import { runTable } from "./lib/table.js";

const APP = `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();`;

runTable({
  rule: "no-session-per-call",
  theme: "sessions that are meant to be short-lived",
  valid: [
    { name: ":memory:", code: `${APP}
        app.post("/check", (req, res) => {
          const db = new Database(":memory:");
          db.exec(req.body.schema);
          res.json(db.prepare("SELECT name FROM sqlite_master").all());
        });` },
    { name: "no path is a database in memory, too", code: `${APP}
        app.post("/check", (req, res) => {
          const db = new Database();
          db.exec(req.body.schema);
          res.end();
        });` },
    { name: "a shared-cache URI in memory", code: `
        import { DatabaseSync } from "node:sqlite";
        import express from "express";
        const app = express();
        app.post("/check", (req, res) => {
          const db = new DatabaseSync("file:check?mode=memory&cache=shared");
          db.exec(req.body.schema);
          res.end();
        });` },
    { name: "read-only, once off", code: `${APP}
        app.get("/report", (req, res) => {
          const db = new Database("app.db", { readonly: true, fileMustExist: true });
          res.json(db.prepare("SELECT count(*) FROM things").get());
          db.close();
        });` },
    { name: "node:sqlite's readOnly", code: `
        import { DatabaseSync } from "node:sqlite";
        import express from "express";
        const app = express();
        app.get("/report", (req, res) => {
          const db = new DatabaseSync("app.db", { readOnly: true });
          res.json(db.prepare("SELECT count(*) FROM things").get());
          db.close();
        });` },
    { name: "Knex without a connection only puts statements together", code: `
        import Knex from "knex";
        import express from "express";
        class Things {
          knex = Knex({ client: "better-sqlite3", useNullAsDefault: true });
          all() { return this.knex("things").select().toSQL(); }
        }
        const app = express();
        app.get("/things", (req, res) => {
          const things = new Things();
          res.json(things.all());
        });` },
    { name: "a class that everybody makes in memory", code: `${APP}
        class Store {
          db;
          constructor(file: string) { this.db = new Database(file); }
          add(name: string) { this.db.prepare("INSERT INTO things (name) VALUES (?)").run(name); }
        }
        app.post("/check", (req, res) => {
          const store = new Store(":memory:");
          store.add(req.body.name);
          res.end();
        });` },
    { name: "a class around two drivers, whose readers say that they only read", code: `
        import { Database } from "bun:sqlite";
        import express from "express";
        class Store {
          #db;
          constructor(file: string, options: { readOnly?: boolean } = {}) {
            this.#db = options.readOnly ? new Database(file, { readonly: true }) : new Database(file, { create: true });
          }
          get(sql: string) { return this.#db.prepare(sql).get(); }
          close() { this.#db.close(); }
        }
        let store;
        function start(file: string) {
          if (store) {
            try { store.close(); } catch {}
            store = null;
          }
          store = new Store(file);
        }
        const app = express();
        app.post("/restart", (req, res) => { start("app.db"); res.end(); });
        app.get("/peers/:name", (req, res) => {
          const peer = new Store(\`\${req.params.name}.db\`, { readOnly: true });
          res.json([store.get("SELECT 1"), peer.get("SELECT count(*) FROM things")]);
        });` },
    { name: "a backup that somebody uploaded", code: `${APP}
        app.post("/restore", (req, res) => {
          const backupPath = req.body.path;
          const backup = new Database(backupPath);
          res.json(backup.prepare("SELECT count(*) FROM things").get());
          backup.close();
        });` },
    { name: "a file in the folder for temporary files", code: `
        import { tmpdir } from "node:os";
        import path from "node:path";${APP}
        app.post("/export", (req, res) => {
          const target = new Database(path.join(tmpdir(), "export.db"));
          target.exec("CREATE TABLE things (id)");
          res.end();
        });` },
    { name: "a folder of its own, with a file in it", code: `
        import { mkdtempSync } from "node:fs";
        import { tmpdir } from "node:os";
        import path from "node:path";${APP}
        app.post("/trial", (req, res) => {
          const folder = mkdtempSync(path.join(tmpdir(), "trial-"));
          const board = new Database(path.join(folder, "board.db"));
          board.exec("CREATE TABLE things (id)");
          res.end();
        });` },
    { name: "a file with a name that nobody else has", code: `
        import { randomUUID } from "node:crypto";${APP}
        app.post("/trial", (req, res) => {
          const board = new Database(\`boards/\${randomUUID()}.db\`);
          board.exec("CREATE TABLE things (id)");
          res.end();
        });` },
    { name: "a factory that everybody asks for a file of their own, and one above it", code: `
        import { mkdtempSync } from "node:fs";
        import path from "node:path";${APP}
        function openBoard(file) {
          const db = new Database(file);
          db.pragma("journal_mode = WAL");
          return db;
        }
        function freshBoard() {
          const folder = mkdtempSync("trial-");
          return { board: openBoard(path.join(folder, "board.db")), folder };
        }
        const db = openBoard("app.db");
        app.post("/trial", (req, res) => {
          const { board } = freshBoard();
          res.json([board.prepare("SELECT 1").get(), db.prepare("SELECT 1").get()]);
        });` },
    { name: "a factory above another one that opens in memory", code: `${APP}
        const openBoard = (file) => new Database(file);
        const scratch = () => openBoard(":memory:");
        const db = openBoard("app.db");
        app.post("/check", (req, res) => {
          const board = scratch();
          res.json([board.prepare("SELECT 1").get(), db.prepare("SELECT 1").get()]);
        });` },
    { name: "a file that the handler has just written", code: `
        import { writeFileSync, unlinkSync } from "node:fs";${APP}
        app.post("/inspect", (req, res) => {
          const file = \`inbox/\${req.body.id}.db\`;
          writeFileSync(file, req.body.content);
          const db = new Database(file);
          res.json(db.prepare("SELECT * FROM sqlite_master").all());
          db.close();
          unlinkSync(file);
        });` },
    { name: "code for a worker, in a template string", code: `${APP}
        const source = \`
          const Database = require("better-sqlite3");
          require("worker_threads").parentPort.on("message", () => {
            const db = new Database("app.db");
            db.close();
          });
        \`;
        app.get("/worker", (req, res) => res.send(source));` },
    { name: "a comment that shows how not to", code: `${APP}
        const db = new Database("app.db");
        // Never: app.get("/x", () => { const db = new Database("app.db"); });
        app.get("/things", (req, res) => res.json(db.prepare("SELECT * FROM things").all()));` },
    { name: "a bookkeeping object with open() and connect()", code: `${APP}
        const ledger = { open: (name) => ({ name, lines: [] }) };
        app.get("/ledger", (req, res) => res.json(ledger.open("app.db")));` },
    { name: "a health probe of a monitored target, read-only", code: `${APP}
        app.get("/probe", (req, res) => {
          const target = new Database(req.query.target, { readonly: true });
          res.json(target.prepare("SELECT 1").get());
          target.close();
        });` },
    { name: "one for a VACUUM alone, closed again", code: `${APP}
        app.post("/export", (req, res) => {
          const db = new Database("app.db");
          db.exec("VACUUM");
          db.close();
          res.end();
        });` },
  ],
  invalid: [
    { name: "a folder that was made when the program was loaded is one for all", code: `
        import { mkdtempSync } from "node:fs";
        import path from "node:path";${APP}
        const folder = mkdtempSync("data-");
        app.post("/things", (req, res) => {
          const db = new Database(path.join(folder, "things.db"));
          res.json(db.prepare("SELECT 1").get());
        });`, findings: [{ line: 8, message: "opens a new better-sqlite3 session each time it runs", fix: "safe", why: [7, 8], sessions: "1" }] },
    { name: "a factory above another one that opens both in memory and on the file", code: `${APP}
        const openBoard = (file) => new Database(file);
        const board = (scratch) => {
          if (scratch) return openBoard(":memory:");
          return openBoard("app.db");
        };
        app.post("/check", (req, res) => res.json(board(req.body.scratch).prepare("SELECT 1").get()));`, findings: [{ line: 4, message: "`openBoard` opens a new better-sqlite3 session each time it is called", fix: "safe", why: [9, 9, 7, 4], related: [7, 9], sessions: "1" }] },
    { name: "one for a VACUUM and a look at the rows, when somebody asks for it: a rare task, so likely", code: `${APP}
        app.post("/export", (req, res) => {
          const db = new Database("app.db");
          db.exec("VACUUM");
          db.prepare("SELECT count(*) FROM things").get();
          db.close();
          res.end();
        });`, findings: [{ line: 5, message: "opens a new better-sqlite3 session each time it runs", confidence: "likely", fix: "safe", why: [4, 5], sessions: "1" }] },
    { name: "one for a backup, where none is open", code: `${APP}
        const kept = new Map();
        async function performBackup(path, to) {
          const open = kept.get(path);
          if (open) return open.backup(to);
          const once = new Database(path);
          try { return await once.backup(to); } finally { once.close(); }
        }
        app.post("/backup", async (req, res) => { await performBackup("app.db", "copy.db"); res.end(); });`,
      findings: [{ line: 8, message: "`performBackup` opens a new better-sqlite3 session each time it runs", confidence: "likely", fix: "safe", why: [11, 11, 8], sessions: "1" }] },
    { name: "what brings the tables up to date, when it is told to", code: `${APP}
        const open = (path) => new Database(path);
        function migrateAll(path) {
          const db = open(path);
          db.exec("CREATE TABLE IF NOT EXISTS things (name TEXT)");
          db.close();
        }
        app.post("/upgrade", (req, res) => { migrateAll("app.db"); res.end(); });`,
      findings: [{ line: 4, message: "`open` opens a new better-sqlite3 session each time it is called, and 1 place does so", confidence: "likely", fix: "safe", related: [6], why: [10, 10, 6, 4], sessions: "1" }] },
    { name: "a factory that a backup uses, and handlers as well", code: `${APP}
        const open = (path) => new Database(path);
        app.post("/backup", async (req, res) => { await open("app.db").backup("copy.db"); res.end(); });
        app.get("/things", (req, res) => { res.json(open("app.db").prepare("SELECT * FROM things").all()); });`,
      findings: [{ line: 4, message: "2 places do so", fix: "safe", related: [5, 6], why: [6, 6, 4], sessions: "1" }] },
    { name: "readonly: false is no read-only", code: `${APP}
        app.get("/things", (req, res) => {
          const db = new Database("app.db", { readonly: false });
          res.json(db.prepare("SELECT * FROM things").all());
        });`,
      findings: [{ line: 5, message: "opens a new better-sqlite3", fix: "safe", why: [4, 5], sessions: "1" }] },
    { name: "a name that only sounds temporary", code: `${APP}
        const templatePath = "templates.db";
        app.get("/templates", (req, res) => {
          const db = new Database(templatePath);
          res.json(db.prepare("SELECT * FROM templates").all());
        });`,
      findings: [{ line: 6, message: "opens a new better-sqlite3", fix: "safe", why: [5, 6], sessions: "1" }] },
    { name: "in a worker's own message handler", code: `
        import { parentPort } from "node:worker_threads";
        import Database from "better-sqlite3";
        parentPort.on("message", (job) => {
          const db = new Database("app.db");
          db.prepare("UPDATE jobs SET done = 1 WHERE id = ?").run(job.id);
        });`,
      findings: [{ line: 4, message: "`message event` opens 1 session.", fix: "safe", why: [3, 4], sessions: "1" }] },
    { name: "in a string's hole, which is code", code: `${APP}
        app.get("/things", (req, res) => {
          res.send(\`\${new Database("app.db").prepare("SELECT count(*) FROM things").pluck().get()} things\`);
        });`,
      findings: [{ line: 5, message: "opens a new better-sqlite3", fix: "safe", why: [4, 5], sessions: "1" }] },
    { name: "the same file, to look at while it is written", code: `${APP}
        const db = new Database("app.db");
        app.get("/things", (req, res) => res.json(db.prepare("SELECT * FROM things").all()));
        app.get("/count", (req, res) => {
          const second = new Database("app.db");
          res.json(second.prepare("SELECT count(*) FROM things").get());
        });`,
      findings: [{ line: 7, message: "opens a new better-sqlite3", fix: "safe", why: [6, 7], sessions: "1" }] },
  ],
});
