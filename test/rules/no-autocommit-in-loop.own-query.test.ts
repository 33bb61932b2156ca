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
  ],
});
