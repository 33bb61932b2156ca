import { describe, expect, it } from "vitest";
import { compare, describeSessions, type Verdict } from "./compare.js";
import { badReport, goodReport, quantiles } from "./helpers/reports.js";
import { describeRatio } from "../../src/report/ratio.js";
import { renderVerdict } from "./render-verdict.js";
import type { ScenarioReport } from "./types.js";

const failed = (verdict: Verdict): string[] => verdict.criteria.filter((c) => !c.pass).map((c) => c.id);
const judge = (change: (report: ScenarioReport) => void): string[] => failed(compare(badReport(), goodReport(change)));

describe("compare", () => {
  it("passes a program that is better on every criterion", () => {
    const verdict = compare(badReport(), goodReport());
    expect(failed(verdict)).toEqual([]);
    expect(verdict.pass).toBe(true);
    expect(verdict.notes).toEqual([]);
  });

  it("fails the program before when it is judged against itself", () => {
    const verdict = compare(badReport(), badReport());
    expect(verdict.pass).toBe(false);
    expect(failed(verdict)).toEqual(["sessions-import", "longest-hold", "p99-patch", "loop-stop", "spread", "deadline", "live"]);
  });

  const cases: Array<[criterion: string, what: string, change: (report: ScenarioReport) => void]> = [
    ["same-state", "another final state", (r) => (r.alone.state.digest = "f".repeat(16))],
    ["invariants", "a broken invariant under load", (r) => (r.load.invariants = [{ name: "x", violations: 2, examples: ["{}"] }])],
    ["invariants", "a broken invariant alone", (r) => (r.alone.invariants = [{ name: "x", violations: 1, examples: ["{}"] }])],
    ["sessions-import", "one session for each import", (r) => (r.alone.sessions = [{ operation: "import", n: 10, sessions: 1 }])],
    ["longest-hold", "a hold of 1001 ms against 2000", (r) => (r.load.locks.holdMs = quantiles(1_001))],
    ["p99-patch", "a p99 of 4501 ms against 9000", (r) => (r.load.actors[0]!.latency = quantiles(4_501))],
    ["loop-stop", "a loop that stands still as long", (r) => (r.load.processes[0]!.loop.maxMs = 2_000)],
    ["spread", "a spread of 1001 ms", (r) => (r.load.imports.spreadMs = 1_001)],
    ["total", "imports that take 2.1 times as long", (r) => (r.load.imports.totalMs = 21_000)],
    ["deadline", "no answer while the lock is held", (r) => (r.blocked.answeredWhileHeld = false)],
    ["deadline", "an answer long after the deadline", (r) => (r.blocked.answer.afterMs = 11_001)],
    ["deadline", "SQLite's own error", (r) => (r.blocked.answer.code = "SQLITE_BUSY")],
    ["deadline", "an error without a message", (r) => (r.blocked.answer.message = "")],
    ["deadline", "a success that nobody could have had", (r) => (r.blocked.answer.status = 200)],
    ["live", "one unanswered request", (r) => (r.blocked.health.answeredInTime = 99)],
    ["live", "no request at all", (r) => (r.blocked.health = { sent: 0, answeredInTime: 0, maxMs: 0 })],
    ["recovers", "an error once the lock is free", (r) => (r.blocked.afterwards.status = 500)],
  ];
  it.each(cases)("fails %s for %s, and nothing else", (criterion, _what, change) => {
    expect(judge(change)).toEqual([criterion]);
  });

  it("counts SQLITE_BUSY of actors and of the concurrent operations", () => {
    expect(judge((r) => (r.load.actors[0]!.errors = { SQLITE_BUSY_SNAPSHOT: 1 }))).toEqual(["busy", "errors"]);
    expect(judge((r) => (r.load.imports.errors = { SQLITE_BUSY: 1 }))).toEqual(["busy", "errors"]);
    expect(judge((r) => (r.load.imports.errors = { CLIENT_TIMEOUT: 1 }))).toEqual(["errors"]);
  });

  it("names the first answers that differ", () => {
    const verdict = compare(badReport(), goodReport((r) => (r.alone.transcript[1] = "GET /b -> 500 {}")));
    expect(failed(verdict)).toEqual(["same-answers"]);
    expect(verdict.notes).toEqual(["answer 2\n  before: GET /b -> 404 {}\n  after:  GET /b -> 500 {}"]);
  });

  it("sees an answer that is missing", () => {
    expect(judge((r) => r.alone.transcript.pop())).toEqual(["same-answers"]);
  });

  it("asks no ratio of latencies that are both negligible", () => {
    const quick = (r: ScenarioReport): void => void (r.load.actors[0]!.latency = quantiles(12));
    expect(failed(compare(badReport(quick), goodReport(quick)))).toEqual([]);
  });

  it("refuses reports of different loads", () => {
    expect(() => compare(badReport(), goodReport((r) => (r.seed = 2)))).toThrow(/same scenario, seed and mode/);
  });
});

