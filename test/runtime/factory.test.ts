import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test, vi } from "vitest";
import {
  EngineSettingError, LockTimeoutError, RecursiveOpenError, SessionClosedError, SessionNotInitializedError, SessionOptionError,
  UnsupportedSessionError, closeSessions, createSessionFactory, getSession, initSessionFactory, transaction,
} from "sessionfix-runtime";
import type { EngineSettings } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { committed, foreignProcess, gate, insert, openByHand, rejection, tempDatabase, tempFolder } from "./support/database.js";

const driver = betterSqlite3(Database);
const pragma = (db: Database.Database, name: string): unknown => db.pragma(name, { simple: true });

// First in this file, before any test makes a default factory.
test("getSession() before initSessionFactory() says what to do", () => {
  expect(() => getSession()).toThrow(SessionNotInitializedError);
  expect(() => getSession()).toThrow(/Call initSessionFactory/);
});

describe("a factory", () => {
  test("opens nothing before the first use", () => {
    const path = join(tempFolder(), "app.db");
    const { getSession: get } = createSessionFactory({ driver, path });
    expect(existsSync(path)).toBe(false);
    expect(get()).toBe(get(path));
    expect(existsSync(path)).toBe(true);
  });

  test("with an open function of the application keeps what that function configures", () => {
    const path = tempDatabase("delete");
    const open = vi.fn((file: string) => new Database(file, { timeout: 4_321 }));
    const db = createSessionFactory({ driver, path, open }).getSession();
    expect(open).toHaveBeenCalledWith(path);
    expect(pragma(db, "busy_timeout")).toBe(4_321);
    expect(pragma(db, "journal_mode")).toBe("delete");
    const asked = createSessionFactory({ path: tempDatabase("delete"), open: (file) => new Database(file), engine: { journalMode: "wal" } }).getSession();
    expect(pragma(asked, "journal_mode")).toBe("wal");
  });

  test("with an open function that takes no path needs none", () => {
    const path = tempDatabase();
    const { getSession: get } = createSessionFactory({ open: () => new Database(path) });
    expect(get()).toBe(get());
    expect(get().name).toBe(path);
  });

  test("shares the promise of an asynchronous open while it is pending, and forgets it when it rejects", async () => {
    const path = tempDatabase();
    let attempts = 0;
    const { getSession: get, close } = createSessionFactory({
      path,
      open: async (file) => {
        await null;
        if (++attempts === 1) throw new Error("not yet");
        return new Database(file);
      },
      engine: { busyTimeoutMs: 99 },
    });
    const first = get();
    expect(get()).toBe(first);
    expect(await rejection(first)).toMatchObject({ message: "not yet" });
    const [second, third] = [get(), get()];
    expect(second).toBe(third);
    const db = await second;
    expect(pragma(db, "busy_timeout")).toBe(99);
    db.close();
    const reopened = await get();
    expect(reopened.open).toBe(true);
    await close();
    expect(reopened.open).toBe(false);
  });

  test("refuses what cannot work, saying what to do", () => {
    expect(() => createSessionFactory({} as { driver: typeof driver })).toThrow(SessionOptionError);
    expect(() => createSessionFactory({ driver }).getSession()).toThrow(/no path/);
    const path = tempDatabase();
    const recursive: { getSession: (path?: string) => object } = createSessionFactory({ path, open: (file): object => recursive.getSession(file) });
    expect(() => recursive.getSession()).toThrow(RecursiveOpenError);
    expect(() => createSessionFactory({ path, open: () => ({ odd: true }), engine: { journalMode: "wal" } }).getSession()).toThrow(UnsupportedSessionError);
  });

  test("whose opening fails leaves nothing behind", () => {
    const path = tempDatabase();
    let fail = true;
    const opened: Database.Database[] = [];
    const { getSession: get } = createSessionFactory({
      path,
      open: (file) => {
        if (fail) throw new Error("cannot open");
        const db = new Database(file);
        opened.push(db);
        return db;
      },
    });
    expect(() => get()).toThrow("cannot open");
    fail = false;
    expect(get()).toBe(opened[0]);
    const strict = createSessionFactory({ path, open: (file) => { const db = new Database(file, { readonly: true }); opened.push(db); return db; }, engine: { journalMode: "memory" } });
    expect(() => strict.getSession()).toThrow();
    expect(opened[1]?.open).toBe(false);
  });
});

