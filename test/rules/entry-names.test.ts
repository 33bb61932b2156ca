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
});
