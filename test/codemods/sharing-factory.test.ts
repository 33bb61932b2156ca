import { describe, expect, it } from "vitest";
import { fixOnce } from "./helpers/rounds.js";
import { sessionFinding } from "./helpers/findings.js";
import type { SessionOptions } from "./helpers/findings.js";

function share(files: Record<string, string>, file: string, options: SessionOptions): ReturnType<typeof fixOnce> {
  return fixOnce(files, [sessionFinding(files, file, options)]);
}

describe("use-shared-session: an exported factory with many callers", () => {
  const files = {
    "src/db.ts": `import fs from 'node:fs'
import path from 'node:path'

import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'

import * as schema from './schema'

export type AppDb = ReturnType<typeof drizzle<typeof schema>>

/**
 * Opens the database and brings up its tables.
 */
export function createDb(dbPath: string): AppDb {
  fs.mkdirSync(path.dirname(dbPath), { recursive: true })
  const sqlite = new Database(dbPath)
  sqlite.pragma('journal_mode = WAL')
  sqlite.exec(\`
    CREATE TABLE IF NOT EXISTS t (id TEXT)
  \`)
  return drizzle(sqlite, { schema })
}

export function other(): void {}
`,
    "src/api.ts": `import { createDb } from './db'

export function a(): unknown {
  const db = createDb(process.env.DB!)
  try {
    return db.all()
  } finally {
    db.$client.close()
  }
}
export const b = (): unknown => createDb(process.env.DB!).all()
export const c = (): unknown => createDb(process.env.DB!).all()
export const d = (): unknown => createDb(process.env.DB!).all()
`,
  };
  const options: SessionOptions = {
    open: "new Database(",
    key: "dbPath",
    factory: { marker: "export function createDb", name: "createDb", kind: "function", async: false, params: ["dbPath"], keyParam: 0, bare: false },
    closes: [{ file: "src/api.ts", marker: "db.$client.close(" }],
    uses: [0, 1, 2, 3].map((nth) => ({ file: "src/api.ts", marker: "createDb(", nth })),
  };

  it("keeps its name and signature; the callers stay", () => {
    const { files: after, groups } = share(files, "src/db.ts", options);
    expect(groups.map(({ safety, reason }) => ({ safety, reason }))).toEqual([{ safety: "safe", reason: undefined }]);
    expect(after["src/db.ts"]).toMatchInlineSnapshot(`
      "import fs from 'node:fs'
      import path from 'node:path'

      import Database from 'better-sqlite3'
      import { drizzle } from 'drizzle-orm/better-sqlite3'
      import { createSessionFactory } from 'sessionfix-runtime'

      import * as schema from './schema'

      export type AppDb = ReturnType<typeof drizzle<typeof schema>>

      /**
       * Opens the database and brings up its tables.
       */
      function openDb(dbPath: string): AppDb {
        fs.mkdirSync(path.dirname(dbPath), { recursive: true })
        const sqlite = new Database(dbPath)
        sqlite.pragma('journal_mode = WAL')
        sqlite.exec(\`
          CREATE TABLE IF NOT EXISTS t (id TEXT)
        \`)
        return drizzle(sqlite, { schema })
      }

      // One session a file for the whole process: opened at first use, shared by every caller.
      const sessions = createSessionFactory({ open: openDb, close: (db) => void db.$client.close() })

      export function createDb(dbPath: string): AppDb {
        return sessions.getSession(dbPath)
      }

      export function other(): void {}
      "
    `);
    expect(after["src/api.ts"]).toMatchInlineSnapshot(`
      "import { createDb } from './db'

      export function a(): unknown {
        const db = createDb(process.env.DB!)
        return db.all()
      }
      export const b = (): unknown => createDb(process.env.DB!).all()
      export const c = (): unknown => createDb(process.env.DB!).all()
      export const d = (): unknown => createDb(process.env.DB!).all()
      "
    `);
  });
});

