import { EMPTY_LIBRARY, methods, type Library, type Unshared } from "../library.js";

/** Where a URL leads to a server; everything else is a file here. https://github.com/tursodatabase/libsql-js/blob/main/docs/api.md */
const LOCAL = /^(?!(libsql|https?|wss?):)/i;

/**
 * Seen with libsql 0.5.29: a statement that was refused with SQLITE_BUSY stays active on its connection, so that later writes on it say that they
 * succeeded, and are not committed as long as the connection lives.
 */
export const KEEPS_REFUSED: Unshared = {
  on: "sqlite",
  why: "on a file, libSQL keeps a connection on which a write was refused (SQLITE_BUSY) and does not commit what is written on it afterwards, so that a shared one would lose it: share it only with a server, or use another library for the file",
};

const shared: Omit<Library, "specifiers"> = {
  ...EMPTY_LIBRARY,
  name: "libsql",
  engine: "configured",
  dialect: { at: ["0"], sqlite: LOCAL },
  opens: [{ path: "default", by: "both", kind: "connection", key: "0", options: "1" }],
  sessionTypes: ["Database", "default.Database", "default"],
  same: ["pluck()", "raw()", "expand()", "bind()", "safeIntegers()", "exec()", "function()", "aggregate()", "table()", "loadExtension()", "defaultSafeIntegers()", "unsafeMode()"],
  transactions: [{ path: methods("transaction"), style: "wrapper", body: 0 }],
  prepares: ["prepare"],
  statements: [
    { path: methods("exec"), kind: "sql" },
    { path: methods("pragma"), kind: "pragma" },
  ],
  statementMethods: { run: ["run"], read: ["get", "all"], iterate: ["iterate"] },
  unshared: KEEPS_REFUSED,
  closes: ["close"],
  scoped: ["pragma", "unsafeMode", "loadExtension", "function", "aggregate", "table", "defaultSafeIntegers", "authorizer"],
  busyTimeout: { default: 0, option: "1.timeout" },
};

/** better-sqlite3's interface over libSQL: https://github.com/tursodatabase/libsql-js */
export const libsql: Library = { ...shared, specifiers: ["libsql"], sync: true };

/** The same with promises. */
export const libsqlPromise: Library = { ...shared, id: "libsql/promise", specifiers: ["libsql/promise"] };
