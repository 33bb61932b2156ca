import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const TABLES = `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const items = sqliteTable("items", { id: integer("id").primaryKey(), name: text("name").notNull() });
export const log = sqliteTable("log", { what: text("what").notNull() });

export const CREATE = ["CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> 'bad'))", "CREATE TABLE log (what TEXT NOT NULL)"];
`;

const SYNC = `import Database from "better-sqlite3";
import { type BetterSQLite3Database, drizzle } from "drizzle-orm/better-sqlite3";
import { items, log } from "./tables.js";

export const client = new Database("app.db");
export const db = drizzle(client);

export async function importAll(names: readonly string[]): Promise<void> {
  db.transaction((tx) => {
    // one row each
    for (const name of names) {
      if (name === "") continue;
      tx.insert(items).values({ name }).run();
    }
  });
}

export function importCounted(names: readonly string[]): number {
  return db.transaction(
    (tx) => {
      tx.insert(log).values({ what: "begin" }).run();
      const known = tx.select().from(items).all();
      let done = 0;
      for (const name of names) {
        tx.insert(items).values({ name: \`\${name} after \${known.length}\` }).run();
        done += 1;
      }

      // the end
      tx.insert(log).values({ what: \`end \${done}\` }).run();
      return tx.select().from(items).all().length;
    },
    { behavior: "immediate" },
  );
}

export class Store {
  constructor(private readonly db: BetterSQLite3Database) {}

  saveAll(names: readonly string[]) {
    this.db.transaction((tx) => {
      names.forEach((name, index) => {
        tx.insert(items).values({ name: name + String(index) }).run();
      });
    });
  }
}
`;

const SYNC_MAIN = `import { client, db, importAll, importCounted, Store } from "./app.js";
import { CREATE, items, log } from "./tables.js";

for (const table of ["items", "log"]) client.exec(\`DROP TABLE IF EXISTS \${table}\`);
for (const sql of CREATE) client.exec(sql);
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
await importAll([...names, ""]);
const counted = importCounted(names);
new Store(db).saveAll(names);
const whole = { counted, items: db.select().from(items).all(), log: db.select().from(log).all() };
client.exec("DELETE FROM items");
const error = await importAll([...names, "bad"]).then(() => "none", (reason: Error) => (reason.cause as Error | undefined)?.message ?? reason.message);
console.log(JSON.stringify({ whole, error, left: db.select().from(items).all().length, open: client.inTransaction }));
`;

const ASYNC = `import { createClient } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { items, log } from "./tables.js";

export const client = createClient({ url: "file:app.db" });
export const db = drizzle(client);

export async function importAll(names: readonly string[]): Promise<number> {
  const total = await db.transaction(async (tx) => {
    await tx.insert(log).values({ what: "begin" });
    const [first] = await tx.select().from(items);
    let done = 0;
    for (const name of names) {
      await tx.insert(items).values({ name: \`\${name} \${first?.id ?? 0}\` });
      done += 1;
    }
    await tx.insert(log).values({ what: \`end \${done}\` });
    return done;
  });
  return total;
}

export class Importer {
  readonly #db = db;

  async run(names: readonly string[]) {
    return this.#db.transaction(async (tx) => {
      const save = async (name: string) => {
        await tx.insert(items).values({ name });
      };
      for (let i = 0; i < names.length; i += 1) {
        await save(names[i] ?? "");
      }
      return tx.select().from(items).limit(1);
    });
  }
}
`;

const ASYNC_MAIN = `import { client, db, importAll, Importer } from "./app.js";
import { CREATE, items, log } from "./tables.js";

await client.executeMultiple(\`DROP TABLE IF EXISTS items; DROP TABLE IF EXISTS log; \${CREATE.join(";")}\`);
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
const total = await importAll(names);
const first = await new Importer().run(names);
const whole = { total, first, items: await db.select().from(items), log: await db.select().from(log) };
await client.execute("DELETE FROM items");
const failed = await new Importer().run([...names, "bad"]).then(() => false, () => true);
console.log(JSON.stringify({ whole, failed, left: (await db.select().from(items)).length }));
client.close();
`;

const SERVERS = `import { drizzle as overPg } from "drizzle-orm/node-postgres";
import { drizzle as overMysql } from "drizzle-orm/mysql2";
import { mysqlTable, varchar } from "drizzle-orm/mysql-core";
import { pgTable, text } from "drizzle-orm/pg-core";
import mysql from "mysql2/promise";
import { Pool } from "pg";

const users = pgTable("users", { name: text("name").notNull() });
const guests = mysqlTable("guests", { name: varchar("name", { length: 80 }).notNull() });
const pg = overPg(new Pool());
const my = overMysql(mysql.createPool("mysql://localhost/app"));

export async function addUsers(names: readonly string[]): Promise<void> {
  await pg.transaction(async (tx) => {
    for (const name of names) await tx.insert(users).values({ name });
  }, { isolationLevel: "serializable" });
}

export async function addGuests(names: readonly string[]): Promise<void> {
  await my.transaction(async (tx) => {
    for (const name of names) {
      await tx.insert(guests).values({ name });
    }
  });
}
`;

