import { labelOf, locksByLabel } from "../../core/contention.js";
import type { RunReport, VerifyReport } from "../../core/verify-report.js";
import { PALETTE } from "./palette.js";

/** One row of the timeline: the locks of one label in one process. Times in µs since the count began, in order. */
export interface Lane {
  side: string;
  process: number;
  /** Index into `labels`. */
  label: number;
  start: number[];
  wait: number[];
  hold: number[];
  statements: number[];
}

export interface TimelineData {
  labels: string[];
  /** By repetition. */
  runs: Array<{ endUs: number; lanes: Lane[] }>;
  themes: typeof PALETTE;
}

const OTHERS = "all others";

/** Labels that get a colour of their own: the actors first, then who held the lock longest; the last one is for the rest. */
export function colouredLabels({ before, after, settings }: VerifyReport): string[] {
  const used = locksByLabel([...(before?.runs ?? []), ...after.runs].flatMap((run) => run.processes)).map(({ label }) => label);
  const labels = [...new Set([...settings.actors.map(({ name }) => name), ...used])];
  const room = PALETTE.light.labels.length;
  return labels.length <= room ? labels : [...labels.slice(0, room - 1), OTHERS];
}

export function timelineData(report: VerifyReport, labels: string[]): TimelineData {
  const runs = report.after.runs.map((after, repetition) => {
    const sides = [["before", report.before?.runs[repetition]], ["after", after]] as const;
    const lanes = sides.flatMap(([side, run]) => (run === undefined ? [] : lanesOf(side, run, labels)));
    const ends = sides.flatMap(([, run]) => (run === undefined ? [] : [run.seconds * 1e6]));
    return { endUs: Math.max(...ends, ...lanes.map(({ start, hold }) => (start.at(-1) ?? 0) + (hold.at(-1) ?? 0))), lanes };
  });
  return { labels, runs, themes: PALETTE };
}

function lanesOf(side: string, run: RunReport, labels: readonly string[]): Lane[] {
  return run.processes.flatMap(({ holds }, process) => {
    const lanes = new Map<number, Lane>();
    for (const hold of [...holds].sort((a, b) => a.start - b.start)) {
      const found = labels.indexOf(labelOf(hold));
      const label = found === -1 ? labels.length - 1 : found;
      const lane = lanes.get(label) ?? { side, process: process + 1, label, start: [], wait: [], hold: [], statements: [] };
      lanes.set(label, lane);
      lane.start.push(Math.round((hold.start - run.start) * 1000));
      lane.wait.push(Math.round(hold.waitMs * 1000));
      lane.hold.push(Math.round(hold.holdMs * 1000));
      lane.statements.push(hold.statements);
    }
    return [...lanes.values()].sort((a, b) => a.label - b.label);
  });
}
