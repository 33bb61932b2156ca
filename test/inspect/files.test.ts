import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { lookAtFiles } from "../../src/inspect/look.js";
import { parseDatabaseHeader } from "../../src/inspect/database-header.js";
import { parseWalIndex } from "../../src/inspect/wal-index.js";
import { quickCheck } from "../../src/inspect/quick-check.js";
import { openByHand, tempDatabase, tempFolder } from "../runtime/support/database.js";

describe("what the files of a database say", () => {
  it("is what SQLite says by its pragmas", () => {
    const path = join(tempFolder(), "app.db");
    const db = openByHand(path);
    db.pragma("page_size = 8192");
    db.pragma("auto_vacuum = INCREMENTAL");
    db.pragma("user_version = 7");
    db.pragma("application_id = 4711");
    db.exec("CREATE TABLE t (a); INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT hex(zeroblob(100)) FROM n; DELETE FROM t");
    const { header, wal } = lookAtFiles(path);
    const pragma = (name: string): unknown => db.pragma(name, { simple: true });
    expect(header).toMatchObject({
      pageSize: pragma("page_size"), pages: pragma("page_count"), freePages: pragma("freelist_count"), userVersion: 7, applicationId: 4711,
      autoVacuum: "incremental", encoding: pragma("encoding"), journal: "rollback",
      writtenBy: db.prepare("SELECT sqlite_version()").pluck().get(),
    });
    expect(header?.freePages).toBeGreaterThan(0);
    expect(wal).toBeUndefined();
  });

  it("of a write-ahead log: frames, and those in the database already", () => {
    const path = tempDatabase("wal");
    const db = openByHand(path);
    db.pragma("wal_autocheckpoint = 0");
    for (const name of ["a", "b", "c"]) db.prepare("INSERT INTO item (name) VALUES (?)").run(name);
    const before = lookAtFiles(path);
    const [checkpoint] = db.pragma("wal_checkpoint(PASSIVE)") as [{ log: number; checkpointed: number }];
    const after = lookAtFiles(path);
    expect(before.header?.journal).toBe("wal");
    expect(before.index).toMatchObject({ frames: checkpoint.log, checkpointed: 0 });
    expect(after.index).toMatchObject({ frames: checkpoint.log, checkpointed: checkpoint.checkpointed });
    expect(after.wal?.frames).toBe(checkpoint.log);
  });

  it("of a rollback journal: whether a transaction runs", () => {
    const path = tempDatabase("delete");
    const db = openByHand(path);
    expect(lookAtFiles(path).journal).toBeUndefined();
    db.pragma("cache_size = 1");
    db.pragma("cache_spill = 1");
    db.exec("BEGIN IMMEDIATE; INSERT INTO item (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT 'x' || i FROM n");
    expect(lookAtFiles(path).journal).toMatchObject({ hot: true });
    db.exec("ROLLBACK");
    expect(lookAtFiles(path).journal).toBeUndefined();
  });

  it("is taken from the file behind a symbolic link, where SQLite puts the log", async () => {
    const path = tempDatabase("wal");
    const { symlinkSync, realpathSync } = await import("node:fs");
    symlinkSync(path, `${path}.link`);
    expect(lookAtFiles(`${path}.link`).path).toBe(realpathSync(path));
  });

  it.each([
    ["a file that is not there", (folder: string) => join(folder, "none.db"), "NO_SUCH_DATABASE"],
    ["a folder", (folder: string) => { mkdirSync(join(folder, "data")); return join(folder, "data"); }, "NOT_A_DATABASE"],
    ["another kind of file", (folder: string) => { writeFileSync(join(folder, "a.db"), "name,price\n".repeat(40)); return join(folder, "a.db"); }, "NOT_A_DATABASE"],
    ["a file cut short", (folder: string) => { writeFileSync(join(folder, "a.db"), "SQLite format 3\0"); return join(folder, "a.db"); }, "NOT_A_DATABASE"],
  ])("refuses %s with what to do", (_, make, code) => {
    expect(() => lookAtFiles(make(tempFolder()))).toThrow(expect.objectContaining({ code, hint: expect.stringMatching(/\.$/) as string }) as Error);
  });

  it("takes an empty file for an empty database", () => {
    const path = join(tempFolder(), "app.db");
    writeFileSync(path, "");
    expect(lookAtFiles(path)).toMatchObject({ size: 0, header: undefined });
  });

  it("is undefined while the two copies of the index differ, and where it is not laid yet", () => {
    const index = Buffer.alloc(136);
    expect(parseWalIndex(index)).toBeUndefined();
    index[12] = 1;
    index[12 + 48] = 1;
    expect(parseWalIndex(index)).toMatchObject({ frames: 0 });
    index[16] = 5;
    expect(parseWalIndex(index)).toBeUndefined();
  });

  it("never throws, whatever the bytes", () => {
    for (let seed = 1; seed < 400; seed++) {
      const bytes = Buffer.from(Array.from({ length: seed % 140 }, (_, index) => (index * seed * 2654435761) >>> 24));
      if (seed % 3 === 0) bytes.write("SQLite format 3\0", "latin1");
      expect(() => [parseDatabaseHeader(bytes), parseWalIndex(bytes)]).not.toThrow();
    }
  });
});

describe("the quick check", () => {
  it("says ok of a sound file, and what is wrong of a broken one", async () => {
    const path = tempDatabase("delete");
    const db = new Database(path);
    db.exec("INSERT INTO item (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT 'x' || i FROM n");
    db.close();
    expect(quickCheck(path, process.cwd()).lines).toEqual(["ok"]);
    const { openSync, writeSync, closeSync } = await import("node:fs");
    const file = openSync(path, "r+");
    writeSync(file, Buffer.alloc(3000, 0xff), 0, 3000, 4096 * 3);
    closeSync(file);
    expect(quickCheck(path, process.cwd()).lines).not.toEqual(["ok"]);
  });
});
