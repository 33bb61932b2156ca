// Made from the library files by `npm run registry`; not edited by hand.
import type { Library } from "../library.js";
import { betterSqlite3 } from "./better-sqlite3.js";
import { bookshelf } from "./bookshelf.js";
import { bunSql } from "./bun-sql.js";
import { bunSqlite } from "./bun-sqlite.js";
import { d1 } from "./d1.js";
import { drizzle } from "./drizzle.js";
import { effectSql } from "./effect-sql.js";
import { knex } from "./knex.js";
import { kysely } from "./kysely.js";
import { libsqlClient, libsqlClientWeb } from "./libsql-client.js";
import { libsql, libsqlPromise } from "./libsql.js";
import { mikroOrm } from "./mikro-orm.js";
import { mysql2, mysql } from "./mysql2.js";
import { neon } from "./neon.js";
import { nodeSqlite } from "./node-sqlite.js";
import { objection } from "./objection.js";
import { pgPromise } from "./pg-promise.js";
import { pg, pgClient, pgPool } from "./pg.js";
import { postgres } from "./postgres.js";
import { prisma } from "./prisma.js";
import { sequelize } from "./sequelize.js";
import { sessionfixRuntime, sessionfixRuntimeSync } from "./sessionfix-runtime.js";
import { slonik } from "./slonik.js";
import { sqlite } from "./sqlite.js";
import { sqlite3 } from "./sqlite3.js";
import { typeorm } from "./typeorm.js";
import { vercelPostgres } from "./vercel-postgres.js";

/** Every library. Where several entries share a specifier, the first is the one that stands for it. */
export const LIBRARIES: readonly Library[] = [
  betterSqlite3,
  bookshelf,
  bunSql,
  bunSqlite,
  d1,
  ...drizzle,
  ...effectSql,
  knex,
  kysely,
  libsqlClient,
  libsqlClientWeb,
  libsql,
  libsqlPromise,
  ...mikroOrm,
  mysql2,
  mysql,
  ...neon,
  nodeSqlite,
  objection,
  pgPromise,
  pg,
  pgClient,
  pgPool,
  postgres,
  prisma,
  sequelize,
  sessionfixRuntime,
  sessionfixRuntimeSync,
  slonik,
  sqlite,
  sqlite3,
  typeorm,
  ...vercelPostgres,
];
