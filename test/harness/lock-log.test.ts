import { describe, expect, it } from "vitest";
import { type CallFacts, ConnectionLocks, LockLog } from "../../src/harness/probe/lock-log.js";

const call = (startedAt: number, endedAt: number, facts: Partial<CallFacts> = {}): CallFacts => ({
  startedAt, endedAt,
  inTransactionBefore: false, inTransactionAfter: false, beginsWithLock: false, writes: false, busy: false, failed: false,
  ...facts,
});
const inside = { inTransactionBefore: true, inTransactionAfter: true };
const begin = { inTransactionAfter: true };
const beginImmediate = { ...begin, beginsWithLock: true };
const write = { ...inside, writes: true };
const end = { inTransactionBefore: true };
const busy = { busy: true, failed: true };

function follow(...calls: CallFacts[]): LockLog {
  const log = new LockLog();
  const locks = new ConnectionLocks(log);
  for (const each of calls) locks.observe(each);
  return log;
}

describe("ConnectionLocks", () => {
  it("holds from the end of BEGIN IMMEDIATE to the end of COMMIT, and waits within BEGIN", () => {
    const log = follow(call(0, 40, beginImmediate), call(50, 51, write), call(60, 61, inside), call(90, 100, end));
    expect(log.holds).toEqual([{ start: 40, waitMs: 40, holdMs: 60, statements: 2 }]);
  });

  it("holds from the first write of a deferred transaction", () => {
    const log = follow(call(0, 1, begin), call(10, 11, inside), call(20, 25, write), call(30, 31, write), call(40, 41, end));
    expect(log.holds).toEqual([{ start: 25, waitMs: 5, holdMs: 16, statements: 1 }]);
  });

  it("sees no hold in a transaction that only reads", () => {
    expect(follow(call(0, 1, begin), call(2, 3, inside), call(4, 5, end)).holds).toEqual([]);
  });

  it("counts an autocommit write as a hold of its own, and a read not at all", () => {
    const log = follow(call(0, 3, { writes: true }), call(5, 6));
    expect(log.holds).toEqual([{ start: 0, waitMs: 0, holdMs: 3, statements: 1 }]);
  });

  it("counts attempts that fail at once and are repeated as one wait", () => {
    const tries = Array.from({ length: 100 }, (_, i) => call(i, i + 0.5, busy));
    const log = follow(...tries, call(100, 101, beginImmediate), call(110, 111, end));
    expect(log.holds).toEqual([{ start: 101, waitMs: 101, holdMs: 10, statements: 0 }]);
    expect(log.lockTimeouts).toBe(0);
  });

  it("does not add a wait that was given up to the next one", () => {
    const log = follow(call(0, 1, busy), call(10_000, 10_002, beginImmediate), call(10_010, 10_011, end));
    expect(log.holds).toEqual([{ start: 10_002, waitMs: 2, holdMs: 9, statements: 0 }]);
  });

  it("counts a call that waited inside SQLite and failed", () => {
    expect(follow(call(0, 30_000, busy))).toMatchObject({ holds: [], lockTimeouts: 1 });
  });

  it("takes no lock when a BEGIN or a write fails for another reason", () => {
    const log = follow(
      call(0, 1, { beginsWithLock: true, failed: true }),
      call(2, 3, { writes: true, failed: true }),
      call(4, 5, begin),
      call(6, 7, { ...write, failed: true }),
      call(8, 9, end),
    );
    expect(log.holds).toEqual([]);
  });

  it("ends the hold when SQLite itself rolls back", () => {
    const log = follow(call(0, 1, beginImmediate), call(10, 20, { ...busy, ...end, writes: true }), call(30, 31, { writes: true }));
    expect(log.holds.map((hold) => hold.holdMs)).toEqual([19, 1]);
  });
});
