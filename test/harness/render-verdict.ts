import type { Criterion, Verdict } from "./compare.js";
import { round } from "../../src/harness/statistics.js";
import { describeRatio } from "../../src/report/ratio.js";
import { renderTable } from "../../src/report/table.js";
import type { ScenarioReport } from "./types.js";

export interface RenderOptions {
  /** Also show actors and processes in detail. Default: no. */
  reports?: { before: ScenarioReport; after: ScenarioReport };
}

/** The verdict as a table for a terminal, without colours: before, after, ratio, what was asked for, and ✓ or ✗. */
export function renderVerdict(verdict: Verdict, options: RenderOptions = {}): string {
  const rows = verdict.criteria.flatMap((criterion, i) => {
    const isFirst = verdict.criteria[i - 1]?.group !== criterion.group;
    return isFirst ? [[criterion.group.toUpperCase()], criterionRow(criterion)] : [criterionRow(criterion)];
  });
  const lines = renderTable(
    [
      { title: verdict.scenario, align: "left" },
      { title: "before", align: "right" },
      { title: "after", align: "right" },
      { title: "ratio", align: "right" },
      { title: "", align: "left" },
      { title: "asked for", align: "left" },
    ],
    rows,
  );
  const failed = verdict.criteria.filter((criterion) => !criterion.pass);
  const conclusion =
    failed.length === 0
      ? `✓ Better, and still right: all ${verdict.criteria.length} criteria hold.`
      : `✗ ${failed.length} of ${verdict.criteria.length} criteria do not hold: ${failed.map((criterion) => criterion.id).join(", ")}`;
  const notes = verdict.notes.length === 0 ? [] : ["", "Notes", ...verdict.notes.map((note) => `- ${note}`)];
  const details = options.reports === undefined ? [] : ["", ...renderDetails(options.reports.before, options.reports.after)];
  return [...details, ...(details.length > 0 ? [""] : []), ...lines, ...notes, "", conclusion].join("\n");
}

function criterionRow(criterion: Criterion): string[] {
  return [
    `  ${criterion.title}`,
    criterion.before,
    criterion.after,
    describeRatio(criterion.ratio),
    criterion.pass ? "✓" : "✗",
    criterion.threshold,
  ];
}

function renderDetails(before: ScenarioReport, after: ScenarioReport): string[] {
  const both = [
    ["before", before],
    ["after", after],
  ] as const;
  const actors = renderTable(
    [
      { title: "actor", align: "left" },
      { title: "", align: "left" },
      ...["ops", "ok/s", "share", "p50 ms", "p99 ms", "p99.9 ms", "max ms"].map((title) => ({ title, align: "right" as const })),
      { title: "errors", align: "left" },
    ],
    after.load.actors.flatMap(({ actor }) =>
      both.flatMap(([when, { load }]) => {
        const report = load.actors.find((candidate) => candidate.actor === actor);
        if (report === undefined) return [];
        const { p50, p99, p999, max } = report.latency;
        const errors = Object.entries(report.errors).map(([code, count]) => `${count} × ${code}`);
        return [[
          when === "before" ? actor : "", when, `${report.operations}`, report.perSecond.toFixed(1), `${round(report.share * 100, 0)} %`,
          ...[p50, p99, p999, max].map(showMs), errors.join(", ") || "none",
        ]];
      }),
    ),
  );
  const processes = renderTable(
    [
      { title: "process", align: "left" },
      ...["sessions", "lock holds", "longest hold ms", "longest wait ms", "loop p99 ms", "loop max ms"].map((title) => ({
        title,
        align: "right" as const,
      })),
    ],
    both.flatMap(([when, { load }]) =>
      load.processes.map((process, i) => [
        `${when} ${i + 1}`,
        `${process.sessionsOpened}`,
        `${process.holds.length}`,
        showMs(Math.max(0, ...process.holds.map((hold) => hold.holdMs))),
        showMs(Math.max(0, ...process.holds.map((hold) => hold.waitMs))),
        showMs(process.loop.p99Ms),
        showMs(process.loop.maxMs),
      ]),
    ),
  );
  const imports = both.map(([when, { load }]) => {
    const seconds = [...load.imports.elapsedMs].sort((a, b) => a - b).map((ms) => `${round(ms / 1000, 1)} s`);
    return `imports finished ${when}: ${seconds.join(", ")}; write lock held ${round(load.locks.heldShare * 100, 0)} % of ${round(load.seconds, 1)} s`;
  });
  return [...actors, "", ...processes, "", ...imports];
}

function showMs(ms: number): string {
  return ms >= 100 ? `${Math.round(ms)}` : ms.toFixed(1);
}
