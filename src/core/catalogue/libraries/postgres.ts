import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/**
 * https://github.com/porsager/postgres: a pool that is a template tag. `sql.begin([options,] sql => …)` runs a transaction on
 * a handle of its own, `sql.reserve()` takes a connection out. `sql(values)` only makes a part of a statement.
 */
export const postgres: Library = {
  ...EMPTY_LIBRARY,
  name: "postgres",
  specifiers: ["postgres"],
  engine: "server",
  opens: [{ path: "default", by: "call", kind: "pool", key: "0", options: "1", shareable: true }],
  sessionTypes: ["Sql", "default.Sql"],
  handleTypes: ["TransactionSql"],
  clientTypes: ["ReservedSql"],
  eitherTypes: ["ISql"],
  acquires: [{ path: methods("reserve"), kind: "client", releases: methods("release") }],
  transactions: [{ path: methods("begin", "savepoint"), style: "callback", body: "last", handle: 0 }],
  statements: [
    { path: /^\(\)$/, kind: "sql", by: "tag", fragments: true },
    { path: methods("unsafe"), kind: "sql" },
    { path: methods("notify"), kind: "write" },
  ],
  batch: { handle: "TransactionSql" },
  closes: ["end", "close"],
  scoped: ["listen", "subscribe"],
};
