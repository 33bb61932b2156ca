import { runTable } from "./lib/table.js";

const APP = `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();`;

runTable({
  rule: "no-session-per-call",
  theme: "traps: what looks alike",
  valid: [
    { name: "sessions in a list that was made of another package's settings, called as Knex's are", code: `
        import config from "config";
        import express from "express";
        import knex from "knex";
        const app = express();
        const servers = config.get("servers").filter((server) => server.host).map((server) => {
          return knex({ client: "mysql2", connection: { host: server.host } });
        });
        const count = async (db) => (await db("things").count()) + (await db("parts").count());
        app.get("/things", async (req, res) => res.json(await Promise.all(servers.map(async (db) => count(db)))));` },
    {
      name: "a helper runs what it is given by start-up, and what it is given by requests: each is its giver's",
      code: {
        "src/config.js": `
          const fs = require("fs");
          function withFolder(callback) {
            makeFolder("data", (error) => callback(error, "data"));
          }
          function makeFolder(path, callback) {
            fs.mkdir(path, (error) => callback(error));
          }
          function saveConfig(config) {
            withFolder((error, folder) => fs.writeFile(folder + "/config.json", JSON.stringify(config), () => {}));
          }
          module.exports = { withFolder, saveConfig };`,
        "src/library.js": `
          const Database = require("better-sqlite3");
          const { withFolder } = require("./config");
          class Library {
            initialize(done) {
              withFolder((error, folder) => {
                this.db = new Database(folder + "/library.db");
                done(error);
              });
            }
          }
          module.exports = Library;`,
        "src/server.js": `
          const express = require("express");
          const { saveConfig } = require("./config");
          const Library = require("./library");
          const library = new Library();
          const app = express();
          app.post("/config", (req, res) => {
            saveConfig(req.body);
            res.end();
          });
          app.put("/config", (req, res) => {
            saveConfig(req.body);
            res.end();
          });
          library.initialize(() => app.listen(3000));`,
      },
    },
    { name: "a client that stops the query of another one", code: `
        import { Client, Pool } from "pg";
        const pool = new Pool();
        app.get("/things", async (req, res) => {
          const connection = await pool.connect();
          try {
            req.on("cancel", async () => {
              const client = new Client();
              await client.connect();
              await client.query("SELECT pg_cancel_backend($1)", [connection.processID]);
              await client.end();
            });
            res.json(await connection.query("SELECT * FROM things"));
          } finally {
            connection.release();
          }
        });` },
    { name: "Knex without a connection only builds SQL", code: `
        import knex from "knex";
        export const getKnex = () => knex({ client: "pg" });
        app.get("/things", async (req, res) => res.json(await req.connection.knex(getKnex().select("*").from("things"))));
        app.get("/people", async (req, res) => res.json(await req.connection.knex(getKnex().select("*").from("people"))));` },
    { name: "a test's factory in the place of the program's own", code: {
        "src/tick.ts": `
        import express from "express";
        const app = express();
        let open = null;
        export const use = (factory) => { open = factory; };
        app.get("/tick", (req, res) => {
          const db = open("app.db");
          res.json(db.prepare("SELECT 1").get());
          db.close();
        });`,
        "tests/tick.test.ts": `
        import Database from "better-sqlite3";
        import { use } from "../src/tick.js";
        use((path) => new Database(path));` } },
    { name: "opened again only when it was closed", code: `${APP}
        let db = new Database("app.db");
        app.use((req, res, next) => {
          if (!db.open) db = new Database("app.db");
          next();
        });` },
    { name: "another file is opened in its place, after the old one was closed", code: `${APP}
        let db = new Database("default.db");
        app.post("/open", (req, res) => {
          db.close();
          db = new Database(req.body.path);
          res.end();
        });` },
    { name: "a class that opens another project", code: `${APP}
        class Workspace {
          open(file) {
            this.db?.close();
            this.db = new Database(file);
          }
        }
        const workspace = new Workspace();
        app.post("/open", (req, res) => {
          workspace.open(req.body.path);
          res.end();
        });` },
    { name: "read-only, the options in a variable", code: `${APP}
        const READ = { readonly: true, timeout: 1000 };
        app.get("/report", (req, res) => {
          const db = new Database("app.db", READ);
          res.json(db.prepare("SELECT count(*) FROM things").get());
          db.close();
        });` },
    { name: "read-only through a factory's parameter", code: `${APP}
        function openDb(file, options) {
          return new Database(file, options);
        }
        const db = openDb("app.db", {});
        app.get("/report", (req, res) => {
          const reader = openDb("app.db", { readonly: true });
          res.json(reader.prepare("SELECT count(*) FROM things").get());
          reader.close();
        });` },
    { name: "in memory through a factory's parameter", code: `${APP}
        const openDb = (file) => new Database(file);
        const db = openDb("app.db");
        app.post("/check", (req, res) => {
          const scratch = openDb(":memory:");
          scratch.exec(req.body.schema);
          res.json(db.prepare("SELECT 1").get());
        });` },
    { name: "opened again after the kept one failed", code: `${APP}
        let db = new Database("app.db");
        function getDb() {
          try {
            db.prepare("SELECT 1").get();
          } catch {
            db = new Database("app.db");
          }
          return db;
        }
        app.get("/things", (req, res) => res.json(getDb().prepare("SELECT * FROM things").all()));` },
    { name: "the short form of a memo", code: `${APP}
        let db;
        const getDb = () => db || (db = new Database("app.db"));
        app.get("/things", (req, res) => res.json(getDb().prepare("SELECT * FROM things").all()));` },
    { name: "a container's provider", code: `
        import Database from "better-sqlite3";
        import { Module } from "@nestjs/common";

        @Module({
          providers: [{ provide: "DB", useFactory: () => new Database("app.db") }],
          exports: ["DB"],
        })
        export class DatabaseModule {}` },
    { name: "a command line's actions", code: `
        import Database from "better-sqlite3";
        import { Command } from "commander";
        const program = new Command();
        program.command("list").action(() => console.log(new Database("app.db").prepare("SELECT * FROM things").all()));
        program.command("clear").action(() => new Database("app.db").exec("DELETE FROM things"));
        program.parse();` },
    { name: "a Fastify plugin of its own", code: `
        import Database from "better-sqlite3";
        import fp from "fastify-plugin";
        export default fp(async (app) => {
          const db = new Database("app.db");
          app.decorate("db", db);
          app.addHook("onClose", async () => db.close());
        });` },
    { name: "an object that is made once, with a lazy member", code: `${APP}
        function createServices(file) {
          const services = {
            _db: undefined,
            get db() {
              return (this._db ??= new Database(file));
            },
          };
          return services;
        }
        const services = createServices("app.db");
        app.get("/things", (req, res) => res.json(services.db.prepare("SELECT * FROM things").all()));` },
  ],
  invalid: [
    {
      name: "a helper that keeps what it is given as a handler: the giver runs once, what it gives does not",
      code: {
        "src/routes.js": `
          const express = require("express");
          const app = express();
          function route(path, run) {
            app.get(path, (req, res) => res.json(run(req.query)));
          }
          module.exports = { app, route };`,
        "src/server.js": `
          const Database = require("better-sqlite3");
          const { app, route } = require("./routes");
          function main() {
            route("/things", () => new Database("app.db").prepare("SELECT * FROM things").all());
            app.listen(3000);
          }
          main();`,
      },
      findings: [{ file: "src/server.js", line: 4, message: "opens a new better-sqlite3 session", fix: "safe", why: ["src/routes.js:4", "src/routes.js:4"] }],
    },
    { name: "Knex with a connection has a pool", code: `
        import knex from "knex";
        export const getKnex = () => knex({ client: "pg", connection: process.env.DATABASE_URL });
        app.get("/things", async (req, res) => res.json(await getKnex().select("*").from("things")));
        app.get("/people", async (req, res) => res.json(await getKnex().select("*").from("people")));`, findings: [{ line: 2, message: "opens a new knex session", library: "knex", fix: "safe", related: [3, 4], sessions: "1", why: [4, 4, 2] }] },
    { name: "only what programs do once gets one, by the names: likely", code: `
        import Database from "better-sqlite3";
        const open = () => new Database("app.db");
        export function initDatabase() {
          const db = open();
          db.exec("CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY)");
          db.close();
        }
        export function migrateDatabase() {
          const db = open();
          db.exec("ALTER TABLE things ADD COLUMN name TEXT");
          db.close();
        }`,
      findings: [{ line: 2, message: "and 2 places do so", confidence: "likely", fix: "safe", related: [4, 9] }] },
    { name: "an error that keeps nothing excuses nothing", code: `${APP}
        app.get("/things", (req, res) => {
          try {
            res.json(remote.list());
          } catch {
            res.json(new Database("app.db").prepare("SELECT * FROM things").all());
          }
        });`,
      findings: [{ line: 8, message: "opens a new better-sqlite3", fix: "safe", why: [4, 8], sessions: "1" }] },
    { name: "a query that wraps callbacks in a promise opens each time", code: `
        import sqlite3 from "sqlite3";
        import express from "express";
        function query(sql) {
          return new Promise((resolve, reject) => {
            const db = new sqlite3.Database("app.db");
            db.all(sql, (error, rows) => {
              db.close();
              if (error) reject(error);
              else resolve(rows);
            });
          });
        }
        const app = express();
        app.get("/things", async (req, res) => res.json(await query("SELECT * FROM things")));`,
      findings: [{ line: 5, message: "opens a new sqlite3", library: "sqlite3", fix: "review", reason: "lives as long as the process", why: [14, 14, 4, 5], sessions: "1" }] },
    { name: "closed after, not before: open, use, close", code: `${APP}
        let db;
        app.get("/things", (req, res) => {
          db = new Database("app.db");
          res.json(db.prepare("SELECT * FROM things").all());
          db.close();
        });`,
      findings: [{ line: 6, message: "opens a new better-sqlite3", fix: "safe", why: [5, 6], sessions: "1" }] },
    { name: "something else is closed before", code: `${APP}
        const log = createLog();
        let db;
        app.get("/things", (req, res) => {
          log.close();
          db = new Database("app.db");
          res.json(db.prepare("SELECT * FROM things").all());
        });`,
      findings: [{ line: 8, message: "opens a new better-sqlite3", fix: "safe", why: [6, 8], sessions: "1" }] },
    { name: "a factory's readers do not excuse its writers", code: `${APP}
        function openDb(options) {
          return new Database("app.db", options);
        }
        app.get("/report", (req, res) => res.json(openDb({ readonly: true }).prepare("SELECT 1").get()));
        app.post("/things", (req, res) => {
          openDb({ timeout: 1000 }).exec("INSERT INTO things DEFAULT VALUES");
          res.end();
        });`,
      findings: [{ line: 5, message: "and 1 place does so per request", fix: "manual", reason: "some callers ask the same factory for a session of their own", related: [9], why: [8, 9, 5], sessions: "1" }] },
    { name: "a subclass of the driver's class", code: `${APP}
        class Store extends Database {
          constructor() {
            super("app.db");
          }
        }
        app.get("/things", (req, res) => res.json(new Store().prepare("SELECT * FROM things").all()));`,
      findings: [{ line: 6, message: "opens a new better-sqlite3", fix: "safe", related: [9], why: [9, 9, 6], sessions: "1" }] },
    { name: "explicit resource management closes it, and opens it each time", code: `${APP}
        app.get("/things", (req, res) => {
          using db = new Database("app.db") as Database.Database & Disposable;
          res.json(db.prepare("SELECT * FROM things").all());
        });`,
      findings: [{ line: 5, message: "opens a new better-sqlite3", fix: "safe", why: [4, 5], sessions: "1" }] },
  ],
});
