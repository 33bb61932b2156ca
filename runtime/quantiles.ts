import type { Quantiles } from "./types.js";

/** Buckets grow by 5 % from one microsecond; 512 of them reach past a day. */
const GROWTH = Math.log(1.05);
const SMALLEST_MS = 0.001;
const BUCKETS = 512;

/** Counts durations in a fixed amount of memory, however many there are. */
export class DurationHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #max = 0;

  add(ms: number): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.ceil(Math.log(ms / SMALLEST_MS) / GROWTH);
    const index = Math.min(bucket, BUCKETS - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total++;
    this.#max = Math.max(this.#max, ms);
  }

  quantiles(): Quantiles {
    return { p50: this.#at(0.5), p90: this.#at(0.9), p99: this.#at(0.99), max: this.#max };
  }

  #at(share: number): number {
    const rank = Math.ceil(this.#total * share);
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#counts[index] ?? 0;
      if (seen >= rank && seen > 0) return Math.min(this.#max, SMALLEST_MS * Math.exp(index * GROWTH));
    }
    return 0;
  }
}
