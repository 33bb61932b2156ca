import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "./lib/run.js";

const STORE = `
  import Database from "better-sqlite3";
  export function things() {
    const db = new Database("app.db");
    return db.prepare("SELECT * FROM things").all();
  }
`;

/** A finding's message, and the texts of its path from the entry point. */
function reported(files: Record<string, string>): { message: string; path: string[] } {
  const [finding, more] = findingsOf(ruleNamed("no-session-per-call"), { "src/store.ts": STORE, ...files });
  if (!finding || more) throw new Error("the case is about one finding");
  return { message: finding.message, path: (finding.why ?? []).map(({ text }) => text) };
}

describe("a finding names the operation as the outside knows it", () => {
  it("Express: the router's path stands before the route's own", () => {
    const { message, path } = reported({
      "src/users.ts": `
        import { Router } from "express";
        import { things } from "./store";
        export const users = Router();
        users.get("/:id/things", (req, res) => res.json(things()));
      `,
      "src/app.ts": `
        import express from "express";
        import { users } from "./users";
        const app = express();
        app.use("/api/users", users);
        app.listen(3000);
      `,
    });
    expect(message).toContain("`GET /api/users/:id/things` opens 1 session");
    expect(path[0]).toBe("GET /api/users/:id/things");
  });

  it("NestJS: the controller's path, and the path begins at its method", () => {
    const { message, path } = reported({
      "src/things.controller.ts": `
        import { Controller, Get } from "@nestjs/common";
        import { things } from "./store";
        @Controller("things")
        export class ThingsController {
          @Get(":id") one() { return things(); }
        }
      `,
    });
    expect(message).toContain("`GET /things/:id` opens 1 session");
    expect(path[0]).toBe("GET /things/:id");
  });

  it("tRPC: the procedure's name through its routers", () => {
    const { message, path } = reported({
      "src/trpc.ts": `
        import { initTRPC } from "@trpc/server";
        const t = initTRPC.create();
        export const router = t.router;
        export const publicProcedure = t.procedure;
      `,
      "src/root.ts": `
        import { publicProcedure, router } from "./trpc";
        import { things } from "./store";
        const thingRouter = router({ list: publicProcedure.query(() => things()) });
        export const appRouter = router({ things: thingRouter });
      `,
    });
    expect(message).toContain("`tRPC query things.list` opens 1 session");
    expect(path[0]).toBe("tRPC query things.list");
  });

  it("a function that is run where it is written is not shown as its text", () => {
    const [finding] = findingsOf(ruleNamed("no-autocommit-in-loop"), {
      "src/app.ts": `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        app.post("/things", async (req, res) => {
          await (async function () {
            for (const thing of req.body.things) await prisma.thing.create({ data: thing });
          })();
          res.end();
        });
      `,
    });
    const path = (finding?.why ?? []).map(({ text }) => text);
    expect(path[1]).toMatch(/ calls the function at src\/app\.ts:\d+$/);
  });

  const WRAP = `
        import express from "express";
        import Database from "better-sqlite3";
        export const db = new Database("app.db");
        export const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        export const app = express();
        export const wrap = (handler) => async (req, res, next) => { try { await handler(req, res); } catch (error) { next(error); } };
        app.get("/first", wrap(async (req, res) => { res.json([]); }));
        app.get("/other", wrap(async (req, res) => { res.json([]); }));
        export function add(names) {
          for (const name of names) insert.run(name);
        }
  `;

  /** The path to the loop in `add`. */
  function pathBy(route: string): string[] {
    const [finding, more] = findingsOf(ruleNamed("no-autocommit-in-loop"), { "src/app.js": `${WRAP}${route}` });
    if (!finding || more) throw new Error("the case is about one finding");
    return finding.why.filter(({ about }) => about !== "list").map(({ text }) => text);
  }

  it("a handler without a name is called one", () => {
    expect(pathBy(`app.post("/things", (req, res) => { add(req.body.names); res.end(); });`)).toEqual(["POST /things", "the handler calls add"]);
  });

  it("a wrapper's handler serves many routes: the path begins at the one for which it was made", () => {
    expect(pathBy(`app.post("/things", wrap(async (req, res) => { add(req.body.names); res.end(); }));`)[0]).toBe("POST /things");
    expect(pathBy(`
        const create = async (req, res) => { add(req.body.names); res.end(); };
        app.post("/things", wrap(create));`)).toEqual(["POST /things", "create calls add"]);
  });

  it("what the wrapper has run by somebody else begins at its own route as well", () => {
    expect(pathBy(`
        import { context } from "@opentelemetry/api";
        const traced = (handler) => async (req, res) => { await context.with(context.active(), handler, undefined, req, res); };
        app.get("/second", traced(async (req, res) => { res.json([]); }));
        const create = async (req, res) => { add(req.body.names); res.end(); };
        app.post("/things", traced(create));`)).toEqual(["POST /things", "the handler calls context.with", "create calls add"]);
  });

  it("where a helper makes the routes, the path begins where the helper was given the function", () => {
    expect(pathBy(`
        const made = (method) => (path, handler) => app[method]("/api" + path, wrap(handler));
        const post = made("post");
        post("/more", async (req, res) => { res.end(); });
        post("/things", async (req, res) => { add(req.body.names); res.end(); });`)).toEqual(["POST /things", "the handler calls add"]);
    expect(pathBy(`
        const made = (method) => (path, handler) => app[method]("/api" + path, wrap(handler));
        const serve = made("post");
        serve("/more", async (req, res) => { res.end(); });
        serve("/things", async (req, res) => { add(req.body.names); res.end(); });`)).toEqual(["a handler that serve makes", "the handler calls add"]);
  });

  it("a route that is put together is left open where that is", () => {
    expect(pathBy(`
        const post = (path, handler) => app.post("/api" + path, handler);
        post("/things", (req, res) => { add(req.body.names); res.end(); });`)[0]).toBe("POST /api…");
  });

  it("a function that a wrapper was given goes by the name of what the wrapper gave back", () => {
    const helper = `
        const retried = (work) => (...args) => { try { return work(...args); } catch { return work(...args); } };`;
    expect(pathBy(`${helper}
        const save = retried((names) => add(names));
        app.post("/things", (req, res) => { save(req.body.names); res.end(); });`).at(-1)).toBe("save calls add");
    // What a call gives that is no function is no name for one that it ran.
    expect(pathBy(`
        function within(work) { work(); return 1; }
        app.post("/things", (req, res) => { const done = within(() => add(req.body.names)); res.json(done); });`).at(-1)).toMatch(/^the function at src\/app\.js:\d+ calls add$/);
  });
});