describe("engine settings", () => {
  test("are the documented defaults for sessions that the driver opens", () => {
    const db = createSessionFactory({ driver, path: tempDatabase("delete") }).init();
    expect({
      journal: pragma(db, "journal_mode"), synchronous: pragma(db, "synchronous"), foreignKeys: pragma(db, "foreign_keys"), tempStore: pragma(db, "temp_store"),
      cacheSize: pragma(db, "cache_size"), mmapSize: pragma(db, "mmap_size"), busyTimeout: pragma(db, "busy_timeout"),
    }).toEqual({ journal: "wal", synchronous: 1, foreignKeys: 1, tempStore: 2, cacheSize: -64_000, mmapSize: 268_435_456, busyTimeout: 10_000 });
  });

  test("are overridden one by one, or left alone by null", () => {
    const untouched = openByHand(tempDatabase("delete"));
    const db = createSessionFactory({ driver, path: tempDatabase("delete"), engine: { journalMode: null, cacheSize: -8_000, foreignKeys: false, synchronous: "full", tempStore: null, walAutocheckpoint: 500 } }).init();
    expect(pragma(db, "journal_mode")).toBe("delete");
    expect(pragma(db, "cache_size")).toBe(-8_000);
    expect(pragma(db, "foreign_keys")).toBe(0);
    expect(pragma(db, "synchronous")).toBe(2);
    expect(pragma(db, "temp_store")).toBe(pragma(untouched, "temp_store"));
    expect(pragma(db, "wal_autocheckpoint")).toBe(500);
  });

  test("that do not hold are an error that names pragma, wish and reality, and nothing stays open", () => {
    const path = ":memory:";
    const sessions = createSessionFactory({ driver, path, engine: { journalMode: "wal" } });
    expect(() => sessions.init()).toThrow(EngineSettingError);
    try {
      sessions.init();
    } catch (error) {
      expect(error).toMatchObject({ code: "SESSIONFIX_ENGINE_SETTING", pragma: "journal_mode", wanted: "wal", actual: "memory" });
    }
    // Defaults that cannot apply to a database in memory, or to one that is only read, give way.
    expect(createSessionFactory({ driver }).getSession(":memory:").memory).toBe(true);
    expect(createSessionFactory({ driver: betterSqlite3(Database, { readonly: true }), path: tempDatabase("delete") }).getSession().readonly).toBe(true);
  });

  test("of a second factory are checked against the session that is already open", () => {
    const path = tempDatabase();
    const db = createSessionFactory({ driver, path }).getSession();
    expect(() => createSessionFactory({ driver, path, engine: { synchronous: "full" } }).getSession()).toThrow(EngineSettingError);
    expect(createSessionFactory({ driver, path, engine: { synchronous: "normal" } }).getSession()).toBe(db);
    expect(pragma(db, "synchronous")).toBe(1);
  });

  test("cannot carry other SQL along", () => {
    const hostile = { journalMode: "wal; DROP TABLE item" } as unknown as EngineSettings;
    expect(() => createSessionFactory({ driver, path: tempDatabase(), engine: hostile }).getSession()).toThrow(SessionOptionError);
    expect(() => createSessionFactory({ driver, path: tempDatabase(), engine: { cacheSize: "1" as unknown as number } }).getSession()).toThrow(SessionOptionError);
  });

  test("that another process keeps from being applied are a timeout that names it", { skip: process.platform !== "linux" }, async () => {
    const path = tempDatabase("delete");
    const other = await foreignProcess(path);
    await other.run("BEGIN EXCLUSIVE");
    const sessions = createSessionFactory({ driver, path, engine: { busyTimeoutMs: 20 } });
    expect(() => sessions.getSession()).toThrow(LockTimeoutError);
    expect(() => sessions.getSession()).toThrow(String(other.pid));
    await other.run("COMMIT");
    expect(pragma(sessions.getSession(), "journal_mode")).toBe("wal");
  });
});

