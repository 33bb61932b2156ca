import { runTable, type Expected } from "./lib/table.js";

const PG = `
        import pg from "pg";
        const pool = new pg.Pool();`;

const found = (line: number, related: number[], more: Partial<Expected> = {}): Expected => ({ line, related, message: "each statement may take another connection", library: "pg", fix: "manual", reason: "must move to the one connection", ...more });

runTable({
  rule: "no-begin-on-pool",
  theme: "pools, clients and other sessions",
  valid: [
    { name: "a client out of the pool", code: `${PG}
        export async function move() {
          const client = await pool.connect();
          try {
            await client.query("BEGIN");
            await client.query("UPDATE things SET n = 1");
            await client.query("COMMIT");
          } catch (error) {
            await client.query("ROLLBACK");
            throw error;
          } finally {
            client.release();
          }
        }` },
    { name: "a function that runs the SQL it is given on the client it is given", code: `${PG}
        const run = (client: pg.PoolClient, text: string) => client.query(text);
        export async function move() {
          const client = await pool.connect();
          try {
            await run(client, "BEGIN");
            await run(client, "UPDATE things SET n = 1");
            await run(client, "COMMIT");
          } catch (error) {
            await run(client, "ROLLBACK");
            throw error;
          } finally {
            client.release();
          }
        }` },
    { name: "a Client is one connection", code: `
        import pg from "pg";
        const client = new pg.Client();
        export async function move() {
          await client.query("BEGIN");
          await client.query("COMMIT");
        }` },
    { name: "a pool of one", code: `
        import pg from "pg";
        const pool = new pg.Pool({ max: 1 });
        export async function move() {
          await pool.query("BEGIN");
          await pool.query("COMMIT");
        }` },
    { name: "a client or a pool, as declared", code: `
        import type { Pool, PoolClient } from "pg";
        export async function move(db: Pool | PoolClient) {
          await db.query("BEGIN");
          await db.query("COMMIT");
        }` },
    { name: "a declared client", code: `
        import type { PoolClient } from "pg";
        export async function move(client: PoolClient) {
          await client.query("BEGIN");
          await client.query("COMMIT");
        }` },
    { name: "a pool in one call, a client in another", code: `${PG}
        async function begin(db: { query(text: string): Promise<unknown> }) {
          await db.query("BEGIN");
        }
        export async function move() {
          const client = await pool.connect();
          try {
            await begin(client);
          } finally {
            client.release();
          }
        }
        export const check = () => begin(pool);` },
    { name: "all of it in one text", code: `${PG}
        export async function move() {
          await pool.query("BEGIN; UPDATE things SET n = 1; UPDATE others SET n = 1; COMMIT;");
        }` },
    { name: "other statements through the pool", code: `${PG}
        export async function move() {
          await pool.query("UPDATE things SET begun = now()");
        }` },
    { name: "SQLite has one connection", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        export function move() {
          db.exec("BEGIN");
          db.exec("COMMIT");
        }` },
    { name: "TypeORM on SQLite", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "better-sqlite3", database: "app.db" });
        export async function move() {
          await source.query("BEGIN");
          await source.query("COMMIT");
        }` },
    { name: "a mysql2 connection", code: `
        import mysql from "mysql2/promise";
        export async function move() {
          const connection = await mysql.createConnection({ host: "db" });
          await connection.query("START TRANSACTION");
          await connection.query("COMMIT");
        }` },
    { name: "a namesake", code: `
        class Pool {
          async query(text: string) {}
        }
        const pool = new Pool();
        export async function move() {
          await pool.query("BEGIN");
          await pool.query("COMMIT");
        }` },
    { name: "a test", file: "test/move.test.ts", code: `${PG}
        await pool.query("BEGIN");` },
    { name: "left out by option", options: { ignoreLibraries: ["pg"] }, code: `${PG}
        export const move = () => pool.query("BEGIN");` },
  ],
  invalid: [
    { name: "by a function that runs the SQL it is given on the pool", code: `${PG}
        const query = async (text: string, values?: unknown[]) => (await pool.query(text, values)).rows;
        export async function move() {
          await query("BEGIN");
          await query("UPDATE things SET n = 1");
          await query("COMMIT");
        }`, findings: [found(5, [7])] },
    { name: "BEGIN, COMMIT and ROLLBACK", code: `${PG}
        export async function move() {
          try {
            await pool.query("BEGIN");
            await pool.query("UPDATE things SET n = 1");
            await pool.query("COMMIT");
          } catch (error) {
            await pool.query("ROLLBACK");
            throw error;
          }
        }`, findings: [found(5, [7, 9])] },
    { name: "with an isolation level", code: `${PG}
        export async function move() {
          await pool.query("BEGIN ISOLATION LEVEL SERIALIZABLE");
          await pool.query("COMMIT");
        }`, findings: [found(4, [5])] },
    { name: "the pool where the context has no client: likely", code: `${PG}
        import { context } from "./context.js";
        const clientOf = (options?: any) => options?.client || context()?.client || pool;
        export const query = (text: string) => clientOf().query(text);
        export async function renew() {
          const client = await clientOf();
          await client.query("COMMIT");
          await client.query("BEGIN");
        }
        export async function begin() { await query("BEGIN"); }`, findings: [found(9, [8], { confidence: "likely" }), found(11, [], { confidence: "likely" })] },
    { name: "one pool or the other", code: `${PG}
        const replica = process.env.REPLICA ? new pg.Pool({ host: process.env.REPLICA }) : undefined;
        const anyPool = () => replica ?? pool;
        export async function move() {
          await anyPool().query("BEGIN");
          await anyPool().query("COMMIT");
        }`, findings: [found(6, [7])] },
    { name: "a declared pool", code: `
        import type { Pool } from "pg";
        export async function move(pool: Pool) {
          await pool.query("begin");
          await pool.query("commit");
        }`, findings: [found(3, [4])] },
    { name: "a pool in a field", code: `
        import { Pool } from "pg";
        export class Mover {
          constructor(private readonly pool: Pool) {}
          async move() {
            await this.pool.query("BEGIN");
            await this.pool.query("COMMIT");
          }
        }`, findings: [found(5, [6])] },
    { name: "a pool of another file", code: {
        "src/db.ts": `
          import { Pool } from "pg";
          export const pool = new Pool({ max: 20 });`,
        "src/move.ts": `
          import { pool } from "./db.js";
          export async function move() {
            await pool.query("BEGIN");
            await pool.query("COMMIT");
          }` }, findings: [{ ...found(3, []), file: "src/move.ts", related: ["src/move.ts:4"] }] },
    { name: "in a route", code: `${PG}
        import express from "express";
        const app = express();
        app.post("/move", async (req, res) => {
          await pool.query("BEGIN");
          await pool.query("COMMIT");
          res.end();
        });`, findings: [found(6, [7], { why: [5] })] },
    { name: "the COMMIT alone", code: `${PG}
        export async function finish() {
          await pool.query("COMMIT");
        }`, findings: [found(4, [])] },
    { name: "a text in an object", code: `${PG}
        export async function move() {
          await pool.query({ text: "BEGIN" });
          await pool.query({ text: "COMMIT" });
        }`, findings: [found(4, [5])] },
    { name: "a text in a constant", code: `${PG}
        const START = "BEGIN";
        export async function move() {
          await pool.query(START);
        }`, findings: [found(5, [])] },
    { name: "START TRANSACTION on a mysql2 pool", code: `
        import mysql from "mysql2/promise";
        const pool = mysql.createPool({ host: "db" });
        export async function move() {
          await pool.query("START TRANSACTION");
          await pool.query("COMMIT");
        }`, findings: [found(4, [5], { library: "mysql2" })] },
    { name: "through Sequelize", code: `
        import { Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://localhost/app");
        export async function move() {
          await sequelize.query("BEGIN");
          await sequelize.query("COMMIT");
        }`, findings: [found(4, [5], { library: "sequelize" })] },
    { name: "through TypeORM", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export async function move() {
          await source.query("BEGIN");
          await source.query("COMMIT");
        }`, findings: [found(4, [5], { library: "typeorm" })] },
    { name: "postgres", code: `
        import postgres from "postgres";
        const sql = postgres("postgres://localhost/app");
        export async function move() {
          await sql\`BEGIN\`;
          await sql\`COMMIT\`;
        }`, findings: [found(4, [5], { library: "postgres" })] },
  ],
});
