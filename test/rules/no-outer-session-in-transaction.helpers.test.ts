import { runTable } from "./lib/table.js";

const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

const SEQUELIZE = `
        import { Model, Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://app");
        class User extends Model {}
        User.init({}, { sequelize });`;

const PASS = "give the helper the handle as a parameter";
const JOINS = "does here becomes part of the transaction";

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "helpers, files and options",
  valid: [
    { name: "another of several sessions that are kept in one place by name", code: {
      "src/db.ts": `
        import { PrismaClient } from "@prisma/client";
        const kept = new Map();
        function keep(name, make) {
          if (!kept.has(name)) kept.set(name, make());
          return kept.get(name);
        }
        export const prisma = keep("main", () => new PrismaClient());
        export const audit = keep("audit", () => new PrismaClient({ datasourceUrl: "postgres://audit" }));`,
      "src/save.ts": `
        import { audit, prisma } from "./db.js";
        const log = () => audit.event.create({ data: {} });
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await log();
        });`,
    } },
    { name: "a helper that is given the handle", code: `${PRISMA}
        const remove = (client, id) => client.line.delete({ where: { id } });
        export const save = () => prisma.$transaction(async (tx) => { await remove(tx, 1); });` },
    { name: "a method of the session's class that is given the handle", code: `
        import { Prisma, PrismaClient } from "@prisma/client";
        class Client extends PrismaClient {
          async lock(tx: Prisma.TransactionClient) {
            await tx.$executeRaw\`LOCK TABLE orders\`;
          }
        }
        export class Orders {
          constructor(private readonly prisma: Client) {}
          save() {
            return this.prisma.$transaction(async (tx) => {
              await this.prisma.lock(tx);
              await tx.order.deleteMany();
            });
          }
        }` },
    { name: "a repository that is built on the handle", code: `${PRISMA}
        class Lines {
          constructor(private readonly client) {}
          clear() { return this.client.line.deleteMany(); }
        }
        export const save = () => prisma.$transaction(async (tx) => { await new Lines(tx).clear(); });` },
    { name: "a helper with the session as its default", code: `${PRISMA}
        const clear = (client = prisma) => client.line.deleteMany();
        export const save = () => prisma.$transaction(async (tx) => { await clear(tx); });` },
    { name: "the handle in an object", code: `${PRISMA}
        const clear = ({ client }) => (client ?? prisma).line.deleteMany();
        export const save = () => prisma.$transaction(async (tx) => { await clear({ client: tx }); });` },
    { name: "a helper that the options allow", options: { allowFunctions: ["audit"] }, code: `${PRISMA}
        const audit = (what: string) => prisma.event.create({ data: { what } });
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await audit("cleared");
        });` },
    { name: "a session by tenant may be another one", code: `
        import { PrismaClient } from "@prisma/client";
        const clients = new Map<string, PrismaClient>();
        function clientOf(tenant: string) {
          let client = clients.get(tenant);
          if (!client) clients.set(tenant, (client = new PrismaClient({ datasourceUrl: tenant })));
          return client;
        }
        const log = () => clientOf("log").event.create({ data: {} });
        export const save = (tenant: string) => clientOf(tenant).$transaction(async (tx) => {
          await tx.order.deleteMany();
          await log();
        });` },
    { name: "Sequelize: the option is passed", code: `${SEQUELIZE}
        export const save = () => sequelize.transaction(async (t) => {
          await User.create({ name: "a" }, { transaction: t });
          await User.destroy({ where: { id: 1 }, transaction: t });
        });` },
    { name: "Sequelize: options from elsewhere may have it", code: `${SEQUELIZE}
        export const save = (options, extra) => sequelize.transaction(async (t) => {
          await User.create({ name: "a" }, options);
          await User.findAll({ ...extra });
        });` },
    { name: "Sequelize: carried along", code: `${SEQUELIZE}
        Sequelize.useCLS(namespace);
        export const save = () => sequelize.transaction(async () => { await User.create({ name: "a" }); });` },
    { name: "a helper that also begins a transaction of its own: no-nested-transaction says so", code: `${PRISMA}
        async function record(what: string, kind: "short" | "long") {
          if (kind === "short") {
            await prisma.event.create({ data: { what } });
            return;
          }
          await prisma.$transaction(async (own) => {
            await own.event.create({ data: { what } });
            await own.counter.updateMany({ data: { n: { increment: 1 } } });
          });
        }
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await record("cleared", "long");
        });` },
    { name: "a method of another object, or on another session of this one", code: `
        import type { PrismaClient } from "@prisma/client";
        export class Orders {
          constructor(private readonly prisma: PrismaClient, private readonly log: PrismaClient, private readonly others: Orders) {}
          clear(id: string) { return this.prisma.line.deleteMany({ where: { id } }); }
          note(id: string) { return this.log.event.create({ data: { id } }); }
          close(id: string) {
            return this.prisma.$transaction(async (tx) => {
              await tx.order.delete({ where: { id } });
              await this.others.clear(id);
              await this.note(id);
            });
          }
        }` },
    { name: "a context with another session on the helper's way", code: `
        import type { PrismaClient } from "@prisma/client";
        interface Context { db: PrismaClient; audit: PrismaClient }
        const log = (ctx: Context) => ctx.audit.event.create({ data: {} });
        export const save = (ctx: Context, other: Context) => ctx.db.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await log(ctx);
          await log(other);
        });` },
    { name: "a helper with a session of its own on another file", code: {
      "src/open.ts": `
        import Database from "better-sqlite3";
        export function openNotes() { return new Database("notes.db"); }
        export function openLog() { return new Database("log.db"); }`,
      "src/save.ts": `
        import { openLog, openNotes } from "./open.js";
        function log(text: string) {
          const db = openLog();
          db.prepare("INSERT INTO log (text) VALUES (?)").run(text);
          db.close();
        }
        export function save(text: string) {
          const db = openNotes();
          db.exec("BEGIN");
          db.prepare("INSERT INTO notes (text) VALUES (?)").run(text);
          log(text);
          db.exec("COMMIT");
        }`,
    } },
    { name: "a helper that opens the file which it is told", code: {
      "src/open.ts": `
        import Database from "better-sqlite3";
        export function openNotes(path: string) { return new Database(path); }`,
      "src/save.ts": `
        import { openNotes } from "./open.js";
        function copy(path: string, text: string) {
          const db = openNotes(path);
          db.prepare("INSERT INTO notes (text) VALUES (?)").run(text);
          db.close();
        }
        export function save(text: string, other: string) {
          const db = openNotes("notes.db");
          db.exec("BEGIN");
          db.prepare("INSERT INTO notes (text) VALUES (?)").run(text);
          copy(other, text);
          db.exec("COMMIT");
        }`,
    } },
    { name: "a helper that is given the session of the transaction, or opens one where it is given none", code: {
      "src/open.ts": `
        import Database from "better-sqlite3";
        export function openNotes() { return new Database("notes.db"); }`,
      "src/save.ts": `
        import { openNotes } from "./open.js";
        function count(id: number, given?: any) {
          const db = given ?? openNotes();
          db.prepare("UPDATE counts SET n = n + 1 WHERE id = ?").run(id);
        }
        export function save(id: number) {
          const db = openNotes();
          db.exec("BEGIN");
          db.prepare("INSERT INTO notes (id) VALUES (?)").run(id);
          count(id, db);
          db.exec("COMMIT");
        }`,
    } },
  ],
  invalid: [
    { name: "the same in a function that is tried several times", code: {
      "src/open.ts": `
        import { open } from "sqlite";
        import sqlite3 from "sqlite3";
        const openStock = async () => open({ filename: "stock.db", driver: sqlite3.Database });
        export default openStock;`,
      "src/totals.ts": `
        import openStock from "./open.js";
        export async function setTotal(id: number) {
          try {
            if (!id) throw new Error("no item");
            const db = await openStock();
            await db.run("UPDATE items SET total = 0 WHERE id = ?", [id]);
          } catch (error) {
            throw new Error("failed");
          }
        }`,
      "src/save.ts": `
        import openStock from "./open.js";
        import { setTotal } from "./totals.js";
        async function retried<T>(run: () => Promise<T>): Promise<T> {
          for (let i = 0; i < 5; i++) {
            try { return await run(); } catch (error) { if (i === 4) throw error; }
          }
          throw new Error("too often");
        }
        export async function save(items: { id: number }[]) {
          const db = await openStock();
          await retried(async () => {
            await db.run("BEGIN TRANSACTION");
            try {
              for (const item of items) await setTotal(item.id);
              await db.run("COMMIT");
            } catch (error) {
              await db.run("ROLLBACK");
              throw error;
            }
          });
        }`,
    }, findings: [{ file: "src/save.ts", line: 14, message: "`setTotal` writes on a sqlite session that it opens for itself", library: "sqlite", fix: "manual", reason: "hand it the session", related: ["src/save.ts:12", "src/totals.ts:6", "src/totals.ts:5"] }] },
    { name: "a helper that opens a session of its own on the same file, and writes there", code: {
      "src/open.ts": `
        import Database from "better-sqlite3";
        export function openNotes() { return new Database("notes.db"); }`,
      "src/counts.ts": `
        import { openNotes } from "./open.js";
        export function count(id: number) {
          const db = openNotes();
          try {
            db.prepare("UPDATE counts SET n = n + 1 WHERE id = ?").run(id);
          } finally {
            db.close();
          }
        }`,
      "src/save.ts": `
        import { openNotes } from "./open.js";
        import { count } from "./counts.js";
        export function save(id: number) {
          const db = openNotes();
          db.exec("BEGIN");
          try {
            db.prepare("INSERT INTO notes (id) VALUES (?)").run(id);
            count(id);
            db.exec("COMMIT");
          } catch (error) {
            db.exec("ROLLBACK");
            throw error;
          }
        }`,
    }, findings: [{ file: "src/save.ts", line: 8, message: "`count` writes on a better-sqlite3 session that it opens for itself, in the middle of this transaction: it is no part of it, and may wait for its locks", fix: "manual", reason: "hand it the session", related: ["src/save.ts:5", "src/counts.ts:5", "src/counts.ts:3"] }] },
    { name: "the same where a callback is the transaction", code: {
      "src/open.ts": `
        import Database from "better-sqlite3";
        export function openNotes() { return new Database("notes.db"); }`,
      "src/save.ts": `
        import { openNotes } from "./open.js";
        function count(id: number) {
          const db = openNotes();
          db.prepare("UPDATE counts SET n = n + 1 WHERE id = ?").run(id);
          db.close();
        }
        export function save(id: number) {
          const db = openNotes();
          db.transaction(() => {
            db.prepare("INSERT INTO notes (id) VALUES (?)").run(id);
            count(id);
          })();
        }`,
    }, findings: [{ file: "src/save.ts", line: 11, message: "`count` writes on a better-sqlite3 session that it opens for itself", fix: "manual", reason: "hand it the session", related: ["src/save.ts:9", "src/save.ts:4", "src/save.ts:3"] }] },
    { name: "a helper on the module's session", code: `${PRISMA}
        async function clear() { await prisma.line.deleteMany(); }
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await clear();
        });`, findings: [{ line: 6, library: "@prisma/client", message: "`clear` runs on the @prisma/client session", fix: "review", reason: JOINS, related: [4, 3] }] },
    { name: "two calls away, in other files", code: {
      "src/db.ts": `
        import { PrismaClient } from "@prisma/client";
        export const prisma = new PrismaClient();`,
      "src/lines.ts": `
        import { prisma } from "./db.js";
        const remove = () => prisma.line.deleteMany();
        export async function clear() { await remove(); }`,
      "src/save.ts": `
        import { prisma } from "./db.js";
        import { clear } from "./lines.js";
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await clear();
        });`,
    }, findings: [{ file: "src/save.ts", line: 5, library: "@prisma/client", message: "`clear`", fix: "review", reason: JOINS, related: ["src/save.ts:3", "src/lines.ts:2"] }] },
    { name: "one of several sessions that are kept in one place by name", code: {
      "src/keep.ts": `
        const kept = new Map();
        export function keep(name, make) {
          if (!kept.has(name)) kept.set(name, make());
          return kept.get(name);
        }`,
      "src/db.ts": `
        import { PrismaClient } from "@prisma/client";
        import { keep } from "./keep.js";
        const plain = keep("plain", () => new PrismaClient());
        export const logged = keep("logged", () => new PrismaClient({ log: ["query"] }));
        const split = keep("split", () => (process.env.REPLICAS ? plain.$extends({}) : plain));
        export { split as prisma };`,
      "src/lines.ts": `
        import { prisma as session } from "./db.js";
        export async function clear() { await session.line.deleteMany(); }`,
      "src/save.ts": `
        import { prisma } from "./db.js";
        import { clear } from "./lines.js";
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await clear();
        });`,
    }, findings: [{ file: "src/save.ts", line: 5, library: "@prisma/client", message: "`clear` runs on the @prisma/client session", fix: "review", reason: JOINS, related: ["src/save.ts:3", "src/lines.ts:2"] }] },
    { name: "a session that a function gives, once made", code: `
        import { PrismaClient } from "@prisma/client";
        let client: PrismaClient | undefined;
        const db = () => (client ??= new PrismaClient());
        const clear = () => db().line.deleteMany();
        export const save = () => db().$transaction(async (tx) => {
          await tx.order.deleteMany();
          await clear();
        });`, findings: [{ line: 7, library: "@prisma/client", message: "`clear`", fix: "manual", reason: PASS, related: [5, 4] }] },
    { name: "a helper of the program runs the transaction", code: `${PRISMA}
        const inTransaction = (work) => prisma.$transaction((tx) => work(tx));
        export const save = () => inTransaction(async (tx) => {
          await tx.order.deleteMany();
          await prisma.line.deleteMany();
        });`, findings: [{ line: 6, library: "@prisma/client", message: "`prisma`", fix: "manual", reason: "use the transaction's handle here", related: [4] }] },
    { name: "a context that carries the session to a helper, and on", code: {
      "src/context.ts": `
        import type { PrismaClient } from "@prisma/client";
        export interface Context { db: PrismaClient; user: string }`,
      "src/assets.ts": `
        import type { Context } from "./context.js";
        const find = (id: string, ctx: Context) => ctx.db.asset.findFirst({ where: { id } });
        export async function check(ctx: Context, id: string) {
          if (!(await find(id, ctx))) throw new Error("no such asset");
        }`,
      "src/save.ts": `
        import type { Context } from "./context.js";
        import { check } from "./assets.js";
        export const save = (ctx: Context, id: string) => ctx.db.$transaction(async (tx) => {
          await check(ctx, id);
          await tx.order.deleteMany();
        });`,
    }, findings: [{ file: "src/save.ts", line: 4, library: "@prisma/client", message: "`check`", fix: "review", reason: JOINS, related: ["src/save.ts:3", "src/assets.ts:2"] }] },
    { name: "two ways to one statement", code: `${PRISMA}
        const find = (id: string) => prisma.asset.findFirst({ where: { id } });
        async function check(id: string) { if (!(await find(id))) throw new Error("no such asset"); }
        export const save = (id: string) => prisma.$transaction(async (tx) => {
          await check(id);
          await tx.order.deleteMany();
          return find(id);
        });`, findings: [
          { line: 6, library: "@prisma/client", message: "`check`", fix: "review", reason: JOINS, related: [5, 3] },
          { line: 8, library: "@prisma/client", message: "`find`", fix: "review", reason: JOINS, related: [5, 3] },
        ] },
    { name: "a method of the same object", code: `
        import type { PrismaClient } from "@prisma/client";
        export class Orders {
          constructor(private readonly prisma: PrismaClient) {}
          clear(id: string) { return this.prisma.line.deleteMany({ where: { id } }); }
          close(id: string) {
            return this.prisma.$transaction(async (tx) => {
              await tx.order.delete({ where: { id } });
              await this.clear(id);
            });
          }
        }`, findings: [{ line: 8, library: "@prisma/client", message: "`this.clear`", fix: "review", reason: JOINS, related: [6, 4] }] },
    { name: "a default that one call leaves out", code: `${PRISMA}
        const clear = (id: string, client = prisma) => client.line.deleteMany({ where: { id } });
        export const save = () => prisma.$transaction(async (tx) => {
          await clear("a", tx);
          await clear("b");
          await clear("c", undefined);
        });`, findings: [
          { line: 6, library: "@prisma/client", message: "`clear`", fix: "review", reason: JOINS, related: [4, 3] },
          { line: 7, library: "@prisma/client", message: "`clear`", fix: "review", reason: JOINS, related: [4, 3] },
        ] },
    { name: "a default out of a context, left out a helper before", code: `
        import type { PrismaClient } from "@prisma/client";
        interface Context { db: PrismaClient; user: string }
        const find = async (ctx: Context, id: string, session = ctx.db) => session.asset.findFirst({ where: { id } });
        const check = async (ctx: Context, id: string) => { if (!(await find(ctx, id))) throw new Error(ctx.user); };
        export const save = (ctx: Context, id: string) => ctx.db.$transaction(async (tx) => {
          await find(ctx, id, tx);
          await check(ctx, id);
          await tx.order.deleteMany();
        });`, findings: [{ line: 7, library: "@prisma/client", message: "`check`", fix: "review", reason: JOINS, related: [5, 3] }] },
    { name: "a default that is left out a helper before", code: `${PRISMA}
        const remove = (id: string, client = prisma) => client.line.deleteMany({ where: { id } });
        async function clear(id: string, client?: typeof prisma) { await remove(id, client); }
        export const save = () => prisma.$transaction(async (tx) => {
          await clear("a", tx);
          await clear("b");
        });`, findings: [{ line: 7, library: "@prisma/client", message: "`clear`", fix: "review", reason: JOINS, related: [5, 3] }] },
    { name: "a helper that begins one, and another that does not", code: `${PRISMA}
        const count = () => prisma.counter.updateMany({ data: { n: { increment: 1 } } });
        const recount = async () => {
          await prisma.counter.deleteMany();
          await prisma.$transaction(async (own) => { await own.counter.create({ data: { n: 0 } }); });
        };
        export const save = () => prisma.$transaction(async (tx) => {
          await tx.order.deleteMany();
          await recount();
          await count();
        });`, findings: [{ line: 11, library: "@prisma/client", message: "`count`", fix: "review", reason: JOINS, related: [8, 3] }] },
    { name: "Sequelize: no options", code: `${SEQUELIZE}
        export const save = () => sequelize.transaction(async (t) => {
          await User.create({ name: "a" }, { transaction: t });
          await User.create({ name: "b" });
        });`, findings: [{ line: 7, library: "sequelize", message: "`transaction` is not passed", fix: "safe", related: [5] }] },
    { name: "Sequelize: options without it", code: `${SEQUELIZE}
        export const save = () => sequelize.transaction(async (t) => {
          await User.destroy({ where: { id: 1 } });
        });`, findings: [{ line: 6, library: "sequelize", message: "`transaction` is not passed", fix: "safe", related: [5] }] },
  ],
});
