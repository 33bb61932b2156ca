import { describe, expect, it } from "vitest";
import { DB, linesOf } from "./matrix.js";

const IMPORT = `import { read, save, write, open } from "./db";\n`;
/** The same from two folders down. */
const DEEP = `import { read, save, write, open } from "../../db";\n`;

const READS = (operation: string) => `${operation} | 0 | read | 0 | 1 | 0`;
const SAVES = (operation: string) => `${operation} | 0 | write | 1 | n | n`;

function operations(texts: Record<string, string>): string[] {
  return linesOf({ "db.ts": DB, ...texts });
}

describe("Express", () => {
  it("names routes by the paths that their routers hang under, and counts all handlers of a route", () => {
    const lines = operations({
      "users.ts": `import { Router } from "express";\n${IMPORT}const router = Router(); router.get("/:id", (request, response) => response.json(read())); router.route("/all").post((request, response) => save(request.body.rows)); export default router;`,
      "app.ts": `import express from "express";\nimport users from "./users";\n${IMPORT}const app = express(); app.use("/api/users", users); app.post("/import", (request, response, next) => { read(); next(); }, (request, response) => save(request.body.rows)); app.listen(1);`,
    });
    expect(lines).toEqual(["POST /import | 0 | write | 1 | n + 1 | n", SAVES("POST /api/users/all"), READS("GET /api/users/:id")]);
  });

  it("follows routers that a function makes, and leaves out a prefix that is not one", () => {
    const lines = operations({
      "app.ts": `import express from "express";\n${IMPORT}
        function itemsRouter() { const router = express.Router(); router.get("/list", (request, response) => response.json(read())); return router; }
        const twice = express.Router(); twice.get("/twice", (request, response) => response.json(read()));
        const app = express(); app.use("/items", itemsRouter()); app.use("/a", twice); app.use("/b", twice);`,
    });
    expect(lines).toEqual([READS("GET /items/list"), READS("GET /twice")]);
  });
});

describe("Fastify", () => {
  it("names routes of plugins by their prefixes, and routes that are objects", () => {
    const lines = operations({
      "items.ts": `${IMPORT}export default async function items(fastify) { fastify.get("/", async () => read()); fastify.route({ method: "PUT", url: "/:id", preHandler: async () => { read(); }, handler: async (request) => save(request.body) }); }`,
      "app.ts": `import Fastify from "fastify";\nimport items from "./items";\nconst app = Fastify(); app.register(async (api) => { api.register(items, { prefix: "/items" }); }, { prefix: "/api" });`,
    });
    expect(lines).toEqual(["PUT /api/items/:id | 0 | write | 1 | n + 1 | n", READS("GET /api/items")]);
  });
});

describe("Hono", () => {
  it("names routes of sub-applications in a chain, each at its own line", () => {
    const matrix = operations({
      "items.ts": `import { Hono } from "hono";\n${IMPORT}const items = new Hono()\n  .get("/", (c) => c.json(read()))\n  .post("/import", async (c) => c.json(save(await c.req.json())));\nexport default items;`,
      "app.ts": `import { Hono } from "hono";\nimport items from "./items";\nconst app = new Hono().basePath("/v1"); app.route("/items", items); export default app;`,
    });
    expect(matrix).toEqual([SAVES("POST /v1/items/import"), READS("GET /v1/items")]);
  });
});

describe("Koa", () => {
  it("names routes by their router's prefix, and middleware", () => {
    const lines = operations({
      "app.ts": `import Koa from "koa";\nimport Router from "@koa/router";\n${IMPORT}
        const app = new Koa(); const router = new Router({ prefix: "/api" });
        router.post("/items", async (ctx) => { save(ctx.request.body); });
        app.use(async (ctx, next) => { read(); await next(); });
        app.use(router.routes());`,
    });
    expect(lines).toEqual([SAVES("POST /api/items"), READS("middleware")]);
  });
});

