import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** A query builder around a driver: https://kysely.dev/docs/dialects. A session wraps its dialect's client, where that is known. */
export const kysely: Library = {
  ...EMPTY_LIBRARY,
  name: "kysely",
  // https://github.com/kysely-org/kysely-postgres-js
  specifiers: ["kysely", "kysely-postgres-js"],
  engine: "wrapped",
  sessionTypes: [],
  // A `Transaction` is a `Kysely`, too, and is passed as one.
  eitherTypes: ["Kysely"],
  handleTypes: ["Transaction", "ControlledTransaction"],
  wraps: [
    { path: "SqliteDialect", client: "0.database" },
    { path: "PostgresDialect", client: "0.pool" },
    { path: "MysqlDialect", client: "0.pool" },
    { path: "PostgresJSDialect", client: "0.postgres" },
    { path: "Kysely", client: "0.dialect", foreign: true },
  ],
  same: ["withPlugin()", "withoutPlugins()", "withSchema()", "withTables()", "$extendTables()", "$omitTables()", "$pickTables()"],
  // https://kysely.dev/docs/examples/transactions/simple-transaction
  transactions: [{ path: /^transaction\(\)(\.\w+\(\))*\.execute$/, style: "callback", body: 0, handle: 0, nested: "error" }],
  acquires: [
    // https://kysely.dev/docs/examples/transactions/controlled-transaction
    { path: /^startTransaction\(\)(\.\w+\(\))*\.execute$/, kind: "transaction", releases: /^(commit|rollback)\(\)\.execute$/ },
    { path: /^connection\(\)\.execute$/, kind: "client", releases: /^$/, withoutCallback: true, callback: 0 },
  ],
  statements: [
    { path: /^commit\(\)\.execute$/, kind: "commit" },
    { path: /^rollback\(\)\.execute$/, kind: "rollback" },
    { path: /^(with(Recursive)?\(\)\.)*(insertInto|replaceInto|updateTable|deleteFrom|mergeInto)$/, kind: "write", unless: /^(compile|as|toOperationNode)$/, operand: true },
    { path: /^(with(Recursive)?\(\)\.)*(selectFrom|selectNoFrom)$/, kind: "read", unless: /^(compile|as|toOperationNode)$/, operand: true },
    { path: /^schema\.(with\w+\(\)\.)*(create|drop|alter|refresh)\w+$/, kind: "ddl" },
    { path: methods("executeQuery"), kind: "sql" },
  ],
  given: [{ path: /^sql(\.\w+)?\(\)(\.\w+\(\))*\.execute$/, kind: "sql", session: "0" }],
  // https://kysely-org.github.io/kysely-apidoc/classes/Transaction.html
  passing: { type: "session" },
  batch: { chain: ["transaction", "setIsolationLevel", "setAccessMode"] },
  // On SQLite it lets one caller at a time have its connection: https://github.com/kysely-org/kysely/blob/master/src/dialect/sqlite/sqlite-driver.ts
  sharing: "on SQLite, callers wait for each other's transactions in a shared `Kysely`: a transaction whose functions ask it for the database again waits for itself",
  closes: ["destroy"],
};
