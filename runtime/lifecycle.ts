import { endedFromWithin } from "./access.js";
import { transactionEnded } from "./diagnostics.js";
import type { TransactionEvent } from "./diagnostics.js";
import { TransactionClosedError } from "./errors.js";
import type { Frame, Place } from "./frame.js";
import { noteJournalMode, tryBegin, tryCommit } from "./session-state.js";

/** Whether times are worth taking: somebody listens. */
export function isObserved(): boolean {
  return transactionEnded.hasSubscribers;
}

/** Begins the frame's transaction or savepoint. `false`: the lock is not to be had now. */
export function begin(frame: Frame): boolean {
  if (frame.outer !== undefined) {
    assertOuterOpen(frame);
    // Outside of a transaction SAVEPOINT begins one, and RELEASE commits it.
    if (!frame.state.connection.inTransaction) throw endedFromWithin(frame.outer);
    frame.state.connection.exec(`SAVEPOINT ${savepointName(frame)}`);
  } else {
    if (!tryBegin(frame.state, frame.mode)) return false;
    noteJournalMode(frame.state);
  }
  markBegun(frame);
  return true;
}

export function markBegun(frame: Frame, now = performance.now()): void {
  frame.status = "active";
  frame.begunAt = now;
  if (frame.outer !== undefined) return;
  if (frame.mode === "deferred") frame.state.file.deferred.add(frame);
  else frame.state.file.writer = frame;
}

/**
 * Makes the frame's work permanent (a savepoint's: part of the transaction around it).
 *
 * @returns `false` when a rollback journal's readers are in the way; the transaction is still open then.
 */
export function commit(frame: Frame): boolean {
  assertWhole(frame);
  if (frame.outer === undefined) return tryCommit(frame.state);
  frame.state.connection.exec(`RELEASE ${savepointName(frame)}`);
  return true;
}

/** Refuses to end what is no longer there, or what other work is still part of. */
export function assertWhole(frame: Frame): void {
  const child = frame.children?.owner;
  if (child !== undefined) {
    throw new TransactionClosedError(
      `"${frame.label}" ended while "${child.label}", begun inside of it, was still open. Await every transaction that the body begins; all of "${frame.label}" was rolled back.`,
    );
  }
  if (frame.outer !== undefined) assertOuterOpen(frame);
  if (!frame.state.connection.inTransaction) throw endedFromWithin(frame);
}

/** All the way out: a savepoint whose own surrounding was left behind must not touch the next transaction's. */
function endedAround(frame: Frame): Frame | undefined {
  let around = frame.outer;
  while (around !== undefined && around.status === "active") around = around.outer;
  return around;
}

function assertOuterOpen(frame: Frame): void {
  const ended = endedAround(frame);
  if (ended === undefined) return;
  throw new TransactionClosedError(
    `"${frame.label}" is inside of "${ended.label}", which has ended. Await it in the body of the transaction around it.`,
  );
}

/** Undoes the frame's work. Its own failure is attached to `reason` and otherwise kept for the next `BEGIN` to mend. */
export function rollback(frame: Frame, reason: unknown): void {
  const { state } = frame;
  if (!state.connection.open || !state.connection.inTransaction) return;
  try {
    if (frame.outer === undefined) {
      state.statements.rollback.run();
    } else if (endedAround(frame) === undefined) {
      const name = savepointName(frame);
      state.connection.exec(`ROLLBACK TO ${name};RELEASE ${name}`);
    }
  } catch (error) {
    if (frame.outer === undefined) state.rollbackOwed = state.connection.inTransaction;
    attachSuppressed(reason, error);
  }
}

/** The first error stays the one that is thrown; the rollback's rides along as `suppressed`. */
export function attachSuppressed(first: unknown, second: unknown): void {
  if (typeof first !== "object" || first === null || !Object.isExtensible(first) || "suppressed" in first) return;
  Object.defineProperty(first, "suppressed", { value: second, configurable: true, enumerable: false });
}

/** What a batch adds to its transaction's event, and how the batch learns its times. */
export interface Measure {
  /** Where the run was asked for: later batches no longer have their caller on the stack. */
  readonly place: Place;
  batchSize: number;
  waitMs: number;
  holdMs: number;
}

/** The frame is over, whatever became of it: the next in the queue gets its turn. */
export function end(frame: Frame, outcome: TransactionEvent["outcome"], measure?: Measure, error?: unknown): void {
  const { file } = frame.state;
  frame.status = "ended";
  if (frame.state.open === frame) frame.state.open = undefined;
  if (file.writer === frame) file.writer = undefined;
  if (frame.mode === "deferred") file.deferred.delete(frame);
  frame.children?.refuseAll((waiting) => new TransactionClosedError(
    `"${frame.label}" ended before "${waiting.label}", asked for inside of it, could begin. Await it in the body.`,
  ));
  if (measure !== undefined || isObserved()) report(frame, outcome, measure, error);
  frame.lock.release(frame);
}

function report(frame: Frame, outcome: TransactionEvent["outcome"], measure: Measure | undefined, error: unknown): void {
  const now = performance.now();
  const begunAt = frame.begunAt === 0 ? now : frame.begunAt;
  const waitMs = frame.requestedAt === 0 ? 0 : begunAt - frame.requestedAt;
  const holdMs = now - begunAt;
  if (measure !== undefined) Object.assign(measure, { waitMs, holdMs });
  if (!transactionEnded.hasSubscribers) return;
  transactionEnded.publish({
    label: frame.givenLabel,
    path: frame.state.path,
    mode: frame.outer === undefined ? frame.mode : "savepoint",
    outcome,
    waitMs,
    holdMs,
    ...(measure === undefined ? {} : { batchSize: measure.batchSize }),
    ...(error === undefined ? {} : { error }),
  } satisfies TransactionEvent);
}

function savepointName(frame: Frame): string {
  return `sessionfix_${frame.depth}`;
}
