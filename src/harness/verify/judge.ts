import type { ProgramReport, RunReport, VerifyCriterion, VerifyVerdict } from "../../core/verify-report.js";
import { medianOf } from "../../core/median.js";
import { round } from "../statistics.js";
import { judgeBehaviour } from "./judge-behaviour.js";
import { noteLoad } from "./notes.js";
import { DEFAULT_THRESHOLDS, forActor, type Thresholds } from "./thresholds.js";

interface Measure {
  id: string;
  group: VerifyCriterion["group"];
  title: string;
  unit: "ms" | "" | "/s" | "%";
  of: (run: RunReport) => number;
  /** The most that after may be, in the measure's own unit. */
  most?: number | false;
  /** The most, or for `higherIsBetter` the least, that after may be of before. */
  ratio?: number | false;
  higherIsBetter?: boolean;
}

/** Judges after by the thresholds, and against before where there is one. */
export function judge(before: ProgramReport | undefined, after: ProgramReport, asked: Thresholds): VerifyVerdict {
  const limits: Required<Thresholds> = { ...DEFAULT_THRESHOLDS, ...asked };
  const behaviour = judgeBehaviour(before, after);
  const measured = measures(after, limits).map((measure) => judgeMeasure(measure, before, after, limits.negligibleMs));
  const criteria = [...behaviour.criteria, ...measured];
  return { pass: criteria.every((criterion) => criterion.pass), criteria, notes: [...behaviour.notes, ...noteLoad(before, after)] };
}

function measures(after: ProgramReport, limits: Required<Thresholds>): Measure[] {
  const { errorShare, busy, throughputRatio, holdRatio, holdMs, waitMs, loopRatio, loopMs, sessions } = limits;
  const actors = after.runs[0]?.actors.map(({ actor }) => actor) ?? [];
  const watched = after.runs.some((run) => run.processes.some((process) => process.watched));
  const heard = after.runs.some((run) => run.processes.length > 0);
  return [
    { id: "errors", group: "errors", title: "operations that failed", unit: "%", of: (run) => 100 * errorShareOf(run), most: errorShare === false ? false : errorShare * 100 },
    { id: "idle", group: "errors", title: "actors that did nothing at all", unit: "", of: (run) => run.actors.filter(({ operations }) => operations === 0).length, most: 0 },
    { id: "busy", group: "errors", title: "SQLITE_BUSY seen by clients", unit: "", of: countBusy, most: busy },
    ...actors.map((actor): Measure => ({
      id: `p99-${actor}`, group: "latency", title: `${actor}: p99`, unit: "ms", of: (run) => actorOf(run, actor)?.latency.p99 ?? 0,
      most: forActor(limits.p99Ms, actor, DEFAULT_THRESHOLDS.p99Ms), ratio: forActor(limits.p99Ratio, actor, DEFAULT_THRESHOLDS.p99Ratio),
    })),
    { id: "throughput", group: "throughput", title: "operations that succeeded", unit: "/s", of: (run) => run.actors.reduce((sum, actor) => sum + actor.perSecond, 0), ratio: throughputRatio, higherIsBetter: true },
    ...(watched
      ? ([
          { id: "longest-hold", group: "locks", title: "longest hold of the write lock", unit: "ms", of: (run) => run.locks.holdMs.max, most: holdMs, ratio: holdRatio },
          { id: "longest-wait", group: "locks", title: "longest wait for the write lock", unit: "ms", of: (run) => run.locks.waitMs.max, most: waitMs },
          { id: "held-share", group: "locks", title: "time in which somebody held it", unit: "%", of: (run) => run.locks.heldShare * 100 },
          { id: "sessions", group: "locks", title: "sessions opened under load", unit: "", of: (run) => run.processes.reduce((sum, process) => sum + process.sessionsOpened, 0), most: sessions },
        ] satisfies Measure[])
      : []),
    ...(heard
      ? [{ id: "loop-stop", group: "event loop", title: "longest stop of an event loop", unit: "ms", of: (run) => Math.max(0, ...run.processes.map((process) => process.loop.maxMs)), most: loopMs, ratio: loopRatio } satisfies Measure]
      : []),
  ];
}

function judgeMeasure(measure: Measure, before: ProgramReport | undefined, after: ProgramReport, negligibleMs: number): VerifyCriterion {
  const { id, group, title, unit, of, most = false, higherIsBetter = false } = measure;
  const ratio = before === undefined ? false : (measure.ratio ?? false);
  const [left, right] = [before?.runs.map(of), after.runs.map(of)];
  const [was, is] = [left && medianOf(left), medianOf(right)];
  const negligible = unit === "ms" && is <= negligibleMs;
  const withinMost = most === false || is <= most;
  const withinRatio = ratio === false || was === undefined || negligible || (higherIsBetter ? is >= was * ratio : is <= was * ratio);
  const asked = [
    ...(most === false ? [] : [most === 0 ? "none" : `≤ ${show(most, unit)}`]),
    ...(ratio === false ? [] : [`${higherIsBetter ? "≥" : "≤"} ${ratio} × before${unit === "ms" && !higherIsBetter ? ` or ${negligibleMs} ms` : ""}`]),
  ];
  return {
    id, group, title,
    ...(was === undefined ? {} : { before: show(was, unit) }),
    after: show(is, unit),
    ...(left && rangeOf(left, unit, "beforeRange")),
    ...rangeOf(right, unit, "afterRange"),
    ...(was === undefined || was === 0 ? {} : { ratio: round(is / was, 3) }),
    ...(asked.length === 0 ? {} : { threshold: asked.join(", ") }),
    pass: withinMost && withinRatio,
  };
}

function rangeOf(values: readonly number[], unit: Measure["unit"], name: "beforeRange" | "afterRange"): Partial<VerifyCriterion> {
  const [least, most] = [show(Math.min(...values), unit), show(Math.max(...values), unit)];
  return least === most ? {} : { [name]: `${least.replace(/ .*/, "")} to ${most}` };
}

function show(value: number, unit: Measure["unit"]): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return `${round(value, digits)}${unit === "" ? "" : unit === "/s" ? " per s" : ` ${unit}`}`;
}

function actorOf(run: RunReport, name: string): RunReport["actors"][number] | undefined {
  return run.actors.find(({ actor }) => actor === name);
}

function errorShareOf(run: RunReport): number {
  const all = run.actors.reduce((sum, actor) => sum + actor.operations, 0);
  const failed = run.actors.flatMap((actor) => Object.values(actor.errors)).reduce((sum, count) => sum + count, 0);
  return all === 0 ? 0 : failed / all;
}

function countBusy(run: RunReport): number {
  return run.actors.flatMap((actor) => Object.entries(actor.errors)).reduce((sum, [code, count]) => (/^SQLITE_BUSY/.test(code) ? sum + count : sum), 0);
}
