/** What `sessionfix verify` gives: the report format, version 1. All of it is plain JSON; times in ms unless they say otherwise. */
import type { MatrixRow } from "./matrix/types.js";
import type { ActorReport, CurvePoint, LockSummary, ProcessReport } from "./measured.js";

export const VERIFY_REPORT_VERSION = 1;

export interface VerifyReport {
  version: typeof VERIFY_REPORT_VERSION;
  tool: { name: "sessionfix"; version: string };
  scenario: string;
  /** When the first load began, as ISO 8601. */
  startedAt: string;
  settings: VerifySettings;
  machine: Machine;
  /** Absent when only one program was run. */
  before?: ProgramReport;
  after: ProgramReport;
  verdict: VerifyVerdict;
}

export interface VerifySettings {
  seed: number;
  repetitions: number;
  warmUpSeconds: number;
  seconds: number;
  /** Server processes on the one database. */
  processes: number;
  actors: Array<{ name: string; pace: string }>;
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryMb: number;
  platform: string;
  arch: string;
  node: string;
  /** Of the last minute, before the first load: above the number of cores, somebody else was at work. 0 on Windows. */
  loadAverage: number;
}

export interface ProgramReport {
  /** A folder, or a git ref with its commit. */
  source: string;
  /** What each operation takes of its database by the code, those that contend most first. Absent where nobody looked. */
  matrix?: MatrixRow[];
  /** The same requests, one after the other. Absent when the scenario wants none. */
  alone?: AloneReport;
  /** One a repetition. */
  runs: RunReport[];
}

export interface AloneReport {
  /** Every answer in order, generated ids and times blanked. */
  transcript: string[];
  /** Digest of the final state, without what differs from run to run. */
  digest: string;
  tables: Record<string, { rows: number; digest: string }>;
  invariants: InvariantOutcome[];
}

export interface RunReport {
  /** Since the epoch: when what is counted began. */
  start: number;
  seconds: number;
  actors: Array<ActorReport & { curve: CurvePoint[] }>;
  processes: ProcessReport[];
  locks: LockSummary;
  invariants: InvariantOutcome[];
}

export interface InvariantOutcome {
  name: string;
  violations: number;
  /** The first few, as JSON. */
  examples: string[];
}

export interface VerifyVerdict {
  pass: boolean;
  criteria: VerifyCriterion[];
  /** What a reader needs to understand a failed criterion, or to know of the figures. */
  notes: string[];
}

export interface VerifyCriterion {
  /** Stable: `errors`, `p99-<actor>`. */
  id: string;
  group: "same behaviour" | "errors" | "latency" | "throughput" | "locks" | "event loop";
  title: string;
  /** The medians over the repetitions, as text with units. Absent with one program. */
  before?: string;
  after: string;
  /** Over the repetitions, where there were several: `120 to 180 ms`. */
  beforeRange?: string;
  afterRange?: string;
  /** After divided by before, where both are numbers. */
  ratio?: number;
  /** What was asked for. Absent where the value is shown for information alone. */
  threshold?: string;
  pass: boolean;
}
