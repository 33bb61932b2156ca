import { describe, expect, it } from "vitest";
import { formatCost } from "../../../src/core/cost.js";
import { DB, lineOf, linesOf, matrixOf } from "./matrix.js";

const EXPRESS = `import express from "express";\nimport { db, open, read, save, write } from "./db";\nconst app = express();\n`;
const app = (text: string, more: Record<string, string> = {}) => ({ "db.ts": DB, "app.ts": EXPRESS + text, ...more });

describe("figures of one call", () => {
  it.each<[string, string, string]>([
    ["sessions, in loops and outside", `app.post("/x", (request) => { open(); open(); for (const id of request.body.ids) open(); });`, "POST /x | n + 2 | none | 0 | 0 | 0"],
    ["a statement by itself", `app.get("/x", () => read());`, "GET /x | 0 | read | 0 | 1 | 0"],
    ["a write without a transaction", `app.put("/x", () => { read(); write(1); });`, "PUT /x | 0 | write | 0 | 2 | 0"],
    ["a transaction that is made once and run in several places", `const add = db.transaction((row) => { db.prepare("INSERT INTO t VALUES (?)").run(row); db.prepare("UPDATE t SET a = 1").run(); });\napp.post("/x", () => { add(1); add(2); });`, "POST /x | 0 | write | 2 | 4 | 2"],
    ["the longest of several transactions", `app.post("/x", (request) => { db.transaction(() => write(1))(); save(request.body.rows); });`, "POST /x | 0 | write | 2 | n + 1 | n"],
    ["BEGIN and COMMIT as statements", `app.post("/x", () => { db.exec("BEGIN"); write(1); write(2); db.exec("COMMIT"); read(); });`, "POST /x | 0 | write | 1 | 3 | 2"],
    ["SQL that is no literal", `app.post("/x", (request) => { db.exec(request.body.sql); });`, "POST /x | 0 | unknown | 0 | 1 | 0"],
    ["a schema that is there mostly", "app.get(\"/x\", () => { db.exec(`CREATE TABLE IF NOT EXISTS t (a); CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)`); });", "GET /x | 0 | read | 0 | 1 | 0"],
    ["a schema that changes", "app.get(\"/x\", () => { db.exec(`CREATE TABLE IF NOT EXISTS t (a); ALTER TABLE t ADD b`); });", "GET /x | 0 | write | 0 | 1 | 0"],
    ["an immediate transaction that only reads", `const look = db.transaction(() => read());\napp.get("/x", () => look.immediate());`, "GET /x | 0 | write | 1 | 1 | 1"],
  ])("%s", (_name, text, expected) => {
    expect(linesOf(app(text))).toEqual([expected]);
  });

  it("leaves out what is in memory, kept, or run later, and counts operations that do nothing", () => {
    const { matrix } = matrixOf(
      app(`import Database from "better-sqlite3";
        let kept; function session() { return (kept ??= new Database("app.db")); }
        app.get("/memory", () => { const own = new Database(":memory:"); own.exec("INSERT INTO t VALUES (1)"); });
        app.get("/kept", () => session().prepare("SELECT 1").get());
        app.get("/nothing", (request, response) => response.json({}));
        app.get("/later", () => { setTimeout(() => write(1), 1); });`),
    );
    expect(matrix.rows.map(lineOf)).toEqual(["GET /kept | 0 | read | 0 | 1 | 0"]);
    expect(matrix.withoutDatabase).toBe(3);
  });

  it("counts the runtime's batches: one transaction each, so many items long", () => {
    const runtime = `import { batchedTransaction, getSession } from "sessionfix-runtime";\nasync function add(tx, entry) { tx.prepare("INSERT INTO t VALUES (?)").run(entry); tx.prepare("UPDATE t SET a = 1").run(); }\n`;
    const lines = linesOf(
      app(`${runtime}
        app.post("/default", async (request) => { const { entries } = request.body; await batchedTransaction(getSession("a.db"), entries, (entry, tx) => add(tx, entry)); });
        const SIZE = 25; app.post("/sized", async (request) => { const { entries } = request.body; await batchedTransaction(getSession("a.db"), entries, (entry, tx) => add(tx, entry), { batchSize: SIZE }); });
        app.post("/asked", async (request) => { const { entries, size } = request.body; await batchedTransaction(getSession("a.db"), entries, (entry, tx) => add(tx, entry), { batchSize: size }); });`),
    );
    expect(lines).toEqual(["POST /asked | 0 | write | n | 2n | 2n", "POST /sized | 0 | write | n | 2n | 50", "POST /default | 0 | write | n | 2n | 20"]);
  });

  it("counts a list of operations", () => {
    const prisma = { "prisma.ts": `import { PrismaClient } from "@prisma/client"; export const prisma = new PrismaClient();` };
    const lines = linesOf(
      app(`import { prisma } from "./prisma";
        app.post("/two", async () => { await prisma.$transaction([prisma.item.create({}), prisma.item.update({})]); });
        app.post("/many", async (request) => { await prisma.$transaction(request.body.map((item) => prisma.item.create(item))); });`, prisma),
    );
    expect(lines).toEqual(["POST /many | 0 | write | 1 | n | n", "POST /two | 0 | write | 1 | 2 | 2"]);
  });

  it("counts what helpers are given: functions by each caller, lists by their length", () => {
    const lines = linesOf(
      app(
        `import { prisma, transaction } from "./prisma";
        app.post("/function", async () => { await transaction(async (tx) => { await tx.item.create({}); await tx.item.update({}); await tx.item.delete({}); }); });
        app.post("/list", async () => { await transaction([prisma.item.create({}), prisma.item.update({})]); });
        app.post("/loop", async (request) => { await transaction(request.body.items.map((item) => prisma.item.create(item))); });`,
        { "prisma.ts": `import { PrismaClient } from "@prisma/client"; export const prisma = new PrismaClient(); export function transaction(input) { return prisma.$transaction(input); }` },
      ),
    );
    expect(lines).toEqual(["POST /loop | 0 | write | 1 | n | n", "POST /function | 0 | write | 1 | 3 | 3", "POST /list | 0 | write | 1 | 2 | 2"]);
  });

  it("says what a transaction waits for, which libraries take part, how it begins, and what it is called", () => {
    const { matrix } = matrixOf({
      "app.ts": `import express from "express";\nimport { drizzle } from "drizzle-orm/node-postgres";\nimport { transaction, getSession } from "sessionfix-runtime";\nconst db = drizzle(process.env.URL); const app = express();
        app.post("/pay", async (request) => { await db.transaction(async (tx) => { await tx.insert(orders).values(request.body); await fetch("https://pay.example"); }); });
        app.post("/labelled", async () => { await transaction(getSession("a.db"), (tx) => { tx.prepare("DELETE FROM t").run(); }, { label: "clean up" }); });`,
    });
    const [pay, labelled] = matrix.rows;
    expect(pay).toMatchObject({ operation: "POST /pay", kind: "route", file: "app.ts", line: 5, libraries: ["drizzle-orm"], io: [{ file: "app.ts", line: 5, kind: "network", text: "fetch waits for the network" }], labels: [] });
    expect(labelled).toMatchObject({ operation: "POST /labelled", mode: "immediate", labels: ["clean up"], io: [] });
  });

  it("is plain JSON", () => {
    const { rows } = matrixOf(app(`app.post("/x", (request) => save(request.body.rows));`)).matrix;
    expect(JSON.parse(JSON.stringify(rows))).toEqual(rows);
  });
});

