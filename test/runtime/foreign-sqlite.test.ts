import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, copyFileSync, openSync, renameSync, statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import Libsql from "libsql";
import { describe, expect, test } from "vitest";
import { FileReplacedError, ForeignSqliteError, closeSessions, createSessionFactory, transaction, transactionSync } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { FileGuard } from "../../runtime/foreign-sqlite.js";
import { countMappings, fileKey } from "../../runtime/own-descriptors.js";
import { stateOf } from "../../runtime/session-state.js";
import { foreignProcess, gate, insert, onCleanup, openByHand, rejection, tempDatabase, tempFolder } from "./support/database.js";

const linux = process.platform === "linux";
const driver = betterSqlite3(Database);

/** What a process that has just been started finds in the file. */
async function seenElsewhere(path: string): Promise<unknown[]> {
  const other = await foreignProcess(path);
  const rows = (await other.run("SELECT name FROM item ORDER BY id")) as { name: unknown }[];
  other.child.disconnect();
  await once(other.child, "exit");
  return rows.map(({ name }) => name);
}

/** The same file through another SQLite library. `exec` alone, because libsql closes only once no statement is left. */
function openLibsql(path: string): Libsql.Database {
  const db = new Libsql(path);
  onCleanup(() => db.close());
  db.exec("SELECT count(*) FROM item");
  return db;
}

/** A session with one acknowledged row. */
async function openSession(path: string): Promise<Database.Database> {
  const db = createSessionFactory({ driver, path }).getSession();
  await transaction(db, (tx) => insert(tx, "acknowledged"));
  return db;
}

/** Whatever the last look said: the next transaction looks again. */
const looksAgain = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

describe("promise 2: a second SQLite library in the process is refused", { skip: !linux }, () => {
  test("promise 2: without this package, both libraries begin IMMEDIATE and an acknowledged row is lost", async () => {
    const path = tempDatabase();
    const program = fileURLToPath(new URL("support/two-libraries.mjs", import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [program, path], { encoding: "utf8", timeout: 20_000 });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ changes: 1 });
    expect(await seenElsewhere(path)).toEqual(["theirs"]);
  });

  test("promise 2: a transaction is refused before its body as soon as another library has the file open", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    const other = openLibsql(path);
    await looksAgain();
    const error = await rejection(transaction(db, () => { throw new Error("the body must not run"); }));
    expect(error).toBeInstanceOf(ForeignSqliteError);
    expect(error).toMatchObject({ code: "SESSIONFIX_FOREIGN_SQLITE", evidence: "descriptors", path });
    expect((error as ForeignSqliteError).libraries.some((file) => file.includes("libsql"))).toBe(true);
    for (const part of [path, "libsql", "close the other one's connection first"]) expect((error as Error).message).toContain(part);
    expect(() => transactionSync(db, () => { throw new Error("nor here"); })).toThrow(ForeignSqliteError);
    expect(await rejection(transaction(db, async () => {}))).toBeInstanceOf(ForeignSqliteError);
    expect(db.inTransaction).toBe(false);

    // Closing ours first would remove the log that the other one writes to.
    expect(await rejection(closeSessions())).toBeInstanceOf(ForeignSqliteError);
    other.exec("INSERT INTO item (name) VALUES ('theirs')");
    other.close();
    await closeSessions();
    const again = createSessionFactory({ driver, path }).getSession();
    await transaction(again, (tx) => insert(tx, "again"));
    expect(await seenElsewhere(path)).toEqual(["acknowledged", "theirs", "again"]);
  });

  test("promise 2: a session is refused where another library was first, and what that one writes is kept", async () => {
    const path = tempDatabase();
    const other = openLibsql(path);
    other.exec("INSERT INTO item (name) VALUES ('before')");
    const factory = createSessionFactory({ driver, path });
    expect(() => factory.getSession()).toThrow(ForeignSqliteError);
    expect(() => factory.getSession()).toThrow(ForeignSqliteError);
    other.exec("INSERT INTO item (name) VALUES ('after')");
    expect(await seenElsewhere(path)).toEqual(["before", "after"]);
    other.close();
    await transaction(factory.getSession(), (tx) => insert(tx, "ours"));
    expect(await seenElsewhere(path)).toEqual(["before", "after", "ours"]);
  });

  test("promise 2: the other library came and went: the log that it removed is noticed before the next write", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    const other = openLibsql(path);
    other.exec("INSERT INTO item (name) VALUES ('theirs')");
    other.close();
    await looksAgain();
    const error = await rejection(transaction(db, () => { throw new Error("the body must not run"); }));
    expect(error).toBeInstanceOf(FileReplacedError);
    expect(error).toMatchObject({ code: "SESSIONFIX_FILE_REPLACED", path, file: `${path}-wal` });
    expect(() => transactionSync(db, () => {})).toThrow(FileReplacedError);
    await closeSessions();
    await transaction(createSessionFactory({ driver, path }).getSession(), (tx) => insert(tx, "again"));
    expect(await seenElsewhere(path)).toEqual(["acknowledged", "theirs", "again"]);
  });

  test("promise 2: what was written before anybody could look is copied at the close", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    const other = openLibsql(path);
    other.exec("INSERT INTO item (name) VALUES ('theirs')");
    other.close();
    insert(db, "not looked at"); // a statement outside of a transaction
    await looksAgain();
    expect(await rejection(transaction(db, () => {}))).toBeInstanceOf(FileReplacedError);
    await closeSessions();
    expect(await seenElsewhere(path)).toEqual(["acknowledged", "theirs", "not looked at"]);
  });

  test("promise 2: during an asynchronous body: the commit is not acknowledged", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    const [inside, go] = [gate(), gate()];
    const ours = rejection(transaction(db, async (tx) => {
      insert(tx, "uncertain");
      inside.open();
      await go.promise;
    }));
    await inside.promise;
    openLibsql(path).close();
    await looksAgain();
    go.open();
    expect(await ours).toBeInstanceOf(FileReplacedError);
    expect(await seenElsewhere(path)).toEqual(expect.arrayContaining(["acknowledged"]));
  });

  test("promise 2: where the log stays, the locks that the other library took along are missed", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    const elsewhere = await foreignProcess(path);
    await elsewhere.run("SELECT count(*) FROM item"); // in use there, so nobody may remove the log
    openLibsql(path).close();
    await looksAgain();
    const error = await rejection(transaction(db, () => { throw new Error("the body must not run"); }));
    expect(error).toMatchObject({ code: "SESSIONFIX_FOREIGN_SQLITE", evidence: "locks" });
    expect(await seenElsewhere(path)).toEqual(["acknowledged"]);
  });

  test("promise 2: a second copy of the same library is another library", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    const addon = join(tempFolder(), "copy.node");
    copyFileSync(Object.keys(createRequire(import.meta.url).cache).find((file) => /better-sqlite3.*\.node$/.test(file))!, addon);
    const other = new Database(path, { nativeBinding: addon });
    other.exec("SELECT count(*) FROM item");
    await looksAgain();
    expect(await rejection(transaction(db, () => {}))).toMatchObject({ code: "SESSIONFIX_FOREIGN_SQLITE", evidence: "descriptors" });
    other.close();
    expect(await seenElsewhere(path)).toEqual(["acknowledged"]);
  });

  test("promise 2: a tight loop is looked at after 64 checks, however little time has passed", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const guard = new FileGuard(db, path);
    const now = performance.now();
    guard.lookNow();
    openLibsql(path);
    const looks = Array.from({ length: 64 }, () => {
      try {
        guard.check(now, false);
        return "passed";
      } catch (error) {
        return (error as Error).name;
      }
    });
    expect(looks.at(-1)).toBe("ForeignSqliteError");
    expect(looks.slice(0, 32)).toEqual(Array.from({ length: 32 }, () => "passed"));
  });
});

