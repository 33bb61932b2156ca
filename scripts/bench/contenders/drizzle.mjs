import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { connect } from "../lib/database.mjs";
import { makeRows, nothing } from "./index.mjs";

const item = sqliteTable("item", { id: integer().primaryKey(), name: text(), value: real() });
const immediate = { behavior: "immediate" };

/** Its transactions are synchronous: nothing queues, and none can be kept open across an `await`. */
export const contender = {
  id: "drizzle",
  title: "Drizzle",
  package: "drizzle-orm",
  async open(path) {
    const client = connect(path);
    const db = drizzle({ client });
    const insert = db.insert(item).values({ name: sql.placeholder("name"), value: sql.placeholder("value") }).prepare();
    const writeOne = (mark = nothing) => db.transaction((tx) => {
      mark();
      tx.insert(item).values({ name: "name", value: 1 }).run();
    }, immediate);
    return {
      oneRow: [
        { name: "Drizzle: `transaction`, `insert` built each time", run: () => writeOne(), sync: true },
        { name: "Drizzle: `transaction`, `insert` prepared once", run: () => db.transaction(() => insert.run({ name: "name", value: 1 }), immediate), sync: true },
      ],
      writeOne,
      imports: [{ name: "Drizzle: one transaction, `insert` prepared", run: (rows) => {
        db.transaction(() => { for (const row of makeRows(rows)) insert.run(row); }, immediate);
      } }],
      close: () => client.close(),
    };
  },
};
