import { runTable } from "./lib/table.js";

const HELPER = { fix: "manual", reason: "give the helper the transaction or its connection" } as const;

/** A transaction begun in line 5 of its file; `statement` stands in line 6. */
const saving = (statement: string) => `
  import { connect } from "./pool.js";
  import { queries } from "./queries.js";
  export async function save(id) {
    const client = await connect();
    try { await client.query("BEGIN");
      ${statement}
      await client.query("UPDATE things SET state = 1 WHERE id = $1", [id]);
      await client.query("COMMIT");
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    } finally {
      client.release();
    }
  }`;

const ONE = `import { Pool } from "pg"; export const pool = new Pool(); export const connect = () => pool.connect();`;
const BY_SETTING = `
  import { Pool } from "pg";
  let pool;
  export function start(production) {
    if (production) pool = new Pool({ host: "production" });
    else pool = new Pool({ host: "localhost" });
  }
  export async function connect() { const client = await pool.connect(); return client; }
  export async function query(text, values) { const result = await pool.query(text, values); return result; }`;

const LOADED = `
  import { readFileSync } from "node:fs";
  import { pool } from "./pool.js";
  const load = (name) => readFileSync(name, "utf8");
  export const queries = {
    find: async (id) => { const text = load("find.sql"); return (await pool.query(text, [id])).rows; },
    run: async (text) => { await pool.query(text); },
  };`;

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "what is written elsewhere: the text of a statement, and which pool it is",
  valid: [
    { name: "a text that comes in as a parameter may be a COMMIT", code: { "src/pool.js": ONE, "src/queries.js": LOADED, "src/save.js": saving('await queries.run(id ? "COMMIT" : "ROLLBACK");') } },
    { name: "the program's own function is given the connection", code: {
      "src/pool.js": `${ONE}\n export const query = async (text, values, on = pool) => (await on.query(text, values)).rows;`,
      "src/queries.js": `import { query } from "./pool.js"; export const queries = { find: async (id, on) => query("SELECT * FROM things WHERE id = $1", [id], on) };`,
      "src/save.js": saving("await queries.find(id, client);"),
    } },
    { name: "the program's own function finds the connection by itself", code: {
      "src/pool.js": `import { AsyncLocalStorage } from "node:async_hooks"; import { Pool } from "pg"; const pool = new Pool(); const storage = new AsyncLocalStorage();
  export const connect = async () => { const client = await pool.connect(); storage.enterWith(client); return client; };
  export const query = async (text, values) => (storage.getStore() ?? pool).query(text, values);`,
      "src/queries.js": `import { query } from "./pool.js"; export const queries = { find: async (id) => query("SELECT * FROM things WHERE id = $1", [id]) };`,
      "src/save.js": saving("await queries.find(id);"),
    } },
    { name: "the program's own function where none is given, and else the connection", code: {
      "src/pool.js": `${ONE}\n export const query = async (text, values) => (await pool.query(text, values)).rows;`,
      "src/queries.js": `import { query } from "./pool.js"; const TEXT = "SELECT * FROM things WHERE id = $1";
  async function find(id, client) { const runner = client || query; return client ? await runner.query(TEXT, [id]) : await runner(TEXT, [id]); }
  export const queries = { find, all: () => find(1) };`,
      "src/save.js": saving("await queries.find(id, client ?? (await connect()));"),
    } },
    { name: "another variable's pool", code: {
      "src/pool.js": `${BY_SETTING}\n  let logs;\n  export function log() { logs = new Pool({ host: "logs" }); logs = new Pool({ host: "others" }); }\n  export async function note(text) { await logs.query("INSERT INTO notes (text) VALUES ($1)", [text]); }`,
      "src/queries.js": `import { note } from "./pool.js"; export const queries = { find: async (id) => { await note(id); } };`,
      "src/save.js": saving("await queries.find(id);"),
    } },
  ],
  invalid: [
    { name: "through the program's own function, which is handed the text, in the transaction itself and in a helper", code: {
      "src/pool.js": `${ONE}\n export const query = async (text, values) => (await pool.query(text, values)).rows;`,
      "src/queries.js": `import { query } from "./pool.js"; export { query }; export const queries = { find: async (id) => query("SELECT * FROM things WHERE id = $1", [id]) };`,
      "src/save.js": saving("await queries.find(id); await query(\"DELETE FROM parts WHERE thing = $1\", [id]);").replace("{ queries }", "{ queries, query }"),
    }, findings: [
      { file: "src/save.js", line: 6, message: "`queries.find` does not run on the connection", library: "pg", related: ["src/save.js:5", "src/queries.js:1"], ...HELPER },
      { file: "src/save.js", line: 6, message: "`query` is not the connection that", library: "pg", related: ["src/save.js:5"], fix: "manual", reason: "connection" },
    ] },
    { name: "a statement whose text is loaded", code: { "src/pool.js": ONE, "src/queries.js": LOADED, "src/save.js": saving("await queries.find(id);") },
      findings: [{ file: "src/save.js", line: 6, message: "`queries.find` does not run on the connection", library: "pg", related: ["src/save.js:5", "src/queries.js:5"], ...HELPER }] },
    { name: "a pool that start-up sets", code: {
      "src/pool.js": BY_SETTING,
      "src/queries.js": `import { query } from "./pool.js"; export const queries = { find: async (id) => (await query("SELECT * FROM things WHERE id = $1", [id])).rows };`,
      "src/save.js": saving("await queries.find(id);"),
    }, findings: [{ file: "src/save.js", line: 6, message: "`queries.find` does not run on the connection", library: "pg", related: ["src/save.js:5", "src/queries.js:1"], ...HELPER }] },
  ],
});
