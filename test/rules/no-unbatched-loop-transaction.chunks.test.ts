import { runTable } from "./lib/table.js";

const DB = `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = express();`;

const REVIEW = "all-or-nothing is given up";

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "chunks and batches",
  valid: [
    { name: "what the program's own generator yields at a time", code: `
        import express from "express";
        import Database from "better-sqlite3";
        const db = new Database("guide.db");
        const insert = db.prepare("INSERT INTO shows (title) VALUES (?)");
        async function* parsed(url, size = 1000) {
          let shows = [];
          for await (const line of (await fetch(url)).body) {
            shows.push({ title: line });
            if (shows.length >= size) {
              yield { shows, last: false };
              shows = [];
            }
          }
          yield { shows, last: true };
        }
        const save = db.transaction((list) => {
          for (const show of list) insert.run(show.title);
        });
        const app = express();
        app.post("/guide", async (req, res) => {
          for await (const part of parsed(req.body.url)) {
            if (part.shows.length > 0) save(part.shows);
          }
          res.end();
        });` },
    { name: "a piece whose rows a helper looks up, so many at a time", code: `${DB}
        const update = db.prepare("UPDATE images SET width = ? WHERE id = ?");
        const missing = (limit: number) => db.prepare("SELECT * FROM images WHERE width IS NULL LIMIT ?").all(limit);
        const measure = async (image) => ({ id: image.id, width: await fetch(image.url).then((answer) => answer.status) });
        async function parallelMap(list, give, limit) {
          const found = new Array(list.length);
          let next = 0;
          const work = async () => {
            while (next < list.length) {
              const at = next++;
              found[at] = await give(list[at]);
            }
          };
          await Promise.all(Array.from({ length: limit }, work));
          return found;
        }
        const save = (sizes) => db.transaction((rows) => {
          for (const row of rows) update.run(row.width, row.id);
        })(sizes);
        app.post("/measure", async (req, res) => {
          for (;;) {
            const images = missing(500);
            if (images.length === 0) break;
            const sizes = (await parallelMap(images, measure, 5)).filter((size) => size.width > 0);
            save(sizes);
          }
          res.end();
        });` },
    { name: "a transaction a chunk, sliced by hand", code: `${DB}
        const SIZE = 10;
        app.post("/things", (req, res) => {
          const { things } = req.body;
          for (let start = 0; start < things.length; start += SIZE) {
            const some = things.slice(start, start + SIZE);
            db.transaction(() => {
              for (const thing of some) insert.run(thing.name);
            })();
          }
          res.end();
        });` },
    { name: "a transaction a chunk, by a chunking helper", code: `
        import { chunk } from "lodash";${DB}
        app.post("/things", (req, res) => {
          for (const part of chunk(req.body.things, 100)) {
            db.transaction(() => {
              for (const thing of part) insert.run(thing.name);
            })();
          }
          res.end();
        });` },
    { name: "a wrapper that is called with each batch", code: `${DB}
        const saveBatch = db.transaction((batch) => {
          for (const thing of batch) insert.run(thing.name);
        });
        app.post("/things", (req, res) => {
          for (let i = 0; i < req.body.things.length; i += 50) saveBatch(req.body.things.slice(i, i + 50));
          res.end();
        });` },
    { name: "a page of rows at a time", code: `${DB}
        setInterval(() => {
          for (;;) {
            const rows = db.prepare("SELECT * FROM inbox ORDER BY id LIMIT 100").all();
            if (rows.length === 0) return;
            db.transaction(() => {
              for (const row of rows) insert.run(row.name);
              db.prepare("DELETE FROM inbox WHERE id <= ?").run(rows.at(-1).id);
            })();
          }
        }, 1000);` },
    { name: "splice takes so many from the front", code: `${DB}
        const queue = [];
        setInterval(() => {
          const next = queue.splice(0, 20);
          db.transaction(() => {
            for (const thing of next) insert.run(thing.name);
          })();
        }, 1000);` },
    { name: "the runtime's batches", code: `
        import { batchedTransactionSync } from "sessionfix-runtime";${DB}
        app.post("/things", (req, res) => {
          batchedTransactionSync(db, req.body.things, (thing) => insert.run(thing.name), { batchSize: 10 });
          res.end();
        });` },
    { name: "BEGIN and COMMIT around each batch", code: `${DB}
        app.post("/things", (req, res) => {
          const { things } = req.body;
          for (let start = 0; start < things.length; start += 10) {
            db.exec("BEGIN");
            for (const thing of things.slice(start, start + 10)) insert.run(thing.name);
            db.exec("COMMIT");
          }
          res.end();
        });` },
    { name: "the rows of one thing are replaced, table names and all behind casts", code: `
        import type { Kysely } from "kysely";
        export async function retag(db: Kysely<any>, id: string, rows: readonly object[]): Promise<void> {
          await db.transaction().execute(async (trx) => {
            await trx.deleteFrom("tags" as any).where("thing" as any, "=", id).execute();
            for (const row of rows) await trx.insertInto("tags" as any).values(row as any).execute();
          });
        }` },
    { name: "the rows of one thing are replaced, with Knex", code: `
        import type { Knex } from "knex";
        export async function retag(db: Knex, id: string, rows: readonly object[]): Promise<void> {
          await db.transaction(async (trx) => {
            await trx("tags").where({ thing: id }).del();
            for (const row of rows) await trx("tags").insert(row);
          });
        }` },
    { name: "a piece that is cut once more", code: `${DB}
        app.post("/things", (req, res) => {
          for (let start = 0; start < req.body.things.length; start += 100) {
            const piece = req.body.things.slice(start, start + 100);
            db.transaction(() => {
              for (let at = 0; at < piece.length; at += 10) {
                for (const thing of piece.slice(at, at + 10)) insert.run(thing.name);
              }
            })();
          }
          res.end();
        });` },
    { name: "the name of the parameter says that it is a piece", code: `
        import type Database from "better-sqlite3";
        export function saveRows(db: Database.Database, batch: readonly string[]): void {
          db.transaction(() => {
            for (const name of batch) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
          })();
        }` },
  ],
  invalid: [
    { name: "all that came of it by and by", code: `
        import express from "express";
        import Database from "better-sqlite3";
        const db = new Database("guide.db");
        const insert = db.prepare("INSERT INTO channels (name) VALUES (?)");
        async function* parsed(url) {
          const channels = [];
          for await (const line of (await fetch(url)).body) channels.push({ name: line });
          yield { channels };
        }
        const save = db.transaction((list) => {
          for (const channel of list) insert.run(channel.name);
        });
        const app = express();
        app.post("/guide", async (req, res) => {
          let all = [];
          for await (const part of parsed(req.body.url)) all = part.channels;
          save(all);
          res.end();
        });`, findings: [{ line: 10, message: "loops over `list`", fix: "review", reason: REVIEW, statements: "n", related: [11], why: [14] }] },
    { name: "one transaction over pieces, each of which is one statement", code: `
        import { PrismaClient } from "@prisma/client";
        import { splitEvery } from "./lists.js";
        const prisma = new PrismaClient();
        app.post("/restore", async (req, res) => {
          await prisma.$transaction(async (tx) => {
            for (const ids of splitEvery(1000, req.body.ids)) await tx.thing.updateMany({ where: { id: { in: ids } }, data: { deletedAt: null } });
          });
          res.end();
        });`, findings: [{ line: 5, message: "loops over `splitEvery(ids)`", confidence: "likely", library: "@prisma/client", fix: "review", reason: REVIEW, related: [6], why: [4], statements: "n" }] },
    { name: "one transaction over pieces that are cut by hand, a few statements each", code: `
        import knex from "knex";
        const db = knex({ client: "pg", connection: process.env.DATABASE_URL });
        const SIZE = 500;
        app.post("/things", async (req, res) => {
          await db.transaction(async (trx) => {
            for (let start = 0; start < req.body.things.length; start += SIZE) {
              const some = req.body.things.slice(start, start + SIZE);
              await trx("things").insert(some);
              await trx.raw("UPDATE totals SET things = things + ?", [some.length]);
            }
          });
          res.end();
        });`, findings: [{ line: 5, message: "loops over `things`", confidence: "likely", library: "knex", fix: "review", reason: REVIEW, related: [6], why: [4], statements: "2n" }] },
    { name: "one transaction over pieces, whatever the one statement is called", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { splitEvery } from "./lists.js";
        import { things } from "./schema.js";
        const db = drizzle("postgres://localhost/app");
        app.post("/things", async (req, res) => {
          await db.transaction(async (tx) => {
            for (const part of splitEvery(1000, req.body.things)) await tx.insert(things).values(part);
          });
          res.end();
        });`, findings: [{ line: 6, message: "loops over `splitEvery(things)`", confidence: "likely", library: "drizzle-orm", fix: "review", reason: REVIEW, related: [7], why: [5], statements: "n" }] },
    { name: "one transaction over pieces of ids, each of which is one UPDATE", code: `
        import Database from "better-sqlite3";
        import { inArray } from "drizzle-orm";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { things } from "./schema.js";
        const db = drizzle(new Database("app.db"));
        app.post("/read", (req, res) => {
          db.transaction((tx) => {
            for (const part of chunkOf(req.body.ids, 500)) tx.update(things).set({ unread: false }).where(inArray(things.id, part)).run();
          });
          res.end();
        });`, findings: [{ line: 7, message: "loops over `chunkOf(ids)`", confidence: "likely", library: "drizzle-orm", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "one transaction over pieces of ids that are cut by hand, each of which is one DELETE", code: `${DB}
        const SIZE = 999;
        app.post("/gone", (req, res) => {
          db.transaction(() => {
            for (let start = 0; start < req.body.ids.length; start += SIZE) {
              const part = req.body.ids.slice(start, start + SIZE);
              db.prepare(\`DELETE FROM things WHERE id IN (\${part.map(() => "?").join(",")})\`).run(...part);
            }
          })();
          res.end();
        });`, findings: [{ line: 8, message: "loops over `ids`", confidence: "likely", fix: "review", reason: REVIEW, related: [9], why: [7], statements: "n" }] },
    { name: "one transaction over pieces of rows that are inserted: as much is written as there is", code: `${DB}
        const SIZE = 500;
        app.post("/things", (req, res) => {
          db.transaction(() => {
            for (let start = 0; start < req.body.things.length; start += SIZE) {
              const part = req.body.things.slice(start, start + SIZE);
              db.prepare(\`INSERT INTO things (name) VALUES \${part.map(() => "(?)").join(",")}\`).run(...part);
            }
          })();
          res.end();
        });`, findings: [{ line: 8, message: "loops over `things`", fix: "review", reason: REVIEW, related: [9], why: [7], statements: "n" }] },
    { name: "one transaction over pieces, row by row", code: `
        import { PrismaClient } from "@prisma/client";
        import { splitEvery } from "./lists.js";
        const prisma = new PrismaClient();
        app.post("/restore", async (req, res) => {
          await prisma.$transaction(async (tx) => {
            for (const ids of splitEvery(1000, req.body.ids)) await Promise.all(ids.map((id) => tx.thing.update({ where: { id }, data: { deletedAt: null } })));
          });
          res.end();
        });`, findings: [{ line: 5, message: "loops over `splitEvery(ids)`", library: "@prisma/client", fix: "review", reason: REVIEW, related: [6], why: [4], statements: "n·m" }] },
    { name: "chunks, all in one transaction", code: `${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            for (let start = 0; start < req.body.things.length; start += 10) {
              for (const thing of req.body.things.slice(start, start + 10)) insert.run(thing.name);
            }
          })();
          res.end();
        });`,
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: REVIEW, related: [8], why: [6], statements: "n" }] },
    { name: "chunks by a helper, all in one transaction", code: `
        import { chunk } from "lodash";${DB}
        app.post("/things", (req, res) => {
          db.transaction(() => {
            for (const part of chunk(req.body.things, 100)) {
              for (const thing of part) insert.run(thing.name);
            }
          })();
          res.end();
        });`,
      findings: [{ line: 8, message: "holds the write lock", fix: "review", reason: REVIEW, related: [9], why: [7], statements: "n·m" }] },
    { name: "a slice as long as the list", code: `${DB}
        app.post("/things", (req, res) => {
          const copy = req.body.things.slice();
          db.transaction(() => {
            for (const thing of copy) insert.run(thing.name);
          })();
          res.end();
        });`,
      findings: [{ line: 8, message: "loops over `copy`", fix: "review", reason: REVIEW, related: [9], why: [6], statements: "n" }] },
    { name: "a page's rows are bounded, the rows made of them are not", code: `${DB}
        app.post("/things", (req, res) => {
          const owners = db.prepare("SELECT * FROM owners LIMIT 10").all();
          const things = owners.map((owner) => JSON.parse(owner.things)).flat();
          db.transaction(() => {
            for (const thing of things) insert.run(thing.name);
          })();
          res.end();
        });`,
      findings: [{ line: 9, message: "loops over `things`", fix: "review", reason: REVIEW, related: [10], why: [6], statements: "n" }] },
  ],
});
