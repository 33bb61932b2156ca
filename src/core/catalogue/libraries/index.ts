import type { Library } from "../library.js";
import { betterSqlite3 } from "./better-sqlite3.js";
import { drizzleBetterSqlite3 } from "./drizzle.js";
import { mikroOrm } from "./mikro-orm.js";
import { nodeSqlite } from "./node-sqlite.js";
import { prisma } from "./prisma.js";
import { sequelize } from "./sequelize.js";
import { sqlite } from "./sqlite.js";
import { sqlite3 } from "./sqlite3.js";
import { typeorm } from "./typeorm.js";

/** The registry: a library is its own file and one line here. */
export const LIBRARIES: readonly Library[] = [betterSqlite3, ...mikroOrm, nodeSqlite, prisma, sequelize, sqlite, sqlite3, drizzleBetterSqlite3, typeorm];