const LEFT = `import { drizzle } from "drizzle-orm/node-postgres";
import { pgTable, text } from "drizzle-orm/pg-core";
import { Pool } from "pg";

const users = pgTable("users", { name: text("name").notNull() });
const db = drizzle(new Pool());
const open = () => db;

export function notAsync(names: readonly string[]): Promise<void> {
  return db.transaction(async (tx) => {
    for (const name of names) await tx.insert(users).values({ name });
  });
}

export async function notAwaited(names: readonly string[]): Promise<void> {
  await db.transaction(async (tx) => {
    const all: unknown[] = [];
    for (const name of names) all.push(tx.insert(users).values({ name }));
    await Promise.all(all);
  });
}

export async function madeEachTime(names: readonly string[]): Promise<void> {
  await open().transaction(async (tx) => {
    for (const name of names) await tx.insert(users).values({ name });
  });
}

export async function nested(names: readonly string[]): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.insert(users).values({ name: "first" });
    await tx.transaction(async (inner) => {
      for (const name of names) await inner.insert(users).values({ name });
    });
  });
}

export async function undone(names: readonly string[]): Promise<void> {
  await db.transaction(async (tx) => {
    for (const name of names) await tx.insert(users).values({ name });
    if (names.length > 1000) tx.rollback();
  });
}

export async function keptQuery(names: readonly string[]): Promise<void> {
  await db.transaction(async (tx) => {
    const query = tx.select().from(users).limit(1);
    for (const name of names) {
      if ((await query).length > 0) await tx.insert(users).values({ name });
    }
  });
}
`;

