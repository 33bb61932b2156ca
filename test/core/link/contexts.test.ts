import { describe, expect, it } from "vitest";
import { contexts, keyOf, link } from "./link.js";

const PER_CALL = ["per-call"];
const ONCE = ["once"];

describe("entry points", () => {
  it.each<[string, string]>([
    ["Fastify's route", `import fastify from "fastify"; const app = fastify();\napp.get("/x", async () => work());`],
    ["Fastify's route object", `import Fastify from "fastify"; const app = Fastify();\napp.route({ method: "GET", url: "/x", handler: () => work() });`],
    ["Fastify's preHandler", `import Fastify from "fastify"; const app = Fastify();\napp.route({ method: "GET", url: "/x", preHandler: () => work(), handler });`],
    ["a Fastify plugin's route", `import type { FastifyInstance } from "fastify"; export default async function plugin(app: FastifyInstance) { app.post("/x", () => work()); }`],
    ["a registered plugin's route", `import fastify from "fastify"; const app = fastify();\napp.register(async (scope) => { scope.get("/x", () => work()); });`],
    ["Fastify's request hook", `import fastify from "fastify"; const app = fastify();\napp.addHook("onRequest", async () => work());`],
    ["Express's route", `import express from "express"; const app = express();\napp.get("/x", (req, res) => work());`],
    ["Express's router", `import { Router } from "express"; const r = Router();\nr.post("/x", (req, res) => work());`],
    ["Express through require", `const express = require("express"); const app = express();\napp.get("/x", (req, res) => work());`],
    ["Express's middleware", `import express from "express"; const app = express();\napp.use((req, res, next) => work());`],
    ["Express's route chain", `import express from "express"; const r = express.Router();\nr.route("/x").get(() => work());`],
    ["an array of middleware", `import express from "express"; const app = express();\napp.get("/x", [() => work(), () => {}]);`],
    ["a controller's method", `import express from "express"; const app = express(); class C { get() { work(); } } const c = new C();\napp.get("/x", c.get);`],
    ["a bound method", `import express from "express"; const app = express(); class C { get() { work(); } } const c = new C();\napp.get("/x", c.get.bind(c));`],
    ["a handler wrapped by the project", `import express from "express"; const app = express(); const wrap = (fn) => (req, res) => fn(req, res);\napp.get("/x", wrap(() => work()));`],
    
    ["an app of unknown make", `export function routes(app) { app.get("/x", () => work()); }`],
    ["setInterval", `setInterval(() => work(), 1000);`],
    ["an event emitter", `import { EventEmitter } from "node:events"; const bus = new EventEmitter();\nbus.on("order", () => work());`],
    ["an HTTP server", `import http from "node:http";\nhttp.createServer((req, res) => work());`],
    ["process messages", `process.on("message", () => work());`],
    ["another package's events", `import { Client } from "mqtt"; const client = new Client();\nclient.on("message", () => work());`],
  ])("%s", (_name, text) => {
    expect(contexts(link({ "a.ts": `function work() {}\n${text}` }), "work")).toEqual(PER_CALL);
  });

  it("a handler in a package's wrapper, which may run it at once as well", () => {
    const text = `import express from "express"; import asyncHandler from "express-async-handler"; const app = express();\napp.get("/x", asyncHandler(async () => work()));`;
    expect(contexts(link({ "a.ts": `function work() {}\n${text}` }), "work")).toEqual(["once", "per-call"]);
  });

  it("a router's own method that passes rejections on, which runs it as well", () => {
    const text = `import express from "express"; function create() { const router = express.Router(); router.getAsync = (path, ...handlers) => router.get(path, ...safe(handlers)); return router; }
      function safe(handlers) { return handlers.map((handler) => (req, res, next) => handler(req, res, next).catch(next)); }
      create().getAsync("/x", async () => work());`;
    expect(contexts(link({ "a.ts": `function work() {}\n${text}` }), "work")).toContain("per-call");
  });

  it("Next.js's route files", () => {
    expect(contexts(link({ "app/api/x/route.ts": `export async function GET() { work(); } function work() {}` }), "work")).toEqual(PER_CALL);
  });

  const WRAPPERS = `const withAuth = (options, handler) => async (request, context) => { await options.check(request); return handler(request, context); };
    export const withErrors = (handler) => async (request, context) => { try { return await handler(request, context); } catch (error) { return String(error); } };
    export { withAuth };`;

  it.each([
    ["an exported route file's handler in a wrapper of the project", `export const POST = withAuth({}, async () => work());`],
    ["one made before it is exported", `const create = withAuth({}, async () => work()); export { create as POST };`],
    ["in two wrappers", `export const POST = withErrors(withAuth({}, async () => work()));`],
  ])("%s", (_name, text) => {
    const project = link({ "wrap.ts": WRAPPERS, "app/api/x/route.ts": `import { withAuth, withErrors } from "../../../wrap"; function work() {} function list() {}\n${text}\nexport const GET = withAuth({}, async () => list());` });
    expect(contexts(project, "work")).toEqual(PER_CALL);
    expect(project.contexts.pathTo(keyOf(project, "work"), "per-call")[0]?.entry).toBe("POST route (app/api/x/route.ts)");
  });

  it("a handler in two wrappers of the project, at a route", () => {
    const project = link({ "wrap.ts": WRAPPERS, "main.ts": `import express from "express"; import { withAuth, withErrors } from "./wrap"; const app = express(); function work() {}\napp.get("/x", withErrors(withAuth({}, () => work()))); app.post("/y", withErrors(withAuth({}, () => {})));` });
    expect(contexts(project, "work")).toEqual(PER_CALL);
    expect(project.contexts.pathTo(keyOf(project, "work"), "per-call")[0]?.entry).toBe("GET /x");
  });

  it("what start-up gives to a wrapper whose function it calls runs once", () => {
    expect(contexts(link({ "wrap.ts": WRAPPERS, "main.ts": `import { withErrors } from "./wrap"; function work() {}\nconst start = withErrors(() => work()); start();` }), "work")).toEqual(["once"]);
  });

  it("are named, with the path to what they reach", () => {
    const project = link({
      "work.ts": `export function work() {}`,
      "main.ts": `import express from "express"; import { work } from "./work"; const app = express();\nfunction helper() { work(); }\napp.patch("/artifacts/:id", function handler() { helper(); });`,
    });
    expect(project.contexts.entries().map((entry) => entry.label)).toEqual(["PATCH /artifacts/:id"]);
    expect(project.contexts.pathTo(keyOf(project, "work"), "per-call").map((step) => step.entry ?? "call")).toEqual(["PATCH /artifacts/:id", "call", "call"]);
  });

  it("are those of who gave a helper its function, through a helper that hands it on", () => {
    const project = link({
      "main.ts": `import express from "express"; const app = express(); function work() {} function other() {}
        const locked = async (run) => await run();
        const written = (run) => locked(run);
        app.get("/things", () => written(() => other()));
        app.post("/votes", () => { const vote = () => work(); return written(vote); });`,
    });
    expect(project.contexts.pathTo(keyOf(project, "work"), "per-call").map((step) => step.entry ?? "call")).toEqual(["POST /votes", "call", "call"]);
  });

  it("are those of the object whose method a base class calls", () => {
    const project = link({
      "main.ts": `import express from "express"; const app = express(); function work() {}
        abstract class Controller { run() { return this.handle(); } handle() { return this.answer(); } abstract answer(): unknown; }
        class Things extends Controller { answer() { return []; } }
        class Votes extends Controller { answer() { return work(); } }
        const things = new Things(); const votes = new Votes();
        app.get("/things", () => things.run()); app.post("/votes", () => votes.run());`,
    });
    expect(project.contexts.pathTo(keyOf(project, "work"), "per-call").map((step) => step.entry ?? "call")).toEqual(["POST /votes", "call", "call", "call", "call"]);
  });
});

