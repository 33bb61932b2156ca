import { EMPTY_LIBRARY, methods, type Library } from "../library.js";
import { KEEPS_REFUSED } from "./libsql.js";

/** https://docs.turso.tech/sdk/ts/reference */
const shared: Omit<Library, "specifiers"> = {
  ...EMPTY_LIBRARY,
  name: "@libsql/client",
  opens: [
    { path: "createClient", by: "call", kind: "connection", key: "0.url", options: "0", shareable: true },
    { path: "default.createClient", by: "call", kind: "connection", key: "0.url", options: "0", shareable: true },
  ],
  sessionTypes: ["Client"],
  handleTypes: ["Transaction"],
  // https://docs.turso.tech/sdk/ts/reference#transaction-modes
  modes: { write: "immediate", read: "deferred", deferred: "deferred" },
  acquires: [{ path: methods("transaction"), kind: "transaction", releases: methods("commit", "rollback", "close"), mode: "immediate" }],
  transactions: [
    { path: methods("batch"), style: "array", body: 0, nested: "joins" },
    { path: methods("migrate"), style: "array", body: 0 },
  ],
  statements: [
    { path: methods("execute", "executeMultiple"), kind: "sql" },
    { path: methods("commit"), kind: "commit" },
    { path: methods("rollback"), kind: "rollback" },
  ],
  unshared: KEEPS_REFUSED,
  closes: ["close"],
  scoped: ["sync", "reconnect"],
};

/** A file in this process for `file:` and `:memory:`, a server for every other URL. */
export const libsqlClient: Library = {
  ...shared,
  engine: "configured",
  specifiers: ["@libsql/client", "@libsql/client/node", "@libsql/client/sqlite3"],
  dialect: { at: ["0.url"], sqlite: /^(file:|:memory:)/ },
  busyTimeout: { default: 0, option: "0.timeout" },
};

/** Over the network alone. */
export const libsqlClientWeb: Library = {
  ...shared,
  id: "@libsql/client/web",
  engine: "server",
  specifiers: ["@libsql/client/web", "@libsql/client/http", "@libsql/client/ws"],
};
