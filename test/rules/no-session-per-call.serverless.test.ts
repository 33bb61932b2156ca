import { runTable } from "./lib/table.js";

const APP = `
        import { Hono } from "hono";
        const app = new Hono<{ Bindings: { DB: D1Database; DATABASE_URL: string } }>();`;

runTable({
  rule: "no-session-per-call",
  theme: "clients of one request, and layers",
  valid: [
    { name: "Neon's pool, whose sockets end with the request", code: `${APP}
        import { Pool } from "@neondatabase/serverless";
        app.get("/things", async (c) => {
          const pool = new Pool({ connectionString: c.env.DATABASE_URL });
          const { rows } = await pool.query("SELECT * FROM things");
          c.executionCtx.waitUntil(pool.end());
          return c.json(rows);
        });` },
    { name: "Neon over HTTP, which keeps no connection", code: `${APP}
        import { neon } from "@neondatabase/serverless";
        import { drizzle } from "drizzle-orm/neon-http";
        app.get("/things", async (c) => c.json(await neon(c.env.DATABASE_URL)\`SELECT * FROM things\`));
        app.get("/others", async (c) => c.json(await drizzle(neon(c.env.DATABASE_URL)).select().from(others)));` },
    { name: "Vercel's client", code: `
        import { createClient } from "@vercel/postgres";
        export default async function handler(req, res) {
          const client = createClient();
          await client.connect();
          res.json(await client.sql\`SELECT * FROM things\`);
          await client.end();
        }`, file: "api/things.ts" },
    { name: "an ORM around D1's binding", code: `${APP}
        import { drizzle } from "drizzle-orm/d1";
        app.get("/things", async (c) => c.json(await drizzle(c.env.DB).select().from(things)));` },
    { name: "Hyperdrive, whose connections may not outlive the request", code: {
      "src/db.ts": `
        import { drizzle } from "drizzle-orm/postgres-js";
        import postgres from "postgres";
        export const createDb = (url: string) => drizzle(postgres(url));`,
      "src/main.ts": `
        import { Hono } from "hono";
        import { createDb } from "./db.js";
        const app = new Hono();
        app.use("*", async (c, next) => {
          c.set("db", createDb(c.env.HYPERDRIVE.connectionString));
          await next();
        });
        export default app;`,
    } },
    { name: "Hyperdrive or a binding, whose address has a name", code: {
      "src/db.ts": `
        import type { Context } from "hono";
        import { drizzle } from "drizzle-orm/postgres-js";
        import postgres from "postgres";
        export const createDb = async (c: Context) => {
          const url = c.env.ENVIRONMENT === "development" ? c.env.DATABASE_URL : c.env.HYPERDRIVE.connectionString;
          return drizzle(postgres(url));
        };`,
      "src/main.ts": `
        import { Hono } from "hono";
        import { createDb } from "./db.js";
        const app = new Hono();
        app.get("/things", async (c) => c.json(await (await createDb(c)).select().from(things)));
        app.get("/others", async (c) => c.json(await (await createDb(c)).select().from(others)));
        export default app;`,
    } },
    { name: "a binding of Hono's with the address", code: `
        import { Hono } from "hono";
        import postgres from "postgres";
        const app = new Hono<{ Bindings: { DATABASE_URL: string } }>();
        app.get("/things", async (c) => {
          const sql = postgres(c.env.DATABASE_URL);
          return c.json(await sql\`SELECT * FROM things\`);
        });` },
    { name: "a module that only Workers have", code: `
        import { env } from "cloudflare:workers";
        import { Hono } from "hono";
        import postgres from "postgres";
        const app = new Hono();
        app.get("/things", async (c) => c.json(await postgres(env.DATABASE_URL)\`SELECT * FROM things\`));` },
    { name: "functions that make a layer: what builds it decides how often it is opened", code: `
        import { SqliteClient } from "@effect/sql-sqlite-node";
        import { Layer } from "effect";
        export const storeAt = (filename: string) => Layer.provide(Store.Live, SqliteClient.layer({ filename }));
        export const logAt = (filename: string) => Layer.provide(Log.Live, SqliteClient.layer({ filename }));
        export function both(filename: string) {
          return Layer.merge(storeAt(filename), logAt(filename));
        }` },
    { name: "a runtime that is kept", code: `
        import { PgClient } from "@effect/sql-pg";
        import { ManagedRuntime, Redacted } from "effect";
        import express from "express";
        const runtime = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(process.env.DATABASE_URL) }));
        const app = express();
        app.get("/things", async (req, res) => res.json(await runtime.runPromise(list)));` },
  ],
  invalid: [
    { name: "a wrapper around Netlify's functions", code: {
      "lib/with-prisma.ts": `
        import type { Handler, HandlerEvent } from "@netlify/functions";
        import { PrismaClient } from "@prisma/client";
        export default function withPrisma(work: (prisma: PrismaClient, event: HandlerEvent) => Promise<unknown>): Handler {
          return async (event: HandlerEvent) => {
            const prisma = new PrismaClient();
            return work(prisma, event).finally(() => prisma.$disconnect());
          };
        }`,
      "netlify/functions/things.ts": `
        import withPrisma from "../../lib/with-prisma";
        const handler = withPrisma(async (prisma, event) => ({ statusCode: 200, body: JSON.stringify(await prisma.thing.findMany()) }));
        export { handler };`,
    }, findings: [{ file: "lib/with-prisma.ts", line: 5, message: "opens a new @prisma/client session each time it runs", library: "@prisma/client", fix: "review", reason: "the client then lives as long as the", why: ["lib/with-prisma.ts:4", "lib/with-prisma.ts:5"], sessions: "1" }] },
    { name: "a helper that a Worker calls, and a server as well", code: {
      "src/db.ts": `
        import { drizzle } from "drizzle-orm/postgres-js";
        import postgres from "postgres";
        export const createDb = (url: string) => drizzle(postgres(url));`,
      "src/worker.ts": `
        import { Hono } from "hono";
        import { createDb } from "./db.js";
        const app = new Hono();
        app.get("/things", async (c) => c.json(await createDb(c.env.HYPERDRIVE.connectionString).select().from(things)));
        export default app;`,
      "src/server.ts": `
        import express from "express";
        import { createDb } from "./db.js";
        const app = express();
        app.get("/things", async (req, res) => res.json(await createDb(process.env.DATABASE_URL).select().from(things)));`,
    }, findings: [{ file: "src/db.ts", line: 3, library: "postgres", message: "1 place does so per request", fix: "manual", reason: "a Worker asks", why: ["src/server.ts:4", "src/server.ts:4", "src/db.ts:3"], related: ["src/server.ts:4"], sessions: "1" }] },
    { name: "Hono on a server, which reads the environment", code: `
        import { Hono } from "hono";
        import postgres from "postgres";
        const app = new Hono();
        app.get("/things", async (c) => {
          const sql = postgres(process.env.DATABASE_URL);
          return c.json(await sql\`SELECT * FROM things\`);
        });`, findings: [{ line: 5, message: "opens a new postgres session each time it runs", library: "postgres", fix: "review", reason: "the client then lives as long as the process", why: [4, 5], sessions: "1" }] },
    { name: "a layer that is made and built per request", code: `
        import { SqliteClient } from "@effect/sql-sqlite-node";
        import { Effect } from "effect";
        import express from "express";
        const app = express();
        app.get("/things", async (req, res) => {
          res.json(await Effect.runPromise(list.pipe(Effect.provide(SqliteClient.layer({ filename: "app.db" })))));
        });`, findings: [{ line: 6, message: "opens a new @effect/sql-sqlite-node session", library: "@effect/sql-sqlite-node", fix: "manual", reason: "no codemod yet", why: [5, 6], sessions: "1" }] },
  ],
});
