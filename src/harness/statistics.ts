import { build, type Histogram } from "hdr-histogram-js";
import type { CurvePoint, Quantiles } from "./types.js";

/** Percentiles of a curve: closer where it matters. */
const CURVE = [1, 5, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99, 100] as const;

/** Latencies in ms, kept to three significant digits from 1 µs to 10 minutes. */
export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600_000_000,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });

  record(ms: number): void {
    this.#histogram.recordValue(Math.min(600_000_000, Math.max(1, Math.round(ms * 1000))));
  }

  /** Forgets all. */
  reset(): void {
    this.#histogram.reset();
  }

  quantiles(): Quantiles {
    const count = this.#histogram.totalCount;
    if (count === 0) return { count: 0, p50: 0, p99: 0, p999: 0, max: 0 };
    const max = round(this.#histogram.maxValue / 1000);
    // The histogram answers with the upper edge of a bucket, which may lie above the greatest value in it.
    const at = (percentile: number): number => Math.min(max, round(this.#histogram.getValueAtPercentile(percentile) / 1000));
    return { count, p50: at(50), p99: at(99), p999: at(99.9), max };
  }

  /** The whole distribution: at which latency, in ms, each share of the operations was done. Empty when there were none. */
  curve(): CurvePoint[] {
    if (this.#histogram.totalCount === 0) return [];
    // No finer than the count allows: the 99.9th of a hundred is the slowest again.
    const known = CURVE.filter((percentile) => percentile <= 100 * (1 - 1 / (2 * this.#histogram.totalCount)) || percentile === 100);
    return known.map((percentile) => [percentile, round(this.#histogram.getValueAtPercentile(percentile) / 1000, 3)]);
  }
}

export function quantilesOf(values: Iterable<number>): Quantiles {
  const recorder = new LatencyRecorder();
  for (const value of values) recorder.record(value);
  return recorder.quantiles();
}

export function round(value: number, digits = 2): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

/** Total length of the union of intervals: two processes never hold one lock, but clocks are not perfect. */
export function coveredMs(intervals: ReadonlyArray<{ start: number; end: number }>): number {
  let covered = 0;
  let reached = -Infinity;
  for (const { start, end } of [...intervals].sort((a, b) => a.start - b.start)) {
    if (end <= reached) continue;
    covered += end - Math.max(start, reached);
    reached = end;
  }
  return covered;
}

export function increment(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
