import { BatchSource } from "./batch-source.js";
import { SessionOptionError } from "./errors.js";
import { capturePlace } from "./frame.js";
import type { Place } from "./frame.js";
import type { Measure } from "./lifecycle.js";
import { checkFunction, checkNumber, checkOptions } from "./options.js";
import { isPromiseLike } from "./promises.js";
import { DurationHistogram } from "./quantiles.js";
import { registry } from "./registry.js";
import type { BatchOptions, BatchOptionsSync, BatchProgress, BatchReport } from "./types.js";

const DEFAULT_BATCH_SIZE = 10;
/**
 * SQLite's busy handler looks after 1, 2, 5, 10, 15, 20 ms … and then less and less often: who waits for one batch of this
 * length is still looking every 25 ms or so when it ends.
 */
const DEFAULT_MAX_HOLD_MS = 50;

export type BatchHandler<Item, Tx> = (item: Item, tx: Tx, index: number) => unknown;

/** What the synchronous and the asynchronous form have in common: the items, the limits of a batch, the report. */
export class BatchRun<Item, Tx> {
  readonly source: BatchSource<Item>;
  readonly place: Place;
  readonly batchSize: number;
  readonly #maxHoldMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #startedAt = performance.now();
  readonly #waits = new DurationHistogram();
  readonly #holds = new DurationHistogram();
  #items = 0;
  #batches = 0;

  constructor(
    items: Iterable<Item> | AsyncIterable<Item>,
    readonly handler: BatchHandler<Item, Tx>,
    options: BatchOptions | BatchOptionsSync,
    entry: (...args: never[]) => unknown,
  ) {
    const { batchSize = DEFAULT_BATCH_SIZE, maxHoldMs = DEFAULT_MAX_HOLD_MS, onProgress } = options;
    checkOptions(options);
    checkFunction("The function for each item", handler);
    checkNumber("batchSize", batchSize, 1);
    if (!Number.isInteger(batchSize) && batchSize !== Infinity) throw new SessionOptionError(`batchSize is ${batchSize}; it must be a whole number, or Infinity to leave the size to maxHoldMs.`);
    checkNumber("maxHoldMs", maxHoldMs, 0);
    if (onProgress !== undefined) checkFunction("onProgress", onProgress);
    this.batchSize = batchSize;
    this.#maxHoldMs = maxHoldMs;
    this.#signal = "signal" in options ? options.signal : undefined;
    this.source = new BatchSource(items);
    this.place = capturePlace(entry);
  }

  newMeasure(): Measure {
    return { place: this.place, batchSize: 0, waitMs: 0, holdMs: 0 };
  }

  /** The body of one batch's transaction. Synchronous as long as the handler is. May be repeated by a runner. */
  newBatch(measure: Measure): Batch<Tx> {
    const first = this.#items;
    let cancelled = false;
    const loop = (tx: Tx, from: number, begunAt: number): void | Promise<void> => {
      for (let count = from; ; ) {
        if (count >= this.batchSize || cancelled || !this.source.has(count)) return;
        this.#signal?.throwIfAborted();
        const result = this.handler(this.source.get(count), tx, first + count);
        count++;
        if (isPromiseLike(result)) return resume(tx, result, count, begunAt);
        measure.batchSize = count;
        if (this.#isFull(begunAt)) return;
      }
    };
    const resume = async (tx: Tx, pending: PromiseLike<unknown>, count: number, begunAt: number): Promise<void> => {
      await pending;
      measure.batchSize = count;
      if (!this.#isFull(begunAt)) await loop(tx, count, begunAt);
    };
    return {
      work: (tx) => {
        measure.batchSize = 0;
        return loop(tx, 0, performance.now());
      },
      cancel: () => { cancelled = true; },
    };
  }

  #isFull(begunAt: number): boolean {
    return performance.now() - begunAt >= this.#maxHoldMs;
  }

  /** A batch is committed: its items are counted and let go. */
  account(measure: Measure): BatchProgress {
    const { batchSize: batchItems, waitMs, holdMs } = measure;
    this.source.drop(batchItems);
    this.#items += batchItems;
    this.#batches++;
    this.#waits.add(waitMs);
    this.#holds.add(holdMs);
    return { items: this.#items, batches: this.#batches, batchItems, waitMs, holdMs };
  }

  report(): BatchReport {
    return {
      items: this.#items,
      batches: this.#batches,
      waitMs: this.#waits.quantiles(),
      holdMs: this.#holds.quantiles(),
      totalMs: performance.now() - this.#startedAt,
    };
  }

  /** The application's own error goes up as it is; how far the run came is kept beside it. */
  noteFailure(error: unknown): void {
    if (typeof error === "object" && error !== null) registry.failedRuns.set(error, this.report());
  }
}

export interface Batch<Tx> {
  readonly work: (tx: Tx) => void | Promise<void>;
  /** Stops before the next item, where a runner has left the batch behind. */
  readonly cancel: () => void;
}

/** How far the batched run had come that threw `error`: what the report counts is committed. */
export function batchReportOf(error: unknown): BatchReport | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  return registry.failedRuns.get(error) as BatchReport | undefined;
}

/** Keeps the rhythm between batches in which others get the lock. */
export class Courtesy {
  #heldMs = 0;

  /** Whether the lock has been held for so long in all that others need a real pause. */
  isDue(holdMs: number): boolean {
    this.#heldMs += holdMs;
    if (this.#heldMs < GAP_AFTER_MS) return false;
    this.#heldMs = 0;
    return true;
  }
}

/**
 * Other processes try every millisecond (this package) or less often (SQLite's own busy handler), and cannot be seen
 * waiting. After so much holding the connection is left alone for {@link GAP_MS}, so that one try falls into the gap.
 */
const GAP_AFTER_MS = 7.5;
/** A little more than the time from one try to the next. */
export const GAP_MS = 1.3;
