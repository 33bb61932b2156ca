import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/**
 * https://bun.com/docs/runtime/sql: a pool that is a template tag, for PostgreSQL, MySQL and, where the URL says so, SQLite. `sql` is one that is made from the
 * environment when it is first used. `sql(values)` only makes a part of a statement.
 */
export const bunSql: Library = {
  ...EMPTY_LIBRARY,
  name: "bun",
  id: "bun/sql",
  specifiers: ["bun"],
  engine: "configured",
  dialect: { at: ["0", "0.adapter", "1.adapter"], sqlite: /^(sqlite|file:|:memory:)/ },
  opens: ["SQL", "default.SQL"].map((path) => ({ path, by: "new", kind: "pool", key: "0", options: "1" })),
  services: ["sql", "postgres", "default.sql"],
  sessionTypes: ["SQL"],
  handleTypes: ["TransactionSQL", "SavepointSQL"],
  clientTypes: ["ReservedSQL"],
  acquires: [{ path: methods("reserve"), kind: "client", releases: methods("release") }],
  transactions: [{ path: methods("begin", "transaction", "savepoint"), style: "callback", body: "last", handle: 0 }],
  statements: [
    { path: /^\(\)$/, kind: "sql", by: "tag", fragments: true, operand: true },
    { path: methods("unsafe"), kind: "sql" },
  ],
  closes: ["close", "end"],
};
