import { EMPTY_LIBRARY, methods, TAKES_IN_OTHERS, type Library } from "../library.js";

/** The promise wrapper around `sqlite3`: https://github.com/kriasoft/node-sqlite */
export const sqlite: Library = {
  ...EMPTY_LIBRARY,
  name: "sqlite",
  specifiers: ["sqlite"],
  opens: [
    { path: "open", by: "call", kind: "connection", key: "0.filename", options: "0", shares: {} },
    { path: "default.open", by: "call", kind: "connection", key: "0.filename", options: "0", shares: {} },
    { path: "Database", by: "new", kind: "connection", key: "0.filename", options: "0" },
  ],
  sessionTypes: ["Database"],
  prepares: ["prepare"],
  statements: [
    { path: methods("run"), kind: "sql", otherwise: "write" },
    { path: methods("exec", "get", "all", "each"), kind: "sql" },
    { path: methods("migrate"), kind: "ddl" },
  ],
  statementMethods: { run: ["run"], read: ["get", "all", "each"], iterate: [] },
  unshared: TAKES_IN_OTHERS,
  closes: ["close"],
  scoped: ["configure", "on", "loadExtension", "serialize", "parallelize"],
  // The driver's: see sqlite3.
  busyTimeout: { default: 1_000 },
};
