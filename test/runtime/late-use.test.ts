import type Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { AsyncBodyError, TransactionClosedError, batchedTransaction, detached, transaction, transactionSync } from "sessionfix-runtime";
import { committed, gate, insert, openByHand, rejection, tempDatabase } from "./support/database.js";

describe("promise 8: late use is fenced", () => {
  for (const outcome of ["commits", "rolls back"] as const) {
    test(`promise 8: what the body began and did not await cannot write once it ${outcome}`, async () => {
      const path = tempDatabase();
      const db = openByHand(path);
      const early = db.prepare("INSERT INTO item (name) VALUES (?)");
      const go = gate();
      const children: Promise<unknown>[] = [];
      const child = (write: () => unknown): void => { children.push(rejection(go.promise.then(write))); };
      const done = transaction(db, async (tx) => {
        insert(tx, "body");
        const onTx = tx.prepare("INSERT INTO item (name) VALUES (?)");
        child(() => early.run("prepared before"));
        child(() => onTx.run("prepared on tx"));
        child(() => { insert(db, "through the session"); });
        child(() => { insert(tx, "through tx"); });
        child(() => db.exec("INSERT INTO item (name) VALUES ('exec')"));
        child(() => { db.transaction(() => { insert(db, "raw transaction"); })(); });
        child(() => { transactionSync(db, () => { insert(db, "sync"); }); });
        child(() => transaction(db, () => { insert(db, "nested"); }));
        child(() => batchedTransaction(db, ["batched"], (name) => { insert(db, name); }));
        child(() => tx.prepare("SELECT name FROM item").all());
        await null;
        if (outcome === "rolls back") throw new Error("planned");
      });
      if (outcome === "commits") await done;
      else await rejection(done);
      go.open();
      for (const error of await Promise.all(children)) expect(error).toBeInstanceOf(TransactionClosedError);
      expect(children).toHaveLength(10);
      expect(committed(path)).toEqual(outcome === "commits" ? ["body"] : []);
      expect(db.inTransaction).toBe(false);
    });
  }

  test("promise 8: the sibling of a rejected Promise.all cannot autocommit what was rolled back", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const go = gate();
    let sibling: Promise<unknown> = Promise.resolve();
    const error = await rejection(transaction(db, async (tx) => {
      sibling = go.promise.then(() => { insert(tx, "sibling"); });
      void sibling.catch(() => {});
      await Promise.all([Promise.reject(new Error("first fails")), sibling]);
    }, { label: "fan-out" }));
    expect(error).toMatchObject({ message: "first fails" });
    go.open();
    const late = await rejection(sibling);
    expect(late).toBeInstanceOf(TransactionClosedError);
    expect((late as Error).message).toContain("fan-out");
    expect(committed(path)).toEqual([]);
  });

  test("promise 8: a handle kept after the end, synchronous or not", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const kept: Database.Database[] = [];
    await transaction(db, (tx) => { kept.push(tx); });
    await transaction(db, async (tx) => { await null; kept.push(tx); });
    transactionSync(db, (tx) => { kept.push(tx); });
    for (const tx of kept) {
      expect(() => { insert(tx, "late"); }).toThrow(TransactionClosedError);
      expect(() => tx.exec("INSERT INTO item (name) VALUES ('late')")).toThrow(TransactionClosedError);
      expect(() => { transactionSync(tx, () => {}); }).toThrow(TransactionClosedError);
      expect(await rejection(transaction(tx, () => {}))).toBeInstanceOf(TransactionClosedError);
    }
    await transaction(db, () => {
      // Nor inside of the next one: it is not the one that the handle stands for.
      for (const tx of kept) expect(() => { insert(tx, "late"); }).toThrow(TransactionClosedError);
    });
    expect(committed(path)).toEqual([]);
  });

  test("promise 8: what a synchronous body leaves behind", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    let late: Promise<unknown> = Promise.resolve();
    transactionSync(db, (tx) => {
      insert(tx, "body");
      late = rejection(Promise.resolve().then(() => { insert(db, "late"); }));
    });
    expect(await late).toBeInstanceOf(TransactionClosedError);
    expect(committed(path)).toEqual(["body"]);
  });

  test("promise 8: a late child of an ended savepoint is not let into the transaction around it", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const go = gate();
    await transaction(db, async (tx) => {
      let late: Promise<unknown> = Promise.resolve();
      await rejection(transaction(tx, async () => {
        late = rejection(go.promise.then(() => { insert(db, "late"); }));
        await null;
        throw new Error("planned");
      }));
      go.open();
      expect(await late).toBeInstanceOf(TransactionClosedError);
      insert(tx, "outer");
    });
    expect(committed(path)).toEqual(["outer"]);
  });

  test("a late read through the session is answered: nothing can be lost by it", async () => {
    const db = openByHand(tempDatabase());
    let late: Promise<unknown> = Promise.resolve();
    await transaction(db, (tx) => {
      insert(tx, "body");
      late = Promise.resolve().then(() => db.prepare("SELECT name FROM item").pluck().all());
    });
    expect(await late).toEqual(["body"]);
  });

  test("detached work is outside, also while the transaction is open", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const go = gate();
    let left: Promise<unknown> = Promise.resolve();
    await transaction(db, async (tx) => {
      insert(tx, "body");
      expect(detached(() => rejection(Promise.resolve().then(() => { insert(db, "too early"); })))).toBeInstanceOf(Promise);
      left = detached(() => go.promise.then(() => { insert(db, "detached"); }));
      await null;
    });
    go.open();
    await left;
    expect(committed(path)).toEqual(["body", "detached"]);
  });

  test("promise 8: an async body given to a synchronous helper is refused before it runs, also to the library's own", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    let ran = false;
    const body = async (): Promise<void> => { ran = true; await null; insert(db, "tail"); };
    transactionSync(db, () => {});
    expect(() => transactionSync(db, body)).toThrow(AsyncBodyError);
    expect(() => db.transaction(body)()).toThrow(AsyncBodyError);
    await null;
    expect(ran).toBe(false);
    expect(committed(path)).toEqual([]);
  });
});

