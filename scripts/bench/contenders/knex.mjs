import knex from "knex";
import { configure } from "../lib/database.mjs";
import { makeRows, nothing } from "./index.mjs";

/** A pool of one connection, as Knex has it for SQLite. Its `BEGIN` is deferred. */
export const contender = {
  id: "knex",
  title: "Knex",
  package: "knex",
  async open(path) {
    const db = knex({
      client: "better-sqlite3", connection: { filename: path }, useNullAsDefault: true, acquireConnectionTimeout: 120_000,
      pool: { min: 1, max: 1, afterCreate: (connection, done) => { configure(connection); done(null, connection); } },
    });
    const writeOne = (mark = nothing) => db.transaction((trx) => {
      mark();
      return trx("item").insert({ name: "name", value: 1 });
    });
    await db.raw("SELECT 1");
    return {
      oneRow: [{ name: "Knex: `transaction`", run: () => writeOne() }],
      writeOne,
      empty: (mark = nothing) => db.transaction(async () => mark()),
      holdOpen: (work) => db.transaction(async (trx) => {
        await trx("item").insert({ name: "held", value: 1 });
        await work();
      }),
      readOne: async () => (await db("item").count({ rows: "*" }).first()).rows,
      // SQLite allows 500 terms in the statement that Knex makes of a chunk; all chunks are in one transaction.
      imports: [{ name: "Knex: `batchInsert`, chunks of 100", run: (rows) => db.batchInsert("item", [...makeRows(rows)], 100) }],
      close: () => db.destroy(),
    };
  },
};
