import knexOf from "knex";
import type { Knex } from "knex";
import { describe, expect, expectTypeOf, test } from "vitest";
import { DeadlockError, LockTimeoutError, UnsupportedSessionError, batchedTransaction, createSessionFactory, transaction } from "sessionfix-runtime";
import { knexRunner, knexSessions } from "sessionfix-runtime/knex";
import { committed, gate, openByHand, rejection, tempDatabase, timersFired } from "../support/database.js";
import { describeRunner } from "./contract.js";

const sessionsOf = (path: string) => createSessionFactory({
  ...knexSessions((filename) => knexOf({ client: "better-sqlite3", connection: { filename }, useNullAsDefault: true })), path,
});
const insert = async (trx: Knex, name: string): Promise<void> => { await trx("item").insert({ name }); };
const names = async (trx: Knex): Promise<unknown[]> => {
  const rows = await trx("item").select("name").orderBy("id") as { name: string }[];
  return rows.map(({ name }) => name);
};

describeRunner<Knex, Knex.Transaction>({
  name: "Knex", sessions: sessionsOf, runner: (db) => knexRunner(db), insert, names,
  insertOrRollback: (trx, name) => trx.raw("INSERT OR ROLLBACK INTO item (name) VALUES (?)", [name]),
});

function open() {
  const path = tempDatabase();
  const knex = sessionsOf(path).getSession();
  return { path, knex, run: knexRunner(knex) };
}