describe("promise 2: what leaves the files as they are is searched for four times a second", { skip: !linux }, () => {
  test("promise 2: code that opens the -shm file and closes it takes the locks along", async () => {
    const path = tempDatabase();
    const guard = new FileGuard(await openSession(path), path);
    const now = performance.now();
    guard.lookNow();
    closeSync(openSync(`${path}-shm`, "r"));
    guard.check(now + 240, false);
    expect(() => guard.check(now + 5_000, false)).toThrow(ForeignSqliteError);
  });

  test("promise 2: each library maps the -shm file once, whatever the number of its connections", async () => {
    const path = tempDatabase();
    await openSession(path);
    for (const other of [1, 2, 3]) insert(openByHand(path), `${other}`);
    const key = fileKey(statSync(`${path}-shm`));
    expect(countMappings(key)).toBe(1);
    const other = openLibsql(path);
    expect(countMappings(key)).toBe(2);
    other.close();
  });
});

describe("promise 2: two drivers of different libraries", () => {
  test("promise 2: the second is refused before it opens the file", async () => {
    const path = tempDatabase();
    await openSession(path);
    let opened = false;
    const other = { ...driver, name: "node:sqlite", open: (file: string) => { opened = true; return new Database(file); } };
    const attempt = (): unknown => createSessionFactory({ driver: other, path }).getSession();
    expect(attempt).toThrow(ForeignSqliteError);
    expect(attempt).toThrow(/better-sqlite3/);
    expect(opened).toBe(false);
    await closeSessions();
    createSessionFactory({ driver: other, path }).getSession();
    expect(opened).toBe(true);
  });
});

