import { describe, expect, it } from "vitest";
import type { ProgramReport, VerifyVerdict } from "../../../src/core/verify-report.js";
import { judge } from "../../../src/harness/verify/judge.js";
import type { Thresholds } from "../../../src/harness/verify/thresholds.js";
import { sampleReport } from "../../report/verify-sample.js";

const failed = (verdict: VerifyVerdict): string[] => verdict.criteria.filter(({ pass }) => !pass).map(({ id }) => id);

/** The good program of a sample, changed in each of its runs. */
function after(change: (program: ProgramReport) => void = () => undefined): ProgramReport {
  const { after: program } = sampleReport({ repetitions: 3 });
  change(program);
  return program;
}
const eachRun = (change: (run: ProgramReport["runs"][number]) => void) => (program: ProgramReport) => program.runs.forEach(change);
const before = after();

const against = (change: (program: ProgramReport) => void, asked: Thresholds = {}): string[] => failed(judge(before, after(change), asked));

describe("judge, by default", () => {
  it("asks nothing of a program that is as it was", () => {
    const verdict = judge(before, after(), {});
    expect(failed(verdict)).toEqual([]);
    expect(verdict.pass).toBe(true);
    expect(verdict.notes).toEqual([]);
  });

  it.each<[string, (program: ProgramReport) => void, string[]]>([
    ["another final state", (program) => (program.alone!.digest = "f"), ["same-state"]],
    ["another answer", (program) => (program.alone!.transcript = ["list: GET /items -> 500 {}"]), ["same-answers"]],
    ["a broken invariant alone", (program) => (program.alone!.invariants[0]!.violations = 1), ["invariants"]],
    ["a broken invariant in one repetition", (program) => (program.runs[2]!.invariants[0]!.violations = 1), ["invariants"]],
    ["one failed operation", eachRun((run) => (run.actors[0]!.errors = { HTTP_500: 1 })), ["errors"]],
    ["SQLITE_BUSY", eachRun((run) => (run.actors[1]!.errors = { SQLITE_BUSY_SNAPSHOT: 2 })), ["errors", "busy"]],
    ["an actor that got nowhere", eachRun((run) => (run.actors[1]!.operations = 0)), ["idle"]],
    ["a slower actor", eachRun((run) => (run.actors[0]!.latency.p99 *= 10)), ["p99-list"]],
    ["less throughput", eachRun((run) => (run.actors[0]!.perSecond *= 0.5)), ["throughput"]],
    ["longer holds", eachRun((run) => (run.locks.holdMs.max += 1_000)), ["longest-hold"]],
    ["a longer stop of the loop", eachRun((run) => (run.processes[1]!.loop.maxMs = 500)), ["loop-stop"]],
  ])("fails %s", (_what, change, ids) => {
    expect(against(change)).toEqual(ids);
  });

  it("goes by the median: one odd repetition is none", () => {
    expect(against((program) => (program.runs[1]!.actors[0]!.latency.p99 *= 100))).toEqual([]);
    const criterion = judge(before, after((program) => (program.runs[1]!.locks.waitMs.max = 900)), {}).criteria.find(({ id }) => id === "longest-wait");
    expect(criterion).toMatchObject({ after: "1 ms", afterRange: "1 to 900 ms" });
  });

  it("asks no ratio of times that are both negligible", () => {
    const quick = eachRun((run) => (run.actors[0]!.latency.p99 = 19.9));
    expect(against(quick)).toEqual([]);
    expect(against(quick, { negligibleMs: 19 })).toEqual(["p99-list"]);
  });
});

describe("judge, as asked", () => {
  it("takes limits and ratios by actor", () => {
    const slow = eachRun((run) => run.actors.forEach((actor) => (actor.latency.p99 = 300)));
    expect(against(slow, { p99Ratio: { list: false } })).toEqual(["p99-import"]);
    expect(against(slow, { p99Ratio: false, p99Ms: { list: 299, import: 301 } })).toEqual(["p99-list"]);
  });

  it("asks absolute limits of one program alone, and no ratios", () => {
    const slow = after(eachRun((run) => (run.locks.holdMs.max = 50)));
    expect(failed(judge(undefined, slow, {}))).toEqual([]);
    const verdict = judge(undefined, slow, { holdMs: 49, waitMs: 0.5, loopMs: 1, sessions: 0 });
    expect(failed(verdict)).toEqual(["longest-hold", "longest-wait", "loop-stop"]);
    expect(verdict.criteria.every((criterion) => criterion.before === undefined && criterion.ratio === undefined)).toBe(true);
  });

  it("shows what nothing is asked of, as passed", () => {
    const verdict = judge(before, after(eachRun((run) => (run.actors[0]!.errors = { HTTP_500: 1 }))), { errorShare: false });
    expect(verdict.criteria.find(({ id }) => id === "errors")).toMatchObject({ pass: true, after: "0.1 %" });
    expect(verdict.criteria.find(({ id }) => id === "errors")).not.toHaveProperty("threshold");
    expect(verdict.notes).toContain("after: 3 × list: HTTP_500");
  });
});

describe("judge, where little is known", () => {
  it("says that no driver was seen, and leaves the locks out", () => {
    const unwatched = eachRun((run) => run.processes.forEach((process) => (process.watched = false)));
    const verdict = judge(after(unwatched), after(unwatched), {});
    expect(verdict.criteria.filter(({ group }) => group === "locks")).toEqual([]);
    expect(verdict.notes[0]).toMatch(/^before: the server uses neither better-sqlite3 nor node:sqlite/);
  });

  it("says that no process was heard of, and leaves the event loop out, too", () => {
    const deaf = eachRun((run) => (run.processes = []));
    const verdict = judge(undefined, after(deaf), {});
    expect(verdict.criteria.filter(({ group }) => group === "event loop")).toEqual([]);
    expect(verdict.notes).toEqual([expect.stringMatching(/^after: the server could not be watched/)]);
  });

  it("says which actors did too little for a p99", () => {
    expect(judge(undefined, after((program) => (program.runs[0]!.actors[1]!.operations = 12)), {}).notes).toEqual([expect.stringMatching(/fewer than 100 operations in a run of import \(12\)/)]);
  });
});
