import { runTable, type Expected } from "./lib/table.js";

const DB = `
        import Database from "better-sqlite3";
        import express from "express";
        import chunk from "lodash/chunk.js";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = express();`;

/** A route that imports what it is sent, in pieces; `body` is in line 8. */
const route = (body: string) => `${DB}
        app.post("/things", async (req, res) => { const names = req.body.names;
          ${body}
          res.end(); });`;

const found = (more: Partial<Expected> = {}): Expected[] => [{ line: 8, related: [8], why: [7], message: "commits a better-sqlite3 write of its own", fix: "review", reason: "are rolled back with it", ...more }];

runTable({
  rule: "no-autocommit-in-loop",
  theme: "rows of pieces",
  valid: [
    { name: "each piece is a transaction", code: route(`for (const part of chunk(names, 100)) db.transaction(() => { for (const name of part) insert.run(name); })();`) },
    { name: "each piece is a transaction of a helper's", code: route(`for (let i = 0; i < names.length; i += 100) save(names.slice(i, i + 100)); function save(part) { db.transaction(() => { for (const name of part) insert.run(name); })(); }`) },
    { name: "one piece", code: route(`const part = names.slice(0, 100); for (const name of part) insert.run(name);`) },
    { name: "pieces of what is short", code: route(`for (const part of chunk(["a", "b", "c"], 2)) for (const name of part) insert.run(name);`) },
    { name: "a list of something else, in the loop over the pieces", code: route(`for (const part of chunk(names, 100)) { const kinds = ["a", "b"]; for (const kind of kinds) insert.run(kind + part.length); }`) },
    { name: "waits in each turn", code: route(`for (const part of chunk(names, 100)) for (const name of part) { await fetch("https://hooks.example/" + name); insert.run(name); }`) },
    { name: "a batch that somebody hands over", code: `${DB}
        export function save(batch) { for (const name of batch) insert.run(name); }` },
  ],
  invalid: [
    { name: "of a utility package", code: route(`for (const part of chunk(names, 100)) for (const name of part) insert.run(name);`), findings: found() },
    { name: "cut by hand", code: route(`for (let i = 0; i < names.length; i += 100) { const batch = names.slice(i, i + 100); for (const name of batch) insert.run(name); }`), findings: found() },
    { name: "with forEach, and a pause after each piece", code: route(`for (let i = 0; i < names.length; i += 100) { names.slice(i, i + 100).forEach((name) => insert.run(name)); await new Promise((resolve) => setTimeout(resolve, 10)); }`), findings: found({ why: [7, 8] }) },
  ],
});
