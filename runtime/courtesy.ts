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
