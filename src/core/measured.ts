/** What the harness measures. All of it is plain JSON. */

/** One write lock on the database, as seen from inside one process. Times in ms; `start` since the epoch. */
export interface LockHold {
  start: number;
  /** From the first attempt to get the lock until it was got. */
  waitMs: number;
  /** From getting the lock until commit or rollback was through. */
  holdMs: number;
  /** Statements run while the lock was held. */
  statements: number;
  /** For whom: the actor whose request it was, else the request's method and path; absent outside of requests. */
  label?: string;
}

export interface LoopDelay {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface ProcessReport {
  pid: number;
  /** Whether a driver that the probe can watch was loaded: without one, nothing is known of sessions and locks. */
  watched: boolean;
  sessionsOpened: number;
  /** Transactions that asked for the lock and gave up. */
  lockTimeouts: number;
  holds: LockHold[];
  loop: LoopDelay;
}

export interface Quantiles {
  count: number;
  p50: number;
  p99: number;
  p999: number;
  max: number;
}

/** A percentile, and the latency in ms at which it lies. */
export type CurvePoint = [percentile: number, ms: number];

export interface ActorReport {
  actor: string;
  operations: number;
  perSecond: number;
  /** Share of all operations that succeeded, 0 to 1. */
  share: number;
  /** Latency in ms, counted from the moment at which the operation was due, so that queueing is not hidden. */
  latency: Quantiles;
  /** By the code in the answer; `HTTP_<status>` without one; `CLIENT_…` when no answer came. */
  errors: Record<string, number>;
}

export interface LockSummary {
  holdMs: Quantiles;
  waitMs: Quantiles;
  /** How long somebody held the write lock, as a share of the load's duration, 0 to 1. */
  heldShare: number;
}