describe("describeSessions", () => {
  const counts = (...pairs: Array<[n: number, sessions: number]>) =>
    pairs.map(([n, sessions]) => ({ operation: "import", n, sessions }));

  it.each([
    [counts([10, 12], [20, 22]), "12, 22 (n + 2)"],
    [counts([10, 10], [20, 20]), "10, 20 (n)"],
    [counts([10, 9], [20, 19]), "9, 19 (n − 1)"],
    [counts([10, 12], [20, 25]), "12, 25"],
    [counts([10, 0], [20, 0]), "0"],
    [counts([1, 3]), "3"],
  ])("%j is %s", (sessions, text) => {
    expect(describeSessions(sessions)).toBe(text);
  });
});

describe("renderVerdict", () => {
  it("shows each criterion with both values, the ratio and the mark, under its group", () => {
    const text = renderVerdict(compare(badReport(), goodReport()));
    const line = (part: string): string => text.split("\n").find((candidate) => candidate.includes(part)) ?? "";
    expect(line("longest hold").trim().split(/\s{2,}/)).toEqual([
      "longest hold of the write lock", "2000 ms", "200 ms", "10× less", "✓", "≤ 0.5 × before, or ≤ 20 ms",
    ]);
    expect(line("opened by an import")).toMatch(/12, 22 \(n \+ 2\)\s+0\s+none left\s+✓\s+0 new/);
    expect(text).toContain("\nLOCKS\n");
    expect(text.endsWith("✓ Better, and still right: all 15 criteria hold.")).toBe(true);
  });

  it("ends with the criteria that do not hold", () => {
    const text = renderVerdict(compare(badReport(), goodReport((r) => (r.load.imports.spreadMs = 5_000))));
    expect(text).toMatch(/5000 ms\s+1\.6× less\s+✗\s+≤ 1000 ms/);
    expect(text.endsWith("✗ 1 of 15 criteria do not hold: spread")).toBe(true);
  });

  it("adds actors and processes when it is given the reports", () => {
    const before = badReport();
    const after = goodReport((r) => (r.load.actors[0]!.errors = { SQLITE_BUSY: 3 }));
    const text = renderVerdict(compare(before, after), { reports: { before, after } });
    expect(text).toMatch(/after\s+200\s+20\.0\s+100 %.*3 × SQLITE_BUSY/);
    expect(text).toContain("imports finished after: 9.4 s, 10 s; write lock held 90 % of 10 s");
  });
});

describe("describeRatio", () => {
  it.each([
    [undefined, ""], [0, "none left"], [1, "the same"], [1.04, "the same"], [0.1, "10× less"], [0.4, "2.5× less"], [3, "3× more"],
  ])("%s is %j", (ratio, text) => {
    expect(describeRatio(ratio)).toBe(text);
  });
});
