import pc from "picocolors";
import type { FixSafety } from "../core/finding.js";
import type { ReportOptions } from "./model.js";
import { count, printable, wrap } from "./terminal.js";

/** What became of one finding. */
export interface FixItem {
  rule: string;
  file: string;
  line: number;
  /** The codemod that did it, or would. */
  transform?: string;
  /** Why it was not done, or what changes with it. */
  reason?: string;
}

/** What a run of `fix` did, for people. */
export interface FixReport {
  /** Nothing was written: everything below is what would happen. */
  dryRun: boolean;
  applied: (FixItem & { safety: Exclude<FixSafety, "manual"> })[];
  /** Files changed and created, relative to the root. */
  changed: string[];
  created: string[];
  needsReview: FixItem[];
  manual: FixItem[];
  takenBack: FixItem[];
  /** A refusal may concern a whole file; then there is no rule. */
  refused: (Omit<FixItem, "rule" | "line"> & { rule?: string; line?: number })[];
  /** What was checked, one line each. */
  checks: string[];
  /** What the user must know or do besides, one paragraph each. */
  notes: string[];
  /** What the user should do now, most important first. */
  next: { command: string; purpose: string }[];
}

const SHOWN = 20;

/** The account of a run, grouped by what became of each finding. */
export function renderFixReport(report: FixReport, { color = false, width = 100 }: ReportOptions): string {
  const paint = pc.createColors(color);
  const lines: string[] = [];

  const group = (title: string, items: FixReport["refused"], mark: string) => {
    if (items.length === 0) return;
    lines.push(title);
    for (const item of items.slice(0, SHOWN)) {
      const place = paint.cyan(printable(item.line === undefined ? item.file : `${item.file}:${item.line}`));
      const by = item.transform === undefined ? "" : `  ${paint.dim(item.transform)}`;
      lines.push(`  ${mark} ${item.rule === undefined ? "" : `${item.rule}  `}${place}${by}`);
      if (item.reason !== undefined) for (const line of wrap(printable(item.reason), Math.max(40, Math.min(width, 120) - 4))) lines.push(`    ${line}`);
    }
    if (items.length > SHOWN) lines.push(paint.dim(`  … and ${items.length - SHOWN} more`));
    lines.push("");
  };

  const { applied, changed, created, dryRun } = report;
  const files = count(changed.length + created.length, "file");
  const newFiles = created.length > 0 ? `, ${created.length} of them new: ${created.join(", ")}` : "";
  const done = dryRun ? "Would apply" : "Applied";
  group(`${paint.green(`${done} ${count(applied.length, "fix", "fixes")}`)} in ${files}${newFiles}`, applied, paint.green("✔"));
  group(paint.yellow(`Left for review: ${count(report.needsReview.length, "fix", "fixes")} that ${report.needsReview.length === 1 ? "changes" : "change"} a guarantee`), report.needsReview, paint.yellow("●"));
  group(paint.magenta(`Left for you: ${count(report.manual.length, "thing")} that no rewrite can do`), report.manual, paint.magenta("●"));
  group(paint.red(`Taken back: ${count(report.takenBack.length, "fix", "fixes")} that would have broken something`), report.takenBack, paint.red("✖"));
  group(paint.red(`Refused: ${count(report.refused.length, "time")}`), report.refused, paint.red("✖"));

  for (const check of report.checks) lines.push(paint.dim(`Checked: ${printable(check)}`));
  if (report.checks.length > 0) lines.push("");
  for (const note of report.notes) {
    for (const [index, line] of wrap(printable(note), Math.max(40, Math.min(width, 120) - 6)).entries()) lines.push(`${index === 0 ? paint.bold("Note: ") : "      "}${line}`);
  }
  if (report.notes.length > 0) lines.push("");

  if (lines.length === 0) lines.push(`${paint.green("✔")} Nothing to fix.`, "");
  for (const [index, { command, purpose }] of report.next.entries()) {
    lines.push(`${index === 0 ? "Next:" : "     "} ${paint.bold(command)}  ${paint.dim(purpose)}`);
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

/** A unified diff in a terminal's usual colours. */
export function colorDiff(diff: string, color: boolean): string {
  if (!color) return diff;
  const { bold, cyan, red, green } = pc.createColors(true);
  return diff
    .split("\n")
    .map((raw) => {
      const line = raw.replace(/\r$/, "");
      if (/^(?:---|\+\+\+|diff |Index: |=+$)/.test(line)) return bold(printable(line));
      if (line.startsWith("@@")) return cyan(printable(line));
      if (line.startsWith("-")) return red(printable(line));
      if (line.startsWith("+")) return green(printable(line));
      return printable(line);
    })
    .join("\n");
}
