/**
 * What the verdict asks for. With two programs each `…Ratio` is the most that after may be of before (medians over the
 * repetitions); limits in ms are asked of after alone. `false` asks for nothing: the value is still shown.
 */
export interface Thresholds {
  /** The largest share of operations that may fail, 0 to 1. Default 0. */
  errorShare?: number | false;
  /** Answers with an SQLITE_BUSY code. Default 0. */
  busy?: number | false;
  /** By actor, or one for all. Default: 1.25 with two programs. */
  p99Ratio?: number | false | Readonly<Record<string, number | false>>;
  /** By actor, or one for all, in ms. Default: none. */
  p99Ms?: number | false | Readonly<Record<string, number | false>>;
  /** The least that after may do of what before did, by operations per second over all actors. Default 0.9. */
  throughputRatio?: number | false;
  /** Of the longest hold of the write lock. Default 1.25. */
  holdRatio?: number | false;
  /** The longest hold of the write lock, in ms. Default: none. */
  holdMs?: number | false;
  /** The longest wait for the write lock, in ms. Default: none. */
  waitMs?: number | false;
  /** Of the longest stop of an event loop. Default 1.25. */
  loopRatio?: number | false;
  /** The longest stop of an event loop, in ms. Default: none. */
  loopMs?: number | false;
  /** Sessions opened under load, by all processes together. Default: none. */
  sessions?: number | false;
  /** Below this, two times are equally good, whatever their ratio, in ms. Default 20. */
  negligibleMs?: number;
}

export const DEFAULT_THRESHOLDS = {
  errorShare: 0,
  busy: 0,
  p99Ratio: 1.25,
  p99Ms: false,
  throughputRatio: 0.9,
  holdRatio: 1.25,
  holdMs: false,
  waitMs: false,
  loopRatio: 1.25,
  loopMs: false,
  sessions: false,
  negligibleMs: 20,
} as const satisfies Required<Thresholds>;

/** What is asked of one actor. */
export function forActor(limit: Thresholds["p99Ratio"], actor: string, otherwise: number | false): number | false {
  if (limit === undefined) return otherwise;
  return typeof limit === "object" ? (limit[actor] ?? otherwise) : limit;
}
