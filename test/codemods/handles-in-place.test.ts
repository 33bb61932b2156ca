import { runLocal } from "./helpers/local.js";

const TYPEORM = `
    import { BaseEntity, DataSource, EntitySchema, Repository } from "typeorm";
    interface Item { id: number; name: string }
    const Items = new EntitySchema<Item>({ name: "item", columns: {} });
    class Note extends BaseEntity { id!: number; static count() { return super.count(); } }
    export const dataSource = new DataSource({ type: "postgres" });
    const items = dataSource.getRepository(Items);
    const named = items.extend({ named(name: string) { return this.findBy({ name }); } });`;

const SEQUELIZE = `
    import { Model, Sequelize } from "sequelize";
    export const sequelize = new Sequelize("postgres://app");
    class Item extends Model { declare n: number; }
    Item.init({}, { sequelize });`;

const PRISMA = `
    import { PrismaClient } from "@prisma/client";
    const prisma = new PrismaClient();`;

const GETTER = `
    import { drizzle } from "drizzle-orm/node-postgres";
    import { things } from "./schema.js";
    let shared: ReturnType<typeof drizzle> | undefined;
    export function getDb() { return (shared ??= drizzle(process.env.DATABASE_URL!)); }
    const db = drizzle(process.env.OTHER_URL!);
    export const otherDb = () => db;`;

/** One transaction, before and after. */
function body(head: string, begin: string, before: string, after: string): { before: string; after: string } {
  const written = (lines: string) => `${head}
    export const save = (id: number, name: string) => ${begin} => {
      ${lines}
    });
    `;
  return { before: written(before), after: written(after) };
}

const SOURCE = "dataSource.transaction(async (manager)";
const MANAGED = "sequelize.transaction(async (t)";
const CAUGHT = "its error is caught inside the transaction";

