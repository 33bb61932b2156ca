import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { AsyncBodyError, SessionBusyError, SessionClosedError, SessionOptionError, TransactionClosedError, UnsupportedSessionError, batchedTransactionSync, transaction, transactionSync } from "sessionfix-runtime";
import { committed, gate, insert, openByHand, rejection, tempDatabase } from "./support/database.js";

/** A real Database whose next statements of the given text fail, as a full disk or a bad one would make them. */
class Failing extends Database {
  readonly failures = new Map<string, Error>();

  fail(statement: string, code: string): Error {
    const error = Object.assign(new Error(`injected at ${statement}`), { code });
    this.failures.set(statement, error);
    return error;
  }

  #trip(source: string): void {
    for (const [statement, error] of this.failures) {
      if (!source.split(";").includes(statement)) continue;
      this.failures.delete(statement);
      throw error;
    }
  }

  override exec(source: string): this {
    this.#trip(source);
    return super.exec(source);
  }

  override prepare: Database.Database["prepare"] = ((source: string) => {
    const statement = Database.prototype.prepare.call(this, source) as Database.Statement<unknown[]>;
    if (!/^(BEGIN|COMMIT|ROLLBACK)/.test(source)) return statement;
    const run = statement.run.bind(statement);
    return Object.assign(statement, { run: (...params: unknown[]) => { this.#trip(source); return run(...params); } });
  }) as Database.Database["prepare"];
}

function openFailing(path: string): Failing {
  const db = new Failing(path);
  return db;
}

describe("promise 10: nothing poisons the queue", () => {
  for (const body of ["synchronous", "asynchronous"] as const) {
    for (const statement of ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]) {
      for (const code of ["SQLITE_FULL", "SQLITE_IOERR_WRITE"]) {
        test(`promise 10: ${code} at ${statement}, ${body} body`, async () => {
          const path = tempDatabase();
          const db = openFailing(path);
          const own = new Error("the body's own error");
          const injected = db.fail(statement, code);
          const work = (tx: Database.Database): void => {
            insert(tx, "lost");
            if (statement === "ROLLBACK") throw own;
          };
          const run = body === "synchronous" ? transaction(db, work) : transaction(db, async (tx) => { await null; work(tx); });
          const queued = transaction(db, (tx) => insert(tx, "queued"));
          expect(await rejection(run)).toBe(statement === "ROLLBACK" ? own : injected);
          if (statement === "ROLLBACK") expect(own).toHaveProperty("suppressed", injected);
          await queued;
          await transaction(db, async (tx) => { insert(tx, "later"); });
          transactionSync(db, (tx) => insert(tx, "at last"));
          expect(committed(path)).toEqual(["queued", "later", "at last"]);
          db.close();
        });
      }
    }
  }

  for (const statement of ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]) {
    test(`promise 10: a failure at ${statement} of transactionSync`, () => {
      const path = tempDatabase();
      const db = openFailing(path);
      transactionSync(db, () => {});
      const own = new Error("the body's own error");
      const injected = db.fail(statement, "SQLITE_FULL");
      const run = (): void => transactionSync(db, (tx) => {
        insert(tx, "lost");
        if (statement === "ROLLBACK") throw own;
      });
      expect(run).toThrow(statement === "ROLLBACK" ? own : injected);
      transactionSync(db, (tx) => insert(tx, "next"));
      expect(committed(path)).toEqual(["next"]);
      db.close();
    });
  }

  test("promise 10: a disk that is really full", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    db.pragma("max_page_count = 12");
    const fill = (tx: Database.Database): void => {
      for (let row = 0; ; row++) insert(tx, `${"x".repeat(1_000)}${row}`);
    };
    expect(await rejection(transaction(db, fill))).toMatchObject({ code: "SQLITE_FULL" });
    await transaction(db, (tx) => insert(tx, "fits"));
    expect(committed(path)).toEqual(["fits"]);
  });

  test("promise 10: a rollback that SQLite does on its own is noticed", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    insert(db, "there");
    const silently = (tx: Database.Database): void => {
      insert(tx, "before");
      try {
        tx.exec("INSERT OR ROLLBACK INTO item (name) VALUES ('there')");
      } catch {
        // a body that goes on as if nothing had happened
      }
    };
    expect(await rejection(transaction(db, silently))).toBeInstanceOf(TransactionClosedError);
    expect(() => transactionSync(db, silently)).toThrow(TransactionClosedError);
    expect(await rejection(transaction(db, (tx) => tx.exec("COMMIT")))).toBeInstanceOf(TransactionClosedError);
    await transaction(db, (tx) => insert(tx, "next"));
    expect(committed(path)).toEqual(["there", "next"]);
  });

  test("promise 10: a session closed in the middle", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const [inside, go] = [gate(), gate()];
    const first = rejection(transaction(db, async (tx) => { insert(tx, "lost"); inside.open(); await go.promise; insert(tx, "lost too"); }));
    const second = rejection(transaction(db, () => {}));
    await inside.promise;
    db.close();
    go.open();
    expect(await first).toBeInstanceOf(TypeError); // better-sqlite3's own word for it, from the body
    expect(await second).toBeInstanceOf(SessionClosedError);
    expect(() => transactionSync(db, () => {})).toThrow(SessionClosedError);
    expect(committed(path)).toEqual([]);
  });
});

