import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** https://bun.com/docs/runtime/sqlite: `query` keeps what it prepared, `run` and its older name `exec` do not. */
export const bunSqlite: Library = {
  ...EMPTY_LIBRARY,
  name: "bun:sqlite",
  specifiers: ["bun:sqlite"],
  sync: true,
  opens: [
    { path: "Database", by: "new", kind: "connection", key: "0", options: "1", shares: {} },
    { path: "default", by: "new", kind: "connection", key: "0", options: "1", shares: {} },
    { path: "Database.open", by: "call", kind: "connection", key: "0", options: "1", shares: {} },
    { path: "default.open", by: "call", kind: "connection", key: "0", options: "1", shares: {} },
  ],
  sessionTypes: ["Database", "default"],
  same: ["as()", "safeIntegers()", "function()"],
  transactions: [{ path: methods("transaction"), style: "wrapper", body: 0 }],
  prepares: ["query", "prepare"],
  statements: [{ path: methods("run", "exec"), kind: "sql", otherwise: "write" }],
  statementMethods: { run: ["run"], read: ["get", "all", "values", "raw"], iterate: ["iterate"] },
  // The runtime has no driver for it, and runs its own wrapper once a batch.
  batch: {},
  closes: ["close"],
  scoped: ["loadExtension", "fileControl", "function", "clearQueryCache"],
  // SQLite's own default, which Bun leaves: https://www.sqlite.org/c3ref/busy_timeout.html
  busyTimeout: { default: 0 },
};
