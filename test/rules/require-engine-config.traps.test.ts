import { runTable, type Expected } from "./lib/table.js";

const busy = (line: number, file: string, more: Partial<Expected> = {}): Expected => ({ line, file, message: "no busy timeout is set", library: "node:sqlite", fix: "review", reason: "a statement that meets another's lock waits for up to 5 s", ...more });

runTable({
  rule: "require-engine-config",
  theme: "aliases, helpers, wrappers and files",
  valid: [
    { name: "a client that sets WAL itself", code: `
        import { SqliteClient } from "@effect/sql-sqlite-node";
        import { Effect } from "effect";
        const program = Effect.gen(function* () {
          const sql = yield* SqliteClient.make({ filename: "app.db" });
          yield* sql\`INSERT INTO things (name) VALUES ('a')\`;
        });
        Effect.runPromise(Effect.scoped(program));` },
    { name: "through an alias", code: `
        import { DatabaseSync } from "node:sqlite";
        let db: DatabaseSync | undefined;
        function open() {
          db = new DatabaseSync("app.db");
          const database = db;
          database.exec("PRAGMA busy_timeout = 5000");
          database.exec("PRAGMA journal_mode = WAL");
        }
        open();
        db?.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "the path was compared with the one in memory", code: `
        import { DatabaseSync } from "node:sqlite";
        class Store {
          store!: DatabaseSync;
          constructor(readonly folder: string, readonly file: string) {
            if (this.folder == ":memory:") {
              this.store = new DatabaseSync(this.folder);
              this.store.exec("INSERT INTO things DEFAULT VALUES");
            }
          }
        }
        new Store(":memory:", "");` },
    { name: "a helper in another file gets it", code: {
        "src/db.ts": `
          import { DatabaseSync } from "node:sqlite";
          import { configure } from "./configure.js";
          export const db = new DatabaseSync("app.db");
          configure(db);`,
        "src/configure.ts": `
          import type { DatabaseSync } from "node:sqlite";
          export function configure(session: DatabaseSync) {
            session.exec("PRAGMA journal_mode = WAL");
            session.exec("PRAGMA busy_timeout = 5000");
          }`,
        "src/app.ts": `
          import { db } from "./db.js";
          db.exec("INSERT INTO things DEFAULT VALUES");` } },
    { name: "the application's own class has a pragma method", code: `
        import { DatabaseSync } from "node:sqlite";
        class Store {
          private readonly handle: DatabaseSync;
          constructor(path: string) {
            this.handle = new DatabaseSync(path);
          }
          pragma(text: string) {
            this.handle.exec("PRAGMA " + text);
          }
          add(name: string) {
            this.handle.prepare("INSERT INTO things (name) VALUES (?)").run(name);
          }
        }
        const store = new Store("app.db");
        store.pragma("journal_mode = WAL");
        store.pragma("busy_timeout = 5000");
        store.add("a");` },
    { name: "the pragmas stand in a list in another file", code: {
        "src/pragmas.ts": `export const PRAGMAS = { journal_mode: "WAL", statements: ["PRAGMA busy_timeout = 5000", "PRAGMA journal_mode = WAL"] };`,
        "src/db.ts": `
          import { DatabaseSync } from "node:sqlite";
          import { PRAGMAS } from "./pragmas.js";
          export const db = new DatabaseSync("app.db");
          PRAGMAS.statements.forEach((sql) => db.exec(sql));`,
        "src/app.ts": `
          import { db } from "./db.js";
          db.exec("INSERT INTO things DEFAULT VALUES");` } },
    { name: "handed to a package that may set it up", code: `
        import { DatabaseSync } from "node:sqlite";
        import { tune } from "sqlite-tuner";
        const db = new DatabaseSync("app.db");
        tune(db);
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "handed to a package inside an object", code: `
        import { DatabaseSync } from "node:sqlite";
        import { start } from "some-server";
        const db = new DatabaseSync("app.db");
        db.exec("INSERT INTO things DEFAULT VALUES");
        start({ database: db });` },
    { name: "exported to files out of sight", code: `
        import { DatabaseSync } from "node:sqlite";
        export const db = new DatabaseSync("app.db");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "a factory exported to files out of sight", code: `
        import { DatabaseSync } from "node:sqlite";
        export function openDb(path: string) {
          const db = new DatabaseSync(path);
          db.exec("INSERT INTO opened DEFAULT VALUES");
          return db;
        }` },
    { name: "WAL by one session of the file is enough: the file keeps it", code: `
        import Database from "better-sqlite3";
        const setup = new Database("app.db");
        setup.pragma("journal_mode = WAL");
        const db = new Database("app.db");
        db.exec("INSERT INTO things DEFAULT VALUES");` },
    { name: "only tests open it", code: {
        "src/open.ts": `
          import { DatabaseSync } from "node:sqlite";
          export function openDb(path: string) {
            const db = new DatabaseSync(path);
            db.exec("INSERT INTO opened DEFAULT VALUES");
            return db;
          }`,
        "test/open.test.ts": `
          import { it } from "vitest";
          import { openDb } from "../src/open.js";
          it("opens", () => { openDb("x.db").exec("INSERT INTO things DEFAULT VALUES"); });` } },
    { name: "SQL that callers pass, one of them out of a file", code: `
        import { DatabaseSync } from "node:sqlite";
        import { readFileSync } from "node:fs";
        const db = new DatabaseSync("app.db");
        function runSql(sql: string) {
          db.exec(sql);
        }
        runSql("INSERT INTO things DEFAULT VALUES");
        runSql(readFileSync("setup.sql", "utf8"));` },
  ],
  invalid: [
    { name: "the path was compared with the one in memory, and this is the other branch", code: `
        import { DatabaseSync } from "node:sqlite";
        function open(path: string) {
          if (path === ":memory:") {
            return undefined;
          }
          const db = new DatabaseSync(path);
          db.exec("INSERT INTO things DEFAULT VALUES");
        }
        open(process.env.DB_PATH);`, findings: [{ line: 6, message: "no busy timeout is set", library: "node:sqlite", fix: "review", reason: "a statement that meets another's lock waits for up to 5 s" }] },
    { name: "used in another file, set up nowhere", code: {
        "src/db.ts": `
          import { DatabaseSync } from "node:sqlite";
          export const db = new DatabaseSync("app.db");
          db.exec("PRAGMA journal_mode = WAL");`,
        "src/app.ts": `
          import { db } from "./db.js";
          db.exec("INSERT INTO things DEFAULT VALUES");` }, findings: [busy(2, "src/db.ts")] },
    { name: "a factory, all of whose callers are in sight", code: {
        "src/open.ts": `
          import { DatabaseSync } from "node:sqlite";
          export function openDb(path: string) {
            const db = new DatabaseSync(path);
            db.exec("PRAGMA journal_mode = WAL");
            return db;
          }`,
        "src/app.ts": `
          import { openDb } from "./open.js";
          const db = openDb("app.db");
          db.exec("INSERT INTO things DEFAULT VALUES");` }, findings: [busy(3, "src/open.ts")] },
    { name: "a class of the application, used in another file", code: {
        "src/store.ts": `
          import { DatabaseSync } from "node:sqlite";
          export class Store {
            private readonly db = new DatabaseSync("app.db");
            constructor() {
              this.db.exec("PRAGMA journal_mode = WAL");
            }
            add(name: string) {
              this.db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
            }
          }`,
        "src/app.ts": `
          import { Store } from "./store.js";
          new Store().add("a");` }, findings: [busy(3, "src/store.ts")] },
    { name: "only tests are seen to call it, but the application makes it", code: {
        "src/store.js": `
          const { DatabaseSync } = require("node:sqlite");
          class Store {
            constructor(path) { this.path = path; }
            getDb() {
              if (!this.db) this.db = new DatabaseSync(this.path);
              return this.db;
            }
            add(name) {
              this.getDb().exec("PRAGMA journal_mode = WAL");
              this.getDb().prepare("INSERT INTO things (name) VALUES (?)").run(name);
            }
          }
          module.exports = { Store };`,
        "src/app.js": `
          const { Store } = require("./store.js");
          registry.keep(new Store("app.db"));`,
        "test/store.test.js": `
          const { Store } = require("../src/store.js");
          const { it } = require("vitest");
          it("adds", () => { new Store("x.db").add("a"); });` }, findings: [busy(5, "src/store.js")] },
    { name: "the helper sets something else", code: `
        import { DatabaseSync } from "node:sqlite";
        function configure(session: DatabaseSync) {
          session.exec("PRAGMA journal_mode = WAL");
          session.exec("PRAGMA cache_size = -8000");
        }
        const db = new DatabaseSync("app.db");
        configure(db);
        db.exec("INSERT INTO things DEFAULT VALUES");`, findings: [{ ...busy(6, "src/app.ts"), file: undefined }] },
  ],
});