describe("what runs once", () => {
  it.each<[string, string]>([
    ["called by the module", `work();`],
    ["called by main", `function main() { work(); } main();`],
    ["at shutdown", `process.on("SIGTERM", () => work());`],
    ["when the server listens", `import express from "express"; const app = express();\napp.listen(1, () => work());`],
    ["in Fastify's onClose", `import fastify from "fastify"; const app = fastify();\napp.addHook("onClose", async () => work());`],
    ["in a plugin's own body", `import fastify from "fastify"; const app = fastify();\napp.register(async () => { work(); });`],
    ["in an injected class's constructor", `import { Injectable } from "@nestjs/common"; @Injectable() class A { constructor() { work(); } }`],
  ])("%s", (_name, text) => {
    expect(contexts(link({ "a.ts": `function work() {}\n${text}` }), "work")).toEqual(ONCE);
  });

  it.each(["scripts/import.ts", "bin/x.ts", "src/migrate.ts", "db/migrations/1.ts"])("a script by its path: %s", (file) => {
    expect(contexts(link({ [file]: `function work() {} setInterval(() => work(), 1);` }), "work")).toEqual(ONCE);
  });

  it.each(["scripts/preview.ts", "examples/server.ts", "packages/cli/scripts/mock.ts"])("what a script serves to whoever runs it: %s", (file) => {
    expect(contexts(link({ [file]: `import { Hono } from "hono"; const app = new Hono();\nfunction work() {} app.get("/things", () => work());` }), "work")).toEqual(ONCE);
  });

  it.each(["packages/cli/src/api/routes.ts", "src/cli/serve.ts", "bin/www.js"])("but not what a command serves: %s", (file) => {
    expect(contexts(link({ [file]: `import { Hono } from "hono"; const app = new Hono();\nfunction work() {} app.get("/things", () => work());` }), "work")).toEqual(["per-call"]);
  });

  it.each(["src/a.test.ts", "test/a.ts", "src/__tests__/a.ts", "e2e/a.ts"])("tests by their path: %s", (file) => {
    expect(contexts(link({ [file]: `function work() {} setInterval(() => work(), 1);` }), "work")).toEqual(["test"]);
  });
});

