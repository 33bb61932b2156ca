import { EMPTY_LIBRARY, methods, TAKES_IN_OTHERS, type Library } from "../library.js";

/** https://github.com/TryGhost/node-sqlite3/wiki/API: with callbacks; statements run on other threads. */
export const sqlite3: Library = {
  ...EMPTY_LIBRARY,
  name: "sqlite3",
  specifiers: ["sqlite3", "@vscode/sqlite3"],
  opens: ["Database", "default.Database", "verbose().Database", "default.verbose().Database", "cached.Database", "default.cached.Database"].map((path) => ({
    path,
    by: "new",
    kind: "connection",
    key: "0",
    shares: {},
  })),
  sessionTypes: ["Database", "default.Database"],
  // Every method gives what it was called on.
  same: ["run()", "exec()", "get()", "all()", "each()", "map()", "bind()", "reset()", "serialize()", "parallelize()", "configure()", "on()", "loadExtension()"],
  prepares: ["prepare"],
  statements: [
    { path: methods("run"), kind: "sql", otherwise: "write" },
    { path: methods("exec", "get", "all", "each", "map"), kind: "sql" },
  ],
  statementMethods: { run: ["run"], read: ["get", "all", "each", "map"], iterate: [] },
  unshared: TAKES_IN_OTHERS,
  closes: ["close"],
  scoped: ["configure", "on", "loadExtension", "serialize", "parallelize"],
  // Set when it opens; `configure("busyTimeout", ms)` changes it. https://github.com/TryGhost/node-sqlite3/blob/master/src/database.cc
  busyTimeout: { default: 1_000 },
};
