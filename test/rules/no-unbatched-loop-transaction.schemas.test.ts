import { runTable } from "./lib/table.js";

const DB = `
        import Database from "better-sqlite3";
        import express from "express";
        import { z } from "zod";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = express();`;

/** The transaction stands in line 10, its loop in line 11, when the schema takes one line. */
const held = (schema: string, body: string, list = "list") => `${DB}
        ${schema}
        app.post("/things", (req, res) => {
          ${body}
          db.transaction(() => {
            for (const thing of ${list}) insert.run(thing.name);
          })();
          res.end();
        });`;

const BOUNDED = `const Things = z.object({ things: z.array(z.object({ name: z.string() })).min(1).max(100) });`;
const found = { line: 10, fix: "review" as const, reason: "all-or-nothing is given up", related: [11], why: [8], statements: "n" };

const SAVE = `
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        function save(names) {
          db.transaction(() => {
            for (const name of names) insert.run(name);
          })();
        }`;

/** The transaction stands in line 8, its loop in line 9, the handler in line 14. */
const fastify = (names: string, route = (schema: string, handler: string) => `app.post("/things", { schema: ${schema} }, ${handler})`) => `
        import Database from "better-sqlite3";
        import Fastify from "fastify";
        import type { ZodTypeProvider } from "fastify-type-provider-zod";
        import { z } from "zod";${SAVE}
        const app = Fastify().withTypeProvider<ZodTypeProvider>();
        ${route(`{ body: z.object({ names: ${names} }), response: { 200: z.object({ saved: z.number() }) } }`, `async (request, reply) => {
          const { names } = request.body;
          save(names);
          return { saved: names.length };
        }`)};`;

const elysia = (names: string) => `
        import Database from "better-sqlite3";
        import { Elysia } from "elysia";
        import { z } from "zod";${SAVE}
        new Elysia().post("/things", ({ body }) => save(body.names), { body: z.object({ names: ${names} }) });`;

const TRPC = `
        import Database from "better-sqlite3";
        import { initTRPC } from "@trpc/server";
        import { z } from "zod";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const t = initTRPC.create();`;

const across = (schema: string) => ({
  "src/schema.ts": `
        import { z } from "zod";
        export const Base = z.object({ list: z.array(z.any()).max(10) });
        export const List = z.array(z.any());`,
  "src/app.ts": `
        import Database from "better-sqlite3";
        import express from "express";
        import { z } from "zod";
        import { Base, List } from "./schema.js";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const FEW = 20;
        ${schema}
        express().post("/things", (req, res) => {
          const { list } = Things.parse(req.body);
          db.transaction(() => {
            for (const thing of list) insert.run(thing.name);
          })();
        });`,
});

