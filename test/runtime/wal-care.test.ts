import { execFile } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { closeSessions, createSessionFactory, transaction, transactionSync } from "sessionfix-runtime";
import type { EngineSettings, WalEvent } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { careOf } from "../../runtime/checkpoints.js";
import { fileKey } from "../../runtime/own-descriptors.js";
import { IDLE, JOB, REFUSED, RUNNING, librarySource, postCheckpoint } from "../../runtime/wal-worker.js";
import { bundleProgram } from "./support/bundle.js";
import { foreignProcess, onCleanup, openByHand, tempDatabase, tempFolder } from "./support/database.js";

const linux = process.platform === "linux";
const require = createRequire(import.meta.url);
const MEGABYTE = 1_048_576;

/** A session of a new file, and the SQL that this thread executes on it from now on. */
function open(engine: EngineSettings): { db: Database.Database; path: string; executed: string[] } {
  const path = tempDatabase();
  const executed: string[] = [];
  const driver = betterSqlite3(Database, { verbose: (sql) => { executed.push(String(sql)); } });
  const db = createSessionFactory({ driver, path, engine }).getSession();
  db.exec("CREATE TABLE blob (id INTEGER PRIMARY KEY, bytes BLOB)");
  executed.length = 0;
  return { db, path, executed };
}

async function grow(db: Database.Database, megabytes: number): Promise<void> {
  for (let written = 0; written < megabytes; written++) {
    await transaction(db, (tx) => tx.prepare("INSERT INTO blob (bytes) VALUES (zeroblob(?))").run(MEGABYTE));
  }
}

const walBytes = (path: string): number => statSync(`${path}-wal`).size;

/** Looks every few milliseconds; the test's own timeout is the limit. */
async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("promise 16: checkpoints off the main thread", () => {
  test("promise 16: a thread empties a log of more than 1,000 pages, and cuts it when nobody writes", async () => {
    const { db, path, executed } = open({});
    expect(careOf(db)?.by).toBe("worker");
    expect(db.pragma("wal_autocheckpoint", { simple: true })).toBe(4_000);
    await grow(db, 6);
    expect(walBytes(path)).toBeGreaterThan(6 * MEGABYTE);
    await eventually(() => walBytes(path) === 0);
    expect(statSync(path).size).toBeGreaterThan(6 * MEGABYTE);
    expect(executed.filter((sql) => sql.includes("wal_checkpoint"))).toEqual([]);
    expect(careOf(db)?.by).toBe("worker");
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    expect(db.prepare("SELECT count(*) FROM blob").pluck().get()).toBe(6);
  });

  test("promise 16: a loop that never lets a timer run gets its log emptied, too", async () => {
    const { db, path } = open({ walAutocheckpoint: 0 }); // without the safety net: the thread, or nobody
    const insert = db.prepare("INSERT INTO blob (bytes) VALUES (zeroblob(100000))");
    // Emptied means that the log starts anew and does not grow any more, which is what this loop waits for.
    for (let rows = 0, highest = 0, at = 0; rows < 5_000; rows++) {
      transactionSync(db, () => insert.run());
      if (rows % 10 === 9) transactionSync(db, (tx) => tx.exec("DELETE FROM blob"));
      if (walBytes(path) > highest) [highest, at] = [walBytes(path), rows];
      if (highest > 4 * MEGABYTE && rows - at > 300) return;
    }
    expect.fail("the log grew with every transaction to the end");
  });

  test("promise 16: the log is copied while a transaction is open here, and while the loop does other things", async () => {
    const { db, path } = open({});
    const before = statSync(path).size;
    await grow(db, 6);
    await transaction(db, async () => {
      await eventually(() => statSync(path).size > before + 4 * MEGABYTE);
    });
    expect(db.prepare("SELECT count(*) FROM blob").pluck().get()).toBe(6);
  });

  test("promise 16: inline, the session does it by itself when nobody has written for a while", async () => {
    const { db, path, executed } = open({ checkpoint: "inline", walAutocheckpoint: 0 });
    expect(careOf(db)?.by).toBe("inline");
    await grow(db, 6);
    await eventually(() => statSync(path).size > 6 * MEGABYTE);
    expect(new Set(executed.filter((sql) => sql.includes("wal_checkpoint")))).toEqual(new Set(["PRAGMA wal_checkpoint(PASSIVE)"]));
  });

  test("promise 16: checkpoint: \"sqlite\" leaves everything to SQLite, and so does a session that is not in WAL mode", () => {
    const { db } = open({ checkpoint: "sqlite" });
    expect(careOf(db)).toBeUndefined();
    expect(db.pragma("wal_autocheckpoint", { simple: true })).toBe(1_000);
    expect(careOf(open({ journalMode: "delete" }).db)).toBeUndefined();
    expect(() => open({ checkpoint: "thread" as "worker" })).toThrow(/engine.checkpoint/);
    expect(() => open({ walWarnBytes: 0 })).toThrow(/engine.walWarnBytes/);
    expect(open({ walAutocheckpoint: 50 }).db.pragma("wal_autocheckpoint", { simple: true })).toBe(50);
  });

  test("promise 16: closing waits for a checkpoint that runs, and leaves no log behind", async () => {
    const { db, path } = open({});
    await grow(db, 6);
    await closeSessions();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(openByHand(path).prepare("SELECT count(*) FROM blob").pluck().get()).toBe(6);
  });

  test("promise 16: the thread does not keep the process alive", async () => {
    const program = await bundleProgram(`
      import { statSync } from "node:fs";
      import Database from "better-sqlite3";
      import { createSessionFactory, transaction } from "sessionfix-runtime";
      import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
      const db = createSessionFactory({ driver: betterSqlite3(Database), path: process.argv[2] }).getSession();
      db.exec("CREATE TABLE blob (bytes BLOB)");
      for (let written = 0; written < 6; written++) await transaction(db, (tx) => tx.exec("INSERT INTO blob VALUES (zeroblob(1000000))"));
      // The thread has worked once the rows are in the database file itself.
      while (statSync(process.argv[2]).size < 5_000_000) await new Promise((resolve) => setTimeout(resolve, 5));
    `);
    const path = join(tempFolder(), "app.db");
    await promisify(execFile)(process.execPath, [program, path], { timeout: 20_000 });
    expect(openByHand(path).prepare("SELECT count(*) FROM blob").pluck().get()).toBe(6);
  });
});

