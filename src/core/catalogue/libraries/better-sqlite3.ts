import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md */
export const betterSqlite3: Library = {
  ...EMPTY_LIBRARY,
  name: "better-sqlite3",
  specifiers: ["better-sqlite3", "better-sqlite3-multiple-ciphers"],
  sync: true,
  opens: [{ path: "default", by: "both", kind: "connection", key: "0", options: "1" }],
  sessionTypes: ["Database", "default.Database", "default"],
  // A statement's settings give the statement again, and so do the connection's.
  same: ["pluck()", "raw()", "expand()", "bind()", "safeIntegers()", "exec()", "function()", "aggregate()", "table()", "loadExtension()", "defaultSafeIntegers()", "unsafeMode()"],
  transactions: [{ path: methods("transaction"), style: "wrapper", body: 0 }],
  prepares: ["prepare"],
  statements: [
    { path: methods("exec"), kind: "sql" },
    { path: methods("pragma"), kind: "pragma" },
  ],
  statementMethods: { run: ["run"], read: ["get", "all"], iterate: ["iterate"] },
  closes: ["close"],
  scoped: ["pragma", "unsafeMode", "loadExtension", "function", "aggregate", "table", "defaultSafeIntegers"],
  // https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md#new-databasepath-options
  busyTimeout: { default: 5_000, option: "1.timeout" },
};
