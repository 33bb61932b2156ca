import type pc from "picocolors";
import type { CellName, ChangedRow } from "../core/matrix/diff.js";
import type { MatrixRow } from "../core/matrix/types.js";
import { cellsOf, type MatrixCells } from "./matrix-cells.js";
import type { MatrixDiffInput } from "./matrix-model.js";
import { count, displayWidth, padEnd, printable, wrap } from "./terminal.js";

type Palette = ReturnType<typeof pc.createColors>;

export const CELL_TITLES: Record<CellName, string> = {
  sessions: "sessions",
  lock: "lock",
  transactions: "transactions",
  statements: "statements",
  longest: "longest transaction",
  io: "I/O inside",
};

export function renderDiffText({ ref, diff, skipped }: MatrixDiffInput, paint: Palette, width: number): string {
  const { added, removed, changed, unchanged } = diff;
  const lines: string[] = [];
  const head = (mark: string, row: MatrixRow): void => {
    const [name, place] = [printable(row.operation), `${printable(row.file)}:${row.line}`];
    if (displayWidth(name) + displayWidth(place) + 4 <= width) lines.push(`${mark} ${paint.bold(name)}  ${paint.cyan(place)}`);
    else lines.push(...wrap(name, width - 2).map((part, index) => `${index === 0 ? mark : " "} ${paint.bold(part)}`), `  ${paint.cyan(place)}`);
  };
  for (const change of changed) {
    head(paint.yellow("~"), change.after);
    for (const cell of change.cells) lines.push(...wrap(changeText(change, cell), width - 4).map((line) => `    ${change.worse.includes(cell) ? paint.red(line) : line}`));
  }
  for (const { row, worse } of added) {
    head(paint.green("+"), row);
    const cells = cellsOf(row);
    for (const part of wrap(printable(summaryOf(cells)), width - 4)) lines.push(`    ${part}`);
    for (const cell of worse) lines.push(`    ${paint.red(`${padEnd(CELL_TITLES[cell], 19)}  ${printable(valueOf(row, cells, cell))}  worse`)}`);
  }
  for (const row of removed) head(paint.red("-"), row);
  if (lines.length > 0) lines.push("");
  if (skipped.length > 0) lines.push(...wrap(`${count(skipped.length, "file")} could not be analysed: ${printable(skipped.map(({ file }) => file).join(", "))}`, width));
  const totals = `${changed.length} changed, ${added.length} added, ${removed.length} removed, ${unchanged} as before.`;
  lines.push(...wrap(`Against ${printable(ref)}: ${totals} ${diff.isWorse ? "Something got worse: more sessions, a longer transaction, or new I/O inside one." : "Nothing got worse."}`, width));
  return `${lines.join("\n")}\n`;
}

function changeText({ before, after, worse }: ChangedRow, cell: CellName): string {
  const [from, to] = [valueOf(before, cellsOf(before), cell), valueOf(after, cellsOf(after), cell)];
  return printable(`${padEnd(CELL_TITLES[cell], 19)}  ${from} → ${to}${worse.includes(cell) ? "  worse" : ""}`);
}

/** A cell alone, with what its letters stand for. */
export function valueOf(row: MatrixRow, cells: MatrixCells, cell: CellName): string {
  if (cell === "io") return row.io.length === 0 ? "none" : row.io.map(({ text, file, line }) => `${text} (${file}:${line})`).join(", ");
  const text = cells[cell];
  const legend = cells.legend.split(", ").filter((entry) => new RegExp(`(^|[^\\p{L}])${entry.split(" = ")[0] ?? ""}($|[^\\p{L}])`, "u").test(text.replace(/\d+(?=\p{L})/gu, "")));
  return cells.legend === "" || legend.length === 0 ? text : `${text} (${legend.join(", ")})`;
}

export function summaryOf({ sessions, lock, transactions, statements, longest, legend }: MatrixCells): string {
  return `sessions ${sessions}, lock ${lock}, transactions ${transactions}, statements ${statements}, longest ${longest}${legend === "" ? "" : ` (${legend})`}`;
}
