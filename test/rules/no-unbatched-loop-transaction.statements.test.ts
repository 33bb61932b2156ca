import { runTable } from "./lib/table.js";

const REVIEW = "all-or-nothing is given up";
const LISTED = "the statements are what the list holds";

/** The rows of a log, which a request has run again. */
const replayed = (transaction: string, opened = `import Database from "better-sqlite3";
        const db = new Database("app.db");`) => `
        import express from "express";
        ${opened}
        const app = express();
        app.post("/undo", async (req, res) => {
          ${transaction}
          res.end();
        });`;

const DRIZZLE = `import Database from "better-sqlite3"; import { drizzle } from "drizzle-orm/better-sqlite3"; import { sql } from "drizzle-orm";
        const db = drizzle(new Database("app.db"));`;
const PG = `import pg from "pg";
        const pool = new pg.Pool();`;

const listed = (library: string, statements: string) => [{ line: 6, message: `but ${LISTED}`, confidence: "likely" as const, library, fix: "manual" as const, reason: LISTED, related: [7], why: [5], statements }];

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "lists of statements",
  valid: [
    { name: "on a server, with blanks around", code: replayed(`const client = await pool.connect(); try { await client.query("BEGIN");
            for (const text of req.body.steps) await client.query(text.trim());
            await client.query("COMMIT"); } finally { client.release(); }`, PG) },
    { name: "what undoes a change, row by row", code: replayed(`db.transaction(() => {
            for (const step of db.prepare("SELECT undo FROM log ORDER BY id DESC").all()) db.exec(step.undo);
          })();`) },
  ],
  invalid: [
    { name: "as they are", code: replayed(`db.transaction((tx) => {
            for (const step of req.body.steps) tx.run(step);
          });`, DRIZZLE), findings: listed("drizzle-orm", "n") },
    { name: "prepared and run", code: replayed(`db.transaction(() => {
            for (const text of req.body.script.split(";")) db.prepare(text).run();
          })();`), findings: listed("better-sqlite3", "n") },
    { name: "handed to a builder's `run` as raw text", code: replayed(`db.transaction((tx) => {
            for (const step of req.body.steps) tx.run(sql.raw(step.undo));
          });`, DRIZZLE), findings: listed("drizzle-orm", "n") },
    { name: "a row's values are no statement", code: replayed(`const insert = db.prepare("INSERT INTO steps (text) VALUES (?)"); db.transaction(() => {
            for (const step of req.body.steps) insert.run(step.text);
          })();`), findings: [{ line: 6, message: "loops over `steps`", fix: "review", reason: REVIEW, related: [7], why: [5], statements: "n" }] },
    { name: "a statement that holds a row's value", code: replayed(`db.transaction((tx) => {
            for (const step of req.body.steps) tx.run(sql\`INSERT INTO steps (text) VALUES (\${step.text})\`);
          });`, DRIZZLE), findings: [{ line: 6, message: "loops over `steps`", library: "drizzle-orm", fix: "review", reason: REVIEW, related: [7], why: [5], statements: "n" }] },
    { name: "beside a write of its own", code: replayed(`db.transaction(() => {
            for (const step of req.body.steps) { db.exec(step.undo); db.prepare("INSERT INTO undone (id) VALUES (?)").run(step.id); }
          })();`), findings: [{ line: 6, message: "loops over `steps`", fix: "review", reason: REVIEW, related: [7], why: [5], statements: "2n" }] },
  ],
});