describe("batches of Drizzle", () => {
  it("on better-sqlite3: synchronous, in functions that are async or not, and in a class", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/tables.ts": TABLES, "src/app.ts": SYNC }, SYNC_MAIN);
    expect([applied, manual]).toEqual([3, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import Database from "better-sqlite3";
      import { type BetterSQLite3Database, drizzle } from "drizzle-orm/better-sqlite3";
      import { batchedTransaction, batchedTransactionSync } from "sessionfix-runtime";
      import { items, log } from "./tables.js";

      export const client = new Database("app.db");
      export const db = drizzle(client);

      export async function importAll(names: readonly string[]): Promise<void> {
        // one row each
        await batchedTransaction(
          (work: Parameters<typeof db.transaction>[0]) => db.transaction(work),
          names,
          (name, tx) => {
            if (name === "") return;
            tx.insert(items).values({ name }).run();
          },
          { batchSize: 10, label: "importAll" },
        );
      }

      export function importCounted(names: readonly string[]): number {
        db.transaction((tx) => {
          tx.insert(log).values({ what: "begin" }).run();
        }, { behavior: "immediate" });
        const known = db.transaction((tx) => tx.select().from(items).all(), { behavior: "immediate" });
        let done = 0;
        batchedTransactionSync(
          (work: Parameters<typeof db.transaction>[0]) => db.transaction(work, { behavior: "immediate" }),
          names,
          (name, tx) => {
            tx.insert(items).values({ name: \`\${name} after \${known.length}\` }).run();
            done += 1;
          },
          { batchSize: 10, label: "importCounted" },
        );

        db.transaction((tx) => {
          // the end
          tx.insert(log).values({ what: \`end \${done}\` }).run();
        }, { behavior: "immediate" });
        return db.transaction((tx) => tx.select().from(items).all().length, { behavior: "immediate" });
      }

      export class Store {
        constructor(private readonly db: BetterSQLite3Database) {}

        saveAll(names: readonly string[]) {
          batchedTransactionSync(
            (work: Parameters<typeof this.db.transaction>[0]) => this.db.transaction(work),
            names,
            (name, tx, index) => {
              tx.insert(items).values({ name: name + String(index) }).run();
            },
            { batchSize: 10, label: "saveAll" },
          );
        }
      }
      "
    `);
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ left: 0, open: false, error: "CHECK constraint failed: name <> 'bad'" });
  });

  it("on libsql: asynchronous, with values out of transactions of their own, and a function that is made again for each item", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/tables.ts": TABLES, "src/app.ts": ASYNC }, ASYNC_MAIN);
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import { createClient } from "@libsql/client";
      import { drizzle } from "drizzle-orm/libsql";
      import { batchedTransaction } from "sessionfix-runtime";
      import { items, log } from "./tables.js";

      export const client = createClient({ url: "file:app.db" });
      export const db = drizzle(client);

      export async function importAll(names: readonly string[]): Promise<number> {
        await db.transaction(async (tx) => {
          await tx.insert(log).values({ what: "begin" });
        });
        const [first] = await db.transaction(async (tx) => await tx.select().from(items));
        let done = 0;
        await batchedTransaction(
          (work: Parameters<typeof db.transaction>[0]) => db.transaction(work),
          names,
          async (name, tx) => {
            await tx.insert(items).values({ name: \`\${name} \${first?.id ?? 0}\` });
            done += 1;
          },
          { batchSize: 10, label: "importAll" },
        );
        await db.transaction(async (tx) => {
          await tx.insert(log).values({ what: \`end \${done}\` });
        });
        const total = done;
        return total;
      }

      export class Importer {
        readonly #db = db;

        async run(names: readonly string[]) {
          await batchedTransaction(
            (work: Parameters<(typeof db)["transaction"]>[0]) => this.#db.transaction(work),
            names.keys(),
            async (i, tx) => {
              const save = async (name: string) => {
                await tx.insert(items).values({ name });
              };
              await save(names[i] ?? "");
            },
            { batchSize: 10, label: "run" },
          );
          return await this.#db.transaction(async (tx) => tx.select().from(items).limit(1));
        }
      }
      "
    `);
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ left: 0, failed: true });
  });

  it("on PostgreSQL and MySQL, by their types, with what the transaction is given", async () => {
    const { read, applied, manual } = await batch({ "src/app.ts": SERVERS });
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts").split("export async")).toMatchInlineSnapshot(`
      [
        "import { drizzle as overPg } from "drizzle-orm/node-postgres";
      import { drizzle as overMysql } from "drizzle-orm/mysql2";
      import { mysqlTable, varchar } from "drizzle-orm/mysql-core";
      import { pgTable, text } from "drizzle-orm/pg-core";
      import mysql from "mysql2/promise";
      import { Pool } from "pg";
      import { batchedTransaction } from "sessionfix-runtime";

      const users = pgTable("users", { name: text("name").notNull() });
      const guests = mysqlTable("guests", { name: varchar("name", { length: 80 }).notNull() });
      const pg = overPg(new Pool());
      const my = overMysql(mysql.createPool("mysql://localhost/app"));

      ",
        " function addUsers(names: readonly string[]): Promise<void> {
        await batchedTransaction(
          (work: Parameters<typeof pg.transaction>[0]) => pg.transaction(work, { isolationLevel: "serializable" }),
          names,
          async (name, tx) => {
            await tx.insert(users).values({ name });
          },
          { batchSize: 10, label: "addUsers" },
        );
      }

      ",
        " function addGuests(names: readonly string[]): Promise<void> {
        await batchedTransaction(
          (work: Parameters<typeof my.transaction>[0]) => my.transaction(work),
          names,
          async (name, tx) => {
            await tx.insert(guests).values({ name });
          },
          { batchSize: 10, label: "addGuests" },
        );
      }
      ",
      ]
    `);
  });

  it("leaves what cannot be told, with the reason", async () => {
    const { read, applied, manual } = await batch({ "src/app.ts": LEFT }, undefined, "batch-loop-transaction", false);
    expect(read("src/app.ts")).toBe(LEFT);
    expect([applied, manual]).toMatchInlineSnapshot(`
      [
        0,
        [
          "the function around the transaction is not async, so it cannot wait for the batches",
          "the loop does not wait for its statements: await each of them first",
          "the transaction is begun on \`open()\`, which would be evaluated once a batch: give it a name",
          "the loop is not written in the transaction itself",
          "the transaction is committed or rolled back by hand",
          "\`query\` is made from the transaction's handle and not awaited, so it cannot be told whether it outlives its transaction",
        ],
      ]
    `);
  });
});

describe("chains over several lines", () => {
  it("begin on a line of their own in the transaction that they get, as formatters lay them out", async () => {
    const text = `import Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { items, log } from "./tables.js";

export const client = new Database("app.db");
export const db = drizzle(client);

export function importAll(names: readonly string[]): number {
  return db.transaction((tx) => {
    const known = tx
      .select()
      .from(items)
      .all();
    for (const name of names) {
      tx.insert(items).values({ name: \`\${name} after \${known.length}\` }).run();
    }
    return tx
      .select()
      .from(log)
      .all().length;
  });
}
`;
    const main = `import { client, importAll } from "./app.js";
import { CREATE } from "./tables.js";

for (const table of ["items", "log"]) client.exec(\`DROP TABLE IF EXISTS \${table}\`);
for (const sql of CREATE) client.exec(sql);
const count = importAll(["a", "b"]);
console.log(JSON.stringify({ count, rows: client.prepare("SELECT * FROM items").all() }));
`;
    const { read, before, after, applied } = await batch({ "src/tables.ts": TABLES, "src/app.ts": text }, main);
    expect(applied).toBe(1);
    expect(after).toEqual(before);
    expect(read("src/app.ts")).toContain(`  const known = db.transaction((tx) =>
    tx
      .select()
      .from(items)
      .all(),
  );
`);
    expect(read("src/app.ts")).toContain(`  return db.transaction((tx) =>
    tx
      .select()
      .from(log)
      .all().length,
  );
`);
  });
});
