import { runTable } from "./lib/table.js";

const IMPORTS = `
        import Database from "better-sqlite3";
        import express from "express";`;

const ROUTE = `
        const app = express();
        app.get("/things", (req, res) => {
          res.json(getDb().prepare("SELECT * FROM things").all());
        });`;

runTable({
  rule: "no-session-per-call",
  theme: "kept in production, or only outside of it",
  valid: [
    { name: "at module scope, where a module is loaded once anyway", code: `${IMPORTS}
        const kept = globalThis;
        export const db = kept.db ?? new Database("app.db");
        if (process.env.NODE_ENV !== "production") kept.db = db;
        const getDb = () => db;${ROUTE}` },
    { name: "kept in production", code: `${IMPORTS}
        let db;
        function getDb() {
          if (db) return db;
          const opened = new Database("app.db");
          if (process.env.NODE_ENV === "production") db = opened;
          return opened;
        }${ROUTE}` },
    { name: "opened and kept outside of production, where the module has one in production", code: `${IMPORTS}
        const live = process.env.NODE_ENV === "production" ? new Database("app.db") : undefined;
        function getDb() {
          if (process.env.NODE_ENV !== "production") {
            globalThis.db ??= new Database("app.db");
            return globalThis.db;
          }
          return live;
        }${ROUTE}` },
    { name: "kept on globalThis outside of production, and in the module always", code: `${IMPORTS}
        let db = globalThis.db;
        function getDb() {
          if (!db) {
            db = new Database("app.db");
            if (process.env.NODE_ENV !== "production") globalThis.db = db;
          }
          return db;
        }${ROUTE}` },
    { name: "by a setting that says nothing of production", code: `${IMPORTS}
        function getDb() {
          if (process.env.SHARE_DB !== "no" && globalThis.db) return globalThis.db;
          const db = new Database("app.db");
          if (process.env.SHARE_DB !== "no") globalThis.db = db;
          return db;
        }${ROUTE}` },
    { name: "asked in any case, kept by a condition on something else", code: `${IMPORTS}
        let db;
        function getDb() {
          if (db) return db;
          const opened = new Database("app.db");
          if (process.env.NODE_ENV !== "production" || opened.open) db = opened;
          return opened;
        }${ROUTE}` },
  ],
  invalid: [
    { name: "asked for, and kept, only outside of production", code: `${IMPORTS}
        function getDb() {
          if (process.env.NODE_ENV !== "production" && globalThis.db) {
            return globalThis.db;
          }
          const db = new Database("app.db");
          if (process.env.NODE_ENV !== "production") {
            globalThis.db = db;
          }
          return db;
        }${ROUTE}`, findings: [{ line: 7, message: "`getDb` opens a new better-sqlite3 session each time it is called", fix: "safe", related: [15], why: [14, 15, 7], sessions: "1" }] },
    { name: "asked for always, kept only outside of production", code: `${IMPORTS}
        let db;
        function getDb() {
          if (db) return db;
          const opened = new Database("app.db");
          if (process.env.NODE_ENV !== "production") db = opened;
          return opened;
        }${ROUTE}`, findings: [{ line: 6, message: "`getDb` opens a new better-sqlite3 session each time it is called", fix: "safe", related: [12], why: [11, 12, 6], sessions: "1" }] },
    { name: "kept while developing", code: `${IMPORTS}
        function getDb() {
          const db = globalThis.db ?? new Database("app.db");
          if (process.env.NODE_ENV === "development") globalThis.db = db;
          return db;
        }${ROUTE}`, findings: [{ line: 4, message: "`getDb` opens a new better-sqlite3 session each time it is called", fix: "safe", related: [10], why: [9, 10, 4], sessions: "1" }] },
    { name: "what a constant says of production", code: `${IMPORTS}
        const isLive = process.env.NODE_ENV === "production";
        function getDb() {
          if (!isLive && globalThis.db) return globalThis.db;
          const db = new Database("app.db");
          if (!isLive) globalThis.db = db;
          return db;
        }${ROUTE}`, findings: [{ line: 6, message: "`getDb` opens a new better-sqlite3 session each time it is called", fix: "safe", related: [12], why: [11, 12, 6], sessions: "1" }] },
    { name: "asked for only outside of production, kept always", code: `${IMPORTS}
        let db;
        function getDb() {
          if (process.env.NODE_ENV !== "production" && db) return db;
          db = new Database("app.db");
          return db;
        }${ROUTE}`, findings: [{ line: 6, message: "`getDb` opens a new better-sqlite3 session each time it runs", fix: "safe", related: [11], why: [10, 11, 6], sessions: "1" }] },
    { name: "kept by `&&`, with a client that is made in place", code: `
        import { PrismaClient } from "@prisma/client";
        export async function GET() {
          const prisma = globalThis.prisma || new PrismaClient();
          process.env.NODE_ENV !== "production" && (globalThis.prisma = prisma);
          return Response.json(await prisma.thing.findMany());
        }`, file: "app/api/things/route.ts", findings: [{ line: 3, message: "`GET` opens a new @prisma/client session each time it runs", library: "@prisma/client", fix: "review", reason: "", why: [2, 3], sessions: "1" }] },
  ],
});