describe("use-shared-session: closes that nobody reported", () => {
  const db = `import Database from "better-sqlite3";
export function openStore(path: string) {
  const db = new Database(path);
  db.exec("CREATE TABLE IF NOT EXISTS t (x)");
  return { $client: db };
}
`;
  const stream = `import { openStore } from "./db.js";

export function stream(req: { on(event: string, f: () => void): void }): void {
  const db = openStore("a.db");
  const timer = setInterval(() => db.$client.exec("SELECT 1"), 1000);
  const cleanup = (): void => {
    clearInterval(timer);
    try {
      db.$client.close();
    } catch {
      /* already closed */
    }
  };
  req.on("close", cleanup);
}

export function shadow(db: { close(): void }): void {
  db.close();
}
`;

  it("would close the shared session for everybody, so they go too", () => {
    const { files: after, groups } = share({ "db.ts": db, "stream.ts": stream, "stream.test.ts": stream }, "db.ts", {
      open: "new Database(",
      key: "path",
      factory: { marker: "export function openStore", name: "openStore", kind: "function", async: false, params: ["path"], keyParam: 0, bare: false },
      uses: ["stream.ts", "stream.test.ts", "stream.ts", "stream.ts", "stream.ts"].map((file) => ({ file, marker: "openStore(", context: file === "stream.test.ts" ? "test" : "per-call" })),
    });
    expect(groups).toHaveLength(1);
    expect(groups[0]?.reason).toBe(
      "the session closed at stream.ts:9 lived as long as its stream or job, and is the process's own now: that `close()` goes; the `try` around a removed `close()` goes with what its comment said of it (stream.ts:8: /* already closed */)",
    );
    expect(after["stream.ts"]).toBe(
      stream
        .replace('import { openStore } from "./db.js";', 'import { getSession } from "./session.js";')
        .replace("openStore(", "getSession(")
        .replace(/    try \{\n[^]*?\n    \}\n(?=  \};)/, ""),
    );
    expect(after["db.ts"]).toBe(db);
    expect(after["stream.test.ts"]).toBe(stream);
  });
});

describe("use-shared-session: a factory that answers errors with null", () => {
  it("shares the open alone, so that a failure is not kept", () => {
    const files = {
      "data/common.ts": `import sqlite3 from "sqlite3";
import { open, Database } from "sqlite";

async function dbConnection(): Promise<Database | null> {
  let conn: Database | null = null;
  try {
    conn = await open({
      filename: "aquarium.db",
      driver: sqlite3.Database,
    });
    conn.configure("busyTimeout", 5000);
  } catch (e) {
    console.error(e);
  }
  return conn;
}

export async function migrate() {
  const conn = await dbConnection();
  if (!conn) return;
  await conn.run("ALTER TABLE t ADD COLUMN x");
  await conn.close();
}

export { dbConnection };
`,
      "data/log.ts": `import { dbConnection } from "./common";

export class Logs {
  static all = async (): Promise<unknown[]> => {
    try {
      const conn = await dbConnection();
      if (!conn) return [];
      const logs = await conn.all("SELECT * FROM logs");
      await conn.close();

      return logs;
    } catch (error) {
      return [];
    }
  };
}
`,
    };
    const { files: after, groups, manual } = share(files, "data/common.ts", {
      open: "open({",
      key: '"aquarium.db"',
      factory: { marker: "async function dbConnection", name: "dbConnection", kind: "function", async: true, params: [], bare: false },
      closes: [
        { file: "data/common.ts", marker: "conn.close(", once: true },
        { file: "data/log.ts", marker: "conn.close(" },
      ],
      uses: [
        { file: "data/common.ts", marker: "dbConnection(", context: "once" },
        { file: "data/log.ts", marker: "dbConnection(" },
      ],
    });
    expect(manual).toEqual([]);
    expect(groups[0]?.reason).toMatchInlineSnapshot(`"opening is asynchronous: callers that ask at the same time share one pending session; \`dbConnection\` catches the error of a failed open and returns something else: only the open itself is shared, so that a failure is not; what follows it runs at each call as before; data/common.ts:22 closed the session at start-up or shutdown, which would now close it for everybody: that call goes"`);
    expect(after["data/common.ts"]).toMatchInlineSnapshot(`
      "import sqlite3 from "sqlite3";
      import { open, Database } from "sqlite";
      import { createSessionFactory } from "sessionfix-runtime";

      // One session a file for the whole process: opened at first use, shared by every caller.
      const sessions = createSessionFactory({
        open: () => open({
          filename: "aquarium.db",
          driver: sqlite3.Database,
        }),
      });

      async function dbConnection(): Promise<Database | null> {
        let conn: Database | null = null;
        try {
          conn = await sessions.getSession("aquarium.db");
          conn.configure("busyTimeout", 5000);
        } catch (e) {
          console.error(e);
        }
        return conn;
      }

      export async function migrate() {
        const conn = await dbConnection();
        if (!conn) return;
        await conn.run("ALTER TABLE t ADD COLUMN x");
      }

      export { dbConnection };
      "
    `);
    expect(after["data/log.ts"]).toMatchInlineSnapshot(`
      "import { dbConnection } from "./common";

      export class Logs {
        static all = async (): Promise<unknown[]> => {
          try {
            const conn = await dbConnection();
            if (!conn) return [];
            const logs = await conn.all("SELECT * FROM logs");

            return logs;
          } catch (error) {
            return [];
          }
        };
      }
      "
    `);
  });
});

