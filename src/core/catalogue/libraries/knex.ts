import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** What makes something else of a query than a statement that runs. */
const UNRUN = /^(toSQL|toQuery|toString|as)$/;

/** https://knexjs.org/guide/: an instance is a pool of connections, called with a table's name or as a builder. */
export const knex: Library = {
  ...EMPTY_LIBRARY,
  name: "knex",
  specifiers: ["knex"],
  engine: "configured",
  // https://knexjs.org/guide/#configuration-options
  dialect: { at: ["0.client"], sqlite: /sqlite/i },
  // Without a connection it is a query builder alone: https://knexjs.org/guide/#configuration-options
  opens: [
    { path: "default", by: "both", kind: "pool", key: "0.connection", options: "0", connects: "0.connection", shareable: true },
    { path: "knex", by: "both", kind: "pool", key: "0.connection", options: "0", connects: "0.connection", shareable: true },
  ],
  // A transaction is a `Knex`, too, and is passed as one.
  eitherTypes: ["Knex"],
  handleTypes: ["Knex.Transaction"],
  // https://knexjs.org/guide/transactions.html
  transactions: [
    { path: methods("transaction"), style: "callback", body: 0, handle: 0 },
    { path: methods("savepoint"), style: "callback", body: 0, handle: 0 },
  ],
  acquires: [{ path: /^(transaction|transactionProvider\(\)\(\)|transactionProvider\(\))$/, kind: "transaction", releases: methods("commit", "rollback"), withoutCallback: true }],
  statements: [
    { path: methods("commit"), kind: "commit" },
    { path: methods("rollback"), kind: "rollback" },
    { path: /^schema\.(\w+\(\)\.)*has\w+$/, kind: "read" },
    { path: /^schema\.(\w+\(\)\.)*((create|drop|alter|rename|refresh)\w+|table|raw)$/, kind: "ddl" },
    { path: /^migrate\.(latest|up|down|rollback)$/, kind: "ddl" },
    { path: methods("raw"), kind: "sql", fragments: true, operand: true, unless: UNRUN },
    { path: methods("batchInsert"), kind: "write" },
    { path: /^(?!schema\.)(.*\.)?(insert|update|upsert|del|delete|truncate|increment|decrement)$/, kind: "write", operand: true, unless: UNRUN, lazy: true },
    { path: /^(\(\)|select|distinct|from|table|with|withRecursive|first|pluck|count|queryBuilder)$/, kind: "read", weak: true, operand: true, unless: UNRUN, lazy: true },
  ],
  // https://github.com/knex/knex/blob/master/types/index.d.ts: `interface Transaction extends Knex`
  passing: { type: "session" },
  batch: {},
  closes: ["destroy"],
};
