import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const APP = `import Database from "better-sqlite3";
import { DataTypes, Model, Sequelize } from "sequelize";
import { sessionModule } from "sessionfix-runtime/sequelize";

export const sequelize = new Sequelize({ dialect: "sqlite", storage: "app.db", logging: false, dialectModule: sessionModule(Database) });

export class Item extends Model {
  declare id: number;
  declare name: string;
}
Item.init({ name: { type: DataTypes.TEXT, unique: true } }, { sequelize, timestamps: false, modelName: "item" });

export async function importAll(names: readonly string[]): Promise<number> {
  const total = await sequelize.transaction(async (t) => {
    const known = await Item.count({ transaction: t });
    let done = 0;
    for (const name of names) {
      await Item.create({ name: \`\${name} \${known}\` }, { transaction: t });
      done += 1;
    }
    await Item.create({ name: "the end" }, { transaction: t });
    return done;
  });
  return total;
}

export class Store {
  constructor(private readonly sequelize: Sequelize) {}

  async saveAll(names: readonly string[]) {
    return this.sequelize.transaction({ logging: false }, async (transaction) => {
      for (const name of names) {
        if (name === "") continue;
        await Item.create({ name }, { transaction });
      }
    });
  }
}
`;

const MAIN = `import { importAll, Item, sequelize, Store } from "./app.js";

await sequelize.sync({ force: true });
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
const total = await importAll(names);
await new Store(sequelize).saveAll(names);
const whole = { total, items: (await Item.findAll()).map(({ name }) => name) };
await Item.destroy({ where: {} });
const failed = await new Store(sequelize).saveAll([...names, "n1"]).then(() => "none", (error: Error) => error.name);
console.log(JSON.stringify({ whole, failed, left: await Item.count() }));
await sequelize.close();
`;

describe("batches of Sequelize", () => {
  it("are managed transactions, with their options", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": APP }, MAIN);
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import Database from "better-sqlite3";
      import { DataTypes, Model, Sequelize, type Transaction } from "sequelize";
      import { batchedTransaction } from "sessionfix-runtime";
      import { sessionModule } from "sessionfix-runtime/sequelize";

      export const sequelize = new Sequelize({ dialect: "sqlite", storage: "app.db", logging: false, dialectModule: sessionModule(Database) });

      export class Item extends Model {
        declare id: number;
        declare name: string;
      }
      Item.init({ name: { type: DataTypes.TEXT, unique: true } }, { sequelize, timestamps: false, modelName: "item" });

      export async function importAll(names: readonly string[]): Promise<number> {
        const known = await sequelize.transaction(async (t) => await Item.count({ transaction: t }));
        let done = 0;
        await batchedTransaction(
          (work: (t: Transaction) => Promise<void>) => sequelize.transaction(work),
          names,
          async (name, t) => {
            await Item.create({ name: \`\${name} \${known}\` }, { transaction: t });
            done += 1;
          },
          { batchSize: 10, label: "importAll" },
        );
        await sequelize.transaction(async (t) => {
          await Item.create({ name: "the end" }, { transaction: t });
        });
        const total = done;
        return total;
      }

      export class Store {
        constructor(private readonly sequelize: Sequelize) {}

        async saveAll(names: readonly string[]) {
          await batchedTransaction(
            (work: (transaction: Transaction) => Promise<void>) => this.sequelize.transaction({ logging: false }, work),
            names,
            async (name, transaction) => {
              if (name === "") return;
              await Item.create({ name }, { transaction });
            },
            { batchSize: 10, label: "saveAll" },
          );
        }
      }
      "
    `);
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ left: 0, failed: "SequelizeUniqueConstraintError", whole: { total: 23 } });
  });
});
