/** The vocabulary of the harness: what a scenario is, and what running one gives. All reports are plain JSON. */
import type { DatabaseState } from "./digest.js";
import type { InvariantResult } from "./invariants.js";

/** A program ready to be started as a process. */
export interface BuiltProgram {
  /** Folder that it was built from. */
  source: string;
  /** JavaScript file to run. */
  script: string;
}

/** One write lock on the database, as seen from inside one process. Times in ms; `start` since the epoch. */
export interface LockHold {
  start: number;
  /** From the first attempt to get the lock until it was got. */
  waitMs: number;
  /** From getting the lock until commit or rollback was through. */
  holdMs: number;
  /** Statements run while the lock was held. */
  statements: number;
}

export interface LoopDelay {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface ProcessReport {
  pid: number;
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

export interface SessionCount {
  operation: string;
  n: number;
  sessions: number;
}

export interface AloneReport {
  /** Every answer in order, ids and times normalised. */
  transcript: string[];
  transcriptHash: string;
  state: DatabaseState;
  sessions: SessionCount[];
  invariants: InvariantResult[];
}

export interface ConcurrentReport {
  /** Time of each of the operations that were started at one moment, in ms. */
  elapsedMs: number[];
  spreadMs: number;
  totalMs: number;
  errors: Record<string, number>;
}

export interface LoadReport {
  seconds: number;
  actors: ActorReport[];
  processes: ProcessReport[];
  locks: LockSummary;
  imports: ConcurrentReport;
  invariants: InvariantResult[];
}

export interface BlockedReport {
  /** For how long another process held the write lock, in ms. */
  heldMs: number;
  /** What the operation that needed the lock got, and when, in ms after it was sent. */
  answer: { status: number; code: string; message: string; afterMs: number };
  /** Whether the answer came while the lock was still held. */
  answeredWhileHeld: boolean;
  /** Liveness requests sent while the operation waited, and how they fared. Latency in ms. */
  health: { sent: number; answeredInTime: number; maxMs: number };
  /** The operation sent again once the lock was free. */
  afterwards: { status: number };
}

export interface ScenarioReport {
  scenario: string;
  program: string;
  seed: number;
  quick: boolean;
  alone: AloneReport;
  load: LoadReport;
  blocked: BlockedReport;
}

export type Progress = (message: string) => void;
