import { connect } from "../lib/database.mjs";
import { inChunks, makeRows, nothing } from "./index.mjs";

/** better-sqlite3 as its documentation shows it. */
export const contender = {
  id: "raw",
  title: "raw better-sqlite3",
  package: "better-sqlite3",
  async open(path) {
    const db = connect(path);
    const insert = db.prepare("INSERT INTO item (name, value) VALUES (?, ?)");
    const count = db.prepare("SELECT count(*) FROM item").pluck();
    const one = db.transaction(() => insert.run("name", 1)).immediate;
    const marked = db.transaction((mark) => { mark(); insert.run("name", 1); }).immediate;
    const empty = db.transaction((mark) => mark()).immediate;
    const many = db.transaction((rows) => { for (const { name, value } of rows) insert.run(name, value); }).immediate;
    const [begin, commit] = ["BEGIN IMMEDIATE", "COMMIT"].map((sql) => db.prepare(sql));
    const byHand = async () => {
      begin.run();
      await insert.run("name", 1);
      commit.run();
    };
    return {
      oneRow: [
        { name: "`db.transaction(fn).immediate()`", run: one, sync: true },
        { name: "`await` of the same", run: async () => one() },
        { name: "`BEGIN IMMEDIATE`, `await` in between, `COMMIT` by hand", run: byHand },
      ],
      writeOne: (mark = nothing) => marked(mark),
      empty: (mark = nothing) => empty(mark),
      holdOpen: async (work) => {
        begin.run();
        insert.run("held", 1);
        await work();
        commit.run();
      },
      readOne: () => count.get(),
      imports: [
        { name: "raw: one transaction", run: (rows) => { many(makeRows(rows)); } },
        { name: "raw: a transaction for 1,000 rows, the loop's turn in between", run: async (rows) => {
          for (const chunk of inChunks(makeRows(rows), 1_000)) {
            many(chunk);
            await new Promise((resolve) => setImmediate(resolve));
          }
        } },
      ],
      close: () => db.close(),
    };
  },
};
