import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const APP = `import { BetterSqliteDriver } from "@mikro-orm/better-sqlite";
import { type EntityManager, EntitySchema, MikroORM } from "@mikro-orm/core";

export interface Item {
  id: number;
  name: string;
}

export const ItemSchema = new EntitySchema<Item>({
  name: "Item",
  properties: { id: { type: "integer", primary: true, autoincrement: true }, name: { type: "text", unique: true } },
});

export const orm = await MikroORM.init({ driver: BetterSqliteDriver, dbName: "app.db", entities: [ItemSchema] });

export async function importAll(names: readonly string[]): Promise<number> {
  const total = await orm.em.fork().transactional(async (em) => {
    let done = 0;
    for (const name of names) {
      await em.insert(ItemSchema, { name: \`\${name} first\` });
      done += 1;
    }
    await em.insert(ItemSchema, { name: "the end" });
    return done;
  });
  return total;
}

export class Store {
  constructor(private readonly em: EntityManager) {}

  async saveAll(names: readonly string[]): Promise<void> {
    await this.em.transactional(async (em) => {
      const known = await em.findAll(ItemSchema, { limit: 1 });
      for (const name of names) {
        for (const item of known) item.name = \`before \${name}\`;
        em.persist(em.create(ItemSchema, { name: \`\${name}\${known.length}\` }));
        await em.flush();
      }
    }, { readOnly: false });
  }
}
`;

const MAIN = `import { importAll, ItemSchema, orm, Store } from "./app.js";

await orm.schema.refreshDatabase();
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
const total = await importAll(names);
await new Store(orm.em.fork()).saveAll(names);
const whole = { total, items: (await orm.em.fork().findAll(ItemSchema)).map(({ name }) => name) };
await orm.em.fork().nativeDelete(ItemSchema, {});
const failed = await new Store(orm.em.fork()).saveAll([...names, "n1"]).then(() => "none", (error: Error) => error.name);
console.log(JSON.stringify({ whole, failed, left: await orm.em.fork().count(ItemSchema) }));
await orm.close();
`;

describe("batches of MikroORM", () => {
  it("are transactional, with their options, on a fork of their own where there was one", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": APP }, MAIN);
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import { BetterSqliteDriver } from "@mikro-orm/better-sqlite";
      import { type EntityManager, EntitySchema, MikroORM } from "@mikro-orm/core";
      import { batchedTransaction } from "sessionfix-runtime";

      export interface Item {
        id: number;
        name: string;
      }

      export const ItemSchema = new EntitySchema<Item>({
        name: "Item",
        properties: { id: { type: "integer", primary: true, autoincrement: true }, name: { type: "text", unique: true } },
      });

      export const orm = await MikroORM.init({ driver: BetterSqliteDriver, dbName: "app.db", entities: [ItemSchema] });

      export async function importAll(names: readonly string[]): Promise<number> {
        let done = 0;
        await batchedTransaction(
          (work: Parameters<ReturnType<typeof orm.em.fork>["transactional"]>[0]) => orm.em.fork().transactional(work),
          names,
          async (name, em) => {
            await em.insert(ItemSchema, { name: \`\${name} first\` });
            done += 1;
          },
          { batchSize: 10, label: "importAll" },
        );
        await orm.em.fork().transactional(async (em) => {
          await em.insert(ItemSchema, { name: "the end" });
        });
        const total = done;
        return total;
      }

      export class Store {
        constructor(private readonly em: EntityManager) {}

        async saveAll(names: readonly string[]): Promise<void> {
          const known = await this.em.transactional(async (em) => await em.findAll(ItemSchema, { limit: 1 }), { readOnly: false });
          await batchedTransaction(
            (work: Parameters<typeof this.em.transactional>[0]) => this.em.transactional(work, { readOnly: false }),
            names,
            async (name, em) => {
              for (const item of known) item.name = \`before \${name}\`;
              em.persist(em.create(ItemSchema, { name: \`\${name}\${known.length}\` }));
              await em.flush();
            },
            { batchSize: 10, label: "saveAll" },
          );
        }
      }
      "
    `);
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ left: 0, failed: "UniqueConstraintViolationException", whole: { total: 23 } });
  });

  it("leaves an entity with the fork that read it", async () => {
    const text = `${APP.slice(0, APP.indexOf("export async function importAll"))}export async function copy(names: readonly string[]): Promise<void> {
  await orm.em.fork().transactional(async (em) => {
    const first = await em.findOneOrFail(ItemSchema, { id: 1 });
    for (const name of names) await em.insert(ItemSchema, { name: first.name + name });
  });
}
`;
    const { read, manual } = await batch({ "src/app.ts": text });
    expect(read("src/app.ts")).toBe(text);
    expect(manual).toEqual(["`first` may belong to the `fork()` that the transaction is begun on, and each batch has one of its own"]);
  });
});
