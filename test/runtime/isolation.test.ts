import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SessionBusyError, createSessionFactory, transaction, transactionSync } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { committed, gate, insert, openByHand, rejection, tempDatabase } from "./support/database.js";

/** A session with an asynchronous transaction open on it that has written "inside"; `end` commits or rolls back. */
async function openTransaction(path = tempDatabase()) {
  const db = createSessionFactory({ driver: betterSqlite3(Database), path }).getSession();
  const inside = gate();
  const go = gate<Error | undefined>();
  const done = transaction(db, async (tx) => {
    insert(tx, "inside");
    inside.open();
    const error = await go.promise;
    if (error !== undefined) throw error;
  }, { label: "import" });
  await inside.promise;
  return { path, db, commit: async () => { go.open(undefined); await done; }, rollback: async () => { go.open(new Error("planned")); await rejection(done); } };
}

const names = "SELECT name FROM item ORDER BY id";

describe("promise 6: an asynchronous transaction is alone on its session", () => {
  test("promise 6: a stray write of another task is refused, names the transaction, and is not part of it", async () => {
    const { path, db, rollback, commit } = await openTransaction();
    const prepared = db.prepare("INSERT INTO item (name) VALUES ('stray')");
    for (const write of [
      () => prepared.run(),
      () => db.exec("INSERT INTO item (name) VALUES ('stray')"),
      () => db.prepare("INSERT INTO item (name) VALUES ('stray') RETURNING id").get(),
      () => db.prepare("INSERT INTO item (name) VALUES ('stray') RETURNING id").all(),
      () => [...db.prepare("INSERT INTO item (name) VALUES ('stray') RETURNING id").iterate()],
      () => db.transaction(() => prepared.run())(),
      () => db.transaction(() => prepared.run()).immediate(),
      () => db.pragma("user_version = 7"),
      () => db.pragma("wal_checkpoint(PASSIVE)"),
    ]) {
      expect(write).toThrow(SessionBusyError);
      expect(write).toThrow(/"import"/);
    }
    await rollback();
    expect(committed(path)).toEqual([]);
    prepared.run();
    expect(committed(path)).toEqual(["stray"]);
    void commit;
  });

  test("promise 6: nobody else can end it", async () => {
    const { path, db, commit } = await openTransaction();
    for (const end of ["COMMIT", "ROLLBACK", "END", "BEGIN", "SAVEPOINT x"]) {
      expect(() => db.exec(end)).toThrow(SessionBusyError);
      expect(() => db.prepare(end).run()).toThrow(SessionBusyError);
    }
    await commit();
    expect(committed(path)).toEqual(["inside"]);
  });

  test("promise 6: reads of other tasks see what is committed", async () => {
    const { path, db, rollback } = await openTransaction();
    const other = openByHand(path);
    const read = db.prepare(names).pluck();
    expect(read.all()).toEqual([]);
    expect(db.prepare("SELECT count(*) AS n FROM item").get()).toEqual({ n: 0 });
    expect([...db.prepare("SELECT name FROM item WHERE name = ?").raw().iterate("inside")]).toEqual([]);
    expect(db.prepare("SELECT count(*) FROM item").pluck().safeIntegers().get()).toBe(0n);
    expect(db.pragma("user_version", { simple: true })).toBe(0);
    expect((db.pragma("table_info(item)") as { name: string }[]).map((column) => column.name)).toEqual(["id", "name"]);
    expect(other.prepare(names).pluck().all()).toEqual([]);
    await rollback();
    expect(read.all()).toEqual([]);
  });

  test("a function of the application's serves those reads too", async () => {
    const { db, commit } = await openTransaction();
    db.function("shout", (text) => `${String(text)}!`);
    expect(db.prepare("SELECT shout('a')").pluck().get()).toBe("a!");
    await commit();
  });

  test("what a second connection cannot see is refused, not read from inside", async () => {
    const temporary = await openTransaction();
    await temporary.commit();
    temporary.db.exec("CREATE TEMP TABLE item (name TEXT)");
    const again = gate();
    const begun = gate();
    const second = transaction(temporary.db, async () => { begun.open(); await again.promise; }, { label: "second" });
    await begun.promise;
    expect(() => temporary.db.prepare(names.replace("id", "1")).all()).toThrow(/temporary tables/);
    again.open();
    await second;

    const memory = openByHand(":memory:");
    memory.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
    const go = gate();
    const inside = gate();
    const running = transaction(memory, async (tx) => { insert(tx, "inside"); inside.open(); await go.promise; });
    await inside.promise;
    expect(() => memory.prepare(names).all()).toThrow(/in memory/);
    go.open();
    await running;
    expect(memory.prepare(names).pluck().all()).toEqual(["inside"]);
  });

  test("the body may use the session itself, in helpers and statements prepared long before", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const early = db.prepare("INSERT INTO item (name) VALUES (?)");
    const helper = async (name: string): Promise<void> => { await null; early.run(name); insert(db, `${name}, helper`); };
    const go = gate();
    const begun = gate();
    const running = transaction(db, async () => { await helper("a"); begun.open(); await go.promise; db.transaction(() => { early.run("raw nested"); })(); });
    await begun.promise;
    expect(() => early.run("stray")).toThrow(SessionBusyError);
    go.open();
    await running;
    expect(committed(path)).toEqual(["a", "a, helper", "raw nested"]);
  });

  test("a statement whose settings were changed before the session was known is refused beside a transaction, not answered in another shape", async () => {
    const db = openByHand(tempDatabase());
    const early = db.prepare("SELECT count(*) FROM item").pluck();
    const late = gate();
    const begun = gate();
    const running = transaction(db, async (tx) => { insert(tx, "inside"); begun.open(); await late.promise; });
    await begun.promise;
    expect(() => early.get()).toThrow(SessionBusyError);
    const known = db.prepare("SELECT count(*) FROM item");
    expect(known.get()).toEqual({ "count(*)": 0 });
    expect(known.pluck().get()).toBe(0);
    expect(known.pluck(false).raw().get()).toEqual([0]);
    late.open();
    await running;
    expect([early.get(), known.get()]).toEqual([1, [1]]);
  });

  test("a savepoint is alone in its transaction: a sibling's write is refused, its read is not", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const inSavepoint = gate();
    const go = gate();
    await transaction(db, async (tx) => {
      const nested = rejection(transaction(tx, async (inner) => { insert(inner, "nested"); inSavepoint.open(); await go.promise; throw new Error("planned"); }, { label: "nested" }));
      await inSavepoint.promise;
      expect(() => { insert(tx, "sibling"); }).toThrow(/"nested"/);
      expect(tx.prepare("SELECT count(*) FROM item").pluck().get()).toBe(1);
      go.open();
      await nested;
      insert(tx, "after");
    });
    expect(committed(path)).toEqual(["after"]);
  });

  test("inside of a nested transaction the handle of the outer one serves as well", () => {
    const path = tempDatabase();
    const db = openByHand(path);
    transactionSync(db, (tx) => {
      transactionSync(tx, () => { insert(tx, "through the outer handle"); });
    });
    expect(committed(path)).toEqual(["through the outer handle"]);
  });

  test("with a rollback journal, a read that the commit keeps out is a typed error, and never waits", async () => {
    const { db, path, commit } = await openTransaction(tempDatabase("delete"));
    db.pragma("journal_mode");
    expect(db.prepare(names).pluck().all()).toEqual([]);
    await commit();
    expect(committed(path)).toEqual(["inside"]);
  });

  test("promise 6: random tasks, transactions and plain statements alike, agree with a serial model", async () => {
    const task = fc.record({ kind: fc.constantFrom("transaction", "plain", "sync", "raw"), pauses: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 4 }), fails: fc.boolean() });
    await fc.assert(fc.asyncProperty(fc.array(task, { minLength: 2, maxLength: 8 }), async (tasks) => {
      const path = tempDatabase();
      const db = openByHand(path);
      const acknowledged: string[] = [];
      const turn = async (count: number): Promise<void> => { for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve)); };
      await Promise.all(tasks.map(async ({ kind, pauses, fails }, index) => {
        await turn(pauses[0] ?? 0);
        const rows = pauses.map((_, n) => `${index}.${n}`);
        try {
          if (kind === "transaction") {
            await transaction(db, async () => {
              for (const [n, row] of rows.entries()) { insert(db, row); await turn(pauses[n] ?? 0); }
              if (fails) throw new Error("planned");
            });
          } else if (kind === "sync") transactionSync(db, () => { for (const row of rows) insert(db, row); if (fails) throw new Error("planned"); });
          else if (kind === "raw") db.transaction(() => { for (const row of rows) insert(db, row); if (fails) throw new Error("planned"); })();
          else { rows.splice(1); insert(db, rows[0] ?? ""); }
          acknowledged.push(...rows);
        } catch (error) {
          if (!(error instanceof SessionBusyError) && (error as Error).message !== "planned") throw error;
        }
      }));
      expect(committed(path).sort()).toEqual(acknowledged.sort());
      db.close();
    }), { numRuns: 150 });
  });
});

