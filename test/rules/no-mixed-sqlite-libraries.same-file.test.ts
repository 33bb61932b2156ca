import { runTable } from "./lib/table.js";

const manual = { fix: "manual" as const, reason: "is a choice" };

runTable({
  rule: "no-mixed-sqlite-libraries",
  theme: "the same file",
  valid: [
    {
      name: "two files",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        export const app = new Database("app.db");
        export const cache = new DatabaseSync("cache.db");
      `,
    },
    {
      name: "one library twice",
      code: `
        import Database from "better-sqlite3";
        export const app = new Database("app.db");
        export const again = new Database("app.db");
      `,
    },
    {
      name: "memory, where each has its own",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        export const app = new Database(":memory:");
        export const cache = new DatabaseSync(":memory:");
      `,
    },
    {
      name: "two environment variables",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        export const app = new Database(process.env.APP_DB);
        export const cache = new DatabaseSync(process.env.CACHE_DB);
      `,
    },
    {
      name: "an ORM around the library is that library",
      code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        export const client = new Database("app.db");
        export const db = drizzle("app.db");
      `,
    },
    {
      name: "Prisma's adapter shares better-sqlite3's copy",
      code: `
        import Database from "better-sqlite3";
        import { PrismaClient } from "@prisma/client";
        import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
        export const client = new Database("app.db");
        export const prisma = new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: "file:app.db" }) });
      `,
    },
    {
      name: "a client of a server",
      code: `
        import Database from "better-sqlite3";
        import { createClient } from "@libsql/client";
        export const local = new Database("app.db");
        export const remote = createClient({ url: "libsql://app.db" });
      `,
    },
    {
      name: "a namesake of another package",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "./fake-sqlite";
        export const app = new Database("app.db");
        export const other = new DatabaseSync("app.db");
      `,
    },
    {
      name: "a variable that changes",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        let file = "a.db";
        export const app = new Database(file);
        file = "b.db";
        export const other = new DatabaseSync(file);
      `,
    },
    {
      name: "the same name in two folders",
      code: {
        "src/one/db.ts": `
          import Database from "better-sqlite3";
          import path from "node:path";
          export const db = new Database(path.join(__dirname, "app.db"));
        `,
        "src/two/db.ts": `
          import { DatabaseSync } from "node:sqlite";
          import path from "node:path";
          export const db = new DatabaseSync(path.join(__dirname, "app.db"));
        `,
        "src/main.ts": `
          import "./one/db.js";
          import "./two/db.js";
        `,
      },
    },
    {
      name: "a path below Prisma's schema is not one below the working folder",
      code: `
        import Database from "better-sqlite3";
        import { PrismaClient } from "@prisma/client";
        export const client = new Database("dev.db");
        export const prisma = new PrismaClient({ datasourceUrl: "file:./dev.db" });
      `,
    },
    {
      name: "a library that is ignored",
      options: { ignoreLibraries: ["node:sqlite"] },
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        export const app = new Database("app.db");
        export const other = new DatabaseSync("app.db");
      `,
    },
  ],
  invalid: [
    {
      name: "a literal",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        export const app = new Database("./app.db");
        export const other = new DatabaseSync("app.db");
      `,
      findings: [{ line: 4, message: "This opens with node:sqlite the file that better-sqlite3 opens at src/app.ts:3", library: "node:sqlite", ...manual, related: [3] }],
    },
    {
      name: "a constant, and a URL of it",
      code: `
        import { createClient } from "@libsql/client";
        import Database from "better-sqlite3";
        const FILE = "data/app.db";
        export const client = createClient({ url: \`file:\${FILE}\` });
        export const db = new Database(FILE);
      `,
      findings: [{ line: 5, message: "This opens with better-sqlite3 the file that libsql opens", ...manual, related: [4] }],
    },
    {
      name: "an environment variable",
      code: `
        import sqlite3 from "sqlite3";
        import Database from "better-sqlite3";
        export const one = new sqlite3.Database(process.env.DB_FILE);
        export const two = new Database(process.env.DB_FILE!);
      `,
      findings: [{ line: 4, message: "the file that sqlite3 opens", ...manual, related: [3] }],
    },
    {
      name: "a fork of a library is a copy of its own",
      code: `
        import Database from "better-sqlite3";
        import Ciphered from "better-sqlite3-multiple-ciphers";
        export const one = new Database("app.db");
        export const two = new Ciphered("app.db");
      `,
      findings: [{ line: 4, message: "opens with better-sqlite3-multiple-ciphers the file that better-sqlite3 opens", ...manual, related: [3] }],
    },
    {
      name: "sqlite runs on the driver that it is given",
      code: `
        import sqlite3 from "sqlite3";
        import { open } from "sqlite";
        import { DatabaseSync } from "node:sqlite";
        export const one = open({ filename: "app.db", driver: sqlite3.Database });
        export const two = new DatabaseSync("app.db");
      `,
      findings: [{ line: 5, message: "the file that sqlite3 opens", library: "node:sqlite", ...manual, related: [4] }],
    },
    {
      name: "Drizzle on libsql beside better-sqlite3",
      code: `
        import { createClient } from "@libsql/client";
        import { drizzle } from "drizzle-orm/libsql";
        import Database from "better-sqlite3";
        export const db = drizzle(createClient({ url: "file:app.db" }));
        export const raw = new Database("app.db");
      `,
      findings: [{ line: 5, message: "the file that libsql opens", ...manual, related: [4] }],
    },
    {
      name: "Kysely on better-sqlite3 beside node:sqlite",
      code: `
        import Database from "better-sqlite3";
        import { Kysely, SqliteDialect } from "kysely";
        import { DatabaseSync } from "node:sqlite";
        export const db = new Kysely({ dialect: new SqliteDialect({ database: new Database("app.db") }) });
        export const raw = new DatabaseSync("app.db");
      `,
      findings: [{ line: 5, message: "the file that better-sqlite3 opens", library: "node:sqlite", ...manual, related: [4] }],
    },
    {
      name: "Knex on sqlite3 beside better-sqlite3",
      code: `
        import knex from "knex";
        import Database from "better-sqlite3";
        export const db = knex({ client: "sqlite3", connection: { filename: "./app.db" } });
        export const raw = new Database("app.db");
      `,
      findings: [{ line: 4, message: "the file that sqlite3 opens", ...manual, related: [3] }],
    },
    {
      name: "TypeORM on sqlite3 beside better-sqlite3",
      code: `
        import { DataSource } from "typeorm";
        import Database from "better-sqlite3";
        const FILE = "app.db";
        export const source = new DataSource({ type: "sqlite", database: FILE });
        export const raw = new Database(FILE);
      `,
      findings: [{ line: 5, message: "the file that sqlite3 opens", ...manual, related: [4] }],
    },
    {
      name: "Sequelize beside better-sqlite3",
      code: `
        import { Sequelize } from "sequelize";
        import Database from "better-sqlite3";
        export const sequelize = new Sequelize({ dialect: "sqlite", storage: "app.db" });
        export const raw = new Database("app.db");
      `,
      findings: [{ line: 4, message: "the file that sqlite3 opens", ...manual, related: [3] }],
    },
    {
      name: "Prisma's engine and better-sqlite3 on one environment variable",
      code: `
        import { PrismaClient } from "@prisma/client";
        import Database from "better-sqlite3";
        export const prisma = new PrismaClient({ datasources: { db: { url: process.env.DATABASE_URL } } });
        export const raw = new Database(process.env.DATABASE_URL!.replace("file:", ""));
      `,
      findings: [{ line: 4, message: "the file that Prisma's engine opens", ...manual, related: [3] }],
    },
    {
      name: "Prisma's libsql adapter and better-sqlite3",
      code: `
        import { PrismaClient } from "@prisma/client";
        import { PrismaLibSQL } from "@prisma/adapter-libsql";
        import Database from "better-sqlite3";
        const adapter = new PrismaLibSQL({ url: "file:./app.db" });
        export const prisma = new PrismaClient({ adapter });
        export const raw = new Database("app.db");
      `,
      findings: [{ line: 6, message: "the file that libsql opens", ...manual, related: [5] }],
    },
    {
      name: "three libraries: each further one is reported once",
      code: `
        import Database from "better-sqlite3";
        import { DatabaseSync } from "node:sqlite";
        import sqlite3 from "sqlite3";
        export const one = new Database("app.db");
        export const two = new DatabaseSync("app.db");
        export const three = new sqlite3.Database("app.db");
      `,
      findings: [
        { line: 5, message: "with node:sqlite", library: "node:sqlite", ...manual, related: [4] },
        { line: 6, message: "with sqlite3", library: "sqlite3", ...manual, related: [4] },
      ],
    },
  ],
});
