import { runTable } from "./lib/table.js";

const APP = `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();`;

runTable({
  rule: "no-session-per-call",
  theme: "sessions that only look after a database, or try whether there is one",
  valid: [
    { name: "a checkpoint of a file before it is copied", code: `${APP}
        import { copyFileSync } from "node:fs";
        function checkpoint(path) {
          const db = new Database(path);
          try {
            const [row] = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
            if (row.busy === 1) throw new Error("in use");
          } finally {
            db.close();
          }
        }
        const find = (id) => "/var/lib/others/" + id + ".db";
        app.post("/move/:id", (req, res) => {
          checkpoint(find(req.params.id));
          copyFileSync(find(req.params.id), "/var/lib/own.db");
          res.end();
        });` },
    { name: "a look whether somebody else has the lock", code: `${APP}
        function isLocked(path) {
          let db = null;
          try {
            db = new Database(path);
            db.exec("BEGIN IMMEDIATE");
            db.exec("ROLLBACK");
            return false;
          } catch {
            return true;
          } finally {
            try { db?.close(); } catch {}
          }
        }
        app.get("/locked", (req, res) => { res.json(isLocked("others.db")); });` },
    { name: "a connection that is tried by a function that says so, through the program's own factory", code: `
        import express from "express";
        import { createConnection, getConnection } from "typeorm";
        import { settings } from "./settings.js";
        const app = express();
        class Connections {
          static connection = null;
          static async open(options) { return await createConnection(options); }
          static optionsOf(settings) { return { type: settings.type, database: settings.file, name: "default" }; }
          static async get() {
            if (this.connection == null) this.connection = await this.open(this.optionsOf(settings));
            return this.connection;
          }
          static async tryConnection(config) {
            const options = this.optionsOf(config);
            options.name = "test";
            const connection = await this.open(options);
            await connection.close();
            return true;
          }
        }
        const check = async (config) => { await Connections.tryConnection(config); };
        void check(settings);
        app.put("/settings", async (req, res) => {
          await check(req.body.settings);
          res.end();
        });
        app.get("/things", async (req, res) => { res.json(await (await Connections.get()).query("SELECT * FROM things")); });` },
    { name: "connections that make a database and its schema, each closed", code: `
        import express from "express";
        import pg from "pg";
        const app = express();
        async function ensure(name) {
          const server = new pg.Client({ database: "postgres" });
          await server.connect();
          await server.query(\`CREATE DATABASE "\${name}"\`);
          await server.end();
          const made = new pg.Client({ database: name });
          await made.connect();
          await made.query("CREATE SCHEMA tenant");
          await made.end();
        }
        app.post("/tenants", async (req, res) => {
          await ensure(req.body.name);
          res.end();
        });` },
    { name: "a connection that makes the database, and is closed", code: `
        import express from "express";
        import mysql from "mysql2/promise";
        const app = express();
        async function ensure(name) {
          const connection = await mysql.createConnection({ host: process.env.HOST });
          await connection.query("CREATE DATABASE IF NOT EXISTS " + name);
          await connection.end();
        }
        app.post("/tenants", async (req, res) => {
          await ensure(req.body.name);
          res.end();
        });` },
  ],
  invalid: [
    { name: "a session that is set up and then used", code: `${APP}
        app.get("/things", (req, res) => {
          const db = new Database("app.db");
          db.pragma("journal_mode = WAL");
          res.json(db.prepare("SELECT * FROM things").all());
          db.close();
        });`, findings: [{ line: 5, message: "opens a new better-sqlite3 session each time it runs", fix: "safe", why: [4, 5], sessions: "1" }] },
    { name: "a health check that tells nobody what to connect to", code: `
        import express from "express";
        import { createConnection } from "typeorm";
        const app = express();
        const open = () => createConnection({ type: "better-sqlite3", database: "app.db" });
        async function checkConnection() {
          const connection = await open();
          await connection.query("SELECT 1");
          await connection.close();
        }
        app.get("/health", async (req, res) => {
          await checkConnection();
          res.end();
        });`, findings: [{ line: 4, library: "typeorm", message: "`open` opens a new typeorm session each time it is called", fix: "review", reason: "every `save()` is a transaction", why: [10, 11, 6, 4], related: [6], sessions: "1" }] },
  ],
});
