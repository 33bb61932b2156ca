import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { absence, useServer } from "../runtime/pg/support/server.js";
import { batch } from "./helpers/batched.js";
import { runProgram, temporaryProject, TSCONFIG } from "./helpers/project.js";

/** An order is taken, or it is not. A program that waits for itself ends when nothing is left to do. */
const MAIN = `import { close, prepare, rows, takeOrder } from "./app.js";

const seen: Record<string, unknown> = {};
process.on("exit", () => console.log(JSON.stringify(seen)));
void (async () => {
  await prepare();
  seen["taken"] = await takeOrder(["a", "b"]).then(() => "yes", () => "no");
  seen["refused"] = await takeOrder(["c", "d", "bad"]).then(() => "yes", () => "no");
  seen["rows"] = await rows();
  await close();
})();
`;

/** What must be there when all of an order is one transaction. */
const WHOLE = { taken: "yes", refused: "no", rows: ["a", "b", "2 lines"] };

const TYPEORM = (url: string) => `import "reflect-metadata";
import { DataSource, EntitySchema } from "typeorm";

export const ItemSchema = new EntitySchema<{ id: number; name: string }>({
  name: "item",
  columns: { id: { type: "int", primary: true, generated: true }, name: { type: "text" } },
});
const dataSource = new DataSource({ type: "postgres", url: "${url}", entities: [ItemSchema] });
const items = dataSource.getRepository(ItemSchema).extend({
  async add(name: string) {
    return this.save({ name });
  },
});

export async function takeOrder(names: readonly string[]): Promise<void> {
  await dataSource.transaction(async (manager) => {
    const own = dataSource.getRepository(ItemSchema);
    for (const name of names) await own.insert({ name });
    await items.save({ name: \`\${names.length} lines\` });
    await dataSource.manager.update(ItemSchema, { name: "nobody" }, { name: "somebody" });
    await dataSource.query("DELETE FROM item WHERE name = $1", ["nothing"]);
    if (await items.existsBy({ name: "bad" })) throw new Error("refused");
    await manager.delete(ItemSchema, { name: "nothing" });
  });
}

export async function prepare(): Promise<void> {
  await dataSource.initialize();
  await items.clear();
}
export const rows = async () => (await items.find({ order: { id: "ASC" } })).map(({ name }) => name);
export const close = () => dataSource.destroy();
`;

const SEQUELIZE = `import Database from "better-sqlite3";
import { DataTypes, Model, Sequelize } from "sequelize";
import { sessionModule } from "sessionfix-runtime/sequelize";

const sequelize = new Sequelize({ dialect: "sqlite", storage: "app.db", logging: false, dialectModule: sessionModule(Database, { timeoutMs: 100 }) });
class Item extends Model {
  declare name: string;
}
Item.init({ name: DataTypes.TEXT }, { sequelize, timestamps: false, modelName: "item" });
const last = { order: [["id", "DESC"]] as [string, string][] };

export async function takeOrder(names: readonly string[]): Promise<void> {
  await sequelize.transaction(async (t) => {
    for (const name of names) {
      await Item.create({ name });
    }
    await Item.create(
      { name: "lines" },
      {
        hooks: false, // none here
      },
    );
    const row = await Item.findOne(last);
    await row!.update({ name: \`\${names.length} lines\` });
    await sequelize.query("DELETE FROM items WHERE name = 'nothing'");
    if ((await Item.count({ where: { name: "bad" }, transaction: t })) > 0) throw new Error("refused");
  });
}

export const prepare = () => sequelize.sync({ force: true });
export const rows = async () => (await Item.findAll()).map(({ name }) => name);
export const close = () => sequelize.close();
`;

const GETTER = {
  "src/db.ts": `import knex from "knex";

let kept: ReturnType<typeof knex> | undefined;

/** Opened at first use. */
export function getDb() {
  kept ??= knex({ client: "better-sqlite3", connection: { filename: "app.db" }, useNullAsDefault: true, acquireConnectionTimeout: 200, log: { warn: () => undefined } });
  return kept;
}
`,
  "src/app.ts": `import { getDb } from "./db.js";

export async function takeOrder(names: readonly string[]): Promise<void> {
  await getDb().transaction(async (trx) => {
    const db = getDb();
    for (const name of names) await db("item").insert({ name });
    await getDb()("item").insert({ name: \`\${names.length} lines\` });
    if (await trx("item").where({ name: "bad" }).first()) throw new Error("refused");
  });
}

export async function prepare(): Promise<void> {
  await getDb().schema.dropTableIfExists("item");
  await getDb().schema.createTable("item", (table) => {
    table.increments("id");
    table.text("name");
  });
}

export const rows = async () => (await getDb()<{ id: number; name: string }>("item").orderBy("id")).map(({ name }) => name);
export const close = () => getDb().destroy();
`,
};

