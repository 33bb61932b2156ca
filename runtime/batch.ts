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
  readonly maxHoldMs: number;
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
    const begin = (): BatchHandler<Item, Tx> => (policy === undefined ? handler : policy(handler, attempt));
    if (cursor === undefined) return this.#loop(tx, begin(), 0, begunAt);
    return then(cursor.check(tx), () => {
      const call = begin();
      const noting: BatchHandler<Item, Tx> = (item, own, index) => {
        cursor.fingerprint.note(item);
        return call(item, own, index);
      };
      return then(this.#loop(tx, noting, 0, begunAt), () => this.#advance(tx, cursor));
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
    const { source, batchSize, maxHoldMs, signal } = this.#plan;
    for (let count = from; ;) {
      if (count >= batchSize || this.#cancelled || !source.has(count)) return;
      signal?.throwIfAborted();
      const result = handler(source.get(count), tx, this.#first + count);
      count++;
      if (isPromiseLike(result)) return this.#resume(tx, handler, result, count, begunAt);
      this.measure.batchSize = count;
      if (performance.now() - begunAt >= maxHoldMs) return;
    }
  }

  async #resume(tx: Tx, handler: BatchHandler<Item, Tx>, pending: PromiseLike<unknown>, count: number, begunAt: number): Promise<void> {
    await pending;
    this.measure.batchSize = count;
    if (performance.now() - begunAt < this.#plan.maxHoldMs) await this.#loop(tx, handler, count, begunAt);
  }
}

/** Goes on at once where there is nothing to wait for. */
function then(value: unknown, next: () => void | PromiseLike<void>): void | PromiseLike<void> {
  return isPromiseLike(value) ? value.then(next) : next();
}
