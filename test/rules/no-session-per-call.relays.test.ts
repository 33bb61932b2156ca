import { runTable } from "./lib/table.js";

/** Helpers that run what they are given, and give back what that gives. */
const HELPERS = `
  export async function retry<T>(work: () => Promise<T>): Promise<T> {
    for (let turn = 0; turn < 3; turn++) { try { return await work(); } catch { console.warn(turn); } }
    return work();
  }
  export const timed = async <T>(name: string, work: () => Promise<T>) => { const out = await retry(work); console.log(name); return out; };
  export class Runner {
    async run<T>(work: () => Promise<T>): Promise<T> { return timed("run", () => work()); }
  }`;

const served = (start: string, request: string) => ({
  "src/helpers.ts": HELPERS,
  "src/server.ts": `
  import express from "express";
  import Database from "better-sqlite3";
  import { retry, Runner, timed } from "./helpers.js";
  const open = async () => new Database("app.db");
  ${start}
  const app = express();
  app.get("/things", async (req, res) => { ${request} });`,
});
const READ = `res.json(await retry(async () => db.prepare("SELECT 1").get())); res.json(await timed("read", async () => db.prepare("SELECT 1").get())); res.json(await new Runner().run(async () => db.prepare("SELECT 1").get()));`;

runTable({
  rule: "no-session-per-call",
  theme: "helpers that run what they are given",
  valid: [
    { name: "a retry, once, and other work per request", code: served('const db = await retry(async () => new Database("app.db"));', READ) },
    { name: "through a helper that hands it on", code: served('const db = await timed("open", async () => new Database("app.db"));', READ) },
    { name: "a function that opens, through two helpers", code: served('const db = await timed("open", () => open());', READ) },
    { name: "a database of its own in a new folder each time, by a factory that hands the path on", code: {
      "src/server.ts": `
  import express from "express";
  import { mkdtempSync } from "node:fs";
  import path from "node:path";
  import Database from "better-sqlite3";
  const openDb = (file: string) => { const db = new Database(file); db.pragma("journal_mode = WAL"); return db; };
  const createDb = (file: string) => { const db = openDb(file); db.exec("CREATE TABLE IF NOT EXISTS things (name)"); return db; };
  function trial() { const folder = mkdtempSync("trial-"); return createDb(path.join(folder, "trial.db")); }
  const app = express();
  const db = createDb("app.db");
  app.get("/things", (req, res) => res.json(db.prepare("SELECT 1").get()));
  app.post("/trials", (req, res) => res.json(trial().prepare("SELECT 1").get()));`,
    } },
    { name: "a function with a name, through two helpers", code: served('const begin = async () => new Database("app.db"); const db = await timed("open", begin);', READ) },
    { name: "through a method and two helpers", code: served('const db = await new Runner().run(async () => new Database("app.db"));', READ) },
  ],
  invalid: [
    {
      name: "a retry per request",
      code: served("", 'const db = await retry(async () => new Database("app.db")); res.json(db.prepare("SELECT 1").get());'),
      findings: [{ file: "src/server.ts", line: 7, message: "opens a new", fix: "review", reason: "opened asynchronously", related: ["src/server.ts:7"], sessions: "1", why: ["src/server.ts:7", "src/server.ts:7", "src/server.ts:7"] }],
    },
    {
      name: "through a method and two helpers, per request",
      code: served("", "const db = await new Runner().run(() => open()); res.json(db.prepare(\"SELECT 1\").get());"),
      findings: [{ file: "src/server.ts", line: 4, message: "opens a new", fix: "review", reason: "opened asynchronously", related: ["src/server.ts:7", "src/server.ts:7"], sessions: "1", why: ["src/server.ts:7", "src/server.ts:7", "src/server.ts:7", "src/server.ts:4"] }],
    },
  ],
});
