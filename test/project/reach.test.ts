import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { scanProject } from "../../src/project/scan.js";
import { tree } from "./tree.js";

const DB = `import Database from "better-sqlite3";
const db = new Database("shop.db");
export const session = db;
`;

async function parsed(files: Record<string, string>): Promise<number> {
  const { stats } = await scanProject({ root: tree(files), cache: false });
  return stats.parsed;
}

describe("what is parsed for linking", () => {
  it.each<[string, Record<string, string>, number]>([
    ["who uses a session", { "use.ts": `import { session } from "./db.js";\nexport const all = () => session.prepare("SELECT 1").all();` }, 2],
    ["who uses it through another file", { "use.ts": `import { session } from "./db.js";\nexport const all = () => session.prepare("SELECT 1").all();`, "route.ts": `import { all } from "./use.js";\nexport function handler() { return all(); }` }, 3],
    ["who takes it out of a module as a whole", { "use.ts": `import * as db from "./db.js";\nexport const all = () => db.session.prepare("SELECT 1").all();` }, 2],
    ["who gets it through a barrel", { "index.ts": `export * from "./db.js";`, "use.ts": `import { session } from "./index.js";\nexport const all = () => session.prepare("SELECT 1").all();` }, 3],
    ["who gets it through barrels that go round in circles", { "index.ts": `export * from "./more.js";`, "more.ts": `export * from "./index.js";\nexport * from "./db.js";`, "use.ts": `import { session } from "./index.js";\nexport const all = () => session.prepare("SELECT 1").all();` }, 4],
    ["who knows it by its type alone", { "types.ts": `import type { session } from "./db.js";\nexport interface Deps { db: typeof session }`, "use.ts": `import type { Deps } from "./types.js";\nexport const all = (deps: Deps) => deps.db.prepare("SELECT 1").all();` }, 3],
    ["what a session is handed to", { "use.ts": `import { session } from "./db.js";\nimport { run } from "./run.js";\nexport const all = () => run(session);`, "run.ts": `export function run(db) { return db.prepare("SELECT 1").all(); }` }, 3],
    ["who is run beside it, through a barrel of many", { "use.ts": `import { session } from "./db.js";\nimport { run } from "./lib.js";\nexport const all = () => run(session);`, "lib.ts": `export * from "./run.js";\nexport * from "./idle.js";`, "run.ts": `export function run(db) { return db.prepare("SELECT 1").all(); }`, "idle.ts": `export function idle() { return 1; }` }, 4],
    ["who fills a name of its module with it", { "use.ts": `import { session } from "./db.js";\nlet kept;\nexport function start() { kept = session; }\nexport function all() { return kept.prepare("SELECT 1").all(); }`, "route.ts": `import { all } from "./use.js";\nexport const handler = () => all();` }, 3],
  ])("%s", async (_name, files, count) => {
    expect(await parsed({ "db.ts": DB, ...files })).toBe(count);
  });

  it("but not who takes something else from the same file, nor what other code there speaks of", async () => {
    const files = {
      "db.ts": DB,
      "use.ts": `import { session } from "./db.js";\nimport { format } from "./format.js";\nexport const all = () => session.prepare("SELECT 1").all();\nexport const label = (date: Date) => format(date);`,
      "format.ts": `export const format = (date: Date) => date.toISOString();`,
      "page.ts": `import { label } from "./use.js";\nexport const page = () => label(new Date());`,
      "site.ts": `import { page } from "./page.js";\nexport const site = () => page();`,
    };
    // The page is looked at, since it imports from a file that matters; what imports the page is not.
    const { findings, stats } = await scanProject({ root: tree(files), cache: false });
    expect(findings).toEqual([]);
    expect(stats.parsed).toBeLessThanOrEqual(3);
  });
});

