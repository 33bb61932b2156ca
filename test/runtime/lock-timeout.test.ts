import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import Libsql from "libsql";
import { describe, expect, test } from "vitest";
import { ForeignSqliteError, LockTimeoutError, batchedTransaction, transaction, transactionSync } from "sessionfix-runtime";
import { describeHolder, parseLocks } from "../../runtime/lock-holder.js";
import { committed, foreignProcess, gate, insert, onCleanup, openByHand, rejection, tempDatabase, timersFired, until } from "./support/database.js";

const linux = process.platform === "linux";

async function timeoutOf(promise: Promise<unknown>): Promise<LockTimeoutError> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(LockTimeoutError);
  expect(error).toMatchObject({ code: "SESSIONFIX_LOCK_TIMEOUT", name: "LockTimeoutError" });
  return error as LockTimeoutError;
}

describe("promise 14: LockTimeoutError names the holder", () => {
  for (const mode of ["wal", "delete"] as const) {
    test(`promise 14: another process, journal mode ${mode}: pid, command and state`, { skip: !linux }, async () => {
      const path = tempDatabase(mode);
      const db = openByHand(path, { timeout: 0 });
      const other = await foreignProcess(path);
      await other.run("BEGIN IMMEDIATE");
      const error = await timeoutOf(transaction(db, (tx) => insert(tx, "never"), { timeoutMs: 20, label: "import" }));
      expect(error.holder).toMatchObject({ where: "another process", pid: other.pid, state: "sleeping" });
      expect(error.holder).toHaveProperty("command", expect.stringContaining("foreign.mjs"));
      expect(error.waitedMs).toBeGreaterThanOrEqual(20);
      for (const part of ['"import"', path, String(other.pid), "foreign.mjs", "Nothing was written"]) expect(error.message).toContain(part);
      expect(() => transactionSync(db, () => {})).toThrow(String(other.pid));
      await other.run("COMMIT");
      expect(committed(path)).toEqual([]);
      await transaction(db, (tx) => insert(tx, "next"));
      expect(committed(path)).toEqual(["next"]);
    });
  }

  for (const mode of ["wal", "delete"] as const) {
    test(`promise 14: a stopped process is shown as stopped, and a timeout is no hang, journal mode ${mode}`, { skip: !linux }, async () => {
      const path = tempDatabase(mode);
      const db = openByHand(path, { timeout: 0 });
      const other = await foreignProcess(path);
      await other.run("BEGIN IMMEDIATE");
      process.kill(other.pid, "SIGSTOP");
      await until(() => / T /.test(readFileSync(`/proc/${other.pid}/stat`, "utf8")));
      let settled = false;
      const waiting = timeoutOf(transaction(db, () => {}, { timeoutMs: 60, label: "behind a stopped one" })).finally(() => { settled = true; });
      await timersFired(3);
      expect(settled).toBe(false); // the loop ran meanwhile
      const error = await waiting;
      expect(error.holder).toMatchObject({ where: "another process", pid: other.pid, state: "stopped", command: expect.stringContaining("foreign.mjs") as string });
      for (const part of [String(other.pid), "stopped", "foreign.mjs"]) expect(error.message).toContain(part);
      process.kill(other.pid, "SIGCONT");
      await other.run("ROLLBACK");
      await transaction(db, (tx) => insert(tx, "free"));
      expect(committed(path)).toEqual(["free"]);
    });

    test(`promise 14: a stopped process that is killed frees the lock, journal mode ${mode}`, { skip: !linux }, async () => {
      const path = tempDatabase(mode);
      const db = openByHand(path, { timeout: 0 });
      const other = await foreignProcess(path);
      await other.run("BEGIN IMMEDIATE; INSERT INTO item (name) VALUES ('lost')");
      process.kill(other.pid, "SIGSTOP");
      const ours = transaction(db, (tx) => insert(tx, "ours"), { timeoutMs: 25_000 });
      await timersFired(3);
      other.child.kill("SIGKILL");
      await ours;
      expect(committed(path)).toEqual(["ours"]);
    });
  }

  test("promise 14: another thread of this process: this process, and no more is claimed", { skip: !linux }, async () => {
    const path = tempDatabase();
    const db = openByHand(path, { timeout: 0 });
    const thread = new Worker(new URL("support/worker-holder.mjs", import.meta.url), { workerData: { path } });
    onCleanup(() => thread.terminate());
    await once(thread, "message");
    const error = await timeoutOf(transaction(db, () => {}, { timeoutMs: 20 }));
    expect(error.holder).toMatchObject({ where: "this process", stack: "", heldForMs: undefined });
    expect(error.message).toContain("another thread");
    thread.postMessage("commit");
    await once(thread, "exit");
    expect(committed(path)).toEqual(["thread"]);
  });

  test("promise 14: another library of this process has no lock that ours would see: it is refused for what it is", { skip: !linux }, async () => {
    const path = tempDatabase();
    const db = openByHand(path, { timeout: 0 });
    const other = new Libsql(path);
    other.exec("BEGIN IMMEDIATE");
    expect(await rejection(transaction(db, () => {}, { timeoutMs: 20 }))).toBeInstanceOf(ForeignSqliteError);
    other.exec("ROLLBACK");
    other.close();
  });

  test("promise 14: a process that dies frees the lock", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE; INSERT INTO item (name) VALUES ('lost')");
    const ours = transaction(db, (tx) => insert(tx, "ours"), { timeoutMs: 25_000 });
    other.child.kill("SIGKILL");
    await ours;
    expect(committed(path)).toEqual(["ours"]);
  });

  test("promise 14: in this process: label, stack and how long", async () => {
    const db = openByHand(tempDatabase());
    const inside = gate();
    const go = gate();
    const first = transaction(db, async () => { inside.open(); await go.promise; }, { label: "nightly report" });
    await inside.promise;
    const error = await timeoutOf(transaction(db, () => {}, { timeoutMs: 10, label: "quick write" }));
    go.open();
    await first;
    expect(error.holder).toMatchObject({ where: "this process", label: "nightly report", stack: expect.stringContaining("lock-timeout.test.ts") as string });
    expect((error.holder as { heldForMs: number }).heldForMs).toBeGreaterThan(0);
    for (const part of ['"quick write"', '"nightly report"', "lock-timeout.test.ts"]) expect(error.message).toContain(part);
  });

  test("promise 14: the stack leads to the caller also from a queue and from a later batch", async () => {
    const db = openByHand(tempDatabase());
    const [inside, go] = [gate(), gate()];
    const run = batchedTransaction(db, [1, 2, 3], async (item) => {
      if (item !== 2) return;
      inside.open();
      await go.promise;
    }, { batchSize: 1, label: "batched" });
    await inside.promise;
    const error = await timeoutOf(transaction(db, () => {}, { timeoutMs: 5 }));
    go.open();
    await run;
    expect(error.holder).toMatchObject({ label: "batched", stack: expect.stringContaining("lock-timeout.test.ts") as string });
  });

  test("promise 14: who waits in this process behind a waiter learns of the process that holds the lock", { skip: !linux }, async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE");
    const first = transaction(db, () => {}, { timeoutMs: 25_000, label: "first" });
    const error = await timeoutOf(transaction(db, () => {}, { timeoutMs: 10 }));
    expect(error.holder).toMatchObject({ where: "this process", label: "first", waitsFor: { where: "another process", pid: other.pid } });
    expect(error.message).toContain(String(other.pid));
    await other.run("COMMIT");
    await first;
  });

  test("promise 14: a second connection of this process, with and without this package", { skip: !linux }, async () => {
    const path = tempDatabase();
    const [db, other] = [openByHand(path), openByHand(path)];
    const [inside, go] = [gate(), gate()];
    const first = transaction(other, async () => { inside.open(); await go.promise; }, { label: "on the other connection" });
    await inside.promise;
    expect((await timeoutOf(transaction(db, () => {}, { timeoutMs: 10 }))).holder).toMatchObject({ where: "this process", label: "on the other connection" });
    go.open();
    await first;
    other.exec("BEGIN IMMEDIATE");
    expect((await timeoutOf(transaction(db, () => {}, { timeoutMs: 10 }))).holder).toMatchObject({ where: "this process", stack: "", heldForMs: undefined });
    other.exec("ROLLBACK");
  });

  test("a timeout of 0 tries once and does not wait", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const other = await foreignProcess(path);
    await transaction(db, (tx) => insert(tx, "free"), { timeoutMs: 0 });
    await other.run("BEGIN IMMEDIATE");
    await timeoutOf(transaction(db, () => {}, { timeoutMs: 0 }));
    expect(committed(path)).toEqual(["free"]);
  });

  test("transactionSync uses its own timeout for BEGIN alone", async () => {
    const path = tempDatabase();
    const db = openByHand(path, { timeout: 25_000 });
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE");
    expect(() => transactionSync(db, () => {}, { timeoutMs: 5 })).toThrow(LockTimeoutError);
    expect(db.pragma("busy_timeout", { simple: true })).toBe(25_000);
    await other.run("COMMIT");
    expect(transactionSync(db, (tx) => tx.pragma("busy_timeout", { simple: true }), { timeoutMs: 5 })).toBe(25_000);
  });
});

