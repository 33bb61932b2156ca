import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import {
  DeadlockError, LockTimeoutError, RunnerError, SessionClosedError, TransactionClosedError, closeSessions, createSessionFactory, detached, transaction,
} from "sessionfix-runtime";
import { isBusyAnywhere, ormRunner } from "sessionfix-runtime/orm-runner";
import type { OrmRunnerSpec } from "sessionfix-runtime/orm-runner";
import { literalCapabilities } from "sessionfix-runtime/orm-sql";
import { committed, foreignProcess, gate, insert, onCleanup, openByHand, rejection, tempDatabase, timersFired } from "../support/database.js";
import { describeRunner } from "./contract.js";

/** A library that keeps its connection to itself, has transactions of its own, and wraps SQLite's errors. */
class Library {
  readonly #db: Database.Database;
  /** Runs before each `BEGIN`. */
  beforeBegin: () => unknown = () => {};

  constructor(readonly path: string) {
    this.#db = new Database(path, { timeout: 0 });
    onCleanup(() => this.#db.close());
  }

  async transaction(body: (tx: LibraryTransaction) => unknown): Promise<unknown> {
    await this.beforeBegin();
    this.#exec("BEGIN IMMEDIATE");
    const tx = new LibraryTransaction(this.#db);
    try {
      const result = await body(tx);
      tx.open = false;
      this.#exec("COMMIT");
      return result;
    } catch (error) {
      tx.open = false;
      if (this.#db.inTransaction) this.#exec("ROLLBACK");
      throw error;
    }
  }

  #exec(sql: string): void {
    try {
      this.#db.exec(sql);
    } catch (error) {
      throw new Error("a statement of the library failed", { cause: error });
    }
  }

  close(): void {
    this.#db.close();
  }
}

class LibraryTransaction {
  open = true;

  constructor(readonly db: Database.Database) {}

  statement(sql: string): Database.Statement {
    if (!this.open) throw new Error("this transaction of the library has ended");
    return this.db.prepare(sql);
  }
}

type Tx = LibraryTransaction;

const add = (tx: Tx, name: string) => tx.statement("INSERT INTO item (name) VALUES (?)").run(name);

const capabilities = literalCapabilities<Tx>({
  run: (tx, sql) => new Promise((resolve) => { tx.statement(sql).run(); resolve(); }),
  all: (tx, sql) => new Promise((resolve) => { resolve(tx.statement(sql).all()); }),
});

function runnerOf(library: Library, spec: Partial<OrmRunnerSpec<Tx>> = {}) {
  return ormRunner<Tx>({ library: "the library", key: library, path: () => library.path, run: (work) => library.transaction(work), capabilities, ...spec });
}

const runners = new WeakMap<Library, ReturnType<typeof runnerOf>>();

describeRunner<Library, Tx>({
  name: "a library whose connection is out of reach",
  sessions: (path) => createSessionFactory({ open: (file) => new Library(file), close: (library) => { library.close(); }, path }),
  runner: (library) => {
    const runner = runners.get(library) ?? runnerOf(library);
    runners.set(library, runner);
    return runner;
  },
  insert: add,
  names: (tx) => tx.statement("SELECT name FROM item ORDER BY id").pluck().all(),
  insertOrRollback: (tx, name) => tx.statement("INSERT OR ROLLBACK INTO item (name) VALUES (?)").run(name),
});

describe("a runner over a library's own transactions", () => {
  test("promise 4: instances on one file take turns", async () => {
    const path = tempDatabase();
    const runs = [runnerOf(new Library(path)), runnerOf(new Library(path))];
    const order = Array.from({ length: 20 }, (_, index) => `item ${String(index).padStart(2, "0")}`);
    await Promise.all(order.map((name, index) => runs[index % 2]!(async (tx) => {
      await new Promise((resolve) => setImmediate(resolve));
      add(tx, name);
    }, { timeoutMs: 5_000 })));
    expect(committed(path)).toEqual(order);
  });

  test("promise 14: a deadline that passes while the library still begins is kept, and its late beginning runs nothing", async () => {
    const path = tempDatabase();
    const library = new Library(path);
    const run = runnerOf(library);
    const go = gate();
    library.beforeBegin = () => go.promise;
    let ran = false;
    expect(await rejection(run(() => { ran = true; }, { timeoutMs: 5 }))).toBeInstanceOf(LockTimeoutError);
    const next = run((tx) => add(tx, "next"));
    await timersFired(2);
    expect(committed(path)).toEqual([]);
    go.open();
    await next;
    expect(ran).toBe(false);
    expect(committed(path)).toEqual(["next"]);
  });

  test("promise 17: so is a signal that comes while the library still begins", async () => {
    const library = new Library(tempDatabase());
    const go = gate();
    library.beforeBegin = () => go.promise;
    const controller = new AbortController();
    let ran = false;
    const pending = runnerOf(library)(() => { ran = true; }, { signal: controller.signal });
    await timersFired(1);
    controller.abort(new Error("enough"));
    expect(await rejection(pending)).toMatchObject({ message: "enough" });
    go.open();
    await closeSessions();
    expect(ran).toBe(false);
  });

  test("promise 9: without savepoints a nested transaction is an error at once", async () => {
    const path = tempDatabase();
    const run = runnerOf(new Library(path), { capabilities: {} });
    await run(async (tx) => {
      add(tx, "outer");
      const error = await rejection(run((inner) => add(inner, "inner"), { label: "nested" }));
      expect(error).toBeInstanceOf(DeadlockError);
      expect(error).toMatchObject({ message: expect.stringContaining('"nested"') as string });
    });
    expect(committed(path)).toEqual(["outer"]);
  });

  test("promise 9: a session on the same file, awaited inside of the body, is an error at once", async () => {
    const path = tempDatabase();
    const session = openByHand(path);
    const run = runnerOf(new Library(path));
    const error = await rejection(run(async () => { await transaction(session, (tx) => insert(tx, "never")); }, { label: "outer" }));
    expect(error).toBeInstanceOf(DeadlockError);
    expect(error).toMatchObject({ message: expect.stringContaining('"outer"') as string });
  });

  test("promise 8: a nested transaction that the body does not await is undone with it", async () => {
    const path = tempDatabase();
    const run = runnerOf(new Library(path));
    const go = gate();
    let inner: Promise<unknown> | undefined;
    const error = await rejection(run(async (tx) => {
      add(tx, "outer");
      inner = run(async () => { await go.promise; });
      inner.catch(() => {});
      await timersFired(1);
    }));
    expect(error).toBeInstanceOf(TransactionClosedError);
    go.open();
    await rejection(inner!);
    expect(committed(path)).toEqual([]);
    await run((tx) => add(tx, "next"));
    expect(committed(path)).toEqual(["next"]);
  });

  test("promise 10: a library that swallows errors, runs nothing, runs twice or does not wait is told on", async () => {
    const path = tempDatabase();
    const library = new Library(path);
    const failure = new Error("the body's");
    const swallowing = runnerOf(library, { run: (work) => library.transaction(work).catch(() => "all is well") });
    expect(await rejection(swallowing(() => { throw failure; }))).toBe(failure);
    expect(await rejection(runnerOf(library, { run: () => Promise.resolve() })(() => {}))).toBeInstanceOf(RunnerError);
    const twice = runnerOf(library, { run: (work) => library.transaction(async (tx) => { await work(tx); await work(tx); }) });
    expect(await rejection(twice((tx) => add(tx, "twice")))).toBeInstanceOf(RunnerError);
    expect(committed(path)).toEqual([]);
    const go = gate();
    const hasty = runnerOf(library, { run: (work) => library.transaction((tx) => { void work(tx).catch(() => {}); }) });
    expect(await rejection(hasty(async () => { await go.promise; }))).toBeInstanceOf(RunnerError);
    go.open();
    await runnerOf(library)((tx) => add(tx, "next"));
    expect(committed(path)).toEqual(["next"]);
  });

  test("promise 10: the body's error is the first, the library's rides along", async () => {
    const library = new Library(tempDatabase());
    const second = new Error("the rollback's");
    const run = runnerOf(library, { run: (work) => library.transaction(work).catch(() => { throw second; }) });
    const failure = new Error("the body's");
    expect(await rejection(run(() => { throw failure; }))).toBe(failure);
    expect(failure).toMatchObject({ suppressed: second });
  });

  test("promise 10: a busy error from inside of the body is the body's, and is not tried again", async () => {
    const path = tempDatabase();
    let calls = 0;
    const busy = Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" });
    expect(await rejection(runnerOf(new Library(path))(() => { calls++; throw busy; }))).toBe(busy);
    expect(calls).toBe(1);
  });

  test("promise 12: a savepoint whose transaction is gone does not let the run go on", async () => {
    const path = tempDatabase();
    const run = runnerOf(new Library(path));
    const error = await rejection(run(async (tx) => {
      add(tx, "a");
      await capabilities.savepoint!(tx, async () => { tx.statement("INSERT OR ROLLBACK INTO item (name) VALUES ('a')").run(); });
    }));
    expect(error).toBeInstanceOf(TransactionClosedError);
    expect(committed(path)).toEqual([]);
  });

  test("promise 1: an instance that is being closed takes no new transactions", async () => {
    const path = tempDatabase();
    const sessions = createSessionFactory({ open: (file) => new Library(file), close: (library) => { library.close(); }, path });
    const run = runnerOf(sessions.getSession());
    const [inside, go] = [gate(), gate()];
    const first = run(async (tx) => { add(tx, "first"); inside.open(); await go.promise; });
    await inside.promise;
    const closing = sessions.close();
    expect(await rejection(run((tx) => add(tx, "late")))).toBeInstanceOf(SessionClosedError);
    go.open();
    await Promise.all([first, closing]);
    expect(committed(path)).toEqual(["first"]);
  });

  test("promise 3: a busy BEGIN is tried again however deep it is wrapped", async () => {
    const path = tempDatabase();
    const other = await foreignProcess(path);
    const library = new Library(path);
    let attempts = 0;
    library.beforeBegin = () => { attempts++; };
    await other.run("BEGIN IMMEDIATE");
    const pending = detached(() => runnerOf(library)((tx) => add(tx, "waited")));
    await timersFired(10);
    await other.run("COMMIT");
    await pending;
    expect(attempts).toBeGreaterThan(3);
    expect(committed(path)).toEqual(["waited"]);
  });

  test("what counts as busy", () => {
    const busy = Object.assign(new Error("x"), { code: "SQLITE_BUSY_SNAPSHOT" });
    expect(isBusyAnywhere(busy)).toBe(true);
    expect(isBusyAnywhere(new Error("wrapped", { cause: busy }))).toBe(true);
    expect(isBusyAnywhere(Object.assign(new Error("y"), { original: new Error("SQLITE_BUSY: database is locked") }))).toBe(true);
    expect(isBusyAnywhere(Object.assign(new Error("y"), { code: "SQLITE_CONSTRAINT" }))).toBe(false);
    expect(isBusyAnywhere(undefined)).toBe(false);
    const circle = new Error("circle");
    circle.cause = circle;
    expect(isBusyAnywhere(circle)).toBe(false);
  });
});