describe("the order", () => {
  it("puts writers first, of these the ones that wait or hold long, then those that open sessions", () => {
    const lines = linesOf(
      app(`import { Pool } from "pg"; const pool = new Pool();
        app.get("/a-read", () => read());
        app.post("/b-write", () => write(1));
        app.post("/c-opens", () => { open(); write(1); });
        app.post("/d-short", () => { db.transaction(() => write(1))(); });
        app.post("/e-long", (request) => save(request.body.rows));
        app.post("/f-waits", async () => { await pool.query("BEGIN"); await pool.query("UPDATE t SET a = 1"); await fetch("https://a.example"); await pool.query("COMMIT"); });`),
    );
    expect(lines.map((line) => line.split(" | ")[0])).toEqual(["POST /f-waits", "POST /e-long", "POST /d-short", "POST /c-opens", "POST /b-write", "GET /a-read"]);
  });
});

describe("why", () => {
  const project = matrixOf(
    app(
      `import { load } from "./service";\napp.post("/import", (request) => { for (const id of request.body.ids) find(id); find(0); load(request.body.rows); });\nfunction find(id) { return open().prepare("SELECT 1").get(id); }\napp.get("/plain", () => read());`,
      { "service.ts": `import { db, write } from "./db";\nexport function load(rows) {\n  const run = db.transaction(() => {\n    for (const row of rows) write(row);\n  });\n  run();\n}` },
    ),
  );
  const row = (operation: string) => project.matrix.rows.find((each) => each.operation === operation) as (typeof project.matrix.rows)[number];

  it("shows each way to a session, with the loops on it", () => {
    const { sessions } = project.why(row("POST /import"));
    expect(sessions.map(({ steps }) => steps.map(({ text, file, line }) => `${text} ${file}:${line}`))).toEqual([
      ["POST /import app.ts:5", "the handler calls find, for each of ids app.ts:5", "find calls open app.ts:6", "open opens a better-sqlite3 session db.ts:3"],
      ["POST /import app.ts:5", "the handler calls find app.ts:5", "find calls open app.ts:6", "open opens a better-sqlite3 session db.ts:3"],
    ]);
  });

  it("shows each transaction with what it holds and over which loop", () => {
    const { transactions, statements } = project.why(row("POST /import"));
    expect(transactions).toHaveLength(1);
    expect(transactions[0]?.steps.map(({ text }) => text)).toEqual(["POST /import", "the handler calls load", "load begins a better-sqlite3 transaction"]);
    expect(formatCost(transactions[0]?.statements ?? [])).toBe("n");
    expect(transactions[0]?.loops).toEqual([{ file: "service.ts", line: 4, text: "writes for each of rows" }]);
    expect(statements).toEqual([]);
  });

  it("shows the statements of an operation without a transaction", () => {
    expect(project.why(row("GET /plain")).statements.map(({ steps }) => steps.at(-1)?.text)).toEqual([`read reads by db.prepare("SELECT * FROM items").all`]);
  });

  it("ends where functions call each other crosswise", () => {
    const names = Array.from({ length: 14 }, (_, index) => `f${index}`);
    const text = names.map((name) => `function ${name}() { ${names.map((other) => `${other}();`).join(" ")} }`).join("\n");
    const knot = matrixOf(app(`${text}\nfunction last() { open(); }\napp.get("/knot", () => { f0(); last(); });\nfunction f99() {}`.replace("function f13() {", "function f13() { open();")));
    const [only] = knot.matrix.rows;
    expect(only && knot.why(only).sessions.length).toBeGreaterThan(1);
  });
});
