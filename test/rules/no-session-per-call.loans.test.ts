import { runTable } from "./lib/table.js";

const DB = `
import Database from "better-sqlite3";
export function openDb(file: string) {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  return db;
}
export function withDb<T>(work: (db: Database.Database) => T): T {
  const db = openDb("app.db");
  try {
    return work(db);
  } finally {
    db.close();
  }
}
`;

const ROUTES = `
import express from "express";
import { addThing, listThings } from "./things.js";
const app = express();
app.get("/things", (req, res) => res.json(listThings()));
app.post("/things", (req, res) => res.json(addThing(req.body.name)));
`;

const READER = `
import Database from "better-sqlite3";
export function getDb() {
  return new Database("app.db", { readonly: true });
}
`;

const route = (name: string, table = "things") => `
import { getDb } from "../../../db.js";
export async function GET() {
  return Response.json(getDb().prepare("SELECT ${name} FROM ${table}").all());
}
`;

runTable({
  rule: "no-session-per-call",
  theme: "lent to what a helper is given, and read-only ones that are handed around",
  valid: [
    { name: "a helper that lends what is kept", code: {
      "src/db.ts": `
import Database from "better-sqlite3";
let kept: Database.Database | undefined;
export function openDb() {
  return (kept ??= new Database("app.db"));
}
export function withDb<T>(work: (db: Database.Database) => T): T {
  return work(openDb());
}
`,
      "src/things.ts": `
import { withDb } from "./db.js";
export const listThings = () => withDb((db) => db.prepare("SELECT * FROM things").all());
export const addThing = (name: string) => withDb((db) => db.prepare("INSERT INTO things (name) VALUES (?)").run(name));
`,
      "src/app.ts": ROUTES,
    } },
    { name: "what a test gives the program to make, which does so per request", code: {
      "src/db.ts": `
import Database from "better-sqlite3";
export function openDb(file: string) {
  return new Database(file);
}
`,
      "src/runner.ts": `
import type Database from "better-sqlite3";
export const createDriver = (task: string, db: Database.Database) => ({ run: () => db.prepare("SELECT * FROM things WHERE task = ?").all(task) });
export class Runner {
  constructor(private readonly make: (task: string) => ReturnType<typeof createDriver>) {}
  start(task: string) {
    const driver = this.make(task);
    return driver.run();
  }
}
`,
      "src/server.ts": `
import express from "express";
import { openDb } from "./db.js";
import { createDriver, Runner } from "./runner.js";
const db = openDb("app.db");
const runner = new Runner((task) => createDriver(task, db));
const app = express();
app.post("/tasks", (req, res) => res.json(runner.start(req.body.task)));
`,
      "test/runner.test.ts": `
import { openDb } from "../src/db.js";
import { createDriver, Runner } from "../src/runner.js";
test("runs", () => {
  const runner = new Runner((task) => createDriver(task, openDb("test.db")));
  expect(runner.start("a")).toEqual([]);
});
`,
    } },
    { name: "a helper that lends at start-up alone", code: {
      "src/db.ts": DB,
      "src/main.ts": `
import { withDb } from "./db.js";
withDb((db) => db.exec("CREATE TABLE IF NOT EXISTS things (name TEXT)"));
`,
    } },
    { name: "read-only, for three handlers", code: {
      "src/db.ts": READER,
      "src/app/api/a/route.ts": route("a"),
      "src/app/api/b/route.ts": route("b"),
      "src/app/api/c/route.ts": route("c"),
    } },
    { name: "read-only, each in its own place", code: {
      "src/app.ts": `
import Database from "better-sqlite3";
import express from "express";
const app = express();
${["a", "b", "c", "d", "e"].map((name) => `app.get("/${name}", (req, res) => {
  const db = new Database("${name}.db", { readonly: true });
  res.json(db.prepare("SELECT * FROM things").all());
  db.close();
});`).join("\n")}
`,
    } },
    { name: "read-only, of the files that callers name", code: {
      "src/db.ts": `
import Database from "better-sqlite3";
export function openDb(file: string) {
  return new Database(file, { readonly: true });
}
`,
      "src/app.ts": `
import express from "express";
import { openDb } from "./db.js";
const app = express();
${["a", "b", "c", "d", "e"].map((name) => `app.get("/${name}", (req, res) => {
  const db = openDb(req.query.file);
  res.json(db.prepare("SELECT ${name} FROM things").all());
  db.close();
});`).join("\n")}
`,
    } },
  ],
  invalid: [
    {
      name: "a helper lends what a factory opens",
      code: {
        "src/db.ts": DB,
        "src/things.ts": `
import { withDb } from "./db.js";
export const listThings = () => withDb((db) => db.prepare("SELECT * FROM things").all());
export const addThing = (name: string) => withDb((db) => db.prepare("INSERT INTO things (name) VALUES (?)").run(name));
`,
        "src/app.ts": ROUTES,
      },
      findings: [{ file: "src/db.ts", line: 3, message: "`openDb` opens a new better-sqlite3 session each time it is called, and 2 places do so per request, event or tick.", fix: "safe", related: ["src/db.ts:8", "src/things.ts:2", "src/things.ts:3"], why: ["src/app.ts:4", "src/app.ts:4", "src/things.ts:2", "src/db.ts:8", "src/db.ts:3"], sessions: "1" }],
    },
    {
      name: "a helper lends to what another helper is given",
      code: {
        "src/db.ts": `${DB}
function recovering<T>(db: Database.Database, work: (db: Database.Database) => T): T {
  try {
    return work(db);
  } catch {
    db.exec("REINDEX things");
    return work(db);
  }
}
export function withIndex<T>(work: (db: Database.Database) => T): T {
  return withDb((db) => recovering(db, work));
}
`,
        "src/things.ts": `
import { withIndex } from "./db.js";
export const listThings = () => withIndex((db) => db.prepare("SELECT * FROM things").all());
export const addThing = (name: string) => withIndex((db) => db.prepare("INSERT INTO things (name) VALUES (?)").run(name));
`,
        "src/app.ts": ROUTES,
      },
      findings: [{ file: "src/db.ts", line: 3, message: "and 2 places do so per request, event or tick.", fix: "safe", related: ["src/db.ts:8", "src/db.ts:25", "src/things.ts:2", "src/things.ts:3"], why: ["src/app.ts:4", "src/app.ts:4", "src/things.ts:2", "src/db.ts:25", "src/db.ts:8", "src/db.ts:3"], sessions: "1" }],
    },
    {
      name: "read-only, for four handlers",
      code: {
        "src/db.ts": READER,
        "src/app/api/a/route.ts": route("a"),
        "src/app/api/b/route.ts": route("b"),
        "src/app/api/c/route.ts": route("c"),
        "src/app/api/d/route.ts": route("d"),
      },
      findings: [{ file: "src/db.ts", line: 3, message: "`getDb` opens a new better-sqlite3 session each time it is called, and 4 places do so per request, event or tick.", fix: "manual", reason: "read-only", related: ["src/app/api/a/route.ts:3", "src/app/api/b/route.ts:3", "src/app/api/c/route.ts:3", "src/app/api/d/route.ts:3"], why: ["src/app/api/a/route.ts:2", "src/app/api/a/route.ts:3", "src/db.ts:3"], sessions: "1" }],
    },
  ],
});
