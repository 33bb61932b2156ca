import { DataSource, EntitySchema } from "typeorm";
import { BUSY_TIMEOUT_MS, configure } from "../lib/database.mjs";
import { inChunks, makeRows, nothing } from "./index.mjs";

const Item = new EntitySchema({
  name: "item",
  columns: { id: { type: Number, primary: true, generated: true }, name: { type: String }, value: { type: "real" } },
});

/** One connection without a queue: transactions that overlap in time become savepoints of each other. `BEGIN` is deferred. */
export const contender = {
  id: "typeorm",
  title: "TypeORM",
  package: "typeorm",
  async open(path) {
    const source = new DataSource({ type: "better-sqlite3", database: path, entities: [Item], timeout: BUSY_TIMEOUT_MS, prepareDatabase: configure });
    await source.initialize();
    const writeOne = (mark = nothing) => source.transaction((manager) => {
      mark();
      return manager.insert(Item, { name: "name", value: 1 });
    });
    return {
      oneRow: [{ name: "TypeORM: `transaction`", run: () => writeOne() }],
      writeOne,
      holdOpen: (work) => source.transaction(async (manager) => {
        await manager.insert(Item, { name: "held", value: 1 });
        await work();
      }),
      readOne: () => source.manager.count(Item),
      imports: [{ name: "TypeORM: a transaction for 1,000 rows, one `insert`", run: async (rows) => {
        for (const chunk of inChunks(makeRows(rows), 1_000)) await source.transaction((manager) => manager.insert(Item, chunk));
      } }],
      close: () => source.destroy(),
    };
  },
};
