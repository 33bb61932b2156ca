import { describe, expect, it } from "vitest";
import { contexts, link, probedSessions } from "../link.js";

const DB = `import Database from "better-sqlite3"; import { drizzle } from "drizzle-orm/better-sqlite3";\nexport const db = drizzle(new Database("app.db"));\n`;
const TYPED = ["typed drizzle-orm"];
const OPENED = ["orm of session better-sqlite3"];

/** A project whose procedures stand in `router.ts` and whose tRPC root is `trpc.ts`. */
function project(root: string, router: string) {
  return link({
    "db.ts": DB,
    "trpc.ts": `import { initTRPC } from "@trpc/server"; import { db } from "./db";\n${root}`,
    "router.ts": `import { procedure, router } from "./trpc"; import { z } from "zod";\nfunction work() {}\n${router}`,
  });
}

const BY_TYPE = `interface Context { user: string | null; db: typeof db }
const t = initTRPC.context<Context>().create();
export const router = t.router; export const procedure = t.procedure;`;

describe("the context of tRPC's procedures", () => {
  it.each<[string, string, string, string[]]>([
    ["an interface", BY_TYPE, `router({ a: procedure.query(({ ctx }) => { probe(ctx.db); }) });`, TYPED],
    ["through inputs and outputs", BY_TYPE, `router({ a: procedure.input(z.string()).output(z.string()).meta({}).mutation(async ({ ctx, input }) => { probe(ctx.db); }) });`, TYPED],
    ["an undestructured parameter", BY_TYPE, `router({ a: procedure.query((opts) => { probe(opts.ctx.db); }) });`, TYPED],
    ["a subscription", BY_TYPE, `router({ a: procedure.subscription(async function* ({ ctx: { db } }) { probe(db); }) });`, TYPED],
    [
      "what a function makes",
      `const createContext = async (opts: { req: Request }) => ({ db, req: opts.req });
       const t = initTRPC.context<typeof createContext>().meta<{ a: 1 }>().create({});
       export const router = t.router; export const procedure = t.procedure;`,
      `router({ a: procedure.query(({ ctx }) => { probe(ctx.db); }) });`,
      OPENED,
    ],
    [
      "a type inferred from a function",
      `const createContext = async () => ({ db });
       type Context = Awaited<ReturnType<typeof createContext>>;
       const t = initTRPC.context<Context>().create(); export const router = t.router; export const procedure = t.procedure;`,
      `router({ a: procedure.query(({ ctx }) => { probe(ctx.db); }) });`,
      OPENED,
    ],
    [
      "a type inferred by tRPC's helper",
      `import { inferAsyncReturnType } from "@trpc/server"; export async function createContext() { return { db }; }
       type Context = inferAsyncReturnType<typeof createContext>;
       const t = initTRPC.context<Context>().create(); export const router = t.router; export const procedure = t.procedure;`,
      `router({ a: procedure.query(({ ctx }) => { probe(ctx.db); }) });`,
      OPENED,
    ],
    [
      "a middleware that adds to it",
      `interface Context { user?: string; db: typeof db }
       const t = initTRPC.context<Context>().create(); export const router = t.router;
       const authed = t.middleware(({ ctx, next }) => next({ ctx: { user: ctx.user } }));
       export const procedure = t.procedure.use(authed).use(({ next }) => next());`,
      `router({ a: procedure.query(({ ctx }) => { probe(ctx.db); }) });`,
      TYPED,
    ],
    [
      "what a middleware puts there",
      `const t = initTRPC.context<{ user: string }>().create(); export const router = t.router;
       export const procedure = t.procedure.use(async (opts) => opts.next({ ctx: { db } }));`,
      `router({ a: procedure.query(({ ctx }) => { probe(ctx.db); }) });`,
      OPENED,
    ],
    [
      "a helper typed by a part of it",
      `export interface Context { user: string | null; db: typeof db } const t = initTRPC.context<Context>().create();
       export const router = t.router; export const procedure = t.procedure;`,
      `import type { Context } from "./trpc"; export function list(database: Context["db"]) { probe(database); }`,
      TYPED,
    ],
    [
      "version 9's router",
      `import * as trpc from "@trpc/server"; interface Context { db: typeof db } export const router = () => trpc.router<Context>(); export const procedure = 1;`,
      `router().query("a", { async resolve({ ctx }) { probe(ctx.db); } });`,
      TYPED,
    ],
  ])("%s", (_name, root, router, expected) => {
    expect(probedSessions(project(root, router))).toEqual(expected);
  });

  it("is what its own root says, not another's", () => {
    const root = `const t = initTRPC.context<{ db: typeof db }>().create(); export const a = t.procedure;
       const u = initTRPC.context<{ db: string }>().create(); export const procedure = u.procedure; export const router = u.router;`;
    expect(probedSessions(project(root, `router({ a: procedure.query(({ ctx }) => { probe(ctx.db); }) });`))).toEqual([]);
  });

  it("does not get what another procedure's middleware puts there", () => {
    const root = `const t = initTRPC.context<{ user: string }>().create(); export const router = t.router; export const procedure = t.procedure;
       export const inDatabase = t.procedure.use(async (opts) => opts.next({ ctx: { db } }));`;
    expect(probedSessions(project(root, `router({ a: procedure.query(({ ctx }) => { probe(ctx.db); }) });`))).toEqual([]);
  });

  it("without a member that was taken out of its type", () => {
    const root = `interface Base { db: typeof db; user: string } type Context = Omit<Base, "db" | "user"> & { db: string };
       const t = initTRPC.context<Context>().create(); export const router = t.router; export const procedure = t.procedure;`;
    expect(probedSessions(project(root, `router({ a: procedure.query(({ ctx }) => { probe(ctx.db); }) });`))).toEqual([]);
  });

  it("in a model class that is given it", () => {
    const files = {
      "db.ts": DB,
      "trpc.ts": `import { db } from "./db"; export interface Context { db: typeof db; user?: string } export interface Authed extends Omit<Context, "user"> { user: string }`,
      "list.ts": `import type { Authed } from "./trpc"; export abstract class List { constructor(protected ctx: Authed) {} abstract move(): void; }
                  export class Manual extends List { move() { probe(this.ctx.db); } }`,
    };
    expect(probedSessions(link(files))).toEqual(TYPED);
  });
});

describe("tRPC's entry points", () => {
  it.each<[string, string]>([
    ["a query", `router({ a: procedure.input(z.string()).query(() => work()) });`],
    ["a mutation", `router({ a: procedure.mutation(async () => { await work(); }) });`],
    ["a middleware", `export const p = procedure.use(async ({ next }) => { work(); return next(); });`],
  ])("%s", (_name, router) => {
    expect(contexts(project(BY_TYPE, router), "work")).toEqual(["per-call"]);
  });

  it("a context made for each request", () => {
    const text = `import { fetchRequestHandler } from "@trpc/server/adapters/fetch"; function work() {}\nexport const handle = (req) => fetchRequestHandler({ req, router, createContext: () => work() });`;
    expect(contexts(link({ "a.ts": text }), "work")).toEqual(["per-call"]);
  });
});
