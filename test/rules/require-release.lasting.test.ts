import { runTable } from "./lib/table.js";

const taken = (rest: string) => `
        import pg from "pg";
        import { bus } from "./bus";
        const pool = new pg.Pool();
        export async function start(ids: number[]) {
          const client = await pool.connect();
          ${rest}
        }`;

const lost = { line: 5, message: "is never given back", library: "pg", fix: "safe" } as const;

runTable({
  rule: "require-release",
  theme: "clients that a function which outlives the taker uses",
  valid: [
    { name: "a function that is returned: who is the leader", code: taken("return async () => (await client.query(`SELECT pg_try_advisory_lock(1)`)).rows[0];") },
    { name: "one in an object that is returned", code: taken("return { ask: () => client.query(`SELECT 1`) };") },
    { name: "one that is kept in a variable", code: taken("let notify: unknown = null; notify = (text: string) => client.query(`NOTIFY events`); bus.use(notify);") },
    { name: "a timer's", code: taken("setInterval(() => client.query(`SELECT 1`), 1000);") },
    { name: "an event's", code: taken("process.on(`message`, () => client.query(`SELECT 1`));") },
    { name: "a helper's client", code: `
        import pg from "pg";
        const pool = new pg.Pool();
        const getClient = async () => pool.connect();
        export async function leader() {
          const client = await getClient();
          return async () => client.query("SELECT pg_try_advisory_lock(1)");
        }` },
  ],
  invalid: [
    { name: "a callback that runs in place", code: taken("return Promise.all(ids.map((id) => client.query(`SELECT * FROM things WHERE id = $1`, [id])));"), findings: [lost] },
    { name: "a function that is only called in place", code: taken("async function one(id: number) { return client.query(`SELECT * FROM things WHERE id = $1`, [id]); } for (const id of ids) await one(id);"), findings: [lost] },
    { name: "no function at all", code: taken("await client.query(`SELECT 1`);"), findings: [lost] },
  ],
});
