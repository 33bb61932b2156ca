import { EMPTY_LIBRARY, endsIn, methods, type Library } from "../library.js";

/** What a row has for each association of its model: https://sequelize.org/docs/v6/core-concepts/assocs/#special-methodsmixins-added-to-instances */
function ofAssociation(...verbs: readonly string[]): RegExp {
  return new RegExp(`(?:^|\\.)(?:findOne|findByPk|create)\\(\\)\\.(?:${verbs.join("|")})(?!(?:DataValue|Attributes?|Association|Alias|Hooks?|Scope|TableName)s?$)[A-Z]\\w*$`);
}

/**
 * https://sequelize.org/docs/v6/ and, on top of it, https://github.com/sequelize/sequelize-typescript. Statements are
 * called on models and carry the transaction in an option, unless `Sequelize.useCLS` carries it along:
 * https://sequelize.org/docs/v6/other-topics/transactions/
 */
export const sequelize: Library = {
  ...EMPTY_LIBRARY,
  name: "sequelize",
  specifiers: ["sequelize", "sequelize-typescript"],
  engine: "configured",
  // `new Sequelize(url)`, `(options)`, `(url, options)`, `(database, user, password, options)`.
  dialect: { at: ["0.dialect", "1.dialect", "3.dialect", "0"], sqlite: /^sqlite/ },
  opens: [
    { path: "Sequelize", by: "new", kind: "pool", key: "0", options: "0", shareable: true },
    { path: "default.Sequelize", by: "new", kind: "pool", key: "0", options: "0", shareable: true },
    { path: "default", by: "new", kind: "pool", key: "0", options: "0", shareable: true },
  ],
  sessionTypes: ["Sequelize", "default.Sequelize", "QueryInterface"],
  handleTypes: ["Transaction"],
  // A container has one connection, and others by name; a model that it injects is on that connection: https://docs.nestjs.com/techniques/database#sequelize-integration
  injected: [
    { specifier: "@nestjs/sequelize", path: "InjectConnection()", session: 0 },
    { specifier: "@nestjs/sequelize", path: "InjectModel()", as: "model()", session: 1 },
  ],
  models: ["Model", "default.Model"],
  modelSession: "sequelize",
  // https://sequelize.org/docs/v6/other-topics/migrations/#project-bootstrapping: `models/index.js` calls each file of its folder.
  loaded: { params: ["sequelize", "DataTypes"], gives: "define()" },
  // https://sequelize.org/api/v6/class/src/model.js~model#static-member-sequelize
  same: ["getQueryInterface()", "queryInterface", "define().sequelize", "model().sequelize"],
  acquires: [{ path: methods("transaction"), kind: "transaction", releases: methods("commit", "rollback"), withoutCallback: true }],
  transactions: [{ path: methods("transaction"), style: "callback", body: "last", handle: 0, option: "transaction" }],
  statements: [
    { path: methods("commit"), kind: "commit" },
    { path: methods("rollback"), kind: "rollback" },
    { path: methods("query"), kind: "sql" },
    { path: methods("sync", "drop", "dropAllSchemas"), kind: "ddl" },
    { path: /^(?:define\(\)|model\(\)|models\.\w+)\.(?:sync|drop)$/, kind: "ddl" },
    {
      path: methods(
        "createTable", "dropTable", "dropAllTables", "renameTable", "addColumn", "removeColumn", "changeColumn", "renameColumn", "addIndex", "removeIndex",
        "addConstraint", "removeConstraint", "createSchema", "dropSchema", "createDatabase", "dropDatabase",
      ),
      kind: "ddl",
    },
    { path: methods("bulkInsert", "bulkUpdate", "bulkDelete"), kind: "write" },
    // Of a model, or of a row that one gave: `(await User.findByPk(1)).save()`.
    { path: endsIn("findAll", "findOne", "findByPk", "findAndCountAll", "findOrBuild", "count", "min", "max", "sum", "aggregate", "reload"), kind: "read" },
    {
      path: endsIn("create", "bulkCreate", "findOrCreate", "findCreateFind", "update", "upsert", "destroy", "truncate", "restore", "increment", "decrement", "save"),
      kind: "write",
    },
    { path: ofAssociation("get", "count", "has"), kind: "read", generated: true },
    { path: ofAssociation("set", "add", "remove", "create"), kind: "write", generated: true },
  ],
  batch: { handle: "Transaction" },
  closes: ["close"],
};