describe("Knex", () => {
  test("promise 6: other queries and Knex's own transactions wait for a runner's transaction, and it for them", async () => {
    const { path, knex, run } = open();
    const [inside, go] = [gate(), gate()];
    const first = run(async (trx) => { await insert(trx, "runner"); inside.open(); await go.promise; });
    await inside.promise;
    let done = 0;
    const others: Promise<unknown>[] = [];
    for (const ask of [
      () => insert(knex, "query"),
      () => knex.transaction(async (trx) => { await insert(trx, "knex"); await timersFired(2); }),
      () => run((trx) => insert(trx, "second runner")),
    ]) {
      others.push(ask().finally(() => { done++; }));
      await timersFired(1); // Knex itself asks its pool a few ticks later
    }
    expect(done).toBe(0);
    go.open();
    await Promise.all([first, ...others]);
    expect(committed(path)).toEqual(["runner", "query", "knex", "second runner"]);
  });

  test("promise 9: a query past trx inside of the body is an error at once, and not a hang", async () => {
    const { path, knex, run } = open();
    await insert(knex, "before");
    const errors: unknown[] = [];
    await run(async (trx) => {
      errors.push(await rejection(insert(knex, "astray")));
      errors.push(await rejection(knex.transaction((other) => insert(other, "astray"))));
      await insert(trx, "inside");
    }, { label: "import" });
    for (const error of errors) {
      expect(error).toBeInstanceOf(DeadlockError);
      expect(error).toMatchObject({ message: expect.stringContaining('"import"') as string });
    }
    await insert(knex, "after");
    expect(committed(path)).toEqual(["before", "inside", "after"]);
  });

  test("promise 9: two Knex instances that wait for each other's connection are told so", async () => {
    const [a, b] = [open(), open()];
    await Promise.all([a, b].map(({ run }) => run((trx) => insert(trx, "first"))));
    const [inA, inB] = [gate(), gate()];
    const results = await Promise.allSettled([
      a.run(async () => { inA.open(); await inB.promise; await b.run((trx) => insert(trx, "a in b")); }, { label: "from a" }),
      b.run(async () => { inB.open(); await inA.promise; await a.run((trx) => insert(trx, "b in a")); }, { label: "from b" }),
    ]);
    const refused = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as unknown);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toBeInstanceOf(DeadlockError);
    expect([...committed(a.path), ...committed(b.path)].sort()).toEqual(["first", "first", results[0]?.status === "fulfilled" ? "a in b" : "b in a"].sort());
  });

  test("promise 14: a timeout behind a transaction of Knex's own says so, and the connection goes on to the next", async () => {
    const { path, knex, run } = open();
    const [inside, go] = [gate(), gate()];
    const own = knex.transaction(async (trx) => { await insert(trx, "own"); inside.open(); await go.promise; });
    await inside.promise;
    const error = await rejection(run((trx) => insert(trx, "never"), { timeoutMs: 10, label: "impatient" }));
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error).toMatchObject({ holder: { where: "this process", label: "a query or transaction of Knex's own" }, message: expect.stringContaining(path) as string });
    const next = run((trx) => insert(trx, "next"));
    go.open();
    await Promise.all([own, next]);
    expect(committed(path)).toEqual(["own", "next"]);
  });

  test("promise 10: trx.rollback() undoes, with and without an error; trx.commit() ends the body's part", async () => {
    const { path, run } = open();
    const failure = new Error("by hand");
    expect(await run(async (trx) => { await insert(trx, "undone"); await trx.rollback(); })).toBeUndefined();
    expect(await rejection(run(async (trx) => { await insert(trx, "undone"); await trx.rollback(failure); }))).toBe(failure);
    expect(committed(path)).toEqual([]);
    await run(async (trx) => {
      await insert(trx, "kept");
      await trx.commit();
      expect(await rejection(insert(trx, "late"))).toMatchObject({ message: expect.stringContaining("already complete") as string });
    });
    expect(committed(path)).toEqual(["kept"]);
  });

  test("promise 9: Knex's own savepoints and nested transactions work inside of the body", async () => {
    const { path, run } = open();
    await run(async (trx) => {
      await insert(trx, "a");
      await rejection(trx.transaction(async (inner) => { await insert(inner, "undone"); throw new Error("only this"); }));
      await trx.savepoint(async (inner) => { await insert(inner, "b"); });
      await trx.raw("INSERT INTO item (name) VALUES (?)", ["c"]);
      expect(await names(trx)).toEqual(["a", "b", "c"]);
      expect(await trx("item").where({ name: "a" }).first<unknown>()).toEqual({ id: 1, name: "a" });
      expect(await trx("item").insert({ name: "d" }).returning("id")).toEqual([{ id: 4 }]);
    });
    expect(committed(path)).toEqual(["a", "b", "c", "d"]);
  });

  test("promise 15: Knex's events tell of the statements, with the connection that they ran on", async () => {
    const { knex, run } = open();
    const seen: { sql: string; __knexUid: string }[] = [];
    knex.on("query", (query: { sql: string; __knexUid: string }) => { seen.push(query); });
    await insert(knex, "a");
    await run((trx) => insert(trx, "b"));
    expect(seen.map(({ sql }) => sql.split(" ", 1)[0])).toEqual(["insert", "BEGIN;", "insert", "COMMIT;"]);
    expect(new Set(seen.map(({ __knexUid }) => __knexUid)).size).toBe(1);
    expect(seen[0]?.__knexUid).toMatch(/^__knexUid/);
  });

  test("promise 1: an instance that was destroyed by hand is noticed and made anew", async () => {
    const path = tempDatabase();
    const sessions = sessionsOf(path);
    const first = sessions.getSession();
    await knexRunner(first)((trx) => insert(trx, "first"));
    await first.destroy();
    const second = sessions.getSession();
    expect(second).not.toBe(first);
    await knexRunner(second)((trx) => insert(trx, "second"));
    expect(committed(path)).toEqual(["first", "second"]);
  });

  test("promise 2: the connection is the one that Knex's pool made, with its settings", async () => {
    const path = tempDatabase();
    const knex = createSessionFactory({
      ...knexSessions((filename) => knexOf({
        client: "better-sqlite3", connection: { filename }, useNullAsDefault: true,
        pool: { min: 1, max: 1, afterCreate: (db: { pragma(source: string): void }, done: () => void) => { db.pragma("user_version = 42"); done(); } },
      })), path,
    }).getSession();
    expect(await knexRunner(knex)((trx) => trx.raw<unknown>("PRAGMA user_version"))).toEqual([{ user_version: 42 }]);
  });

  test("other clients, and a Knex that begins in another way, are refused, and nothing is written", async () => {
    const { path, knex } = open();
    expect(() => knexRunner({ transaction: () => Promise.resolve(), client: { driverName: "sqlite3" } })).toThrow(UnsupportedSessionError);
    const other = { client: knex.client as unknown, transaction: async (body: (trx: Knex) => Promise<never>) => await body(knex) };
    expect(await rejection(knexRunner(other)((trx) => insert(trx, "never")))).toBeInstanceOf(UnsupportedSessionError);
    expect(committed(path)).toEqual([]);
  });

  test("promise 6: a session of the package and Knex on one file wait for each other's lock", async () => {
    const { path, run } = open();
    const session = openByHand(path);
    await run((trx) => insert(trx, "first"));
    const [inside, go] = [gate(), gate()];
    const held = transaction(session, async (tx) => { inside.open(); await go.promise; tx.prepare("INSERT INTO item (name) VALUES ('session')").run(); }, { label: "held" });
    await inside.promise;
    expect(await rejection(run((trx) => insert(trx, "never"), { timeoutMs: 10 }))).toMatchObject({ holder: { where: "this process", label: "held" } });
    const waiting = run((trx) => insert(trx, "knex"));
    go.open();
    await Promise.all([held, waiting]);
    expect(committed(path)).toEqual(["first", "session", "knex"]);
  });
});

// Checked by the compiler; nothing in here runs.
function typeTests(knex: Knex): void {
  const run = knexRunner(knex);
  expectTypeOf(run(async (trx) => { expectTypeOf(trx).toEqualTypeOf<Knex.Transaction>(); await insert(trx, "a"); return 1; })).toEqualTypeOf<Promise<number>>();
  void run((trx) => insert(trx, "a"), { label: "x", timeoutMs: 1, signal: AbortSignal.timeout(1) });
  void batchedTransaction(run, ["a"], async (name, trx) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(trx).toEqualTypeOf<Knex.Transaction>();
    await trx("item").insert({ name });
  });
  expectTypeOf(sessionsOf("x").getSession()).toExtend<Knex>();
  // @ts-expect-error not an instance
  knexRunner({});
}

test("the types hold, as the compiler finds", () => {
  expectTypeOf(typeTests).toBeFunction();
});
