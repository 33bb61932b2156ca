/** A database library as generated programs use it. Every statement stands on a line of its own. */
export interface Dialect {
  name: string;
  /** Its calls return promises. */
  async: boolean;
  imports: readonly string[];
  /** What stands once in a file that opens sessions. */
  prelude?: readonly string[];
  open: string;
  close?: (db: string) => string;
  /** An expression that writes one row. */
  write: (db: string, value: string) => string;
  /** An expression that reads. */
  read: (db: string) => string;
  /** A transaction around lines that know its handle as `handle`, which is the session itself where there is none. */
  transaction: (db: string, handle: string, body: readonly string[]) => string[];
  /** The name that the callback gives to the transaction's handle; absent where there is none. */
  handle?: string;
}

const inside = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
const callback = (call: string, handle: string, body: readonly string[]): string[] => [`await ${call}(async (${handle}) => {`, ...inside(body), "});"];

export const DIALECTS: readonly Dialect[] = [
  {
    name: "better-sqlite3",
    async: false,
    imports: ['import Database from "better-sqlite3";'],
    open: 'new Database("app.db")',
    close: (db) => `${db}.close();`,
    write: (db, value) => `${db}.prepare("INSERT INTO things (name) VALUES (?)").run(${value})`,
    read: (db) => `${db}.prepare("SELECT count(*) AS n FROM things").get()`,
    transaction: (db, _handle, body) => [`const run = ${db}.transaction(() => {`, ...inside(body), "});", "run();"],
  },
  {
    name: "node:sqlite",
    async: false,
    imports: ['import { DatabaseSync } from "node:sqlite";'],
    open: 'new DatabaseSync("app.db")',
    close: (db) => `${db}.close();`,
    write: (db, value) => `${db}.prepare("INSERT INTO things (name) VALUES (?)").run(${value})`,
    read: (db) => `${db}.prepare("SELECT count(*) AS n FROM things").get()`,
    transaction: (db, _handle, body) => [`${db}.exec("BEGIN");`, "try {", ...inside(body), `  ${db}.exec("COMMIT");`, "} catch (error) {", `  ${db}.exec("ROLLBACK");`, "  throw error;", "}"],
  },
  {
    name: "pg",
    async: true,
    imports: ['import { Pool } from "pg";'],
    open: "new Pool()",
    close: (db) => `await ${db}.end();`,
    write: (db, value) => `${db}.query("INSERT INTO things (name) VALUES ($1)", [${value}])`,
    read: (db) => `${db}.query("SELECT count(*) AS n FROM things")`,
    transaction: (db, handle, body) => [`const ${handle} = await ${db}.connect();`, `await ${handle}.query("BEGIN");`, ...body, `await ${handle}.query("COMMIT");`, `${handle}.release();`],
    handle: "client",
  },
  {
    name: "drizzle",
    async: true,
    imports: ['import { drizzle } from "drizzle-orm/libsql";', 'import { sqliteTable, text } from "drizzle-orm/sqlite-core";'],
    prelude: ['const things = sqliteTable("things", { name: text("name") });'],
    open: 'drizzle("file:app.db")',
    write: (db, value) => `${db}.insert(things).values({ name: ${value} })`,
    read: (db) => `${db}.select().from(things).limit(5)`,
    transaction: (db, handle, body) => callback(`${db}.transaction`, handle, body),
    handle: "tx",
  },
  {
    name: "knex",
    async: true,
    imports: ['import knex from "knex";'],
    open: 'knex({ client: "better-sqlite3", connection: "app.db" })',
    close: (db) => `await ${db}.destroy();`,
    write: (db, value) => `${db}("things").insert({ name: ${value} })`,
    read: (db) => `${db}("things").limit(5)`,
    transaction: (db, handle, body) => callback(`${db}.transaction`, handle, body),
    handle: "trx",
  },
  {
    name: "prisma",
    async: true,
    imports: ['import { PrismaClient } from "@prisma/client";'],
    open: "new PrismaClient()",
    close: (db) => `await ${db}.$disconnect();`,
    write: (db, value) => `${db}.thing.create({ data: { name: ${value} } })`,
    read: (db) => `${db}.thing.findMany({ take: 5 })`,
    transaction: (db, handle, body) => callback(`${db}.$transaction`, handle, body),
    handle: "tx",
  },
  {
    name: "kysely",
    async: true,
    imports: ['import { Kysely, SqliteDialect } from "kysely";', 'import Database from "better-sqlite3";'],
    open: 'new Kysely({ dialect: new SqliteDialect({ database: new Database("app.db") }) })',
    close: (db) => `await ${db}.destroy();`,
    write: (db, value) => `${db}.insertInto("things").values({ name: ${value} }).execute()`,
    read: (db) => `${db}.selectFrom("things").selectAll().limit(5).execute()`,
    transaction: (db, handle, body) => callback(`${db}.transaction().execute`, handle, body),
    handle: "trx",
  },
];
