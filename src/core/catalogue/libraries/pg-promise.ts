import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** What a database, a task and a transaction share: https://vitaly-t.github.io/pg-promise/Database.html */
const QUERIES = methods("query", "none", "one", "oneOrNone", "many", "manyOrNone", "any", "result", "multi", "multiResult", "each", "map");

/** `pgPromise(options)` gives a function that opens a database, which is a pool. */
export const pgPromise: Library = {
  ...EMPTY_LIBRARY,
  name: "pg-promise",
  specifiers: ["pg-promise"],
  engine: "server",
  opens: [{ path: "default()", by: "call", kind: "pool", key: "0" }],
  sessionTypes: ["IDatabase", "default.IDatabase"],
  handleTypes: ["ITask", "default.ITask"],
  clientTypes: ["IConnected", "default.IConnected"],
  eitherTypes: ["IBaseProtocol", "default.IBaseProtocol"],
  acquires: [
    { path: methods("connect"), kind: "client", releases: methods("done") },
    // https://vitaly-t.github.io/pg-promise/Task.html: one connection for all its queries.
    { path: methods("task", "taskIf"), kind: "client", lent: true, callback: 0, releases: methods() },
  ],
  // Inside another one, `tx` is a savepoint.
  transactions: [{ path: methods("tx", "txIf"), style: "callback", body: "last", handle: 0 }],
  statements: [
    { path: QUERIES, kind: "sql" },
    { path: methods("func", "proc"), kind: "sql" },
    { path: methods("stream"), kind: "read" },
  ],
  closes: ["$pool.end"],
};
