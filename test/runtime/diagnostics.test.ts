import { channel } from "node:diagnostics_channel";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { batchedTransaction, createSessionFactory, transaction, transactionSync } from "sessionfix-runtime";
import type { SessionCloseEvent, SessionOpenEvent, TransactionEvent } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { insert, onCleanup, openByHand, rejection, tempDatabase } from "./support/database.js";

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