runLocal("no-outer-session-in-transaction", "use-transaction-handle", [
  { name: "TypeORM: the data source's manager is the handle", ...body(TYPEORM, SOURCE,
    "await dataSource.manager.save(Items, { name }); await dataSource.manager.getRepository(Items).delete({ id });",
    "await manager.save(Items, { name }); await manager.getRepository(Items).delete({ id });") },
  { name: "TypeORM: a repository of the data source, its queries and its builders", ...body(TYPEORM, SOURCE,
    "await dataSource.getRepository(Items).save({ name }); await dataSource.query('DELETE FROM item'); await dataSource.createQueryBuilder().delete().from(Items).execute();",
    "await manager.getRepository(Items).save({ name }); await manager.query('DELETE FROM item'); await manager.createQueryBuilder().delete().from(Items).execute();") },
  { name: "TypeORM: a repository that was made before, with methods of its own or without", ...body(TYPEORM, SOURCE,
    "await items.save({ name }); // kept\n      await named.delete({ id }); await items.createQueryBuilder('i').where('i.id = 1').getOne(); await items.manager.save(Items, { name });",
    "await manager.withRepository(items).save({ name }); // kept\n      await manager.withRepository(named).delete({ id }); await manager.withRepository(items).createQueryBuilder('i').where('i.id = 1').getOne(); await manager.save(Items, { name });") },
  { name: "TypeORM: a repository that is made in the transaction", ...body(TYPEORM, SOURCE,
    "const own = dataSource.getRepository(Items); await own.save({ name }); await own.delete({ id });",
    "const own = manager.getRepository(Items); await own.save({ name }); await own.delete({ id });") },
  { name: "TypeORM: begun on the manager of the source, and of a repository", ...body(TYPEORM, "items.manager.transaction(async (tx)",
    "await items.save({ name }); await dataSource.manager.delete(Items, { id }); await dataSource.query('DELETE FROM item');",
    "await tx.withRepository(items).save({ name }); await tx.delete(Items, { id }); await tx.query('DELETE FROM item');") },
  { name: "TypeORM: a table's class", ...body(TYPEORM, SOURCE, "await Note.delete({ id }); await Note.find();", "await manager.getRepository(Note).delete({ id }); await manager.getRepository(Note).find();") },
  { name: "TypeORM: fields of a class", before: `${TYPEORM}
    export class Store {
      private readonly items = dataSource.getRepository(Items);
      save(name: string) {
        return dataSource.transaction(async (manager) => {
          await this.items.save({ name });
        });
      }
    }
    `, after: `${TYPEORM}
    export class Store {
      private readonly items = dataSource.getRepository(Items);
      save(name: string) {
        return dataSource.transaction(async (manager) => {
          await manager.withRepository(this.items).save({ name });
        });
      }
    }
    ` },
  { name: "TypeORM: before version 0.3, whose manager makes no repository again", before: `
    import { createConnection } from "typeorm";
    const connection = await createConnection({ type: "postgres" });
    const items = connection.getRepository("item");
    export const save = (name: string) => connection.transaction(async (manager) => {
      await items.save({ name });
    });
    `, reason: "use the transaction's handle here" },
  { name: "TypeORM: what the handle cannot do", before: `${TYPEORM}
    export const reset = () => dataSource.transaction(async (manager) => {
      await manager.delete(Items, {});
      await dataSource.synchronize();
    });
    `, reason: "use the transaction's handle here" },
  { name: "TypeORM: a class of the project's own, which may be made otherwise", before: `${TYPEORM}
    class Special extends Repository<Item> {}
    const special = new Special(Items, dataSource.manager);
    export const save = (name: string) => dataSource.transaction(async (manager) => {
      await dataSource.manager.delete(Items, {});
      await special.save({ name });
    });
    `, after: `${TYPEORM}
    class Special extends Repository<Item> {}
    const special = new Special(Items, dataSource.manager);
    export const save = (name: string) => dataSource.transaction(async (manager) => {
      await manager.delete(Items, {});
      await special.save({ name });
    });
    ` },
  { name: "TypeORM: a repository of the transaction's that is given away", before: `${TYPEORM}
    export const save = (name: string) => dataSource.transaction(async (manager) => {
      const own = dataSource.getRepository(Items);
      await own.save({ name });
      return own;
    });
    `, reason: "may be used when the transaction is over" },
  { name: "Sequelize: options that are left out", ...body(SEQUELIZE, MANAGED,
    "await Item.create({ name }); await Item.findAll(); await Item.increment('n'); await sequelize.query('DELETE FROM item'); await Item.findByPk(id);",
    "await Item.create({ name }, { transaction: t }); await Item.findAll({ transaction: t }); await Item.increment('n', { transaction: t }); await sequelize.query('DELETE FROM item', { transaction: t }); await Item.findByPk(id, { transaction: t });") },
  { name: "Sequelize: options that are there", ...body(SEQUELIZE, "sequelize.transaction(async (transaction)",
    "await Item.update({ name }, { where: { id } }); await Item.destroy({ where: { id }, }); await Item.bulkCreate([{ name }], {}); await Item.count({ } as object);",
    "await Item.update({ name }, { where: { id }, transaction }); await Item.destroy({ where: { id }, transaction, }); await Item.bulkCreate([{ name }], { transaction }); await Item.count({ transaction } as object);") },
  { name: "Sequelize: options over several lines", ...body(SEQUELIZE, MANAGED, `await Item.update(
        { name },
        {
          where: { id },
          hooks: false, // by hand
        },
      );
      await Item.destroy({
        where: { id } // this one
      });`, `await Item.update(
        { name },
        {
          where: { id },
          hooks: false, // by hand
          transaction: t,
        },
      );
      await Item.destroy({
        where: { id }, // this one
        transaction: t
      });`) },
  { name: "Sequelize: options by name, in the file and in the function", ...body(`${SEQUELIZE}
    const all = { where: {} };`, MANAGED, "const one = { where: { id } }; await Item.destroy(all); await Item.update({ name }, one);",
    "const one = { where: { id } }; await Item.destroy({ ...all, transaction: t }); await Item.update({ name }, { ...one, transaction: t });") },
  { name: "Sequelize: a row", ...body(SEQUELIZE, MANAGED, "const row = await Item.findByPk(id, { transaction: t }); await row?.update({ name }); await row!.destroy();",
    "const row = await Item.findByPk(id, { transaction: t }); await row?.update({ name }, { transaction: t }); await row!.destroy({ transaction: t });") },
  { name: "Sequelize: the handle has no name", before: `${SEQUELIZE}
    export const save = (id: number) => sequelize.transaction(async ({ ...rest }) => {
      await Item.destroy({ where: { id } });
      console.log(rest);
    });
    `, reason: "pass the transaction in its options, as `transaction`" },
  { name: "Prisma: a model, raw SQL and a model by name", ...body(PRISMA, "prisma.$transaction(async (tx)",
    "await prisma.item.create({ data: { name } }); await prisma.$executeRaw`DELETE FROM item`; await prisma['item'].count({});",
    "await tx.item.create({ data: { name } }); await tx.$executeRaw`DELETE FROM item`; await tx['item'].count({});") },
  { name: "Prisma: a client in a context", before: `${PRISMA}
    export const save = (ctx: { db: typeof prisma }) => ctx.db.$transaction(async (tx) => {
      await ctx.db.item.deleteMany({});
    });
    `, after: `${PRISMA}
    export const save = (ctx: { db: typeof prisma }) => ctx.db.$transaction(async (tx) => {
      await tx.item.deleteMany({});
    });
    ` },
  { name: "Kysely: a transaction that is described first", before: `
    import { Kysely, PostgresDialect } from "kysely";
    const db = new Kysely<any>({ dialect: new PostgresDialect({}) });
    export const clear = () => db.transaction().setIsolationLevel("serializable").execute(async (trx) => {
      await db.deleteFrom("item").execute();
    });
    `, after: `
    import { Kysely, PostgresDialect } from "kysely";
    const db = new Kysely<any>({ dialect: new PostgresDialect({}) });
    export const clear = () => db.transaction().setIsolationLevel("serializable").execute(async (trx) => {
      await trx.deleteFrom("item").execute();
    });
    ` },
  { name: "a statement whose error is caught: a server's transaction is over then", ...body(PRISMA, "prisma.$transaction(async (tx)",
    "try { await prisma.item.create({ data: { name } }); } catch { console.log(id); }",
    "try { await tx.item.create({ data: { name } }); } catch { console.log(id); }"), safety: "review", reason: CAUGHT },
  { name: "the same, by a method of its promise", ...body(PRISMA, "prisma.$transaction(async (tx)",
    "await prisma.item.create({ data: { name } }).catch(() => undefined);",
    "await tx.item.create({ data: { name } }).catch(() => undefined);"), safety: "review", reason: CAUGHT },
  { name: "a session that a function gives", ...body(GETTER, "getDb().transaction(async (tx)",
    "await tx.insert(things).values({ name }); await getDb().delete(things); const db = getDb(); await db.delete(things);",
    "await tx.insert(things).values({ name }); await tx.delete(things); const db = tx; await db.delete(things);") },
  { name: "a session that a function gave before", before: `${GETTER}
    export async function clear() {
      const db = getDb();
      await db.transaction(async (tx) => {
        await getDb().delete(things);
        await db.delete(things);
        await tx.delete(things);
      });
    }
    `, after: `${GETTER}
    export async function clear() {
      const db = getDb();
      await db.transaction(async (tx) => {
        await tx.delete(things);
        await tx.delete(things);
        await tx.delete(things);
      });
    }
    ` },
  { name: "a constant and the function that gives it", ...body(GETTER, "db.transaction(async (tx)", "await otherDb().delete(things); await db.delete(things);", "await tx.delete(things); await tx.delete(things);") },
  { name: "a function that gives something made of the session", before: `${PRISMA}
    const logged = () => prisma.$extends({});
    export const save = () => logged().$transaction(async (tx) => {
      await tx.item.deleteMany({});
      await logged().item.create({ data: {} });
    });
    `, reason: "use the transaction's handle here" },
  { name: "a method, whose object decides", before: `
    import knex from "knex";
    class Store {
      private readonly own = knex({ client: "pg" });
      db() { return this.own; }
    }
    const store = new Store();
    export const clear = () => store.db().transaction(async (trx) => {
      await trx("item").del();
      await store.db()("item").del();
    });
    `, reason: "use the transaction's handle here" },
]);
