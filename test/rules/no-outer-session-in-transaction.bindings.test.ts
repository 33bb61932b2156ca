import { runTable } from "./lib/table.js";

const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

const DRIZZLE = `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { things } from "./schema.js";
        const db = drizzle(new Database("app.db"));`;

const KNEX = `
        import knex from "knex";
        const db = knex({ client: "pg" });`;

const NO_PARAMETER = "give the function the handle as its parameter";

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "bindings",
  valid: [
    { name: "the runtime's transactions, which what runs on the session is part of", code: `
        import Database from "better-sqlite3";
        import { batchedTransaction, transaction } from "sessionfix-runtime";
        const db = new Database("app.db");
        export async function save(names: string[]) {
          await transaction(db, () => {
            db.exec("INSERT INTO log VALUES ('begin')");
          });
          await batchedTransaction(db, names, (name) => {
            db.prepare("INSERT INTO things VALUES (?)").run(name);
          });
        }` },
    { name: "every statement on the handle", code: `${PRISMA}
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.create({ data: {} });
          await tx.line.deleteMany();
        });` },
    { name: "a parameter that shadows the session", code: `${PRISMA}
        export const save = () => prisma.$transaction(async (prisma) => {
          await prisma.order.create({ data: {} });
        });` },
    { name: "a list of operations", code: `${PRISMA}
        export const save = () => prisma.$transaction([prisma.order.create({ data: {} }), prisma.line.deleteMany()]);` },
    { name: "the session before and after the transaction", code: `${PRISMA}
        export async function save() {
          const found = await prisma.order.findMany();
          await prisma.$transaction(async (tx) => { await tx.order.deleteMany(); });
          await prisma.line.deleteMany();
          return found;
        }` },
    { name: "a session of another database", code: `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const audit = new PrismaClient({ datasourceUrl: "postgres://audit" });
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await audit.event.create({ data: {} });
        });` },
    { name: "a wrapper has no handle: the session is the transaction", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const save = db.transaction(() => {
          db.prepare("DELETE FROM things").run();
        });` },
    { name: "work that starts later", code: `${PRISMA}
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          setTimeout(() => { void prisma.line.deleteMany(); }, 1_000);
        });` },
    { name: "work that a helper keeps until the transaction is over", code: `${PRISMA}
        const AFTER = Symbol("after");
        function afterCommit(tx, work) {
          const kept = tx[AFTER] ??= [];
          kept.push(work);
        }
        async function run(fn) {
          const { result, kept } = await prisma.$transaction(async (tx) => ({ result: await fn(tx), kept: tx[AFTER] ?? [] }));
          for (const work of kept) work();
          return result;
        }
        const nextNumber = () => prisma.line.count();
        export const save = () => run(async (tx) => {
          await tx.order.deleteMany();
          afterCommit(tx, async () => { console.log(await nextNumber()); });
        });` },
    { name: "Knex: the handle is given before or after the statement", code: `${KNEX}
        export const save = () => db.transaction(async (trx) => {
          await db("orders").insert({ id: 1 }).transacting(trx);
          await db("lines").transacting(trx).insert({ id: 1 });
          await trx("events").insert({ id: 1 });
        });` },
    { name: "Knex: an expression builder on the session is no statement", code: `${KNEX}
        export const save = () => db.transaction(async (trx) => {
          await trx("orders").update({ count: db.raw("count + 1") });
        });` },
    { name: "Knex: a query that is a part of the handle's statement", code: `${KNEX}
        export const save = () => db.transaction(async (trx) => {
          await trx("lines").whereIn("order", db("orders").select("id")).del();
          const closed = db("orders").where({ open: false }).select("id");
          await trx("lines").whereIn("order", closed).del();
        });` },
    { name: "Drizzle: a query that is a part of the handle's statement", code: `
        import { inArray } from "drizzle-orm";
        import { drizzle } from "drizzle-orm/node-postgres";
        import { lines, orders } from "./schema.js";
        const db = drizzle("postgres://app");
        export const save = () => db.transaction(async (tx) => {
          await tx.delete(lines).where(inArray(lines.order, db.select({ id: orders.id }).from(orders)));
          const closed = db.select({ id: orders.id }).from(orders);
          await tx.delete(lines).where(inArray(lines.order, closed));
        });` },
    { name: "two parameters of a declared type need not be the same session", code: `
        import type { PrismaClient } from "@prisma/client";
        export const save = (one: PrismaClient, two: PrismaClient) => one.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await two.order.deleteMany();
        });` },
    { name: "a namesake that is no session", code: `${PRISMA}
        const cache = { link: { create: async (value: object) => value } };
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await cache.link.create({});
        });` },
    { name: "a library that the options leave out", options: { ignoreLibraries: ["@prisma/client"] }, code: `${PRISMA}
        export const save = () => prisma.$transaction(async () => { await prisma.order.deleteMany(); });` },
    { name: "a test", file: "src/app.test.ts", code: `${PRISMA}
        export const save = () => prisma.$transaction(async () => { await prisma.order.deleteMany(); });` },
    { name: "a handle that may also be the session", code: `${PRISMA}
        const remove = (client: Pick<typeof prisma, "order">) => client.order.deleteMany();
        export const save = async () => {
          await remove(prisma);
          await prisma.$transaction(async (tx) => { await remove(tx); });
        };` },
    { name: "kept in the asynchronous context", code: `
        import { AsyncLocalStorage } from "node:async_hooks";
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const storage = new AsyncLocalStorage();
        export const inTransaction = (work) => prisma.$transaction((tx) => storage.run(tx, work));
        const client = () => storage.getStore() ?? prisma;
        export const save = () => inTransaction(async () => { await client().order.deleteMany(); });` },
  ],
  invalid: [
    { name: "work that a helper keeps and does", code: `${PRISMA}
        const done = [];
        async function timed(work) {
          done.push(work);
          await work();
        }
        const removeLines = () => prisma.line.deleteMany();
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await timed(async () => { await removeLines(); });
        });`, findings: [{ line: 11, message: "`removeLines` runs on the @prisma/client session around this transaction", library: "@prisma/client", fix: "review", reason: "", related: [9, 8] }] },
    { name: "a function that takes no handle", code: `${PRISMA}
        export const save = () => prisma.$transaction(async () => {
          await prisma.order.create({ data: {} });
          await prisma.line.deleteMany();
        });`, findings: [{ line: 3, library: "@prisma/client", message: "its 2 statements run outside the transaction", fix: "manual", reason: NO_PARAMETER, related: [4, 5] }] },
    { name: "the session beside the handle", code: `${PRISMA}
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.create({ data: {} });
          await prisma.line.deleteMany();
        });`, findings: [{ line: 5, library: "@prisma/client", message: "`prisma` is the @prisma/client session around this transaction", fix: "safe", related: [3] }] },
    { name: "a parameter of a declared type, which is the receiver", code: `
        import type { PrismaClient } from "@prisma/client";
        export const save = (client: PrismaClient) => client.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await client.line.deleteMany();
        });`, findings: [{ line: 4, library: "@prisma/client", message: "`client`", fix: "safe", related: [2] }] },
    { name: "a field of the class", code: `
        import { PrismaClient } from "@prisma/client";
        export class Orders {
          constructor(private readonly prisma: PrismaClient) {}
          save() {
            return this.prisma.$transaction(async (tx) => {
              await tx.order.deleteMany();
              await this.prisma.line.deleteMany();
            });
          }
        }`, findings: [{ line: 7, library: "@prisma/client", message: "`this.prisma`", fix: "safe", related: [5] }] },
    { name: "kept in globalThis", code: `
        import { PrismaClient } from "@prisma/client";
        const kept = globalThis as unknown as { prisma?: PrismaClient };
        export const prisma = kept.prisma || new PrismaClient();
        export const save = () => prisma.$transaction(async () => { await prisma.order.deleteMany(); });`,
      findings: [{ line: 4, library: "@prisma/client", message: "its statement runs", fix: "manual", reason: NO_PARAMETER, related: [4] }] },
    { name: "inside a callback of an array method", code: `${PRISMA}
        export const save = (ids: number[]) => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await Promise.all(ids.map((id) => prisma.line.delete({ where: { id } })));
        });`, findings: [{ line: 5, library: "@prisma/client", message: "`prisma`", fix: "safe", related: [3] }] },
    { name: "a handle that is named and never used", code: `${PRISMA}
        export const save = () => prisma.$transaction(async (_tx) => {
          await prisma.order.deleteMany();
        });`, findings: [{ line: 4, library: "@prisma/client", message: "`prisma`", fix: "safe", related: [3] }] },
    { name: "raw SQL on the session", code: `${PRISMA}
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await prisma.$executeRaw\`UPDATE counters SET n = n + 1\`;
        });`, findings: [{ line: 5, library: "@prisma/client", message: "`prisma`", fix: "safe", related: [3] }] },
    { name: "what is plain to mend, beside what somebody has to look at: both go in", code: `${PRISMA}
        const audit = { note: () => prisma.event.create({ data: {} }) };
        export const save = (later: (work: () => void) => void) => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await prisma.line.deleteMany();
          await audit.note();
        });
        export const all = [audit.note];`, findings: [
      { line: 6, library: "@prisma/client", message: "`prisma`", fix: "review", reason: "another statement of this transaction is outside, too (line 7)", related: [4] },
      { line: 7, library: "@prisma/client", message: "`audit.note`", fix: "review", reason: "becomes part of the transaction", related: [4, 3] },
    ] },
    { name: "Drizzle on better-sqlite3: the same connection, so only likely", code: `${DRIZZLE}
        export const save = () => db.transaction((tx) => {
          tx.insert(things).values({ id: 1 }).run();
          db.delete(things).run();
        });`, findings: [{ line: 7, library: "drizzle-orm", confidence: "likely", message: "only as long as both are one connection", fix: "safe", related: [5] }] },
    { name: "Drizzle on a server", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle("postgres://app");
        export const save = () => db.transaction(async (tx) => {
          await tx.insert(things).values({ id: 1 });
          await db.delete(things);
        });`, findings: [{ line: 6, library: "drizzle-orm", message: "`db`", fix: "safe", related: [4] }] },
    { name: "Knex", code: `${KNEX}
        export const save = () => db.transaction(async (trx) => {
          await trx("orders").insert({ id: 1 });
          await db("lines").insert({ id: 1 });
        });`, findings: [{ line: 5, library: "knex", message: "`db`", fix: "safe", related: [3] }] },
    { name: "Knex: a query that is kept, and then run", code: `${KNEX}
        export const save = () => db.transaction(async (trx) => {
          await trx("orders").insert({ id: 1 });
          const query = db("lines").insert({ id: 1 });
          await query;
        });`, findings: [{ line: 5, library: "knex", message: "`db`", fix: "safe", related: [3] }] },
    { name: "Kysely", code: `
        import { Kysely, PostgresDialect } from "kysely";
        const db = new Kysely({ dialect: new PostgresDialect({}) });
        export const save = () => db.transaction().execute(async (trx) => {
          await trx.insertInto("orders").values({ id: 1 }).execute();
          await db.deleteFrom("lines").execute();
        });`, findings: [{ line: 5, library: "kysely", message: "`db`", fix: "safe", related: [3] }] },
  ],
});
