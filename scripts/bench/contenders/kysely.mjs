import { Kysely, SqliteDialect } from "kysely";
import { connect } from "../lib/database.mjs";
import { inChunks, makeRows, nothing } from "./index.mjs";

/** One connection, behind a mutex of its own. It knows `begin` alone, which is deferred. */
export const contender = {
  id: "kysely",
  title: "Kysely",
  package: "kysely",
  async open(path) {
    const db = new Kysely({ dialect: new SqliteDialect({ database: connect(path) }) });
    const insert = (trx, values) => trx.insertInto("item").values(values).execute();
    const writeOne = (mark = nothing) => db.transaction().execute((trx) => {
      mark();
      return insert(trx, { name: "name", value: 1 });
    });
    return {
      oneRow: [{ name: "Kysely: `transaction().execute`", run: () => writeOne() }],
      writeOne,
      empty: (mark = nothing) => db.transaction().execute(async () => mark()),
      holdOpen: (work) => db.transaction().execute(async (trx) => {
        await insert(trx, { name: "held", value: 1 });
        await work();
      }),
      readOne: async () => (await db.selectFrom("item").select((select) => select.fn.countAll().as("rows")).executeTakeFirstOrThrow()).rows,
      imports: [{ name: "Kysely: a transaction for 1,000 rows, one `insert`", run: async (rows) => {
        for (const chunk of inChunks(makeRows(rows), 1_000)) await db.transaction().execute((trx) => insert(trx, chunk));
      } }],
      close: () => db.destroy(),
    };
  },
};
