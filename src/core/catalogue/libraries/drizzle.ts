import { KEEPS_REFUSED } from "./libsql.js";
import { EMPTY_LIBRARY, methods, type Library, type StatementPattern, type TransactionPattern } from "../library.js";

/** Ends of chains that run nothing as yet: https://orm.drizzle.team/docs/perf-queries, `.toSQL()`, subqueries by `.as("name")`. */
const UNRUN = /^(prepare|toSQL|getSQL|as)$/;

/** Queries are chains, run when awaited (or by `run`, `all`, `get` on synchronous drivers): https://orm.drizzle.team/docs/data-querying */
export const BUILDERS: readonly StatementPattern[] = [
  { path: /^(with\(\)\.)?(insert|update|delete)\(.*\.prepare\(\)\.(run|execute|all|get|values|iterator)$/, kind: "write" },
  { path: /^(with\(\)\.)?(select\w*|query\..*)\(.*\.prepare\(\)\.(run|execute|all|get|values|iterator)$/, kind: "read" },
  { path: /^(with\(\)\.)?(insert|update|delete)$/, kind: "write", unless: UNRUN, operand: true },
  { path: /^(with\(\)\.)?(select|selectDistinct|selectDistinctOn)$/, kind: "read", unless: UNRUN, operand: true },
  { path: methods("$count"), kind: "read", operand: true },
  { path: methods("refreshMaterializedView"), kind: "write" },
  // https://orm.drizzle.team/docs/rqb; a table's name that is computed leaves no trace in the path.
  { path: /^_?query\.([\w$]+\.)?(findMany|findFirst)$/, kind: "read", unless: UNRUN, operand: true },
  { path: methods("rollback"), kind: "rollback" },
];

const SQLITE: readonly StatementPattern[] = [
  { path: methods("run"), kind: "sql", otherwise: "write" },
  { path: methods("all", "get", "values"), kind: "sql" },
  ...BUILDERS,
];

const SERVER: readonly StatementPattern[] = [{ path: methods("execute"), kind: "sql" }, ...BUILDERS];

/** https://orm.drizzle.team/docs/transactions: on a handle, `transaction` makes a savepoint. */
const TRANSACTION: TransactionPattern = { path: methods("transaction"), style: "callback", body: 0, handle: 0 };

/** https://orm.drizzle.team/docs/batch-api: one transaction over all. */
const BATCH: TransactionPattern = { path: methods("batch"), style: "array", body: 0 };
/** Over the network, in one request. */
const BATCH_AT_ONCE: TransactionPattern = { ...BATCH, atOnce: true };

const OPEN = { path: "drizzle", by: "call", kind: "orm", key: "0", options: "1", unless: ["0", "0.client"] } as const;

const BASE = {
  ...EMPTY_LIBRARY,
  name: "drizzle-orm",
  opens: [{ ...OPEN, shares: {} }],
  wraps: [
    { path: "drizzle", client: "0" },
    { path: "drizzle", client: "0.client" },
  ],
  transactions: [TRANSACTION],
  // A session has a `$client` that a handle lacks; the methods of both come from one class of their dialect.
  passing: { type: "either" },
  batch: { runs: ["run", "all", "get", "values", "execute", "sync"] },
} as const satisfies Omit<Library, "specifiers">;

/** Drivers whose client the catalogue knows nothing of, or that keep no connection (each statement is a request over HTTP): nothing opens. */
const FOREIGN = {
  opens: [],
  wraps: ["0", "0.client", "0.connection"].map((client) => ({ path: "drizzle", client, foreign: true })),
} as const;

function driver(name: string, entry: Partial<Library>, ...more: readonly string[]): Library {
  const id = `drizzle-orm/${name}`;
  const base = { ...BASE, id, specifiers: [id, ...more.map((specifier) => `drizzle-orm/${specifier}`)] };
  return { ...base, statements: entry.engine === "server" ? SERVER : SQLITE, ...entry };
}

/** https://orm.drizzle.team/docs/connect-overview. What each driver's session does: `drizzle-orm/<driver>/session.js`. */
const DRIVERS: readonly Library[] = [
  driver("better-sqlite3", {
    sync: true,
    sessionTypes: ["BetterSQLite3Database"],
    handleTypes: ["BetterSQLiteTransaction"],
    wrapped: { path: "$client", library: "better-sqlite3" },
    // It opens with better-sqlite3: https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md#new-databasepath-options
    busyTimeout: { default: 5_000, option: "0.connection.timeout" },
  }),
  driver("bun-sqlite", { sync: true, sessionTypes: ["BunSQLiteDatabase"], handleTypes: ["SQLiteBunTransaction"], wrapped: { path: "$client", library: "bun:sqlite" } }),
  // From its first version on: https://orm.drizzle.team/docs/upgrade-v1
  driver("node-sqlite", { sync: true, opens: [OPEN], sessionTypes: ["NodeSQLiteDatabase"], wrapped: { path: "$client", library: "node:sqlite" } }),
  driver("sql-js", { ...FOREIGN, sync: true, sessionTypes: ["SQLJsDatabase"], handleTypes: ["SQLJsTransaction"] }),
  driver("durable-sqlite", { ...FOREIGN, sync: true, sessionTypes: ["DrizzleSqliteDODatabase"], handleTypes: ["SQLiteDOTransaction"] }),
  driver("expo-sqlite", { ...FOREIGN, sync: true, sessionTypes: ["ExpoSQLiteDatabase"], handleTypes: ["ExpoSQLiteTransaction"] }),
  driver("op-sqlite", { ...FOREIGN, sessionTypes: ["OPSQLiteDatabase"], handleTypes: ["OPSQLiteTransaction"] }),
  driver("sqlite-proxy", { ...FOREIGN, engine: "wrapped", sessionTypes: ["SqliteRemoteDatabase"], handleTypes: ["SQLiteProxyTransaction"], transactions: [TRANSACTION, BATCH] }),
  driver("d1", { ...FOREIGN, engine: "server", statements: SQLITE, sessionTypes: ["DrizzleD1Database"], handleTypes: ["D1Transaction"], transactions: [TRANSACTION, BATCH_AT_ONCE] }),
  driver(
    "libsql",
    {
      engine: "configured",
      dialect: { at: ["0", "0.connection", "0.connection.url"], sqlite: /^(file:|:memory:)/ },
      statements: SQLITE,
      sessionTypes: ["LibSQLDatabase"],
      handleTypes: ["LibSQLTransaction"],
      // It begins with the client's default, `write`, and does not look at `behavior`: https://docs.turso.tech/sdk/ts/reference#interactive-transactions
      transactions: [{ ...TRANSACTION, mode: "immediate" }, BATCH],
      wrapped: { path: "$client", library: "@libsql/client" },
      unshared: KEEPS_REFUSED,
    },
    "libsql/node",
    "libsql/sqlite3",
  ),
  driver(
    "libsql/web",
    { engine: "server", statements: SQLITE, sessionTypes: ["LibSQLDatabase"], transactions: [TRANSACTION, BATCH], opens: [], wraps: [...BASE.wraps, ...FOREIGN.wraps], wrapped: { path: "$client", library: "@libsql/client/web" } },
    "libsql/http",
    "libsql/ws",
    "libsql/wasm",
  ),
  driver("node-postgres", { engine: "server", sessionTypes: ["NodePgDatabase"], handleTypes: ["NodePgTransaction"], wrapped: { path: "$client", library: "pg" } }),
  driver("postgres-js", { engine: "server", sessionTypes: ["PostgresJsDatabase"], handleTypes: ["PostgresJsTransaction"], wrapped: { path: "$client", library: "postgres" } }),
  driver("mysql2", { engine: "server", sessionTypes: ["MySql2Database", "MySqlDatabase"], handleTypes: ["MySql2Transaction"], wrapped: { path: "$client", library: "mysql2" } }),
  driver("singlestore", { engine: "server", sessionTypes: ["SingleStoreDriverDatabase", "SingleStoreDatabase"], handleTypes: ["SingleStoreDriverTransaction"], wrapped: { path: "$client", library: "mysql2" } }),
  driver("pglite", { engine: "server", opens: BASE.opens, wraps: FOREIGN.wraps.filter(({ client }) => client === "0.client"), sessionTypes: ["PgliteDatabase"], handleTypes: ["PgliteTransaction"] }),
  driver("bun-sql", { ...FOREIGN, engine: "server", sessionTypes: ["BunSQLDatabase"], handleTypes: ["BunSQLTransaction"] }),
  driver("gel", { ...FOREIGN, engine: "server", sessionTypes: ["GelJsDatabase"], handleTypes: ["GelDbTransaction"] }),
  driver("singlestore-proxy", { ...FOREIGN, engine: "server", sessionTypes: ["SingleStoreRemoteDatabase"], handleTypes: ["SingleStoreProxyTransaction"] }),
  driver("neon-serverless", { ...FOREIGN, engine: "server", sessionTypes: ["NeonDatabase"], handleTypes: ["NeonTransaction"] }, "neon"),
  driver("neon-http", { ...FOREIGN, engine: "server", sessionTypes: ["NeonHttpDatabase"], transactions: [TRANSACTION, BATCH_AT_ONCE] }),
  driver("vercel-postgres", { ...FOREIGN, engine: "server", sessionTypes: ["VercelPgDatabase"], handleTypes: ["VercelPgTransaction"] }),
  driver("planetscale-serverless", { ...FOREIGN, engine: "server", sessionTypes: ["PlanetScaleDatabase"], handleTypes: ["PlanetScaleTransaction"] }),
  driver("tidb-serverless", { ...FOREIGN, engine: "server", sessionTypes: ["TiDBServerlessDatabase"], handleTypes: ["TiDBServerlessTransaction"] }),
  driver("netlify-db", { ...FOREIGN, engine: "server", sessionTypes: ["NetlifyDbDatabase"], handleTypes: ["NetlifyDbTransaction"] }),
  driver("xata-http", { ...FOREIGN, engine: "server", sessionTypes: ["XataHttpDatabase"], handleTypes: ["XataTransaction"] }),
  driver("aws-data-api/pg", { ...FOREIGN, engine: "server", sessionTypes: ["AwsDataApiPgDatabase"], handleTypes: ["AwsDataApiTransaction"] }),
  driver("pg-proxy", { ...FOREIGN, engine: "server", sessionTypes: ["PgRemoteDatabase"], handleTypes: ["PgProxyTransaction"] }),
  driver("mysql-proxy", { ...FOREIGN, engine: "server", sessionTypes: ["MySqlRemoteDatabase"], handleTypes: ["MySqlProxyTransaction"] }),
];

const SQLITE_SYNC = "drizzle-orm/sqlite-core/sync";

/** What code that serves every driver of a dialect declares: a session or a handle, whose driver shows in no name. */
const DIALECTS: readonly Library[] = [
  driver("sqlite-core", { engine: "wrapped", opens: [], wraps: [], eitherTypes: ["BaseSQLiteDatabase"], handleTypes: ["SQLiteTransaction"], typeVariants: { sync: SQLITE_SYNC } }),
  { ...driver("sqlite-core/sync", { sync: true, opens: [], wraps: [] }), specifiers: [] },
  driver("pg-core", { engine: "server", opens: [], wraps: [], eitherTypes: ["PgDatabase"], handleTypes: ["PgTransaction"] }),
  driver("mysql-core", { engine: "server", opens: [], wraps: [], eitherTypes: ["MySqlDatabase"], handleTypes: ["MySqlTransaction"] }),
  driver("singlestore-core", { engine: "server", opens: [], wraps: [], eitherTypes: ["SingleStoreDatabase"], handleTypes: ["SingleStoreTransaction"] }),
];

/** https://orm.drizzle.team/docs/migrations: `await migrate(db, { migrationsFolder })`, one module a driver. */
const MIGRATORS: readonly Library[] = [...DRIVERS].map(({ id = "", specifiers, engine }) => ({
  ...EMPTY_LIBRARY,
  name: "drizzle-orm",
  id: `${id}/migrator`,
  specifiers: specifiers.map((specifier) => `${specifier}/migrator`),
  engine,
  given: [{ path: methods("migrate"), kind: "ddl" as const, session: "0" }],
}));

export const drizzle: readonly Library[] = [...DRIVERS, ...DIALECTS, ...MIGRATORS];
