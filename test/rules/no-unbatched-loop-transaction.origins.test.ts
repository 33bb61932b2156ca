import { held } from "./lib/held-loop.js";
import { runTable } from "./lib/table.js";

/** The finding of `held`, whose list comes from there. */
const found = (list: string[], more: { statements?: string; confidence?: "likely" } = {}) => [
  { line: 8, message: "", fix: "review" as const, reason: "all-or-nothing is given up", related: [9], why: [6], statements: "n", list, ...more },
];

const SAVE_ALL = `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        export const count = (): unknown => db.prepare("SELECT count(*) FROM things").get();
        export function saveAll(names: readonly string[]): void {
          db.transaction(() => {
            for (const name of names) insert.run(name);
          })();
        }`;

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "where a list comes from",
  valid: [
    { name: "a query whose LIMIT is known needs no origin", code: held(`const rows = db.prepare("SELECT * FROM inbox LIMIT 50").all();`, `for (const row of rows) insert.run(row.name);`) },
  ],
  invalid: [
    { name: "the rows of a query", code: held(`const rows = db.prepare("SELECT name FROM inbox WHERE done = 0").all();`, `for (const row of rows) insert.run(row.name);`),
      findings: found(["7: `rows`: all rows of `inbox` that this query finds (no LIMIT)"]) },
    { name: "a list that rows fill", code: held(`const names = []; for (const row of db.prepare("SELECT name FROM inbox").all()) names.push(row.name);`, `for (const name of names) insert.run(name);`),
      findings: found(["7: `names`: all rows of `inbox` that this query finds (no LIMIT)"]) },
    { name: "the body of a request, in parts", code: held(`const { things } = req.body; const names = things.filter(Boolean).map((thing) => thing.name);`, `for (const name of new Set(names)) insert.run(name);`),
      findings: found(["9: `names`: as many as the body of POST /things holds, and no schema bounds it"]) },
    { name: "a field of an object that was put together from the body", code: held(`const order = { owner: 1, lines: req.body.lines };`, `for (const line of order.lines) insert.run(line);`),
      findings: found(["9: `lines`: as many as the body of POST /things holds, and no schema bounds it"]) },
    { name: "what another server has answered", code: held(`const answer = await fetch("https://example.org/things"); const body = await answer.json();`, `for (const thing of body.things) insert.run(thing.name);`),
      findings: found(["7: `things`: as many as another server answers with"]) },
    { name: "the lines of a document", code: `
        import Papa from "papaparse";${held(`const { data } = Papa.parse(req.file.text);`, `for (const row of data) insert.run(row.name);`)}`,
      findings: [{ line: 9, message: "", fix: "review", reason: "all-or-nothing is given up", related: [10], why: [7], statements: "n", list: ["8: `data`: as many as the document has that is read here"] }] },
    { name: "who knows where from", code: held(`const things = window.things;`, `for (const thing of things) insert.run(thing.name);`), findings: found([]) },
    { name: "who knows where from, and who waits, in all of the program: in a local file a row is a matter of microseconds", code: { "src/things.ts": SAVE_ALL, "src/main.ts": `
        import express from "express";
        import { count } from "./things.js";
        express().get("/things/count", (req, res) => res.json(count()));` },
      findings: [{ file: "src/things.ts", line: 6, message: "", confidence: "likely", fix: "review", reason: "all-or-nothing is given up", related: ["src/things.ts:7"], statements: "n", list: [] }] },
    { name: "the same in a file by itself, as a linter is shown it: nobody could be seen", code: SAVE_ALL,
      findings: [{ line: 6, message: "", fix: "review", reason: "all-or-nothing is given up", related: [7], statements: "n", list: [] }] },
    { name: "nobody is seen to wait, but all rows of a table are gone over", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        export function copyAll(): void {
          const rows = db.prepare("SELECT name FROM inbox").all();
          db.transaction(() => {
            for (const { name } of rows) insert.run(name);
          })();
        }`, findings: [{ line: 6, message: "", fix: "review", reason: "all-or-nothing is given up", related: [7], statements: "n", list: ["5: `rows`: all rows of `inbox` that this query finds (no LIMIT)"] }] },
    { name: "who knows where from, and who waits, but each row is a round trip to a server", code: `
        import pg from "pg";
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle(new pg.Pool());
        export async function saveAll(names: readonly string[]): Promise<void> {
          await db.transaction(async (tx) => {
            for (const name of names) await tx.insert(things).values({ name });
          });
        }`, findings: [{ line: 6, message: "", library: "drizzle-orm", fix: "review", reason: "all-or-nothing is given up", related: [7], statements: "n", list: [] }] },
    { name: "one row's field is as long as it is, whatever the query", code: held(`const row = db.prepare("SELECT * FROM inbox WHERE id = ?").get(req.params.id);`, `for (const line of JSON.parse(row.input)) insert.run(line);`), findings: found([]) },
    { name: "a function that gives all rows, and one that is handed them", code: {
      "src/db.ts": `
        import Database from "better-sqlite3";
        export const db = new Database("app.db");
        export const pending = (state: string) => db.prepare("SELECT name FROM parcels WHERE state = ?").all(state) as { name: string }[];`,
      "src/save.ts": `
        import { db } from "./db.js";
        export function save(names: readonly string[]): void {
          db.transaction(() => {
            for (const name of names) db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
          })();
        }`,
      "src/app.ts": `
        import express from "express";
        import { pending } from "./db.js";
        import { save } from "./save.js";
        const app = express();
        app.post("/copy", (req, res) => {
          save(pending("new").map((row) => row.name));
          res.end();
        });`,
    }, findings: [{ file: "src/save.ts", line: 3, message: "loops over `names`", fix: "review", reason: "all-or-nothing is given up", related: ["src/save.ts:4"], why: ["src/app.ts:5", "src/app.ts:6"], statements: "n",
      list: ["src/db.ts:3: `names`: all rows of `parcels` that this query finds (no LIMIT)", "src/app.ts:6: `pending(\"new\").map((row) => row.name)` is handed to save"] }] },
    { name: "what a caller takes out of the body", code: {
      "src/save.ts": `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        export async function save(names: readonly string[]): Promise<void> {
          await prisma.$transaction(async (tx) => {
            for (const name of names) await tx.thing.create({ data: { name } });
          });
        }`,
      "src/app.ts": `
        import express from "express";
        import { save } from "./save.js";
        const app = express();
        app.put("/names", async (req, res) => {
          const { names } = req.body;
          await save(names);
          res.end();
        });`,
    }, findings: [{ file: "src/save.ts", line: 4, message: "loops over `names`", library: "@prisma/client", fix: "review", reason: "all-or-nothing is given up", related: ["src/save.ts:5"], why: ["src/app.ts:4", "src/app.ts:6"], statements: "n",
      list: ["src/app.ts:6: `names`: as many as the body of PUT /names holds, and no schema bounds it", "src/app.ts:6: `names` is handed to save"] }] },
    { name: "the input of a procedure, the body of a controller, the data of a job", code: {
      "src/trpc.ts": `
        import { initTRPC } from "@trpc/server";
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const t = initTRPC.create();
        export const router = t.router({
          add: t.procedure.mutation(({ input }) => prisma.$transaction(async (tx) => {
            for (const name of input.names) await tx.thing.create({ data: { name } });
          })),
        });`,
      "src/controller.ts": `
        import { Body, Controller, Post } from "@nestjs/common";
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        @Controller("things")
        export class Things {
          @Post()
          add(@Body() names: string[]) {
            return prisma.$transaction(async (tx) => {
              for (const name of names) await tx.thing.create({ data: { name } });
            });
          }
        }`,
      "src/worker.ts": `
        import { Worker } from "bullmq";
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        new Worker("things", async (job) => {
          await prisma.$transaction(async (tx) => {
            for (const name of job.data.names) await tx.thing.create({ data: { name } });
          });
        });`,
    }, findings: [
      { file: "src/trpc.ts", line: 6, message: "", library: "@prisma/client", fix: "review", reason: "all-or-nothing", related: ["src/trpc.ts:7"], why: ["src/trpc.ts:6"], statements: "n",
        list: ["src/trpc.ts:7: `names`: as many as the input of tRPC mutation add holds, and no schema bounds it"] },
      { file: "src/controller.ts", line: 8, message: "", library: "@prisma/client", fix: "review", reason: "all-or-nothing", related: ["src/controller.ts:9"], why: ["src/controller.ts:7"], statements: "n",
        list: ["src/controller.ts:9: `names`: as many as the body of POST /things holds, and no schema bounds it"] },
      { file: "src/worker.ts", line: 5, message: "", library: "@prisma/client", fix: "review", reason: "all-or-nothing", related: ["src/worker.ts:6"], why: ["src/worker.ts:4"], statements: "n",
        list: ["src/worker.ts:6: `names`: as many as the data of things job holds, and no schema bounds it"] },
    ] },
  ],
});

