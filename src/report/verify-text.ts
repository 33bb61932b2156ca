import type { VerifyCriterion, VerifyReport } from "../core/verify-report.js";
import type pc from "picocolors";
import { describeRatio } from "./ratio.js";
import { type Column, renderTable } from "./table.js";
import { count, printable } from "./terminal.js";

type Paint = ReturnType<typeof pc.createColors>;

/** The verdict as a table for people: before, after, ratio, what was asked for, and ✔ or ✘; then the notes and the conclusion. */
export function verifyText(report: VerifyReport, { bold, dim, green, red }: Paint): string {
  const { verdict, settings, before, after } = report;
  const both = before !== undefined;
  const columns: Column[] = [
    { title: report.scenario, align: "left" },
    ...(both ? [{ title: "before", align: "right" as const }] : []),
    { title: "after", align: "right" },
    ...(both ? [{ title: "ratio", align: "right" as const }] : []),
    { title: "", align: "left" },
    { title: "asked for", align: "left" },
  ];
  const row = (criterion: VerifyCriterion): string[] => [
    `  ${criterion.title}`,
    ...(both ? [criterion.before ?? ""] : []),
    criterion.after,
    ...(both ? [describeRatio(criterion.ratio)] : []),
    criterion.threshold === undefined ? " " : criterion.pass ? "✔" : "✘",
    criterion.threshold ?? "",
  ];
  const rows = verdict.criteria.flatMap((criterion, i) => (verdict.criteria[i - 1]?.group === criterion.group ? [row(criterion)] : [[criterion.group.toUpperCase()], row(criterion)]));
  const table = renderTable(columns, rows).map((line) => line.replace(/ ✘ .*/, (text) => red(text)).replace(" ✔ ", ` ${green("✔")} `));
  const loads = `${count(settings.repetitions, "repetition")} of ${settings.seconds} s each, seed ${settings.seed}, ${count(settings.processes, "server process")}`.replace("processs", "processes");
  const sides = both ? `before: ${before.source}   after: ${after.source}` : after.source;
  const notes = verdict.notes.length === 0 ? [] : ["", bold("Notes"), ...verdict.notes.map((note) => `- ${printable(note)}`)];
  return `${[...table, "", dim(`${sides}; medians over ${loads}`), ...notes, "", conclusion(report, { green, red })].join("\n")}\n`;
}

function conclusion({ verdict, before }: VerifyReport, { green, red }: Pick<Paint, "green" | "red">): string {
  const asked = verdict.criteria.filter(({ threshold }) => threshold !== undefined);
  const failed = asked.filter(({ pass }) => !pass);
  if (failed.length === 0) return green(`✔ ${before === undefined ? "As asked" : "Still right, and no worse than asked"}: all ${asked.length} criteria hold.`);
  return red(`✘ ${failed.length} of ${asked.length} criteria ${failed.length === 1 ? "does" : "do"} not hold: ${failed.map(({ id }) => id).join(", ")}`);
}