describe("use-shared-session: methods, getters, bare functions, arrows", () => {
  it("a method that constructs keeps its signature", () => {
    const files = {
      "repo.ts": `import Database from "better-sqlite3";

export class Repo {
  constructor(private readonly dbPath: string) {}

  protected _getSession(): Database.Database {
    return new Database(this.dbPath, { timeout: 30_000 });
  }

  all(): unknown[] {
    const session = this._getSession();
    try {
      const rows = session.prepare("SELECT 1").all();
      return rows;
    } finally {
      session.close();
    }
  }
}
`,
    };
    const { files: after } = share(files, "repo.ts", {
      open: "new Database(",
      key: "this.dbPath",
      options: "{ timeout: 30_000 }",
      factory: { marker: "protected _getSession", name: "_getSession", kind: "method", async: false, params: [], bare: true },
      closes: [{ file: "repo.ts", marker: "session.close(" }],
      uses: [{ file: "repo.ts", marker: "this._getSession(" }],
    });
    expect(after["repo.ts"]).toMatchInlineSnapshot(`
      "import Database from "better-sqlite3";
      import { createSessionFactory } from "sessionfix-runtime";
      import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";

      // One session a file for the whole process: opened at first use, shared by every caller.
      const sessions = createSessionFactory({
        driver: betterSqlite3(Database),
        open: (path: string) => new Database(path, { timeout: 30_000 }),
      });

      export class Repo {
        constructor(private readonly dbPath: string) {}

        protected _getSession(): Database.Database {
          return sessions.getSession(this.dbPath);
        }

        all(): unknown[] {
          const session = this._getSession();
          const rows = session.prepare("SELECT 1").all();
          return rows;
        }
      }
      "
    `);
  });

  it("a bare function and CommonJS", () => {
    const files = {
      "db.js": `"use strict";
const Database = require("better-sqlite3");

function getDb(file) {
	return new Database(file);
}

module.exports = { getDb };
`,
      "use.js": `const { getDb } = require("./db");

function count() {
	const db = getDb("app.db");
	const row = db.prepare("SELECT 1").get();
	db.close();
	return row;
}
module.exports = { count };
`,
    };
    const { files: after, groups } = share(files, "db.js", {
      open: "new Database(",
      key: "file",
      factory: { marker: "function getDb", name: "getDb", kind: "function", async: false, params: ["file"], keyParam: 0, bare: true },
      closes: [{ file: "use.js", marker: "db.close(" }],
      uses: [{ file: "use.js", marker: "getDb(" }],
    });
    expect(groups[0]?.safety).toBe("safe");
    expect(after["db.js"]).toMatchInlineSnapshot(`
      ""use strict";
      const Database = require("better-sqlite3");
      const { createSessionFactory } = require("sessionfix-runtime");
      const { betterSqlite3 } = require("sessionfix-runtime/better-sqlite3");

      // One session a file for the whole process: opened at first use, shared by every caller.
      const sessions = createSessionFactory({
      	driver: betterSqlite3(Database),
      	open: (path) => new Database(path),
      });

      function getDb(file) {
      	return sessions.getSession(file);
      }

      module.exports = { getDb };
      "
    `);
    expect(after["use.js"]).toMatchInlineSnapshot(`
      "const { getDb } = require("./db");

      function count() {
      	const db = getDb("app.db");
      	const row = db.prepare("SELECT 1").get();
      	return row;
      }
      module.exports = { count };
      "
    `);
  });

  it("an arrow with a constant path, many callers, CRLF and a byte order mark", () => {
    const text = `\uFEFFimport Database from "better-sqlite3";
export const openStore = () => {
  const db = new Database("store.db");
  db.exec("CREATE TABLE IF NOT EXISTS t (x)");
  return db;
};
`.replaceAll("\n", "\r\n");
    const { files: after } = share({ "store.ts": text }, "store.ts", {
      open: "new Database(",
      key: '"store.db"',
      factory: { marker: "() => {", name: "openStore", kind: "arrow", async: false, params: [], bare: false },
      uses: [],
    });
    expect(after["store.ts"]?.startsWith("\uFEFFimport")).toBe(true);
    expect(after["store.ts"]?.replaceAll("\r\n", "")).not.toContain("\n");
    expect(after["store.ts"]?.replaceAll("\r\n", "\n")).toMatchInlineSnapshot(`
      "﻿import Database from "better-sqlite3";
      import { createSessionFactory } from "sessionfix-runtime";
      import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
      const openStoreAnew = () => {
        const db = new Database("store.db");
        db.exec("CREATE TABLE IF NOT EXISTS t (x)");
        return db;
      };

      // One session a file for the whole process: opened at first use, shared by every caller.
      const sessions = createSessionFactory({
        driver: betterSqlite3(Database),
        path: "store.db",
        open: openStoreAnew,
      });

      export const openStore = () => sessions.getSession();
      "
    `);
  });
});
