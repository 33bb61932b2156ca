import { channel } from "node:diagnostics_channel";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { LockTimeoutError, SessionOptionError, batchedTransaction, collectMetrics, createSessionFactory, transaction, transactionSync } from "sessionfix-runtime";
import type { SessionCheckoutEvent, SessionCloseEvent, SessionOpenEvent, SlowEvent, StatementEvent, TransactionEvent } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { gate, insert, onCleanup, openByHand, rejection, tempDatabase, until } from "./support/database.js";

function listen<Event>(name: string): Event[] {
  const events: Event[] = [];
  const onEvent = (event: unknown): void => { events.push(event as Event); };
  channel(name).subscribe(onEvent);
  onCleanup(() => channel(name).unsubscribe(onEvent));
  return events;
}

test("sessions are told when they open and close", async () => {
  const opened = listen<SessionOpenEvent>("sessionfix:session:open");
  const closed = listen<SessionCloseEvent>("sessionfix:session:close");
  const path = tempDatabase();
  const sessions = createSessionFactory({ driver: betterSqlite3(Database), path });
  sessions.getSession().close();
  sessions.getSession();
  sessions.getSession();
  expect(opened).toMatchObject([{ path, driver: "better-sqlite3", openSessions: 1 }, { path, openSessions: 1 }]);
  expect(opened[0]?.openMs).toBeGreaterThan(0);
  await sessions.close();
  expect(closed).toMatchObject([{ path, reason: "noticed", openSessions: 0 }, { path, reason: "closed", openSessions: 0 }]);
});

test("transactions are told when they end: label, mode, outcome, times, batch size", async () => {
  const events = listen<TransactionEvent>("sessionfix:transaction");
  const path = tempDatabase();
  const db = openByHand(path);
  const own = new Error("the body fails");
  await transaction(db, async (tx) => { await transaction(tx, () => {}, { label: "inner" }); }, { label: "outer" });
  await rejection(transaction(db, () => { throw own; }, { label: "failing", mode: "exclusive" }));
  transactionSync(db, (tx) => insert(tx, "a"), { label: "sync" });
  db.exec("BEGIN");
  await rejection(transaction(db, () => {}, { label: "refused", timeoutMs: 0 }));
  db.exec("ROLLBACK");
  await batchedTransaction(db, [1, 2, 3], () => {}, { batchSize: 2, label: "batched" });
  expect(events).toMatchObject([
    { label: "inner", mode: "savepoint", outcome: "commit", path },
    { label: "outer", mode: "immediate", outcome: "commit", path },
    { label: "failing", mode: "exclusive", outcome: "rollback", error: own },
    { label: "sync", mode: "immediate", outcome: "commit" },
    { label: "refused", outcome: "refused", error: { code: "SESSIONFIX_LOCK_TIMEOUT" } },
    { label: "batched", outcome: "commit", batchSize: 2 },
    { label: "batched", outcome: "commit", batchSize: 1 },
  ]);
  for (const event of events) {
    expect(event.waitMs).toBeGreaterThanOrEqual(0);
    if (event.outcome !== "refused") expect(event.holdMs).toBeGreaterThan(0);
  }
  expect(events[0]).not.toHaveProperty("batchSize");
});

