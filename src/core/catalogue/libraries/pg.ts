import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** What every connection of node-postgres does, whoever lends it. */
export const CONNECTION: Omit<Library, "specifiers"> = {
  ...EMPTY_LIBRARY,
  name: "pg",
  engine: "server",
  statements: [{ path: methods("query"), kind: "sql" }],
  closes: ["end"],
  scoped: ["on"],
};

export const POOL = {
  acquires: [{ path: methods("connect"), kind: "client", releases: methods("release"), withoutCallback: true, callback: 1 }],
  clientTypes: ["PoolClient", "ClientBase"],
} as const satisfies Partial<Library>;

/** https://node-postgres.com/apis/pool: each `query` may take another connection; `connect` takes one out. */
export const pg: Library = {
  ...CONNECTION,
  ...POOL,
  specifiers: ["pg"],
  opens: ["Pool", "default.Pool", "native.Pool", "default.native.Pool"].map((path) => ({ path, by: "new", kind: "pool", key: "0.connectionString", options: "0", shareable: true })),
  sessionTypes: ["Pool"],
};

/** https://node-postgres.com/apis/client: one connection. Its `connect` only dials. */
export const pgClient: Library = {
  ...CONNECTION,
  id: "pg/client",
  specifiers: ["pg"],
  opens: ["Client", "default.Client", "native.Client", "default.native.Client"].map((path) => ({ path, by: "new", kind: "connection", key: "0.connectionString", options: "0" })),
  sessionTypes: ["Client"],
};

/** The pool alone: https://github.com/brianc/node-postgres/tree/master/packages/pg-pool */
export const pgPool: Library = {
  ...CONNECTION,
  ...POOL,
  name: "pg-pool",
  specifiers: ["pg-pool"],
  opens: [{ path: "default", by: "both", kind: "pool", key: "0.connectionString", options: "0", shareable: true }],
  sessionTypes: ["default"],
};
