import type { Attempt, Policy } from "./batch-policy.js";
import type { BatchHandler } from "./batch-run.js";
import type { BatchSource } from "./batch-source.js";
import type { ItemFailure } from "./batch-types.js";
import type { Measure } from "./lifecycle.js";
import { isPromiseLike } from "./promises.js";
import type { ResumeCursor } from "./resume-cursor.js";

/** What a run asks of each of its batches. */
export interface BatchPlan<Item, Tx> {
  readonly source: BatchSource<Item>;
  readonly handler: BatchHandler<Item, Tx>;
  /** Absent where an item's error ends the run. */
  readonly policy: Policy<Item, Tx> | undefined;
  readonly batchSize: number;
  /** How long a batch may work, in ms: the hold budget without the commit that is to be expected. */
  readonly workMs: number;
  readonly signal: AbortSignal | undefined;
  /** Moves on with each batch of a resumable run. */
  readonly cursor: ResumeCursor<Item, Tx> | undefined;
}

/** One batch: the body of its transaction, which a runner may repeat, and what came of it. */
export class Batch<Item, Tx> {
  readonly #plan: BatchPlan<Item, Tx>;
  /** The index, among all items, of the batch's first. */
  readonly #first: number;
  #failures: ItemFailure<Item>[] = [];
  #cancelled = false;
  /** How long the last attempt has worked before its commit, in ms. */
  workedMs = 0;

  constructor(plan: BatchPlan<Item, Tx>, first: number, readonly measure: Measure) {
    this.#plan = plan;
    this.#first = first;
  }

  /** Items that the last attempt left out. */
  get failures(): readonly ItemFailure<Item>[] {
    return this.#failures;
  }

  /** Synchronous as long as the handler is. */
  readonly work = (tx: Tx): void | PromiseLike<void> => {
    const { handler, policy, signal, cursor } = this.#plan;
    const failures: ItemFailure<Item>[] = (this.#failures = []);
    this.measure.batchSize = 0;
    const isCancelled = (): boolean => this.#cancelled;
    const attempt: Attempt<Item> = { failures, signal, get cancelled() { return isCancelled(); } };
    const begunAt = performance.now();
    const done = (): void => { this.workedMs = performance.now() - begunAt; };
    const begin = (): BatchHandler<Item, Tx> => (policy === undefined ? handler : policy(handler, attempt));
    if (cursor === undefined) return then(this.#loop(tx, begin(), 0, begunAt), done);
    return then(cursor.check(tx), () => {
      const call = begin();
      const noting: BatchHandler<Item, Tx> = (item, own, index) => {
        cursor.fingerprint.note(item);
        return call(item, own, index);
      };
      return then(this.#loop(tx, noting, 0, begunAt), () => then(this.#advance(tx, cursor), done));
    });
  };

  #advance(tx: Tx, cursor: ResumeCursor<Item, Tx>): void | PromiseLike<void> {
    const { batchSize } = this.measure;
    if (!this.#cancelled) return cursor.advance(tx, batchSize, this.#plan.source.endsAt(batchSize));
  }

  /** Stops before the next item, where a runner has left the batch behind. */
  cancel(): void {
    this.#cancelled = true;
  }

  #loop(tx: Tx, handler: BatchHandler<Item, Tx>, from: number, begunAt: number): void | Promise<void> {
    const { source, batchSize, workMs, signal } = this.#plan;
    let lookAt = workMs === Infinity ? Infinity : from + 1;
    for (let count = from; ;) {
      if (count >= batchSize || this.#cancelled || !source.has(count)) return;
      signal?.throwIfAborted();
      const result = handler(source.get(count), tx, this.#first + count);
      count++;
      if (isPromiseLike(result)) return this.#resume(tx, handler, result, count, begunAt);
      this.measure.batchSize = count;
      if (count < lookAt) continue;
      const heldMs = performance.now() - begunAt;
      if (heldMs >= workMs) return;
      lookAt = count + (count >= STRIDE_FROM && heldMs < count * FAST_ITEM_MS ? STRIDE : 1);
    }
  }

  async #resume(tx: Tx, handler: BatchHandler<Item, Tx>, pending: PromiseLike<unknown>, count: number, begunAt: number): Promise<void> {
    await pending;
    this.measure.batchSize = count;
    if (performance.now() - begunAt < this.#plan.workMs) await this.#loop(tx, handler, count, begunAt);
  }
}

/**
 * A look at the clock costs up to a tenth of an item that takes a microsecond: after so many items that took so little on
 * average, in ms, the clock is looked at after every fourth. Three slow items more than allowed are the worst of it.
 */
const STRIDE = 4;
const STRIDE_FROM = 8;
const FAST_ITEM_MS = 0.02;

/** Goes on at once where there is nothing to wait for. */
function then(value: unknown, next: () => void | PromiseLike<void>): void | PromiseLike<void> {
  return isPromiseLike(value) ? value.then(next) : next();
}
