import Database from "better-sqlite3";
import { expectTypeOf, test } from "vitest";
import { batchedTransaction, batchedTransactionSync, createSessionFactory, getSession, initSessionFactory, transaction, transactionSync } from "sessionfix-runtime";
import type { BatchReport, ItemFailure, SessionFactory } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";

// Checked by the compiler; nothing in here runs.
function typeTests(db: Database.Database): void {
  const driver = betterSqlite3(Database, { timeout: 1, verbose: (message) => void message });
  // @ts-expect-error a misspelt option of the constructor
  betterSqlite3(Database, { timeOut: 1 });
  // @ts-expect-error not a class of databases
  betterSqlite3(Map);

  const sessions = createSessionFactory({ driver, path: "app.db" });
  expectTypeOf(sessions).toEqualTypeOf<SessionFactory<Database.Database>>();
  const { getSession: own } = sessions;
  expectTypeOf(own()).toEqualTypeOf<Database.Database>();
  expectTypeOf(sessions.init("x")).toEqualTypeOf<Database.Database>();
  expectTypeOf(initSessionFactory(sessions)).toEqualTypeOf<SessionFactory<Database.Database>>();
  expectTypeOf(initSessionFactory({ driver, path: "app.db" })).toEqualTypeOf<SessionFactory<Database.Database>>();

  class Engine {
    constructor(readonly db: Database.Database) {}
  }
  const engines = createSessionFactory({ open: (path) => new Engine(new Database(path)), close: (engine) => { engine.db.close(); } });
  expectTypeOf(engines.getSession("x")).toEqualTypeOf<Engine>();
  const pending = createSessionFactory({ driver, open: async (path) => new Engine(new Database(path)), close: (engine) => { engine.db.close(); } });
  expectTypeOf(pending.getSession("x")).toEqualTypeOf<Promise<Engine>>();
  expectTypeOf(createSessionFactory({ driver, open: (path) => new Database(path) }).getSession("x")).toEqualTypeOf<Database.Database>();
  // @ts-expect-error neither driver nor open
  createSessionFactory({ path: "app.db" });

  expectTypeOf(getSession<Database.Database>()).toEqualTypeOf<Database.Database>();
  expectTypeOf(getSession()).toEqualTypeOf<object>();

  expectTypeOf(transaction(db, (tx) => { expectTypeOf(tx).toEqualTypeOf<Database.Database>(); return 1; })).toEqualTypeOf<Promise<number>>();
  expectTypeOf(transaction(db, async () => "a")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(transactionSync(db, (tx) => tx.prepare("SELECT 1").get())).toEqualTypeOf<unknown>();
  expectTypeOf(transactionSync(db, () => 1, { mode: "deferred", label: "x", timeoutMs: 1 })).toEqualTypeOf<number>();
  // @ts-expect-error a typo in the mode
  void transaction(db, () => 1, { mode: "imediate" });
  // @ts-expect-error a synchronous transaction cannot be aborted
  transactionSync(db, () => 1, { signal: AbortSignal.abort() });

  expectTypeOf(batchedTransaction(db, [1, 2], (item, tx, index) => {
    expectTypeOf(item).toEqualTypeOf<number>();
    expectTypeOf(tx).toEqualTypeOf<Database.Database>();
    expectTypeOf(index).toEqualTypeOf<number>();
  })).toEqualTypeOf<Promise<BatchReport<number>>>();
  void batchedTransaction(db, new Map([["a", 1]]), ([name]) => { expectTypeOf(name).toEqualTypeOf<string>(); });
  void batchedTransaction(db, (async function* () { yield "a"; })(), async (item) => { expectTypeOf(item).toEqualTypeOf<string>(); });
  void batchedTransaction(db, ["a"], () => {}, { onItemError: "collect", onSkip: ({ item }) => { expectTypeOf(item).toEqualTypeOf<string>(); } })
    .then(({ errors }) => { expectTypeOf(errors).toEqualTypeOf<readonly ItemFailure<string>[]>(); });
  batchedTransactionSync(db, ["a"], () => {}, { resume: { key: "k", fingerprint: "f", whenDone: "forget" } });
  // @ts-expect-error no such policy
  void batchedTransaction(db, ["a"], () => {}, { onItemError: "ignore" });
  // @ts-expect-error an async iterable cannot be read synchronously
  batchedTransactionSync(db, (async function* () { yield "a"; })(), () => {});

  interface Context { readonly tx: Database.Database }
  const importTransaction = <R>(_id: number, work: (context: Context) => R): R => db.transaction(() => work({ tx: db }))();
  void batchedTransaction((work: (context: Context) => void) => importTransaction(1, work), ["a"], (item, context) => {
    expectTypeOf(item).toEqualTypeOf<string>();
    expectTypeOf(context).toEqualTypeOf<Context>();
  });
  batchedTransactionSync((work: (context: Context) => void) => importTransaction(1, work), ["a"], (item, { tx }) => {
    tx.prepare("INSERT INTO t VALUES (?)").run(item);
  });
  // Where the items' function does not use the context, nothing needs to be annotated.
  void batchedTransaction((work) => importTransaction(1, work), ["a"], (item) => { expectTypeOf(item).toEqualTypeOf<string>(); });
}

test("the types hold, as the compiler finds", () => {
  expectTypeOf(typeTests).toBeFunction();
});
