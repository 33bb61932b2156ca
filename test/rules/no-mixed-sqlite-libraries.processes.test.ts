import { runTable } from "./lib/table.js";

const manual = { fix: "manual" as const, reason: "is a choice" };
const CONFIG = `export const config = { dbFile: process.env.DB_FILE ?? "app.db" };`;
const BETTER = `
  import Database from "better-sqlite3";
  import { config } from "./config.js";
  export const db = new Database(config.dbFile);
`;
const NODE = `
  import { DatabaseSync } from "node:sqlite";
  import { config } from "./config.js";
  export const reports = new DatabaseSync(config.dbFile);
`;

runTable({
  rule: "no-mixed-sqlite-libraries",
  theme: "one process",
  valid: [
    {
      name: "two programs",
      code: { "src/config.ts": CONFIG, "src/db.ts": BETTER, "src/reports.ts": NODE, "src/web.ts": `import "./db.js";`, "src/batch.ts": `import "./reports.js";` },
    },
    {
      name: "a script, a test and a command line beside the service",
      code: {
        "src/config.ts": CONFIG,
        "src/db.ts": BETTER,
        "src/main.ts": `import "./db.js";`,
        "scripts/export.ts": `
          import { DatabaseSync } from "node:sqlite";
          import { config } from "../src/config.js";
          import "../src/db.js";
          export const db = new DatabaseSync(config.dbFile);
        `,
        "test/db.test.ts": `
          import sqlite3 from "sqlite3";
          import { config } from "../src/config.js";
          import "../src/db.js";
          export const db = new sqlite3.Database(config.dbFile);
        `,
      },
    },
    {
      name: "commands of one command line",
      code: {
        "src/config.ts": CONFIG,
        "src/db.ts": BETTER,
        "src/reports.ts": NODE,
        "src/main.ts": `
          import { program } from "commander";
          import "./db.js";
          import "./reports.js";
          program.parse();
        `,
      },
    },
    {
      name: "a process of its own",
      code: {
        "src/config.ts": CONFIG,
        "src/db.ts": BETTER,
        "src/reports.ts": NODE,
        "src/main.ts": `
          import { fork } from "node:child_process";
          import "./db.js";
          fork("./src/reports.js");
        `,
      },
    },
    {
      name: "a type alone loads nothing",
      code: {
        "src/config.ts": CONFIG,
        "src/db.ts": BETTER,
        "src/reports.ts": NODE,
        "src/main.ts": `
          import { db } from "./db.js";
          import type { reports } from "./reports.js";
          export function serve(given: typeof reports) { db.exec("SELECT 1"); return given; }
        `,
      },
    },
    {
      name: "the driver that the runtime has",
      code: `
        import { createRequire } from "node:module";
        const load = createRequire(import.meta.url);
        export function open(file) {
          if (typeof Bun !== "undefined") return new (load("bun:sqlite").Database)(file);
          return new (load("better-sqlite3"))(file);
        }
        export const db = open("app.db");
      `,
    },
    {
      name: "one or the other",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        export const open = (file) => (process.env.BUILT_IN ? new DatabaseSync(file) : new Database(file));
        export const db = open("app.db");
      `,
    },
    {
      name: "one, or else the other by an early return",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        export function open(file) {
          if (process.env.BUILT_IN) return new DatabaseSync(file);
          return new Database(file);
        }
        export const db = open("app.db");
      `,
    },
    {
      name: "the other when the first is missing",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        export function open(file) {
          try {
            return new DatabaseSync(file);
          } catch {
            return new Database(file);
          }
        }
        export const db = open("app.db");
      `,
    },
    {
      name: "a table of drivers",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        const drivers = { node: (file) => new DatabaseSync(file), better: (file) => new Database(file) };
        export const db = drivers[process.env.DRIVER]("app.db");
      `,
    },
    {
      name: "stores of which one is made",
      code: `
        import Database from "better-sqlite3";
        import { createClient } from "@libsql/client";
        class Local { constructor(file) { this.db = new Database(file); } }
        class Libsql { constructor(file) { this.db = createClient({ url: "file:" + file }); } }
        export const store = process.env.LIBSQL ? new Libsql("app.db") : new Local("app.db");
      `,
    },
    {
      name: "closed before the other opens",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        const old = new DatabaseSync("app.db");
        old.exec("UPDATE meta SET version = 2");
        old.close();
        export const db = new Database("app.db");
      `,
    },
    {
      name: "a factory that is called with two files",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        const openNode = (file) => new DatabaseSync(file);
        const openBetter = (file) => new Database(file);
        export const one = openNode("one.db");
        export const two = openBetter("two.db");
      `,
    },
  ],
  invalid: [
    {
      name: "two modules of one program, with the file's name from a third",
      code: {
        "src/config.ts": CONFIG,
        "src/db.ts": BETTER,
        "src/reports.ts": NODE,
        "src/main.ts": `
          import { db } from "./db.js";
          import { reports } from "./reports.js";
          export const all = [db, reports];
        `,
      },
      findings: [{ file: "src/reports.ts", line: 3, message: "the file that better-sqlite3 opens at src/db.ts:3", library: "node:sqlite", ...manual, related: ["src/db.ts:3"] }],
    },
    {
      name: "at start-up, and at each request",
      code: {
        "src/db.ts": `
          import Database from "better-sqlite3";
          export const db = new Database("app.db");
        `,
        "src/server.ts": `
          import express from "express";
          import { createClient } from "@libsql/client";
          import { db } from "./db.js";
          const app = express();
          app.get("/things", async (req, res) => {
            const client = createClient({ url: "file:app.db" });
            res.json([db.prepare("SELECT 1").all(), await client.execute("SELECT 1")]);
          });
        `,
      },
      findings: [{ file: "src/server.ts", line: 6, message: "with libsql the file that better-sqlite3 opens", library: "@libsql/client", ...manual, related: ["src/db.ts:2"], why: ["src/server.ts:5"] }],
    },
    {
      name: "factories that are given the same",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        const openNode = (file) => new DatabaseSync(file);
        const openBetter = (file) => new Database(file);
        const FILE = "app.db";
        export const one = openNode(FILE);
        export const two = openBetter(FILE);
      `,
      findings: [{ line: 4, message: "the file that node:sqlite opens", ...manual, related: [3] }],
    },
    {
      name: "kept at first use, and opened at load",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        import express from "express";
        export const db = new Database("app.db");
        let reader;
        const reports = () => (reader ??= new DatabaseSync("app.db"));
        const app = express();
        app.get("/reports", (req, res) => res.json(reports().prepare("SELECT 1").all()));
      `,
      findings: [{ line: 6, message: "the file that better-sqlite3 opens", library: "node:sqlite", ...manual, related: [4], why: [8, 8] }],
    },
    {
      name: "a worker thread is the same process",
      code: {
        "src/db.ts": `
          import Database from "better-sqlite3";
          import { Worker } from "node:worker_threads";
          export const db = new Database("/var/lib/app/app.db");
          export const worker = new Worker(new URL("./worker.js", import.meta.url));
        `,
        "src/worker.ts": `
          import { DatabaseSync } from "node:sqlite";
          export const db = new DatabaseSync("/var/lib/app/app.db");
        `,
      },
      findings: [{ file: "src/worker.ts", line: 2, message: "the file that better-sqlite3 opens", library: "node:sqlite", ...manual, related: ["src/db.ts:3"] }],
    },
    {
      name: "one function opens what it is given twice",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        export function compare(file) {
          const left = new Database(file);
          const right = new DatabaseSync(file);
          return [left.prepare("SELECT 1").get(), right.prepare("SELECT 1").get()];
        }
      `,
      findings: [{ line: 5, message: "the file that better-sqlite3 opens", library: "node:sqlite", ...manual, related: [4] }],
    },
    {
      name: "only under a condition: likely",
      code: {
        "src/db.ts": `
          import Database from "better-sqlite3";
          export const db = new Database("app.db");
        `,
        "src/server.ts": `
          import express from "express";
          import { DatabaseSync } from "node:sqlite";
          import "./db.js";
          const app = express();
          app.get("/things", (req, res) => {
            if (req.query.deep) res.json(new DatabaseSync("app.db").prepare("SELECT 1").all());
          });
        `,
      },
      findings: [{ file: "src/server.ts", line: 6, confidence: "likely", message: "the file that better-sqlite3 opens", library: "node:sqlite", ...manual, related: ["src/db.ts:2"], why: ["src/server.ts:5"] }],
    },
  ],
});
