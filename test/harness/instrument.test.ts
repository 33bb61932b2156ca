import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot } from "./workspace.js";

/**
 * The probe replaces a module's exports, so each case needs a process of its own: a preload that instruments and prints
 * what it saw at the end, and a program that knows nothing of it.
 */
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(repositoryRoot(), "node_modules", ".instrument-test-"));
  const contents = `
    import { watchDriver } from "./instrument.js";
    const observed = watchDriver();
    process.on("exit", () => {
      const holds = observed.log.holds.map(({ statements, holdMs, waitMs }) => ({ statements, sane: holdMs >= 0 && waitMs >= 0 }));
      console.log(JSON.stringify({ sessions: observed.sessionsOpened, holds }));
    });`;
  await build({
    stdin: { contents, resolveDir: join(repositoryRoot(), "src/harness/probe"), loader: "ts" },
    outfile: join(folder, "preload.mjs"), bundle: true, platform: "node", format: "esm", packages: "external", logLevel: "error",
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { newerNode } = (await import(new URL("../../scripts/lib/newer.mjs", import.meta.url).href)) as { newerNode: () => { program?: string } };

function observe(name: string, source: string, node = process.execPath): unknown {
  const file = join(folder, name);
  writeFileSync(file, source);
  const preload = pathToFileURL(join(folder, "preload.mjs")).href;
  const data = mkdtempSync(join(tmpdir(), "instrument-"));
  try {
    const output = execFileSync(node, ["--import", preload, file, join(data, "x.db")], { encoding: "utf8" });
    return JSON.parse(output.trim().split("\n").at(-1) ?? "") as unknown;
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

const hold = (statements: number): unknown => ({ statements, sane: true });

describe("instrument", () => {
  it("counts sessions opened by import, with new and without", () => {
    const source = `
      import Database from "better-sqlite3";
      const a = new Database(process.argv[2]);
      const b = Database(process.argv[2]);
      if (!(a instanceof Database) || !(b instanceof Database)) throw new Error("not an instance");
      class Mine extends Database { hello() { return "hello"; } }
      if (new Mine(process.argv[2]).hello() !== "hello") throw new Error("not a subclass");`;
    expect(observe("esm.mjs", source)).toEqual({ sessions: 3, holds: [] });
  });

  it("counts sessions opened by require", () => {
    const source = `const Database = require("better-sqlite3"); new Database(process.argv[2]); new Database(":memory:");`;
    expect(observe("cjs.cjs", source)).toEqual({ sessions: 2, holds: [] });
  });

  it("sees the driver's own transactions, in every mode, and their roll-back", () => {
    const source = `
      import Database from "better-sqlite3";
      const db = new Database(process.argv[2]);
      db.exec("CREATE TABLE t (x)");
      const insert = db.prepare("INSERT INTO t VALUES (?)");
      const fill = db.transaction((n) => { for (let i = 0; i < n; i += 1) insert.run(i); });
      fill(1); fill.deferred(2); fill.immediate(3); fill.exclusive(4);
      const nested = db.transaction(() => { fill(2); });
      nested.immediate();
      try { db.transaction(() => { insert.run(1); throw new Error("no"); }).immediate(); } catch {}
      if (db.prepare("SELECT count(*) FROM t").pluck().get() !== 12) throw new Error("wrong count");
      db.transaction(() => db.prepare("SELECT * FROM t").all())();`;
    // A deferred transaction's first write takes the lock; nested ones add their savepoint's two statements.
    expect(observe("transactions.mjs", source)).toEqual({
      sessions: 1,
      holds: [1, 0, 1, 3, 4, 4, 1].map(hold),
    });
  });

  it("sees transactions written by hand, through exec and prepared statements", () => {
    const source = `
      import Database from "better-sqlite3";
      const db = new Database(process.argv[2]);
      db.exec("CREATE TABLE t (x)");
      db.exec("BEGIN IMMEDIATE"); db.prepare("INSERT INTO t VALUES (1)").run(); db.exec("COMMIT");
      db.prepare("begin immediate").run(); db.exec("INSERT INTO t VALUES (1)"); db.prepare("rollback").run();
      db.exec("BEGIN"); db.prepare("SELECT * FROM t").all(); db.exec("COMMIT");
      db.prepare("INSERT INTO t VALUES (2) RETURNING x").get();`;
    expect(observe("by-hand.mjs", source)).toEqual({ sessions: 1, holds: [1, 1, 1, 1].map(hold) });
  });

  it("leaves the driver's errors and results alone", () => {
    const source = `
      import Database from "better-sqlite3";
      const db = new Database(process.argv[2]);
      try { db.prepare("nonsense"); process.exit(3); } catch (e) { if (!(e instanceof Database.SqliteError)) process.exit(4); }
      db.exec("CREATE TABLE t (x UNIQUE)").exec("INSERT INTO t VALUES (1)");
      try { db.prepare("INSERT INTO t VALUES (1)").run(); process.exit(5); } catch (e) { if (e.code !== "SQLITE_CONSTRAINT_UNIQUE") process.exit(6); }
      if (db.prepare("INSERT INTO t VALUES (?)").run(2).changes !== 1) process.exit(7);`;
    expect(observe("errors.mjs", source)).toEqual({ sessions: 1, holds: [1, 1, 1].map(hold) });
  });
});

const { program: newer } = newerNode();

describe.skipIf(newer === undefined)("instrument, node:sqlite", () => {
  it("counts sessions opened by import and by require, subclasses included", () => {
    const source = `
      import { DatabaseSync } from "node:sqlite";
      import { createRequire } from "node:module";
      const sqlite = createRequire(import.meta.url)("node:sqlite");
      if (sqlite.DatabaseSync !== DatabaseSync) throw new Error("two classes");
      const a = new DatabaseSync(process.argv[2]);
      class Mine extends DatabaseSync { hello() { return "hello"; } }
      if (!(a instanceof DatabaseSync) || new Mine(process.argv[2]).hello() !== "hello") throw new Error("not a subclass");`;
    expect(observe("node-sqlite.mjs", source, newer)).toEqual({ sessions: 2, holds: [] });
  });

  it("sees transactions by exec and by statements, and writes outside of one", () => {
    const source = `
      const { DatabaseSync } = require("node:sqlite");
      const db = new DatabaseSync(process.argv[2]);
      db.exec("CREATE TABLE t (a)");
      db.exec("BEGIN IMMEDIATE");
      const insert = db.prepare("INSERT INTO t VALUES (?)");
      insert.run(1);
      insert.run(2);
      db.prepare("SELECT * FROM t").all();
      db.exec("COMMIT");
      db.prepare("BEGIN").run();
      insert.run(3);
      db.prepare("ROLLBACK").run();
      db.prepare("SELECT count(*) FROM t").get();`;
    expect(observe("node-sqlite.cjs", source, newer)).toEqual({ sessions: 1, holds: [hold(1), hold(3), hold(0)] });
  });

  it("says nothing of a program that uses none, and that program is warned of nothing", () => {
    expect(observe("none.mjs", `process.on("warning", (warning) => { throw warning; });`, newer)).toEqual({ sessions: 0, holds: [] });
  });
});
