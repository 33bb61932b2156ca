import { EMPTY_LIBRARY, type Library } from "../library.js";

/** https://orm.drizzle.team/docs/get-started-sqlite: `drizzle(client)`, `drizzle({ client })`, or `drizzle(url)`, which opens. */
export const drizzleBetterSqlite3: Library = {
  ...EMPTY_LIBRARY,
  name: "drizzle-orm",
  specifiers: ["drizzle-orm/better-sqlite3"],
  engine: "wrapped",
  sync: true,
  opens: [{ path: "drizzle", by: "call", kind: "orm", key: "0", options: "1", unless: ["0", "0.client"] }],
  sessionTypes: ["BetterSQLite3Database"],
  wraps: [
    { path: "drizzle", client: "0" },
    { path: "drizzle", client: "0.client" },
  ],
  transactions: [{ method: "transaction", style: "callback", body: 0, handle: 0 }],
  sqlMethods: ["run", "all", "get", "values"],
  statementMethods: { run: ["run", "execute"], read: ["all", "get", "values"], iterate: [] },
  builders: { write: ["insert", "update", "delete"], read: ["select", "selectDistinct", "query", "$count", "with"] },
};
