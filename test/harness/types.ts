/** What running the fixture's scenario gives. All reports are plain JSON. */
import type { DatabaseState } from "../../src/harness/digest.js";
import type { InvariantResult } from "../../src/harness/invariants.js";
import type { ActorReport, LockSummary, ProcessReport } from "../../src/harness/types.js";

/** A program ready to be started as a process. */
export interface BuiltProgram {
  /** Folder that it was built from. */
  source: string;
  /** JavaScript file to run. */
  script: string;
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
