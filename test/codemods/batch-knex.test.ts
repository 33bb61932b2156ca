import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const APP = `import knex from "knex";
import type { Knex } from "knex";

export const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" }, useNullAsDefault: true, log: { warn: () => undefined } });

export async function importAll(names: readonly string[]): Promise<number> {
  return await db.transaction(async (trx) => {
    await trx("log").insert({ what: "begin" });
    const known = await trx("items").count({ n: "*" }).first();
    const before = Number(known?.["n"]);
    let done = 0;
    for (const name of names) {
      await trx("items").insert({ name: \`\${name} \${before}\` });
      done += 1;
    }
    await trx("log").insert({ what: \`end \${done}\` });
    return done;
  });
}

export class Store {
  constructor(private readonly db: Knex) {}

  async saveAll(names: readonly string[]): Promise<void> {
    await this.db.transaction(async (trx) => {
      for (const name of names) {
        await trx("items").insert({ name });
      }
    }, { isolationLevel: "serializable" });
  }
}
`;

const MAIN = `import { db, importAll, Store } from "./app.js";

await db.schema.dropTableIfExists("items");
await db.schema.dropTableIfExists("log");
await db.raw("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> 'bad 0'))");
await db.raw("CREATE TABLE log (what TEXT)");
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
const total = await importAll(names);
const saved = await new Store(db).saveAll(names).then(() => "saved", (error: Error) => error.message);
const whole = { total, saved, items: await db("items"), log: await db("log") };
await db("items").del();
const failed = await importAll([...names, "bad"]).then(() => false, (error: Error) => /CHECK/.test(error.message));
console.log(JSON.stringify({ whole, failed, left: (await db("items")).length }));
await db.destroy();
`;

const LEFT = `import knex from "knex";

export const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" } });

export async function byHand(names: readonly string[]): Promise<void> {
  await db.transaction(async (trx) => {
    for (const name of names) await trx("items").insert({ name });
    await trx.commit();
  });
}

export async function notAwaited(names: readonly string[]): Promise<void> {
  await db.transaction(async (trx) => {
    for (const name of names) void trx("items").insert({ name }).then(() => name);
  });
}
`;

describe("batches of Knex", () => {
  it("are transactions of its own, with their settings", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": APP }, MAIN);
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import knex from "knex";
      import type { Knex } from "knex";
      import { batchedTransaction } from "sessionfix-runtime";

      export const db = knex({ client: "better-sqlite3", connection: { filename: "app.db" }, useNullAsDefault: true, log: { warn: () => undefined } });

      export async function importAll(names: readonly string[]): Promise<number> {
        await db.transaction(async (trx) => {
          await trx("log").insert({ what: "begin" });
        });
        const known = await db.transaction(async (trx) => await trx("items").count({ n: "*" }).first());
        const before = Number(known?.["n"]);
        let done = 0;
        await batchedTransaction(
          (work: Parameters<typeof db.transaction>[0]) => db.transaction(work),
          names,
          async (name, trx) => {
            await trx("items").insert({ name: \`\${name} \${before}\` });
            done += 1;
          },
          { batchSize: 10, label: "importAll" },
        );
        await db.transaction(async (trx) => {
          await trx("log").insert({ what: \`end \${done}\` });
        });
        return done;
      }

      export class Store {
        constructor(private readonly db: Knex) {}

        async saveAll(names: readonly string[]): Promise<void> {
          await batchedTransaction(
            (work: Parameters<typeof this.db.transaction>[0]) => this.db.transaction(work, { isolationLevel: "serializable" }),
            names,
            async (name, trx) => {
              await trx("items").insert({ name });
            },
            { batchSize: 10, label: "saveAll" },
          );
        }
      }
      "
    `);
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ left: 0, failed: true, whole: { total: 23 } });
  });

  it("leaves what is ended by hand, and what nobody waits for", async () => {
    const { read, applied, manual } = await batch({ "src/app.ts": LEFT });
    expect(read("src/app.ts")).toBe(LEFT);
    expect([applied, manual]).toMatchInlineSnapshot(`
      [
        0,
        [
          "the transaction is committed or rolled back by hand",
          "the loop does not wait for its statements: await each of them first",
        ],
      ]
    `);
  });
});
