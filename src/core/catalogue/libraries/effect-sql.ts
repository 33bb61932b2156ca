import { BUILDERS } from "./drizzle.js";
import { kysely } from "./kysely.js";
import { EMPTY_LIBRARY, methods, type Library, type OpenPattern } from "../library.js";

/**
 * https://github.com/Effect-TS/effect/tree/main/packages/sql. What a call gives is a description of work, which runs when it is yielded or handed to a
 * runtime: nothing is awaited, so nothing is forgotten to be awaited. `withTransaction` keeps its connection in the fiber's context, where every statement of
 * the same client finds it; inside another one it is a savepoint. `effect.pipe(sql.withTransaction)` does the same without a call that we could see.
 */
const BASE = {
  ...EMPTY_LIBRARY,
  engine: "wrapped",
  described: true,
  same: ["safe", "withoutTransforms()"],
  transactions: [{ path: methods("withTransaction"), style: "callback", body: 0, ambient: true }],
  statements: [
    { path: /^\(\)$/, kind: "sql", by: "tag", fragments: true, operand: true, unless: methods("compile") },
    { path: methods("unsafe"), kind: "sql", operand: true, unless: methods("compile") },
  ],
} as const satisfies Omit<Library, "name" | "specifiers">;

/** A module of a package is reached by name (`import { PgClient } from "@effect/sql-pg"`) or by path (`from "@effect/sql-pg/PgClient"`). */
function entries(packages: { name: string; root: string; module: string }, describe: (prefix: string) => Partial<Library>): Library[] {
  const { name, root, module } = packages;
  return [
    { ...BASE, name, id: root, specifiers: [root], ...describe(`${module}.`) },
    { ...BASE, name, id: `${root}/${module}`, specifiers: [`${root}/${module}`], ...describe("") },
  ];
}

/** The service that every driver's layer provides. Effect 4 has it in its own package. */
const CLIENTS = ["@effect/sql", "effect/unstable/sql"].flatMap((root) =>
  entries({ name: "@effect/sql", root, module: "SqlClient" }, (prefix) => ({ services: [`${prefix}SqlClient`], sessionTypes: [`${prefix}SqlClient`] })),
);

interface Driver {
  module: string;
  engine: Library["engine"];
  /** What the driver keeps open: SQLite's have one connection, whose callers take turns. */
  kind: OpenPattern["kind"];
  /** Where the path or URL stands in the options. */
  key?: string;
  more?: Partial<Library>;
}

/** The connection is opened when the layer is built or the effect of `make` is run, and closed with its scope. */
function driver(root: string, { module, engine, kind, key, more }: Driver): Library[] {
  return entries({ name: root, root, module }, (prefix) => ({
    engine,
    opens: ["make", "layer", "layerConfig"].map((name) => ({ path: prefix + name, by: "call", kind, lazy: true, options: "0", ...(key !== undefined && name !== "layerConfig" && { key: `0.${key}` }) })),
    services: [prefix + module],
    sessionTypes: [prefix + module],
    ...more,
  }));
}

/** Both set WAL unless `disableWAL` says otherwise: https://github.com/Effect-TS/effect/blob/main/packages/sql-sqlite-node/src/SqliteClient.ts */
const WAL = { sets: ["journal_mode"] } as const;

/** An ORM whose statements are effects, and join the client's transaction as the client's own do. */
function builder(root: string, module: string, entry: Partial<Library>): Library[] {
  const id = `${root}/${module}`;
  return [{ ...BASE, name: root, id, specifiers: [id], ...entry }];
}

export const effectSql: readonly Library[] = [
  ...CLIENTS,
  ...driver("@effect/sql-sqlite-node", { module: "SqliteClient", engine: "sqlite", kind: "orm", key: "filename", more: WAL }),
  ...driver("@effect/sql-sqlite-bun", { module: "SqliteClient", engine: "sqlite", kind: "orm", key: "filename", more: WAL }),
  ...driver("@effect/sql-libsql", { module: "LibsqlClient", engine: "configured", kind: "orm", key: "url", more: { dialect: { at: ["0.url"], sqlite: /^(file:|:memory:)/ } } }),
  ...driver("@effect/sql-d1", { module: "D1Client", engine: "server", kind: "orm" }),
  ...driver("@effect/sql-pg", { module: "PgClient", engine: "server", kind: "pool" }),
  ...driver("@effect/sql-mysql2", { module: "MysqlClient", engine: "server", kind: "pool" }),
  ...driver("@effect/sql-mssql", { module: "MssqlClient", engine: "server", kind: "pool" }),
  ...builder("@effect/sql-drizzle", "Sqlite", { statements: BUILDERS, services: ["SqliteDrizzle"], shared: ["make", "makeWithConfig"], sessionTypes: ["SqliteDrizzle"] }),
  ...builder("@effect/sql-drizzle", "Pg", { engine: "server", statements: BUILDERS, services: ["PgDrizzle"], shared: ["make", "makeWithConfig"], sessionTypes: ["PgDrizzle"] }),
  ...builder("@effect/sql-drizzle", "Mysql", { engine: "server", statements: BUILDERS, services: ["MysqlDrizzle"], shared: ["make", "makeWithConfig"], sessionTypes: ["MysqlDrizzle"] }),
  ...["Sqlite", "Pg", "Mysql", "Mssql", "Kysely"].flatMap((module) =>
    builder("@effect/sql-kysely", module, { engine: module === "Sqlite" || module === "Kysely" ? "wrapped" : "server", statements: kysely.statements, same: kysely.same, shared: ["make"], handleTypes: [] }),
  ),
];
