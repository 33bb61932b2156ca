/**
 * The one place that knows how migrated code imports and calls the runtime. A test compares it with what
 * `sessionfix-runtime` really exports.
 */
export const RUNTIME = {
  specifier: "sessionfix-runtime",
  exports: {
    createSessionFactory: "createSessionFactory",
    initSessionFactory: "initSessionFactory",
    getSession: "getSession",
    closeSessions: "closeSessions",
    transaction: "transaction",
    transactionSync: "transactionSync",
    batchedTransaction: "batchedTransaction",
    batchedTransactionSync: "batchedTransactionSync",
  },
  /** One entry a driver: the driver's package name → entry and its export. */
  drivers: {
    "better-sqlite3": { specifier: "sessionfix-runtime/better-sqlite3", name: "betterSqlite3", exported: "default" },
    "node:sqlite": { specifier: "sessionfix-runtime/node-sqlite", name: "nodeSqlite", exported: "DatabaseSync" },
  },
} as const;

/** Batch size that the codemods write when nothing else is asked for: the reference document's. */
export const DEFAULT_BATCH_SIZE = 10;
