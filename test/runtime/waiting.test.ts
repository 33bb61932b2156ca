import { describe, expect, test } from "vitest";
import { LockTimeoutError, transaction } from "sessionfix-runtime";
import { committed, foreignProcess, insert, onCleanup, openByHand, rejection, tempDatabase, timersFired } from "./support/database.js";

describe("promise 3: waiting for a lock never blocks the event loop", () => {
  test("promise 3: timers fire while another process holds the lock, then the transaction runs", async () => {
    const path = tempDatabase();
    const db = openByHand(path, { timeout: 60_000 });
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE; INSERT INTO item (name) VALUES ('theirs')");

    let begun = false;
    const ours = transaction(db, (tx) => {
      begun = true;
      insert(tx, "ours");
      return tx.pragma("busy_timeout", { simple: true });
    }, { timeoutMs: 25_000 });
    // Would the wait block, neither these timers nor the message that ends it could get through.
    await timersFired(50);
    expect(begun).toBe(false);
    expect(db.inTransaction).toBe(false);
    await other.run("COMMIT");
    // The session's own busy timeout is in force again inside of the body, and after it.
    expect(await ours).toBe(60_000);
    expect(db.pragma("busy_timeout", { simple: true })).toBe(60_000);
    expect(committed(path)).toEqual(["theirs", "ours"]);
  });

  test("the session's own busy timeout is in force between the attempts, also when it was changed meanwhile", async () => {
    const path = tempDatabase();
    const db = openByHand(path, { timeout: 1_234 });
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE");
    const ours = transaction(db, (tx) => tx.pragma("busy_timeout", { simple: true }), { timeoutMs: 25_000 });
    await timersFired(3);
    expect(db.pragma("busy_timeout", { simple: true })).toBe(1_234);
    db.pragma("busy_timeout = 777");
    await timersFired(3);
    await other.run("COMMIT");
    expect(await ours).toBe(777);
  });

  test("with a rollback journal, COMMIT waits for readers without blocking", async () => {
    const path = tempDatabase("delete");
    const db = openByHand(path, { timeout: 60_000 });
    const other = await foreignProcess(path);
    await other.run("BEGIN; CREATE TEMP TABLE t AS SELECT * FROM item");
    const ours = transaction(db, (tx) => insert(tx, "ours"), { timeoutMs: 25_000 });
    await timersFired(20);
    expect(db.inTransaction).toBe(true);
    await other.run("COMMIT");
    await ours;
    expect(db.inTransaction).toBe(false);
    expect(committed(path)).toEqual(["ours"]);
  });

  test("with a rollback journal, a reader that stays is named at the deadline and nothing is written", async () => {
    const path = tempDatabase("delete");
    const db = openByHand(path, { timeout: 60_000 });
    const other = await foreignProcess(path);
    await other.run("BEGIN; CREATE TEMP TABLE t AS SELECT * FROM item");
    const error = await rejection(transaction(db, (tx) => insert(tx, "ours"), { timeoutMs: 30 }));
    expect(error).toBeInstanceOf(LockTimeoutError);
    if (process.platform === "linux") expect((error as LockTimeoutError).holder).toMatchObject({ where: "another process", pid: other.pid });
    expect(db.inTransaction).toBe(false);
    await other.run("COMMIT");
    await transaction(db, (tx) => insert(tx, "next"));
    expect(committed(path)).toEqual(["next"]);
  });

  test("an abort ends the wait for another process, and the session serves the next", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE");
    const abort = new AbortController();
    const ours = rejection(transaction(db, (tx) => insert(tx, "never"), { signal: abort.signal }));
    await timersFired(3);
    const reason = new Error("the client went away");
    abort.abort(reason);
    expect(await ours).toBe(reason);
    await other.run("COMMIT");
    await transaction(db, (tx) => insert(tx, "next"));
    expect(committed(path)).toEqual(["next"]);
  });

  test("a transaction begun by hand on the session is waited for, never joined", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    db.exec("BEGIN");
    insert(db, "by hand");
    const ours = transaction(db, (tx) => insert(tx, "ours"), { timeoutMs: 25_000 });
    await timersFired(3);
    db.exec("ROLLBACK");
    await ours;
    expect(committed(path)).toEqual(["ours"]);
    db.exec("BEGIN");
    onCleanup(() => db.inTransaction && db.exec("ROLLBACK"));
    const error = await rejection(transaction(db, () => {}, { timeoutMs: 5 }));
    expect((error as LockTimeoutError).message).toContain("begun by hand on this session");
  });
});