describe("promise 10: a transaction that was ended from within", () => {
  test("promise 10: after a silent rollback the next statement throws instead of autocommitting", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    insert(db, "taken");
    for (const run of [
      (body: (tx: Database.Database) => void) => rejection(transaction(db, body)),
      (body: (tx: Database.Database) => void) => rejection(transaction(db, async (tx) => { await null; body(tx); })),
      async (body: (tx: Database.Database) => void) => { try { transactionSync(db, body); } catch (error) { return error; } throw new Error("nothing thrown"); },
    ]) {
      const later: unknown[] = [];
      const error = await run((tx) => {
        insert(tx, "lost");
        expect(() => tx.prepare("INSERT OR ROLLBACK INTO item (name) VALUES ('taken')").run()).toThrow("UNIQUE");
        try { insert(tx, "would autocommit"); } catch (caught) { later.push(caught); }
      });
      expect(later[0]).toBeInstanceOf(TransactionClosedError);
      expect(error).toBeInstanceOf(TransactionClosedError);
    }
    expect(committed(path)).toEqual(["taken"]);
  });

  test("a body cannot end its transaction itself", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    for (const source of ["COMMIT", " end transaction", "ROLLBACK;", "rollback transaction"]) {
      const error = await rejection(transaction(db, async (tx) => { insert(tx, "body"); await null; tx.exec(source); }));
      expect(error).toBeInstanceOf(TransactionClosedError);
      expect(await rejection(transaction(db, (tx) => { insert(tx, "body"); db.prepare(source).run(); }))).toBeInstanceOf(TransactionClosedError);
    }
    expect(committed(path)).toEqual([]);
    await transaction(db, (tx) => { tx.exec("SAVEPOINT own; INSERT INTO item (name) VALUES ('gone'); ROLLBACK TO own; RELEASE own"); insert(tx, "kept"); });
    expect(committed(path)).toEqual(["kept"]);
  });
});
