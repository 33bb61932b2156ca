/** Kept at most this full: linear probing stays short. */
const FULLEST = 0.6;

/**
 * A map from two small integers, not below 0, to one above 0. One open-addressed table of machine integers instead of a
 * map of maps: most outer keys have one or two inner ones.
 */
export class PairMap {
  #mask = 1023;
  #size = 0;
  #first = new Int32Array(1024);
  #second = new Int32Array(1024);
  /** 0 for a free slot. */
  #value = new Int32Array(1024);

  get size(): number {
    return this.#size;
  }

  /** 0 when there is none. */
  get(first: number, second: number): number {
    return this.#value[this.#slot(first, second)] ?? 0;
  }

  set(first: number, second: number, value: number): void {
    const slot = this.#slot(first, second);
    const isNew = this.#value[slot] === 0;
    this.#first[slot] = first;
    this.#second[slot] = second;
    this.#value[slot] = value;
    if (isNew && ++this.#size > FULLEST * (this.#mask + 1)) this.#grow();
  }

  /** Where a pair is, or where it would go. */
  #slot(first: number, second: number): number {
    const mask = this.#mask;
    let slot = hash(first, second) & mask;
    while (this.#value[slot] !== 0 && (this.#first[slot] !== first || this.#second[slot] !== second)) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [first, second, value] = [this.#first, this.#second, this.#value];
    const length = value.length * 2;
    this.#mask = length - 1;
    this.#first = new Int32Array(length);
    this.#second = new Int32Array(length);
    this.#value = new Int32Array(length);
    for (let at = 0; at < value.length; at++) {
      if (value[at] === 0) continue;
      const slot = this.#slot(first[at] ?? 0, second[at] ?? 0);
      this.#first[slot] = first[at] ?? 0;
      this.#second[slot] = second[at] ?? 0;
      this.#value[slot] = value[at] ?? 0;
    }
  }
}

/** Spreads neighbours far apart: keys are counted up, and so are the slots that linear probing would fill. */
function hash(first: number, second: number): number {
  const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second + 1, 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 8;
}
