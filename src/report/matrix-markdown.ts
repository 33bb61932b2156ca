import type { MatrixRow, Why, WhyPath } from "../core/matrix/types.js";
import { cellsOf, duration } from "./matrix-cells.js";
import { CELL_TITLES, summaryOf, valueOf } from "./matrix-diff-text.js";
import type { MatrixDiffInput, MatrixFormat, MatrixInput } from "./matrix-model.js";
import { count, printable } from "./terminal.js";

/** For pull requests and documents. */
export const matrixMarkdown: MatrixFormat = { name: "markdown", forPeople: false, render, renderDiff };

function render(input: MatrixInput): string {
  const { rows, only, why, measured, withoutDatabase, skipped } = input;
  const shown = only ? [only] : rows;
  const lines = ["# Concurrent operation matrix", ""];
  if (shown.length === 0) lines.push("No operation is seen to reach a database.", "");
  else lines.push(...table(shown, input), "");
  if (only && why) lines.push(...whyLines(why(only)));
  const unmatched = measured?.unmatched ?? [];
  if (unmatched.length > 0) {
    lines.push("Measured, and of no operation above:", "");
    for (const each of unmatched) lines.push(`- ${code(each.label)}: hold p99 ${duration(each.holdP99)}, wait p99 ${duration(each.waitP99)}${each.source ? `, ${code(each.source)}` : ""}`);
    lines.push("");
  }
  if (skipped.length > 0) lines.push(`${count(skipped.length, "file")} could not be analysed: ${skipped.map(({ file }) => code(file)).join(", ")}.`, "");
  lines.push(`${count(withoutDatabase, "more operation")} ${withoutDatabase === 1 ? "does" : "do"} nothing to a database. Figures are upper bounds a call.`);
  return `${lines.join("\n")}\n`;
}

function table(rows: readonly MatrixRow[], { measured }: MatrixInput): string[] {
  const titles = ["Operation", "Entry point", "Libraries", "Sessions", "Lock", "Transactions", "Statements", "Longest transaction", "I/O inside", ...(measured ? ["Hold p99", "Wait p99"] : [])];
  const lines = [rowLine(titles), rowLine(titles.map((_, index) => (index === 3 || (index > 4 && index < 8) || index > 8 ? "--:" : "---")))];
  for (const row of rows) {
    const { sessions, lock, transactions, statements, longest, legend } = cellsOf(row);
    const io = row.io.length === 0 ? "no" : row.io.map(({ text, file, line }) => `${cell(text)} (${code(`${file}:${line}`)})`).join("<br>");
    const found = measured?.of(row);
    lines.push(
      rowLine([code(row.operation) + (legend === "" ? "" : `<br>${cell(legend)}`), code(`${row.file}:${row.line}`), cell(row.libraries.join(", ")), sessions, lock, transactions, statements, longest, io, ...(measured ? [duration(found?.holdP99), duration(found?.waitP99)] : [])]),
    );
  }
  return lines;
}

function whyLines({ sessions, transactions, statements }: Why): string[] {
  const section = (title: string, paths: readonly WhyPath[]): string[] => (paths.length === 0 ? [] : [`## ${title}`, "", ...paths.flatMap(({ steps }) => [...steps.map(({ file, line, text }, index) => `${index + 1}. ${cell(text)} (${code(`${file}:${line}`)})`), "", "<!-- -->", ""])]);
  return [...section("Sessions", sessions), ...section("Transactions", transactions.map(({ steps, loops, io }) => ({ steps: [...steps, ...loops, ...io] }))), ...section("Statements", statements)];
}

function renderDiff({ ref, diff, skipped }: MatrixDiffInput): string {
  const { changed, added, removed, unchanged, isWorse } = diff;
  const lines = [`# What this change does to the operation matrix`, "", `Against ${code(ref)}: ${changed.length} changed, ${added.length} added, ${removed.length} removed, ${unchanged} as before. ${isWorse ? "**Something got worse.**" : "Nothing got worse."}`, ""];
  if (changed.length > 0) {
    lines.push("| Operation | Cell | Before | After |", "|---|---|---|---|");
    for (const { before, after, cells, worse } of changed)
      for (const name of cells) lines.push(rowLine([code(after.operation), CELL_TITLES[name], cell(valueOf(before, cellsOf(before), name)), `${cell(valueOf(after, cellsOf(after), name))}${worse.includes(name) ? " **worse**" : ""}`]));
    lines.push("");
  }
  for (const { row, worse } of added) lines.push(`- added ${code(row.operation)} (${code(`${row.file}:${row.line}`)}): ${cell(summaryOf(cellsOf(row)))}${worse.length > 0 ? `; **worse: ${worse.map((name) => CELL_TITLES[name]).join(", ")}**` : ""}`);
  for (const row of removed) lines.push(`- removed ${code(row.operation)}`);
  if (added.length + removed.length > 0) lines.push("");
  if (skipped.length > 0) lines.push(`${count(skipped.length, "file")} could not be analysed: ${skipped.map(({ file }) => code(file)).join(", ")}.`, "");
  return `${lines.join("\n").trimEnd()}\n`;
}

function rowLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Text that must not end the cell or begin markup. */
function cell(text: string): string {
  return printable(text).replace(/[\n\r]+/g, " ").replace(/[\\|`*_<>[\]]/g, (character) => `\\${character}`);
}

function code(text: string): string {
  const clean = printable(text).replace(/[\n\r]+/g, " ").replace(/\|/g, "\\|");
  const fence = clean.includes("`") ? "``" : "`";
  return fence === "``" ? `\`\` ${clean} \`\`` : `\`${clean}\``;
}
