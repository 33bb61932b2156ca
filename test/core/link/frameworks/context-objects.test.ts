import { describe, expect, it } from "vitest";
import { link, probed, probedSessions } from "../link.js";

const DB = { "db.ts": `import Database from "better-sqlite3";\nexport const db = new Database("app.db");\nexport type Db = typeof db;\n` };
const OPENED = ["session better-sqlite3"];
const TYPED = ["typed better-sqlite3"];

function sessions(files: string | Record<string, string>): string[] {
  return probedSessions(link({ ...DB, ...(typeof files === "string" ? { "main.ts": `import { db, type Db } from "./db";\n${files}` } : files) }));
}

describe("Express", () => {
  it.each<[string, string, string[]]>([
    ["what a middleware puts on the request", `import express from "express"; const app = express(); app.use((req, res, next) => { req.db = db; next(); }); app.get("/", (req, res) => { probe(req.db); });`, OPENED],
    ["in a router of another make", `import express from "express"; const app = express(); app.use((req, _res, next) => { (req as any).db = db; next(); }); const r = express.Router(); r.route("/x").get((req) => 1).post((req) => { probe(req.db); });`, OPENED],
    ["res.locals", `import express from "express"; const app = express(); app.use((req, res, next) => { res.locals.db = db; next(); }); app.post("/", (req, res) => { probe(res.locals.db); });`, OPENED],
    ["app.locals", `import express from "express"; const app = express(); app.locals.db = db; app.post("/", (req, res) => { probe(req.app.locals.db); });`, OPENED],
    ["app.set and app.get", `import express from "express"; const app = express(); app.set("db", db); app.post("/", (req, res) => { probe(req.app.get("db")); });`, OPENED],
    ["an error handler's request", `import express from "express"; const app = express(); app.use((req, res, next) => { req.db = db; next(); }); app.use((error, req, res, next) => { probe(req.db); });`, OPENED],
    ["a declared request", `import type { Request, Response } from "express"; declare global { namespace Express { interface Request { db: Db } } } export function list(req: Request, res: Response) { probe(req.db); }`, TYPED],
    ["a module's declaration", `import type { Request } from "express"; declare module "express-serve-static-core" { interface Request { db: Db } } export function list({ db: it }: Request) { probe(it); }`, TYPED],
    ["a request of the project's own type", `import type { Request } from "express"; interface WithDb extends Request { db: Db } export function list(req: WithDb) { probe(req.db); }`, TYPED],
    ["a handler by its type", `import express, { type RequestHandler } from "express"; express().use((req, res, next) => { req.db = db; }); export const list: RequestHandler = (req, res) => { probe(req.db); };`, OPENED],
    ["through require", `const express = require("express"); const app = express(); app.use((req, res, next) => { req.db = db; next(); }); app.get("/", (req, res) => { probe(req.db); });`, OPENED],
  ])("%s", (_name, text, expected) => {
    expect(sessions(text)).toEqual(expected);
  });

  it("a member that nobody sets", () => {
    expect(sessions(`import express from "express"; const app = express(); app.use((req, res, next) => { req.store = db; next(); }); app.get("/", (req, res) => { probe(req.db); });`)).toEqual([]);
  });
});

describe("Fastify", () => {
  it.each<[string, string, string[]]>([
    ["a decorator", `import Fastify from "fastify"; const app = Fastify(); app.decorate("db", db); app.get("/", async () => { probe(app.db); });`, OPENED],
    ["a decorator, in a plugin", `import Fastify from "fastify"; const app = Fastify().decorate("db", db); app.register(async (scope) => { scope.get("/", () => { probe(scope.db); }); });`, OPENED],
    ["in a plugin without types", `import fp from "fastify-plugin"; export const a = fp(async (fastify) => { fastify.decorate("db", db); }); export default fp(async function (fastify, options) { probe(fastify.db); });`, OPENED],
    ["in a plugin by its type", `import type { FastifyPluginAsync } from "fastify"; import Fastify from "fastify"; Fastify().decorate("db", db); const plugin: FastifyPluginAsync = async (fastify) => { probe(fastify.db); }; export default plugin;`, OPENED],
    ["a declared instance", `import type { FastifyInstance } from "fastify"; declare module "fastify" { interface FastifyInstance { db: Db } } export default async function (app: FastifyInstance) { probe(app.db); }`, TYPED],
    ["a request's server", `import Fastify from "fastify"; const app = Fastify(); app.decorate("db", db); app.get("/", { schema: {} }, async (request) => { probe(request.server.db); });`, OPENED],
    ["what a hook puts on the request", `import Fastify from "fastify"; const app = Fastify(); app.addHook("onRequest", async (request) => { request.db = db; }); app.route({ method: "GET", url: "/", handler: async ({ db: it }) => { probe(it); } });`, OPENED],
    ["a declared request", `import type { FastifyRequest } from "fastify"; declare module "fastify" { interface FastifyRequest { db: Db } } export async function list(request: FastifyRequest<{ Body: string }>) { probe(request.db); }`, TYPED],
  ])("%s", (_name, text, expected) => {
    expect(sessions(text)).toEqual(expected);
  });
});

