import { runTable } from "./lib/table.js";

const REVIEW = "all-or-nothing is given up";
const ELSEWHERE = "the loop is not written in the transaction itself";

/** A helper that begins a transaction of its own where it is given none, as its test gives it. */
const NOTES = {
  "src/notes.ts": `
  import knex from "knex";
  export const db = knex({ client: "pg", connection: process.env.DATABASE_URL });
  export async function addNotes(notes: string[], trx?: any) {
    const add = async (on: any) => { for (const text of notes) await on("notes").insert({ text }); };
    if (trx) await add(trx);
    else await db.transaction(add);
  }`,
  "src/notes.test.ts": `
  import { test } from "vitest";
  import { addNotes } from "./notes.js";
  test("adds", async () => { await addNotes(["a", "b"]); });`,
};

const DB = `
  import Database from "better-sqlite3";
  export const db = new Database("app.db");
  export function inTransaction<T>(work: () => T): T {
    return db.transaction(work).immediate();
  }
`;

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "through helpers and files",
  valid: [
    {
      name: "the helper's callers hold no loop",
      code: {
        "src/db.ts": DB,
        "src/server.ts": `
          import express from "express";
          import { db, inTransaction } from "./db.js";
          const app = express();
          app.post("/things", (req, res) => {
            inTransaction(() => db.prepare("INSERT INTO things (name) VALUES (?)").run(req.body.name));
            res.end();
          });
        `,
      },
    },
    {
      name: "the helper is called from the loop: a transaction an item",
      code: {
        "src/db.ts": DB,
        "src/server.ts": `
          import express from "express";
          import { db, inTransaction } from "./db.js";
          const app = express();
          app.post("/things", (req, res) => {
            for (const thing of req.body.things) inTransaction(() => db.prepare("INSERT INTO things (name) VALUES (?)").run(thing.name));
            res.end();
          });
        `,
      },
    },
    {
      name: "the helper's parameter is a bounded list at every call",
      code: {
        "src/db.ts": DB,
        "src/save.ts": `
          import { db } from "./db.js";
          export function saveAll(names: readonly string[]) {
            db.transaction(() => {
              for (const name of names) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
            })();
          }
        `,
        "src/server.ts": `
          import express from "express";
          import { saveAll } from "./save.js";
          const app = express();
          app.post("/reset", (req, res) => {
            saveAll(["a", "b"]);
            res.end();
          });
        `,
      },
    },
    {
      name: "the service passes batches, only a test passes a list as long as it likes",
      code: {
        "src/save.ts": `
          import { db } from "./db.js";
          export function saveAll(names: readonly string[]) {
            db.transaction(() => {
              for (const name of names) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
            })();
          }
        `,
        "src/db.ts": DB,
        "src/server.ts": `
          import express from "express";
          import { saveAll } from "./save.js";
          const app = express();
          const nameBatch: string[] = [];
          app.post("/name", (req, res) => {
            nameBatch.push(req.body.name);
            if (nameBatch.length >= 100) saveAll(nameBatch.splice(0, 100));
            res.end();
          });
          process.on("SIGTERM", () => saveAll(nameBatch));
        `,
        "test/save.test.ts": `
          import { it } from "vitest";
          import { saveAll } from "../src/save.js";
          it("saves", () => {
            const names = Array.from({ length: Number(process.env.MANY) }, String);
            saveAll(names);
          });
        `,
      },
    },
    {
      name: "a helper of the same name that opens no transaction",
      code: {
        "src/db.ts": DB,
        "src/local.ts": `
          export function inTransaction<T>(work: () => T): T {
            return work();
          }
        `,
        "src/server.ts": `
          import express from "express";
          import { db } from "./db.js";
          import { inTransaction } from "./local.js";
          const app = express();
          app.post("/things", (req, res) => {
            inTransaction(() => {
              for (const thing of req.body.things) db.prepare("INSERT INTO things (name) VALUES (?)").run(thing.name);
            });
            res.end();
          });
        `,
      },
    },
    {
      name: "only a script calls it",
      code: {
        "src/db.ts": DB,
        "scripts/import.ts": `
          import { db, inTransaction } from "../src/db.js";
          inTransaction(() => {
            for (const name of process.argv) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
          });
        `,
      },
    },
  ],
  invalid: [
    {
      name: "a transaction of its own that a helper begins only where it is given none, as its tests do",
      code: {
        ...NOTES,
        "src/save.ts": `
          import { addNotes, db } from "./notes.js";
          export const save = (notes: string[]) => db.transaction(async (trx) => { await addNotes(notes, trx); });`,
      },
      findings: [{ line: 2, file: "src/save.ts", message: "loops over `notes`", confidence: "likely", library: "knex", fix: "manual", reason: ELSEWHERE, related: ["src/notes.ts:4"], why: [], statements: "n" }],
    },
    {
      name: "another caller of the program gives it none",
      code: {
        ...NOTES,
        "src/save.ts": `
          import { addNotes, db } from "./notes.js";
          export const save = (notes: string[]) => db.transaction(async (trx) => { await addNotes(notes.slice(0, 50), trx); });
          export const saveAll = (notes: string[]) => addNotes(notes);`,
      },
      findings: [
        { line: 6, file: "src/notes.ts", message: "loops over `notes`", library: "knex", fix: "review", reason: REVIEW, related: ["src/notes.ts:4"], why: [], statements: "n" },
        { line: 2, file: "src/save.ts", message: "loops over `notes`", confidence: "likely", library: "knex", fix: "manual", reason: ELSEWHERE, related: ["src/notes.ts:4"], why: [], statements: "n" },
      ],
    },
    {
      name: "a transaction of its own that a helper begins only where it is given none, when all give one: theirs are judged",
      code: {
        "src/things.ts": `
          import knex from "knex";
          export const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });
          export async function insertAll(names: string[], trx?: any) {
            const insert = async (on: any) => {
              for (const name of names) await on("things").insert({ name });
            };
            if (trx) await insert(trx);
            else await db.transaction(insert);
          }
        `,
        "src/server.ts": `
          import express from "express";
          import { db, insertAll } from "./things.js";
          const app = express();
          app.post("/things", (req, res) => {
            db.transaction(async (trx) => {
              await Promise.all(req.body.groups.map(async (names) => {
                await insertAll(names, trx);
              }));
            });
            res.end();
          });
        `,
      },
      findings: [{ file: "src/server.ts", line: 5, message: "n·m statements", library: "knex", fix: "review", reason: REVIEW, related: ["src/server.ts:6"], statements: "n·m", why: ["src/server.ts:4"] }],
    },
    {
      name: "the loop's writes are in another function",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        function saveThing(thing) {
          db.prepare("INSERT INTO things (name) VALUES (?)").run(thing.name);
          db.prepare("UPDATE counters SET n = n + 1").run();
        }
        const app = express();
        app.post("/things", (req, res) => {
          db.transaction(() => {
            for (const thing of req.body.things) saveThing(thing);
          })();
          res.end();
        });
      `,
      findings: [{ line: 10, message: "2n statements", fix: "review", reason: REVIEW, related: [11], statements: "2n", why: [9] }],
    },
    {
      name: "the loop is in another function",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        function saveAll(things) {
          for (const thing of things) db.prepare("INSERT INTO things (name) VALUES (?)").run(thing.name);
        }
        const app = express();
        app.post("/things", (req, res) => {
          db.transaction(() => saveAll(req.body.things))();
          res.end();
        });
      `,
      findings: [{ line: 9, message: "loops over `things`", confidence: "likely", fix: "manual", reason: ELSEWHERE, related: [5], why: [8], statements: "n" }],
    },
    {
      name: "a helper runs what it is given in a transaction: each caller's loop is the caller's",
      code: {
        "src/db.ts": DB,
        "src/server.ts": `
          import express from "express";
          import { db, inTransaction } from "./db.js";
          const app = express();
          app.post("/things", (req, res) => {
            inTransaction(() => {
              for (const thing of req.body.things) db.prepare("INSERT INTO things (name) VALUES (?)").run(thing.name);
            });
            res.end();
          });
          app.post("/thing", (req, res) => {
            inTransaction(() => db.prepare("INSERT INTO things (name) VALUES (?)").run(req.body.name));
            res.end();
          });
        `,
      },
      findings: [{ file: "src/server.ts", line: 5, message: "loops over `things`", fix: "review", reason: REVIEW, related: ["src/server.ts:6"], why: ["src/server.ts:4"], statements: "n" }],
    },
    {
      name: "the write is two files away",
      code: {
        "src/db.ts": DB,
        "src/rows.ts": `
          import { db } from "./db.js";
          export const addThing = (name: string) => db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
        `,
        "src/things.ts": `
          import { db } from "./db.js";
          import { addThing } from "./rows.js";
          export function importThings(names: string[]) {
            const run = db.transaction(() => {
              for (const name of names) addThing(name);
            });
            run();
          }
        `,
        "src/server.ts": `
          import Fastify from "fastify";
          import { importThings } from "./things.js";
          const app = Fastify();
          app.post("/things", async (request) => importThings(request.body as string[]));
        `,
      },
      findings: [{ file: "src/things.ts", line: 4, message: "loops over `names`", fix: "review", reason: REVIEW, related: ["src/things.ts:5"], statements: "n", why: ["src/server.ts:4", "src/server.ts:4"] }],
    },
    {
      name: "a wrapper made in a constructor, run by a method",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        class ThingRepository {
          constructor(db) {
            this.saveAll = db.transaction((things) => {
              for (const thing of things) db.prepare("INSERT INTO things (name) VALUES (?)").run(thing.name);
            });
          }
          save(things) {
            this.saveAll(things);
          }
        }
        const things = new ThingRepository(new Database("app.db"));
        const app = express();
        app.post("/things", (req, res) => {
          things.save(req.body.things);
          res.end();
        });
      `,
      findings: [{ line: 5, message: "loops over `things`", fix: "review", reason: REVIEW, related: [6], why: [15, 16], statements: "n" }],
    },
    { name: "a wrapper whose function runs the one that it is given", code: `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const whole = db.transaction((work) => work());
        const app = express();
        app.post("/things", (req, res) => {
          whole(() => {
            for (const name of req.body.names) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
          });
          res.end();
        });`,
      findings: [{ line: 7, message: "loops over `names`", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    {
      name: "a wrapper that is exported",
      code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const saveAll = db.transaction((names) => {
          for (const name of names) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
        });
      `,
      findings: [{ line: 3, message: "loops over `names`", fix: "review", reason: REVIEW, related: [4], statements: "n" }],
    },
    {
      name: "the session is handed on as a parameter",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        function saveThing(session, thing) {
          session.prepare("INSERT INTO things (name) VALUES (?)").run(thing.name);
        }
        const app = express();
        app.post("/things", (req, res) => {
          const save = db.transaction(() => {
            for (const thing of req.body.things) saveThing(db, thing);
          });
          save();
          res.end();
        });
      `,
      findings: [{ line: 9, message: "loops over `things`", fix: "review", reason: REVIEW, related: [10], statements: "n", why: [8] }],
    },
    {
      name: "begun, filled and ended by a function that runs the SQL it is given",
      code: `
        import sqlite3 from "sqlite3";
        import { Router } from "express";
        const db = new sqlite3.Database("app.db");
        const run = (sql: string, values: unknown[] = []) => new Promise<void>((resolve, reject) => db.run(sql, values, (error) => (error ? reject(error) : resolve())));
        const router = Router();
        router.post("/things", async (req, res) => {
          await run("BEGIN TRANSACTION");
          for (const thing of req.body.things) await run("INSERT INTO things VALUES (?)", [thing]);
          await run("COMMIT");
          res.end();
        });
      `,
      findings: [{ line: 7, library: "sqlite3", message: "holds the write lock while it loops over \`things\`: n statements", fix: "manual", reason: "a function of the program begins it", related: [8], statements: "n", why: [6] }],
    },
    {
      name: "a timer's clean-up",
      code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        setInterval(() => {
          db.transaction(() => {
            for (const { id } of db.prepare("SELECT id FROM jobs WHERE done = 1").all()) db.prepare("DELETE FROM jobs WHERE id = ?").run(id);
          })();
        }, 60_000);
      `,
      findings: [{ line: 4, message: "holds the write lock", fix: "review", reason: REVIEW, related: [5], statements: "n + 1", why: [3] }],
    },
  ],
});