const SEQUELIZE = {
  "models/index.js": `
        const fs = require("fs");
        const path = require("path");
        const Sequelize = require("sequelize");
        const sequelize = new Sequelize("postgres://localhost/things");
        const db = { sequelize };
        for (const file of fs.readdirSync(__dirname)) {
          const model = require(path.join(__dirname, file))(sequelize, Sequelize.DataTypes);
          db[model.name] = model;
        }
        module.exports = db;`,
  "models/parcel.js": `
        module.exports = (sequelize, DataTypes) => {
          const Parcel = sequelize.define("Parcel", { open: DataTypes.BOOLEAN });
          Parcel.closeAll = () => sequelize.transaction(async (transaction) => {
            const parcels = await Parcel.findAll({ where: { open: true }, transaction });
            for (const parcel of parcels) await parcel.update({ open: false }, { transaction });
          });
          return Parcel;
        };`,
};

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "models that a loader calls with the session",
  valid: [
    { name: "a function of other parameters", code: { "models/parcel.js": `
        module.exports = (sequelize, app) => {
          app.close = () => sequelize.transaction(async (transaction) => {
            for (const parcel of app.parcels) await parcel.update({ open: false }, { transaction });
          });
        };` } },
  ],
  invalid: [
    { name: "in the model's own file, and where the models are asked for", code: { ...SEQUELIZE, "api.js": `
        const express = require("express");
        const { sequelize, Parcel } = require("./models");
        const app = express();
        app.post("/parcels", async (req, res) => {
          await sequelize.transaction(async (transaction) => {
            for (const name of req.body.names) await Parcel.create({ name }, { transaction });
          });
          res.end();
        });` }, findings: [
      { file: "models/parcel.js", line: 3, message: "loops over `parcels`", library: "sequelize", fix: "review", reason: "all-or-nothing", related: ["models/parcel.js:5"], statements: "n + 1" },
      { file: "api.js", line: 5, message: "loops over `names`", library: "sequelize", fix: "review", reason: "all-or-nothing", related: ["api.js:6"], why: ["api.js:4"], statements: "n" },
    ] },
  ],
});
