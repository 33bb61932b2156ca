import { runTable } from "./lib/table.js";

const DB = `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = express();`;

/** A handler whose transaction holds a loop; the loop's first line is line 8. */
const held = (loop: string) => `${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            ${loop}
          })();
          res.end();
        });`;

const REVIEW = "all-or-nothing is given up";

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "bounds of loops",
  valid: [
    { name: "a list that begins anew in each turn of a longer loop, filled from a page", code: `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const page = db.prepare("SELECT id FROM things ORDER BY id LIMIT 100");
        const remove = db.prepare("DELETE FROM things WHERE id = ?");
        function trim(left) {
          while (left > 0) {
            const ids = [];
            for (const row of page.all()) ids.push(row.id);
            db.transaction(() => { for (const id of ids) remove.run(id); })();
            left -= ids.length;
          }
        }
        express().post("/trim", (req, res) => { trim(req.body.left); res.end(); });` },
    { name: "a constant list, or another one where it fails", code: `${DB}
        const load = async () => ["a", "b"];
        app.post("/things", async (req, res) => {
          const names = await load().catch(() => ["c"]).finally(() => res.end());
          db.transaction(() => { for (const name of names) insert.run(name); })();
        });` },
    { name: "a literal count", code: held(`for (let i = 0; i < 3; i++) insert.run(\`thing \${i}\`);`) },
    { name: "a Map that is filled from a list of a few, and its values", code: held(`const byName = new Map(); for (const name of ["a", "b"]) if (!byName.has(name)) byName.set(name, { name }); const known = db.prepare("SELECT 1 FROM things WHERE name = ?"); const all = Array.from(byName.values()); for (const { name } of all.filter((each) => !known.get(each.name))) insert.run(name);`) },
    { name: "a literal list", code: held(`for (const name of ["a", "b", "c"]) insert.run(name);`) },
    { name: "a list that a JSON file of the project holds", code: `
        import names from "./names.json";
        import { codes } from "./codes.json";${held(`for (const name of names) insert.run(name); for (const { name } of codes.all) insert.run(name);`)}` },
    { name: "every table that is named: as many as the program has", code: `${DB}
        export function empty(tables) {
          db.transaction(() => {
            for (const table of tables) db.exec(\`DELETE FROM \${table}\`);
          })();
        }
        app.post("/empty", (req, res) => {
          empty(req.body.tables);
          res.end();
        });` },
    { name: "a constant list of the module", code: `
        const names = ["a", "b", "c"] as const;${held(`for (const name of names) insert.run(name);`)}` },
    { name: "a list that loops with a constant bound have filled, in another function", code: `${DB}
        const save = (list) => db.transaction(() => { for (const code of list) insert.run(code); })();
        app.post("/codes", (req, res) => {
          const codes = [];
          for (let i = 0; i < 4; i++) codes.push(String(Math.random()));
          save(codes);
          res.json(codes);
        });` },
    { name: "what a function gives that lists the tables, or names some", code: `${DB}
        const names = () => ["a", "b"];
        function tables() {
          const rows = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
          return rows.filter((row) => row.name !== "things");
        }
        app.post("/things", (req, res) => {
          db.transaction(() => { for (const name of names()) insert.run(name); })();
          db.transaction(() => { for (const table of tables()) insert.run(table.name); })();
          res.end();
        });` },
    { name: "a list that is constant by its name", code: `
        import { DEFAULT_THINGS } from "./defaults.js";${held(`for (const name of DEFAULT_THINGS) insert.run(name);`)}` },
    { name: "the entries of a literal object", code: `
        const names = { a: 1, b: 2 };${held(`for (const [name] of Object.entries(names)) insert.run(name);`)}` },
    { name: "one of the lists of a constant table", code: `
        const KINDS_BY_REPORT = { all: ["access", "activity"], access: ["access"] } as const;${held(`for (const kind of KINDS_BY_REPORT[req.body.report]) insert.run(kind);`)}` },
    { name: "one of the lists of a constant table, under a name", code: `
        const tables = { all: ["things", "tags"], some: ["things"] };${held(`const names = tables[req.body.which];
            for (const name of names) insert.run(name);`)}` },
    { name: "one of the lists of a constant table, or its usual one", code: `
        const tables = { all: ["things", "tags"], some: ["things"] };${held(`const names = tables[req.body.which] || tables.all;
            for (const name of names) insert.run(name);`)}` },
    { name: "the lists of the things in a constant list", code: `
        const groups = [{ name: "a", things: ["x", "y"] }, { name: "b", things: ["z"] }, { name: "c" }];${held(`for (const group of groups) for (const name of group.things ?? []) insert.run(name);
            groups.forEach(({ things }) => { for (const name of things) insert.run(name); });`)}` },
    { name: "the lists of the things in a constant list of another file", code: {
      "src/groups.ts": `export const groups: { name: string; things: { name: string }[] }[] = [{ name: "a", things: [{ name: "x" }] }];`,
      "src/main.ts": `
        import { groups } from "./groups.js";${held(`for (const group of groups) for (const { name } of group.things) insert.run(name);`)}`,
    } },
    { name: "the lists of a constant table, one after the other", code: `
        const tables = { all: ["things", "tags"], some: ["things"] };${held(`for (const names of Object.values(tables)) for (const name of names) insert.run(name);
            for (const [kind, names] of Object.entries(tables)) for (const name of names) insert.run(kind + name);`)}` },
    { name: "a literal list, filtered and mapped", code: `
        const names = ["a", "b", "c"];${held(`for (const name of names.filter(Boolean).map((name) => name.trim())) insert.run(name);`)}` },
    { name: "a query with a LIMIT", code: held(`for (const row of db.prepare("SELECT * FROM inbox LIMIT 100").all()) insert.run(row.name);`) },
    { name: "a query with a LIMIT, kept in a variable", code: held(`const rows = db.prepare("SELECT * FROM inbox ORDER BY id LIMIT ?").all(50);
            for (const row of rows) insert.run(row.name);`) },
    { name: "a query with a LIMIT that the program's own driver prepares", code: `
        import { createRequire } from "node:module";
        import express from "express";
        interface Db { prepare(sql: string): { run(...values: unknown[]): unknown; all(...values: unknown[]): { id: number }[] }; exec(sql: string): void }
        function load(path: string): Db {
          const { DatabaseSync } = createRequire(import.meta.url)("node:sqlite");
          const db = new DatabaseSync(path);
          return {
            prepare: (sql) => {
              const statement = db.prepare(sql);
              return { run: (...values) => statement.run(...values), all: (...values) => statement.all(...values) };
            },
            exec: (sql) => db.exec(sql),
          };
        }
        const db = load("app.db");
        const oldest = db.prepare("SELECT id FROM runs ORDER BY id LIMIT ?");
        function claim(limit: number) {
          db.exec("BEGIN IMMEDIATE");
          const rows = db.prepare("SELECT id FROM runs ORDER BY id LIMIT ?").all(limit);
          for (const row of rows) db.prepare("UPDATE runs SET claimed = 1 WHERE id = ?").run(row.id);
          for (const row of oldest.all(limit)) db.prepare("UPDATE runs SET claimed = 2 WHERE id = ?").run(row.id);
          db.exec("COMMIT");
        }
        express().post("/claim", (req, res) => { claim(req.body.limit); res.end(); });` },
    { name: "a slice of a literal length", code: held(`for (const thing of req.body.things.slice(0, 100)) insert.run(thing.name);`) },
    { name: "a number that is at most a constant", code: held(`for (let i = 0; i < Math.min(req.body.count, 10); i++) insert.run("thing");`) },
    { name: "a counted loop up to a named constant", code: `
        const COPIES = 5;${held(`for (let i = 0; i < COPIES; i++) insert.run("copy");`)}` },
    { name: "the columns of a table", code: held(`for (const column of db.prepare("SELECT name FROM pragma_table_info('things')").all()) insert.run(column.name);`) },
    { name: "fixed slots of an array", code: held(`for (const slot of Array.from({ length: 24 }, (_, i) => i)) insert.run(slot);`) },
    { name: "what each of several implementations gives: a few statements, or none", code: `${DB}
        interface Dialect { setUp(name: string): string[] | undefined }
        class Plain implements Dialect { setUp(name: string) { return undefined; } }
        class Grand implements Dialect { setUp(name: string) { return ["a " + name, "b " + name]; } }
        const dialect: Dialect = process.env.PLAIN ? new Plain() : new Grand();
        app.post("/things", (req, res) => {
          db.transaction(() => { for (const name of dialect.setUp("x")) insert.run(name); })();
          res.end();
        });` },
    { name: "called with literal lists alone", code: `${DB}
        const insertAll = db.transaction((names) => {
          for (const name of names) insert.run(name);
        });
        app.post("/reset", (req, res) => {
          insertAll(["a", "b"]);
          insertAll(["c"]);
          res.end();
        });` },
  ],
  invalid: [
    { name: "a Map that is filled from a longer list, too", code: held(`const byName = new Map([["a", 1]]); for (const name of req.body.names) byName.set(name, { name }); for (const name of byName.keys()) insert.run(name);`), findings: [{ line: 7, message: "loops over `byName`", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "a Set that is filled from a longer list", code: held(`const names = new Set(); for (const name of req.body.names) names.add(name); for (const name of names) insert.run(name);`), findings: [{ line: 7, message: "loops over `names`", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "a list as long as another one", code: held(`for (const i of Array.from({ length: req.body.names.length }, (_, at) => at)) insert.run(String(i));`), findings: [{ line: 7, message: "loops over", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "a limit that the caller of a helper leaves out", code: `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const find = async (where, limit) => {
          const rows = await prisma.thing.findMany({ where, take: limit || undefined });
          return rows;
        };
        const app = express();
        app.post("/things", async (req, res) => {
          const rows = await find({ name: req.body.name });
          await prisma.$transaction(async (tx) => {
            for (const row of rows) await tx.thing.delete({ where: { id: row.id } });
          });
          res.end();
        });`, findings: [{ line: 11, message: "loops over `rows`", library: "@prisma/client", fix: "review", reason: REVIEW, related: [12], why: [9], statements: "n" }] },
    { name: "what was sent, or nothing where it cannot be read", code: `
        import Database from "better-sqlite3";
        import { Hono } from "hono";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = new Hono();
        app.post("/things", async (c) => {
          const names = await c.req.json().catch(() => null);
          db.transaction(() => { for (const name of names) insert.run(name); })();
          return c.body(null, 204);
        });`, findings: [{ line: 8, message: "loops over `names`", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "what a function gives in one of two ways", code: `${DB}
        const names = (req) => (req.body.few ? ["a", "b"] : req.body.names);
        app.post("/things", (req, res) => {
          db.transaction(() => { for (const name of names(req)) insert.run(name); })();
          res.end();
        });`, findings: [{ line: 8, message: "loops over `names", fix: "review", reason: REVIEW, related: [8], why: [7], statements: "n" }] },
    { name: "a list that a loop over what was sent fills, in a loop with a constant bound", code: `${DB}
        const save = (list) => db.transaction(() => { for (const code of list) insert.run(code); })();
        app.post("/codes", (req, res) => {
          const codes = [];
          for (let i = 0; i < 4; i++) for (const each of req.body) codes.push(each + i);
          save(codes);
          res.json(codes);
        });`, findings: [{ line: 6, message: "loops over `list`", fix: "review", reason: REVIEW, related: [6], why: [7, 10], statements: "n" }] },
    { name: "the lists of the things in a list that grows", code: `
        const groups = [{ name: "a", things: ["x"] }];${held(`groups.push(req.body);
            for (const group of groups) for (const name of group.things) insert.run(name);`)}`,
      findings: [{ line: 8, message: "loops over `groups`", fix: "review", reason: REVIEW, related: [10], why: [7], statements: "n·m" }] },
    { name: "the lists of the things in a constant list, one of which was sent", code: held(`const groups = [{ things: ["x"] }, { things: req.body.things }];
            for (const group of groups) for (const name of group.things) insert.run(name);`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: REVIEW, related: [9], why: [6], statements: "2n" }] },
    { name: "the request's list", code: held(`for (const thing of req.body.things) insert.run(thing.name);`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "a query without a LIMIT", code: held(`for (const row of db.prepare("SELECT * FROM inbox").all()) insert.run(row.name);`),
      findings: [{ line: 7, message: "This better-sqlite3 transaction holds", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n + 1" }] },
    { name: "counted up to the list's length", code: held(`for (let i = 0; i < req.body.things.length; i++) insert.run(req.body.things[i].name);`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "counted up to a number from outside", code: held(`for (let i = 0; i < req.body.count; i++) insert.run("thing");`),
      findings: [{ line: 7, message: "loops over `count`", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "forEach", code: held(`req.body.things.forEach((thing) => insert.run(thing.name));`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "map, for its effects", code: held(`const ids = req.body.things.map((thing) => insert.run(thing.name).lastInsertRowid);
            return ids;`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "the entries of the request's object", code: held(`for (const [name, value] of Object.entries(req.body)) insert.run(\`\${name}=\${value}\`);`),
      findings: [{ line: 7, message: "loops over `body`", confidence: "likely", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "a list that was literal once, and grows", code: held(`const names = [];
            for (const thing of req.body.things) names.push(thing.name);
            for (const name of names) insert.run(name);`),
      findings: [{ line: 7, message: "loops over `names`", fix: "review", reason: REVIEW, related: [10], why: [6], statements: "n" }] },
    { name: "a list with a spread", code: held(`for (const name of ["first", ...req.body.names]) insert.run(name);`),
      findings: [{ line: 7, message: "This better-sqlite3 transaction holds", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "a slice without an end", code: held(`for (const thing of req.body.things.slice(1)) insert.run(thing.name);`),
      findings: [{ line: 7, message: "holds the write lock", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "a loop in a loop", code: held(`for (const order of req.body.orders) {
              for (const line of order.lines) insert.run(line.name);
            }`),
      findings: [{ line: 7, message: "loops over `orders`", fix: "review", reason: REVIEW, related: [8], statements: "n·m", why: [6] }] },
    { name: "while there is more", code: held(`const queue = [...req.body.things];
            while (queue.length > 0) insert.run(queue.shift().name);`),
      findings: [{ line: 7, message: "This better-sqlite3 transaction holds", confidence: "likely", fix: "review", reason: REVIEW, related: [9], why: [6], statements: "n" }] },
    { name: "one literal list and one that is not", code: `${DB}
        const insertAll = db.transaction((names) => {
          for (const name of names) insert.run(name);
        });
        app.post("/things", (req, res) => {
          insertAll(["first"]);
          insertAll(req.body.names);
          res.end();
        });`,
      findings: [{ line: 6, message: "loops over `names`", fix: "review", reason: REVIEW, related: [7], why: [9], statements: "n" }] },
    { name: "a bounded loop and one that is not", code: held(`for (const kind of ["a", "b"]) insert.run(kind);
            for (const thing of req.body.things) insert.run(thing.name);`),
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: REVIEW, related: [9], statements: "n + 2", why: [6] }] },
  ],
});