const MIKRO = `import { EntitySchema, MikroORM } from "@mikro-orm/better-sqlite";

const Item = new EntitySchema<{ id: number; name: string }>({ name: "Item", properties: { id: { type: "number", primary: true }, name: { type: "string" } } });
const orm = MikroORM.initSync({ dbName: ":memory:", entities: [Item], allowGlobalContext: true });

export async function takeOrder(names: readonly string[]): Promise<void> {
  await orm.em.transactional(async (tx) => {
    for (const name of names) await tx.insert(Item, { name });
    await orm.em.insert(Item, { name: \`\${names.length} lines\` });
    if ((await tx.count(Item, { name: "bad" })) > 0) throw new Error("refused");
  });
}

export const prepare = () => orm.schema.createSchema();
export const rows = async () => (await orm.em.fork().find(Item, {}, { orderBy: { id: "asc" } })).map(({ name }) => name);
export const close = () => orm.close();
`;

describe("the handle in the transaction's own body", () => {
  const server = absence === undefined ? useServer() : undefined;

  it.skipIf(absence !== undefined)(`TypeORM: managers and repositories of the transaction${absence === undefined ? "" : ` (${absence})`}`, async () => {
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": TYPEORM(server?.current.url ?? "") }, MAIN, "use-transaction-handle");
    expect([applied, manual]).toEqual([5, []]);
    expect(read("src/app.ts")).toContain(`    const own = manager.getRepository(ItemSchema);
    for (const name of names) await own.insert({ name });
    await manager.withRepository(items).save({ name: \`\${names.length} lines\` });
    await manager.update(ItemSchema, { name: "nobody" }, { name: "somebody" });
    await manager.query("DELETE FROM item WHERE name = $1", ["nothing"]);
    if (await manager.withRepository(items).existsBy({ name: "bad" })) throw new Error("refused");
`);
    // What was written beside the transaction stayed when it was refused.
    expect(before).toEqual({ taken: "yes", refused: "no", rows: ["a", "b", "2 lines", "c", "d", "bad", "3 lines"] });
    expect(after).toEqual(WHOLE);
  }, 120_000);

  it("Sequelize: the transaction in the options", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": SEQUELIZE }, MAIN, "use-transaction-handle");
    expect([applied, manual]).toEqual([5, []]);
    expect(read("src/app.ts")).toContain(`      await Item.create({ name }, { transaction: t });
    }
    await Item.create(
      { name: "lines" },
      {
        hooks: false, // none here
        transaction: t,
      },
    );
    const row = await Item.findOne({ ...last, transaction: t });
    await row!.update({ name: \`\${names.length} lines\` }, { transaction: t });
    await sequelize.query("DELETE FROM items WHERE name = 'nothing'", { transaction: t });
`);
    // The transaction has the file, and each statement beside it is on another connection.
    expect(before).toEqual({ taken: "no", refused: "no", rows: [] });
    expect(after).toEqual(WHOLE);
  }, 120_000);

  it("a function that gives the session: the handle in its place", async () => {
    const { read, applied, manual, before, after } = await batch(GETTER, MAIN, "use-transaction-handle");
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toContain(`    const db = trx;
    for (const name of names) await db("item").insert({ name });
    await trx("item").insert({ name: \`\${names.length} lines\` });
`);
    expect(before).toEqual({ taken: "no", refused: "no", rows: [] });
    expect(after).toEqual(WHOLE);
  }, 120_000);

  it("MikroORM: the global manager takes part by itself, so that there is nothing to mend", async () => {
    const files = { "src/app.ts": MIKRO, "src/main.ts": MAIN };
    expect(findingsOf(ruleNamed("no-outer-session-in-transaction"), files)).toEqual([]);
    const project = temporaryProject(files, TSCONFIG);
    try {
      expect(JSON.parse(await runProgram(project, "src/main.ts"))).toEqual(WHOLE);
    } finally {
      project.remove();
    }
  }, 120_000);
});