describe("promise 2: files that are removed or replaced under an open session", () => {
  for (const suffix of ["", "-wal", "-shm"]) {
    test(`promise 2: app.db${suffix} removed`, { skip: suffix !== "" && !linux }, async () => {
      const path = tempDatabase();
      const db = await openSession(path);
      unlinkSync(`${path}${suffix}`);
      await looksAgain();
      const error = await rejection(transaction(db, (tx) => insert(tx, "lost")));
      expect(error).toMatchObject({ code: "SESSIONFIX_FILE_REPLACED", file: `${path}${suffix}` });
      expect((error as Error).message).toContain("was removed");
      await closeSessions();
      // The log that nobody else could see is copied by the connection that still has it.
      if (suffix !== "") expect(await seenElsewhere(path)).toEqual(["acknowledged"]);
    });
  }

  test("promise 2: another file moved over the database", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    copyFileSync(tempDatabase(), `${path}.new`);
    renameSync(`${path}.new`, path);
    await looksAgain();
    const error = await rejection(transaction(db, (tx) => insert(tx, "lost")));
    expect(error).toMatchObject({ code: "SESSIONFIX_FILE_REPLACED", file: path });
    expect((error as Error).message).toContain("was replaced");
  });

  test("promise 2: a session is not opened on a file whose log belongs to the database that was there before", { skip: !linux }, async () => {
    const path = tempDatabase();
    await openSession(path);
    renameSync(path, `${path}.old`);
    copyFileSync(tempDatabase(), path);
    expect(() => createSessionFactory({ driver, path }).getSession()).toThrow(FileReplacedError);
    await closeSessions();
    unlinkSync(`${path}-wal`);
    unlinkSync(`${path}-shm`);
    await transaction(createSessionFactory({ driver, path }).getSession(), (tx) => insert(tx, "new"));
    expect(await seenElsewhere(path)).toEqual(["new"]);
  });
});

describe("promise 2: no false alarms", () => {
  /** Forces the whole look, with a transaction before and after it. */
  async function works(db: Database.Database, name: string): Promise<void> {
    await transaction(db, (tx) => insert(tx, `${name} 1`));
    stateOf(db).guard.lookNow();
    transactionSync(db, (tx) => insert(tx, `${name} 2`));
    db.exec("DELETE FROM item");
  }

  test("promise 2: many connections of one library", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    const others = Array.from({ length: 20 }, () => openByHand(path));
    for (const other of others) insert(other, `row ${others.indexOf(other)}`);
    await works(db, "with 20");
    for (const other of others) other.close();
    await works(db, "alone");
  });

  test("promise 2: worker threads with connections of their own", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    const program = new URL("support/worker-connection.mjs", import.meta.url);
    const workers = await Promise.all(["a", "b"].map(async (name) => {
      const worker = new Worker(program, { workerData: { path, name } });
      await once(worker, "message");
      return worker;
    }));
    await works(db, "beside workers");
    await Promise.all(workers.map(async (worker) => {
      worker.postMessage("close");
      await once(worker, "exit");
    }));
    await works(db, "after workers");
  });

  test("promise 2: children that were started while the file was open", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    execFileSync(process.execPath, ["-e", ""]);
    const other = await foreignProcess(path);
    await other.run("INSERT INTO item (name) VALUES ('child')");
    await works(db, "beside a child");
    other.child.kill("SIGKILL");
    await once(other.child, "exit");
    await works(db, "after the child");
  });

  test("promise 2: a rollback journal, and a session that changes its journal mode", async () => {
    const path = tempDatabase("delete");
    const db = openByHand(path);
    await works(db, "rollback");
    expect(db.pragma("journal_mode = WAL", { simple: true })).toBe("wal");
    await works(db, "wal");
    expect(db.pragma("journal_mode = DELETE", { simple: true })).toBe("delete");
    await works(db, "rollback again");
    db.pragma("journal_mode = WAL");
    await transaction(db, () => {}, { mode: "deferred" });
    await works(db, "wal again");
  });

  test("promise 2: VACUUM, and a checkpoint that truncates the log", async () => {
    const path = tempDatabase();
    const db = await openSession(path);
    db.exec("VACUUM");
    await works(db, "after VACUUM");
    db.pragma("wal_checkpoint(TRUNCATE)");
    await works(db, "after TRUNCATE");
  });

  test("promise 2: another process removed the log while nobody here had the file open", async () => {
    const path = tempDatabase();
    const first = await openSession(path);
    await works(first, "first");
    await closeSessions();
    const other = await foreignProcess(path);
    await other.run("INSERT INTO item (name) VALUES ('elsewhere')");
    other.child.disconnect();
    await once(other.child, "exit");
    await works(await openSession(path), "second");
  });

  test("promise 2: exclusive locking mode, which has no -shm file", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    db.pragma("locking_mode = EXCLUSIVE");
    await works(db, "exclusive");
    writeFileSync(`${path}-shm`, "left behind by somebody");
    await works(db, "still");
  });

  test("promise 2: a session that only reads, and one in memory", async () => {
    const path = tempDatabase();
    await openSession(path);
    const reader = createSessionFactory({ driver: betterSqlite3(Database, { readonly: true }), path }).getSession();
    stateOf(reader).guard.lookNow();
    expect(await transaction(reader, (tx) => tx.prepare("SELECT name FROM item").pluck().all(), { mode: "deferred" })).toEqual(["acknowledged"]);
    const memory = createSessionFactory({ driver, path: ":memory:" }).getSession();
    memory.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
    await works(memory, "memory");
  });

  test("promise 2: a file in a folder that is reached through a symbolic link, made by the session itself", async () => {
    const folder = tempFolder();
    symlinkSync(folder, join(folder, "link"));
    const path = join(folder, "link", "new.db");
    const db = createSessionFactory({ driver, path }).getSession();
    db.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
    await works(db, "new");
  });
});
