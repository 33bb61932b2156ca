import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

const shared: Omit<Library, "specifiers"> = {
  ...EMPTY_LIBRARY,
  name: "pg",
  engine: "server",
  statements: [{ path: methods("query"), kind: "sql" }],
  closes: ["end"],
  scoped: ["on"],
};

const pool = {
  acquires: [{ path: methods("connect"), kind: "client", releases: methods("release"), withoutCallback: true, callback: 1 }],
  clientTypes: ["PoolClient", "ClientBase"],
} as const satisfies Partial<Library>;

const SPECIFIERS = ["pg", "@neondatabase/serverless"];

/** https://node-postgres.com/apis/pool: each `query` may take another connection; `connect` takes one out. */
export const pg: Library = {
  ...shared,
  ...pool,
  specifiers: SPECIFIERS,
  opens: ["Pool", "default.Pool", "native.Pool", "default.native.Pool"].map((path) => ({ path, by: "new", kind: "pool", key: "0.connectionString", options: "0", shareable: true })),
  sessionTypes: ["Pool"],
};

/** https://node-postgres.com/apis/client: one connection. Its `connect` only dials. */
export const pgClient: Library = {
  ...shared,
  id: "pg/client",
  specifiers: SPECIFIERS,
  opens: ["Client", "default.Client", "native.Client", "default.native.Client"].map((path) => ({ path, by: "new", kind: "connection", key: "0.connectionString", options: "0" })),
  sessionTypes: ["Client"],
};

/** The pool alone: https://github.com/brianc/node-postgres/tree/master/packages/pg-pool */
export const pgPool: Library = {
  ...shared,
  ...pool,
  name: "pg-pool",
  specifiers: ["pg-pool"],
  opens: [{ path: "default", by: "both", kind: "pool", key: "0.connectionString", options: "0", shareable: true }],
  sessionTypes: ["default"],
};
