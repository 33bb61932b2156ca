import { runTable, type Expected } from "./lib/table.js";

/** An object that opens when it is started, and begins a transaction on what it has, or opens first. */
const MANAGER = `
        import pg from "pg";
        import express from "express";
        const app = express();
        class Manager {
          async start() {
            this.pool = new pg.Pool();
            this.client = await this.pool.connect();
            return this.client;
          }
          async begin() {
            if (!this.client) this.client = await this.start();
            await this.client.query("BEGIN");
            return this.client;
          }
          async end() { this.client.release(); await this.pool.end(); }
        }`;

const found = (line: number, related: number[], more: Partial<Expected> = {}): Expected => ({ line, related, message: "opens a new", library: "pg", fix: "review", reason: "the client then lives as long as the process", sessions: "1", ...more });

runTable({
  rule: "no-session-per-call",
  theme: "a new one kept over the old one each time",
  valid: [
    { name: "an object that is started once, and whose methods ask first", code: `${MANAGER}
        const manager = new Manager();
        await manager.start();
        app.get("/things", async (req, res) => {
          const client = await manager.begin();
          res.json((await client.query("SELECT * FROM things")).rows);
        });` },
  ],
  invalid: [
    { name: "who starts an object of its own, by whichever method, is named", code: `${MANAGER}
        app.get("/things", async (req, res) => {
          const manager = new Manager();
          const client = await manager.start();
          res.json((await client.query("SELECT * FROM things")).rows);
          await manager.end();
        });
        app.post("/things", async (req, res) => {
          const manager = new Manager();
          const client = await manager.begin();
          await client.query("COMMIT");
          await manager.end();
          res.end();
        });`, findings: [found(6, [19, 25], { why: [17, 19, 6] })] },
    { name: "not who asks an object for what it has already", code: `${MANAGER}
        const manager = new Manager();
        app.get("/things", async (req, res) => {
          const client = await manager.start();
          res.json((await client.query("SELECT * FROM things")).rows);
        });
        app.post("/things", async (req, res) => {
          const client = await manager.begin();
          await client.query("COMMIT");
          res.end();
        });`, findings: [found(6, [19], { why: [18, 19, 6] })] },
    { name: "a global that each caller fills anew", code: `
        import mysql from "mysql2/promise";
        import express from "express";
        const app = express();
        async function connect() {
          global.connection = await mysql.createConnection({ host: "db" });
          return global.connection;
        }
        app.get("/things", async (req, res) => { const db = await connect(); res.json(await db.query("SELECT * FROM things")); });
        app.get("/users", async (req, res) => { const db = await connect(); res.json(await db.query("SELECT * FROM users")); });`,
      findings: [found(5, [8, 9], { library: "mysql2", fix: "manual", reason: "no codemod yet", why: [8, 8, 5] })] },
  ],
});