describe("what was wrapped runs when what the wrapper gave back is called", () => {
  const APP = `import express from "express"; const app = express(); const retried = (fn) => (...args) => { for (let i = 0; i < 3; i++) try { return fn(...args); } catch {} };`;
  it.each<[string, string[], string]>([
    ["by a handler", PER_CALL, `const go = retried(() => work());\napp.get("/x", () => go());`],
    ["at start-up", ONCE, `const go = retried(() => work());\ngo();`],
    ["at start-up, while another one is called by a handler", ONCE, `const go = retried(() => work()); const other = retried(() => {});\ngo(); app.get("/x", () => other());`],
    ["with two wrappers around it", PER_CALL, `const timed = (fn) => (...args) => fn(...args); const go = timed(retried(() => work()));\napp.get("/x", () => go());`],
    ["for a variable that keeps it", ONCE, `const go = retried(() => work()); let kept;\napp.get("/x", () => (kept ??= go()));`],
    ["by nobody that is seen: then as where it was wrapped", ONCE, `const go = retried(() => work());\nexport const table = { go };`],
  ])("%s", (_name, expected, text) => {
    expect(contexts(link({ "a.ts": `function work() {}\n${APP}\n${text}` }), "work")).toEqual(expected);
  });

  it("in another file", () => {
    const files = { "wrap.ts": `export const retried = (fn) => () => fn();`, "store.ts": `import { retried } from "./wrap"; function work() {} export const go = retried(() => work());` };
    expect(contexts(link({ ...files, "main.ts": `import { go } from "./store"; setInterval(() => go(), 1);` }), "work")).toEqual(PER_CALL);
  });
});

describe("what comes round by itself", () => {
  const REPEATED = ["once", "repeated"];
  it.each<[string, string[], string]>([
    ["a timer that is armed again when it has run", REPEATED, `async function tick() { await work(); setTimeout(tick, 1000); } tick();`],
    ["an arrow around it", REPEATED, `async function tick() { try { await work(); } catch (e) { console.error(e); } setTimeout(() => { void tick(); }, 1000); } tick();`],
    ["a bound method", REPEATED, `class A { async run() { await work(); setTimeout(this.run.bind(this), 1000); } } new A().run();`],
    ["through another function", REPEATED, `function plan() { setTimeout(() => tick(), 1000); } async function tick() { await work(); plan(); } plan();`],
    ["when its promise is done", REPEATED, `function tick() { Promise.resolve(work()).then(() => { setTimeout(tick, 1000); }); } tick();`],
    ["a loop without an end", REPEATED, `async function serve() { while (true) { await work(); await new Promise((done) => setTimeout(done, 1000)); } } serve();`],
    ["a loop without a head", REPEATED, `async function serve() { for (;;) { try { await work(); } catch (e) { console.error(e); } } } serve();`],
    ["a timer once", ONCE, `function start() { setTimeout(() => work(), 1000); } start();`],
    ["a retry of what failed", ONCE, `async function connect() { try { await work(); } catch { setTimeout(connect, 1000); } } connect();`],
    ["a retry in a branch", ONCE, `async function connect() { if (!(await work())) setTimeout(connect, 1000); } connect();`],
    ["a loop that ends", ONCE, `async function load() { while (true) { if (!(await work())) break; } } load();`],
    ["a loop that gives up", ONCE, `async function load() { for (;;) { await work(); if (Date.now() > 5) throw new Error("late"); } } load();`],
    ["a loop while there is something", ONCE, `async function load(queue) { while (queue.length) await work(); } load([]);`],
    ["a generator of numbers", ONCE, `async function* numbers() { while (true) { await 1; yield work(); } } numbers().next();`],
  ])("%s", (_name, expected, text) => {
    expect([...contexts(link({ "a.ts": `function work() {}\n${text}` }), "work")].sort()).toEqual(expected);
  });
});

describe("what is not known", () => {
  it("an exported function that nobody here calls", () => {
    expect(contexts(link({ "a.ts": `export function work() {}` }), "work")).toEqual(["unknown"]);
  });

  it("what only such a function calls", () => {
    expect(contexts(link({ "a.ts": `function work() {} export function api() { work(); }` }), "work")).toEqual(["unknown"]);
  });

  it("both, when called from both", () => {
    expect(contexts(link({ "a.ts": `function work() {} work(); setInterval(() => work(), 1);` }), "work")).toEqual(["once", "per-call"]);
  });
});

describe("what is kept runs as often as its keeper is made", () => {
  it.each<[string, string[], string]>([
    ["a module variable", ONCE, `let kept; function get() { return (kept ??= work()); } setInterval(() => get(), 1);`],
    ["a field of one instance", ONCE, `class A { get() { return (this.kept ??= work()); } } const a = new A(); setInterval(() => a.get(), 1);`],
    ["a field of an instance a tick", PER_CALL, `class A { get() { return (this.kept ??= work()); } } setInterval(() => new A().get(), 1);`],
    ["a variable of a function called once", ONCE, `function make() { let kept; return () => (kept ??= work()); } const get = make(); setInterval(() => get(), 1);`],
  ])("%s", (_name, expected, text) => {
    expect(contexts(link({ "a.ts": `function work() { return {}; }\n${text}` }), "work")).toEqual(expected);
  });
});
