import { EMPTY_LIBRARY, methods, type Library } from "../library.js";
import { knex } from "./knex.js";

/** Where a query begins, on a table's class or on one of its rows. */
const QUERY = String.raw`^(?:query|relatedQuery|\$query|\$relatedQuery)`;

/** What makes something else of a query than a statement that runs: https://vincit.github.io/objection.js/api/query-builder/other-methods.html */
const UNRUN = /^(?:toKnexQuery|toFindQuery|as|clone)$/;

/**
 * https://vincit.github.io/objection.js/: models over a Knex that is opened elsewhere, and given to them by `Model.knex(knex)`
 * or with each query. A transaction's handle is Knex's own, and is handed to `query(trx)`.
 */
export const objection: Library = {
  ...EMPTY_LIBRARY,
  name: "objection",
  specifiers: ["objection"],
  engine: "wrapped",
  models: ["Model", "default.Model"],
  // https://vincit.github.io/objection.js/guide/transactions.html#using-a-transaction: `query(trx)`, `$relatedQuery("lines", trx)`, `bindKnex(trx)`.
  over: { library: "knex", takes: /^(?:\$?query|\$?relatedQuery|\$?fetchGraph|bindKnex|bindTransaction|knex)$/ },
  handleTypes: ["Transaction"],
  eitherTypes: ["TransactionOrKnex"],
  // https://vincit.github.io/objection.js/guide/transactions.html
  transactions: [
    { path: methods("transaction"), style: "callback", body: "last", handle: 0 },
    { path: methods("transaction"), session: 0, style: "callback", body: "last", handle: 0 },
  ],
  acquires: [{ path: methods("startTransaction"), kind: "transaction", releases: methods("commit", "rollback"), withoutCallback: true }],
  statements: [
    { path: methods("$fetchGraph", "fetchGraph", "fetchTableMetadata"), kind: "read" },
    {
      path: new RegExp(
        `${QUERY}\\(\\)\\.(?:.*\\.)?(?:insert|insertAndFetch|insertGraph|insertGraphAndFetch|upsertGraph|upsertGraphAndFetch|patch|patchAndFetch|patchAndFetchById|update|updateAndFetch|updateAndFetchById|delete|deleteById|relate|unrelate|increment|decrement|truncate)$`,
      ),
      kind: "write",
      operand: true,
      unless: UNRUN,
    },
    { path: new RegExp(`${QUERY}$`), kind: "read", weak: true, operand: true, unless: UNRUN },
    // On the handle, which is Knex's.
    ...knex.statements,
  ],
};