describe("tests", () => {
  const USE = `import { session } from "./db.js";\nexport const all = () => session.prepare("SELECT 1").all();`;

  it("are not read: no rule reports anything in them", async () => {
    expect(await parsed({ "db.ts": DB, "use.ts": USE, "use.test.ts": `import { all } from "./use.js";\ntest("all", () => { all(); });`, "test/own.ts": DB })).toBe(2);
  });

  it("are read where a file that is none imports them", async () => {
    expect(await parsed({ "db.ts": DB, "use.ts": `import { seeded } from "./testing/seeded.js";\nexport const all = () => seeded().all();`, "testing/seeded.ts": `import { session } from "../db.js";\nexport const seeded = () => session.prepare("SELECT 1");` })).toBe(3);
  });

  it("are read for a fix, which has to know who else calls what it changes", async () => {
    const files = { "db.ts": DB, "use.ts": USE, "use.test.ts": `import { all } from "./use.js";\ntest("all", () => { all(); });` };
    expect((await scanProject({ root: tree(files), cache: false, tests: true })).stats.parsed).toBe(3);
  });

  it("do not stand in for what the program runs with", async () => {
    const files = {
      "mail.ts": `export class Mail { constructor(private client: { send(to: string): Promise<void> }) {}\n  async welcome(to: string) { await this.client.send(to); } }`,
      "users.ts": `import { pool } from "./pool.js";\nimport type { Mail } from "./mail.js";
export async function join(mail: Mail, to: string) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("INSERT INTO users (mail) VALUES ($1)", [to]);
    await mail.welcome(to);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}`,
      "pool.ts": `import { Pool } from "pg";\nexport const pool = new Pool();`,
      "server.ts": `import express from "express";\nimport { Mail } from "./mail.js";\nimport { join } from "./users.js";
const app = express();
const mail = new Mail({ send: async (to) => { await fetch("https://mail.example.com", { method: "POST", body: to }); } });
app.post("/users", async (req, res) => { await join(mail, req.body.mail); res.end(); });`,
      "users.test.ts": `import { Mail } from "./mail.js";\nimport { join } from "./users.js";\ntest("join", async () => { await join(new Mail({ send: async () => {} }), "a@example.com"); });`,
    };
    const { findings } = await scanProject({ root: tree(files), cache: false });
    expect(findings.map(({ rule, file, confidence }) => `${rule} ${file} ${confidence}`)).toContain("no-io-in-transaction users.ts proven");
  });
});

describe("what a plugin puts on a server of Fastify's, where plugins are loaded by their place", () => {
  const files = {
    "plugins/database.js": `const { Store } = require("../lib/store");\nmodule.exports = async function (fastify, opts) {\n  fastify.decorate("db", new Store(opts.path));\n};`,
    "lib/store.js": `const { DatabaseSync } = require("node:sqlite");
class Store {
  constructor(path) { this.session = new DatabaseSync(path); }
  add(name) { this.session.prepare("INSERT INTO names (name) VALUES (?)").run(name); }
}
module.exports = { Store };`,
    "routes/names.js": `const { Importer } = require("../lib/importer");
module.exports = async function (fastify, opts) {
  const importer = new Importer(fastify.db);
  fastify.post("/names", async (request) => importer.take(request.body));
};`,
    "lib/importer.js": `class Importer {
  constructor(db) { this.db = db; }
  take(names) { for (const name of names) this.db.add(name); }
}
module.exports = { Importer };`,
  };

  it("is followed to who asks for it", async () => {
    const { findings } = await scanProject({ root: tree(files), cache: false });
    expect(findings.map(({ rule, file }) => `${rule} ${file}`)).toContain("no-autocommit-in-loop lib/importer.js");
  });

  it.each<[string, Record<string, string>]>([
    ["unless nobody puts anything there", { "plugins/database.js": `module.exports = async function (fastify, opts) {\n  fastify.decorate("clock", Date);\n};` }],
    ["unless something else is asked for", { "routes/names.js": `const { Importer } = require("../lib/importer");\nmodule.exports = async function (fastify, opts) { const importer = new Importer(fastify.log); fastify.post("/names", async (request) => importer.take(request.body)); };` }],
  ])("%s", async (_name, other) => {
    const { findings, stats } = await scanProject({ root: tree({ ...files, ...other }), cache: false });
    expect(findings.map(({ rule, file }) => `${rule} ${file}`)).not.toContain("no-autocommit-in-loop lib/importer.js");
    expect(stats.parsed).toBeLessThan(4);
  });
});

interface Generator {
  writeTree: (root: string, options: { seed: number; scale: number }) => { files: number };
}

describe("a generated monorepo", () => {
  it.each([1, 2])("says the same cold, warm and without a cache (seed %i)", async (seed) => {
    const { writeTree } = (await import(pathToFileURL(path.resolve("scripts/bench-scan/tree.mjs")).href)) as Generator;
    const root = tree({});
    const { files } = writeTree(root, { seed, scale: 0.008 });
    const cache = path.join(root, "node_modules/.cache/sessionfix");
    const scan = async (where: string | false) => {
      const { findings, stats } = await scanProject({ root, cache: where, strict: true });
      return { findings: JSON.stringify(findings), stats };
    };
    const bare = await scan(false);
    const cold = await scan(cache);
    const warm = await scan(cache);
    expect(bare.stats.files).toBe(files);
    expect(bare.findings).toContain("no-unbatched-loop-transaction");
    expect(cold.findings).toBe(bare.findings);
    expect(warm.findings).toBe(bare.findings);
    expect(warm.stats.fromCache).toBe(cold.stats.parsed);
  });
});
