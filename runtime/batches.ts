import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { BatchRun, Courtesy, GAP_MS } from "./batch-run.js";
import type { BatchHandler } from "./batch-run.js";
import { RunnerError } from "./errors.js";
import { accessOf, nearest } from "./access.js";
import { LONG_HOLD_MS } from "./lock-rest.js";
import type { Measure } from "./lifecycle.js";
import { isPromiseLike } from "./promises.js";
import type { PgTransactionOptions } from "./pg/types.js";
import { serverOf } from "./server.js";
import type { SqliteSession } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { BatchOptions, BatchReport, ServerSession, ServerTx, TransactionRunner } from "./types.js";

/**
 * Calls `handler` for each item, in order, in transactions of a few items each. Between two of them the session is
 * given up and the event loop gets a turn, so that others can write.
 *
 * Each batch is atomic, the run is not: when an item fails, its batch is rolled back, the run ends with that very
 * error, and earlier batches stay. `batchReportOf(error)` tells how many. Items are pulled as they are needed.
 *
 * A batch ends with `batchSize` items (default 10), or with the item that exceeds `maxHoldMs` (default 50). Inside of a transaction
 * of the same session the batches are savepoints, and nothing is given up before that transaction's end.
 *
 * @param session A better-sqlite3 Database, or a function that runs its callback in a transaction; it is called once a batch.
 * @throws What `handler`, `items`, `onProgress` or the runner throws; the `signal`'s reason; and what `transaction` throws.
 * @throws {RunnerError} when a runner does not call its callback, or does not wait for it.
 */
export function batchedTransaction<S extends SqliteSession, Item>(
  session: S,
  items: Iterable<Item> | AsyncIterable<Item>,
  handler: BatchHandler<Item, S>,
  options?: BatchOptions,
): Promise<BatchReport>;
export function batchedTransaction<S extends ServerSession, Item>(
  session: S,
  items: Iterable<Item> | AsyncIterable<Item>,
  handler: BatchHandler<Item, ServerTx<S>>,
  options?: BatchOptions & PgTransactionOptions,
): Promise<BatchReport>;
export function batchedTransaction<Tx, Item>(
  runner: TransactionRunner<Tx>,
  items: Iterable<Item> | AsyncIterable<Item>,
  handler: BatchHandler<Item, Tx>,
  options?: BatchOptions,
): Promise<BatchReport>;
export async function batchedTransaction<Item>(
  given: SqliteSession | ServerSession | TransactionRunner<unknown>,
  items: Iterable<Item> | AsyncIterable<Item>,
  handler: BatchHandler<Item, never>,
  options: BatchOptions = {},
): Promise<BatchReport> {
  const run = new BatchRun<Item, unknown>(items, handler as BatchHandler<Item, unknown>, options, batchedTransaction);
  const courtesy = new Courtesy();
  const target = given as SqliteSession | TransactionRunner<unknown>;
  const onServer = serverOf(given) !== undefined;
  try {
    options.signal?.throwIfAborted();
    // Who asked at the same moment gets into the queue before the first batch keeps the loop busy: a start of one batch
    // grows, at the end, by the number of runs that share the session.
    await nextTurn();
    while (await run.source.prepare(run.batchSize)) {
      options.signal?.throwIfAborted();
      const measure = run.newMeasure();
      if (typeof target === "function") await throughRunner(run, target, measure);
      else await runTransaction(target, run.newBatch(measure).work, options, measure, batchedTransaction);
      const progress = run.account(measure);
      await options.onProgress?.(progress);
      if (typeof target !== "function" && isInside(target)) continue;
      await nextTurn();
      // After a long hold the lock rests anyway, and a server wakes who waits.
      if (!onServer && progress.holdMs < LONG_HOLD_MS && courtesy.isDue(progress.holdMs)) await gap();
    }
  } catch (error) {
    run.noteFailure(error);
    throw error;
  } finally {
    await run.source.close();
  }
  return run.report();
}

/** Timers count whole milliseconds from the beginning of the loop's turn, so that one alone may fire far too early. */
async function gap(): Promise<void> {
  const end = performance.now() + GAP_MS;
  while (performance.now() < end) await sleep(1);
}

function isInside(session: SqliteSession): boolean {
  const server = serverOf(session);
  if (server !== undefined) return server.isInside();
  const access = accessOf(session);
  return access !== undefined && nearest(access)?.status === "active";
}

async function throughRunner<Item, Tx>(run: BatchRun<Item, Tx>, runner: TransactionRunner<Tx>, measure: Measure): Promise<void> {
  const batch = run.newBatch(measure);
  const askedAt = performance.now();
  let begunAt = 0;
  let running = false;
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): never => {
    running = false;
    failure = { error };
    throw error;
  };
  const outcome = runner((tx) => {
    if (running) throw new RunnerError("The runner called its callback again before the earlier call had ended.");
    running = true;
    failure = undefined;
    begunAt = performance.now();
    try {
      const pending = batch.work(tx);
      if (isPromiseLike(pending)) return pending.then(() => { running = false; }, fail);
    } catch (error) {
      fail(error);
    }
    running = false;
  });
  try {
    await outcome;
  } catch (error) {
    batch.cancel();
    throw error;
  }
  // From here on: the runner says that the batch is committed. Is it?
  if (begunAt === 0) throw new RunnerError("The runner returned without calling its callback, so the batch was not written. Give a function that calls it inside of a transaction: (work) => handler.importTransaction(id, work).");
  if (running) {
    batch.cancel();
    throw new RunnerError("The runner returned before the batch was done: it does not wait for an asynchronous callback. Await the callback in the runner, or give a synchronous function for the items. What was committed is uncertain.");
  }
  if (failure !== undefined) throw failure.error;
  measure.waitMs = begunAt - askedAt;
  measure.holdMs = performance.now() - begunAt;
}
