import type { Quantiles } from "../../../src/harness/types.js";
import type { LoadReport, ScenarioReport } from "../types.js";

export function quantiles(p99: number, max = p99): Quantiles {
  return { count: 100, p50: p99 / 2, p99, p999: max, max };
}

interface Shape {
  sessions: (n: number) => number;
  holdMs: number;
  patchMs: number;
  spreadMs: number;
}

const GOOD: Shape = { sessions: () => 0, holdMs: 200, patchMs: 150, spreadMs: 600 };
const BAD: Shape = { sessions: (n) => n + 2, holdMs: 2_000, patchMs: 9_000, spreadMs: 8_000 };

/** A report as the program after should give it. */
export function goodReport(change: (report: ScenarioReport) => void = () => undefined): ScenarioReport {
  const report = makeReport(GOOD);
  report.blocked = {
    heldMs: 12_000,
    answer: { status: 500, code: "SESSION_LOCK_TIMEOUT", message: "no lock within 10000 ms", afterMs: 10_050 },
    answeredWhileHeld: true,
    health: { sent: 100, answeredInTime: 100, maxMs: 12 },
    afterwards: { status: 200 },
  };
  change(report);
  return report;
}

/** A report as the program before gives it. */
export function badReport(change: (report: ScenarioReport) => void = () => undefined): ScenarioReport {
  const report = makeReport(BAD);
  report.blocked = {
    heldMs: 12_000,
    answer: { status: 200, code: "", message: "", afterMs: 12_300 },
    answeredWhileHeld: false,
    health: { sent: 120, answeredInTime: 4, maxMs: 12_000 },
    afterwards: { status: 200 },
  };
  change(report);
  return report;
}

function makeReport(shape: Shape): ScenarioReport {
  return {
    scenario: "marketplace",
    program: "app",
    seed: 1,
    quick: true,
    alone: {
      transcript: ["GET /a -> 200 {}", "GET /b -> 404 {}"],
      transcriptHash: "t",
      state: { digest: "0123456789abcdef", tables: { t: { rows: 1, digest: "d", hashes: ["h"] } } },
      sessions: [10, 20].map((n) => ({ operation: "import", n, sessions: shape.sessions(n) })),
      invariants: [{ name: "sound", violations: 0, examples: [] }],
    },
    load: makeLoad(shape),
    blocked: {
      heldMs: 0,
      answer: { status: 0, code: "", message: "", afterMs: 0 },
      answeredWhileHeld: false,
      health: { sent: 0, answeredInTime: 0, maxMs: 0 },
      afterwards: { status: 0 },
    },
  };
}

function makeLoad(shape: Shape): LoadReport {
  return {
    seconds: 10,
    actors: [
      { actor: "patch", operations: 200, perSecond: 20, share: 1, latency: quantiles(shape.patchMs), errors: {} },
    ],
    processes: [
      { pid: 1, watched: true, sessionsOpened: 0, lockTimeouts: 0, holds: [], loop: { p50Ms: 0, p99Ms: 10, maxMs: shape.holdMs } },
    ],
    locks: { holdMs: quantiles(shape.holdMs), waitMs: quantiles(shape.holdMs), heldShare: 0.9 },
    imports: {
      elapsedMs: [10_000 - shape.spreadMs, 10_000],
      spreadMs: shape.spreadMs,
      totalMs: 10_000,
      errors: {},
    },
    invariants: [{ name: "counts agree", violations: 0, examples: [] }],
  };
}
