import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** https://nodejs.org/api/sqlite.html */
export const nodeSqlite: Library = {
  ...EMPTY_LIBRARY,
  name: "node:sqlite",
  specifiers: ["node:sqlite"],
  sync: true,
  opens: [
    { path: "DatabaseSync", by: "new", kind: "connection", key: "0", options: "1" },
    { path: "default.DatabaseSync", by: "new", kind: "connection", key: "0", options: "1" },
  ],
  sessionTypes: ["DatabaseSync"],
  prepares: ["prepare"],
  statements: [{ path: methods("exec"), kind: "sql" }],
  statementMethods: { run: ["run"], read: ["get", "all"], iterate: ["iterate"] },
  closes: ["close"],
  // https://nodejs.org/api/sqlite.html#new-databasesyncpath-options
  busyTimeout: { default: 0, option: "1.timeout" },
  scoped: ["function", "aggregate", "loadExtension", "enableLoadExtension", "createSession"],
};
