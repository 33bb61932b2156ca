import { createHash } from "node:crypto";
import { canonical } from "./resume-canonical.js";

/** Tells whether the input of this run is that of an earlier one. */
export interface Fingerprint<Item> {
  /** Whether {@link current} speaks for the whole input, and not for the consumed part of it. */
  readonly whole: boolean;
  /** The number of all items, where it is known. */
  readonly total: number | undefined;
  /** Works for `ms` at most. `false`: call again. */
  prepare(ms: number): boolean;
  /** A batch is begun, possibly again: what was noted since the last {@link settle} is forgotten. */
  reset(): void;
  /** Notes an item before anybody can change it. */
  note(item: Item): void;
  /** The fingerprint, all noted items included. */
  current(): string;
  /** What was noted is committed. */
  settle(): void;
}

export function fingerprintOf<Item>(items: unknown, given: string | undefined): Fingerprint<Item> {
  if (given !== undefined) return fixed(`given:${given}`);
  return Array.isArray(items) ? new ArrayFingerprint(items) : new RollingFingerprint<Item>();
}

function fixed<Item>(text: string): Fingerprint<Item> {
  return { whole: true, total: undefined, prepare: () => true, reset: () => {}, note: () => {}, current: () => text, settle: () => {} };
}

/** Over all items and their number, before the first is handed out. */
class ArrayFingerprint<Item> implements Fingerprint<Item> {
  readonly whole = true;
  readonly total: number;
  readonly #hash = createHash("sha256");
  #next = 0;
  #digest = "";

  constructor(readonly items: readonly Item[]) {
    this.total = items.length;
  }

  prepare(ms: number): boolean {
    const end = performance.now() + ms;
    while (this.#next < this.total) {
      if (performance.now() >= end) return false;
      let text = "";
      for (const until = Math.min(this.total, this.#next + SLICE); this.#next < until; this.#next++) text += canonical(this.items[this.#next]);
      this.#hash.update(text, ENCODING);
    }
    this.#digest ||= this.#hash.digest("hex");
    return true;
  }

  reset(): void {}
  note(): void {}
  settle(): void {}

  current(): string {
    return `array:${this.total}:${this.#digest}`;
  }
}

/** Over the items consumed so far: all that can be said of a source that can be read only once. */
class RollingFingerprint<Item> implements Fingerprint<Item> {
  readonly whole = false;
  readonly total = undefined;
  #settled = createHash("sha256");
  #noted = this.#settled;
  #text = "";

  prepare(): boolean {
    return true;
  }

  reset(): void {
    this.#noted = this.#settled.copy();
    this.#text = "";
  }

  note(item: Item): void {
    this.#text += canonical(item);
    if (this.#text.length >= LONGEST_TEXT) this.#flush();
  }

  current(): string {
    this.#flush();
    return `rolling:${this.#noted.copy().digest("hex")}`;
  }

  settle(): void {
    this.#flush();
    this.#settled = this.#noted;
  }

  #flush(): void {
    this.#noted.update(this.#text, ENCODING);
    this.#text = "";
  }
}

/** Hashing costs a call into the library: many items at once, but not a whole batch without end. */
const LONGEST_TEXT = 32_768;
/** How many items are hashed between two looks at the clock. */
const SLICE = 100;
/** Unlike UTF-8 it tells lone surrogates apart. */
const ENCODING = "utf16le";
