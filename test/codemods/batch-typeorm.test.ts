import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const APP = `import Database from "better-sqlite3";
import { DataSource, EntitySchema } from "typeorm";

export interface Item {
  id: number;
  name: string;
}

export const ItemSchema = new EntitySchema<Item>({
  name: "item",
  columns: { id: { type: "integer", primary: true, generated: true }, name: { type: "text", unique: true } },
});

export const dataSource = new DataSource({ type: "better-sqlite3", driver: Database, database: "app.db", entities: [ItemSchema], synchronize: true });

export async function importAll(names: readonly string[]): Promise<number> {
  const total = await dataSource.transaction(async (manager) => {
    const items = manager.getRepository(ItemSchema);
    const known = await items.count();
    let done = 0;
    for (const name of names) {
      await items.insert({ name: \`\${name} \${known}\` });
      done += 1;
    }
    await items.insert({ name: "the end" });
    return done + (await items.count());
  });
  return total;
}

export class Store {
  constructor(private readonly dataSource: DataSource) {}

  async saveAll(names: readonly string[]) {
    return this.dataSource.transaction("SERIALIZABLE", async (manager) => {
      for (const name of names) {
        await manager.save(ItemSchema, { name });
      }
    });
  }
}
`;

const MAIN = `import { dataSource, importAll, ItemSchema, Store } from "./app.js";

await dataSource.initialize();
await dataSource.manager.clear(ItemSchema);
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
const total = await importAll(names);
const saved = await new Store(dataSource).saveAll(names);
const whole = { total, saved, items: (await dataSource.manager.find(ItemSchema)).map(({ name }) => name) };
await dataSource.manager.clear(ItemSchema);
const failed = await new Store(dataSource).saveAll([...names, "n1"]).then(() => false, (error: Error) => /UNIQUE/.test(error.message));
console.log(JSON.stringify({ whole, failed, left: await dataSource.manager.count(ItemSchema) }));
await dataSource.destroy();
`;

describe("batches of TypeORM", () => {
  it("are transactions of the data source, with their isolation; repositories are made again from each manager", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": APP }, MAIN);
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import Database from "better-sqlite3";
      import { DataSource, EntitySchema, type EntityManager } from "typeorm";
      import { batchedTransaction } from "sessionfix-runtime";

      export interface Item {
        id: number;
        name: string;
      }

      export const ItemSchema = new EntitySchema<Item>({
        name: "item",
        columns: { id: { type: "integer", primary: true, generated: true }, name: { type: "text", unique: true } },
      });

      export const dataSource = new DataSource({ type: "better-sqlite3", driver: Database, database: "app.db", entities: [ItemSchema], synchronize: true });

      export async function importAll(names: readonly string[]): Promise<number> {
        const known = await dataSource.transaction(async (manager) => {
          const items = manager.getRepository(ItemSchema);
          return await items.count();
        });
        let done = 0;
        await batchedTransaction(
          (work: (manager: EntityManager) => Promise<void>) => dataSource.transaction(work),
          names,
          async (name, manager) => {
            const items = manager.getRepository(ItemSchema);
            await items.insert({ name: \`\${name} \${known}\` });
            done += 1;
          },
          { batchSize: 10, label: "importAll" },
        );
        await dataSource.transaction(async (manager) => {
          const items = manager.getRepository(ItemSchema);
          await items.insert({ name: "the end" });
        });
        const total = await dataSource.transaction(async (manager) => {
          const items = manager.getRepository(ItemSchema);
          return done + (await items.count());
        });
        return total;
      }

      export class Store {
        constructor(private readonly dataSource: DataSource) {}

        async saveAll(names: readonly string[]) {
          await batchedTransaction(
            (work: (manager: EntityManager) => Promise<void>) => this.dataSource.transaction("SERIALIZABLE", work),
            names,
            async (name, manager) => {
              await manager.save(ItemSchema, { name });
            },
            { batchSize: 10, label: "saveAll" },
          );
        }
      }
      "
    `);
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ left: 0, failed: true, whole: { total: 47 } });
  });
});
