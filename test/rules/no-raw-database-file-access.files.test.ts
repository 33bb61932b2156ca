import { runTable } from "./lib/table.js";

const manual = { fix: "manual" as const, reason: "a backup takes time" };
const HEAD = `
  import fs from "node:fs";
  import Database from "better-sqlite3";
  import express from "express";
  const FILE = process.env.DB_FILE ?? "app.db";
  export const db = new Database(FILE);
  const app = express();
`;
const served = (body: string, head = HEAD): string => `${head}\n  app.post("/things", async (req, res) => {\n    ${body}\n    res.end();\n  });\n`;

runTable({
  rule: "no-raw-database-file-access",
  theme: "files",
  valid: [
    { name: "its size and its existence", code: served("res.json([fs.statSync(FILE).size, fs.existsSync(FILE)]); fs.accessSync(FILE); fs.mkdirSync('data');") },
    { name: "another file", code: served("fs.copyFileSync('template.db', 'new.db');") },
    { name: "the library's own backup, read afterwards", code: served("await db.backup('copy.db'); res.send(fs.readFileSync('copy.db'));") },
    { name: "VACUUM INTO", code: served("db.exec(\"VACUUM INTO 'copy.db'\"); fs.createReadStream('copy.db').pipe(res);") },
    { name: "a file of another folder, sent by its name", code: served('res.sendFile("app.db", { root: "exports" });') },
    { name: "the library's own backup, sent", code: served("await db.backup('copy.db'); res.download('copy.db');") },
    {
      name: "a window's restore that closes the session first",
      code: `
        import fs from "node:fs";
        import Database from "better-sqlite3";
        import { ipcMain } from "electron";
        const FILE = "app.db";
        export let db = new Database(FILE);
        ipcMain.handle("restore", (event, from) => {
          db.close();
          fs.copyFileSync(from, FILE);
          db = new Database(FILE);
        });
      `,
    },
    { name: "closed first, and opened again", code: served("db.close(); fs.copyFileSync('upload', FILE);") },
    { name: "closed first, and waited for by a promise around the callback", code: served("if (db) { await new Promise((resolve, reject) => { db.close((error) => (error ? reject(error) : resolve())); }); } fs.unlinkSync(FILE);") },
    { name: "closed first by a helper", code: served("await closeDatabase(); fs.renameSync('upload', FILE);") },
    { name: "in what runs after the close", code: served("await stopAll().then(() => fs.rmSync(FILE));") },
    {
      name: "removed at start-up, before it is opened",
      code: `
        import fs from "node:fs";
        import Database from "better-sqlite3";
        const FILE = "app.db";
        if (process.env.RESET) fs.rmSync(FILE, { force: true });
        export const db = new Database(FILE);
      `,
    },
    {
      name: "a script, in which no session is open",
      file: "scripts/backup.ts",
      code: `
        import fs from "node:fs";
        import Database from "better-sqlite3";
        const FILE = "app.db";
        export const db = new Database(FILE);
        export function backup() { fs.copyFileSync(FILE, "copy.db"); }
      `,
    },
    {
      name: "a session of the same function, opened after the file was put there",
      code: `
        import fs from "node:fs";
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        app.post("/tenants", (req, res) => {
          const file = "tenants/new.db";
          fs.copyFileSync("template.db", file);
          const db = new Database(file);
          db.exec("CREATE TABLE things (id)");
          db.close();
          res.end();
        });
      `,
    },
    {
      name: "a session that is closed by who opened it",
      code: `
        import fs from "node:fs";
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        function count() {
          const db = new Database("app.db");
          try { return db.prepare("SELECT count(*) FROM things").get(); } finally { db.close(); }
        }
        app.get("/count", (req, res) => res.json(count()));
        app.get("/file", (req, res) => res.send(fs.readFileSync("app.db")));
      `,
    },
    { name: "a namesake", code: served("store.readFile(FILE); readFileSync(FILE);", `${HEAD}\n  import { store, readFileSync } from "./store.js";`) },
    {
      name: "two programs",
      code: {
        "src/db.ts": `
          import Database from "better-sqlite3";
          export const db = new Database("/var/app.db");
        `,
        "src/main.ts": `import "./db.js";`,
        "src/backup.ts": `
          import fs from "node:fs";
          import express from "express";
          import type { Database } from "better-sqlite3";
          express().get("/backup", (req, res) => res.send(fs.readFileSync("/var/app.db")));
        `,
      },
    },
    { name: "a library that is ignored", options: { ignoreLibraries: ["better-sqlite3"] }, code: served("fs.readFileSync(FILE);") },
    {
      name: "a function that is allowed",
      options: { allowFunctions: ["snapshot"] },
      code: `${HEAD}
        function snapshot() { return fs.readFileSync(FILE); }
        app.get("/file", (req, res) => res.send(snapshot()));
      `,
    },
  ],
  invalid: [
    {
      name: "a close that is left for the end of the process",
      code: served('process.once("exit", () => db.close()); fs.copyFileSync(FILE, "copy.db");'),
      findings: [{ line: 9, message: "opens the file of a better-sqlite3 session past SQLite", ...manual, related: [5], why: [8] }],
    },
    {
      name: "sent by Express",
      code: served('res.status(200).download(FILE, "backup.db");'),
      findings: [{ line: 9, message: "`download` opens the file of a better-sqlite3 session", ...manual, related: [5], why: [8] }],
    },
    {
      name: "sent by Express, by a path that is put together in another file",
      code: {
        "src/db.js": `const path = require("node:path");
const sqlite3 = require("sqlite3");
const dbPath = path.join(__dirname, "data", "club.db");
exports.db = new sqlite3.Database(dbPath);
exports.dbPath = dbPath;
`,
        "src/admin.js": `const express = require("express");
const { db, dbPath } = require("./db.js");
const router = express.Router();
router.get("/backup", (req, res) => {
  db.run("INSERT INTO audit (what) VALUES ('backup')");
  res.sendFile(dbPath);
});
module.exports = router;
`,
      },
      findings: [{ line: 6, file: "src/admin.js", message: "`sendFile` opens the file of a sqlite3 session", library: "sqlite3", ...manual, related: ["src/db.js:4"], why: ["src/admin.js:4"] }],
    },
    {
      name: "another session on it was closed before, which was opened for a moment",
      code: served('const once = new Database(FILE); once.exec("VACUUM"); once.close(); fs.copyFileSync(FILE, "copy.db");'),
      findings: [{ line: 9, message: "`copyFileSync` opens the file of a better-sqlite3 session", ...manual, related: [5], why: [8] }],
    },
    {
      name: "copied when a window asks for it",
      code: `
        import fs from "node:fs";
        import path from "node:path";
        import Database from "better-sqlite3";
        import { app, dialog, ipcMain } from "electron";
        const dbPath = path.join(app.getPath("userData"), "notes.db");
        const db = new Database(dbPath);
        ipcMain.handle("notes:list", () => db.prepare("SELECT * FROM notes").all());
        ipcMain.handle("notes:export", async () => {
          const { canceled, filePath } = await dialog.showSaveDialog({ defaultPath: "notes.db" });
          if (canceled) return false;
          fs.copyFileSync(dbPath, filePath);
          return true;
        });
      `,
      findings: [{ line: 11, message: "`copyFileSync` opens the file of a better-sqlite3 session", ...manual, related: [6], why: [8] }],
    },
    {
      name: "copied for a backup each hour, in the folder that Electron gives",
      code: {
        "src/store.ts": `
import Database from "better-sqlite3";
export class Store {
  private readonly db: Database.Database;
  constructor(file: string) { this.db = new Database(file); }
  all() { return this.db.prepare("SELECT * FROM notes").all(); }
}`,
        "src/backup.ts": `
import fs from "node:fs";
import path from "node:path";
import { app } from "electron";
export class Backup {
  private readonly file = path.join(app.getPath("userData"), "notes.db");
  run() { fs.copyFileSync(this.file, \`\${this.file}.bak\`); }
}`,
        "src/main.ts": `
import path from "node:path";
import { app } from "electron";
import { Backup } from "./backup.js";
import { Store } from "./store.js";
const store = new Store(path.join(app.getPath("userData"), "notes.db"));
const backup = new Backup();
setInterval(() => store.all(), 1000);
setInterval(() => backup.run(), 3_600_000);`,
      },
      findings: [{ file: "src/backup.ts", line: 6, message: "`copyFileSync` opens", ...manual, related: ["src/store.ts:4"], why: ["src/main.ts:8", "src/main.ts:8"] }],
    },
    {
      name: "read for a download",
      code: served("res.send(fs.readFileSync(FILE));"),
      findings: [{ line: 9, message: "`readFileSync` opens the file of a better-sqlite3 session past SQLite", ...manual, related: [5], why: [8] }],
    },
    {
      name: "streamed",
      code: served("fs.createReadStream(FILE).pipe(res);"),
      findings: [{ line: 9, message: "`createReadStream` opens", ...manual, related: [5], why: [8] }],
    },
    {
      name: "copied, with its WAL: one finding for one function",
      code: served("fs.copyFileSync(FILE, 'copy.db'); fs.copyFileSync(`${FILE}-wal`, 'copy.db-wal');"),
      findings: [{ line: 9, message: "`copyFileSync` opens", ...manual, related: [5, 9], why: [8] }],
    },
    {
      name: "only where it is there",
      code: served("if (fs.existsSync(FILE)) await fs.promises.copyFile(FILE, 'copy.db');"),
      findings: [{ line: 9, message: "`copyFile` opens", ...manual, related: [5], why: [8] }],
    },
    {
      name: "replaced by an upload",
      code: served("fs.renameSync('upload', FILE);"),
      findings: [{ line: 9, message: "writes over the file of a better-sqlite3 session that is open", ...manual, related: [5], why: [8] }],
    },
    {
      name: "written",
      code: served("fs.writeFileSync(FILE, req.body);"),
      findings: [{ line: 9, message: "`writeFileSync` writes over", ...manual, related: [5], why: [8] }],
    },
    {
      name: "removed",
      code: served("fs.unlinkSync(FILE);"),
      findings: [{ line: 9, message: "takes the file of a better-sqlite3 session away", ...manual, related: [5], why: [8] }],
    },
    {
      name: "its WAL removed",
      code: served("fs.rmSync(FILE + '-wal', { force: true });"),
      findings: [{ line: 9, message: "`rmSync` takes", ...manual, related: [5], why: [8] }],
    },
    {
      name: "fs/promises in another file, and node:sqlite",
      code: {
        "src/config.ts": `export const FILE = "/var/app.db";`,
        "src/db.ts": `
          import { DatabaseSync } from "node:sqlite";
          import { FILE } from "./config.js";
          export const db = new DatabaseSync(FILE);
        `,
        "src/backup.ts": `
          import { copyFile } from "node:fs/promises";
          import express from "express";
          import { FILE } from "./config.js";
          import { db } from "./db.js";
          const app = express();
          app.post("/backup", async (req, res) => {
            db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
            await copyFile(FILE, "/var/backup.db");
            res.end();
          });
        `,
      },
      findings: [{ file: "src/backup.ts", line: 8, message: "`copyFile` opens the file of a node:sqlite session", library: "node:sqlite", ...manual, related: ["src/db.ts:3"], why: ["src/backup.ts:6"] }],
    },
    {
      name: "Knex's file, by a timer",
      code: `
        import { copyFileSync } from "fs";
        import knex from "knex";
        export const db = knex({ client: "better-sqlite3", connection: { filename: "./app.db" } });
        setInterval(() => copyFileSync("app.db", "copy.db"), 60_000);
      `,
      findings: [{ line: 4, message: "a knex session", library: "knex", ...manual, related: [3], why: [4] }],
    },
    {
      name: "a class that keeps the session and its path",
      code: `
        import fs from "node:fs";
        import Database from "better-sqlite3";
        import express from "express";
        class Store {
          constructor(private readonly file: string) {
            this.db = new Database(file);
          }
          download() {
            return fs.readFileSync(this.file);
          }
        }
        const store = new Store("app.db");
        express().get("/file", (req, res) => res.send(store.download()));
      `,
      findings: [{ line: 9, message: "`readFileSync` opens", ...manual, related: [6], why: [13, 13] }],
    },
    {
      name: "through a helper that is given the path",
      code: `${HEAD}
        const load = (file) => fs.readFileSync(file);
        app.get("/file", (req, res) => res.send(load(FILE)));
      `,
      findings: [{ line: 8, message: "`readFileSync` opens", ...manual, related: [5], why: [9, 9] }],
    },
    {
      name: "in a function that nobody here calls: likely",
      code: `${HEAD}
        export const download = () => fs.readFileSync(FILE);
      `,
      findings: [{ line: 8, confidence: "likely", message: "`readFileSync` opens", ...manual, related: [5] }],
    },
  ],
});