describe("Hono", () => {
  it.each<[string, string, string[]]>([
    ["set and get", `import { Hono } from "hono"; const app = new Hono(); app.use("*", async (c, next) => { c.set("db", db); await next(); }); app.get("/", (c) => { probe(c.get("db")); });`, OPENED],
    ["set and var", `import { Hono } from "hono"; const app = new Hono(); app.use(async (c, next) => { c.set("db", db); await next(); }); app.get("/", (c) => { probe(c.var.db); });`, OPENED],
    ["declared variables", `import { Hono } from "hono"; const app = new Hono<{ Variables: { db: Db } }>(); app.get("/", (c) => { probe(c.get("db")); });`, TYPED],
    ["declared variables of a name", `import { Hono } from "hono"; type Env = { Bindings: { A: string }; Variables: { db: Db } }; const app = new Hono<Env>().basePath("/api").get("/", (c) => { probe(c.var.db); });`, TYPED],
    ["a context by its type", `import type { Context } from "hono"; type Env = { Variables: { db: Db } }; export function list(c: Context<Env>) { probe(c.get("db")); }`, TYPED],
    ["createMiddleware", `import { createMiddleware } from "hono/factory"; export const withDb = createMiddleware<{ Variables: { db: Db } }>(async (c, next) => { probe(c.var.db); await next(); });`, TYPED],
    ["a declared map", `import { Hono } from "hono"; declare module "hono" { interface ContextVariableMap { db: Db } } new Hono().post("/", (c) => { probe(c.get("db")); });`, TYPED],
  ])("%s", (_name, text, expected) => {
    expect(sessions(text)).toEqual(expected);
  });
});

describe("Koa", () => {
  it.each<[string, string, string[]]>([
    ["app.context", `import Koa from "koa"; const app = new Koa(); app.context.db = db; app.use(async (ctx) => { probe(ctx.db); });`, OPENED],
    ["what a middleware puts there", `import Koa from "koa"; import Router from "@koa/router"; const app = new Koa(); app.use(async (ctx, next) => { ctx.db = db; await next(); }); const router = new Router(); router.get("/", async (ctx) => { probe(ctx.db); });`, OPENED],
    ["ctx.state", `import Koa from "koa"; const app = new Koa(); app.use(async (ctx, next) => { ctx.state.db = db; await next(); }).use(async (ctx) => { probe(ctx.state.db); });`, OPENED],
    ["declared by generics", `import Koa from "koa"; interface State { user: string } interface Ctx { db: Db } const app = new Koa<State, Ctx>(); app.use(async (ctx) => { probe(ctx.db); });`, TYPED],
    ["declared for all", `import type { Context } from "koa"; declare module "koa" { interface DefaultContext { db: Db } } export async function list(ctx: Context) { probe(ctx.db); }`, TYPED],
  ])("%s", (_name, text, expected) => {
    expect(sessions(text)).toEqual(expected);
  });
});