describe("promise 15: slow holds and waits, statements, metrics", () => {
  test("promise 15: a slow hold and a slow wait are told with label, items and first statement, and warned about once", async () => {
    const path = tempDatabase();
    const slow = listen<SlowEvent>("sessionfix:slow");
    const warnings = listenToWarnings();
    const db = createSessionFactory({ driver: betterSqlite3(Database), path, slow: { holdMs: 0, waitMs: Infinity } }).getSession();
    const label = `import ${path}`;
    await batchedTransaction(db, ["a", "b", "c"], (name, tx) => { insert(tx, name); }, { batchSize: 2, label });
    expect(slow).toMatchObject([
      { kind: "hold", label, batchSize: 2, limitMs: 0, path, firstSql: "INSERT INTO item (name) VALUES (?)" },
      { kind: "hold", label, batchSize: 1 },
    ]);
    await until(() => warnings.length > 0);
    expect(warnings).toMatchObject([{ name: "SessionfixWarning", code: "SESSIONFIX_SLOW_HOLD" }]);
    expect(warnings[0]?.message).toContain("for a batch of 2 items; its first statement: INSERT INTO item");
  });

  test("promise 15: a wait in the queue counts, also one that ends in a timeout", async () => {
    const path = tempDatabase();
    const slow = listen<SlowEvent>("sessionfix:slow");
    const db = createSessionFactory({ driver: betterSqlite3(Database), path, slow: { holdMs: Infinity, waitMs: 0, warn: false } }).getSession();
    const go = gate();
    const first = transaction(db, () => go.promise, { label: "first" });
    const waiting = transaction(db, () => {}, { label: "waits" });
    expect(await rejection(transaction(db, () => {}, { label: "gives up", timeoutMs: 1 }))).toBeInstanceOf(LockTimeoutError);
    go.open();
    await Promise.all([first, waiting]);
    expect(slow.map(({ kind, label }) => [kind, label])).toEqual(expect.arrayContaining([["wait", "gives up"], ["wait", "waits"]]));
    expect(slow.find(({ label }) => label === "gives up")?.waitMs).toBeGreaterThanOrEqual(1);
  });

  test("nothing is slow below the limit, and a limit that means nothing is refused", async () => {
    const slow = listen<SlowEvent>("sessionfix:slow");
    const path = tempDatabase();
    const db = createSessionFactory({ driver: betterSqlite3(Database), path, slow: { holdMs: Infinity, waitMs: Infinity } }).getSession();
    await transaction(db, (tx) => { insert(tx, "a"); });
    expect(slow).toEqual([]);
    expect(() => createSessionFactory({ driver: betterSqlite3(Database), path, slow: { holdMs: -1 } })).toThrow(SessionOptionError);
  });

  test("promise 15: each statement, with its transaction's label, its time and its error", async () => {
    const events = listen<StatementEvent>("sessionfix:statement");
    const path = tempDatabase();
    const db = createSessionFactory({ driver: betterSqlite3(Database), path }).getSession();
    insert(db, "plain");
    await transaction(db, async (tx) => {
      await null;
      tx.exec("DELETE FROM item");
      expect(tx.prepare("SELECT count(*) FROM item").pluck().get()).toBe(0);
    }, { label: "clean" });
    expect(() => db.exec("INSERT INTO nowhere VALUES (1)")).toThrow();
    expect(events).toMatchObject([
      { sql: "INSERT INTO item (name) VALUES (?)", label: undefined, inTransaction: false, path },
      { sql: "DELETE FROM item", label: "clean", inTransaction: true },
      { sql: "SELECT count(*) FROM item", label: "clean", inTransaction: true },
      { sql: "INSERT INTO nowhere VALUES (1)", error: { code: "SQLITE_ERROR" } },
    ]);
    for (const { durationMs } of events) expect(durationMs).toBeGreaterThan(0);
  });

  test("sessions that are handed out are told", () => {
    const checkouts = listen<SessionCheckoutEvent>("sessionfix:session:checkout");
    const path = tempDatabase();
    const { getSession } = createSessionFactory({ driver: betterSqlite3(Database), path });
    getSession();
    getSession();
    expect(checkouts).toEqual([{ path, driver: "better-sqlite3" }, { path, driver: "better-sqlite3" }]);
  });

  test("promise 15: metrics count by file and label, and stop when told to", async () => {
    const metrics = collectMetrics();
    const path = tempDatabase();
    const sessions = createSessionFactory({ driver: betterSqlite3(Database), path });
    const db = sessions.getSession();
    await batchedTransaction(db, ["a", "b", "c"], (name, tx) => { insert(tx, name); }, { batchSize: 2, label: "import" });
    await rejection(transaction(db, () => { throw new Error("planned"); }, { label: "failing" }));
    const go = gate();
    const first = transaction(db, () => go.promise, { label: "first" });
    await rejection(transaction(db, () => {}, { timeoutMs: 1 }));
    go.open();
    await first;
    const { openSessions, opened, files } = metrics.snapshot();
    expect([openSessions, opened]).toEqual([1, 1]);
    expect(files).toMatchObject([{ path, commits: 3, rollbacks: 1, refused: 1, timeouts: 1, items: 3 }]);
    const [file] = files;
    expect(file?.labels.map(({ label, commits }) => [label, commits]).sort()).toEqual([["(unlabelled)", 0], ["failing", 0], ["first", 1], ["import", 2]]);
    expect(file?.holdMs.max).toBeGreaterThan(0);
    expect(file?.holdMs.p99).toBeLessThanOrEqual(file?.holdMs.max ?? 0);
    metrics.stop();
    await transaction(db, () => {});
    expect(metrics.snapshot().files[0]?.commits).toBe(3);
  });

  test("metrics keep to a fixed number of labels", () => {
    const metrics = collectMetrics();
    const db = openByHand(tempDatabase());
    for (let n = 0; n < 300; n++) transactionSync(db, () => {}, { label: `request ${n}` });
    const labels = metrics.snapshot().files[0]?.labels ?? [];
    metrics.stop();
    expect(labels).toHaveLength(201);
    expect(labels.find(({ label }) => label === "(other)")?.commits).toBe(100);
  });
});

/** What the process warns of, without printing it. */
function listenToWarnings(): (Error & { code?: string })[] {
  const warnings: (Error & { code?: string })[] = [];
  const listeners = process.listeners("warning");
  const onWarning = (warning: Error): void => { warnings.push(warning); };
  process.removeAllListeners("warning");
  process.on("warning", onWarning);
  onCleanup(() => {
    process.off("warning", onWarning);
    for (const listener of listeners) process.on("warning", listener);
  });
  return warnings;
}
