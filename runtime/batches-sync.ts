import type { Batch } from "./batch.js";
import { BatchRun } from "./batch-run.js";
import type { BatchHandler } from "./batch-run.js";
import type { BatchOptionsSync, BatchReport, TransactionRunnerSync } from "./batch-types.js";
import { Courtesy, GAP_MS } from "./courtesy.js";
import { RunnerError } from "./errors.js";
import { accessOf, nearest } from "./access.js";
import { LONG_HOLD_MS, LockRest } from "./lock-rest.js";
import { asyncResultError, isPromiseLike, refuseAsyncFunction } from "./promises.js";
import type { ResumeCursor } from "./resume-cursor.js";
import { refuseServer } from "./server.js";
import type { SqliteSession } from "./sqlite-connection.js";
import { runTransactionSync } from "./transaction-sync.js";

/**
 * {@link batchedTransaction} without promises: for scripts, and for callers that cannot await. The event loop stands
 * still until the last item; other processes get the lock between two batches.
 *
 * @throws {AsyncBodyError} when `handler` or the runner is asynchronous; before it runs, where that can be seen.
 * @throws {ResumeError} with `resume`, as {@link batchedTransaction} does.
 * @throws What `transactionSync` throws.
 */
export function batchedTransactionSync<Tx, Item>(
  runner: TransactionRunnerSync<Tx>,
  items: Iterable<Item>,
  handler: BatchHandler<Item, Tx>,
  options?: BatchOptionsSync<Item>,
): BatchReport<Item>;
export function batchedTransactionSync<S extends SqliteSession, Item>(
  session: S,
  items: Iterable<Item>,
  handler: BatchHandler<Item, S>,
  options?: BatchOptionsSync<Item>,
): BatchReport<Item>;
export function batchedTransactionSync<Item>(
  target: SqliteSession | TransactionRunnerSync<unknown>,
  items: Iterable<Item>,
  handler: BatchHandler<Item, never>,
  options: BatchOptionsSync<Item> = {},
): BatchReport<Item> {
  refuseServer(target, "batchedTransactionSync", "batchedTransaction");
  refuseAsyncFunction(handler, "batchedTransactionSync", "batchedTransaction");
  refuseAsyncFunction(target, "batchedTransactionSync", "batchedTransaction");
  const run = new BatchRun<Item, unknown>(items, handler as BatchHandler<Item, unknown>, options, { target, entry: batchedTransactionSync, sync: true });
  const courtesy = new Courtesy();
  let rest: LockRest | undefined;
  try {
    if (run.cursor !== undefined) resume(run, run.cursor, target, options);
    while (run.cursor?.alreadyDone !== true && run.source.prepareSync(run.batchSize)) {
      const batch = run.newBatch();
      runBatch(batch, target, options);
      const progress = run.account(batch);
      for (const failure of batch.failures) options.onSkip?.(failure);
      options.onProgress?.(progress);
      if (typeof target !== "function" && isInside(target)) continue;
      // The loop stands still anyway; a sleeping thread at least lets other processes write.
      if (progress.holdMs < LONG_HOLD_MS && courtesy.isDue(progress.holdMs)) Atomics.wait(PAUSE, 0, 0, GAP_MS);
      if (typeof target !== "function") {
        rest ??= new LockRest(accessOf(target)?.state.path ?? "");
        restSync(rest, progress.holdMs);
      }
    }
    if (run.cursor?.isIdle === false) {
      // The source's end was not known yet when its last batch was committed.
      runBatch(run.newBatch(), target, options);
      run.cursor.settle();
    }
  } catch (error) {
    run.noteFailure(error);
    throw error;
  } finally {
    run.source.closeSync();
  }
  return run.report();
}

function runBatch<Item>(batch: Batch<Item, unknown>, target: SqliteSession | TransactionRunnerSync<unknown>, options: BatchOptionsSync<Item>): void {
  if (typeof target === "function") throughRunner(batch, target);
  else runTransactionSync(target, syncWork(batch), options, batch.measure, batchedTransactionSync);
}

/** Finds where an earlier run ended, and passes over what it has done. */
function resume<Item>(run: BatchRun<Item, unknown>, cursor: ResumeCursor<Item, unknown>, target: SqliteSession | TransactionRunnerSync<unknown>, options: BatchOptionsSync<Item>): void {
  cursor.fingerprint.prepare(Infinity);
  let missing = cursor.begin(readCursor(cursor, target, options));
  if (cursor.alreadyDone) return;
  while (missing > 0 && run.source.prepareSync(Infinity)) missing -= cursor.pass(run.source, missing);
  cursor.passed(missing, missing === 0 && run.source.prepareSync(1));
}

function readCursor<Item>(cursor: ResumeCursor<Item, unknown>, target: SqliteSession | TransactionRunnerSync<unknown>, { timeoutMs, label }: BatchOptionsSync<Item>): unknown {
  let found: unknown;
  const read = (tx: unknown): void => {
    found = cursor.read(tx);
    if (isPromiseLike(found)) throw asyncResultError(found, "batchedTransactionSync", "batchedTransaction");
  };
  if (typeof target === "function") {
    const outcome = target(read);
    if (isPromiseLike(outcome)) throw asyncResultError(outcome, "batchedTransactionSync", "batchedTransaction");
  } else {
    runTransactionSync(target, read, { mode: "deferred", ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(label === undefined ? {} : { label }) }, undefined, batchedTransactionSync);
  }
  return found;
}

function restSync(rest: LockRest, holdMs: number): void {
  const restMs = rest.afterHold(holdMs);
  if (restMs === 0) return;
  const since = performance.now();
  for (let restedMs = 0; restedMs < restMs || rest.goesOn(restedMs); restedMs = performance.now() - since) Atomics.wait(PAUSE, 0, 0, 1);
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

function syncWork<Item, Tx>(batch: Batch<Item, Tx>): (tx: Tx) => void {
  return (tx) => {
    const pending = batch.work(tx);
    if (!isPromiseLike(pending)) return;
    batch.cancel();
    throw asyncResultError(pending, "batchedTransactionSync", "batchedTransaction");
  };
}

function isInside(session: SqliteSession): boolean {
  const access = accessOf(session);
  return access !== undefined && (access.state.connection.inTransaction || nearest(access)?.status === "active");
}

function throughRunner<Item, Tx>(batch: Batch<Item, Tx>, runner: TransactionRunnerSync<Tx>): void {
  const work = syncWork(batch);
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
  batch.measure.waitMs = begunAt - askedAt;
  batch.measure.holdMs = performance.now() - begunAt;
}