describe("misuse", () => {
  test("an asynchronous function given to a synchronous helper is refused before it runs", () => {
    const path = tempDatabase();
    const db = openByHand(path);
    let ran = false;
    const body = async (): Promise<void> => {
      ran = true;
      await null;
    };
    expect(() => transactionSync(db, body)).toThrow(AsyncBodyError);
    expect(() => batchedTransactionSync(db, [1], body)).toThrow(AsyncBodyError);
    expect(ran).toBe(false);
  });

  test("one whose asynchrony only its result shows is rolled back", () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const body = (name: string): Promise<never> => {
      insert(db, name);
      return Promise.reject(new Error("its own failure must not end the process"));
    };
    expect(() => transactionSync(db, () => body("a"))).toThrow(AsyncBodyError);
    expect(() => batchedTransactionSync(db, ["b"], body)).toThrow(AsyncBodyError);
    expect(committed(path)).toEqual([]);
    expect(db.inTransaction).toBe(false);
  });

  test("what is no session is refused with what to do", async () => {
    const notSessions: [unknown, RegExp][] = [[undefined, /a undefined|undefined/], [null, /null/], [{}, /Object/], [Promise.resolve(), /Await getSession/], ["app.db", /string/]];
    for (const [session, message] of notSessions) {
      const error = await rejection(transaction(session as Database.Database, () => {}));
      expect(error).toBeInstanceOf(UnsupportedSessionError);
      expect((error as Error).message).toMatch(message);
    }
  });

  test("options that cannot mean anything are refused", async () => {
    const db = openByHand(tempDatabase());
    for (const options of [{ mode: "imediate" }, { timeoutMs: Number.NaN }, { timeoutMs: -1 }, { timeoutMs: "10" }, { label: 5 }]) {
      expect(await rejection(transaction(db, () => {}, options as object))).toBeInstanceOf(SessionOptionError);
      expect(() => transactionSync(db, () => {}, options as object)).toThrow(SessionOptionError);
    }
    expect(await rejection(transaction(db, undefined as unknown as () => void))).toBeInstanceOf(SessionOptionError);
  });

  test("a transaction while rows are being iterated says what to do", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    for (const name of ["a", "b"]) insert(db, name);
    for (const row of db.prepare("SELECT name FROM item").iterate()) {
      expect(row).toEqual({ name: "a" });
      expect(await rejection(transaction(db, () => {}))).toBeInstanceOf(SessionBusyError);
      expect(() => transactionSync(db, () => {})).toThrow(/\.all\(\)/);
      break;
    }
    await transaction(db, (tx) => insert(tx, "c"));
    expect(committed(path)).toEqual(["a", "b", "c"]);
  });

  test("inside of better-sqlite3's own transaction, transactionSync is a savepoint", () => {
    const path = tempDatabase();
    const db = openByHand(path);
    db.transaction(() => {
      insert(db, "outer");
      transactionSync(db, (tx) => insert(tx, "inner"));
      expect(() => transactionSync(db, (tx) => { insert(tx, "gone"); throw new Error("inner fails"); })).toThrow("inner fails");
      expect(db.inTransaction).toBe(true);
    })();
    expect(committed(path)).toEqual(["outer", "inner"]);
  });
});
