import { runTable } from "./lib/table.js";

const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

const KNEX = `
        import knex from "knex";
        const db = knex({ client: "pg" });`;

const GIVEN = "has to be given it";
const DECIDE = "is yours to decide";
const MOVE = "has to move into the transaction";

runTable({
  rule: "no-transaction-escape",
  theme: "stored, returned, used later",
  valid: [
    { name: "passed on as an argument", code: `${PRISMA}
        const clear = (tx) => tx.line.deleteMany();
        export const save = () => prisma.$transaction(async (tx) => { await clear(tx); });` },
    { name: "a repository that is built and used inside", code: `${PRISMA}
        class Lines {
          constructor(private readonly tx) {}
          clear() { return this.tx.line.deleteMany(); }
        }
        export const save = () => prisma.$transaction(async (tx) => { await new Lines(tx).clear(); });` },
    { name: "objects, lists and names inside the body", code: `${PRISMA}
        export const save = () => prisma.$transaction(async (tx) => {
          const context = { tx };
          context.again = tx;
          const all = [];
          all.push(tx);
          let current;
          current = tx;
          await current.line.deleteMany();
          return { count: all.length };
        });` },
    { name: "a query on the handle is returned, and waited for", code: `${PRISMA}
        export const save = () => prisma.$transaction((tx) => tx.line.deleteMany());` },
    { name: "what was found with the handle is kept", code: `${PRISMA}
        let last;
        const found = new Map();
        export const save = () => prisma.$transaction(async (tx) => {
          last = await tx.line.findFirst();
          found.set("line", await tx.line.findMany());
        });` },
    { name: "a WeakMap forgets it", code: `${PRISMA}
        const names = new WeakMap();
        export const save = () => prisma.$transaction(async (tx) => {
          names.set(tx, "save");
          await tx.line.deleteMany();
        });` },
    { name: "kept in the asynchronous context", code: `
        import { AsyncLocalStorage } from "node:async_hooks";
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const storage = new AsyncLocalStorage();
        export const inTransaction = (work) => prisma.$transaction((tx) => storage.run({ tx }, work));` },
    { name: "a timer that is waited for", code: `${KNEX}
        export const save = () => db.transaction(async (trx) => {
          await new Promise((resolve) => setTimeout(() => resolve(trx("lines").del()), 10));
        });` },
    { name: "a timer that is cleared inside", code: `${KNEX}
        export const save = () => db.transaction(async (trx) => {
          const alive = setInterval(() => { void trx.raw("SELECT 1"); }, 1_000);
          try {
            await trx("lines").del();
          } finally {
            clearInterval(alive);
          }
        });` },
    { name: "rows of a stream, while its end is waited for", code: `${KNEX}
        import { once } from "node:events";
        import { createReadStream } from "node:fs";
        export const save = () => db.transaction(async (trx) => {
          const stream = createReadStream("rows");
          stream.on("data", (row) => { void trx("lines").insert(row); });
          await once(stream, "end");
        });` },
    { name: "a timer that uses the session itself", code: `${KNEX}
        export const save = () => db.transaction(async (trx) => {
          await trx("lines").del();
          setTimeout(() => { void db("events").insert({ id: 1 }); }, 10);
        });` },
    { name: "a transaction that is begun as a handle is its owner's to keep", code: `${KNEX}
        export class Unit {
          async begin() { this.trx = await db.transaction(); }
          async end() { await this.trx.commit(); }
        }` },
    { name: "in a request's context, for what runs inside", code: `${KNEX}
        export const perRequest = (ctx, next) => db.transaction(async (trx) => {
          ctx.state.trx = trx;
          await next();
        });` },
    { name: "in a variable that only the body's functions use", code: `${KNEX}
        export async function save() {
          let current;
          const clear = () => current("lines").del();
          await db.transaction(async (trx) => {
            current = trx;
            await clear();
          });
        }` },
    { name: "in an object that is made for each call", code: `${KNEX}
        import express from "express";
        class Unit {
          trx;
          run(work) {
            return db.transaction(async (trx) => {
              this.trx = trx;
              await work(this);
            });
          }
        }
        express().post("/orders", async (request, response) => {
          await new Unit().run(async (unit) => { await unit.trx("orders").insert(request.body); });
          response.end();
        });` },
    { name: "another thing of that name", code: `${PRISMA}
        let kept;
        export const save = (tx) => {
          kept = tx;
          return prisma.$transaction(async (handle) => { await handle.line.deleteMany(); });
        };` },
    { name: "a library that the options leave out", options: { ignoreLibraries: ["@prisma/client"] }, code: `${PRISMA}
        let kept;
        export const save = () => prisma.$transaction(async (tx) => { kept = tx; });` },
    { name: "a test", file: "src/save.test.ts", code: `${PRISMA}
        let kept;
        export const save = () => prisma.$transaction(async (tx) => { kept = tx; });` },
  ],
  invalid: [
    { name: "in a module's variable", code: `${PRISMA}
        let current;
        export const save = () => prisma.$transaction(async (tx) => {
          current = tx;
          await tx.line.deleteMany();
        });`, findings: [{ line: 5, library: "@prisma/client", message: "is kept in `current`", fix: "manual", reason: GIVEN, related: [4] }] },
    { name: "in a field of an object that the program makes once", code: `${KNEX}
        class Orders {
          trx;
          save() {
            return db.transaction(async (trx) => {
              this.trx = trx;
              await this.trx("orders").del();
            });
          }
        }
        export const orders = new Orders();`, findings: [{ line: 7, library: "knex", message: "is kept in `this.trx`", fix: "manual", reason: GIVEN, related: [6] }] },
    { name: "in a field of an object that a container makes", code: `
        import { Injectable } from "@nestjs/common";
        import { PrismaClient } from "@prisma/client";
        @Injectable()
        export class Orders {
          constructor(private readonly prisma: PrismaClient) {}
          save() {
            return this.prisma.$transaction(async (tx) => {
              this.tx = tx;
              await this.clear();
            });
          }
          clear() { return this.tx.line.deleteMany(); }
        }`, findings: [{ line: 8, library: "@prisma/client", message: "is kept in `this.tx`", fix: "manual", reason: GIVEN, related: [7] }] },
    { name: "in a field of an object that nobody is seen to make: likely", code: `
        import { PrismaClient } from "@prisma/client";
        export class Orders {
          constructor(private readonly prisma: PrismaClient) {}
          save() {
            return this.prisma.$transaction(async (tx) => {
              this.tx = tx;
              await this.clear();
            });
          }
          clear() { return this.tx.line.deleteMany(); }
        }`, findings: [{ line: 6, library: "@prisma/client", confidence: "likely", message: "is kept in `this.tx`", fix: "manual", reason: GIVEN, related: [5] }] },
    { name: "in a field that is put back: others see it meanwhile", code: `
        import { PrismaClient } from "@prisma/client";
        export class Orders {
          constructor(private readonly prisma: PrismaClient) {}
          save() {
            return this.prisma.$transaction(async (tx) => {
              this.tx = tx;
              try {
                await this.clear();
              } finally {
                this.tx = undefined;
              }
            });
          }
        }`, findings: [{ line: 6, library: "@prisma/client", confidence: "likely", message: "is kept in `this.tx`", fix: "manual", reason: GIVEN, related: [5] }] },
    { name: "in a module's variable that is put back after the transaction: likely", code: `${KNEX}
        let current;
        export async function save() {
          try {
            await db.transaction(async (trx) => {
              current = trx;
              await trx("lines").del();
            });
          } finally {
            current = undefined;
          }
        }`, findings: [{ line: 7, library: "knex", confidence: "likely", message: "is kept in `current`", fix: "manual", reason: GIVEN, related: [6] }] },
    { name: "in a variable of the function around it", code: `${PRISMA}
        export async function begin() {
          let handle;
          await prisma.$transaction(async (tx) => { handle = tx; });
          return handle;
        }`, findings: [{ line: 5, library: "@prisma/client", message: "is kept in `handle`", fix: "manual", reason: GIVEN, related: [5] }] },
    { name: "under another name, in an object", code: `${PRISMA}
        const state = {};
        export const save = () => prisma.$transaction(async (tx) => {
          const client = tx;
          state.current = { client };
          await tx.line.deleteMany();
        });`, findings: [{ line: 6, library: "@prisma/client", message: "is kept in `state.current`", fix: "manual", reason: GIVEN, related: [4] }] },
    { name: "in a Map", code: `${PRISMA}
        const open = new Map();
        export const save = (id) => prisma.$transaction(async (tx) => {
          open.set(id, tx);
          await tx.line.deleteMany();
        });`, findings: [{ line: 5, library: "@prisma/client", message: "is kept in `open.set`", fix: "manual", reason: GIVEN, related: [4] }] },
    { name: "in a list", code: `${KNEX}
        const open = [];
        export const save = () => db.transaction(async (trx) => {
          open.push(trx);
          await trx("lines").del();
        });`, findings: [{ line: 5, library: "knex", message: "is kept in `open.push`", fix: "manual", reason: GIVEN, related: [4] }] },
    { name: "in globalThis", code: `${KNEX}
        export const save = () => db.transaction(async (trx) => {
          globalThis.trx = trx;
          await trx("lines").del();
        });`, findings: [{ line: 4, library: "knex", message: "is kept in `globalThis.trx`", fix: "manual", reason: GIVEN, related: [3] }] },
    { name: "returned", code: `${PRISMA}
        export const begin = () => prisma.$transaction(async (tx) => tx);`, findings: [{ line: 3, library: "@prisma/client", message: "is returned out of it", fix: "manual", reason: MOVE, related: [3] }] },
    { name: "returned in an object", code: `${KNEX}
        export const begin = () => db.transaction(async (trx) => {
          const rows = await trx("lines").select();
          return { rows, trx };
        });`, findings: [{ line: 3, library: "knex", message: "is returned out of it", fix: "manual", reason: MOVE, related: [3] }] },
    { name: "by a timer", code: `${PRISMA}
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.line.deleteMany();
          setTimeout(async () => { await tx.event.create({ data: {} }); }, 1_000);
        });`, findings: [{ line: 5, library: "@prisma/client", message: "This timer uses the handle", fix: "manual", reason: DECIDE, related: [3] }] },
    { name: "at the next turn, in Drizzle on a server", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle("postgres://app");
        export const save = () => db.transaction(async (tx) => {
          await tx.insert(things).values({});
          process.nextTick(() => { void tx.delete(things); });
        });`, findings: [{ line: 6, library: "drizzle-orm", message: "This timer", fix: "manual", reason: DECIDE, related: [4] }] },
    { name: "by a listener: likely, since it may fire while the transaction is open", code: `${KNEX}
        import { EventEmitter } from "node:events";
        const events = new EventEmitter();
        export const save = () => db.transaction(async (trx) => {
          events.on("saved", () => { void trx("events").insert({ id: 1 }); });
          await trx("lines").del();
        });`, findings: [{ line: 6, library: "knex", confidence: "likely", message: "This listener uses the handle", fix: "manual", reason: DECIDE, related: [5] }] },
    { name: "Drizzle on better-sqlite3: the handle goes on working, so only likely", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { things } from "./schema.js";
        const db = drizzle(new Database("app.db"));
        let current;
        export const save = () => db.transaction((tx) => {
          current = tx;
          tx.delete(things).run();
        });`, findings: [{ line: 7, library: "drizzle-orm", confidence: "likely", message: "is kept in `current`", fix: "manual", reason: GIVEN, related: [6] }] },
  ],
});
