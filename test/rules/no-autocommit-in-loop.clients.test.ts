import { runTable, type Expected } from "./lib/table.js";

/** A route that takes a client, does something before the loop, and gives it back. */
const route = (before: string, take = "pool.connect()", helpers = "") => `
        import pg from "pg";
        import { Router } from "express";
        const pool = new pg.Pool();
        ${helpers}
        const router = Router();
        router.post("/things", async (req, res) => {
          const client = await ${take};
          try {
            ${before}
            for (const thing of req.body.things) await client.query("INSERT INTO things (name) VALUES ($1)", [thing]);
          } finally {
            client.release();
          }
          res.end();
        });`;

const found = (more: Partial<Expected> = {}): Expected =>
  ({ line: 10, library: "pg", related: [10], why: [6], message: "commits a pg write of its own", fix: "manual", reason: "turns that are committed stay", ...more });

runTable({
  rule: "no-autocommit-in-loop",
  theme: "clients out of a pool",
  valid: [
    { name: "in a transaction", code: route('await client.query("BEGIN");').replace("} finally {", 'await client.query("COMMIT");\n          } finally {') },
    { name: "a text that nobody knows came before", code: route("await client.query(req.body.first);") },
    { name: "handed to a function before", code: route("await prepare(client);", "pool.connect()", 'import { prepare } from "./prepare.js";') },
    { name: "handed to a function that begins", code: route("await begin(client);", "pool.connect()", 'const begin = async (client: pg.PoolClient) => { await client.query("BEGIN"); };') },
    { name: "under another name as well", code: route('const held = client; await held.query("BEGIN");') },
    { name: "taken and begun by a helper", code: route("", "begin()", 'async function begin() { const client = await pool.connect(); await client.query("BEGIN"); return client; }') },
    { name: "taken by a helper of a helper that begins", code: route("", "begin()", 'const getClient = async () => pool.connect(); async function begin() { const client = await getClient(); await client.query("BEGIN"); return client; }') },
    { name: "given", code: `
        import pg from "pg";
        export async function add(client: pg.PoolClient, things: string[]) {
          for (const thing of things) await client.query("INSERT INTO things (name) VALUES ($1)", [thing]);
        }` },
  ],
  invalid: [
    { name: "taken here, and nothing begun", code: route(""), findings: [found()] },
    { name: "a read before", code: route('await client.query("SELECT 1");'), findings: [found()] },
    { name: "taken by a helper", code: route("", "getClient()", "const getClient = async () => pool.connect();"), findings: [found()] },
  ],
});

/** A route that a helper lends a client, which the helper takes; `prepare` is what the helper does with it before, `before` what the route does. */
const lent = (prepare: string, before = "") => `
        import pg from "pg";
        import { Router } from "express";
        const pool = new pg.Pool();
        async function withClient(work: (client: pg.PoolClient) => Promise<void>) {
          const client = await pool.connect();
          try { ${prepare} await work(client); } finally { client.release(); }
        }
        const router = Router();
        router.post("/things", async (req, res) => {
          await withClient(async (client) => {
            ${before}
            for (const thing of req.body.things) await client.query("INSERT INTO things (name) VALUES ($1)", [thing]);
          });
          res.end();
        });
        export default router;`;

runTable({
  rule: "no-autocommit-in-loop",
  theme: "clients that a helper lends",
  valid: [
    { name: "begun by the helper", code: lent('await client.query("BEGIN");') },
    { name: "begun by the function", code: lent("", 'await client.query("BEGIN");') },
    { name: "handed on by the helper", code: lent("await start(client);") },
    { name: "handed on by the function", code: lent("", "await start(client);") },
  ],
  invalid: [
    { name: "nothing begun", code: lent(""), findings: [{ ...found(), line: 12, related: [12], why: [9, 10] }] },
    { name: "a setting before", code: lent(`await client.query("SELECT set_config('app.user', '1', false)");`), findings: [{ ...found(), line: 12, related: [12], why: [9, 10] }] },
  ],
});
