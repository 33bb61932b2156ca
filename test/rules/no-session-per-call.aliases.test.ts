import { runTable } from "./lib/table.js";

runTable({
  rule: "no-session-per-call",
  theme: "imports, aliases, shadowing, namesakes",
  valid: [
    {
      name: "a parameter shadows the imported class",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const app = express();
        app.get("/things", (req, res) => {
          const make = (Database) => new Database("app.db");
          res.json([make(Map), db.prepare("SELECT 1").get()]);
        });
      `,
    },
    {
      name: "a class of the same name from another package",
      code: `
        import { Database } from "./better-sqlite3-stub.js";
        import express from "express";
        const app = express();
        app.get("/things", (req, res) => res.json(new Database("app.db").all()));
      `,
    },
    {
      name: "a class of the same name that the file declares",
      code: `
        import express from "express";
        class Database { all() { return ["better-sqlite3"]; } }
        const app = express();
        app.get("/things", (req, res) => res.json(new Database().all()));
      `,
    },
    {
      name: "only the type is imported",
      code: `
        import type Database from "better-sqlite3";
        import express from "express";
        const app = express();
        export function routes(db: Database.Database) {
          app.get("/things", (req, res) => res.json(db.prepare("SELECT * FROM things").all()));
        }
      `,
    },
    {
      name: "clients of other things: a cache, a search index, a directory",
      code: `
        import Redis from "ioredis";
        import { Client } from "@elastic/elasticsearch";
        import { createClient } from "ldapjs";
        import express from "express";
        import Database from "better-sqlite3";
        export const db = new Database("app.db");
        const app = express();
        app.get("/search", async (req, res) => {
          const redis = new Redis();
          const client = new Client({ node: "http://search" });
          const ldap = createClient({ url: "ldap://x" });
          res.json(await client.search(await redis.get("query"), ldap));
        });
      `,
    },
    {
      name: "the module's constants are no constructor",
      code: `
        const sqlite3 = require("sqlite3");
        const express = require("express");
        const app = express();
        app.get("/modes", (req, res) => res.json([sqlite3.OPEN_READONLY, sqlite3.verbose()]));
      `,
    },
    {
      name: "an error class of the library",
      code: `
        import Database, { SqliteError } from "better-sqlite3";
        import express from "express";
        export const db = new Database("app.db");
        const app = express();
        app.get("/things", () => {
          throw new SqliteError("no", "SQLITE_BUSY");
        });
      `,
    },
  ],
  invalid: [
    {
      name: "default import, in a handler",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        app.get("/things", (req, res) => {
          const db = new Database("app.db");
          res.json(db.prepare("SELECT * FROM things").all());
        });
      `,
      findings: [{ line: 5, message: "opens a new better-sqlite3 session each time it runs", fix: "safe", why: [4, 5], sessions: "1" }],
    },
    {
      name: "require, called without new",
      code: `
        const openDatabase = require("better-sqlite3");
        const express = require("express");
        const app = express();
        app.get("/things", (req, res) => {
          const db = openDatabase("app.db");
          res.json(db.prepare("SELECT * FROM things").all());
          db.close();
        });
      `,
      findings: [{ line: 5, message: "`GET /things` opens 1 session.", fix: "safe", why: [4, 5], sessions: "1" }],
    },
    {
      name: "namespace import and a destructured constructor",
      code: `
        import * as sqlite from "node:sqlite";
        import express from "express";
        const { DatabaseSync: Db } = sqlite;
        const app = express();
        app.post("/things", (req, res) => {
          const db = new Db("app.db");
          db.exec("INSERT INTO things DEFAULT VALUES");
          res.end();
        });
      `,
      findings: [{ line: 6, message: "opens a new node:sqlite session", library: "node:sqlite", fix: "safe", why: [5, 6], sessions: "1" }],
    },
    {
      name: "an alias of an alias",
      code: `
        import { DatabaseSync } from "node:sqlite";
        import Fastify from "fastify";
        const Sqlite = DatabaseSync;
        const Session = Sqlite;
        const app = Fastify();
        app.get("/things", async () => {
          return new Session("app.db").prepare("SELECT * FROM things").all();
        });
      `,
      findings: [{ line: 7, message: "opens a new node:sqlite session", library: "node:sqlite", fix: "safe", why: [6, 7], sessions: "1" }],
    },
    {
      name: "verbose() and the callback API",
      code: `
        const sqlite3 = require("sqlite3").verbose();
        const express = require("express");
        const app = express();
        app.get("/things", (req, res) => {
          const db = new sqlite3.Database("app.db");
          db.all("SELECT * FROM things", (error, rows) => res.json(rows));
        });
      `,
      findings: [{ line: 5, message: "opens a new sqlite3 session", library: "sqlite3", fix: "review", reason: "lives as long as the process", why: [4, 5], sessions: "1" }],
    },
    {
      name: "the promise wrapper, its options object holding the path",
      code: `
        import { open } from "sqlite";
        import sqlite3 from "sqlite3";
        import express from "express";
        const app = express();
        app.get("/things", async (req, res) => {
          const db = await open({ filename: "app.db", driver: sqlite3.Database });
          res.json(await db.all("SELECT * FROM things"));
        });
      `,
      findings: [{ line: 6, message: "opens a new sqlite session", library: "sqlite", fix: "review", reason: "lives as long as the process", why: [5, 6], sessions: "1" }],
    },
    {
      name: "a dynamic import",
      code: `
        import express from "express";
        const app = express();
        app.get("/things", async (req, res) => {
          const { default: Database } = await import("better-sqlite3");
          const db = new Database("app.db");
          res.json(db.prepare("SELECT * FROM things").all());
        });
      `,
      findings: [{ line: 5, message: "opens a new better-sqlite3 session", fix: "safe", why: [3, 5], sessions: "1" }],
    },
    {
      name: "Drizzle given a path opens by itself",
      code: `
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import express from "express";
        const app = express();
        app.get("/things", (req, res) => {
          const db = drizzle("app.db");
          res.json(db.select().from(things).all());
        });
      `,
      findings: [{ line: 5, message: "opens a new drizzle-orm session", library: "drizzle-orm", fix: "review", reason: "lives as long as the process", why: [4, 5], sessions: "1" }],
    },
    {
      name: "Drizzle around a fresh client: the client is what is opened",
      code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import express from "express";
        const app = express();
        app.get("/things", (req, res) => {
          const db = drizzle({ client: new Database("app.db") });
          res.json(db.select().from(things).all());
        });
      `,
      findings: [{ line: 6, message: "opens a new better-sqlite3 session", fix: "safe", why: [5, 6], sessions: "1" }],
    },
    {
      name: "a TypeScript cast and a non-null assertion in between",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const Session = Database as typeof Database;
        const app = express();
        app.get("/things", (req, res) => {
          const db = new Session(process.env.DB_PATH!) as Database.Database;
          res.json(db.prepare("SELECT * FROM things").all());
        });
      `,
      findings: [{ line: 6, message: "opens a new better-sqlite3 session", fix: "safe", why: [5, 6], sessions: "1" }],
    },
  ],
});
