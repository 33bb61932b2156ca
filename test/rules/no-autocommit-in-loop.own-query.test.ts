import { runTable, type Expected } from "./lib/table.js";

const QUERY = `
        import pg from "pg";
        import { Router } from "express";
        const pool = new pg.Pool();
        async function query(text: string, values: unknown[] = []) {
          const result = await pool.query(text, values);
          return result.rows;
        }
        const router = Router();`;

const found = (line: number, library: string, related: number[], why: number[]): Expected => ({ line, library, related, why, message: `commits a ${library} write of its own`, fix: "manual", reason: "turns that are committed stay" });

runTable({
  rule: "no-autocommit-in-loop",
  theme: "functions of one's own that run the SQL they are given",
  valid: [
    { name: "reads", code: `${QUERY}
        router.post("/things", async (req, res) => {
          for (const thing of req.body.things) await query("SELECT * FROM things WHERE id = $1", [thing.id]);
          res.end();
        });` },
    { name: "a list that such a function reads with a limit", code: `${QUERY}
        router.post("/things", async (req, res) => {
          const things = await query("SELECT * FROM things LIMIT 20");
          for (const thing of things) await query("UPDATE things SET seen = true WHERE id = $1", [thing.id]);
          res.end();
        });` },
    { name: "a text that nobody knows", code: `${QUERY}
        router.post("/things", async (req, res) => {
          for (const text of req.body.texts) await query(text);
          res.end();
        });` },
    { name: "on a client that the function is given, in a transaction", code: `
        import pg from "pg";
        import { Router } from "express";
        const pool = new pg.Pool();
        const run = (client: pg.PoolClient, text: string, values: unknown[]) => client.query(text, values);
        const router = Router();
        router.post("/things", async (req, res) => {
          const client = await pool.connect();
          await client.query("BEGIN");
          for (const thing of req.body.things) await run(client, "INSERT INTO things VALUES ($1)", [thing]);
          await client.query("COMMIT");
          client.release();
          res.end();
        });` },
    { name: "between a BEGIN and a COMMIT of such a function", code: `
        import sqlite3 from "sqlite3";
        import { Router } from "express";
        const db = new sqlite3.Database("app.db");
        const run = (sql: string, values: unknown[] = []) => new Promise<void>((resolve, reject) => db.run(sql, values, (error) => (error ? reject(error) : resolve())));
        const router = Router();
        router.post("/things", async (req, res) => {
          await run("BEGIN");
          for (const thing of req.body.things) await run("INSERT INTO things VALUES (?)", [thing]);
          await run("COMMIT");
          res.end();
        });` },
  ],
  invalid: [
    { name: "a pool's", code: `${QUERY}
        router.post("/things", async (req, res) => {
          for (const thing of req.body.things) await query("INSERT INTO things VALUES ($1)", [thing]);
          res.end();
        });`, findings: [found(10, "pg", [10], [9])] },
    { name: "an object's", code: `
        import pg from "pg";
        import { Router } from "express";
        const pool = new pg.Pool();
        const db = { query: (text: string, values?: unknown[]) => pool.query(text, values) };
        const router = Router();
        router.post("/things", async (req, res) => {
          for (const thing of req.body.things) await db.query("INSERT INTO things VALUES ($1)", [thing]);
          res.end();
        });`, findings: [found(7, "pg", [7], [6])] },
    { name: "a promise around a callback", code: `
        import sqlite3 from "sqlite3";
        import { Router } from "express";
        const db = new sqlite3.Database("app.db");
        const run = (sql: string, values: unknown[] = []) => new Promise<void>((resolve, reject) => db.run(sql, values, (error) => (error ? reject(error) : resolve())));
        const router = Router();
        router.post("/things", async (req, res) => {
          for (const thing of req.body.things) await run("INSERT INTO things VALUES (?)", [thing]);
          res.end();
        });`, findings: [found(7, "sqlite3", [7], [6])] },
    { name: "a repository on a class of one's own around the pool, which takes its time", code: {
      "src/database.ts": `
        import mysql from "mysql2/promise";
        class Database {
          private pool: mysql.Pool | null = null;
          async query(sql: string, values?: unknown[]) {
            const pool = await this.get();
            return new Promise((resolve, reject) => {
              const timer = setTimeout(() => reject(new Error("late")), 1000);
              pool.query(sql, values).then(resolve, reject).finally(() => clearTimeout(timer));
            });
          }
          private async get() {
            return (this.pool ??= mysql.createPool({ host: "localhost" }));
          }
        }
        export default new Database();`,
      "src/things.ts": `
        import db from "./database.js";
        class Things {
          async save(name: string) {
            try {
              await db.query("INSERT INTO things (name) VALUES (?)", [name]);
            } catch (error) {
              console.error(error);
              throw error;
            }
          }
        }
        export default new Things();`,
      "src/app.ts": `
        import { Router } from "express";
        import things from "./things.js";
        const router = Router();
        router.post("/things", async (req, res) => {
          for (const thing of req.body.things) await things.save(thing);
          res.end();
        });`,
    }, findings: [{ ...found(0, "mysql2", [], []), line: 5, file: "src/app.ts", related: ["src/app.ts:5"], why: ["src/app.ts:4"], message: "calls `things.save`, which commits mysql2 writes of its own" }] },
    { name: "over the rows of a driver that puts them into its answer", code: `
        import mysql from "mysql2/promise";
        import { Router } from "express";
        const pool = mysql.createPool({ host: "localhost" });
        const router = Router();
        router.post("/seen", async (req, res) => {
          const [rows]: any[] = await pool.query("SELECT name FROM arrivals");
          for (const row of rows) await pool.query("INSERT INTO things (name) VALUES (?)", [row.name]);
          res.end();
        });`, findings: [found(7, "mysql2", [7], [5])] },
    { name: "in a service that comes round by a timer", code: `
        import pg from "pg";
        const pool = new pg.Pool();
        class Sync {
          async start() {
            await this.run();
          }
          private async run() {
            const { rows } = await pool.query("SELECT name FROM arrivals");
            for (const row of rows) await pool.query("INSERT INTO things (name) VALUES ($1)", [row.name]);
            setTimeout(() => { void this.run(); }, 60_000);
          }
        }
        void new Sync().start();`, findings: [found(9, "pg", [9], [10, 10])] },
  ],
});
