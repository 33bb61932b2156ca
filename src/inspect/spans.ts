/** Spans of time in which something was so at every look; all in ms. */
export class Spans {
  #since: number | undefined;
  #total = 0;
  #longest = 0;
  #count = 0;

  /** Says whether it is so at `now`. */
  mark(is: boolean, now: number): void {
    if (is && this.#since === undefined) {
      this.#since = now;
      this.#count++;
    } else if (!is) this.#end(now);
  }

  /** The present span, if any, ended unseen, and another began. */
  split(now: number): void {
    if (this.#since === undefined) return;
    this.#end(now);
  }

  #end(now: number): void {
    if (this.#since === undefined) return;
    this.#total += now - this.#since;
    this.#longest = Math.max(this.#longest, now - this.#since);
    this.#since = undefined;
  }

  nowMs(now: number): number | undefined {
    return this.#since === undefined ? undefined : now - this.#since;
  }

  longestMs(now: number): number {
    return Math.max(this.#longest, this.nowMs(now) ?? 0);
  }

  totalMs(now: number): number {
    return this.#total + (this.nowMs(now) ?? 0);
  }

  get count(): number {
    return this.#count;
  }
}
