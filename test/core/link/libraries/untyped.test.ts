import { describe, expect, it } from "vitest";
import { foundFacts, statedFacts } from "./fixture.js";

/** Libraries whose types are no development dependency: the same notation, without a compiler's check. */
describe("the catalogue says of", () => {
  it.each<[string, string]>([
    [
      "pg-promise",
      `import createPgp from "pg-promise";
      const pgp = createPgp({});
      const db = pgp(process.env.DATABASE_URL); //: open
      export async function move(id, shop) {
        await db.none("CREATE TABLE IF NOT EXISTS log (message text)"); //: ddl
        return db.tx("move", async (t) => { //: tx callback
          const order = await t.one("SELECT * FROM orders WHERE id = $1", [id]); //: read on handle
          await t.none("UPDATE orders SET shop = $2 WHERE id = $1", [id, shop]); //: write on handle
          await t.tx((inner) => inner.none("DELETE FROM log")); //: tx callback on handle, write on handle
          return order;
        });
      }
      export const page = () => db.task((t) => t.any("SELECT 1")); //: read on client
      export async function own() {
        const connection = await db.connect(); //: client
        await connection.any("SELECT 1"); //: read on client
        connection.done(); //: close on client
      }`,
    ],
    [
      "Bookshelf",
      `import Knex from "knex";
      import createBookshelf from "bookshelf";
      const knex = Knex({ client: "sqlite3", connection: { filename: "app.db" } }); //: open
      const bookshelf = createBookshelf(knex);
      const Item = bookshelf.model("Item", { tableName: "items" });
      const Part = bookshelf.Model.extend({ tableName: "parts" });
      export const rename = (id, name) =>
        bookshelf.transaction(async (trx) => { //: tx callback
          const item = await Item.where({ id }).fetch({ transacting: trx }); //: read
          await new Item({ id }).save({ name }, { transacting: trx }); //: write
          await Part.forge({ id }).save(null, { method: "insert", transacting: trx }); //: write
        });
      export const all = () => Item.fetchAll(); //: read
      export const close = () => knex.destroy(); //: close`,
    ],
    [
      "pg-promise, by require",
      `const pgp = require("pg-promise")();
      const db = pgp("postgres://localhost"); //: open
      db.any("SELECT 1"); //: read`,
    ],
    [
      "pg-promise's types",
      `import type { IDatabase, ITask } from "pg-promise";
      export class Store { constructor(private readonly db: IDatabase<{}>) {}
        all() { return this.db.any("SELECT 1"); } //: read
        add(t: ITask<{}>) { return t.none("INSERT INTO a VALUES (1)"); } //: write on handle
      }`,
    ],
    [
      "slonik",
      `import { createPool, sql } from "slonik";
      export async function run(id) {
        const pool = await createPool("postgres://localhost"); //: open
        await pool.transaction(async (tx) => { //: tx callback
          await tx.query(sql.unsafe\`UPDATE orders SET done = true WHERE id = \${id}\`); //: write on handle
          return tx.maybeOne(sql.type(order)\`SELECT * FROM orders WHERE id = \${id}\`); //: read on handle
        });
        await pool.connect((connection) => connection.any(sql.fragment\`SELECT 1\`)); //: read on client
        await pool.end(); //: close
      }`,
    ],
    [
      "mysql",
      `const mysql = require("mysql");
      const pool = mysql.createPool({ host: "localhost" }); //: open
      pool.getConnection((error, connection) => {
        connection.beginTransaction(() => { //: begin on client
          connection.query("DELETE FROM log", () => connection.release()); //: write on client, close on client
        });
      });`,
    ],
    [
      "pg-pool",
      `import Pool from "pg-pool";
      const pool = new Pool(); //: open
      export const run = async () => { const client = await pool.connect(); client.release(); }; //: client, close on client`,
    ],
    [
      "Bun's SQL",
      `import { SQL, sql } from "bun";
      const db = new SQL(process.env.DATABASE_URL); //: open
      export const list = () => sql\`SELECT * FROM orders\`; //: read
      export async function move(ids, shop) {
        await db.begin(async (tx) => { //: tx callback
          await tx\`UPDATE orders SET shop = \${shop} WHERE id IN \${db(ids)}\`; //: write on handle
          await tx.savepoint((inner) => inner\`DELETE FROM log\`); //: tx callback on handle, write on handle
        });
        const reserved = await sql.reserve(); //: client
        await reserved.unsafe("TRUNCATE log"); //: write on client
        reserved.release(); //: close on client
        await db.close(); //: close
      }`,
    ],
    [
      "nothing of what else Bun has",
      `import { file, serve, SQL } from "bun";
      export const text = file("orders.sql").text();
      serve({ fetch: () => new Response(SQL.name) });`,
    ],
    [
      "Drizzle on node:sqlite",
      `import { DatabaseSync } from "node:sqlite";
      import { drizzle } from "drizzle-orm/node-sqlite";
      const db = drizzle({ client: new DatabaseSync("app.db") }); //: open
      export const byPath = drizzle("other.db"); //: open
      export const move = () =>
        db.transaction((tx) => { //: tx callback
          tx.insert(items).values({ id: 1 }).run(); //: write on handle
        });
      export const close = () => db.$client.close(); //: close`,
    ],
    [
      "Vercel's pool",
      `import { createClient, createPool, db, sql } from "@vercel/postgres";
      export const list = () => sql\`SELECT * FROM orders\`; //: read
      export const add = (id) => sql.query("INSERT INTO orders VALUES ($1)", [id]); //: write
      export async function move(id) {
        const client = await db.connect(); //: client
        try {
          await client.sql\`BEGIN\`; //: tx sql on client
          await client.sql\`UPDATE orders SET moved = true WHERE id = \${id}\`; //: write on client
          await client.sql\`COMMIT\`; //: commit on client
        } finally {
          client.release(); //: close on client
        }
      }
      export async function other(connectionString) {
        const pool = createPool({ connectionString });
        await pool.sql\`TRUNCATE log\`; //: write
        const client = createClient();
        await client.query("SELECT 1"); //: read
        await client.end(); //: close
      }`,
    ],
    [
      "D1 by its global type",
      `interface Env { DB: D1Database }
      export const onRequest: PagesFunction<Env> = async ({ env }) => read(env);
      const read = (env: Env) => env.DB.prepare("SELECT 1").first(); //: prepare, read`,
    ],
    [
      "Effect SQL's fourth version",
      `import * as Effect from "effect/Effect";
      import { SqlClient } from "effect/unstable/sql";
      import * as Sql from "effect/unstable/sql/SqlClient";
      import { LibsqlClient } from "@effect/sql-libsql";
      export const Live = LibsqlClient.layer({ url: "file:app.db" }); //: open
      export const add = Effect.fn("add")(function* (name) {
        const sql = yield* SqlClient.SqlClient;
        yield* sql\`INSERT INTO items (name) VALUES (\${name})\`; //: write
      });
      export const addAll = Effect.gen(function* () {
        const sql = yield* Sql.SqlClient;
        yield* sql.withTransaction(add("a")); //: tx callback
      });`,
    ],
    [
      "ORMs on Effect SQL",
      `import * as SqliteDrizzle from "@effect/sql-drizzle/Sqlite";
      import * as SqliteKysely from "@effect/sql-kysely/Sqlite";
      import { Effect } from "effect";
      export const rows = Effect.gen(function* () {
        const db = yield* SqliteDrizzle.SqliteDrizzle;
        yield* db.insert(items).values({ id: 1 }); //: write
        const kysely = yield* SqliteKysely.make();
        yield* kysely.insertInto("items").values({ id: 2 }); //: write
        return yield* kysely.selectFrom("items").selectAll(); //: read
      });`,
    ],
  ])("%s", (_name, text) => {
    expect(foundFacts("a.ts", text)).toEqual(statedFacts(text));
  });

  it.each([
    ["sql.js, whose databases are in memory", `import initSqlJs from "sql.js"; const SQL = await initSqlJs(); const db = new SQL.Database(); db.run("DELETE FROM t"); db.exec("SELECT 1");`],
    ["a Map", `const t = new Map(); t.delete("a"); t.get("b");`],
    ["Redis", `import { createClient } from "redis"; const client = createClient({ url: "redis://localhost" }); client.connect(); client.execute("x");`],
    ["LDAP", `import { Client } from "ldapts"; const client = new Client({ url }); client.connect(); client.query("SELECT 1");`],
    ["MCP", `import { Client } from "@modelcontextprotocol/sdk/client/index.js"; const client = new Client({}); await client.connect(transport);`],
    ["a bookkeeping transaction", `import { Pool } from "pg"; const account = { transaction(fn) { return fn(); } }; account.transaction(() => {});`],
  ])("nothing of %s", (_name, text) => {
    expect(foundFacts("a.ts", text)).toEqual([]);
  });
});
