import { runTable } from "./lib/table.js";

const TOLD = (log: string) => `
  import knex from "knex";
  import express from "express";
  const db = knex({ client: "pg", connection: process.env.DATABASE_URL });
  async function keep(text: string) { await db("events").insert({ text }); }
  const logger = { ${log} };
  const app = express();
  app.post("/things", async (req, res) => {
    const counts = await db.transaction(async (trx) => {
      const found = [];
      for (const name of req.body.names) {
        found.push(await trx("things").where({ name }).first());
        await logger.log(name);
      }
      return found;
    });
    res.json(counts);
  });`;

/** A helper that runs what it is given, for a loop of the service and for whoever else. */
const AS_USER = (turn: string, helper = "asUser") => ({
  "src/db.ts": `
  import knex from "knex";
  export const db = knex({ client: "pg", connection: process.env.DATABASE_URL });
  export async function asUser<T>(user: string, work: () => Promise<T>): Promise<T> {
    if (!user) return work();
    await db.raw("SELECT set_config('app.user', ?, true)", [user]);
    return work();
  }
  export const timed = async <T>(user: string, work: () => Promise<T>) => { const out = await asUser(user, work); console.log(user); return out; };`,
  "src/remove.ts": `
  import { timed, db } from "./db.js";
  export const remove = (user: string, id: number) => timed(user, () => db("things").where({ id }).delete());`,
  "src/server.ts": `
  import express from "express";
  import { asUser, db, timed } from "./db.js";
  import { remove } from "./remove.js";
  const app = express();
  app.delete("/things/:id", async (req, res) => { await remove(req.body.user, Number(req.params.id)); res.end(); });
  app.post("/things", async (req, res) => {
    await db.transaction(async (trx) => {
      for (const name of req.body.names) await ${helper}(req.body.user, async () => { ${turn} });
    });
    res.end();
  });`,
});

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "what a transaction waits for",
  valid: [
    { name: "a log that writes, for which nobody waits", code: TOLD("async log(text: string) { void keep(text); }") },
    { name: "nor does a function that cannot wait", code: TOLD("log(text: string) { keep(text); }") },
    { name: "a helper runs what it is given: here it reads, elsewhere it is given a write", code: AS_USER(`await trx("things").where({ name }).first();`) },
    { name: "a helper that hands it on to another one", code: AS_USER(`await trx("things").where({ name }).first();`, "timed") },
  ],
  invalid: [
    {
      name: "a log that writes, and is waited for",
      code: TOLD("async log(text: string) { await keep(text); }"),
      findings: [{ line: 8, message: "loops over `names`", library: "knex", fix: "review", reason: "all-or-nothing is given up", related: [10], why: [7], statements: "2n" }],
    },
    {
      name: "a helper that is given a write",
      code: AS_USER(`await trx("things").insert({ name });`),
      findings: [{ file: "src/server.ts", line: 7, message: "loops over `names`", library: "knex", fix: "review", reason: "all-or-nothing is given up", related: ["src/server.ts:8"], why: ["src/server.ts:6"], statements: "2n" }],
    },
    {
      name: "a driver that blocks has written when its function is over, whoever waits",
      code: `
  import Database from "better-sqlite3";
  import express from "express";
  const db = new Database("app.db");
  async function keep(text: string) { db.prepare("INSERT INTO events (text) VALUES (?)").run(text); }
  const app = express();
  app.post("/things", (req, res) => {
    db.transaction(() => { for (const name of req.body.names) void keep(name); })();
    res.end();
  });`,
      findings: [{ line: 7, message: "loops over `names`", fix: "review", reason: "all-or-nothing is given up", related: [7], why: [6], statements: "n" }],
    },
  ],
});