const passedOn = {
  "src/schemas/things.ts": `
        import { z } from "zod";
        import { MOST_THINGS } from "../limits.js";
        export const thingsInput = z.object({ things: z.array(z.object({ name: z.string() })).min(1).max(MOST_THINGS) });`,
  "src/schemas/index.ts": `
        export * from "./tags.js";
        export * from "./things.js";`,
  "src/schemas/tags.ts": `
        import { z } from "zod";
        export const tagsInput = z.object({ tags: z.array(z.string()) });`,
  "src/limits.ts": `
        export const MOST_THINGS = 200;`,
  "src/app.ts": `
        import Database from "better-sqlite3";
        import { initTRPC } from "@trpc/server";
        import { thingsInput } from "./schemas/index.js";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const t = initTRPC.create();
        export const router = t.router({
          save: t.procedure.input(thingsInput).mutation(({ input }) => {
            db.transaction(() => {
              for (const thing of input.things) insert.run(thing.name);
            })();
          }),
        });`,
};

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "bounds that a validation schema sets",
  valid: [
    { name: "a schema of another file, with a limit of this one", code: across("const Things = z.object({ list: List.max(FEW) });") },
    { name: "a schema that an index passes on with all others", code: passedOn },
    { name: "one that this file extends by something else", code: across("const Things = Base.extend({ tag: z.string() });") },
    { name: "what a schema has parsed", code: held(BOUNDED, "const { things } = Things.parse(req.body);", "things") },
    { name: "what safeParse gives", code: held(BOUNDED, "const parsed = Things.safeParse(req.body);\n          if (!parsed.success) return;", "parsed.data.things") },
    { name: "a list by itself, optional", code: held(`const Things = z.array(z.object({ name: z.string() })).length(3).optional();`, "const list = Things.parse(req.body) ?? [];") },
    { name: "a limit with a name", code: held(`const LIMIT = 50; const Things = z.array(z.object({ name: z.string() })).max(LIMIT);`, "const list = Things.parse(req.body);") },
    { name: "an extended schema", code: held(`const Base = z.object({ list: z.array(z.any()).max(10) }); const Things = Base.extend({ tag: z.string() }).strict();`, "const { list } = Things.parse(req.body);") },
    { name: "valibot", code: held(`const Things = v.object({ list: v.pipe(v.array(v.any()), v.maxLength(20)) });`, "const { list } = v.parse(Things, req.body);").replace('{ z } from "zod"', '* as v from "valibot"') },
    { name: "a parameter of the inferred type", code: `${DB}
        const Things = z.object({ list: z.array(z.object({ name: z.string() })).max(100) });
        type Things = z.infer<typeof Things>;
        export function save(input: Things) {
          db.transaction(() => {
            for (const thing of input.list) insert.run(thing.name);
          })();
        }` },
    { name: "handed on to a function", code: `${DB}
        const Things = z.object({ list: z.array(z.object({ name: z.string() })).max(100) });
        function save(list) {
          db.transaction(() => {
            for (const thing of list) insert.run(thing.name);
          })();
        }
        app.post("/things", (req, res) => {
          const input = Things.parse(req.body);
          save(input.list);
          res.end();
        });` },
    { name: "the input of a procedure", code: `${TRPC}
        export const router = t.router({
          add: t.procedure.input(z.object({ list: z.array(z.object({ name: z.string() })).max(500) })).mutation(({ input }) => {
            db.transaction(() => {
              for (const thing of input.list) insert.run(thing.name);
            })();
          }),
        });` },
    { name: "a part of a request that a validator has checked", code: `
        import Database from "better-sqlite3";
        import { zValidator } from "@hono/zod-validator";
        import { Hono } from "hono";
        import { z } from "zod";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = new Hono();
        app.post("/things", zValidator("json", z.object({ list: z.array(z.any()).max(25) })), (c) => {
          const { list } = c.req.valid("json");
          db.transaction(() => {
            for (const thing of list) insert.run(thing.name);
          })();
          return c.text("ok");
        });` },
    { name: "the result of a check in another file", code: {
        "src/check.ts": `
        import { z } from "zod";
        export const Names = z.object({ list: z.array(z.string()).max(9) });
        const sent = read(receive(wait("names")));
        export const checked = Names.safeParse(sent);`,
        "src/app.ts": `
        import Database from "better-sqlite3";
        import { checked } from "./check.js";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        export function save() {
          db.transaction(() => {
            for (const name of checked.data.list) insert.run(name);
          })();
        }` } },
    { name: "what a helper gives that is handed the schema", code: {
        "src/checked.ts": `
        export async function checked(req, schema) {
          try {
            const content = schema.parse(await req.json());
            return { content };
          } catch (error) {
            return { failure: String(error) };
          }
        }`,
        "src/app.ts": `
        import Database from "better-sqlite3";
        import { z } from "zod";
        import { checked } from "./checked.js";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const Things = z.object({ list: z.array(z.object({ name: z.string() })).max(100) });
        export async function POST(req) {
          const result = await checked(req, Things);
          if ("failure" in result) return new Response(result.failure, { status: 400 });
          const { list } = result.content;
          db.transaction(() => {
            for (const thing of list) insert.run(thing.name);
          })();
          return new Response("ok");
        }` } },
    { name: "a number that says how often", code: held(`const Days = z.object({ days: z.number().int().min(1).max(15).nullable().optional() });`, "const plan = Days.parse(req.body);").replace("for (const thing of list) insert.run(thing.name);", "for (let day = 0; day < plan.days; day++) insert.run(String(day));") },
    { name: "a field that its class checks", code: {
        "src/dto.ts": `
        import { ArrayMaxSize, IsArray, IsString } from "class-validator";
        export class AddThings {
          @IsArray()
          @ArrayMaxSize(25)
          @IsString({ each: true })
          names: string[];
        }`,
        "src/app.ts": `
        import { Body, Controller, Post } from "@nestjs/common";
        import Database from "better-sqlite3";
        import { AddThings } from "./dto.js";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        @Controller("things")
        export class Things {
          @Post()
          add(@Body() dto: AddThings) { this.save(dto.names); }
          save(names: string[]) {
            db.transaction(() => {
              for (const name of names) insert.run(name);
            })();
          }
        }` } },
    { name: "Fastify's route, whose options have the schema of its body", code: fastify("z.array(z.string()).min(1).max(100)") },
    { name: "Fastify's route with its handler among its options", code: fastify("z.array(z.string()).max(100)", (schema, handler) => `app.route({ method: "POST", url: "/things", schema: ${schema}, handler: ${handler} })`) },
    { name: "Elysia's route, whose schema stands after its handler", code: elysia("z.array(z.string()).max(100)") },
    { name: "a handler that a function runs with what the schema beside it has parsed", code: `${DB}
        const checked = (schema, handler) => (req, res) => {
          const result = schema.safeParse(req.body);
          if (!result.success) return void res.status(400).end();
          handler(req, res, result.data);
        };
        app.post("/things", checked(z.array(z.object({ name: z.string() })).max(200), (req, res, body) => {
          const save = db.transaction((list) => list.map((thing) => insert.run(thing.name)));
          save(body);
          res.end();
        }));` },
  ],
  invalid: [
    { name: "a schema of another file, of which this file makes something longer", code: across("const Things = Base.transform(({ list }) => ({ list: list.flatMap(expand) }));"), findings: [{ file: "src/app.ts", line: 11, message: "loops over `list`", fix: "review", reason: "all-or-nothing is given up", related: ["src/app.ts:12"], why: ["src/app.ts:9"], statements: "n" }] },
    { name: "a schema of another file, whose list this file allows to be longer", code: across("const Things = Base.extend({ list: z.array(z.any()) });"), findings: [{ file: "src/app.ts", line: 11, message: "loops over `list`", fix: "review", reason: "all-or-nothing is given up", related: ["src/app.ts:12"], why: ["src/app.ts:9"], statements: "n" }] },
    { name: "Fastify's route, whose schema has no limit", code: fastify("z.array(z.string()).min(1)"), findings: [{ line: 8, message: "loops over `names`", fix: "review", reason: "all-or-nothing is given up", related: [9], why: [13, 15], statements: "n" }] },
    { name: "Fastify's route, whose schema is of the response only", code: fastify("z.array(z.string()).max(100)", (schema, handler) => `app.post("/things", { schema: { response: ${schema} } }, ${handler})`), findings: [{ line: 8, message: "loops over `names`", fix: "review", reason: "all-or-nothing is given up", related: [9], why: [13, 15], statements: "n" }] },
    { name: "a list without a limit", code: held(`const Things = z.object({ things: z.array(z.any()).min(1) });`, "const { things } = Things.parse(req.body);", "things"), findings: [{ ...found, message: "loops over `things`" }] },
    { name: "a limit that is none", code: held(`const Things = z.array(z.any()).max(1_000_000);`, "const list = Things.parse(req.body);"), findings: [{ ...found, message: "loops over `list`" }] },
    { name: "the limit is on another list", code: held(BOUNDED, "Things.parse(req.body);", "req.body.things"), findings: [{ ...found, message: "loops over `things`" }] },
    { name: "the limit is on the names", code: held(`const Things = z.array(z.string().max(100));`, "const list = Things.parse(req.body);"), findings: [{ ...found, message: "loops over `list`" }] },
    { name: "something longer is made of it", code: held(`const Things = z.array(z.string()).max(10).transform((names) => names.flatMap(expand));`, "const list = Things.parse(req.body);"), findings: [{ ...found, message: "loops over `list`" }] },
    { name: "a handler that is run with what its schema has parsed, where the schema has no limit", code: `${DB}
        const checked = (schema, handler) => (req, res) => handler(res, schema.parse(req.body));
        app.post("/few", checked(z.array(z.any()).max(20), (res, body) => { res.json(body.length); }));
        app.post("/things", checked(z.array(z.object({ name: z.string() })), (res, body) => {
          db.transaction(() => {
            for (const thing of body) insert.run(thing.name);
          })();
          res.end();
        }));`, findings: [{ line: 10, message: "loops over `body`", fix: "review", reason: "all-or-nothing is given up", related: [11], why: [9], statements: "n" }] },
    { name: "a helper that is handed a schema without a limit", code: `${DB}
        const checked = (req, schema) => ({ content: schema.parse(req.body) });
        app.post("/few", (req, res) => { res.json(checked(req, z.array(z.any()).max(20)).content.length); });
        app.post("/things", (req, res) => {
          const { content } = checked(req, z.array(z.any()));
          db.transaction(() => {
            for (const thing of content) insert.run(thing.name);
          })();
          res.end();
        });`, findings: [{ line: 11, confidence: "likely", message: "loops over `content`", fix: "review", reason: "all-or-nothing is given up", related: [12], why: [9], statements: "n" }] },
    { name: "a number without a limit", code: held(`const Days = z.object({ days: z.number().int().min(1) });`, "const plan = Days.parse(req.body);").replace("for (const thing of list) insert.run(thing.name);", "for (let day = 0; day < plan.days; day++) insert.run(String(day));"), findings: [{ ...found, message: "loops over `days`" }] },
    { name: "a field whose class only checks that it is a list", code: {
        "src/dto.ts": `
        import { IsArray } from "class-validator";
        export class AddThings { @IsArray() names: string[]; }`,
        "src/app.ts": `
        import { Body, Controller, Post } from "@nestjs/common";
        import Database from "better-sqlite3";
        import { AddThings } from "./dto.js";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        @Controller("things")
        export class Things {
          @Post()
          add(@Body() dto: AddThings) {
            db.transaction(() => {
              for (const name of dto.names) insert.run(name);
            })();
          }
        }` }, findings: [{ line: 10, file: "src/app.ts", message: "loops over `names`", fix: "review", reason: "all-or-nothing is given up", related: ["src/app.ts:11"], why: ["src/app.ts:9"], statements: "n" }] },
    { name: "another package's schema", code: held(`const Things = other.array(other.any()).max(10);`, "const list = Things.parse(req.body);").replace('{ z } from "zod"', '* as other from "./mine.js"'), findings: [{ ...found, message: "loops over `list`" }] },
  ],
});
