import { runTable, type Expected } from "./lib/table.js";

const long = (line: number, more: Partial<Expected> = {}): Expected => ({ line, message: "may freeze the whole process for 60 s", fix: "review", reason: "has a cause of its own", ...more });

runTable({
  rule: "no-long-busy-timeout",
  theme: "pragmas, options and calls",
  valid: [
    { name: "five seconds", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db", { timeout: 5000 });` },
    { name: "ten seconds", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        db.pragma("busy_timeout = 10000");` },
    { name: "the option allows it", options: { maxMilliseconds: 60000 }, code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db", { timeout: 60000 });` },
    { name: "left out by option", options: { ignoreLibraries: ["better-sqlite3"] }, code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db", { timeout: 60000 });` },
    { name: "a script may wait", file: "scripts/load.ts", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db", { timeout: 60000 });` },
    { name: "a migration may wait", file: "src/migrations/one.ts", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        db.pragma("busy_timeout = 60000");` },
    { name: "a test may wait", file: "test/db.test.ts", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db", { timeout: 60000 });` },
    { name: "a copy that nobody else has open", code: `
        import Database from "better-sqlite3";
        const db = new Database("backup.db".replace("backup", "snapshot"));
        const copy = new Database(":memory:", { timeout: 60000 });
        copy.pragma("busy_timeout = 60000");` },
    { name: "a worker's own thread may wait", code: {
        "src/worker.ts": `
          import { parentPort, workerData } from "node:worker_threads";
          import { Store } from "./store.js";
          const store = new Store(workerData.path);
          parentPort?.on("message", (name) => store.add(name));`,
        "src/store.ts": `
          import Database from "better-sqlite3";
          export class Store {
            constructor(path) { this.db = new Database(path, { timeout: 60000 }); }
            add(name) { this.db.prepare("INSERT INTO things (name) VALUES (?)").run(name); }
          }` } },
    { name: "a file that runs itself as a worker", code: `
        import Database from "better-sqlite3";
        import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
        export const start = (path: string) => new Worker(new URL("./app.js", import.meta.url), { workerData: { path } });
        if (!isMainThread) {
          const timeout = 60000;
          const db = new Database(workerData.path, { timeout });
          db.pragma("busy_timeout = 60000");
          parentPort?.on("message", (text) => db.exec(text));
        }` },
    { name: "another pragma", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        db.pragma("wal_autocheckpoint = 60000");
        db.pragma("mmap_size = 30000000000");` },
    { name: "another timeout, of another library", code: `
        import { createServer } from "node:http";
        const server = createServer({ timeout: 60000 });
        server.setTimeout(60000);` },
    { name: "a namesake", code: `
        class Database {
          constructor(path: string, options: object) {}
          pragma(text: string) {}
        }
        const db = new Database("app.db", { timeout: 60000 });
        db.pragma("busy_timeout = 60000");` },
    { name: "a value that is read from somewhere", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db", { timeout: Number(process.env.DB_TIMEOUT) });
        db.pragma(\`busy_timeout = \${process.env.DB_TIMEOUT}\`);` },
    { name: "asking for it", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const wait = db.pragma("busy_timeout", { simple: true });` },
    { name: "it is text, not a statement", code: `
        console.log("PRAGMA busy_timeout = 60000");` },
  ],
  invalid: [
    { name: "better-sqlite3's option", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db", { timeout: 60000 });`, findings: [long(2)] },
    { name: "options in a constant", code: `
        import Database from "better-sqlite3";
        const options = { timeout: 60_000, fileMustExist: true };
        export const db = new Database("app.db", options);`, findings: [long(3)] },
    { name: "its pragma", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        db.pragma("busy_timeout = 60000");`, findings: [long(3)] },
    { name: "as SQL, among others", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        db.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 60000;");`, findings: [long(3)] },
    { name: "in the form of a call", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        db.exec("PRAGMA busy_timeout(60000)");`, findings: [long(3)] },
    { name: "from a constant", code: `
        import Database from "better-sqlite3";
        const WAIT_MS = 60_000;
        const db = new Database("app.db");
        db.pragma(\`busy_timeout = \${WAIT_MS}\`);`, findings: [long(4)] },
    { name: "node:sqlite's option", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db", { timeout: 60000 });`, findings: [long(2, { library: "node:sqlite" })] },
    { name: "node:sqlite's pragma, on a declared type", code: `
        import type { DatabaseSync } from "node:sqlite";
        export function configure(db: DatabaseSync) {
          db.exec("PRAGMA busy_timeout = 60000");
        }`, findings: [long(3, { library: "node:sqlite" })] },
    { name: "bun:sqlite", code: `
        import { Database } from "bun:sqlite";
        const db = new Database("app.db");
        db.run("PRAGMA busy_timeout = 60000;");`, findings: [long(3, { library: "bun:sqlite" })] },
    { name: "through a Drizzle session", code: `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { sql } from "drizzle-orm";
        const db = drizzle(new Database("app.db"));
        db.run(sql\`PRAGMA busy_timeout = 60000\`);`, findings: [long(5)] },
    { name: "sqlite3 waits off the thread: likely", code: `
        import sqlite3 from "sqlite3";
        const db = new sqlite3.Database("app.db");
        db.configure("busyTimeout", 60000);`, findings: [long(3, { message: "may wait 60 s for a lock", library: "sqlite3", confidence: "likely" })] },
    { name: "a worker and the program itself open it", code: {
        "src/worker.ts": `
          import { parentPort } from "node:worker_threads";
          import { open } from "./open.js";
          const db = open();
          parentPort?.on("message", (text) => db.exec(text));`,
        "src/open.ts": `
          import Database from "better-sqlite3";
          export const open = () => new Database("app.db", { timeout: 60000 });`,
        "src/app.ts": `
          import { Worker } from "node:worker_threads";
          import { open } from "./open.js";
          const worker = new Worker(new URL("./worker.js", import.meta.url));
          open().exec("PRAGMA optimize");` }, findings: [long(2, { file: "src/open.ts" })] },
    { name: "a stricter option", options: { maxMilliseconds: 1000 }, code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db", { timeout: 5000 });`, findings: [long(2, { message: "for 5 s" })] },
    { name: "in another file's helper", code: {
        "src/configure.ts": `
          import type Database from "better-sqlite3";
          export const configure = (db: Database.Database) => { db.pragma("busy_timeout = 60000"); };`,
        "src/app.ts": `
          import Database from "better-sqlite3";
          import { configure } from "./configure.js";
          configure(new Database("app.db"));` }, findings: [long(2, { file: "src/configure.ts" })] },
  ],
});
