import { walGrown } from "./diagnostics.js";
import type { WalEvent } from "./diagnostics.js";
import { ReaderWatch, describeReader } from "./wal-readers.js";

/** From one event to the next about the same file, in ms. */
const REPEAT_MS = 60_000;
/** How often readers are looked for while pages wait, in ms. */
const LOOK_EVERY_MS = 200;
/** Who has been seen for less than this, in ms, may be reading no more than a row. */
const LEAST_SEEN_MS = 150;
const MOST_PATIENCE_MS = 2_000;

/** Says that a write-ahead log grows because a reader keeps its pages from being copied. */
export class WalWarning {
  readonly #watch: ReaderWatch;
  #lookedAt = -Infinity;
  #saidAt = -Infinity;
  #waitingSince = Infinity;
  #warned = false;

  constructor(readonly path: string, readonly limitBytes: number) {
    this.#watch = new ReaderWatch(path);
  }

  /** @param pendingBytes What the last checkpoint had to leave in the log: a writer that never pauses leaves a little, too. */
  look(now: number, walBytes: number, pendingBytes: number): void {
    if (pendingBytes < this.limitBytes / 4) {
      this.#waitingSince = Infinity;
      return;
    }
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    this.#waitingSince = Math.min(this.#waitingSince, now);
    this.#watch.look(now);
    if (walBytes < this.limitBytes || pendingBytes < this.limitBytes / 2 || now - this.#saidAt < REPEAT_MS || now - this.#waitingSince < LEAST_SEEN_MS) return;
    const readers = this.#watch.readers(now).filter(({ seenForMs }) => seenForMs >= LEAST_SEEN_MS);
    // The kernel's list may skip a lock while others come and go: nobody at all is believed only after several looks.
    if (readers.length === 0 && now - this.#waitingSince < MOST_PATIENCE_MS) return;
    this.#saidAt = now;
    const event: WalEvent = { path: this.path, walBytes, limitBytes: this.limitBytes, pendingBytes, readers };
    walGrown.publish(event);
    if (this.#warned) return;
    this.#warned = true;
    const [oldest, ...others] = readers;
    const who = oldest === undefined
      ? "Who reads it is not known."
      : `The reader seen for longest: ${describeReader(oldest)}${others.length === 0 ? "" : `; others: ${others.map(({ pid }) => pid).join(", ")}`}.`;
    process.emitWarning(
      `The write-ahead log of ${this.path} has grown to ${(walBytes / 1_048_576).toFixed(1)} MB, because a reader still needs ${(pendingBytes / 1_048_576).toFixed(1)} MB of it. ${who} End long reads: finish or return row iterators, and commit read transactions.`,
      { type: "SessionfixWarning", code: "SESSIONFIX_WAL_GROWN" },
    );
  }
}
