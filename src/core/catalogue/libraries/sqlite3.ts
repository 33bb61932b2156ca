import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** https://github.com/TryGhost/node-sqlite3/wiki/API */
export const sqlite3: Library = {
  ...EMPTY_LIBRARY,
  name: "sqlite3",
  specifiers: ["sqlite3", "@vscode/sqlite3"],
  opens: [
    { path: "default.Database", by: "new", kind: "connection", key: "0" },
    { path: "Database", by: "new", kind: "connection", key: "0" },
    { path: "verbose().Database", by: "new", kind: "connection", key: "0" },
    { path: "default.verbose().Database", by: "new", kind: "connection", key: "0" },
  ],
  sessionTypes: ["Database", "default.Database"],
  prepares: ["prepare"],
  statements: [
    { path: methods("run"), kind: "sql", otherwise: "write" },
    { path: methods("exec", "get", "all", "each"), kind: "sql" },
  ],
  statementMethods: { run: ["run"], read: ["get", "all", "each"], iterate: [] },
  closes: ["close"],
  scoped: ["configure", "on", "loadExtension", "serialize", "parallelize"],
};