describe("promise 16: the thread loads the session's own library, or none", () => {
  test("promise 16: a class that Node has not loaded from a file of its own is not guessed at", () => {
    const loaded = Object.entries(require.cache).filter(([, module]) => module?.exports === Database);
    const files = loaded.map(([file]) => file);
    expect(files).toContain(librarySource(openByHand(tempDatabase()))?.module);
    onCleanup(() => { for (const [file, module] of loaded) require.cache[file] = module; });
    for (const file of files) delete require.cache[file];
    const { db } = open({});
    expect(careOf(db)?.by).toBe("inline");
    expect(db.pragma("wal_autocheckpoint", { simple: true })).toBe(1_000);
    class Own extends Map<string, string> {}
    expect(librarySource(new Own())).toBeUndefined();
  });

  test("promise 16: another copy of the addon is refused before it opens the file", async () => {
    const path = tempDatabase();
    const shared = new SharedArrayBuffer(JOB.length * 4);
    const state = new Int32Array(shared);
    Atomics.store(state, JOB.state, RUNNING);
    // As a class that is found under a file name of its own, so that no earlier proof serves.
    const stand = join(tempFolder(), "copy.cjs");
    writeFileSync(stand, `module.exports = require(${JSON.stringify(require.resolve("better-sqlite3"))});`);
    expect(postCheckpoint({ library: { module: stand, addons: ["/elsewhere/better_sqlite3.node"] }, path, identity: fileKey(statSync(path)), mode: "passive", shared })).toBe(true);
    await eventually(() => Atomics.load(state, JOB.state) !== RUNNING);
    expect(Atomics.load(state, JOB.state)).toBe(REFUSED);
    expect(existsSync(`${path}-shm`)).toBe(false);
  });

  test("promise 16: a file that has taken the database's place is not given its log", async () => {
    const path = tempDatabase();
    const library = librarySource(openByHand(tempDatabase()))!;
    const shared = new SharedArrayBuffer(JOB.length * 4);
    const state = new Int32Array(shared);
    const run = async (identity: string): Promise<number> => {
      Atomics.store(state, JOB.state, RUNNING);
      postCheckpoint({ library, path, identity, mode: "passive", shared });
      await eventually(() => Atomics.load(state, JOB.state) === IDLE);
      return Atomics.load(state, JOB.done);
    };
    expect(await run("1:1")).toBe(0);
    expect(await run(fileKey(statSync(path)))).toBe(1);
  });

  test("promise 16: a job that fails is counted, and the thread lives on", async () => {
    const path = join(tempFolder(), "no.db");
    writeFileSync(path, "this is no database at all, but it is longer than a hundred bytes, so that SQLite looks at its header and refuses it");
    const library = librarySource(openByHand(tempDatabase()))!;
    const shared = new SharedArrayBuffer(JOB.length * 4);
    const state = new Int32Array(shared);
    for (const expected of [1, 2]) {
      Atomics.store(state, JOB.state, RUNNING);
      postCheckpoint({ library, path, identity: fileKey(statSync(path)), mode: "passive", shared });
      await eventually(() => Atomics.load(state, JOB.state) !== RUNNING);
      expect(Atomics.load(state, JOB.failures)).toBe(expected);
    }
  });
});

