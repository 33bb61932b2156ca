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
  statements: [
    { path: methods("exec"), kind: "sql" },
    // A store of prepared statements behind template tags, since 24.9: https://nodejs.org/api/sqlite.html#databasecreatetagstoremaxsize
    { path: /^createTagStore\(\)\.run$/, kind: "sql", otherwise: "write", by: "tag" },
    { path: /^createTagStore\(\)\.(get|all|iterate)$/, kind: "sql", otherwise: "read", by: "tag" },
  ],
  statementMethods: { run: ["run"], read: ["get", "all"], iterate: ["iterate"] },
  closes: ["close"],
  // The option came with 24.0 and 22.16; before, `PRAGMA busy_timeout` is the only way. https://nodejs.org/api/sqlite.html#new-databasesyncpath-options
  busyTimeout: { default: 0, option: "1.timeout" },
  scoped: ["function", "aggregate", "loadExtension", "enableLoadExtension", "enableDefensive", "setAuthorizer", "createSession", "applyChangeset"],
};