describe("the session stays the library's own object", () => {
  test("class, members, statements, pragmas and transactions are as ever", () => {
    const path = tempDatabase();
    const db = createSessionFactory({ driver: betterSqlite3(Database), path }).getSession();
    expect(db).toBeInstanceOf(Database);
    expect([db.open, db.inTransaction, db.memory, db.readonly]).toEqual([true, false, false, false]);
    expect(Object.keys(db).sort()).toEqual(["inTransaction", "memory", "name", "open", "readonly"]);
    const statement = db.prepare<[string]>("INSERT INTO item (name) VALUES (?)");
    expect(statement.run("a")).toEqual({ changes: 1, lastInsertRowid: 1 });
    expect(statement.database).toBe(db);
    expect([statement.reader, statement.readonly, statement.source]).toEqual([false, false, "INSERT INTO item (name) VALUES (?)"]);
    expect(Object.getPrototypeOf(statement)).toBe(Object.getPrototypeOf(openByHand(path).prepare("SELECT 1")));
    const insertTwo = db.transaction((a: string, b: string) => { statement.run(a); statement.run(b); return db.inTransaction; });
    expect(insertTwo("b", "c")).toBe(true);
    expect(insertTwo.immediate("d", "e")).toBe(true);
    expect(Object.getOwnPropertyNames(Reflect.get(insertTwo, "immediate"))).toEqual(expect.arrayContaining(["default", "deferred", "exclusive"]));
    expect(Object.keys(insertTwo)).toEqual(["database"]);
    expect(insertTwo).toHaveProperty("database", db);
    expect(db.exec("DELETE FROM item WHERE name = 'e'")).toBe(db);
    expect(db.pragma("foreign_keys", { simple: true })).toBe(1);
    expect(db.prepare(names).pluck().all()).toEqual(["a", "b", "c", "d"]);
    expect(db.prepare("SELECT name FROM item WHERE name = @name").get({ name: "b" })).toEqual({ name: "b" });
    expect(() => db.prepare("SELECT x FROM nowhere")).toThrow("no such table: nowhere");
    expect(() => db.prepare("INSERT INTO item (name) VALUES ('a')").run()).toThrow(expect.objectContaining({ code: "SQLITE_CONSTRAINT_UNIQUE" }));
    expect(db.serialize().length).toBeGreaterThan(0);
    expect(db.close()).toBe(db);
    expect(db.open).toBe(false);
  });

  test("tx has the same type and members, and is of the same class", async () => {
    const db = openByHand(tempDatabase());
    await transaction(db, async (tx) => {
      expect(tx).toBeInstanceOf(Database);
      expect([tx.open, tx.inTransaction, tx.name]).toEqual([true, true, db.name]);
      await null;
      expect(tx.exec("INSERT INTO item (name) VALUES ('a')")).toBe(tx);
      expect(tx.pragma("user_version", { simple: true })).toBe(0);
      expect(tx.transaction(() => tx.prepare(names).pluck().all())()).toEqual(["a"]);
    });
  });

  test("a derived class keeps its own methods, in the guard's care", async () => {
    class Audited extends Database {
      readonly seen: string[] = [];

      override exec(source: string): this {
        this.seen.push(source);
        return super.exec(source);
      }
    }
    const path = tempDatabase();
    const db = createSessionFactory({ driver: betterSqlite3(Audited), path }).getSession();
    const go = gate();
    const begun = gate();
    const running = transaction(db, async (tx) => { tx.exec("INSERT INTO item (name) VALUES ('a')"); begun.open(); await go.promise; });
    await begun.promise;
    expect(() => db.exec("INSERT INTO item (name) VALUES ('b')")).toThrow(SessionBusyError);
    go.open();
    await running;
    expect(db.seen.filter((source) => source.startsWith("INSERT"))).toEqual(["INSERT INTO item (name) VALUES ('a')"]);
    expect(committed(path)).toEqual(["a"]);
  });
});
