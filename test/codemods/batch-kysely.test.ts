import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const APP = `import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import type { Generated, Transaction } from "kysely";

export interface Tables {
  items: { id: Generated<number>; name: string };
  log: { what: string };
}

export const client = new Database("app.db");
export const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: client }) });

export async function importAll(names: readonly string[]): Promise<number> {
  const total = await db.transaction().execute(async (trx) => {
    await trx.insertInto("log").values({ what: "begin" }).execute();
    const first = await trx.selectFrom("items").selectAll().executeTakeFirst();
    let done = 0;
    for (const name of names) {
      await trx
        .insertInto("items")
        .values({ name: \`\${name} \${first?.id ?? 0}\` })
        .execute();
      done += 1;
    }
    await trx.insertInto("log").values({ what: \`end \${done}\` }).execute();
    return done;
  });
  return total;
}

async function save(trx: Transaction<Tables>, name: string): Promise<void> {
  await trx.insertInto("items").values({ name }).execute();
}

export class Store {
  constructor(private readonly db: Kysely<Tables>) {}

  async saveAll(names: readonly string[]) {
    await this.db
      .transaction()
      .setIsolationLevel("serializable")
      .execute(async (trx: Transaction<Tables>) => {
        for (const name of names) await save(trx, name);
      });
  }
}
`;

const MAIN = `import { client, db, importAll, Store } from "./app.js";

client.exec("DROP TABLE IF EXISTS items; DROP TABLE IF EXISTS log; CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> 'bad 0')); CREATE TABLE log (what TEXT)");
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
const total = await importAll(names);
const saved = await new Store(db).saveAll(names).then(() => "saved", (error: Error) => error.message);
const whole = { total, saved, items: client.prepare("SELECT * FROM items").all(), log: client.prepare("SELECT * FROM log").all() };
client.exec("DELETE FROM items");
const error = await importAll([...names, "bad"]).then(() => "none", (reason: Error) => reason.message);
console.log(JSON.stringify({ whole, error, left: client.prepare("SELECT * FROM items").all().length, open: client.inTransaction }));
await db.destroy();
`;

describe("batches of Kysely", () => {
  it("are transactions of its own, with their settings", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": APP }, MAIN);
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import Database from "better-sqlite3";
      import { Kysely, SqliteDialect } from "kysely";
      import type { Generated, Transaction } from "kysely";
      import { batchedTransaction } from "sessionfix-runtime";

      export interface Tables {
        items: { id: Generated<number>; name: string };
        log: { what: string };
      }

      export const client = new Database("app.db");
      export const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: client }) });

      export async function importAll(names: readonly string[]): Promise<number> {
        await db.transaction().execute(async (trx) => {
          await trx.insertInto("log").values({ what: "begin" }).execute();
        });
        const first = await db.transaction().execute(async (trx) => await trx.selectFrom("items").selectAll().executeTakeFirst());
        let done = 0;
        await batchedTransaction(
          (work: Parameters<ReturnType<typeof db.transaction>["execute"]>[0]) => db.transaction().execute(work),
          names,
          async (name, trx) => {
            await trx
              .insertInto("items")
              .values({ name: \`\${name} \${first?.id ?? 0}\` })
              .execute();
            done += 1;
          },
          { batchSize: 10, label: "importAll" },
        );
        await db.transaction().execute(async (trx) => {
          await trx.insertInto("log").values({ what: \`end \${done}\` }).execute();
        });
        const total = done;
        return total;
      }

      async function save(trx: Transaction<Tables>, name: string): Promise<void> {
        await trx.insertInto("items").values({ name }).execute();
      }

      export class Store {
        constructor(private readonly db: Kysely<Tables>) {}

        async saveAll(names: readonly string[]) {
          await batchedTransaction(
            (work: (trx: Transaction<Tables>) => Promise<void>) => this.db.transaction().setIsolationLevel("serializable").execute(work),
            names,
            async (name, trx: Transaction<Tables>) => {
              await save(trx, name);
            },
            { batchSize: 10, label: "saveAll" },
          );
        }
      }
      "
    `);
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ left: 0, open: false, error: "CHECK constraint failed: name <> 'bad 0'", whole: { total: 23 } });
  });
});
