import { runTable } from "./lib/table.js";

runTable({
  rule: "no-session-per-call",
  theme: "factories in one file",
  valid: [
    {
      name: "a promise of a session, which is kept",
      code: `
        import sqlite3 from "sqlite3";
        import express from "express";
        let opened;
        function openDb() {
          return new Promise((resolve, reject) => {
            const db = new sqlite3.Database("app.db", (error) => (error ? reject(error) : resolve(db)));
          });
        }
        const getDb = () => (opened ??= openDb());
        const app = express();
        app.get("/things", async (req, res) => (await getDb()).all("SELECT * FROM things", (error, rows) => res.json(rows)));
      `,
    },
    {
      name: "a factory that only start-up calls",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        function createDb() {
          const db = new Database("app.db");
          db.pragma("journal_mode = WAL");
          return db;
        }
        const db = createDb();
        const app = express();
        app.get("/things", (req, res) => res.json(db.prepare("SELECT * FROM things").all()));
      `,
    },
    {
      name: "a factory with one caller that nobody in sight calls",
      code: `
        import Database from "better-sqlite3";
        function openDatabase(file) {
          return new Database(file);
        }
        const db = openDatabase("app.db");
        export function listThings() {
          return db.prepare("SELECT * FROM things").all();
        }
      `,
    },
    {
      name: "an option allows the factory by name",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        function openTenantDatabase(tenant) {
          return new Database(\`tenants/\${tenant}.db\`);
        }
        const app = express();
        app.get("/things", (req, res) => res.json(openTenantDatabase(req.query.tenant).prepare("SELECT * FROM things").all()));
      `,
      options: { allowFunctions: ["openTenantDatabase"] },
    },
    {
      name: "an option leaves a library out",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        app.get("/things", (req, res) => res.json(new Database("app.db").prepare("SELECT * FROM things").all()));
      `,
      options: { ignoreLibraries: ["better-sqlite3"] },
    },
    {
      name: "the session comes in as a parameter with a default, and every caller passes it",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const shared = new Database("app.db");
        function listThings(db = shared) {
          return db.prepare("SELECT * FROM things").all();
        }
        const app = express();
        app.get("/things", (req, res) => res.json(listThings()));
      `,
    },
    {
      name: "a builder that is made per request around the shared session",
      code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import express from "express";
        const client = new Database("app.db");
        const app = express();
        app.get("/things", (req, res) => {
          const db = drizzle(client);
          res.json(db.select().from(things).all());
        });
      `,
    },
  ],
  invalid: [
    {
      name: "a factory that gives a promise, which the driver's callback resolves",
      code: `
        import sqlite3 from "sqlite3";
        import express from "express";
        function openDb() {
          return new Promise((resolve, reject) => {
            const db = new sqlite3.Database("app.db", (error) => (error ? reject(error) : resolve(db)));
          });
        }
        const app = express();
        app.get("/things", async (req, res) => {
          const db = await openDb();
          db.all("SELECT * FROM things", (error, rows) => res.json(rows));
        });
        app.get("/others", async (req, res) => {
          const db = await openDb();
          db.all("SELECT * FROM others", (error, rows) => res.json(rows));
        });
      `,
      findings: [{ line: 5, library: "sqlite3", message: "`openDb` opens a new sqlite3 session each time it is called, and 2 places do so per request, event or tick", fix: "manual", reason: "it comes out of a promise that is made by hand", related: [10, 14], why: [13, 14, 4, 5], sessions: "1" }],
    },
    {
      name: "a factory that overwrites a module's variable which nothing else reads",
      code: `
        import mysql from "mysql2/promise";
        import express from "express";
        let connection;
        async function connect() {
          // if (!connection) {
          connection = await mysql.createConnection({ host: process.env.DB_HOST });
          // }
          return connection;
        }
        const app = express();
        app.get("/things", async (req, res) => {
          const db = await connect();
          res.json(await db.query("SELECT * FROM things"));
          await db.end();
        });
        app.get("/others", async (req, res) => {
          const db = await connect();
          res.json(await db.query("SELECT * FROM others"));
          await db.end();
        });
      `,
      findings: [{ line: 6, message: "each time it is called, and 2 places do so", library: "mysql2", fix: "review", reason: "the session is opened asynchronously", related: [12, 17], why: [16, 17, 6], sessions: "1" }],
    },
    {
      name: "the same where another function reads it, which is a store",
      code: `
        import mysql from "mysql2/promise";
        import express from "express";
        let connection;
        async function connect() {
          connection = await mysql.createConnection({ host: process.env.DB_HOST });
          return connection;
        }
        export const current = () => connection;
        const app = express();
        app.get("/things", async (req, res) => {
          const db = await connect();
          res.json(await db.query("SELECT * FROM things"));
        });
      `,
      findings: [{ line: 5, message: "opens a new mysql2 session each time it runs", library: "mysql2", fix: "manual", reason: "no codemod yet", related: [11], why: [10, 11, 5], sessions: "1" }],
    },
    {
      name: "a builder around a client of another package's dialect, kept in one case alone",
      code: `
        import { Kysely } from "kysely";
        import { PostgresJSDialect } from "kysely-postgres-js";
        import postgres from "postgres";
        import express from "express";
        let kept = null;
        function createDb() {
          if (process.env.BUILDING) return (kept ??= make());
          return make();
        }
        function make() {
          return new Kysely({ dialect: new PostgresJSDialect({ postgres: postgres(process.env.DATABASE_URL) }) });
        }
        const app = express();
        app.get("/things", async (req, res) => {
          res.json(await createDb().selectFrom("things").selectAll().execute());
        });
        app.get("/others", async (req, res) => {
          res.json(await createDb().selectFrom("others").selectAll().execute());
        });
      `,
      findings: [{ line: 11, library: "postgres", message: "3 places do so per request, event or tick", fix: "safe", related: [8, 15, 18], why: [17, 18, 8, 11], sessions: "1" }],
    },
    {
      name: "two handlers, one helper: reported once, at the helper",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        function createDb() {
          return new Database("app.db");
        }
        const app = express();
        app.get("/things", (req, res) => {
          res.json(createDb().prepare("SELECT * FROM things").all());
        });
        app.delete("/things/:id", (req, res) => {
          const db = createDb();
          db.prepare("DELETE FROM things WHERE id = ?").run(req.params.id);
          res.end();
        });
      `,
      findings: [{ line: 4, message: "`createDb` opens a new better-sqlite3 session each time it is called, and 2 places do so per request, event or tick", fix: "safe", related: [8, 11], why: [10, 11, 4], sessions: "1" }],
    },
    {
      name: "a factory that sets pragmas first",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const openDb = (file) => {
          const db = new Database(file, { timeout: 10000 });
          db.pragma("journal_mode = WAL");
          db.pragma("foreign_keys = ON");
          return db;
        };
        const app = express();
        app.get("/things", (req, res) => res.json(openDb("app.db").prepare("SELECT * FROM things").all()));
      `,
      findings: [{ line: 4, message: "`openDb` opens a new", fix: "safe", related: [10], why: [10, 10, 4], sessions: "1" }],
    },
    {
      name: "a factory of a factory",
      code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import express from "express";
        function connect() {
          return new Database(process.env.DB_PATH);
        }
        function getOrm() {
          return drizzle(connect());
        }
        const app = express();
        app.get("/things", (req, res) => res.json(getOrm().select().from(things).all()));
      `,
      findings: [{ line: 5, message: "`connect` opens a new better-sqlite3 session", fix: "safe", related: [8, 11], why: [11, 11, 8, 5], sessions: "1" }],
    },
    {
      name: "an async factory",
      code: `
        import { open } from "sqlite";
        import sqlite3 from "sqlite3";
        import express from "express";
        async function dbConnection() {
          const db = await open({ filename: "app.db", driver: sqlite3.Database });
          await db.exec("PRAGMA foreign_keys = ON");
          return db;
        }
        const app = express();
        app.get("/things", async (req, res) => {
          const db = await dbConnection();
          res.json(await db.all("SELECT * FROM things"));
        });
      `,
      findings: [{ line: 5, message: "`dbConnection` opens a new sqlite session", library: "sqlite", fix: "review", reason: "opened asynchronously", related: [11], why: [10, 11, 5], sessions: "1" }],
    },
    {
      name: "the factory hands the session over in an object",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        function openStore(file) {
          const db = new Database(file);
          return { db, close: () => db.close() };
        }
        const app = express();
        app.get("/things", (req, res) => {
          const { db, close } = openStore("app.db");
          res.json(db.prepare("SELECT * FROM things").all());
          close();
        });
      `,
      findings: [{ line: 4, message: "`openStore` opens a new", fix: "safe", related: [9], why: [8, 9, 4], sessions: "1" }],
    },
    {
      name: "a default beside what is injected: it opens whenever nothing is injected",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        function createDb() {
          return new Database("app.db");
        }
        function listThings(deps = {}) {
          const db = deps.db ?? createDb();
          return db.prepare("SELECT * FROM things").all();
        }
        const app = express();
        app.get("/things", (req, res) => res.json(listThings()));
      `,
      findings: [{ line: 4, message: "`createDb` opens a new", fix: "safe", related: [7], why: [11, 11, 7, 4], sessions: "1" }],
    },
    {
      name: "a parameter's default opens",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        function listThings(db = new Database("app.db")) {
          return db.prepare("SELECT * FROM things").all();
        }
        const app = express();
        app.get("/things", (req, res) => res.json(listThings()));
      `,
      findings: [{ line: 3, message: "`listThings` opens a new", fix: "safe", why: [7, 7, 3], sessions: "1" }],
    },
    {
      name: "a helper lends a session to what it is given, and several exported functions borrow",
      code: `
        import Database from "better-sqlite3";
        function withDb(work) {
          const db = new Database("app.db");
          try {
            return work(db);
          } finally {
            db.close();
          }
        }
        export function listThings() {
          return withDb((db) => db.prepare("SELECT * FROM things").all());
        }
        export function removeThing(id) {
          return withDb((db) => db.prepare("DELETE FROM things WHERE id = ?").run(id));
        }
      `,
      findings: [{ line: 3, message: "`withDb` opens a new better-sqlite3 session each time it is called, and 2 places do so.", fix: "safe", related: [11, 14] }],
    },
    {
      name: "several exported functions, each with a session of its own",
      code: `
        import Database from "better-sqlite3";
        function openDb() {
          return new Database("app.db");
        }
        export function listThings() {
          const db = openDb();
          const rows = db.prepare("SELECT * FROM things").all();
          db.close();
          return rows;
        }
        export function countThings() {
          const db = openDb();
          const row = db.prepare("SELECT count(*) AS n FROM things").get();
          db.close();
          return row.n;
        }
      `,
      findings: [{ line: 3, message: "and 2 places do so", fix: "safe", related: [6, 12] }],
    },
    {
      name: "one exported function that opens: likely, nobody in sight calls it",
      code: `
        import Database from "better-sqlite3";
        export function listThings() {
          const db = new Database("app.db");
          const rows = db.prepare("SELECT * FROM things").all();
          db.close();
          return rows;
        }
      `,
      findings: [{ line: 3, message: "`listThings` opens a new better-sqlite3 session each time it runs", confidence: "likely", fix: "safe" }],
    },
    {
      name: "once per item, and once more",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const createDb = () => new Database("app.db");
        function findThing(id) {
          const db = createDb();
          try {
            return db.prepare("SELECT * FROM things WHERE id = ?").get(id);
          } finally {
            db.close();
          }
        }
        const app = express();
        app.post("/things/find", (req, res) => {
          const db = createDb();
          const found = [];
          for (const id of req.body.ids) found.push(findThing(id));
          res.json({ found, all: db.prepare("SELECT count(*) FROM things").get() });
        });
      `,
      findings: [{ line: 3, message: "`POST /things/find` opens n + 1 sessions (n = ids)", fix: "safe", sessions: "n + 1", related: [5, 14], why: [13, 16, 5, 3] }],
    },
    {
      name: "a factory whose parameters decide more than the path",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        function openDb(name, verbose) {
          const db = new Database(\`data/\${name}.db\`, { verbose });
          db.function("now", () => Date.now());
          return db;
        }
        const app = express();
        app.get("/things", (req, res) => res.json(openDb("app", console.log).prepare("SELECT now()").get()));
      `,
      findings: [{ line: 4, message: "`openDb` opens a new", fix: "review", reason: "the factory's parameters decide more than the path", related: [9], why: [9, 9, 4], sessions: "1" }],
    },
    {
      name: "the user changes the session itself: sharing it would reach the others",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const createDb = () => new Database("app.db");
        const app = express();
        app.post("/import", (req, res) => {
          const db = createDb();
          db.pragma("foreign_keys = OFF");
          db.exec(req.body.sql);
          res.end();
        });
      `,
      findings: [{ line: 3, message: "`createDb` opens a new", fix: "review", reason: "the session itself is changed or occupied (pragma)", related: [6], why: [5, 6, 3], sessions: "1" }],
    },
    {
      name: "a transaction stays open over an await: nobody else may use that session",
      code: `
        import { DatabaseSync } from "node:sqlite";
        import express from "express";
        const app = express();
        app.post("/order", async (req, res) => {
          const db = new DatabaseSync("app.db");
          db.exec("BEGIN IMMEDIATE");
          await reserve(req.body);
          db.exec("INSERT INTO orders DEFAULT VALUES");
          db.exec("COMMIT");
          res.end();
        });
      `,
      findings: [{ line: 5, message: "opens a new node:sqlite session", library: "node:sqlite", fix: "manual", reason: "a transaction stays open over an await", why: [4, 5], sessions: "1" }],
    },
  ],
});
