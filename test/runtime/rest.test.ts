import { batchedTransaction, transaction } from "sessionfix-runtime";
import { describe, expect, test } from "vitest";
import { FifoLock } from "../../runtime/fifo-lock.js";
import { findForeignSleepers } from "../../runtime/foreign-sleepers.js";
import { LockRest } from "../../runtime/lock-rest.js";
import { committed, foreignProcess, insert, openByHand, tempDatabase, timersFired, until } from "./support/database.js";

const spin = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end;);
};

describe.runIf(process.platform === "linux")("others get their turn: processes that sleep in SQLite's busy handler", () => {
  test("they are seen while they wait, and only then", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const foreign = await foreignProcess(path);
    await foreign.run("PRAGMA busy_timeout=20000");
    const isAsleep = () => findForeignSleepers(path)?.some((thread) => thread.startsWith(`${foreign.pid}/`)) ?? false;
    db.exec("BEGIN IMMEDIATE");
    expect(isAsleep()).toBe(false);
    const write = foreign.run("INSERT INTO item (name) VALUES ('foreign')");
    await until(isAsleep);
    db.exec("COMMIT");
    await write;
    expect(isAsleep()).toBe(false);
  });

  test("they get the lock between two batches, although they look only every 100 ms", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const foreign = await foreignProcess(path);
    await foreign.run("PRAGMA busy_timeout=20000");
    const isAsleep = () => findForeignSleepers(path)?.some((thread) => thread.startsWith(`${foreign.pid}/`)) ?? false;
    const written = db.prepare("SELECT count(*) FROM item WHERE name = 'foreign'").pluck();
    const holder = openByHand(path);
    holder.exec("BEGIN IMMEDIATE");
    const write = foreign.run("INSERT INTO item (name) VALUES ('foreign')");
    await until(isAsleep);
    // So long that its naps have reached their full length.
    spin(500);
    await until(isAsleep);
    holder.exec("COMMIT");
    const seenAfterBatch: unknown[] = [];
    await batchedTransaction(
      db,
      Array.from({ length: 6 }, (_, index) => `item ${index}`),
      (name, tx) => {
        insert(tx, name);
        spin(30);
      },
      { batchSize: 1, onProgress: () => { seenAfterBatch.push(written.get()); } },
    );
    await write;
    // One batch of grace: on a busy machine it may be awake, without a core to run on, at the moment of the look.
    expect(seenAfterBatch[2]).toBe(1);
  });
});

describe("the rest of a lock", () => {
  test("lasts a fifth of a long hold, within bounds; short holds need none", () => {
    const rest = new LockRest("x.db", () => []);
    expect(rest.afterHold(2)).toBe(0);
    expect(rest.afterHold(10)).toBe(2);
    expect(rest.afterHold(200)).toBe(40);
    expect(rest.afterHold(5_000)).toBe(100);
  });

  test("does not wait again for a thread that slept through a whole rest: it waits for something else", () => {
    let asleep = ["7/7"];
    const rest = new LockRest("x.db", () => asleep);
    expect(rest.afterHold(30)).toBeGreaterThan(0);
    expect(rest.goesOn(50)).toBe(true);
    expect(rest.goesOn(130)).toBe(false);
    rest.afterHold(30);
    expect(rest.goesOn(6)).toBe(false);
    // Once it has woken, its next sleep may be in front of the lock.
    asleep = [];
    rest.afterHold(30);
    expect(rest.goesOn(6)).toBe(false);
    asleep = ["7/7"];
    rest.afterHold(30);
    expect(rest.goesOn(6)).toBe(true);
  });

  test("looks at other processes only now and then", () => {
    let looks = 0;
    const rest = new LockRest("x.db", () => {
      looks++;
      return [];
    });
    for (let hold = 0; hold < 100; hold++) rest.afterHold(1);
    expect(looks).toBe(4);
  });

  test("ends early for who cannot wait longer: a free lock is no reason for a timeout", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    await transaction(db, () => spin(500));
    await transaction(db, (tx) => insert(tx, "impatient"), { timeoutMs: 1 });
    expect(committed(path)).toEqual(["impatient"]);
    // The rest that ended early must not give the lock away a second time.
    const lock = new FifoLock<string>({ after: () => 5, goesOn: () => false });
    lock.tryTake("first");
    lock.release("first");
    const second = lock.wait("second");
    lock.endRest();
    await second.granted;
    let third = "waits";
    const place = lock.wait("third");
    void place.granted.then(() => { third = "has it too"; });
    await timersFired(10);
    expect([lock.owner, third]).toEqual(["second", "waits"]);
  });
});
