import { expect, it } from "vitest";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { runLocal } from "./helpers/local.js";
import { fixOnce } from "./helpers/rounds.js";

const PRISMA = `
    import { PrismaClient } from "@prisma/client";
    const prisma = new PrismaClient();`;

const TYPE = "Parameters<Parameters<typeof prisma.$transaction>[0]>[0]";
const JOINS = "becomes part of the transaction";

runLocal("no-outer-session-in-transaction", "use-transaction-handle", [
  { name: "a function without parameters, and one over several lines", before: `${PRISMA}
    function clear() {
      return prisma.line.deleteMany();
    }
    const note = async (
      what: string, // what happened
      to: string,
    ) => {
      await prisma.event.create({ data: { what, to } });
    };
    const count = (
      what: string
    ) => prisma.event.count({ where: { what } });
    export const save = () => prisma.$transaction(async (tx) => {
      await clear();
      await note(
        "saved",
        "all",
      );
      return count("saved");
    });
    export const all = () => count("all");
    `, after: `${PRISMA}
    function clear(session: ${TYPE} = prisma) {
      return session.line.deleteMany();
    }
    const note = async (
      what: string, // what happened
      to: string,
      session: ${TYPE} = prisma,
    ) => {
      await session.event.create({ data: { what, to } });
    };
    const count = (
      what: string,
      session: ${TYPE} = prisma
    ) => session.event.count({ where: { what } });
    export const save = () => prisma.$transaction(async (tx) => {
      await clear(tx);
      await note(
        "saved",
        "all",
        tx,
      );
      return count("saved", tx);
    });
    export const all = () => count("all");
    `, safety: "review", reason: JOINS },
  { name: "two transactions call it: the parameter comes once", before: `${PRISMA}
    async function log(what: string) {
      await prisma.event.create({ data: { what } });
    }
    export const open = () => prisma.$transaction(async (tx) => {
      await tx.order.create({ data: {} });
      await log("opened");
    });
    export const close = () => prisma.$transaction(async (trx) => {
      await trx.order.deleteMany();
      await log("closed");
    });
    `, after: `${PRISMA}
    async function log(what: string, session: ${TYPE} = prisma) {
      await session.event.create({ data: { what } });
    }
    export const open = () => prisma.$transaction(async (tx) => {
      await tx.order.create({ data: {} });
      await log("opened", tx);
    });
    export const close = () => prisma.$transaction(async (trx) => {
      await trx.order.deleteMany();
      await log("closed", trx);
    });
    `, safety: "review", reason: JOINS },
  { name: "a method of the same class, with the session in a field", before: `
    import type { PrismaClient } from "@prisma/client";
    export class Orders {
      constructor(private readonly prisma: PrismaClient) {}

      async clear(id: string): Promise<void> {
        await this.prisma.line.deleteMany({ where: { id } });
      }

      close(id: string) {
        return this.prisma.$transaction(async (tx) => {
          await tx.order.delete({ where: { id } });
          await this.clear(id);
        });
      }
    }
    `, after: `
    import type { PrismaClient } from "@prisma/client";
    export class Orders {
      constructor(private readonly prisma: PrismaClient) {}

      async clear(id: string, session: Parameters<Parameters<typeof this.prisma.$transaction>[0]>[0] = this.prisma): Promise<void> {
        await session.line.deleteMany({ where: { id } });
      }

      close(id: string) {
        return this.prisma.$transaction(async (tx) => {
          await tx.order.delete({ where: { id } });
          await this.clear(id, tx);
        });
      }
    }
    `, safety: "review", reason: JOINS },
  { name: "the session out of a context that the function is given", before: `
    import type { PrismaClient } from "@prisma/client";
    interface Context { db: PrismaClient; user: string }
    const check = async (ctx: Context, id: string) => {
      if (!(await ctx.db.asset.findFirst({ where: { id } }))) throw new Error(ctx.user);
    };
    export const save = (ctx: Context, id: string) => ctx.db.$transaction(async (tx) => {
      await check(ctx, id);
      await tx.order.deleteMany();
    });
    `, after: `
    import type { PrismaClient } from "@prisma/client";
    interface Context { db: PrismaClient; user: string }
    const check = async (ctx: Context, id: string, session: Parameters<Parameters<typeof ctx.db.$transaction>[0]>[0] = ctx.db) => {
      if (!(await session.asset.findFirst({ where: { id } }))) throw new Error(ctx.user);
    };
    export const save = (ctx: Context, id: string) => ctx.db.$transaction(async (tx) => {
      await check(ctx, id, tx);
      await tx.order.deleteMany();
    });
    `, safety: "review", reason: JOINS },
  { name: "a parameter that takes the session already", before: `${PRISMA}
    const clear = (id: string, client = prisma) => client.line.deleteMany({ where: { id } });
    const drop = (client: PrismaClient, id: string) => client.order.delete({ where: { id } });
    export const save = () => prisma.$transaction(async (tx) => {
      await clear("a");
      await drop(prisma, "b");
    });
    `, after: `${PRISMA}
    const clear = (id: string, client = prisma) => client.line.deleteMany({ where: { id } });
    const drop = (client: PrismaClient, id: string) => client.order.delete({ where: { id } });
    export const save = () => prisma.$transaction(async (tx) => {
      await clear("a", tx);
      await drop(tx, "b");
    });
    `, safety: "review", reason: JOINS },
  { name: "a name that is taken", before: `${PRISMA}
    async function remember(user: { session: string }) {
      const session = user.session;
      await prisma.visit.create({ data: { session } });
    }
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await remember({ session: "s" });
    });
    `, after: `${PRISMA}
    async function remember(user: { session: string }, dbSession: ${TYPE} = prisma) {
      const session = user.session;
      await dbSession.visit.create({ data: { session } });
    }
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await remember({ session: "s" }, tx);
    });
    `, safety: "review", reason: JOINS },
  { name: "JavaScript has no type, and Kysely's statement may take the session as an argument", file: "src/app.js", before: `
    import Database from "better-sqlite3";
    import { Kysely, SqliteDialect, sql } from "kysely";
    const db = new Kysely({ dialect: new SqliteDialect({ database: new Database("app.db") }) });
    const touch = async (id) => {
      await sql\`UPDATE things SET seen = 1 WHERE id = \${id}\`.execute(db);
    };
    export const save = (id) => db.transaction().execute(async (trx) => {
      await trx.deleteFrom("things").execute();
      await touch(id);
    });
    `, after: `
    import Database from "better-sqlite3";
    import { Kysely, SqliteDialect, sql } from "kysely";
    const db = new Kysely({ dialect: new SqliteDialect({ database: new Database("app.db") }) });
    const touch = async (id, session = db) => {
      await sql\`UPDATE things SET seen = 1 WHERE id = \${id}\`.execute(session);
    };
    export const save = (id) => db.transaction().execute(async (trx) => {
      await trx.deleteFrom("things").execute();
      await touch(id, trx);
    });
    `, safety: "review", reason: JOINS },
  { name: "CommonJS hands it out", file: "src/app.cjs", before: `
    const knex = require("knex");
    const db = knex({ client: "pg" });
    const touch = async (id) => {
      await db("things").where({ id }).update({ seen: 1 });
    };
    exports.again = touch;
    const save = (id) => db.transaction(async (trx) => {
      await trx("things").del();
      await touch(id);
    });
    module.exports = { save, touch };
    `, after: `
    const knex = require("knex");
    const db = knex({ client: "pg" });
    const touch = async (id, session = db) => {
      await session("things").where({ id }).update({ seen: 1 });
    };
    exports.again = touch;
    const save = (id) => db.transaction(async (trx) => {
      await trx("things").del();
      await touch(id, trx);
    });
    module.exports = { save, touch };
    `, safety: "review", reason: JOINS },
  { name: "a member of an object", before: `${PRISMA}
    const lines = {
      async clear(id: string) {
        await prisma.line.deleteMany({ where: { id } });
      },
    };
    export const save = (ids: string[]) => prisma.$transaction(async (tx) => {
      for (const id of ids) await lines.clear(id);
      await tx.order.deleteMany();
    });
    `, after: `${PRISMA}
    const lines = {
      async clear(id: string, session: ${TYPE} = prisma) {
        await session.line.deleteMany({ where: { id } });
      },
    };
    export const save = (ids: string[]) => prisma.$transaction(async (tx) => {
      for (const id of ids) await lines.clear(id, tx);
      await tx.order.deleteMany();
    });
    `, safety: "review", reason: JOINS },
  { name: "it is passed to a method that calls it with more", before: `${PRISMA}
    const clear = (id: string) => prisma.line.deleteMany({ where: { id } });
    export const all = (ids: string[]) => ids.map(clear);
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await clear("a");
    });
    `, reason: "`clear` is passed on" },
  { name: "it is kept in an object that goes elsewhere", before: `${PRISMA}
    const clear = (id: string) => prisma.line.deleteMany({ where: { id } });
    export const api = { clear };
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await clear("a");
    });
    `, reason: "`clear` is also used other than by calling it" },
  { name: "more arguments than it takes", before: `${PRISMA}
    async function clear(id: string) { await prisma.line.deleteMany({ where: { id } }); }
    export const one = (id: string) => (clear as (id: string, more: boolean) => Promise<void>)(id, true);
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await clear("a");
    });
    `, reason: "`clear`" },
  { name: "any number of arguments", before: `${PRISMA}
    const clear = (...ids: string[]) => prisma.line.deleteMany({ where: { id: { in: ids } } });
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await clear("a");
    });
    `, reason: "takes any number of arguments" },
  { name: "arguments by number", before: `${PRISMA}
    function clear() { return prisma.line.deleteMany({ where: { id: arguments[0] } }); }
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await clear();
    });
    `, reason: "looks at its `arguments`" },
  { name: "overloads", before: `${PRISMA}
    async function clear(id: string): Promise<void>;
    async function clear(id: number): Promise<void>;
    async function clear(id: string | number): Promise<void> {
      await prisma.line.deleteMany({ where: { id } });
    }
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await clear("a");
    });
    `, reason: "has overloads" },
  { name: "a static method and one of the instances, of the same name", before: `${PRISMA}
    class Lines {
      constructor(readonly id: string) {}
      static async check(id: string) {
        if (!(await prisma.line.findUnique({ where: { id } }))) throw new Error("gone");
        return new Lines(id).check();
      }
      check() { return this.id !== ""; }
    }
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await Lines.check("a");
    });
    `, after: `${PRISMA}
    class Lines {
      constructor(readonly id: string) {}
      static async check(id: string, session: ${TYPE} = prisma) {
        if (!(await session.line.findUnique({ where: { id } }))) throw new Error("gone");
        return new Lines(id).check();
      }
      check() { return this.id !== ""; }
    }
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await Lines.check("a", tx);
    });
    `, safety: "review", reason: JOINS },
  { name: "a class that implements an interface", before: `${PRISMA}
    interface Clearing { clear(id: string): Promise<void> }
    class Lines implements Clearing {
      async clear(id: string) { await prisma.line.deleteMany({ where: { id } }); }
    }
    const lines = new Lines();
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await lines.clear("a");
    });
    `, reason: "extends or implements" },
  { name: "a class that another one extends", before: `${PRISMA}
    class Lines {
      async clear(id: string) { await prisma.line.deleteMany({ where: { id } }); }
    }
    export class Others extends Lines {}
    const lines = new Lines();
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await lines.clear("a");
    });
    `, reason: "is extended" },
  { name: "a declared type says what it takes", before: `${PRISMA}
    const clear: (id: string) => Promise<unknown> = (id) => prisma.line.deleteMany({ where: { id } });
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await clear("a");
    });
    `, reason: "declared with a type" },
  { name: "statements at the same time", before: `${PRISMA}
    const clear = (ids: string[]) => Promise.all(ids.map((id) => prisma.line.deleteMany({ where: { id } })));
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await clear(["a"]);
    });
    `, reason: "at the same time" },
  { name: "a call at the same time as others", before: `${PRISMA}
    const count = () => prisma.line.count();
    export const save = () => prisma.$transaction(async (tx) => {
      const [lines, orders] = await Promise.all([count(), tx.order.count()]);
      await tx.total.create({ data: { lines, orders } });
    });
    `, reason: "it runs at the same time as others" },
  { name: "the session for more than statements", before: `${PRISMA}
    async function clear() {
      await prisma.line.deleteMany();
      console.log(prisma);
    }
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await clear();
    });
    `, reason: "for more than statements" },
  { name: "the session under a name of the function's own, which means something else outside", before: `
    import { PrismaClient } from "@prisma/client";
    const clients = { main: new PrismaClient() };
    const prisma = "the name of something else";
    async function clear() {
      const prisma = clients.main;
      await prisma.line.deleteMany();
    }
    export const save = () => clients.main.$transaction(async (tx) => {
      await tx.order.deleteMany({ where: { prisma } });
      await clear();
    });
    `, reason: "`prisma` is a name of the function's own" },
  { name: "a context that nothing says is given", file: "src/app.mjs", before: `
    import { PrismaClient } from "@prisma/client";
    const context = { db: new PrismaClient() };
    const note = async (what, ctx) => { if (ctx) await ctx.db.event.create({ data: { what } }); };
    export const save = () => context.db.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await note("saved", context);
    });
    export const quiet = () => note("nothing");
    `, reason: "no type says that `ctx` is always given" },
  { name: "a session that a function gives", before: `
    import { PrismaClient } from "@prisma/client";
    let client: PrismaClient | undefined;
    const db = () => (client ??= new PrismaClient());
    const clear = () => db().line.deleteMany();
    export const save = () => db().$transaction(async (tx) => {
      await tx.order.deleteMany();
      await clear();
    });
    `, reason: "the session has no name in `clear`" },
  { name: "a call that may run when the transaction is over", before: `${PRISMA}
    async function clear() { await prisma.line.deleteMany(); }
    async function retry(work: () => Promise<void>) {
      try { await work(); } catch { await work(); }
    }
    export const save = () => prisma.$transaction(async (tx) => {
      await tx.order.deleteMany();
      await retry(async () => { await clear(); });
    });
    `, reason: "may run when the transaction is over" },
  { name: "a library of which no type for both is known", before: `
    import postgres from "postgres";
    const sql = postgres("postgres://app");
    const clear = () => sql\`DELETE FROM lines\`;
    export const save = () => sql.begin(async (tx) => {
      await tx\`DELETE FROM orders\`;
      await clear();
    });
    `, reason: "no type is known" },
]);

it("keeps the file's line ends, and a parameter list that ends in a comment as it is", () => {
  const text = [
    'import knex from "knex";',
    'const db = knex({ client: "pg" });',
    "const touch = async (",
    "  id: number,",
    ") => {",
    '  await db("things").where({ id }).update({ seen: 1 });',
    "};",
    "const clear = async (",
    "  id: number // which",
    ") => {",
    '  await db("things").where({ id }).del();',
    "};",
    "export const save = (id: number) => db.transaction(async (trx) => {",
    "  await touch(id);",
    "  await clear(id);",
    "});",
    "",
  ].join("\r\n");
  const fixed = fixOnce({ "src/app.ts": text }, findingsOf(ruleNamed("no-outer-session-in-transaction"), { "src/app.ts": text }));
  expect(fixed.manual.map(({ reason }) => reason)).toEqual([expect.stringContaining("a comment stands at the end of the list")]);
  expect(fixed.files["src/app.ts"]).toBe(text.replace("  id: number,\r\n", "  id: number,\r\n  session = db,\r\n").replace('await db("things").where({ id }).update', 'await session("things").where({ id }).update').replace("touch(id);", "touch(id, trx);"));
});
