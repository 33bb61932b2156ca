import { describe, expect, test } from "vitest";
import { transaction, transactionSync } from "sessionfix-runtime";
import { committed, foreignProcess, insert, openByHand, tempDatabase, timersFired } from "./support/database.js";

describe("promise 7: synchronous bodies cost nothing extra", () => {
  // First in its process: what a thread has learnt of a file it knows by device and inode, and the next test's file may get the same
  // inode as one that is gone. A look for others that is under way then makes the transaction wait for it.
  test("promise 7: an uncontended transaction with a synchronous body is committed when the call returns", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const pending = transaction(db, (tx) => insert(tx, "a"));
    expect(db.inTransaction).toBe(false);
    expect(committed(path)).toEqual(["a"]);
    await pending;
  });

  test("promise 7: transactionSync executes the statements of db.transaction().immediate, and no other", () => {
    const path = tempDatabase();
    const log: string[] = [];
    const db = openByHand(path, { verbose: (sql) => log.push(String(sql)) });
    transactionSync(db, () => {}); // what is prepared once is not what is measured
    const prepared = db.prepare("INSERT INTO item (name) VALUES (?)");

    log.length = 0;
    db.transaction(() => prepared.run("raw")).immediate();
    const raw = log.splice(0).map((sql) => sql.replace("'raw'", "?"));
    transactionSync(db, () => prepared.run("ours"));
    const ours = log.splice(0).map((sql) => sql.replace("'ours'", "?"));
    expect(raw).toEqual(["BEGIN IMMEDIATE", "INSERT INTO item (name) VALUES (?)", "COMMIT"]);
    expect(ours).toEqual(raw);
  });

  test("promise 7: after a wait too, BEGIN … COMMIT is one turn of the event loop", async () => {
    const path = tempDatabase();
    const other = await foreignProcess(path);
    let turn = 0;
    let counting = true;
    const count = (): void => {
      turn++;
      if (counting) setImmediate(count);
    };
    const turns = new Map<string, number>();
    const db = openByHand(path, { verbose: (sql) => turns.set(/BEGIN IMMEDIATE|INSERT|COMMIT/.exec(String(sql))?.[0] ?? "", turn) });
    await other.run("BEGIN IMMEDIATE");
    count();
    const ours = transaction(db, (tx) => insert(tx, "a"), { timeoutMs: 25_000 });
    await timersFired(10);
    await other.run("COMMIT");
    await ours;
    counting = false;
    expect(turns.get("BEGIN IMMEDIATE")).toBeGreaterThan(1);
    expect(turns.get("INSERT")).toBe(turns.get("BEGIN IMMEDIATE"));
    expect(turns.get("COMMIT")).toBe(turns.get("BEGIN IMMEDIATE"));
  });
});
