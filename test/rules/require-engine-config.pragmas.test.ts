import { expect, it } from "vitest";
import { findingsOf, ruleNamed } from "./lib/run.js";
import { dedent, runTable, type Expected } from "./lib/table.js";

const WAITS = "a statement that meets another's lock waits for up to 5 s before it fails, and on this synchronous driver the whole process waits with it";
const KEEPS_WAL = "WAL stays with the file and keeps two more beside it";
const busy = (line: number, more: Partial<Expected> = {}): Expected => ({ line, message: "no busy timeout is set and node:sqlite has none by default", library: "node:sqlite", fix: "review", reason: WAITS, ...more });
const wal = (line: number, more: Partial<Expected> = {}): Expected => ({ line, message: "never switches to WAL", confidence: "likely", fix: "review", reason: KEEPS_WAL, ...more });

runTable({
  rule: "require-engine-config",
  theme: "pragmas and options",
  valid: [
    { name: "all of it is set", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        db.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "the timeout is an option", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db", { timeout: 2000 });
        db.exec("PRAGMA journal_mode = WAL");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "options that cannot be read", code: `
        import { DatabaseSync } from "node:sqlite";
        import { options } from "./config.js";
        const db = new DatabaseSync("app.db", options);
        db.exec("PRAGMA journal_mode = WAL");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "spread options", code: `
        import { DatabaseSync } from "node:sqlite";
        const defaults = JSON.parse(process.env.DB_OPTIONS);
        const db = new DatabaseSync("app.db", { ...defaults, open: true });
        db.exec("PRAGMA journal_mode = WAL");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "better-sqlite3 waits five seconds by itself", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        db.pragma("journal_mode = WAL");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "a configurable choice counts as set", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        if (process.env.WAL) db.pragma("journal_mode = WAL");
        else db.pragma("journal_mode = DELETE");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "a value from a constant", code: `
        import { DatabaseSync } from "node:sqlite";
        const WAIT = 3000;
        const db = new DatabaseSync("app.db");
        db.exec(\`PRAGMA busy_timeout = \${WAIT}\`);
        db.exec("PRAGMA journal_mode = WAL");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "a list of pragmas in a loop", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        for (const pragma of ["journal_mode = WAL", "busy_timeout = 5000"]) db.exec("PRAGMA " + pragma);
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "an SQL file is run, and may say it", code: `
        import { DatabaseSync } from "node:sqlite";
        import { readFileSync } from "node:fs";
        const db = new DatabaseSync("app.db");
        db.exec(readFileSync("schema.sql", "utf8"));
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "prepared", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        db.prepare("PRAGMA journal_mode = WAL").get();
        db.prepare("PRAGMA busy_timeout = 5000").get();
        db.prepare("INSERT INTO things DEFAULT VALUES").run();` },
    { name: "in memory", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync(":memory:");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "read-only", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db", { readOnly: true });
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "it only reads", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        console.log(db.prepare("SELECT * FROM things").all());` },
    { name: "a script", file: "scripts/load.ts", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "a namesake", code: `
        class DatabaseSync {
          exec(sql: string) {}
        }
        const db = new DatabaseSync("app.db");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "left out by option", options: { ignoreLibraries: ["node:sqlite"] }, code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "only what is asked for", options: { require: ["foreign_keys"] }, code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "foreign keys are on in better-sqlite3", options: { require: ["foreign_keys"] }, code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        db.exec("CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a INTEGER REFERENCES a(id))");
        db.exec("INSERT INTO b VALUES (1)");` },
    { name: "sqlite3: foreign keys are turned on", code: `
        import sqlite3 from "sqlite3";
        const db = new sqlite3.Database("app.db");
        db.exec("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON");
        db.exec("CREATE TABLE b (a INTEGER REFERENCES a(id))");
        db.run("INSERT INTO b VALUES (1)");` },
  ],
  invalid: [
    { name: "WAL, and no busy timeout", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        db.exec("PRAGMA journal_mode = WAL");
        db.exec("INSERT INTO things DEFAULT VALUES");`, findings: [busy(2)] },
    { name: "neither", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        db.prepare("INSERT INTO things (name) VALUES (?)").run("a");`, findings: [busy(2, { message: "right after opening; and it never switches to WAL", reason: `${WAITS}; ${KEEPS_WAL}` })] },
    { name: "CommonJS, lazily, in a class that is used here", file: "src/app.js", code: `
        const { DatabaseSync } = require("node:sqlite");
        class Store {
          getDb() {
            if (!this.db) {
              this.db = new DatabaseSync(this.path);
              this.db.exec("PRAGMA journal_mode = WAL");
            }
            return this.db;
          }
          add(name) {
            const insert = this.getDb().prepare("INSERT INTO things (name) VALUES (?)");
            insert.run(name);
          }
        }
        new Store().add("a");`, findings: [busy(5)] },
    { name: "asking for the pragma sets nothing", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        db.exec("PRAGMA journal_mode = WAL");
        console.log(db.prepare("PRAGMA busy_timeout").get());
        db.exec("INSERT INTO things DEFAULT VALUES");`, findings: [busy(2)] },
    { name: "options without a timeout", code: `
        import { DatabaseSync } from "node:sqlite";
        const options = { open: true };
        const db = new DatabaseSync("app.db", options);
        db.exec("PRAGMA journal_mode = WAL");
        db.exec("INSERT INTO things DEFAULT VALUES");`, findings: [busy(3)] },
    { name: "another session has it", code: `
        import { DatabaseSync } from "node:sqlite";
        const logs = new DatabaseSync("logs.db");
        logs.exec("PRAGMA busy_timeout = 5000");
        logs.exec("INSERT INTO lines DEFAULT VALUES");
        const db = new DatabaseSync("app.db");
        db.exec("PRAGMA journal_mode = WAL");
        db.exec("INSERT INTO things DEFAULT VALUES");`, findings: [busy(5)] },
    { name: "opened in two branches: one finding", code: `
        import { DatabaseSync } from "node:sqlite";
        const path = process.env.DB;
        const db = process.env.FAST ? new DatabaseSync(path) : new DatabaseSync(path, { open: true });
        db.exec("PRAGMA journal_mode = WAL");
        db.exec("INSERT INTO things DEFAULT VALUES");`, findings: [busy(3, { related: [3] })] },
    { name: "in a handler", code: `
        import express from "express";
        import { DatabaseSync } from "node:sqlite";
        const app = express();
        app.post("/things", (req, res) => {
          const db = new DatabaseSync("app.db");
          db.exec("PRAGMA journal_mode = WAL");
          db.prepare("INSERT INTO things (name) VALUES (?)").run(req.body.name);
          db.close();
          res.end();
        });`, findings: [busy(5)] },
    { name: "better-sqlite3 without WAL is likely", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        db.exec("INSERT INTO things DEFAULT VALUES");`, findings: [wal(2)] },
    { name: "Drizzle on better-sqlite3, without WAL", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        const sqlite = new Database("app.db");
        const db = drizzle(sqlite);
        db.insert(things).values({ name: "a" }).run();`, findings: [wal(3)] },
    { name: "sqlite3: foreign keys are declared and never checked", code: `
        import sqlite3 from "sqlite3";
        const db = new sqlite3.Database("app.db");
        db.run("PRAGMA journal_mode = WAL");
        db.run("CREATE TABLE b (a INTEGER REFERENCES a(id))");
        db.run("INSERT INTO b VALUES (1)");`, findings: [busy(2, { message: "its tables declare foreign keys", library: "sqlite3", reason: "writes that break a foreign key are refused" })] },
    { name: "synchronous, where it is asked for", options: { require: ["synchronous"] }, code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db", { timeout: 5000 });
        db.exec("PRAGMA journal_mode = WAL");
        db.exec("INSERT INTO things DEFAULT VALUES");`, findings: [busy(2, { message: "would save a disk sync", confidence: "likely", reason: "the last commits before a power failure may be lost" })] },
  ],
});

it("a reason for review speaks of what is set, and of nothing else", () => {
  const code = dedent(`
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync("app.db");
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("INSERT INTO things DEFAULT VALUES");
    `);
  expect(findingsOf(ruleNamed("require-engine-config"), { "src/app.ts": code }).map(({ fixReason }) => fixReason)).toEqual([WAITS]);
});
