import { describeDifference } from "../../src/harness/digest.js";
import type { InvariantResult } from "../../src/harness/invariants.js";
import { round } from "../../src/harness/statistics.js";
import type { ActorReport } from "../../src/harness/types.js";
import type { BlockedReport, LoadReport, ScenarioReport, SessionCount } from "./types.js";

/** What counts as better. Ratios are after / before; times in ms. */
export const THRESHOLDS = {
  holdRatio: 0.5,
  latencyRatio: 0.5,
  loopRatio: 0.5,
  /** Batches, and the pauses between them in which others are served, may cost some throughput; no more than this. */
  totalRatio: 2,
  spreadMs: 1_000,
  /** The runtime's default deadline of 10 s, with a second for the answer to get out. */
  deadlineMs: 11_000,
  /** Below this, two latencies are equally good: no ratio is asked for. */
  negligibleMs: 20,
} as const;

export interface Criterion {
  id: string;
  group: "same behaviour" | "sessions" | "locks" | "everyone else" | "concurrent imports" | "lock held by another process";
  title: string;
  before: string;
  after: string;
  /** After divided by before, where both are numbers. */
  ratio: number | undefined;
  threshold: string;
  pass: boolean;
}

export interface Verdict {
  scenario: string;
  pass: boolean;
  criteria: Criterion[];
  /** What a reader needs to understand a failed criterion. */
  notes: string[];
}

/** Judges the program after against the program before; both must have run the same scenario with the same seed. */
export function compare(before: ScenarioReport, after: ScenarioReport): Verdict {
  if (before.scenario !== after.scenario || before.seed !== after.seed || before.quick !== after.quick) {
    throw new Error("only reports of the same scenario, seed and mode can be compared");
  }
  const criteria = [
    ...compareBehaviour(before, after),
    ...compareSessions(before.alone.sessions, after.alone.sessions),
    ...compareLocks(before.load, after.load),
    ...compareActors(before.load, after.load),
    ...compareImports(before.load, after.load),
    ...compareBlocked(before.blocked, after.blocked),
  ];
  return { scenario: after.scenario, pass: criteria.every((c) => c.pass), criteria, notes: explain(before, after) };
}

function compareBehaviour(before: ScenarioReport, after: ScenarioReport): Criterion[] {
  const group = "same behaviour" as const;
  const differing = differingAnswers(before.alone.transcript, after.alone.transcript).length;
  const violations = (report: ScenarioReport): number =>
    [...report.alone.invariants, ...report.load.invariants].filter((result) => result.violations > 0).length;
  const checked = after.alone.invariants.length + after.load.invariants.length;
  return [
    {
      id: "same-state", group, title: "final state, run alone",
      before: before.alone.state.digest.slice(0, 12), after: after.alone.state.digest.slice(0, 12), ratio: undefined,
      threshold: "equal", pass: before.alone.state.digest === after.alone.state.digest,
    },
    {
      id: "same-answers", group, title: "answers, run alone",
      before: `${before.alone.transcript.length}`, after: `${after.alone.transcript.length - differing} the same`,
      ratio: undefined, threshold: "all the same",
      pass: differing === 0 && before.alone.transcriptHash === after.alone.transcriptHash,
    },
    {
      id: "invariants", group, title: `invariants broken, of ${checked}`,
      ...numbers(violations(before), violations(after), ""), threshold: "0", pass: violations(after) === 0,
    },
  ];
}

function compareSessions(before: readonly SessionCount[], after: readonly SessionCount[]): Criterion[] {
  const operations = [...new Set(after.map((count) => count.operation))];
  return operations.map((operation) => {
    const left = before.filter((count) => count.operation === operation);
    const right = after.filter((count) => count.operation === operation);
    const most = Math.max(...right.map((count) => count.n));
    const sum = (counts: readonly SessionCount[]): number => counts.reduce((total, count) => total + count.sessions, 0);
    return {
      id: `sessions-${operation}`,
      group: "sessions" as const,
      title: most > 1 ? `opened by an ${operation} of n = ${right.map((count) => count.n).join(", ")}` : `opened by a ${operation}`,
      before: describeSessions(left),
      after: describeSessions(right),
      ratio: sum(left) === 0 ? undefined : round(sum(right) / sum(left), 3),
      threshold: "0 new",
      pass: right.length > 0 && right.every((count) => count.sessions === 0),
    };
  });
}

/** The counts, with their law when they follow one: `12, 22 (n + 2)`. */
export function describeSessions(counts: readonly SessionCount[]): string {
  const values = [...new Set(counts.map((count) => count.sessions))];
  if (values.length <= 1) return values.join("");
  const shown = counts.map((count) => count.sessions).join(", ");
  const offsets = new Set(counts.map((count) => count.sessions - count.n));
  const offset = [...offsets][0] ?? 0;
  return offsets.size === 1 ? `${shown} (n${offset === 0 ? "" : ` ${offset < 0 ? "−" : "+"} ${Math.abs(offset)}`})` : shown;
}

function compareLocks(before: LoadReport, after: LoadReport): Criterion[] {
  const group = "locks" as const;
  const busy = (load: LoadReport): number => countErrors(load, (code) => code.startsWith("SQLITE_BUSY"));
  const errors = (load: LoadReport): number => countErrors(load, () => true);
  return [
    {
      id: "longest-hold", group, title: "longest hold of the write lock",
      ...numbers(before.locks.holdMs.max, after.locks.holdMs.max, " ms"),
      ...atMost(before.locks.holdMs.max, after.locks.holdMs.max, THRESHOLDS.holdRatio),
    },
    {
      id: "longest-wait", group, title: "longest wait for the write lock",
      ...numbers(before.locks.waitMs.max, after.locks.waitMs.max, " ms"), threshold: "(for information)", pass: true,
    },
    { id: "busy", group, title: "SQLITE_BUSY seen by clients", ...numbers(busy(before), busy(after), ""), threshold: "0", pass: busy(after) === 0 },
    { id: "errors", group, title: "errors of any kind seen by clients", ...numbers(errors(before), errors(after), ""), threshold: "0", pass: errors(after) === 0 },
  ];
}

