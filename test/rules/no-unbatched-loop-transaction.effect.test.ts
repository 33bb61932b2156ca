import { runTable } from "./lib/table.js";

const CLIENT = `
        import { SqlClient } from "@effect/sql";
        import { Effect } from "effect";
        import express from "express";
        import { runtime } from "./runtime.js";
        const app = express();`;

const route = (body: string) => `${CLIENT}
        const importAll = (names: string[]) =>
          Effect.gen(function* () {
            const sql = yield* SqlClient.SqlClient;
            ${body}
          });
        app.post("/import", async (req, res) => res.json(await runtime.runPromise(importAll(req.body.names))));`;

const held = { line: 9, message: "loops over `names`: n statements", library: "@effect/sql", fix: "manual", reason: "no codemod knows", statements: "n", confidence: "likely" } as const;

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "effects and lists that are sent at once",
  valid: [
    { name: "a loop outside of the transaction's effect", code: route(`for (const name of names) yield* sql.withTransaction(sql\`INSERT INTO things (name) VALUES (\${name})\`);`) },
    { name: "one statement for all rows", code: route(`yield* sql.withTransaction(Effect.gen(function* () { yield* sql\`INSERT INTO things \${sql.insert(names.map((name) => ({ name })))}\`; }));`) },
    { name: "statements that are only made", code: route(`yield* sql.withTransaction(Effect.gen(function* () { for (const name of names) console.log(sql\`INSERT INTO things (name) VALUES (\${name})\`.compile()); }));`) },
    { name: "Neon's list over HTTP", code: `
        import { neon } from "@neondatabase/serverless";
        import express from "express";
        const sql = neon(process.env.DATABASE_URL);
        const app = express();
        app.post("/import", async (req, res) => {
          await sql.transaction(req.body.names.map((name) => sql\`INSERT INTO things (name) VALUES (\${name})\`));
          await sql.transaction((tx) => req.body.names.map((name) => tx\`INSERT INTO things (name) VALUES (\${name})\`));
          res.end();
        });` },
    { name: "D1's list", code: `
        import { Hono } from "hono";
        const app = new Hono<{ Bindings: { DB: D1Database } }>();
        app.post("/import", async (c) => {
          const names: string[] = await c.req.json();
          await c.env.DB.batch(names.map((name) => c.env.DB.prepare("INSERT INTO things (name) VALUES (?)").bind(name)));
          return c.body(null);
        });` },
  ],
  invalid: [
    { name: "a loop in the effect", code: route(`yield* sql.withTransaction(Effect.gen(function* () {
              for (const name of names) yield* sql\`INSERT INTO things (name) VALUES (\${name})\`;
            }));`), findings: [{ ...held, related: [10], why: [13, 13, 7] }] },
    { name: "a loop in an effect that another function makes", code: `${CLIENT}
        const addAll = (names: string[]) =>
          Effect.gen(function* () {
            const sql = yield* SqlClient.SqlClient;
            for (const name of names) yield* sql\`INSERT INTO things (name) VALUES (\${name})\`;
          });
        const importAll = (names: string[]) =>
          Effect.flatMap(SqlClient.SqlClient, () => Effect.void).pipe(Effect.zipRight(addAll(names)));
        const atOnce = (names: string[]) =>
          Effect.gen(function* () {
            const sql = yield* SqlClient.SqlClient;
            yield* sql.withTransaction(addAll(names));
          });
        app.post("/import", async (req, res) => res.json(await runtime.runPromise(atOnce(req.body.names))));
        app.post("/alone", async (req, res) => res.json(await runtime.runPromise(importAll(req.body.names))));`,
      findings: [{ ...held, line: 16, related: [9], why: [18, 18, 14] }] },
  ],
});