describe("other frameworks", () => {
  it.each<[string, Record<string, string>, string[]]>([
    ["Elysia's decorate", { "main.ts": `import { Elysia } from "elysia"; import { db } from "./db"; new Elysia().decorate("db", db).get("/", ({ db }) => { probe(db); });` }, OPENED],
    [
      "SvelteKit's locals, by type",
      { "app.ts": `import type { Db } from "./db"; declare global { namespace App { interface Locals { db: Db } } } export {};`, "src/routes/+page.server.ts": `export async function load({ locals }) { probe(locals.db); }` },
      TYPED,
    ],
    [
      "SvelteKit's locals, by value",
      { "src/hooks.server.ts": `import { db } from "../db"; export const handle = async ({ event, resolve }) => { event.locals.db = db; return resolve(event); };`, "src/routes/+page.server.ts": `export const actions = { default: async ({ locals }) => { probe(locals.db); } };` },
      OPENED,
    ],
    ["Nitro's event, filled by a hook", { "a.ts": `import { db } from "./db"; export default defineNitroPlugin((nitro) => { nitro.hooks.hook("request", (event) => { event.context.db = db; }); });`, "b.ts": `export default defineEventHandler(async (event) => { probe(event.context.db); });` }, OPENED],
    ["Nitro's event", { "a.ts": `import { db } from "./db"; export default defineEventHandler((event) => { event.context.db = db; });`, "b.ts": `export default defineEventHandler(async (event) => { probe(event.context.db); });` }, OPENED],
    [
      "React Router's load context",
      { "app/load-context.ts": `import type { Db } from "../db"; declare module "react-router" { interface AppLoadContext { db: Db } }`, "app/routes/things.tsx": `export async function loader({ context }) { probe(context.db); }` },
      TYPED,
    ],
    ["Astro's locals", { "env.ts": `import type { Db } from "./db"; declare namespace App { interface Locals { db: string } } declare global { namespace App { interface Locals { db: Db } } }`, "src/pages/api/x.ts": `import type { APIRoute } from "astro"; export const GET: APIRoute = async ({ locals }) => { probe(locals.db); };` }, TYPED],
  ])("%s", (_name, files, expected) => {
    expect(sessions(files)).toEqual(expected);
  });
});

describe("types written in place", () => {
  it.each<[string, string]>([
    ["an object type", `export function f(deps: { db: Db; log: string }) { probe(deps.db); }`],
    ["an intersection", `export function f(ctx: { user: string } & { db: Db }) { probe(ctx.db); }`],
    ["a picked member", `interface Ctx { db: Db; user: string } export function f(ctx: Pick<Ctx, "db">) { probe(ctx.db); }`],
    ["what is left", `interface Ctx { db: Db; user: string } export function f(ctx: Omit<Ctx, "user">) { probe(ctx.db); }`],
    ["an indexed member", `interface Ctx { deps: { db: Db } } export function f(db: Ctx["deps"]["db"]) { probe(db); }`],
    ["a type parameter's bound", `interface Ctx { db: Db } export function f<C extends Ctx>(ctx: C) { probe(ctx.db); }`],
  ])("%s", (_name, text) => {
    expect(sessions(text)).toEqual(TYPED);
  });

  it.each<[string, string, string[]]>([
    ["a function's parameter", `function f(db: Db) {} export function g(db: Parameters<typeof f>[0]) { probe(db); }`, TYPED],
    [
      "a transaction's handle",
      `import { drizzle } from "drizzle-orm/better-sqlite3"; const orm = drizzle(db); type Tx = Parameters<Parameters<typeof orm.transaction>[0]>[0]; export function g(tx: Tx) { probe(tx); }`,
      ["typed drizzle-orm"],
    ],
    ["another parameter", `function f(n: number, db: Db) {} export function g(db: Parameters<typeof f>[0]) { probe(db); }`, []],
  ])("by Parameters, %s", (_name, text, expected) => {
    expect(sessions(text)).toEqual(expected);
  });

  it.each<[string, string]>([
    ["a member that is left out", `interface Ctx { db: Db; user: string } export function f(ctx: Omit<Ctx, "db">) { probe(ctx.db); }`],
    ["a member that is not picked", `interface Ctx { db: Db; user: string } export function f(ctx: Pick<Ctx, "user">) { probe(ctx.db); }`],
    ["a declared module of no framework", `import type { Thing } from "things"; declare module "things" { interface Thing { db: Db } } export function f(it: Thing) { probe(it.db); }`],
  ])("%s is nothing", (_name, text) => {
    expect(sessions(text)).toEqual([]);
  });

  it("a declared module adds no export", () => {
    expect(probed(link({ "a.ts": `declare module "x" { export const db: number; } export {};`, "b.ts": `import { db } from "./a"; probe(db);` }))).toEqual([]);
  });
});
