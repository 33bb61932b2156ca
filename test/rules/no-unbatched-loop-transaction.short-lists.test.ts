import { APP, held } from "./lib/held-loop.js";
import { runTable } from "./lib/table.js";

const REVIEW = "all-or-nothing is given up";
const PARENT = "a parent with its children";
const perhaps = (symbol: string, statements = "n") => [{ line: 8, message: `loops over \`${symbol}\``, confidence: "likely" as const, fix: "review" as const, reason: REVIEW, related: [9], why: [6], statements }];
const surely = (symbol: string, statements = "n") => [{ line: 8, message: `loops over \`${symbol}\``, fix: "review" as const, reason: REVIEW, related: [9], why: [6], statements }];

/** A row for each group of a model's rows. */
const grouped = (asked: string) => `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        app.post("/things/:id", async (req, res) => {
          await prisma.$transaction(async (tx) => {
            const groups = await tx.version.groupBy({ ${asked} });
            for (const group of groups) await tx.place.create({ data: { name: group.placeId } });
          });
          res.end();
        });`;
const groupedAt = (confidence: "likely" | "proven" = "proven") => [{ line: 6, message: "loops over `groups`", confidence, library: "@prisma/client", fix: "review" as const, reason: REVIEW, related: [8], why: [5], statements: "n + 1" }];

/** Rows that a query is asked for by their ids. */
const byIds = (ids: string, asked = "{ where: { id: { in: ids } } }") => `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        const add = (ids, tag) => prisma.$transaction(async (tx) => {
          const things = await tx.thing.findMany(${asked});
          for (const thing of things) await tx.thing.update({ where: { id: thing.id }, data: { tags: [...thing.tags, tag] } });
        });
        app.post("/tags", async (req, res) => { await add(${ids}, req.body.tag); res.end(); });`;
