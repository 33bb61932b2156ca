import { runTable } from "./lib/table.js";

runTable({
  rule: "no-session-per-call",
  theme: "entry points and loops",
  valid: [
    {
      name: "NestJS: a provider's factory opens once",
      code: `
        import Database from "better-sqlite3";
        import { Module } from "@nestjs/common";
        @Module({ providers: [{ provide: "DB", useFactory: () => new Database("app.db") }], exports: ["DB"] })
        export class DatabaseModule {}
      `,
    },
    {
      name: "Fastify: a decorator keeps one session for all requests",
      code: `
        import Database from "better-sqlite3";
        import fp from "fastify-plugin";
        export default fp(async (fastify) => {
          const db = new Database("app.db");
          fastify.decorate("db", db);
          fastify.addHook("onClose", async () => db.close());
        });
      `,
    },
    {
      name: "a plugin opens once and its routes share",
      code: `
        import Database from "better-sqlite3";
        import Fastify from "fastify";
        const app = Fastify();
        app.register(async (instance) => {
          const db = new Database("app.db");
          instance.get("/things", async () => db.prepare("SELECT * FROM things").all());
          instance.addHook("onClose", async () => db.close());
        });
      `,
    },
    {
      name: "a router's factory opens once",
      code: `
        import Database from "better-sqlite3";
        import { Router } from "express";
        import express from "express";
        function thingRoutes() {
          const db = new Database("app.db");
          const router = Router();
          router.get("/", (req, res) => res.json(db.prepare("SELECT * FROM things").all()));
          return router;
        }
        const app = express();
        app.use("/things", thingRoutes());
        app.listen(3000);
      `,
    },
    {
      name: "get of something that is no router",
      code: `
        import Database from "better-sqlite3";
        const settings = new Map();
        const db = settings.get("db") ?? new Database("app.db");
        settings.set("list", () => db.prepare("SELECT * FROM things").all());
      `,
    },
    {
      name: "one database per tenant, opened in a loop at start-up",
      code: `
        import Database from "better-sqlite3";
        const TENANTS = ["north", "south"];
        export const databases = new Map(TENANTS.map((tenant) => [tenant, new Database(\`\${tenant}.db\`)]));
      `,
    },
    {
      name: "a deliberate pool of readers, built in a loop",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const readers = [];
        for (let i = 0; i < 4; i++) readers.push(new Database("app.db", { readonly: true }));
        let next = 0;
        const app = express();
        app.get("/things", (req, res) => {
          const reader = readers[next++ % readers.length];
          res.json(reader.prepare("SELECT * FROM things").all());
        });
      `,
    },
    {
      name: "the server's listening event comes once",
      code: `
        import Database from "better-sqlite3";
        import { createServer } from "node:http";
        let db;
        const server = createServer((req, res) => res.end(JSON.stringify(db.prepare("SELECT 1").get())));
        server.on("listening", () => {
          db = new Database("app.db");
        });
        server.listen(3000);
      `,
    },
  ],
  invalid: [
    {
      name: "the answer to a request that a handler's helper sends",
      code: `
        import sqlite3 from "sqlite3";
        import express from "express";
        import { XMLHttpRequest } from "xmlhttprequest";
        function refresh() {
          const request = new XMLHttpRequest();
          request.open("GET", "https://example.org/weather");
          request.onload = function () {
            const db = new sqlite3.Database("weather.db");
            db.run("INSERT INTO answers (text) VALUES (?)", [request.responseText]);
            db.close();
          };
          request.send();
        }
        const app = express();
        app.post("/weather", (req, res) => {
          refresh();
          res.end();
        });
      `,
      findings: [{ line: 8, message: "`onload` opens a new sqlite3 session each time it runs", library: "sqlite3", fix: "review", reason: "", why: [15, 16] }],
    },
    {
      name: "a server that starts as a command: its file has a hashbang, and its routes make objects that open",
      code: {
        "src/server.ts": `#!/usr/bin/env node
import express from "express";
import { Docs } from "./docs.js";
const app = express();
app.post("/docs", (req, res) => {
  res.json(new Docs().find(req.body.name));
});
app.post("/all", (req, res) => {
  res.json(new Docs().all());
});
app.listen(3000);
`,
        "src/docs.ts": `
        import Database from "better-sqlite3";
        export class Docs {
          readonly #db: Database.Database;
          constructor() {
            this.#db = new Database("docs.db");
          }
          find(name: string) { return this.#db.prepare("SELECT * FROM docs WHERE name = ?").get(name); }
          all() { return this.#db.prepare("SELECT * FROM docs").all(); }
        }`,
      },
      findings: [{ file: "src/docs.ts", line: 5, message: "opens a new better-sqlite3 session each time it runs", fix: "safe", related: ["src/server.ts:6", "src/server.ts:9"], why: ["src/server.ts:8", "src/server.ts:9", "src/docs.ts:5"], sessions: "1" }],
    },
    {
      name: "a command's functions that a service runs for each request, one calling the other",
      code: {
        "src/server.ts": `
        import { createServer } from "node:http";
        import { dispatch } from "./tools.js";
        createServer((req, res) => res.end(dispatch(req.url ?? ""))).listen(3000);`,
        "src/tools.ts": `#!/usr/bin/env node
import { openStore } from "./store.js";
export function dispatch(name: string) { return name === "/count" ? count() : list(); }
function count() { return JSON.stringify(openStore().prepare("SELECT count(*) FROM things").get()); }
function list() { return JSON.stringify(openStore().prepare("SELECT * FROM things").all()); }
if (process.argv[2]) console.log(dispatch(process.argv[2]));
`,
        "src/store.ts": `
        import Database from "better-sqlite3";
        export function openStore() {
          return new Database("store.db");
        }`,
      },
      findings: [{ file: "src/store.ts", line: 3, message: "2 places do so per request, event or tick", fix: "safe", why: ["src/server.ts:3", "src/server.ts:3", "src/tools.ts:3", "src/tools.ts:4", "src/store.ts:3"], related: ["src/tools.ts:4", "src/tools.ts:5"], sessions: "2" }],
    },
    {
      name: "Hono: a middleware that opens",
      code: `
        import Database from "better-sqlite3";
        import { Hono } from "hono";
        const app = new Hono();
        app.use("*", async (c, next) => {
          c.set("db", new Database("app.db"));
          await next();
        });
      `,
      findings: [{ line: 5, message: "opens a new better-sqlite3", fix: "safe", why: [4, 5], sessions: "1" }],
    },
    {
      name: "NestJS: a controller's route",
      code: `
        import Database from "better-sqlite3";
        import { Controller, Get } from "@nestjs/common";
        @Controller("things")
        export class ThingController {
          @Get(":id")
          find() {
            return new Database("app.db").prepare("SELECT 1").all();
          }
        }
      `,
      findings: [{ line: 7, message: "opens a new better-sqlite3", fix: "safe", why: [6, 7], sessions: "1" }],
    },
    {
      name: "Fastify: a route's handler in an options object",
      code: `
        import Database from "better-sqlite3";
        import Fastify from "fastify";
        const app = Fastify();
        app.route({
          method: "GET",
          url: "/things",
          handler: async () => {
            const db = new Database("app.db");
            return db.prepare("SELECT * FROM things").all();
          },
        });
      `,
      findings: [{ line: 8, message: "opens a new better-sqlite3", fix: "safe", why: [4, 8], sessions: "1" }],
    },
    {
      name: "Fastify: a hook that runs per request",
      code: `
        import Database from "better-sqlite3";
        import Fastify from "fastify";
        const app = Fastify();
        app.addHook("onRequest", async (request) => {
          request.db = new Database("app.db");
        });
      `,
      findings: [{ line: 5, message: "`onRequest hook` opens 1 session.", fix: "safe", why: [4, 5], sessions: "1" }],
    },
    {
      name: "Fastify: a plugin given by name, with a typed instance",
      code: `
        import Database from "better-sqlite3";
        import type { FastifyInstance } from "fastify";
        export async function thingRoutes(app: FastifyInstance): Promise<void> {
          app.post("/things", async (request) => {
            const db = new Database("app.db");
            return db.prepare("INSERT INTO things (name) VALUES (?)").run(request.body);
          });
        }
      `,
      findings: [{ line: 5, message: "`POST /things` opens 1 session.", fix: "safe", why: [4, 5], sessions: "1" }],
    },
    {
      name: "Express: middleware",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        app.use((req, res, next) => {
          req.db = new Database("app.db");
          res.on("finish", () => req.db.close());
          next();
        });
      `,
      findings: [{ line: 5, message: "`middleware` opens 1 session.", fix: "safe", why: [4, 5], sessions: "1" }],
    },
    {
      name: "Express: a router, a wrapped async handler",
      code: `
        import Database from "better-sqlite3";
        import { Router } from "express";
        import asyncHandler from "express-async-handler";
        export const router = Router();
        router.put(
          "/things/:id",
          asyncHandler(async (req, res) => {
            const db = new Database("app.db");
            db.prepare("UPDATE things SET name = ? WHERE id = ?").run(req.body.name, req.params.id);
            res.end();
          }),
        );
      `,
      findings: [{ line: 8, message: "`PUT /things/:id` opens 1 session.", fix: "safe", why: [5, 8], sessions: "1" }],
    },
    {
      name: "Express: a controller given by name",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        async function listThings(req, res) {
          const db = new Database("app.db");
          res.json(db.prepare("SELECT * FROM things").all());
        }
        const app = express();
        app.get("/things", listThings);
      `,
      findings: [{ line: 4, message: "`listThings` opens a new", fix: "safe", why: [8, 4], sessions: "1" }],
    },
    {
      name: "a router of a library that is not in the catalogue, by its shape",
      code: `
        import Database from "better-sqlite3";
        import { Hono } from "hono";
        const app = new Hono();
        app.get("/things", (c) => {
          const db = new Database("app.db");
          return c.json(db.prepare("SELECT * FROM things").all());
        });
      `,
      findings: [{ line: 5, message: "`GET /things` opens 1 session.", fix: "safe", why: [4, 5], sessions: "1" }],
    },
    {
      name: "Next.js: a route file",
      file: "app/api/things/route.ts",
      code: `
        import Database from "better-sqlite3";
        export async function GET() {
          const db = new Database("app.db");
          return Response.json(db.prepare("SELECT * FROM things").all());
        }
      `,
      findings: [{ line: 3, message: "`GET /api/things` opens 1 session.", fix: "safe", why: [2, 3], sessions: "1" }],
    },
    {
      name: "Next.js: an API route of the pages router",
      file: "pages/api/things.js",
      code: `
        import Database from "better-sqlite3";
        export default function handler(req, res) {
          const db = new Database("app.db");
          res.json(db.prepare("SELECT * FROM things").all());
        }
      `,
      findings: [{ line: 3, message: "`handler` opens a new", fix: "safe", why: [2, 3], sessions: "1" }],
    },
    {
      name: "a bare HTTP server",
      code: `
        import Database from "better-sqlite3";
        import { createServer } from "node:http";
        createServer((req, res) => {
          const db = new Database("app.db");
          res.end(JSON.stringify(db.prepare("SELECT * FROM things").all()));
        }).listen(3000);
      `,
      findings: [{ line: 4, message: "`HTTP request` opens 1 session.", fix: "safe", why: [3, 4], sessions: "1" }],
    },
    {
      name: "a timer that ticks",
      code: `
        import Database from "better-sqlite3";
        setInterval(() => {
          const db = new Database("app.db");
          db.exec("DELETE FROM jobs WHERE done = 1");
          db.close();
        }, 60_000);
      `,
      findings: [{ line: 3, message: "`setInterval` opens 1 session.", fix: "safe", why: [2, 3], sessions: "1" }],
    },
    {
      name: "an event that comes again and again",
      code: `
        import Database from "better-sqlite3";
        import { WebSocketServer } from "ws";
        const server = new WebSocketServer({ port: 8080 });
        server.on("connection", (socket) => {
          const db = new Database("app.db");
          socket.send(JSON.stringify(db.prepare("SELECT * FROM things").all()));
        });
      `,
      findings: [{ line: 5, message: "`connection event` opens 1 session.", fix: "safe", why: [4, 5], sessions: "1" }],
    },
    {
      name: "per item of a request's list: n sessions",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();
        app.post("/things", (req, res) => {
          for (const thing of req.body.things) {
            const db = new Database("app.db");
            db.prepare("INSERT INTO things (name) VALUES (?)").run(thing.name);
            db.close();
          }
          res.end();
        });
      `,
      findings: [{ line: 6, message: "`POST /things` opens n sessions (n = things)", fix: "safe", sessions: "n", why: [4, 6] }],
    },
    {
      name: "handlers of a tool server, by several names",
      code: `
        import Database from "better-sqlite3";
        const connect = () => new Database("app.db");
        export const handlers = {
          list: () => connect().prepare("SELECT * FROM things").all(),
          remove: (id) => connect().prepare("DELETE FROM things WHERE id = ?").run(id),
        };
      `,
      findings: [{ line: 2, message: "`connect` opens a new", fix: "safe", related: [4, 5] }],
    },
  ],
});
