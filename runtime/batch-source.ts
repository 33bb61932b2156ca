/** Items that are read ahead of a transaction, at most, so that a slow source is not read while the lock is held. */
export const READ_AHEAD = 1_000;

/**
 * Hands out the items of an iterable one batch after the other, pulling lazily. What a batch has taken is kept until it
 * is committed, so that a runner that repeats its transaction gets the same items again.
 */
export class BatchSource<Item> {
  /** Items taken from the source and not yet committed. */
  #buffer: Item[] = [];
  #done = false;
  /** Set where the source can be pulled without awaiting, hence also while the lock is held. */
  readonly #sync: Iterator<Item> | undefined;
  readonly #async: AsyncIterator<Item> | undefined;

  /** @param lookAhead How many items beyond a batch's are read, so that the last batch can be told before it ends. */
  constructor(items: Iterable<Item> | AsyncIterable<Item>, readonly lookAhead: 0 | 1 = 0) {
    if (Symbol.iterator in items) this.#sync = items[Symbol.iterator]();
    else this.#async = items[Symbol.asyncIterator]();
  }

  /** Reads ahead for the next batch. `false`: there is none. */
  async prepare(batchSize: number): Promise<boolean> {
    if (this.#async === undefined) return this.prepareSync(batchSize);
    const wanted = Math.min(batchSize, READ_AHEAD) + this.lookAhead;
    while (!this.#done && this.#buffer.length < wanted) this.#take(await this.#async.next());
    return this.#buffer.length > 0;
  }

  prepareSync(batchSize: number): boolean {
    const wanted = Math.min(batchSize, READ_AHEAD) + this.lookAhead;
    while (!this.#done && this.#buffer.length < wanted) this.#pull();
    return this.#buffer.length > 0;
  }

  /** Whether the present batch has an item at `index` that can be had now. */
  has(index: number): boolean {
    if (index >= this.#buffer.length) this.#pull();
    return index < this.#buffer.length;
  }

  /** Whether a batch of `count` items is known to be the last. */
  endsAt(count: number): boolean {
    return !this.has(count) && this.#done;
  }

  /** The item at `index`, after `has` said that there is one. */
  get(index: number): Item {
    return this.#buffer[index] as Item;
  }

  /** The first `count` items are committed and forgotten. */
  drop(count: number): void {
    if (count === this.#buffer.length) this.#buffer = [];
    else this.#buffer.splice(0, count);
  }

  /** Lets a generator run its `finally`. Its own failure must not hide why the run ends. */
  async close(): Promise<void> {
    if (this.#async === undefined) return this.closeSync();
    if (this.#done) return;
    this.#done = true;
    await this.#async.return?.().catch(() => {});
  }

  closeSync(): void {
    if (this.#done || this.#sync === undefined) return;
    this.#done = true;
    try {
      this.#sync.return?.();
    } catch {
      // see close()
    }
  }

  #pull(): void {
    if (!this.#done && this.#sync !== undefined) this.#take(this.#sync.next());
  }

  #take(result: IteratorResult<Item>): void {
    if (result.done === true) this.#done = true;
    else this.#buffer.push(result.value);
  }
}
