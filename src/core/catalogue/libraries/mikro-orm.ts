import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** On a manager or an entity's repository. */
function on(...names: readonly string[]): RegExp {
  return new RegExp(`^(?:${names.join("|")})$`);
}

/**
 * https://mikro-orm.io/docs/entity-manager-api. A unit of work: `persist`, `remove` and `assign` say what `flush` writes.
 * `transactional` keeps its forked manager in an AsyncLocalStorage, so that the global manager inside joins the transaction
 * (one that was forked does not, unless with `useContext`): https://mikro-orm.io/docs/transactions
 */
const BASE = {
  ...EMPTY_LIBRARY,
  opens: [
    { path: "MikroORM.init", by: "call", kind: "pool", options: "0", shares: { forks: { of: "em", by: "fork" } } },
    { path: "MikroORM.initSync", by: "call", kind: "pool", options: "0", shares: { forks: { of: "em", by: "fork" } } },
    { path: "MikroORM", by: "new", kind: "pool", options: "0" },
  ],
  sessionTypes: ["MikroORM"],
  eitherTypes: ["EntityManager", "SqlEntityManager", "EntityRepository", "SqlEntityRepository"],
  same: ["em", "fork()", "getRepository()", "repo()", "getEntityManager()", "getContext()"],
  transactions: [{ path: methods("transactional"), style: "callback", body: 0, handle: 0, ambient: true }],
  statements: [
    { path: methods("begin"), kind: "begin" },
    { path: methods("commit"), kind: "commit" },
    { path: methods("rollback"), kind: "rollback" },
    { path: on("find", "findAll", "findAndCount", "findByCursor", "findOne", "findOneOrFail", "count", "refresh", "refreshOrFail", "populate"), kind: "read" },
    {
      path: on(
        "flush", "persistAndFlush", "removeAndFlush", "insert", "insertMany", "upsert", "upsertMany", "nativeInsert", "nativeInsertMany", "nativeUpdate",
        "nativeDelete",
      ),
      kind: "write",
    },
    { path: /^(?:createQueryBuilder|qb|queryBuilder)\(\)(?:\.\w+\(\))*\.(?:insert|update|delete|truncate)\(\)(?:\.\w+\(\))*\.(?:execute|run)$/, kind: "write" },
    { path: /^(?:createQueryBuilder|qb|queryBuilder)\(\)(?:\.\w+\(\))*\.(?:execute|all|get|getResult|getResultList|getSingleResult|getCount|getResultAndCount)$/, kind: "read" },
    { path: /^(?:getConnection\(\)\.)?execute$/, kind: "sql" },
    { path: /^(?:schema|getSchemaGenerator\(\)|migrator|getMigrator\(\))\.(?:createSchema|updateSchema|dropSchema|refreshDatabase|refresh|create|update|drop|up|down|clearDatabase|createDatabase|dropDatabase)$/, kind: "ddl" },
  ],
  // Each batch has a fork of its own, then: entities of the one before are not kept in memory.
  batch: { chain: ["fork"], fresh: "fork" },
  sharing: "transactions on SQLite wait for each other's one connection",
  closes: ["close"],
} as const satisfies Omit<Library, "name" | "specifiers">;

export const mikroOrm: readonly Library[] = [
  { ...BASE, name: "@mikro-orm/core", specifiers: ["@mikro-orm/core"], engine: "configured", dialect: { at: ["0.driver"], sqlite: /sqlite|libsql/i } },
  { ...BASE, name: "@mikro-orm/core", id: "@mikro-orm/sqlite", specifiers: ["@mikro-orm/sqlite", "@mikro-orm/better-sqlite", "@mikro-orm/libsql"], engine: "sqlite" },
  {
    ...BASE,
    name: "@mikro-orm/core",
    id: "@mikro-orm/server",
    specifiers: ["@mikro-orm/postgresql", "@mikro-orm/mysql", "@mikro-orm/mariadb", "@mikro-orm/mssql", "@mikro-orm/mongodb"],
    engine: "server",
  },
];
