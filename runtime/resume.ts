import { storeFor } from "./batch-run.js";
import type { ResumeRow, TransactionRunner } from "./batch-types.js";
import { RunnerError } from "./errors.js";
import { isPromiseLike } from "./promises.js";
import { checkRow } from "./resume-row.js";
import type { SqliteSession } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { TransactionOptions } from "./types.js";

/** What the database says of a resumable run. */
export interface ResumeState {
  /** Items that are done. */
  readonly items: number;
  readonly state: ResumeRow["state"];
  readonly updatedAt: Date;
}

/**
 * How far the run with this `resume` key has come; `undefined` where it never committed a batch, or was forgotten.
 *
 * @param session What was given to `batchedTransaction`.
 * @throws {ResumeError} when the cursor is not what this package wrote.
 * @throws What `transaction` throws.
 */
export async function resumeState<Tx>(session: SqliteSession | TransactionRunner<Tx>, key: string, options: TransactionOptions = {}): Promise<ResumeState | undefined> {
  const store = storeFor<Tx>(session);
  const row = checkRow(key, await inTransaction(session, (tx) => store.read(tx, key), { mode: "deferred", ...options }, resumeState));
  return row === undefined ? undefined : { items: row.items, state: row.state, updatedAt: new Date(row.updatedAt) };
}

/**
 * Deletes the cursor of the run with this `resume` key, damaged or not: its next run begins with the first item.
 *
 * @param session What was given to `batchedTransaction`.
 * @returns Whether there was one.
 * @throws What `transaction` throws.
 */
export async function forgetResume<Tx>(session: SqliteSession | TransactionRunner<Tx>, key: string, options: TransactionOptions = {}): Promise<boolean> {
  const store = storeFor<Tx>(session);
  const found = await inTransaction(session, async (tx) => {
    const row = await store.read(tx, key);
    if (row !== undefined && row !== null) await store.remove(tx, key);
    return row;
  }, options, forgetResume);
  return found !== undefined && found !== null;
}

/** Runs `work` in a transaction of the session or the runner and resolves with its result. */
export async function inTransaction<Tx>(
  target: SqliteSession | TransactionRunner<Tx>,
  work: (tx: Tx) => unknown,
  options: TransactionOptions,
  entry: (...args: never[]) => unknown,
): Promise<unknown> {
  if (typeof target !== "function") return runTransaction(target, (tx) => work(tx as Tx), options, undefined, entry);
  let outcome: { readonly result: unknown } | undefined;
  await target((tx) => {
    const keep = (result: unknown): void => { outcome = { result }; };
    const result = work(tx);
    return isPromiseLike(result) ? Promise.resolve(result.then(keep)) : keep(result);
  });
  if (outcome === undefined) throw new RunnerError("The runner returned without calling its callback, or before it was done, so the cursor of the resumable run could not be read. Give a function that calls it inside of a transaction and awaits it.");
  return outcome.result;
}