describe("NestJS", () => {
  it("names routes by controller and method, and GraphQL by the method's name", () => {
    const lines = operations({
      "items.ts": `import { Controller, Get, Injectable, Post } from "@nestjs/common";\nimport { Cron } from "@nestjs/schedule";\nimport { Args, Mutation, Resolver } from "@nestjs/graphql";\n${IMPORT}
        @Injectable() export class Items { all() { return read(); } importAll(rows) { save(rows); } @Cron("0 * * * *") clean() { write(1); } }
        @Controller("items") export class ItemsController { constructor(private readonly items: Items) {} @Get(":id") one() { return this.items.all(); } @Post() add(body) { this.items.importAll(body); } }
        @Resolver() export class ItemsResolver { constructor(private readonly items: Items) {} @Mutation(() => Boolean) importItems(rows) { this.items.importAll(rows); } }`,
    });
    expect(lines).toEqual([SAVES("GraphQL Mutation importItems"), SAVES("POST /items"), "Cron 0 * * * * Items.clean | 0 | write | 0 | 1 | 0", READS("GET /items/:id")]);
  });
});

describe("Next.js", () => {
  it("names route handlers, API routes, pages and actions by what their files' places say", () => {
    const lines = operations({
      "app/(shop)/route.ts": `${DEEP.replace("../../", "../../")}export async function DELETE() { write(1); }`,
      "app/api/items/[id]/route.ts": `import { read, save } from "../../../../db";\nexport async function GET() { return Response.json(read()); } export const POST = async (request) => { save(await request.json()); };`,
      "pages/api/things.ts": `${DEEP}export default function handler(request, response) { response.json(read()); }`,
      "pages/things/index.tsx": `${DEEP}export async function getServerSideProps() { return { props: { items: read() } }; }`,
      "app/actions.ts": `"use server";\nimport { write } from "../db";\nexport async function rename(row) { write(row); }`,
      "app/items/page.tsx": `${DEEP}export default async function Page() { return read(); }`,
    });
    expect(lines).toEqual([
      SAVES("POST /api/items/[id]"),
      "DELETE / | 0 | write | 0 | 1 | 0",
      "server action rename | 0 | write | 0 | 1 | 0",
      READS("API /api/things"),
      READS("GET /api/items/[id]"),
      READS("getServerSideProps /things"),
      READS("page /items"),
    ]);
  });
});

describe("tRPC", () => {
  it("names procedures by their path from the outermost router, lazy ones included", () => {
    const lines = operations({
      "trpc.ts": `import { initTRPC } from "@trpc/server";\nconst t = initTRPC.create(); export const router = t.router; export const procedure = t.procedure;`,
      "items.ts": `import { procedure, router } from "./trpc";\n${IMPORT}export const itemsRouter = router({ list: procedure.query(() => read()), admin: router({ load: procedure.input(rows).mutation(({ input }) => save(input)) }) });`,
      "late.ts": `import { procedure, router } from "./trpc";\n${IMPORT}export const lateRouter = router({ all: procedure.query(() => read()) });`,
      "root.ts": `import { lazy } from "@trpc/server";\nimport { router } from "./trpc";\nimport { itemsRouter } from "./items";\nexport const appRouter = router({ items: itemsRouter, late: lazy(() => import("./late").then((module) => module.lateRouter)) });`,
    });
    expect(lines).toEqual([SAVES("tRPC mutation items.admin.load"), READS("tRPC query items.list"), READS("tRPC query late.all")]);
  });
});

describe("what is no request", () => {
  it("jobs, timers, commands and scripts are operations, tests and start-up are none", () => {
    const lines = operations({
      "jobs.ts": `import { Worker } from "bullmq";\n${IMPORT}new Worker("mail", async (job) => save(job.data.rows)); setInterval(function sweep() { write(1); }, 1000);`,
      "cli.ts": `import { program } from "commander";\n${IMPORT}program.command("load <file>").option("-x").action((file) => save([file]));`,
      "scripts/seed.ts": `import { write } from "../db";\nwrite(1);`,
      "app.test.ts": `import express from "express";\n${IMPORT}const app = express(); app.get("/test", () => read());`,
      "main.ts": `import express from "express";\n${IMPORT}read(); express().listen(1, () => { read(); });`,
    });
    expect(lines).toEqual([SAVES("command load <file>"), SAVES("mail job"), "script scripts/seed.ts | 0 | write | 0 | 1 | 0", "setInterval sweep | 0 | write | 0 | 1 | 0"]);
  });
});
