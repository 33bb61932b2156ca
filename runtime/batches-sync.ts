import { BatchRun, Courtesy, GAP_MS } from "./batch-run.js";
import type { BatchHandler } from "./batch-run.js";
import { RunnerError } from "./errors.js";
import { accessOf, nearest } from "./access.js";
import { LONG_HOLD_MS, LockRest } from "./lock-rest.js";
import type { Measure } from "./lifecycle.js";
import { asyncResultError, isPromiseLike, refuseAsyncFunction } from "./promises.js";
import { refuseServer } from "./server.js";
import type { SqliteSession } from "./sqlite-connection.js";
import { runTransactionSync } from "./transaction-sync.js";
import type { BatchOptionsSync, BatchReport, TransactionRunnerSync } from "./types.js";

/**
 * {@link batchedTransaction} without promises: for scripts, and for callers that cannot await. The event loop stands
 * still until the last item; other processes get the lock between two batches.
 *
 * @throws {AsyncBodyError} when `handler` or the runner is asynchronous; before it runs, where that can be seen.
 * @throws What `transactionSync` throws.
 */
export function batchedTransactionSync<S extends SqliteSession, Item>(
  session: S,
  items: Iterable<Item>,
  handler: BatchHandler<Item, S>,
  options?: BatchOptionsSync,
): BatchReport;
export function batchedTransactionSync<Tx, Item>(
  runner: TransactionRunnerSync<Tx>,
  items: Iterable<Item>,
  handler: BatchHandler<Item, Tx>,
  options?: BatchOptionsSync,
): BatchReport;
export function batchedTransactionSync<Item>(
  target: SqliteSession | TransactionRunnerSync<unknown>,
  items: Iterable<Item>,
  handler: BatchHandler<Item, never>,
  options: BatchOptionsSync = {},
): BatchReport {
  refuseServer(target, "batchedTransactionSync", "batchedTransaction");
  refuseAsyncFunction(handler, "batchedTransactionSync", "batchedTransaction");
  refuseAsyncFunction(target, "batchedTransactionSync", "batchedTransaction");
  const run = new BatchRun<Item, unknown>(items, handler as BatchHandler<Item, unknown>, options, batchedTransactionSync);
  const courtesy = new Courtesy();
  let rest: LockRest | undefined;
  try {
    while (run.source.prepareSync(run.batchSize)) {
      const measure = run.newMeasure();
      if (typeof target === "function") throughRunner(run, target, measure);
      else runTransactionSync(target, syncWork(run, measure), options, measure, batchedTransactionSync);
      const progress = run.account(measure);
      options.onProgress?.(progress);
      if (typeof target !== "function" && isInside(target)) continue;
      // The loop stands still anyway; a sleeping thread at least lets other processes write.
      if (progress.holdMs < LONG_HOLD_MS && courtesy.isDue(progress.holdMs)) Atomics.wait(PAUSE, 0, 0, GAP_MS);
      if (typeof target !== "function") {
        rest ??= new LockRest(accessOf(target)?.state.path ?? "");
        restSync(rest, progress.holdMs);
      }
    }
  } catch (error) {
    run.noteFailure(error);
    throw error;
  } finally {
    run.source.closeSync();
  }
  return run.report();
}

function restSync(rest: LockRest, holdMs: number): void {
  const restMs = rest.afterHold(holdMs);
  if (restMs === 0) return;
  const since = performance.now();
  for (let restedMs = 0; restedMs < restMs || rest.goesOn(restedMs); restedMs = performance.now() - since) Atomics.wait(PAUSE, 0, 0, 1);
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

function syncWork<Item, Tx>(run: BatchRun<Item, Tx>, measure: Measure): (tx: Tx) => void {
  const batch = run.newBatch(measure);
  return (tx) => {
    const pending = batch.work(tx);
    if (!isPromiseLike(pending)) return;
    batch.cancel();
    throw asyncResultError(pending, "batchedTransactionSync", "batchedTransaction");
  };
}

function isInside(session: SqliteSession): boolean {
  const access = accessOf(session);
  return access !== undefined && nearest(access)?.status === "active";
}

function throughRunner<Item, Tx>(run: BatchRun<Item, Tx>, runner: TransactionRunnerSync<Tx>, measure: Measure): void {
  const work = syncWork(run, measure);
  const askedAt = performance.now();
  let begunAt = 0;
  let failure: { readonly error: unknown } | undefined;
  const outcome = runner((tx) => {
    begunAt = performance.now();
    failure = undefined;
    try {
      work(tx);
    } catch (error) {
      failure = { error };
      throw error;
    }
  });
  if (isPromiseLike(outcome)) throw asyncResultError(outcome, "batchedTransactionSync", "batchedTransaction");
  if (begunAt === 0) throw new RunnerError("The runner returned without calling its callback, so the batch was not written. Give a function that calls it inside of a transaction: (work) => db.transaction(work)(db).");
  if (failure !== undefined) throw failure.error;
  measure.waitMs = begunAt - askedAt;
  measure.holdMs = performance.now() - begunAt;
}
