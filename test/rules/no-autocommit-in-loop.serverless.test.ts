import { runTable, type Expected } from "./lib/table.js";

const found = (line: number, library: string, more: Partial<Expected> = {}): Expected => ({ line, library, related: [line], message: `commits a ${library} write of its own`, fix: "manual", reason: "turns that are committed stay", ...more });

runTable({
  rule: "no-autocommit-in-loop",
  theme: "statements over HTTP, and effects",
  valid: [
    { name: "D1's prepared statements that are run as one list", code: `
        export default {
          async scheduled(event: ScheduledController, env: { DB: D1Database }) {
            const insert = env.DB.prepare("INSERT INTO things (name) VALUES (?)");
            const statements: D1PreparedStatement[] = [];
            for (const name of await names()) statements.push(insert.bind(name));
            await env.DB.batch(statements);
          },
        };` },
    { name: "Neon's queries that are run as one list", code: `
        import { neon } from "@neondatabase/serverless";
        const sql = neon(process.env.DATABASE_URL);
        export async function addAll(names: string[]) {
          const queries = [];
          for (const name of names) queries.push(sql\`INSERT INTO things (name) VALUES (\${name})\`);
          await sql.transaction(queries);
        }` },
    { name: "an object that is called DB", code: `
        export async function addAll(env: { DB: Map<string, { run(): Promise<void> }> }, names: string[]) {
          for (const name of names) await env.DB.prepare("INSERT INTO things (name) VALUES (?)").bind(name).run();
        }` },
    { name: "effects, which a transaction around them may hold: it needs no handle", code: `
        import { SqlClient } from "@effect/sql";
        import { Effect } from "effect";
        export const addAll = (names: string[]) =>
          Effect.gen(function* () {
            const sql = yield* SqlClient.SqlClient;
            for (const name of names) yield* sql\`INSERT INTO things (name) VALUES (\${name})\`;
          });
        export const program = Effect.flatMap(SqlClient.SqlClient, (sql) => addAll(["a"]).pipe(sql.withTransaction));` },
  ],
  invalid: [
    { name: "D1, in a route", code: `
        import { Hono } from "hono";
        const app = new Hono<{ Bindings: { DB: D1Database } }>();
        app.post("/things", async (c) => {
          const names: string[] = await c.req.json();
          const insert = c.env.DB.prepare("INSERT INTO things (name) VALUES (?)");
          for (const name of names) await insert.bind(name).run();
          return c.body(null);
        });`, findings: [found(6, "Cloudflare D1", { why: [3] })] },
    { name: "D1, whose binding a declaration file gives to all files", code: {
      "src/types.d.ts": `type Bindings = { DB: D1Database; TITLE: string };
type App = { Bindings: Bindings };
declare global { interface Env { DB: D1Database } }
`,
      "src/things.ts": `import { Hono } from "hono";
const app = new Hono<App>();
app.post("/things", async (c) => {
  const names: string[] = await c.req.json();
  for (const name of names) await c.env.DB.prepare("INSERT INTO things (name) VALUES (?)").bind(name).run();
  return c.body(null);
});
export default app;
`,
    }, findings: [found(5, "Cloudflare D1", { file: "src/things.ts", related: ["src/things.ts:5"], why: ["src/things.ts:3"] })] },
    { name: "D1, whose binding is declared among the types that wrangler writes", code: {
      "worker-configuration.d.ts": `declare namespace Cloudflare { interface Env { STORE: D1Database; KEY: string } }
interface Env extends Cloudflare.Env {}
`,
      "src/things.ts": `import { Hono } from "hono";
const app = new Hono<{ Bindings: Env }>();
app.post("/things", async (c) => {
  for (const name of await c.req.json()) await c.env.STORE.prepare("INSERT INTO things (name) VALUES (?)").bind(name).run();
  return c.body(null);
});
export default app;
`,
    }, findings: [found(4, "Cloudflare D1", { file: "src/things.ts", related: ["src/things.ts:4"], why: ["src/things.ts:3"] })] },
    { name: "Neon over HTTP", code: `
        import { neon } from "@neondatabase/serverless";
        import { Hono } from "hono";
        const app = new Hono<{ Bindings: { DATABASE_URL: string } }>();
        app.post("/things", async (c) => {
          const sql = neon(c.env.DATABASE_URL);
          for (const { name } of await c.req.json()) await sql\`INSERT INTO things (name) VALUES (\${name})\`;
          return c.body(null);
        });`, findings: [found(6, "@neondatabase/serverless", { why: [4] })] },
  ],
});