describe("promise 16: a reader that pins the log is named", () => {
  function events(path: string): WalEvent[] {
    const heard: WalEvent[] = [];
    const listen = (message: unknown): void => {
      if ((message as WalEvent).path === path) heard.push(message as WalEvent);
    };
    channel("sessionfix:wal").subscribe(listen);
    onCleanup(() => channel("sessionfix:wal").unsubscribe(listen));
    return heard;
  }

  function warnings(path: string): string[] {
    const heard: string[] = [];
    const listen = (warning: Error): void => { if (warning.message.includes(path)) heard.push(warning.message); };
    process.on("warning", listen);
    onCleanup(() => process.off("warning", listen));
    return heard;
  }

  test("promise 16: another process, by pid and command; nothing waits for it, and the log is cut when it is done", { skip: !linux }, async () => {
    const { db, path } = open({ walWarnBytes: 6 * MEGABYTE });
    const [heard, warned] = [events(path), warnings(path)];
    const reader = await foreignProcess(path);
    await reader.run("BEGIN");
    await reader.run("SELECT count(*) FROM item");
    await grow(db, 9);
    await eventually(() => heard.length > 0 && warned.length > 0);
    expect(heard[0]).toMatchObject({ path, limitBytes: 6 * MEGABYTE, readers: [{ pid: reader.pid, state: "sleeping", thisProcess: false }] });
    expect(heard[0]?.walBytes).toBeGreaterThan(6 * MEGABYTE);
    expect(heard[0]?.readers[0]?.seenForMs).toBeGreaterThan(0);
    expect(heard[0]?.readers[0]?.command).toContain("foreign.mjs");
    for (const part of [path, String(reader.pid), "foreign.mjs", "End long reads"]) expect(warned[0]).toContain(part);
    await transaction(db, () => {}, { timeoutMs: 1_000 });
    await reader.run("COMMIT");
    await eventually(() => walBytes(path) === 0);
    expect(warned).toHaveLength(1);
    expect(db.prepare("SELECT count(*) FROM blob").pluck().get()).toBe(9);
  });

  test("promise 16: a reader in this process is called that", { skip: !linux }, async () => {
    const { db, path } = open({ walWarnBytes: 6 * MEGABYTE });
    const heard = events(path);
    const reader = openByHand(path);
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM item").get();
    await grow(db, 9);
    await eventually(() => heard.length > 0);
    expect(heard[0]?.readers).toMatchObject([{ pid: process.pid, thisProcess: true }]);
    reader.exec("COMMIT");
  });
});
