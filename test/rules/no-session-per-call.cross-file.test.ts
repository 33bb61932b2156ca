import { runTable } from "./lib/table.js";

const DB = `
  import Database from "better-sqlite3";
  export function createDb(file = "app.db") {
    const db = new Database(file);
    db.pragma("journal_mode = WAL");
    return db;
  }
`;

runTable({
  rule: "no-session-per-call",
  theme: "across files",
  valid: [
    {
      name: "the factory is called at module scope, and its session is imported",
      code: {
        "src/db.ts": DB,
        "src/session.ts": `
          import { createDb } from "./db.js";
          export const db = createDb();
        `,
        "src/server.ts": `
          import express from "express";
          import { db } from "./session.js";
          const app = express();
          app.get("/things", (req, res) => res.json(db.prepare("SELECT * FROM things").all()));
        `,
      },
    },
    {
      name: "memoised in one file, called from another",
      code: {
        "src/db.ts": `
          import Database from "better-sqlite3";
          let db: Database.Database | undefined;
          export const getDb = () => (db ??= new Database("app.db"));
        `,
        "src/server.ts": `
          import express from "express";
          import { getDb } from "./db.js";
          const app = express();
          app.get("/things", (req, res) => res.json(getDb().prepare("SELECT * FROM things").all()));
        `,
      },
    },
    {
      name: "memoised around an imported factory",
      code: {
        "src/db.ts": DB,
        "src/session.ts": `
          import { createDb } from "./db.js";
          let db: ReturnType<typeof createDb> | null = null;
          export function session() {
            if (db === null) db = createDb();
            return db;
          }
        `,
        "src/server.ts": `
          import express from "express";
          import { session } from "./session.js";
          const app = express();
          app.get("/things", (req, res) => res.json(session().prepare("SELECT * FROM things").all()));
        `,
      },
    },
    {
      name: "only tests and scripts call the factory often",
      code: {
        "src/db.ts": DB,
        "src/main.ts": `
          import { createDb } from "./db.js";
          import { serve } from "./server.js";
          serve(createDb());
        `,
        "src/server.ts": `
          import type Database from "better-sqlite3";
          import express from "express";
          export function serve(db: Database.Database) {
            const app = express();
            app.get("/things", (req, res) => res.json(db.prepare("SELECT * FROM things").all()));
            app.listen(3000);
          }
        `,
        "src/things.test.ts": `
          import { it } from "vitest";
          import { createDb } from "./db.js";
          it("one", () => createDb("one.db").close());
          it("two", () => createDb("two.db").close());
        `,
        "scripts/seed.ts": `
          import { createDb } from "../src/db.js";
          for (const tenant of process.argv) createDb(tenant).exec("INSERT INTO things DEFAULT VALUES");
        `,
      },
    },
    {
      name: "the repository gets the shared session through its constructor",
      code: {
        "src/db.ts": DB,
        "src/repository.ts": `
          import type Database from "better-sqlite3";
          export class Things {
            constructor(private readonly db: Database.Database) {}
            list() {
              return this.db.prepare("SELECT * FROM things").all();
            }
          }
        `,
        "src/server.ts": `
          import express from "express";
          import { createDb } from "./db.js";
          import { Things } from "./repository.js";
          const db = createDb();
          const app = express();
          app.get("/things", (req, res) => res.json(new Things(db).list()));
        `,
      },
    },
    {
      name: "a namesake in another file opens nothing",
      code: {
        "src/db.ts": `${DB}
          export const db = createDb();
        `,
        "src/ledger.ts": `
          export function createDb() {
            return { lines: [] as string[] };
          }
        `,
        "src/server.ts": `
          import express from "express";
          import { createDb } from "./ledger.js";
          const app = express();
          app.get("/things", (req, res) => res.json(createDb().lines));
        `,
      },
    },
  ],
  invalid: [
    {
      name: "one factory, routes in two files: one finding, every caller related",
      code: {
        "src/db.ts": DB,
        "src/things.ts": `
          import { Router } from "express";
          import { createDb } from "./db.js";
          export const things = Router();
          things.get("/", (req, res) => res.json(createDb().prepare("SELECT * FROM things").all()));
          things.delete("/:id", (req, res) => {
            createDb().prepare("DELETE FROM things WHERE id = ?").run(req.params.id);
            res.end();
          });
        `,
        "src/orders.ts": `
          import { Router } from "express";
          import { createDb } from "./db.js";
          export const orders = Router();
          orders.get("/", (req, res) => res.json(createDb().prepare("SELECT * FROM orders").all()));
        `,
      },
      findings: [
        { file: "src/db.ts", line: 3, message: "and 3 places do so per request, event or tick", fix: "safe", related: ["src/orders.ts:4", "src/things.ts:4", "src/things.ts:6"], why: ["src/things.ts:5", "src/things.ts:6", "src/db.ts:3"], sessions: "1" },
      ],
    },
    {
      name: "through a barrel and a renamed export",
      code: {
        "src/db/client.ts": DB,
        "src/db/index.ts": `export { createDb as connect } from "./client.js";`,
        "src/server.ts": `
          import express from "express";
          import { connect } from "./db/index.js";
          const app = express();
          app.get("/things", (req, res) => res.json(connect().prepare("SELECT * FROM things").all()));
        `,
      },
      findings: [{ file: "src/db/client.ts", line: 3, message: "`createDb` opens a new", fix: "safe", related: ["src/server.ts:4"], why: ["src/server.ts:4", "src/server.ts:4", "src/db/client.ts:3"], sessions: "1" }],
    },
    {
      name: "export *, default exports, namespace imports",
      code: {
        "src/db/client.ts": `
          import Database from "better-sqlite3";
          export default function openDb() {
            return new Database("app.db");
          }
        `,
        "src/db/index.ts": `
          export { default as openDb } from "./client.js";
          export * from "./other.js";
        `,
        "src/db/other.ts": `export const other = 1;`,
        "src/server.ts": `
          import express from "express";
          import * as database from "./db/index.js";
          const app = express();
          app.get("/things", (req, res) => res.json(database.openDb().prepare("SELECT * FROM things").all()));
        `,
      },
      findings: [{ file: "src/db/client.ts", line: 3, message: "`openDb` opens a new", fix: "safe", related: ["src/server.ts:4"], why: ["src/server.ts:4", "src/server.ts:4", "src/db/client.ts:3"], sessions: "1" }],
    },
    {
      name: "CommonJS: module.exports and require",
      code: {
        "src/db.js": `
          const Database = require("better-sqlite3");
          function connect() {
            return new Database("app.db");
          }
          module.exports = { connect };
        `,
        "src/server.js": `
          const express = require("express");
          const { connect } = require("./db");
          const app = express();
          app.get("/things", (req, res) => res.json(connect().prepare("SELECT * FROM things").all()));
        `,
      },
      findings: [{ file: "src/db.js", line: 3, message: "`connect` opens a new", fix: "safe", related: ["src/server.js:4"], why: ["src/server.js:4", "src/server.js:4", "src/db.js:3"], sessions: "1" }],
    },
    {
      name: "route, service, repository, factory: the path is told",
      code: {
        "src/db.ts": DB,
        "src/repository.ts": `
          import { createDb } from "./db.js";
          export function findThing(id: string) {
            const db = createDb();
            try {
              return db.prepare("SELECT * FROM things WHERE id = ?").get(id);
            } finally {
              db.close();
            }
          }
        `,
        "src/service.ts": `
          import { findThing } from "./repository.js";
          export function findAll(ids: string[]) {
            return ids.map((id) => findThing(id));
          }
        `,
        "src/server.ts": `
          import Fastify from "fastify";
          import { findAll } from "./service.js";
          const app = Fastify();
          app.post("/things/find", async (request) => findAll(request.body as string[]));
        `,
      },
      findings: [
        {
          file: "src/db.ts", line: 3, message: "`POST /things/find` opens n sessions (n = ids).", fix: "safe", sessions: "n",
          related: ["src/repository.ts:3"], why: ["src/server.ts:4", "src/server.ts:4", "src/service.ts:3", "src/service.ts:3", "src/repository.ts:3", "src/db.ts:3"],
        },
      ],
    },
    {
      name: "two textually identical defaults: the one in the request is the mistake",
      code: {
        "src/db.ts": DB,
        "src/worker.ts": `
          import { createDb } from "./db.js";
          export function startWorker(deps: { db?: ReturnType<typeof createDb> }) {
            const db = deps.db ?? createDb();
            return () => db.exec("DELETE FROM jobs");
          }
        `,
        "src/jobs.ts": `
          import { createDb } from "./db.js";
          export function runJob(deps: { db?: ReturnType<typeof createDb> }) {
            const db = deps.db ?? createDb();
            return db.prepare("SELECT * FROM jobs").get();
          }
        `,
        "src/main.ts": `
          import express from "express";
          import { startWorker } from "./worker.js";
          import { runJob } from "./jobs.js";
          startWorker({});
          const app = express();
          app.post("/jobs", (req, res) => res.json(runJob({})));
        `,
      },
      findings: [{ file: "src/db.ts", line: 3, message: "and 1 place does so per request", fix: "safe", related: ["src/jobs.ts:3"], why: ["src/main.ts:6", "src/main.ts:6", "src/jobs.ts:3", "src/db.ts:3"], sessions: "1" }],
    },
    {
      name: "a base class in another file",
      code: {
        "src/base.ts": `
          import Database from "better-sqlite3";
          export abstract class Repository {
            constructor(protected readonly file: string) {}
            protected _getSession(): Database.Database {
              return new Database(this.file);
            }
          }
        `,
        "src/things.ts": `
          import { Repository } from "./base.js";
          export class Things extends Repository {
            list() {
              const session = this._getSession();
              const rows = session.prepare("SELECT * FROM things").all();
              session.close();
              return rows;
            }
          }
        `,
        "src/server.ts": `
          import Fastify from "fastify";
          import { Things } from "./things.js";
          const things = new Things("app.db");
          const app = Fastify();
          app.get("/things", async () => things.list());
        `,
      },
      findings: [{ file: "src/base.ts", line: 5, message: "`Repository._getSession` opens a new", fix: "safe", related: ["src/things.ts:4"], why: ["src/server.ts:5", "src/server.ts:5", "src/things.ts:4", "src/base.ts:5"], sessions: "1" }],
    },
    {
      name: "a context object that each request makes",
      code: {
        "src/db.ts": DB,
        "src/context.ts": `
          import { createDb } from "./db.js";
          export interface Context {
            db: ReturnType<typeof createDb>;
            user: string;
          }
          export function createContext(user: string): Context {
            return { db: createDb(), user };
          }
        `,
        "src/server.ts": `
          import express from "express";
          import { createContext } from "./context.js";
          const app = express();
          app.get("/things", (req, res) => {
            const { db } = createContext("me");
            res.json(db.prepare("SELECT * FROM things").all());
          });
        `,
      },
      findings: [{ file: "src/db.ts", line: 3, message: "`createDb` opens a new", fix: "safe", related: ["src/context.ts:7", "src/server.ts:5"], why: ["src/server.ts:4", "src/server.ts:5", "src/context.ts:7", "src/db.ts:3"], sessions: "1" }],
    },
    {
      name: "functions that call each other: the shortest way, and no figure",
      code: {
        "src/db.ts": `
          import Database from "better-sqlite3";
          export function count(table: string) {
            const db = new Database("app.db");
            const rows = db.prepare("SELECT count(*) FROM " + table).all();
            db.close();
            return rows;
          }
        `,
        "src/server.ts": `
          import express from "express";
          import { count } from "./db.js";
          const start = (task: string) => (task.length > 9 ? again(task) : answer(task));
          const answer = (task: string): unknown => (task === "" ? count("things") : start(task.slice(1)));
          const again = (task: string) => start(task);
          express().post("/tasks", (req, res) => res.json(start(req.body.task)));
        `,
      },
      findings: [{ file: "src/db.ts", line: 3, message: "Keep one session per database file and use that.", fix: "safe", why: ["src/server.ts:6", "src/server.ts:6", "src/server.ts:3", "src/server.ts:4"] }],
    },
  ],
});
