import { SessionBusyError, TransactionClosedError } from "./errors.js";
import { isAround } from "./frame.js";
import type { Frame } from "./frame.js";
import { describeHolder } from "./lock-holder.js";
import { registry } from "./registry.js";
import { outsideOfServers } from "./server.js";
import type { SessionState } from "./session-state.js";
import { holderOf } from "./waiting.js";

/** Through which handle a statement comes: the session itself, or the `tx` of one transaction. */
export interface Access {
  readonly state: SessionState;
  /** Set for a `tx` handle and the statements prepared on it. */
  readonly frame: Frame | undefined;
}

/** On sessions, `tx` handles and their statements. Known to all copies of this package. */
export const ACCESS = Symbol.for("sessionfix-runtime.access.v2");

export interface Guarded {
  readonly [ACCESS]: Access;
}

/** How this package knows `session`: as a session, or as the `tx` of a transaction. */
export function accessOf(session: unknown): Access | undefined {
  return typeof session === "object" && session !== null && ACCESS in session ? (session as Guarded)[ACCESS] : undefined;
}

/** The statement has to see what is committed, on a connection of its own. */
export const READER = Symbol("reader");

/**
 * Whether a statement may run on the connection now, and as part of which transaction.
 *
 * @param readsOnly Rows come back and nothing is written, nor begun or ended.
 * @returns The transaction that the statement is part of; `undefined` where there is none.
 * @throws {TransactionClosedError} when it belongs to a transaction that has ended: it would commit on its own.
 * @throws {SessionBusyError} when it would slip into the open transaction of another task.
 */
export function permit(access: Access, readsOnly: boolean): Frame | undefined | typeof READER {
  const { state } = access;
  const frame = nearest(access);
  if (frame === undefined) return outside(state, readsOnly);
  if (frame.status === "active") {
    if (!state.connection.inTransaction) throw endedFromWithin(frame);
    const child = frame.children?.owner;
    if (child?.status === "active" && !readsOnly) throw stray(child, "a statement of the transaction around it");
    return frame;
  }
  // A late read through the session itself does no harm; through `tx` it asks for what is no longer there.
  if (readsOnly && access.frame === undefined) return outside(state, true);
  throw late(frame);
}

function outside(state: SessionState, readsOnly: boolean): undefined | typeof READER {
  const { open } = state;
  if (open === undefined) return undefined;
  if (readsOnly) return READER;
  throw stray(open, "a statement of another task");
}

/** The transaction on this session that the caller is inside of, also one that has ended. */
export function nearest({ state, frame: bound }: Access): Frame | undefined {
  let context: Frame | undefined = registry.context.getStore();
  while (context !== undefined && context.state !== state) context = context.parent;
  if (bound === undefined || context === undefined) return bound ?? context;
  // Inside of a savepoint the handle of the transaction around it serves as well.
  return isAround(bound, context) ? context : bound;
}

export function stray(open: Frame, what: string): SessionBusyError {
  return new SessionBusyError(
    `The session for ${open.state.path || "a database in memory"} is ${describeHolder(holderOf(open))}; ${what} must not become part of it. Wait for its turn with await transaction(), or, if the call belongs to "${open.label}", use the tx that its body is given.`,
  );
}

export function late(frame: Frame): TransactionClosedError {
  return new TransactionClosedError(
    `"${frame.label}" has ended, so what is called inside of it can no longer be part of it. Await everything that its body begins and do not keep tx; for work that is to outlive the transaction, call detached(() => …).`,
  );
}

export function endedFromWithin(frame: Frame): TransactionClosedError {
  return new TransactionClosedError(
    `"${frame.label}" was ended from within, by a statement of its body or by SQLite itself (ON CONFLICT ROLLBACK, a full disk). What it wrote before that is gone or committed as that statement says; nothing more can be written in it.`,
  );
}

/**
 * Runs `work` as if it was called outside of any transaction: for what a body starts but does not wait for, such as a
 * timer or a cache that outlives it.
 *
 * @returns What `work` returns.
 */
export function detached<R>(work: () => R): R {
  return outsideOfServers(() => (registry.context.getStore() === undefined ? work() : registry.context.exit(work)));
}
