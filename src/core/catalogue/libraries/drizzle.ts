import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

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
  transactions: [{ path: methods("transaction"), style: "callback", body: 0, handle: 0 }],
  statements: [
    { path: methods("run"), kind: "sql", otherwise: "write" },
    { path: methods("all", "get", "values"), kind: "sql" },
    { path: methods("insert", "update", "delete"), kind: "write" },
    { path: methods("select", "selectDistinct", "$count", "with"), kind: "read" },
    { path: /^query\.\w+\.(findMany|findFirst)$/, kind: "read" },
  ],
  statementMethods: { run: ["run", "execute"], read: ["all", "get", "values"], iterate: [] },
};