describe("the kernel's table of locks", () => {
  test("is read without taking waiting requests or other kinds of locks for holders", () => {
    const text = [
      "1: POSIX  ADVISORY  WRITE 4242 fe:00:1234567 120 120",
      "1: -> POSIX  ADVISORY  WRITE 99 fe:00:1234567 120 120",
      "2: FLOCK  ADVISORY  WRITE 77 00:1a:500 0 EOF",
      "3: POSIX  ADVISORY  READ  7 103:02:88 1073741826 1073742335",
      "4: OFDLCK ADVISORY  READ  -1 00:05:99 0 0",
      "5: POSIX  ADVISORY  WRITE 8 fe:00:9 0 EOF",
      "garbage",
    ].join("\n");
    expect(parseLocks(text)).toEqual([
      { write: true, pid: 4242, device: "fe:00", inode: "1234567", from: 120, to: 120 },
      { write: false, pid: 7, device: "103:02", inode: "88", from: 1073741826, to: 1073742335 },
      { write: true, pid: 8, device: "fe:00", inode: "9", from: 0, to: Infinity },
    ]);
  });

  test("an unknown holder is called unknown", () => {
    expect(describeHolder({ where: "unknown", reason: "not on this platform" })).toBe("holder unknown: not on this platform");
  });

  test("looking for the holder opens neither the database nor its -shm file", { skip: !linux }, async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const writer = openByHand(path);
    writer.exec("BEGIN IMMEDIATE");
    insert(writer, "kept");
    await timeoutOf(transaction(db, () => {}, { timeoutMs: 5 }));
    // Had it opened and closed one of them, this process's locks would be gone and another process could write.
    const other = await foreignProcess(path);
    expect(await rejection(other.run("BEGIN IMMEDIATE"))).toMatchObject({ message: expect.stringContaining("SQLITE_BUSY") as string });
    writer.exec("COMMIT");
    expect(statSync(path).isFile()).toBe(true);
    expect(committed(path)).toEqual(["kept"]);
  });
});
