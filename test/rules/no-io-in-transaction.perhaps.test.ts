import { runTable } from "./lib/table.js";

const LIKELY = { confidence: "likely", fix: "manual", reason: "where it belongs" } as const;

/** A handler that exports what a connection's transaction sees. */
const exporting = (begin: string, before = "") => `
        import express from "express";
        import mysql from "mysql2/promise";
        const pool = mysql.createPool({ host: "localhost" });
        express().post("/export", async (req, res) => {
          const connection = await pool.getConnection();
          ${before}
          await connection.query("${begin}");
          const [rows] = await connection.query("SELECT * FROM things");
          await fetch("https://store.example", { method: "POST", body: JSON.stringify(rows) });
          await connection.query("COMMIT");
          connection.release();
        });`;

runTable({
  rule: "no-io-in-transaction",
  theme: "what is likely at most",
  valid: [
    { name: "an entry of a table that waits for nothing", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        const answers = { name: async () => "a", size: async () => 1 };
        export const save = (key) => source.transaction(async (manager) => { await manager.save(await answers[key]()); });` },
  ],
  invalid: [
    { name: "a transaction that begins read-only", code: exporting("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
      findings: [{ line: 9, message: "waits for the network", library: "mysql2", related: [7], why: [4], ...LIKELY }] },
    { name: "a transaction that is set read-only in a statement of its own", code: exporting("START TRANSACTION", `await connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");`),
      findings: [{ line: 9, message: "waits for the network", library: "mysql2", related: [7], why: [4], ...LIKELY }] },
    { name: "a transaction that says what it isolates", code: exporting("START TRANSACTION", `await connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");`),
      findings: [{ line: 9, message: "waits for the network", library: "mysql2", related: [7], why: [4], ...LIKELY, confidence: "proven" }] },
    { name: "one of several answers, and which one depends on a name", code: `
        import express from "express";
        import knex from "knex";
        import { readdir } from "node:fs/promises";
        const db = knex({ client: "pg", connection: "postgres://localhost/shop" });
        const answers = { name: async () => "a", addresses: async () => readdir("/sys/class/net") };
        const get = async (key) => answers[key]();
        express().post("/settings", async (req, res) => {
          await db.transaction(async (trx) => {
            const before = await get(req.body.key);
            await trx("settings").insert({ key: req.body.key, before });
          });
          res.end();
        });`, findings: [{ line: 9, message: "waits for the file system", library: "knex", related: [8, 6, 5], why: [7], ...LIKELY }] },
    { name: "one of several answers, and a sure one after it", code: `
        import express from "express";
        import knex from "knex";
        import { readdir } from "node:fs/promises";
        const db = knex({ client: "pg", connection: "postgres://localhost/shop" });
        const answers = { name: async () => "a", addresses: async () => readdir("/sys/class/net") };
        const get = async (key) => { const found = await answers[key](); await fetch("https://hooks.example"); return found; };
        express().post("/settings", async (req, res) => {
          await db.transaction(async (trx) => {
            const before = await get(req.body.key);
            await trx("settings").insert({ key: req.body.key, before });
          });
          res.end();
        });`, findings: [{ line: 9, message: "waits for the network", library: "knex", related: [8, 6], why: [7], ...LIKELY, confidence: "proven" }] },
    { name: "the pause before another attempt", code: `
        import { DataSource } from "typeorm";
        import { setTimeout } from "node:timers/promises";
        const source = new DataSource({ type: "postgres" });
        async function twice(work) {
          try { return await work(); } catch { await setTimeout(100); return await work(); }
        }
        export const save = (thing) => source.transaction(async (manager) => {
          await twice(() => manager.save(thing));
        });`, findings: [{ line: 8, message: "waits for a timer", library: "typeorm", related: [7, 5], ...LIKELY }] },
  ],
});
