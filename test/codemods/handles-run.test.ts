import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";
import { readTree } from "./helpers/disk.js";

/** An order is taken, or it is not: what its helpers wrote goes with it. A program that waits for itself ends when nothing is left to do. */
const MAIN = `import { takeOrder } from "./orders.js";
import { addLine } from "./lines.js";
import { close, prepare, rows } from "./db.js";

const seen: Record<string, unknown> = {};
process.on("exit", () => console.log(JSON.stringify(seen)));
void (async () => {
  await prepare();
  seen["taken"] = await takeOrder(["a", "b"]).then(() => "yes", () => "no");
  seen["refused"] = await takeOrder(["c", "bad"]).then(() => "yes", () => "no");
  await addLine("alone");
  seen["rows"] = await rows();
  await close();
})();
`;

/** What must be there when all of an order is one transaction. */
const WHOLE = { taken: "yes", refused: "no", rows: ["a", "b", "2 lines", "alone"] };

const ORDERS = (transaction: string) => `import { db } from "./db.js";
import { addLine } from "./lines.js";
import { record } from "./record.js";

export async function takeOrder(names: readonly string[]): Promise<void> {
  await ${transaction}(async (tx) => {
    for (const name of names) {
      await addLine(name); // one line each
    }
    await record(names.length);
    if (names.includes("bad")) throw new Error("refused");
  });
}
`;

const RECORD = `import { addLine } from "./lines.js";

export const record = async (count: number) => {
  await addLine(\`\${count} lines\`);
};
`;

function program(db: string, insert: string, transaction: string): Record<string, string> {
  const lines = `import { db } from "./db.js";${db.includes("sqliteTable") ? '\nimport { lines } from "./db.js";' : ""}

/** A line, and what is said of it. */
export async function addLine(name: string, note = "none"): Promise<void> {
  if (name === "") return;
  await db.${insert};
}
`;
  return { "src/db.ts": db, "src/lines.ts": lines, "src/record.ts": RECORD, "src/orders.ts": ORDERS(transaction) };
}

function expectPassed(read: (file: string) => string, parameter: string, insert: string): void {
  expect(read("src/lines.ts")).toContain(`addLine(name: string, note = "none", ${parameter}): Promise<void> {`);
  expect(read("src/lines.ts")).toContain(`await session.${insert};`);
  expect(read("src/record.ts")).toContain("async (count: number, session?: Parameters<typeof addLine>[2]) => {");
  expect(read("src/record.ts")).toContain("await addLine(`${count} lines`, undefined, session);");
  expect(read("src/orders.ts")).toContain("await addLine(name, undefined, tx); // one line each");
  expect(read("src/orders.ts")).toContain("await record(names.length, tx);");
}

const CLIENT = Object.fromEntries(Object.entries(readTree(fileURLToPath(new URL("../fixtures/orm/prisma/client", import.meta.url)))).map(([file, text]) => [`src/generated/prisma/${file}`, text]));

