import { runTable, type Expected } from "./lib/table.js";

const PG = `
        import pg from "pg";
        const pool = new pg.Pool();`;

const found = (line: number, message: string, more: Partial<Expected> = {}): Expected => ({ line, message, library: "pg", fix: "manual", reason: "where it is given back depends", ...more });
/** The release can move into a `finally` by itself. */
const SAFE = { fix: "safe", reason: undefined } as const;
const never = (line: number, more: Partial<Expected> = {}) => found(line, "is never given back", more);
const unsafe = (line: number, at: number, more: Partial<Expected> = {}) => found(line, "When something fails before it is given back", { related: [at], ...more });
const gap = (line: number, at: number, more: Partial<Expected> = {}) => found(line, "Begin the `try` right after it", { related: [at], ...more });

/** A connection whose `try` begins after its transaction has, in line 5. */
const late = (before: string) => `${PG}
        export async function load() {
          const client = await pool.connect();
          ${before}await client.query("BEGIN");
          try {
            await client.query("UPDATE things SET n = 1");
            await client.query("COMMIT");
          } catch (error) {
            await client.query("ROLLBACK");
            throw error;
          } finally {
            client.release();
          }
        }`;

runTable({
  rule: "require-release",
  theme: "clients and begun transactions",
  valid: [
    { name: "try and finally", code: `${PG}
        export async function load(id: number) {
          const client = await pool.connect();
          try {
            return await client.query("SELECT * FROM things WHERE id = $1", [id]);
          } finally {
            client.release();
          }
        }` },
    { name: "plain statements before the try", code: `${PG}
        export async function load(id: number) {
          const client = await pool.connect();
          let rows = 0;
          const text = "SELECT 1";
          try {
            rows = (await client.query(text)).rowCount ?? 0;
          } finally {
            client.release();
          }
          return rows;
        }` },
    { name: "the handler ends the whole pool, which closes the connection with it", code: `
        import mysql from "mysql2/promise";
        export async function openPool(host: string) {
          const pool = mysql.createPool({ host });
          try {
            const connection = await pool.getConnection();
            await connection.query("SELECT NOW()");
            connection.release();
          } catch (error) {
            await pool.end();
            throw error;
          }
          return pool;
        }` },
    { name: "taken inside the try", code: `${PG}
        export async function load() {
          let client;
          try {
            client = await pool.connect();
            await client.query("SELECT 1");
          } finally {
            client?.release();
          }
        }` },
    { name: "taken and given back at once", code: `${PG}
        export async function check() {
          try {
            const client = await pool.connect();
            client.release();
            await note("it works");
          } catch (error) {
            console.error(error);
          }
        }` },
    { name: "on both sides of a catch", code: `${PG}
        export async function load() {
          const client = await pool.connect();
          try {
            await client.query("SELECT 1");
            client.release();
          } catch (error) {
            client.release(true);
            throw error;
          }
        }` },
    { name: "after a catch that goes on", code: `${PG}
        export async function load() {
          const client = await pool.connect();
          try {
            await client.query("SELECT 1");
          } catch (error) {
            console.error(error);
          }
          client.release();
        }` },
    { name: "it is returned", code: `${PG}
        export async function take() {
          const client = await pool.connect();
          await client.query("SET search_path TO app");
          return client;
        }` },
    { name: "it is stored", code: `${PG}
        class Session {
          client: unknown;
          async open() {
            const client = await pool.connect();
            await client.query("SELECT 1");
            this.client = client;
          }
        }
        export const session = new Session();` },
    { name: "it is handed to an unknown function", code: `${PG}
        import { runWith } from "./elsewhere.js";
        export async function load() {
          const client = await pool.connect();
          await runWith(client);
        }` },
    { name: "a helper closes it", code: `${PG}
        async function withClient(client: pg.PoolClient) {
          try {
            await client.query("SELECT 1");
          } finally {
            client.release();
          }
        }
        export async function load() {
          const client = await pool.connect();
          await withClient(client);
        }` },
    { name: "a callback gives it back", code: `${PG}
        export async function load() {
          const client = await pool.connect();
          return client.query("SELECT 1").finally(() => client.release());
        }` },
    { name: "a Client only dials", code: `
        import pg from "pg";
        const client = new pg.Client();
        export async function start() {
          await client.connect();
        }` },
    { name: "the pool itself queries", code: `${PG}
        export async function load() {
          return pool.query("SELECT 1");
        }` },
    { name: "a script", file: "scripts/load.ts", code: `${PG}
        const client = await pool.connect();
        await client.query("SELECT 1");` },
    { name: "left out by option", options: { ignoreLibraries: ["pg"] }, code: `${PG}
        export async function load() {
          const client = await pool.connect();
          await client.query("SELECT 1");
        }` },
    { name: "a namesake", code: `
        class Pool {
          async connect() { return { query: async () => 1, release() {} }; }
        }
        const pool = new Pool();
        export async function load() {
          const client = await pool.connect();
          await client.query();
        }` },
    { name: "BEGIN with a ROLLBACK", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        export function move() {
          db.exec("BEGIN");
          try {
            db.exec("UPDATE things SET n = 1");
            db.exec("COMMIT");
          } catch (error) {
            db.exec("ROLLBACK");
            throw error;
          }
        }` },
  ],
  invalid: [
    { name: "from a pool that is given on after a check of it", code: `
        import { Pool } from "pg";
        export class Store {
          opened?: Promise<Pool>;
          open() {
            if (this.opened) return this.opened;
            const pool = new Pool();
            return pool.connect().then((client) => { client.release(); this.opened = Promise.resolve(pool); return this.opened; });
          }
          rows(text: string) {
            return this.open().then(async (pool) => {
              const client = await pool.connect();
              const { rows } = await client.query(text);
              client.release();
              return rows;
            });
          }
        }`, findings: [unsafe(11, 12, SAFE)] },
    { name: "in a worker's loop, once each turn", code: `${PG}
        async function main() {
          while (true) {
            const client = await pool.connect();
            await client.query("UPDATE jobs SET claimed = true");
            client.release();
          }
        }
        main();`, findings: [unsafe(5, 6, SAFE)] },
    { name: "never released", code: `${PG}
        export async function load() {
          const client = await pool.connect();
          return (await client.query("SELECT 1")).rows;
        }`, findings: [never(4, SAFE)] },
    { name: "taken for nothing", code: `${PG}
        export async function check() {
          await pool.connect();
        }`, findings: [never(4)] },
    { name: "not when the query fails", code: `${PG}
        export async function load() {
          const client = await pool.connect();
          const result = await client.query("SELECT 1");
          client.release();
          return result.rows;
        }`, findings: [unsafe(4, 5, SAFE)] },
    { name: "only the beginning of the transaction before the try: likely", code: late(""), findings: [{ ...gap(4, 5), confidence: "likely" }] },
    { name: "a query before the beginning, before the try", code: late(`await client.query("SELECT n FROM things"); `), findings: [gap(4, 5)] },
    { name: "the catch throws before it is released", code: `${PG}
        export async function load() {
          const client = await pool.connect();
          try {
            await client.query("SELECT 1");
          } catch (error) {
            throw new Error("no things", { cause: error });
          }
          client.release();
        }`, findings: [unsafe(4, 6, SAFE)] },
    { name: "a declared pool", code: `
        import type { Pool } from "pg";
        export async function load(pool: Pool) {
          const client = await pool.connect();
          await client.query("SELECT 1");
          client.release();
        }`, findings: [unsafe(3, 4, SAFE)] },
    { name: "a helper that only uses it", code: `${PG}
        async function read(client: pg.PoolClient) {
          return client.query("SELECT 1");
        }
        export async function load() {
          const client = await pool.connect();
          await read(client);
        }`, findings: [never(7, SAFE)] },
    { name: "in a route", code: `${PG}
        import express from "express";
        const app = express();
        app.get("/things", async (req, res) => {
          const client = await pool.connect();
          res.json((await client.query("SELECT 1")).rows);
        });`, findings: [never(6, { why: [5], ...SAFE })] },
    { name: "a mysql2 connection", code: `
        import mysql from "mysql2/promise";
        const pool = mysql.createPool({ host: "db" });
        export async function load() {
          const connection = await pool.getConnection();
          const [rows] = await connection.query("SELECT 1");
          connection.release();
          return rows;
        }`, findings: [unsafe(4, 5, { library: "mysql2", ...SAFE })] },
    { name: "pg: a pool that is ended waits for the client", code: `
        import { Pool } from "pg";
        export async function move(options) {
          const pool = new Pool(options);
          try {
            const client = await pool.connect();
            await client.query("UPDATE things SET n = 1");
            client.release();
          } finally {
            await pool.end();
          }
        }`, findings: [unsafe(5, 6, { library: "pg", ...SAFE })] },
    { name: "BEGIN and COMMIT, and nothing for a failure", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        export function move() {
          db.exec("BEGIN");
          db.exec("UPDATE things SET n = 1");
          db.exec("COMMIT");
        }`, findings: [found(4, "stays open on the session", { library: "node:sqlite", related: [5], reason: "what should happen after a failure" })] },
  ],
});