const byIdsAt = (confidence: "likely" | "proven" = "proven", statements = "n + 1") => [{ line: 5, message: "loops over `things`", confidence, library: "@prisma/client", fix: "review" as const, reason: REVIEW, related: [7], why: [9, 9], statements }];

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "short lists",
  valid: [
    { name: "the length was compared with a constant", code: held(`if (req.body.things.length > MAX_THINGS) return res.status(413).end();`, `for (const thing of req.body.things) insert.run(thing.name);`) },
    { name: "the length was compared with a number", code: held(`const things = req.body.things; if (things.length > 200) throw new RangeError("too many");`, `for (const thing of things) insert.run(thing.name);`) },
    { name: "the length was compared with a setting", code: held(`const things = req.body.things; if (things.length >= settings.maxThings) throw new RangeError("too many");`, `for (const thing of things) insert.run(thing.name);`) },
    { name: "a list that was cut", code: held(`const things = req.body.things; if (things.length > 500) { things.length = 500; }`, `for (const thing of things) insert.run(thing.name);`) },
    { name: "the request is answered when the list is too long", code: held(`const things = req.body.things; if (things.length > limits.max) { res.status(413).end(); return; }`, `for (const thing of things) insert.run(thing.name);`) },
    { name: "a function asserts the limit", code: held(`const things = req.body.things; assertThingLimits(req.user.id, things);`, `for (const thing of things) insert.run(thing.name);`) },
    { name: "a list that is filled on until it is full", code: held(`let full = []; const flush = (some) => db.transaction(() => { for (const thing of some) insert.run(thing.name); })();
          for await (const thing of req) { full.push(thing); if (full.length < FULL_AT) { // not yet
            continue; } flush(full); full = []; } flush(full);`, "") },
    { name: "a list that is emptied as soon as it is full", code: held(`let full = []; const flush = (some) => db.transaction(() => { for (const thing of some) insert.run(thing.name); })();
          for await (const thing of req) { full.push(thing); if (full.length >= FULL_AT) { flush(full); full = []; } } flush(full);`, "") },
    { name: "a field that a reader empties as soon as it is full, handed to a callback", code: {
        "src/reader.ts": `
          export class Reader {
            private things: { name: string }[] = [];
            constructor(private readonly onThings: (things: { name: string }[]) => void, private readonly batchSize = 1000) {}
            add(thing: { name: string }) {
              this.things.push(thing);
              if (this.things.length >= this.batchSize) this.flush();
            }
            flush() {
              this.onThings([...this.things]);
              this.things = [];
            }
          }`,
        "src/app.ts": `
          import Database from "better-sqlite3";
          import express from "express";
          import { Reader } from "./reader.js";
          class Store {
            db = new Database("app.db");
            insert = this.db.prepare("INSERT INTO things (name) VALUES (?)");
            addAll(things: { name: string }[]) {
              const insertMany = this.db.transaction((things: { name: string }[]) => {
                for (const thing of things) this.insert.run(thing.name);
              });
              insertMany(things);
            }
          }
          const store = new Store();
          const app = express();
          app.post("/things", (req, res) => {
            const reader = new Reader((things) => {
              store.addAll(things);
            });
            req.on("data", (thing) => reader.add(thing));
            req.on("end", () => { reader.flush(); res.end(); });
          });` } },
    { name: "the schema's tables, through a client of the project's own", code: held(`const references = await client.query("SELECT name FROM sqlite_schema WHERE type = 'table'");`, `for (const reference of references) insert.run(reference.name);`) },
  ],
  invalid: [
    { name: "an empty list is told from another one, and no more", code: held(`const things = req.body.things; if (things.length > 0) log(things);`, `for (const thing of things) insert.run(thing.name);`), findings: surely("things") },
    { name: "a length that is only warned of", code: held(`const things = req.body.things; if (things.length > MAX_THINGS) console.warn("many");`, `for (const thing of things) insert.run(thing.name);`), findings: surely("things") },
    { name: "another list's length", code: held(`const things = req.body.things; if (req.body.others.length > 100) throw new RangeError("too many");`, `for (const thing of things) insert.run(thing.name);`), findings: surely("things") },
    { name: "what the callers write out one by one", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        app.post("/things", (req, res) => { put(req.body.key, req.body.first, req.body.second); res.end(); });
        function put(key, ...names) {
          db.transaction(() => {
            for (const name of names) insert.run(name);
          })();
        }`, findings: [{ line: 6, message: "loops over `names`", confidence: "likely" as const, fix: "review" as const, reason: REVIEW, related: [7], why: [4, 4], statements: "n" }] },
    { name: "a field of what the program composes", code: held(`const plan = planOf(req.params.id);`, `for (const step of plan.steps) insert.run(step.name);`), findings: perhaps("steps") },
    { name: "a field that a function makes of the rows that it is given, one by one", code: `${held(`const { changes } = compare(req.body.things);`, `for (const change of changes) insert.run(change.name);`)}
        function compare(things) {
          const changes = [];
          for (const thing of things) {
            if (thing.old) changes.push(thing);
          }
          if (changes.length === 0) return { changes: [], checked: true };
          return { changes, checked: true };
        }`, findings: surely("changes") },
    { name: "a field that a function maps from the rows that it is given", code: `${held(`const found = compare(req.body.things);`, `for (const change of found.changes) insert.run(change.name);`)}
        const compare = (things) => ({ changes: things.filter((thing) => thing.old).map((thing) => ({ name: thing.name })) });`, findings: surely("changes") },
    { name: "a field that a function makes of the parts of one thing", code: `${held(`const order = await load(req.params.id); const { changes } = compare(order.lines);`, `for (const change of changes) insert.run(change.name);`)}
        const compare = (lines) => ({ changes: lines.filter((line) => line.old) });`, findings: perhaps("changes") },
    { name: "a field that a function makes of one of the parts of what it is given", code: `${held(`const found = compare(await load(req.params.id));`, `for (const change of found.changes) insert.run(change.name);`)}
        const compare = (thing) => ({ changes: thing.steps.map((step) => ({ name: step.name })) });`, findings: perhaps("changes") },
    { name: "the settings", code: held(`const settings = req.body.settings;`, `for (const setting of settings) insert.run(setting.name);`), findings: perhaps("settings") },
    { name: "the settings by name, out of an object", code: held(`const entries = Object.entries(req.body.settings);`, `for (const [name] of entries) insert.run(name);`), findings: perhaps("entries") },
    { name: "the properties of an object, by a name", code: held(`const names = Object.keys(req.body.shape);`, `for (const name of names) insert.run(name);`), findings: perhaps("names") },
    { name: "a list that is filled, and emptied only in the end", code: held(`let names = []; for (const thing of req.body.things) names.push(thing.name); req.on("close", () => { names = []; });`, `for (const name of names) insert.run(name);`), findings: surely("names") },
    { name: "what a thing of the domain tells of what was done to it", code: held(`const events = Account.pullEvents(req.account);`, `for (const event of events) insert.run(event.name);`), findings: perhaps("events") },
    { name: "what waits in a queue", code: held(`const events = queue.takeAll(req.account);`, `for (const event of events) insert.run(event.name);`), findings: surely("events") },
    { name: "what a search found", code: held(`const results = search(req.query.q);`, `for (const result of results) insert.run(result.name);`), findings: perhaps("results") },
    { name: "a field of a thing that a function put together", code: held(`const user = composeUser(req.params.id);`, `for (const device of user.devices) insert.run(device.name);`), findings: perhaps("devices") },
    { name: "what a request has collected in its store", code: held(`const collected = storage.getStore();`, `for (const record of collected.records) insert.run(record.name);`), findings: surely("records") },
    { name: "a field of what was sent", code: held(`const body = await readBody(req);`, `for (const device of body.devices) insert.run(device.name);`), findings: surely("devices") },
    { name: "the distinct values of one field", code: held(`const owners = new Set(req.body.things.map((thing) => thing.owner));`, `for (const owner of owners) insert.run(owner);`), findings: perhaps("owners") },
    { name: "the groups of a list by one field", code: held(`const byOwner = new Map(); for (const thing of req.body.things) { const of = byOwner.get(thing.ownerId) ?? []; of.push(thing); byOwner.set(thing.ownerId, of); }`, `for (const [owner] of byOwner.entries()) insert.run(owner);`), findings: perhaps("byOwner") },
    { name: "how many there are of each, by a key that has a name", code: held(`const counts = new Map(); req.body.things.forEach((thing) => { const owner = thing.ownerId; counts.set(owner, (counts.get(owner) ?? 0) + 1); });`, `for (const [owner] of counts) insert.run(owner);`), findings: perhaps("counts") },
    { name: "the groups by a key of several fields", code: held(`const groups = new Map(); for (const thing of req.body.things) { const owner = thing.owner ?? null; const key = keyOf(owner, thing.kind); const group = groups.get(key) ?? []; group.push(thing); groups.set(key, group); }`, `for (const [key] of groups.entries()) insert.run(key);`), findings: perhaps("groups") },
    { name: "the groups that a helper makes", code: held(`const groups = Object.groupBy(req.body.things, (thing) => thing.ownerId);`, `for (const owner of Object.keys(groups)) insert.run(owner);`), findings: perhaps("groups") },
    { name: "a Map by id is as long as the list", code: held(`const byId = new Map(); for (const thing of req.body.things) { const known = byId.get(thing.id); byId.set(thing.id, known ?? thing); }`, `for (const [id] of byId) insert.run(id);`), findings: surely("byId") },
    { name: "a Map that is only filled is as long as the list", code: held(`const byName = new Map(); for (const thing of req.body.things) byName.set(thing.label, thing);`, `for (const [label] of byName) insert.run(label);`), findings: surely("byName") },
    { name: "a row for each kind", code: held(`const kinds = db.prepare("SELECT kind, max(at) AS at FROM things GROUP BY kind").all();`, `for (const row of kinds) insert.run(row.kind);`), findings: perhaps("kinds", "n") },
    { name: "a row for each thing", code: held(`const things = db.prepare("SELECT thing_id, max(at) AS at FROM visits GROUP BY thing_id").all();`, `for (const row of things) insert.run(row.thing_id);`), findings: surely("things", "n") },
    { name: "rows by their ids, which somebody has picked", code: byIds("req.body.ids"), findings: byIdsAt("likely") },
    { name: "rows of one kind, whoever gives it", code: byIds("req.body.ids", "{ where: { kind: ids } }"), findings: byIdsAt() },
    { name: "rows by the ids of all rows of another query", code: byIds("req.body.ids", "{ where: { id: { in: (await tx.part.findMany()).map((part) => part.thingId) } } }"), findings: byIdsAt("proven", "n + 2") },
    { name: "what another server has on one page", code: held(`const page = Number(req.query.page); const articles = await fetchArticles(req.params.id, page);`, `for (const article of articles) insert.run(article.name);`), findings: perhaps("articles") },
    { name: "what stands on a page", code: held(`const page = await browser.open(req.body.url); const links = await linksOf(page);`, `for (const link of links) insert.run(link.name);`), findings: surely("links") },
    { name: "what another server has", code: held(`const articles = await fetchArticles(req.params.id);`, `for (const article of articles) insert.run(article.name);`), findings: surely("articles") },
    { name: "a model's groups by a kind", code: grouped(`by: ["type"], _max: { at: true }`), findings: groupedAt("likely") },
    { name: "a model's groups among what belongs to one thing", code: grouped(`where: { thingId: req.params.id }, by: ["placeId"], _max: { version: true }`), findings: groupedAt("likely") },
    { name: "a model's groups among all", code: grouped(`by: ["thingId"], _max: { version: true }`), findings: groupedAt() },
    { name: "a model's groups among what has one of many ids", code: grouped(`where: { thingId: { in: req.body.ids } }, by: ["thingId"], _max: { version: true }`), findings: groupedAt() },
    { name: "a model's groups by a kind and more", code: grouped(`by: ["type", "thingId"], _max: { at: true }`), findings: groupedAt() },
    { name: "the distinct values of a column", code: held(`const owners = db.prepare("SELECT DISTINCT owner FROM things").all();`, `for (const row of owners) insert.run(row.owner);`), findings: perhaps("owners", "n") },
    { name: "one thing and those that go with it, in a list that is written out", code: held(`const chain = [req.body.head, ...req.body.blocks];`, `for (const block of chain) insert.run(block.name);`), findings: perhaps("chain") },
    { name: "whole lists, one after the other", code: held(`const all = [...req.body.old, ...req.body.young];`, `for (const thing of all) insert.run(thing.name);`), findings: surely("all") },
    { name: "a list that is filled from a short one", code: held(`const user = composeUser(req.params.id); const names = []; for (const device of user.devices) names.push(device.name);`, `for (const name of names) insert.run(name);`), findings: perhaps("names") },
    { name: "a list that is filled from a long one", code: held(`const names = []; for (const device of req.body.devices) names.push(device.name);`, `for (const name of names) insert.run(name);`), findings: surely("names") },
    { name: "the rows that belong to each of a constant list", code: held(`const roles = [{ id: 1 }, { id: 2 }]; const of = db.prepare("SELECT name FROM things WHERE role = ?");`, `for (const role of roles) for (const row of of.all(role.id)) insert.run(row.name);`),
      findings: [{ line: 8, message: "holds the write lock", confidence: "likely", fix: "review", reason: REVIEW, related: [9], why: [6], statements: "2n + 2" }] },
  ],
});

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "imports of documents",
  valid: [
    { name: "a CSV file, a hundred rows a transaction", code: `
        import Papa from "papaparse";${APP}
        app.post("/import", (req, res) => {
          const { data } = Papa.parse(req.body.csv, { header: true });
          for (let at = 0; at < data.length; at += 100) {
            db.transaction(() => {
              for (const row of data.slice(at, at + 100)) insert.run(row.name);
            })();
          }
          res.end();
        });` },
  ],
  invalid: [
    { name: "a CSV file under a new parent", code: `
        import Papa from "papaparse";${held(`const { data } = Papa.parse(req.body.csv, { header: true }); const rows = data.filter((row) => row.url);`, `const list = db.prepare("INSERT INTO lists (name) VALUES (?)").run("Imports").lastInsertRowid;
            for (const row of rows) db.prepare("INSERT INTO links (list, url) VALUES (?, ?)").run(list, row.url);`)}`,
      findings: [{ line: 9, message: PARENT, fix: "manual", reason: PARENT, related: [11], why: [7], statements: "n + 1" }] },
    { name: "JSON text that a parameter holds, under a new parent", code: `${APP}
        function importAll(text) {
          const rows = JSON.parse(text);
          db.transaction(() => {
            const list = db.prepare("INSERT INTO lists (name) VALUES (?)").run("Imports").lastInsertRowid;
            for (const row of rows) db.prepare("INSERT INTO links (list, url) VALUES (?, ?)").run(list, row.url);
          })();
        }
        app.post("/import", (req, res) => {
          importAll(req.body.text);
          res.end();
        });`,
      findings: [{ line: 8, message: PARENT, fix: "manual", reason: PARENT, related: [10], why: [13, 14], statements: "n + 1" }] },
    { name: "the children of an order", code: held(`const lines = req.body.lines;`, `const order = db.prepare("INSERT INTO orders (name) VALUES (?)").run("new").lastInsertRowid;
            for (const line of lines) db.prepare("INSERT INTO lines (order_id, name) VALUES (?, ?)").run(order, line.name);`),
      findings: [{ line: 8, message: PARENT, confidence: "likely", fix: "manual", reason: PARENT, related: [10], why: [6], statements: "n + 1" }] },
  ],
});

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "transactions that only read",
  valid: [
    { name: "it says that it only reads", code: `
        import express from "express";
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle(process.env.DATABASE_URL);
        const app = express();
        app.get("/things", async (req, res) => {
          await db.transaction(async (tx) => {
            for (const thing of req.body.things) await tx.insert(things).values(thing);
          }, { accessMode: "read only" });
          res.end();
        });` },
  ],
  invalid: [
    { name: "the same, writing", code: `
        import express from "express";
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle(process.env.DATABASE_URL);
        const app = express();
        app.get("/things", async (req, res) => {
          await db.transaction(async (tx) => {
            for (const thing of req.body.things) await tx.insert(things).values(thing);
          }, { accessMode: "read write" });
          res.end();
        });`,
      findings: [{ line: 7, message: "loops over `things`", fix: "review", reason: "all-or-nothing is given up", related: [8], why: [6], statements: "n", library: "drizzle-orm" }] },
  ],
});
