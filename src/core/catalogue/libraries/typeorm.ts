import { EMPTY_LIBRARY, methods, TAKES_IN_OTHERS, type Library } from "../library.js";

/** On a manager, a repository, a table's class or, through `connection`, on the data source of one. */
function on(...names: readonly string[]): RegExp {
  return new RegExp(`^(?:(?:connection|dataSource)\\.)?(?:manager\\.)?(?:${names.join("|")})$`);
}

const WRITING = /createQueryBuilder\(\)(?:\.\w+\(\))*\.(?:insert|update|delete|softDelete|restore)\(\)(?:\.\w+\(\))*\.execute$/;

/**
 * https://typeorm.io/docs/data-source/data-source-api, https://typeorm.io/docs/working-with-entity-manager/repository-api.
 * On SQLite it begins with a plain `BEGIN TRANSACTION`.
 */
export const typeorm: Library = {
  ...EMPTY_LIBRARY,
  name: "typeorm",
  specifiers: ["typeorm"],
  engine: "configured",
  dialect: { at: ["0.type"], sqlite: /sqlite|sqljs|^(capacitor|cordova|expo|nativescript|react-native)$/ },
  opens: [
    { path: "DataSource", by: "new", kind: "pool", options: "0", shares: { starts: "initialize" } },
    { path: "Connection", by: "new", kind: "pool", options: "0", shares: { starts: "initialize" } },
    // https://github.com/typeorm/typeorm/blob/0.2.45/src/connection/ConnectionManager.ts: connections are kept by name.
    { path: "createConnection", by: "call", kind: "pool", options: "0", askedFirst: /^getConnectionManager\(\)\.has$/ },
    { path: "createConnections", by: "call", kind: "pool", options: "0" },
  ],
  // Before version 0.3: https://typeorm.io/docs/releases/0.3/release-notes
  shared: ["getConnection", "getManager", "getRepository", "getTreeRepository", "getCustomRepository", "getConnectionManager().get"],
  sessionTypes: ["DataSource", "Connection"],
  clientTypes: ["QueryRunner"],
  eitherTypes: ["EntityManager", "Repository", "TreeRepository", "AbstractRepository"],
  // https://github.com/nestjs/typeorm/blob/master/lib/typeorm-core.module.ts provides the data source's own manager.
  injectedTypes: ["EntityManager"],
  models: ["BaseEntity"],
  // A container has what is on no transaction: https://docs.nestjs.com/techniques/database#repository-pattern
  injected: [
    { specifier: "@nestjs/typeorm", path: "InjectDataSource()", session: 0 },
    { specifier: "@nestjs/typeorm", path: "InjectEntityManager()", session: 0 },
    { specifier: "@nestjs/typeorm", path: "InjectRepository()", session: 1 },
  ],
  same: ["manager", "initialize()", "connect()", "getRepository()", "getTreeRepository()", "getCustomRepository()", "withRepository()", "extend()", "createEntityManager()"],
  // `destroy()` releases the runners that are connected, or ends the pool under them: https://github.com/typeorm/typeorm/blob/master/src/driver/postgres/PostgresDriver.ts
  acquires: [{ path: on("createQueryRunner"), kind: "client", releases: methods("release"), takes: "connect", closedWithSession: true }],
  transactions: [{ path: on("transaction"), style: "callback", body: "last", handle: 0 }],
  statements: [
    { path: methods("startTransaction"), kind: "begin" },
    { path: methods("commitTransaction"), kind: "commit" },
    { path: methods("rollbackTransaction"), kind: "rollback" },
    {
      path: on(
        "find", "findBy", "findAndCount", "findAndCountBy", "findOne", "findOneBy", "findOneOrFail", "findOneByOrFail", "findByIds", "findOneById",
        "count", "countBy", "exist", "exists", "existsBy", "sum", "average", "minimum", "maximum", "preload",
        "findTrees", "findRoots", "findDescendants", "findDescendantsTree", "findAncestors", "findAncestorsTree", "countDescendants", "countAncestors",
      ),
      kind: "read",
    },
    {
      path: on(
        "save", "remove", "softRemove", "recover", "insert", "upsert", "update", "updateAll", "delete", "deleteAll", "softDelete", "restore",
        "increment", "decrement", "clear",
      ),
      kind: "write",
    },
    // An Active Record that was just read or made: `(await User.findOneBy(…)).save()`.
    { path: /^(?:findOne|findOneBy|findOneOrFail|findOneByOrFail|find|findBy|create)\(\)\.(?:save|remove|softRemove|recover)$/, kind: "write" },
    { path: WRITING, kind: "write" },
    { path: /createQueryBuilder\(\)(?:\.\w+\(\))*\.relation\(\)(?:\.\w+\(\))*\.(?:add|remove|set|addAndRemove)$/, kind: "write" },
    { path: /create(?:Descendants|Ancestors)?QueryBuilder\(\)(?:\.\w+\(\))*\.(?:getOne|getOneOrFail|getMany|getManyAndCount|getRawOne|getRawMany|getRawAndEntities|getCount|getExists|loadOne|loadMany|stream|execute)$/, kind: "read" },
    { path: on("query"), kind: "sql" },
    { path: on("sql"), kind: "sql", by: "tag" },
    { path: on("synchronize", "dropDatabase", "runMigrations", "undoLastMigration", "clearDatabase"), kind: "ddl" },
    { path: /^(?:create|drop|rename|change|add|update)(?:Table|View|Column|Columns|Index|Indices|ForeignKeys?|PrimaryKeys?|UniqueConstraints?|CheckConstraints?|ExclusionConstraints?|Schema|Database)$/, kind: "ddl" },
  ],
  batch: { handle: "EntityManager" },
  // https://typeorm.io/docs/working-with-entity-manager/custom-repository#using-custom-repositories-in-transactions
  handle: {
    is: "manager",
    lacks: ["synchronize", "dropDatabase", "runMigrations", "undoLastMigration", "createQueryRunner"],
    makes: ["getRepository", "getTreeRepository", "extend"],
    again: "withRepository",
    shownBy: "DataSource",
    model: "getRepository",
  },
  // Its drivers for SQLite have one connection and one query runner, which callers of `save()` share, too.
  unshared: { ...TAKES_IN_OTHERS, on: "sqlite" },
  sharing: "with SQLite, every `save()` is a transaction on the one connection of all callers: one that fails while another is under way undoes both",
  closes: ["destroy", "close"],
  scoped: ["setOptions", "synchronize", "dropDatabase"],
};
