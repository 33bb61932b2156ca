import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Batch } from "./batch.js";
import { BatchRun } from "./batch-run.js";
import type { BatchHandler } from "./batch-run.js";
import type { AsyncTransactionRunner, BatchOptions, BatchReport, TransactionRunner } from "./batch-types.js";
import { Courtesy, GAP_MS } from "./courtesy.js";
import { RunnerError } from "./errors.js";
import { accessOf, nearest } from "./access.js";
import { someoneWaits } from "./file-queue.js";
import { LONG_HOLD_MS } from "./lock-rest.js";
import { isPromiseLike } from "./promises.js";
import type { PgTransactionOptions } from "./pg/types.js";
import type { ResumeCursor } from "./resume-cursor.js";
import { inTransaction } from "./resume.js";
import { serverOf } from "./server.js";
import type { SqliteSession } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { ServerSession, ServerTx } from "./types.js";

/**
 * Calls `handler` for each item, in order, in transactions of a few items each. Between two of them the session is
 * given up and the event loop gets a turn, so that others can write.
 *
 * Each batch is atomic, the run is not: when an item fails, its batch is rolled back, the run ends with that very
 * error, and earlier batches stay. `batchReportOf(error)` tells how many. Items are pulled as they are needed. With
 * `onItemError` `"skip"` or `"collect"` the item alone is undone, and the run goes on.
 *
 * A batch ends with `batchSize` items (default 10), or with the item that exceeds `maxHoldMs` (default 50). Inside of a transaction
 * of the same session the batches are savepoints, and nothing is given up before that transaction's end.
 *
 * @param session A better-sqlite3 Database, or a function that runs its callback in a transaction; it is called once a batch.
 * @throws What `handler`, `items`, `onSkip`, `onProgress` or the runner throws; the `signal`'s reason; and what `transaction` throws.
 * @throws {ResumeError} with `resume`: before anything is written where the input is not that of the earlier run or the
 *   cursor is damaged; its batch rolled back where another run of the same key moved the cursor.
 * @throws {SessionOptionError} for `onItemError` or `resume` with a runner that has no savepoints or no place for a cursor,
 *   and for items that cannot be compared.
 * @throws {RunnerError} when a runner does not call its callback, or does not wait for it.
 */
export function batchedTransaction<S extends SqliteSession, Item>(
  session: S,
  items: Iterable<Item> | AsyncIterable<Item>,
  handler: BatchHandler<Item, S>,
  options?: BatchOptions<Item>,
): Promise<BatchReport<Item>>;
export function batchedTransaction<S extends ServerSession, Item>(
  session: S,
  items: Iterable<Item> | AsyncIterable<Item>,
  handler: BatchHandler<Item, ServerTx<S>>,
  options?: BatchOptions<Item> & PgTransactionOptions,
): Promise<BatchReport<Item>>;
export function batchedTransaction<Tx, Item>(
  runner: TransactionRunner<Tx>,
  items: Iterable<Item> | AsyncIterable<Item>,
  handler: BatchHandler<Item, Tx>,
  options?: BatchOptions<Item>,
): Promise<BatchReport<Item>>;
export function batchedTransaction<Tx, Item>(
  runner: AsyncTransactionRunner<Tx>,
  items: Iterable<Item> | AsyncIterable<Item>,
  handler: (item: Item, tx: Tx, index: number) => Promise<unknown>,
  options?: BatchOptions<Item>,
): Promise<BatchReport<Item>>;
export async function batchedTransaction<Item>(
  given: SqliteSession | ServerSession | TransactionRunner<unknown> | AsyncTransactionRunner<unknown>,
  items: Iterable<Item> | AsyncIterable<Item>,
  handler: BatchHandler<Item, never>,
  options: BatchOptions<Item> = {},
): Promise<BatchReport<Item>> {
  const target = given as SqliteSession | TransactionRunner<unknown>;
  const run = new BatchRun<Item, unknown>(items, handler as BatchHandler<Item, unknown>, options, { target, entry: batchedTransaction, sync: false });
  const courtesy = new Courtesy();
  const onServer = serverOf(given) !== undefined;
  try {
    options.signal?.throwIfAborted();
    // Who asked at the same moment gets into the queue before the first batch keeps the loop busy: a start of one batch
    // grows, at the end, by the number of runs that share the session.
    await nextTurn();
    if (run.cursor !== undefined) await resume(run, run.cursor, target, options);
    while (run.cursor?.alreadyDone !== true && await run.source.prepare(run.batchSize)) {
      options.signal?.throwIfAborted();
      const batch = run.newBatch();
      await runBatch(batch, target, options);
      const progress = run.account(batch);
      for (const failure of batch.failures) await options.onSkip?.(failure);
      await options.onProgress?.(progress);
      if (typeof target !== "function" && isInside(target)) continue;
      await nextTurn();
      // After a long hold the lock rests anyway, and a server wakes who waits.
      if (!onServer && progress.holdMs < LONG_HOLD_MS && courtesy.isDue(progress.holdMs) && !isQueueKnown(target)) await gap();
    }
    if (run.cursor?.isIdle === false) {
      // The source's end was not known yet when its last batch was committed.
      options.signal?.throwIfAborted();
      await runBatch(run.newBatch(), target, options);
      run.cursor.settle();
    }
  } catch (error) {
    run.noteFailure(error);
    throw error;
  } finally {
    await run.source.close();
  }
  return run.report();
}

