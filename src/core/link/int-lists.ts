/** Up to this many, looking through a list costs less than a hash table. */
const SMALL = 8;

/** Where an item of a list stands; `NO_CURSOR` is before the first and after the last. */
export type Cursor = number;

export const NO_CURSOR: Cursor = 0;

/**
 * Growing lists of distinct small integers in order of arrival, by number of the list. There are millions of them, most
 * with no item or one: all lie in a few arrays of machine integers, so that none costs an object of its own.
 */
export class IntLists {
  #first = new Int32Array(1024);
  #last = new Int32Array(1024);
  #size = new Int32Array(1024);
  #next = new Int32Array(1024);
  #value = new Int32Array(1024);
  #cursors = 1;
  /** What the long lists hold. */
  readonly #index = new Map<number, Set<number>>();

  size(list: number): number {
    return this.#size[list] ?? 0;
  }

  has(list: number, value: number): boolean {
    const size = this.#size[list] ?? 0;
    if (size > SMALL) return this.#index.get(list)?.has(value) === true;
    if (size === 0) return false;
    for (let at = this.#first[list] ?? 0; at !== NO_CURSOR; at = this.#next[at] ?? 0) if (this.#value[at] === value) return true;
    return false;
  }

  /** Whether it was not there yet. */
  add(list: number, value: number): boolean {
    if (this.has(list, value)) return false;
    if (list >= this.#size.length) this.#growLists(list);
    if (this.#cursors >= this.#next.length) this.#growItems();
    const at = this.#cursors++;
    this.#value[at] = value;
    const before = this.#last[list] ?? 0;
    if (before === NO_CURSOR) this.#first[list] = at;
    else this.#next[before] = at;
    this.#last[list] = at;
    const size = (this.#size[list] ?? 0) + 1;
    this.#size[list] = size;
    if (size > SMALL + 1) this.#index.get(list)?.add(value);
    else if (size > SMALL) this.#index.set(list, new Set(this.items(list)));
    return true;
  }

  /** The item after a cursor; the first one after `NO_CURSOR`. */
  after(list: number, cursor: Cursor): Cursor {
    return (cursor === NO_CURSOR ? this.#first[list] : this.#next[cursor]) ?? NO_CURSOR;
  }

  last(list: number): Cursor {
    return this.#last[list] ?? NO_CURSOR;
  }

  at(cursor: Cursor): number {
    return this.#value[cursor] ?? 0;
  }

  items(list: number): number[] {
    const items: number[] = [];
    for (let at = this.#first[list] ?? NO_CURSOR; at !== NO_CURSOR; at = this.#next[at] ?? NO_CURSOR) items.push(this.#value[at] ?? 0);
    return items;
  }

  #growLists(list: number): void {
    const length = Math.max(list + 1, this.#size.length * 2);
    this.#first = grown(this.#first, length);
    this.#last = grown(this.#last, length);
    this.#size = grown(this.#size, length);
  }

  #growItems(): void {
    const length = this.#next.length * 2;
    this.#next = grown(this.#next, length);
    this.#value = grown(this.#value, length);
  }
}

function grown(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length);
  longer.set(array);
  return longer;
}