describe("closing", () => {
  test("waits for the running transaction, refuses new ones, and ends with SessionClosedError until the next init", async () => {
    const path = tempDatabase();
    const sessions = createSessionFactory({ driver, path });
    initSessionFactory(sessions);
    const db = getSession<Database.Database>();
    const [inside, go] = [gate(), gate()];
    const running = transaction(db, async (tx) => { insert(tx, "running"); inside.open(); await go.promise; await transaction(tx, (inner) => insert(inner, "savepoint")); });
    await inside.promise;
    const queued = transaction(db, (tx) => insert(tx, "queued"));
    const closing = closeSessions();
    expect(() => getSession()).toThrow(SessionClosedError);
    expect(() => sessions.getSession()).toThrow(SessionClosedError);
    expect(await rejection(transaction(db, () => {}))).toBeInstanceOf(SessionClosedError);
    go.open();
    await Promise.all([running, queued, closing]);
    expect(db.open).toBe(false);
    expect(committed(path)).toEqual(["running", "savepoint", "queued"]);
    expect(await rejection(transaction(db, () => {}))).toBeInstanceOf(SessionClosedError);

    initSessionFactory(sessions);
    expect(getSession<Database.Database>().open).toBe(true);
    expect(getSession()).not.toBe(db);
  });

  test("gives up at its deadline, names the transaction, and can be tried again", async () => {
    const db = createSessionFactory({ driver, path: tempDatabase() }).getSession();
    const [inside, go] = [gate(), gate()];
    const running = transaction(db, async () => { inside.open(); await go.promise; }, { label: "endless" });
    await inside.promise;
    const error = await rejection(closeSessions({ timeoutMs: 5 }));
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect((error as Error).message).toContain('"endless"');
    expect(db.open).toBe(true);
    go.open();
    await running;
    await closeSessions();
    expect(db.open).toBe(false);
  });

  test("waits for a session that is being opened, and not for ever", async () => {
    const path = tempDatabase();
    const go = gate();
    const sessions = createSessionFactory({ path, open: async (file) => { await go.promise; return new Database(file); } });
    const pending = sessions.getSession();
    expect(await rejection(sessions.close({ timeoutMs: 5 }))).toMatchObject({ code: "SESSIONFIX_SESSION_BUSY" });
    const closing = sessions.close();
    go.open();
    await closing;
    expect((await pending).open).toBe(false);
  });

  test("of one factory leaves the session to the others that use it", async () => {
    const path = tempDatabase();
    const [a, b] = [createSessionFactory({ driver, path }), createSessionFactory({ driver, path })];
    const db = a.getSession();
    b.getSession();
    await a.close();
    expect(db.open).toBe(true);
    expect(() => a.getSession()).toThrow(SessionClosedError);
    expect(b.getSession()).toBe(db);
    await b.close();
    expect(db.open).toBe(false);
    expect(a.init().open).toBe(true);
  });

  test("uses the application's own close, and tolerates sessions without one", async () => {
    const closed: string[] = [];
    const sessions = createSessionFactory({ open: (file) => ({ file }), close: (session) => { closed.push(session.file); } });
    sessions.getSession("one");
    sessions.getSession("two");
    createSessionFactory({ open: () => ({ nothing: "to close" }) }).getSession();
    await closeSessions();
    expect(closed.sort()).toEqual(["one", "two"]);
  });

  test("initSessionFactory without any path registers only, also after a close", async () => {
    const path = tempDatabase();
    const sessions = createSessionFactory({ driver });
    expect(initSessionFactory(sessions)).toBe(sessions);
    expect(() => getSession()).toThrow(SessionOptionError);
    const db = getSession<Database.Database>(path);
    await closeSessions();
    initSessionFactory(sessions);
    expect(getSession(path)).not.toBe(db);
    initSessionFactory({ driver }, path);
    expect(getSession<Database.Database>().name).toBe(path);
  });
});