describe("the handle through helpers", () => {
  it("Drizzle: a type for both", async () => {
    const db = `import { createClient } from "@libsql/client";
import { asc } from "drizzle-orm";
import { drizzle } from "drizzle-orm/libsql";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const lines = sqliteTable("lines", { id: integer("id").primaryKey(), name: text("name").notNull(), note: text("note").notNull() });
const client = createClient({ url: "file:app.db" });
export const db = drizzle(client);
export const prepare = () => client.executeMultiple("DROP TABLE IF EXISTS lines; CREATE TABLE lines (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL)");
export const rows = async () => (await db.select().from(lines).orderBy(asc(lines.id))).map(({ name }) => name);
export const close = async () => client.close();
`;
    const insert = "insert(lines).values({ name, note })";
    const { read, applied, manual, before, after } = await batch(program(db, insert, "db.transaction"), MAIN, "use-transaction-handle");
    expect([applied, manual]).toEqual([2, []]);
    expectPassed(read, "session: typeof db | Parameters<Parameters<typeof db.transaction>[0]>[0] = db", insert);
    // The transaction has the file, and the session is another connection.
    expect(before).toMatchObject({ taken: "no", refused: "no" });
    expect(after).toEqual(WHOLE);
  }, 120_000);

  it("Kysely: a transaction is a session, too", async () => {
    const db = `import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import type { Generated } from "kysely";

const client = new Database("app.db");
export const db = new Kysely<{ lines: { id: Generated<number>; name: string; note: string } }>({ dialect: new SqliteDialect({ database: client }) });
export const prepare = async () => client.exec("DROP TABLE IF EXISTS lines; CREATE TABLE lines (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL)");
export const rows = async () => (await db.selectFrom("lines").select("name").orderBy("id").execute()).map(({ name }) => name);
export const close = () => db.destroy();
`;
    const insert = 'insertInto("lines").values({ name, note }).execute()';
    const { read, applied, manual, before, after } = await batch(program(db, insert, "db.transaction().execute"), MAIN, "use-transaction-handle");
    expect([applied, manual]).toEqual([2, []]);
    expectPassed(read, "session = db", insert);
    // The one connection is the transaction's: who asks for it inside waits for good.
    expect(before).toEqual({});
    expect(after).toEqual(WHOLE);
  }, 120_000);

  it("Knex: a transaction is a session, too", async () => {
    const db = `import knex from "knex";

export const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" }, useNullAsDefault: true, acquireConnectionTimeout: 200, log: { warn: () => undefined } });
export const prepare = async () => {
  await db.schema.dropTableIfExists("lines");
  await db.schema.createTable("lines", (table) => {
    table.increments("id");
    table.text("name");
    table.text("note");
  });
};
export const rows = async () => (await db<{ id: number; name: string }>("lines").orderBy("id")).map(({ name }) => name);
export const close = () => db.destroy();
`;
    const insert = 'table("lines").insert({ name, note })';
    const { read, applied, manual, before, after } = await batch(program(db, insert, "db.transaction"), MAIN, "use-transaction-handle");
    expect([applied, manual]).toEqual([2, []]);
    expectPassed(read, "session = db", insert);
    expect(before).toMatchObject({ taken: "no", refused: "no" });
    expect(after).toEqual(WHOLE);
  }, 120_000);

  it("in place, what then runs side by side on one handle is the next thing to mend", async () => {
    const app = `import knex from "knex";

const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" }, useNullAsDefault: true });

export async function save(names: readonly string[]): Promise<void> {
  await db.transaction(async (trx) => {
    await trx("log").insert({ what: "begin" });
    await Promise.all(names.map((name) => db("lines").insert({ name })));
  });
}
`;
    const { read, applied } = await batch({ "src/app.ts": app }, undefined, "use-transaction-handle", true);
    expect(applied).toBe(1);
    expect(read("src/app.ts")).toBe(app.replace('db("lines")', 'trx("lines")'));
  }, 120_000);

  it("Prisma: the handle's type, of which the client is one", async () => {
    const db = `import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import { PrismaClient } from "./generated/prisma/client.js";

export const db = new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: "file:app.db" }) });
export const prepare = async () => {
  await db.$executeRawUnsafe("DROP TABLE IF EXISTS item");
  await db.$executeRawUnsafe("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
};
export const rows = async () => (await db.item.findMany({ orderBy: { id: "asc" } })).map(({ name }) => name);
export const close = () => db.$disconnect();
`;
    const insert = 'item.create({ data: { name: note === "none" ? name : note } })';
    const { read, applied, manual, after } = await batch({ ...CLIENT, ".gitignore": "src/generated\n", ...program(db, insert, "db.$transaction") }, MAIN, "use-transaction-handle");
    expect([applied, manual]).toEqual([2, []]);
    expectPassed(read, "session: Parameters<Parameters<typeof db.$transaction>[0]>[0] = db", insert);
    expect(after).toEqual(WHOLE);
  }, 120_000);

  it("has a type that the compiler takes, whatever the session is a part of", async () => {
    const app = `import { PrismaClient } from "./generated/prisma/client.js";

export interface Context { readonly db: PrismaClient; readonly user: string }

export async function check(ctx: Context, id: number): Promise<void> {
  if ((await ctx.db.item.findUnique({ where: { id } })) === null) throw new Error(ctx.user);
}

export class Items {
  readonly #log: PrismaClient;

  constructor(private readonly prisma: PrismaClient, readonly ctx: Context) {
    this.#log = prisma;
  }

  private async rename(id: number, name: string) {
    await this.prisma.item.update({ where: { id }, data: { name } });
  }

  note = async (name: string) => {
    await this.#log.item.create({ data: { name } });
  };

  async close(id: number): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await tx.item.findMany();
      await this.rename(id, "closed");
    });
    await this.#log.$transaction(async (tx) => {
      await tx.item.findMany();
      await this.note("closed");
    });
    await this.ctx.db.$transaction(async (tx) => {
      await tx.item.findMany();
      await check(this.ctx, id);
    });
  }
}
`;
    const { read, applied, manual } = await batch({ ...CLIENT, ".gitignore": "src/generated\n", "src/app.ts": app }, undefined, "use-transaction-handle");
    expect([applied, manual]).toEqual([3, []]);
    for (const call of ['this.rename(id, "closed", tx)', 'this.note("closed", tx)', "check(this.ctx, id, tx)"]) expect(read("src/app.ts")).toContain(call);
    expect(read("src/app.ts")).toContain("session: Parameters<Parameters<typeof ctx.db.$transaction>[0]>[0] = ctx.db)");
  }, 120_000);
});
