/** Up to this many, looking through a list costs less than a hash table. */
const SMALL = 8;

/**
 * A growing set of small integers in order of arrival, addressable by position. Most sets of the analysis hold one or
 * two: those cost an array each.
 */
export class IntSet {
  readonly #items: number[] = [];
  #index: Set<number> | undefined;

  get size(): number {
    return this.#items.length;
  }

  has(value: number): boolean {
    return this.#index ? this.#index.has(value) : this.#items.includes(value);
  }

  /** Whether it was not there yet. */
  add(value: number): boolean {
    if (this.has(value)) return false;
    this.#items.push(value);
    if (this.#index) this.#index.add(value);
    else if (this.#items.length > SMALL) this.#index = new Set(this.#items);
    return true;
  }

  /** The value that came in as number `position`, from 0. */
  at(position: number): number {
    const value = this.#items[position];
    if (value === undefined) throw new RangeError(`no item ${position}`);
    return value;
  }

  [Symbol.iterator](): IterableIterator<number> {
    return this.#items.values();
  }
}
