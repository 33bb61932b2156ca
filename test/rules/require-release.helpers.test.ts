import { runTable, type Expected } from "./lib/table.js";

const POOL = `
        import pg from "pg";
        const pool = new pg.Pool();`;

/** A query in a function of its own, with a client that `take` gives. */
const used = (helpers: string, take = "getClient()") => `${POOL}
        ${helpers}
        export async function load(id: number) {
          const client = await ${take};
          const { rows } = await client.query("SELECT * FROM things WHERE id = $1", [id]);
          client.release();
          return rows;
        }`;

/** The second place: where the helper takes it. */
const found = (line: number, related: number[], more: Partial<Expected> = {}): Expected =>
  ({ line, related, message: "When something fails before it is given back", library: "pg", fix: "manual", reason: "where it is given back depends", ...more });

runTable({
  rule: "require-release",
  theme: "helpers that hand over what they take",
  valid: [
    { name: "released in a finally", code: `${POOL}
        const getClient = async () => pool.connect();
        export async function load(id: number) {
          const client = await getClient();
          try {
            return await client.query("SELECT * FROM things WHERE id = $1", [id]);
          } finally {
            client.release();
          }
        }` },
    { name: "the helper hands it over: its own release is its caller's", code: `${POOL}
        export async function getClient() {
          const client = await pool.connect();
          await client.query("SET search_path TO app");
          return client;
        }` },
    { name: "one that is kept for all", code: used("let kept: pg.PoolClient | undefined; async function getClient() { return (kept ??= await pool.connect()); }") },
    { name: "one that is stored as well", code: used("const all: unknown[] = []; async function getClient() { const client = await pool.connect(); const held = client; all.push(held); return client; }") },
    { name: "one that an unknown function gets as well", code: used('import { track } from "./track"; async function getClient() { const client = await pool.connect(); track(client); return client; }') },
    { name: "one that a timer gives back", code: used("async function getClient() { const client = await pool.connect(); setTimeout(() => client.release(), 1000); return client; }") },
    { name: "the caller's own, or a new one", code: used("async function getClient(given?: pg.PoolClient) { if (given) return given; return pool.connect(); }", "getClient(undefined)") },
    { name: "a client with its release beside it", code: `${POOL}
        async function getClient() { const client = await pool.connect(); return { client, release: () => client.release() }; }
        export async function load() {
          const held = await getClient();
          const rows = await held.client.query("SELECT 1");
          held.release();
          return rows;
        }` },
    { name: "one of two stores takes nothing", code: `${POOL}
        class Real { async getClient() { return pool.connect(); } }
        class Fake { async getClient() { return { query: async () => ({ rows: [] }), release() {} }; } }
        const store: Real | Fake = process.env["FAKE"] ? new Fake() : new Real();
        export async function load() {
          const client = await store.getClient();
          const { rows } = await client.query("SELECT 1");
          client.release();
          return rows;
        }` },
    { name: "handed to a helper that ends it", code: `${POOL}
        async function begin() { const client = await pool.connect(); await client.query("BEGIN"); return client; }
        async function end(client: pg.PoolClient) { try { await client.query("COMMIT"); } finally { client.release(); } }
        export async function move() {
          const client = await begin();
          await end(client);
        }` },
    { name: "a transaction that a helper begins, committed or rolled back", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        const begin = () => db.transaction();
        export async function move() {
          const trx = await begin();
          try {
            await trx("things").update({ n: 1 });
            await trx.commit();
          } catch (error) {
            await trx.rollback();
            throw error;
          }
        }` },
  ],
  invalid: [
    { name: "a function's", code: used("async function getClient() { return pool.connect(); }"), findings: [found(5, [6, 3])] },
    { name: "an arrow's", code: used("const getClient = () => pool.connect();"), findings: [found(5, [6, 3])] },
    { name: "through a name, after a statement of the helper's", code: used('const getClient = async () => { const client = await pool.connect(); await client.query("SET search_path TO app"); return client; };'), findings: [found(5, [6, 3])] },
    { name: "given back in the helper only when that one fails", code: used('async function getClient() { const client = await pool.connect(); try { await client.query("SELECT 1"); } catch (error) { client.release(); throw error; } return client; }'), findings: [found(5, [6, 3])] },
    { name: "an object's method", code: used("const db = { async getClient() { const client = await pool.connect(); return client; } };", "db.getClient()"), findings: [found(5, [6, 3])] },
    { name: "a static method whose pool is made once", code: used("class Config { static pool: pg.Pool | null = null; static async getClient() { if (!this.pool) this.pool = new pg.Pool(); return this.pool.connect(); } }", "Config.getClient()"), findings: [found(5, [6, 3])] },
    { name: "through two helpers", code: used("const take = async () => await pool.connect(); const getClient = async () => take();"), findings: [found(5, [6, 3])] },
    { name: "never given back", code: `${POOL}
        async function getClient() { return pool.connect(); }
        export async function load() {
          const client = await getClient();
          return client.query("SELECT 1");
        }`, findings: [found(5, [3], { message: "is never given back" })] },
    { name: "a transaction that a helper begins, and nothing for a failure", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        const begin = () => db.transaction();
        export async function move() {
          const trx = await begin();
          await trx("things").update({ n: 1 });
          await trx.commit();
        }`, findings: [found(5, [6, 3], { library: "knex" })] },
  ],
});
