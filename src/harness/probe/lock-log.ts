/**
 * Follows one connection's transactions from the outside, by whether it is in one before and after each call.
 * Pure bookkeeping: the clock is a parameter, and so is for whom it works.
 */
import type { LockHold } from "../types.js";

/** After this pause between two failed attempts, the second is a new wait, not the same one going on. In ms. */
const SAME_WAIT_MS = 250;

/** Upper bound of what a report holds, so that a long run cannot grow without end. */
const MAX_HOLDS = 50_000;

export interface CallFacts {
  startedAt: number;
  endedAt: number;
  inTransactionBefore: boolean;
  inTransactionAfter: boolean;
  /** The call begins a transaction that takes the write lock at once. */
  beginsWithLock: boolean;
  /** The call writes (as far as SQLite can tell before running it). */
  writes: boolean;
  /** The call failed because the database was locked. */
  busy: boolean;
  failed: boolean;
}

export class LockLog {
  readonly holds: LockHold[] = [];
  lockTimeouts = 0;

  /** @param labelOf for whom the process works at the moment. */
  constructor(readonly labelOf: () => string | undefined = () => undefined) {}

  reset(): void {
    this.holds.length = 0;
    this.lockTimeouts = 0;
  }

  add(hold: Omit<LockHold, "label">, label = this.labelOf()): void {
    if (this.holds.length < MAX_HOLDS) this.holds.push(label === undefined ? hold : { ...hold, label });
  }
}

export class ConnectionLocks {
  #log: LockLog;
  #waiting: { since: number; last: number } | undefined;
  #held: { since: number; waitMs: number; statements: number; label: string | undefined } | undefined;

  constructor(log: LockLog) {
    this.#log = log;
  }

  observe(call: CallFacts): void {
    if (call.busy) {
      this.#noteBusy(call);
    } else if (call.inTransactionBefore) {
      this.#insideTransaction(call);
    } else if (call.inTransactionAfter) {
      if (call.beginsWithLock && !call.failed) this.#acquire(call);
    } else if (call.writes && !call.failed) {
      // Autocommit: the wait within the call cannot be told from the work, so all of it counts as hold.
      this.#log.add({
        start: call.startedAt,
        waitMs: this.#waited(call.startedAt, call.startedAt),
        holdMs: call.endedAt - call.startedAt,
        statements: 1,
      });
    }
  }

  #insideTransaction(call: CallFacts): void {
    if (this.#held !== undefined) this.#held.statements += 1;
    else if (call.writes && !call.failed && call.inTransactionAfter) this.#acquire(call);
    if (!call.inTransactionAfter) this.#release(call.endedAt);
  }

  #acquire(call: CallFacts): void {
    this.#held = { since: call.endedAt, waitMs: this.#waited(call.startedAt, call.endedAt), statements: 0, label: this.#log.labelOf() };
  }

  #release(at: number): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    // The commit that ends the transaction is not a statement of its body.
    const statements = Math.max(0, held.statements - 1);
    this.#log.add({ start: held.since, waitMs: held.waitMs, holdMs: at - held.since, statements }, held.label);
  }

  #noteBusy(call: CallFacts): void {
    const waiting = this.#waiting;
    if (waiting === undefined || call.startedAt - waiting.last > SAME_WAIT_MS) {
      this.#waiting = { since: call.startedAt, last: call.endedAt };
    } else {
      waiting.last = call.endedAt;
    }
    // A call that waited inside SQLite and still failed has given up; one that failed at once may be asking again.
    if (call.endedAt - call.startedAt > SAME_WAIT_MS) this.#log.lockTimeouts += 1;
    if (!call.inTransactionAfter) this.#release(call.endedAt);
  }

  #waited(startedAt: number, acquiredAt: number): number {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const since = waiting !== undefined && startedAt - waiting.last <= SAME_WAIT_MS ? waiting.since : startedAt;
    return acquiredAt - since;
  }
}