async function runBatch<Item>(batch: Batch<Item, unknown>, target: SqliteSession | TransactionRunner<unknown>, options: BatchOptions<Item>): Promise<void> {
  if (typeof target === "function") await throughRunner(batch, target);
  else await runTransaction(target, batch.work, options, batch.measure, batchedTransaction);
}

/** Finds where an earlier run ended, and passes over what it has done. */
async function resume<Item>(run: BatchRun<Item, unknown>, cursor: ResumeCursor<Item, unknown>, target: SqliteSession | TransactionRunner<unknown>, options: BatchOptions<Item>): Promise<void> {
  const pause = async (): Promise<void> => {
    await nextTurn();
    options.signal?.throwIfAborted();
  };
  while (!cursor.fingerprint.prepare(TURN_MS)) await pause();
  const { timeoutMs, signal, label } = options;
  let missing = cursor.begin(await inTransaction(target, (tx) => cursor.read(tx), { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal === undefined ? {} : { signal }), ...(label === undefined ? {} : { label }), mode: "deferred" }, batchedTransaction));
  if (cursor.alreadyDone) return;
  while (missing > 0 && await run.source.prepare(Infinity)) {
    missing -= cursor.pass(run.source, missing);
    await pause();
  }
  cursor.passed(missing, missing === 0 && await run.source.prepare(1));
}

/** How long the event loop is kept from turning while an input is compared. */
const TURN_MS = 8;

/**
 * Timers count whole milliseconds from the beginning of the loop's turn: one alone may fire too early, two take almost
 * twice as long as wanted. The rest of the gap goes by in turns of the loop.
 */
async function gap(): Promise<void> {
  const end = performance.now() + GAP_MS;
  await sleep(1);
  while (performance.now() < end) await nextTurn();
}

/** Others that use this package queue for the file, or it is known that none do: no gap is needed for them. */
function isQueueKnown(target: SqliteSession | TransactionRunner<unknown>): boolean {
  const state = typeof target === "function" ? undefined : accessOf(target)?.state;
  return state !== undefined && someoneWaits(state) !== undefined;
}

function isInside(session: SqliteSession): boolean {
  const server = serverOf(session);
  if (server !== undefined) return server.isInside();
  const access = accessOf(session);
  return access !== undefined && nearest(access)?.status === "active";
}

async function throughRunner<Item, Tx>(batch: Batch<Item, Tx>, runner: TransactionRunner<Tx>): Promise<void> {
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
      // A runner may ask for a real promise.
      if (isPromiseLike(pending)) return Promise.resolve(pending.then(() => { running = false; }, fail));
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
  batch.measure.waitMs = begunAt - askedAt;
  batch.measure.holdMs = performance.now() - begunAt;
}