function compareActors(before: LoadReport, after: LoadReport): Criterion[] {
  const group = "everyone else" as const;
  const criteria = after.actors.map((actor): Criterion => {
    const left = before.actors.find((candidate) => candidate.actor === actor.actor)?.latency.p99 ?? 0;
    const right = actor.latency.p99;
    return { id: `p99-${actor.actor}`, group, title: `${actor.actor}: p99`, ...numbers(left, right, " ms"), ...atMost(left, right, THRESHOLDS.latencyRatio) };
  });
  const stop = (load: LoadReport): number => Math.max(...load.processes.map((process) => process.loop.maxMs));
  criteria.push({
    id: "loop-stop", group, title: "longest stop of an event loop",
    ...numbers(stop(before), stop(after), " ms"), ...atMost(stop(before), stop(after), THRESHOLDS.loopRatio),
  });
  return criteria;
}

function compareImports(before: LoadReport, after: LoadReport): Criterion[] {
  const group = "concurrent imports" as const;
  const count = after.imports.elapsedMs.length;
  return [
    {
      id: "spread", group, title: `first to last of ${count} to finish`,
      ...numbers(before.imports.spreadMs, after.imports.spreadMs, " ms"),
      threshold: `≤ ${THRESHOLDS.spreadMs} ms`, pass: after.imports.spreadMs <= THRESHOLDS.spreadMs,
    },
    {
      id: "total", group, title: `all ${count} done after`,
      ...numbers(before.imports.totalMs, after.imports.totalMs, " ms"),
      ...atMost(before.imports.totalMs, after.imports.totalMs, THRESHOLDS.totalRatio),
    },
  ];
}

function compareBlocked(before: BlockedReport, after: BlockedReport): Criterion[] {
  const group = "lock held by another process" as const;
  const answered = ({ answer, answeredWhileHeld }: BlockedReport): string => {
    const seconds = `${round(answer.afterMs / 1000, 1)} s`;
    if (!answeredWhileHeld) return `hung until it was free, ${seconds}`;
    return `${answer.code || answer.status} after ${seconds}`;
  };
  const health = (report: BlockedReport): string => `${report.health.answeredInTime} of ${report.health.sent}`;
  const { answer } = after;
  return [
    {
      id: "deadline", group, title: "the import that waits for it", before: answered(before), after: answered(after), ratio: undefined,
      threshold: `a clear error within ${THRESHOLDS.deadlineMs / 1000} s`,
      pass:
        after.answeredWhileHeld && answer.afterMs <= THRESHOLDS.deadlineMs && answer.status >= 400 &&
        answer.code !== "" && !answer.code.startsWith("SQLITE_") && !answer.code.startsWith("CLIENT_") && answer.message !== "",
    },
    {
      id: "live", group, title: "GET /health answered meanwhile, within 500 ms", before: health(before), after: health(after), ratio: undefined,
      threshold: "all", pass: after.health.sent > 0 && after.health.answeredInTime === after.health.sent,
    },
    {
      id: "recovers", group, title: "the import, once it is free",
      before: `${before.afterwards.status}`, after: `${after.afterwards.status}`, ratio: undefined,
      threshold: "200", pass: after.afterwards.status === 200,
    },
  ];
}

function numbers(before: number, after: number, unit: string): Pick<Criterion, "before" | "after" | "ratio"> {
  const show = (value: number): string => `${value >= 100 ? Math.round(value) : round(value, 1)}${unit}`;
  return { before: show(before), after: show(after), ratio: before === 0 ? undefined : round(after / before, 3) };
}

function atMost(before: number, after: number, ratio: number): Pick<Criterion, "threshold" | "pass"> {
  return {
    threshold: ratio <= 1 ? `≤ ${ratio} × before, or ≤ ${THRESHOLDS.negligibleMs} ms` : `≤ ${ratio} × before`,
    pass: after <= before * ratio || (ratio <= 1 && after <= THRESHOLDS.negligibleMs),
  };
}

function countErrors(load: LoadReport, matches: (code: string) => boolean): number {
  return [...load.actors.map((actor: ActorReport) => actor.errors), load.imports.errors]
    .flatMap((errors) => Object.entries(errors))
    .reduce((sum, [code, count]) => (matches(code) ? sum + count : sum), 0);
}

function differingAnswers(before: readonly string[], after: readonly string[]): string[] {
  const longer = Math.max(before.length, after.length);
  return Array.from({ length: longer }, (_, i) => i)
    .filter((i) => before[i] !== after[i])
    .map((i) => `answer ${i + 1}\n  before: ${before[i] ?? "none"}\n  after:  ${after[i] ?? "none"}`);
}

function explain(before: ScenarioReport, after: ScenarioReport): string[] {
  const broken = (when: string, results: readonly InvariantResult[]): string[] =>
    results
      .filter((result) => result.violations > 0)
      .map((result) => `${when}: ${result.violations} × not "${result.name}", for instance ${result.examples.join(", ")}`);
  return [
    ...describeDifference(before.alone.state, after.alone.state),
    ...differingAnswers(before.alone.transcript, after.alone.transcript).slice(0, 3),
    ...broken("before, alone", before.alone.invariants),
    ...broken("before, under load", before.load.invariants),
    ...broken("after, alone", after.alone.invariants),
    ...broken("after, under load", after.load.invariants),
  ];
}
