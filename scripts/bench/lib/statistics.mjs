import { build } from "hdr-histogram-js";

/** Of a few samples, exactly. Of an even number, the mean of the two in the middle. */
export function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The first and the third quartile: how far the rounds differ. */
export function middleHalf(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return [at(0.25), at(0.75)];
}

/** Sample by sample: two numbers of one round were measured within a moment of each other. */
export function ratios(samples, base) {
  return samples.map((sample, round) => sample / base[round]);
}

/** Durations in milliseconds, kept in microseconds with three significant digits. */
export class Durations {
  #histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 120_000_000, numberOfSignificantValueDigits: 3 });

  /**
   * @param everyMs How often the one who waited wanted to begin: while it waited for longer it left out attempts, which
   *   would have waited as well. They are added ("coordinated omission").
   */
  add(durations, everyMs) {
    for (const duration of durations) {
      const micros = Math.max(1, Math.round(duration * 1_000));
      if (everyMs === undefined) this.#histogram.recordValue(micros);
      else this.#histogram.recordValueWithExpectedInterval(micros, everyMs * 1_000);
    }
    return this;
  }

  get count() { return this.#histogram.totalCount; }
  /** @param percent 50, 99, 99.9 … */
  at(percent) { return this.count === 0 ? Number.NaN : this.#histogram.getValueAtPercentile(percent) / 1_000; }
  get longest() { return this.count === 0 ? Number.NaN : this.#histogram.maxValue / 1_000; }
}
