import { runTable } from "./lib/table.js";

runTable({
  rule: "no-session-per-call",
  theme: "start-up, shutdown, tests and scripts",
  valid: [
    {
      name: "main() opens and passes it on",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        function main() {
          const db = new Database(process.env.DB_PATH);
          const app = express();
          app.get("/things", (req, res) => res.json(db.prepare("SELECT * FROM things").all()));
          app.listen(3000);
        }
        main();
      `,
    },
    {
      name: "an exported createApp(), once",
      code: `
        import Database from "better-sqlite3";
        import Fastify from "fastify";
        async function bootstrap() {
          const db = new Database("app.db");
          const app = Fastify();
          app.get("/things", async () => db.prepare("SELECT * FROM things").all());
          await app.listen({ port: 3000 });
        }
        void bootstrap().catch((error) => {
          console.error(error);
          process.exit(1);
        });
      `,
    },
    {
      name: "a pool that takes the place of the one that was ended",
      code: `
        import express from "express";
        import { Pool } from "pg";
        let pool: Pool | null = null;
        const createPool = () => new Pool({ max: 10 });
        export const getPool = () => (pool ??= createPool());
        async function endPool() {
          if (pool) await pool.end();
          pool = null;
        }
        const app = express();
        app.post("/restore", async (req, res) => {
          await endPool();
          pool = createPool();
          res.end();
        });
        app.get("/things", async (req, res) => res.json(await getPool().query("SELECT * FROM things")));
      `,
    },
    {
      name: "a checkpoint on SIGTERM",
      code: `
        import Database from "better-sqlite3";
        process.on("SIGTERM", () => {
          const db = new Database("app.db");
          db.pragma("wal_checkpoint(TRUNCATE)");
          db.close();
        });
      `,
    },
    {
      name: "several start-up steps, each with a session of its own",
      code: `
        import Database from "better-sqlite3";
        const connect = () => new Database("app.db");
        function migrate() {
          const db = connect();
          db.exec("CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY)");
          db.close();
        }
        function seed() {
          const db = connect();
          db.exec("INSERT INTO things DEFAULT VALUES");
          db.close();
        }
        migrate();
        seed();
      `,
    },
    {
      name: "a test's set-up, by the file's name",
      file: "src/things.test.ts",
      code: `
        import Database from "better-sqlite3";
        import { beforeEach, it } from "vitest";
        let db;
        beforeEach(() => {
          db = new Database("things.db");
        });
        it("lists", () => {
          db.prepare("SELECT * FROM things").all();
        });
      `,
    },
    {
      name: "a helper in a folder of tests",
      file: "test/helpers/db.ts",
      code: `
        import Database from "better-sqlite3";
        export const freshDb = (name) => new Database(\`\${name}.db\`);
        export function seeded() {
          return freshDb("seeded");
        }
        export function empty() {
          return freshDb("empty");
        }
      `,
    },
    {
      name: "test runners say so, wherever the file lies",
      code: `
        import Database from "better-sqlite3";
        import { test } from "node:test";
        test("lists", () => {
          const db = new Database("things.db");
          db.prepare("SELECT * FROM things").all();
        });
      `,
    },
    {
      name: "a script that is run by hand",
      file: "scripts/backfill.ts",
      code: `
        import Database from "better-sqlite3";
        export function backfill() {
          const db = new Database("app.db");
          db.exec("UPDATE things SET name = upper(name)");
        }
        export function report() {
          const db = new Database("app.db");
          return db.prepare("SELECT count(*) FROM things").get();
        }
      `,
    },
    {
      name: "a command with a hashbang",
      code: `#!/usr/bin/env node
import Database from "better-sqlite3";
const commands = {
  list: () => new Database("app.db").prepare("SELECT * FROM things").all(),
  clear: () => new Database("app.db").exec("DELETE FROM things"),
};
commands[process.argv[2]]();
`,
    },
    {
      name: "a migration",
      file: "db/migrations/0003-names.ts",
      code: `
        import Database from "better-sqlite3";
        export function up() {
          new Database("app.db").exec("ALTER TABLE things ADD COLUMN name TEXT");
        }
        export function down() {
          new Database("app.db").exec("ALTER TABLE things DROP COLUMN name");
        }
      `,
    },
    {
      name: "retries of the one open at start-up",
      code: `
        import Database from "better-sqlite3";
        function openWithRetry(file) {
          for (let attempt = 0; ; attempt++) {
            try {
              return new Database(file);
            } catch (error) {
              if (attempt === 3) throw error;
            }
          }
        }
        export const db = openWithRetry("app.db");
      `,
    },
    {
      name: "Fastify's onReady and onClose hooks",
      code: `
        import Database from "better-sqlite3";
        import Fastify from "fastify";
        const app = Fastify();
        app.addHook("onReady", async () => {
          const db = new Database("app.db");
          db.exec("CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY)");
          db.close();
        });
        app.addHook("onClose", async () => {
          const db = new Database("app.db");
          db.pragma("optimize");
          db.close();
        });
      `,
    },
    {
      name: "the callback of listen",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        app.listen(3000, () => {
          const db = new Database("app.db");
          db.exec("DELETE FROM sessions");
          db.close();
        });
      `,
    },
    {
      name: "the factory that the runtime is given",
      code: `
        import Database from "better-sqlite3";
        import { createSessionFactory } from "sessionfix-runtime";
        import express from "express";
        export const sessions = createSessionFactory({
          open: (file) => new Database(file),
          close: (db) => db.close(),
        });
        const app = express();
        app.get("/things", (req, res) => res.json(sessions.getSession("app.db").prepare("SELECT * FROM things").all()));
      `,
    },
  ],
  invalid: [
    {
      name: "one chain of functions that each hand on what the next one opens",
      code: `
        import Database from "better-sqlite3";
        function openDatabase(file) {
          const db = new Database(file);
          db.pragma("journal_mode = WAL");
          return db;
        }
        export function createClient(options = {}) {
          const db = options.db ?? openDatabase(options.file ?? "app.db");
          return { db, close: () => db.close() };
        }
        export function loadStorage() {
          return createClient();
        }
        export async function launch(step) {
          const storage = await step("storage", () => loadStorage());
          return storage.db;
        }
      `,
      findings: [{ line: 3, confidence: "likely", message: "`openDatabase` opens a new", fix: "safe", related: [8, 12, 15] }],
    },
    {
      name: "one way through a provider's build, a retry and the callback that it is given; another one gets something else through the same helper",
      code: `
        import pg from "pg";
        import { drizzle } from "drizzle-orm/node-postgres";
        import { provide } from "a-container";
        import { withRetry } from "some-retry";
        import { Redis } from "ioredis";
        export function createDb(env) {
          const pool = new pg.Pool({ connectionString: env.DATABASE_URL });
          const db = drizzle(pool);
          return { db, pool };
        }
        async function initialize(name, open) {
          let attempt = 0;
          return await withRetry(async () => {
            attempt += 1;
            return await open(attempt);
          }, { retry: 4 })();
        }
        export async function createApp() {
          const db = provide("db", {
            build: async ({ dependsOn }) => {
              const { db: made, pool } = await initialize("Database", async (attempt) => {
                const candidate = createDb(dependsOn.env);
                await candidate.db.execute("SELECT 1");
                return candidate;
              });
              dependsOn.lifecycle.onStop(() => pool.end());
              return made;
            },
          });
          const redis = provide("redis", {
            build: async ({ dependsOn }) => {
              const instance = await initialize("Redis", async (attempt) => new Redis(dependsOn.env.REDIS_URL));
              dependsOn.lifecycle.onStop(() => instance.quit());
              return instance;
            },
          });
          return { db, redis };
        }
      `,
      findings: [{ line: 7, confidence: "likely", message: "`createDb` opens a new", library: "pg", fix: "review", reason: "parameters decide more", related: [13, 21, 22] }],
    },
    {
      name: "createApp() opens one, and so does each request",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const createDb = () => new Database("app.db");
        function createApp(deps) {
          const db = deps.db ?? createDb();
          const app = express();
          app.get("/things", (req, res) => res.json(db.prepare("SELECT * FROM things").all()));
          app.post("/things", (req, res) => {
            const db = req.app.locals.db ?? createDb();
            db.exec("INSERT INTO things DEFAULT VALUES");
            res.end();
          });
          return app;
        }
        createApp({}).listen(3000);
      `,
      findings: [{ line: 3, message: "and 1 place does so per request, event or tick", fix: "safe", related: [9], why: [8, 9, 3], sessions: "1" }],
    },
    {
      name: "start-up and requests use the same helper: only the requests are named",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const connect = () => new Database("app.db");
        function migrate() {
          const db = connect();
          db.exec("CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY)");
          db.close();
        }
        migrate();
        const app = express();
        app.get("/things", (req, res) => res.json(connect().prepare("SELECT * FROM things").all()));
      `,
      findings: [{ line: 3, message: "and 1 place does so per request", fix: "safe", related: [11], why: [11, 11, 3], sessions: "1" }],
    },
    {
      name: "a process event that comes often",
      code: `
        import Database from "better-sqlite3";
        process.on("message", (message) => {
          const db = new Database("app.db");
          db.prepare("INSERT INTO messages VALUES (?)").run(message);
        });
      `,
      findings: [{ line: 3, message: "`process message` opens 1 session.", fix: "safe", why: [2, 3], sessions: "1" }],
    },
    {
      name: "a function named main is no main when a route calls it",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        function main() {
          return new Database("app.db").prepare("SELECT * FROM things").all();
        }
        const app = express();
        app.get("/things", (req, res) => res.json(main()));
      `,
      findings: [{ line: 4, message: "`main` opens a new", fix: "safe", why: [7, 7, 4], sessions: "1" }],
    },
    {
      name: "a word like test in a name makes no test",
      file: "src/contest.ts",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        app.get("/contest", (req, res) => res.json(new Database("contest.db").prepare("SELECT * FROM entries").all()));
      `,
      findings: [{ line: 4, message: "`GET /contest` opens 1 session.", fix: "safe", why: [4, 4], sessions: "1" }],
    },
  ],
});
