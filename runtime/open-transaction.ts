import type { SqliteSession } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { TransactionOptions } from "./types.js";

/** A transaction that code begins in one call and ends in another, as the dialects of query builders do. */
export interface OpenTransaction<S> {
  /** Statements through it, and only they, are part of the transaction, wherever they are called from. */
  readonly tx: S;
  /** Rejects, everything rolled back, with what `transaction` would reject with. */
  commit(): Promise<void>;
  /** Never rejects for the sake of `reason`. */
  rollback(reason?: unknown): Promise<void>;
}

/**
 * Begins a transaction with all that `transaction` gives (turns, waiting, guard, savepoints) and leaves its end to the
 * caller. For entries of this package; applications have `transaction`.
 */
export async function openTransaction<S extends SqliteSession>(session: S, options: TransactionOptions = {}): Promise<OpenTransaction<S>> {
  let finish: (rollbackFor?: Rollback) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    finish = (rollbackFor) => { if (rollbackFor === undefined) resolve(); else reject(rollbackFor); };
  });
  let begun: (tx: S) => void = () => {};
  const beginning = new Promise<S>((resolve) => { begun = resolve; });
  const outcome = runTransaction(session, async (tx) => { begun(tx); await ended; }, options, undefined, openTransaction);
  // Until commit() or rollback() asks for it, its failure is the beginning's.
  outcome.catch(() => {});
  const tx = await Promise.race([beginning, outcome.then(() => beginning)]);
  return {
    tx,
    commit: () => {
      finish();
      return outcome;
    },
    rollback: async (reason) => {
      const rollback = new Rollback(reason);
      finish(rollback);
      await outcome.catch((error: unknown) => { if (error !== rollback) throw error; });
    },
  };
}

/** Tells our own rollback from any failure. */
class Rollback extends Error {
  constructor(reason: unknown) {
    super("rolled back on request", { cause: reason });
  }
}
