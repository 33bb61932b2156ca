import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** https://github.com/gajus/slonik: statements are tagged templates that a pool, a connection or a transaction runs. */
export const slonik: Library = {
  ...EMPTY_LIBRARY,
  name: "slonik",
  specifiers: ["slonik"],
  engine: "server",
  opens: [{ path: "createPool", by: "call", kind: "pool", key: "0", options: "1" }],
  sessionTypes: ["DatabasePool"],
  handleTypes: ["DatabaseTransactionConnection"],
  clientTypes: ["DatabasePoolConnection"],
  eitherTypes: ["CommonQueryMethods", "DatabaseConnection"],
  acquires: [{ path: methods("connect"), kind: "client", lent: true, callback: 0, releases: methods() }],
  transactions: [{ path: methods("transaction"), style: "callback", body: 0, handle: 0 }],
  statements: [
    { path: methods("query"), kind: "sql" },
    { path: methods("one", "oneFirst", "maybeOne", "maybeOneFirst", "many", "manyFirst", "any", "anyFirst", "exists", "stream"), kind: "sql", otherwise: "read" },
  ],
  closes: ["end"],
};
