import pc from "picocolors";
import type { MatrixRow } from "../core/matrix/types.js";
import { type MatrixCells, cellsOf, duration } from "./matrix-cells.js";
import { renderDiffText } from "./matrix-diff-text.js";
import type { MatrixFormat, MatrixInput } from "./matrix-model.js";
import { renderWhyText } from "./matrix-why-text.js";
import { count, displayWidth, padEnd, printable, wrap } from "./terminal.js";

export const matrixText: MatrixFormat = {
  name: "text",
  forPeople: true,
  render: (input, { color = false, width = 100 }) => new MatrixText(input, pc.createColors(color), Math.min(width, 120)).render(),
  renderDiff: (input, { color = false, width = 100 }) => renderDiffText(input, pc.createColors(color), Math.min(width, 120)),
};

interface Column {
  title: string;
  cell: (row: MatrixRow, cells: MatrixCells) => string;
  left?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: "Sessions", cell: (_, { sessions }) => sessions },
  { title: "Lock", cell: (_, { lock }) => lock, left: true },
  { title: "Trans.", cell: (_, { transactions }) => transactions },
  { title: "Statem.", cell: (_, { statements }) => statements },
  { title: "Longest", cell: (_, { longest }) => longest },
  { title: "I/O", cell: (_, { io }) => io, left: true },
];

/** Below this no table is readable: each operation becomes a short list. */
const NARROW = 64;
const OPERATION_MIN = 24;
const SKIPPED_SHOWN = 10;

class MatrixText {
  readonly #lines: string[] = [];

  constructor(
    private readonly input: MatrixInput,
    private readonly paint: ReturnType<typeof pc.createColors>,
    private readonly width: number,
  ) {}

  render(): string {
    const { rows, only, why } = this.input;
    if (only && why) {
      this.#table([only]);
      this.#lines.push(...renderWhyText(why(only), this.paint, this.width));
    } else if (rows.length > 0) {
      this.#table(rows);
      this.#unmatched();
    }
    this.#remarks();
    if (!only) this.#summary();
    return `${this.#lines.join("\n")}\n`;
  }

  #table(rows: readonly MatrixRow[]): void {
    const measured = this.input.measured;
    const columns: Column[] = [
      ...COLUMNS,
      ...(measured ? [{ title: "Hold p99", cell: (row: MatrixRow) => duration(measured.of(row)?.holdP99) }, { title: "Wait p99", cell: (row: MatrixRow) => duration(measured.of(row)?.waitP99) }] : []),
    ];
    const texts = rows.map((row) => ({ row, cells: cellsOf(row) })).map(({ row, cells }) => ({ row, legend: cells.legend, values: columns.map(({ cell }) => printable(cell(row, cells))) }));
    const widths = columns.map(({ title }, index) => Math.max(title.length, ...texts.map(({ values }) => displayWidth(values[index] ?? ""))));
    const taken = widths.reduce((sum, width) => sum + width + 2, 0);
    if (this.width < NARROW || this.width - taken < OPERATION_MIN) return this.#lists(columns, texts);
    const room = Math.min(this.width - taken, Math.max(OPERATION_MIN, ...texts.map(({ row }) => displayWidth(row.operation))));
    const line = (values: readonly string[]): string => values.map((value, index) => `  ${columns[index]?.left ? padEnd(value, widths[index] ?? 0) : padStart(value, widths[index] ?? 0)}`).join("");
    this.#lines.push(this.paint.dim(`${padEnd("Operation", room)}${line(columns.map(({ title }) => title))}`.trimEnd()), "");
    for (const { row, values, legend } of texts) {
      const name = printable(row.operation);
      const fits = displayWidth(name) <= room;
      if (!fits) this.#lines.push(...wrap(name, this.width).map((part) => this.paint.bold(part)));
      this.#lines.push(`${fits ? this.paint.bold(padEnd(name, room)) : " ".repeat(room)}${this.#colored(row, line(values))}`.trimEnd());
      this.#below(row, legend);
    }
    this.#lines.push("");
  }

  #lists(columns: readonly Column[], texts: readonly { row: MatrixRow; legend: string; values: readonly string[] }[]): void {
    const titles = ["sessions", "lock", "transactions", "statements", "longest", "I/O inside", "hold p99", "wait p99"];
    for (const { row, values, legend } of texts) {
      this.#lines.push(...wrap(printable(row.operation), this.width).map((part) => this.paint.bold(part)));
      for (const [index] of columns.entries()) this.#lines.push(`  ${padEnd(titles[index] ?? "", 13)}${values[index] ?? ""}`);
      this.#below(row, legend);
    }
    this.#lines.push("");
  }

  /** Where it stands, through which libraries, what the letters mean, what it waits for. */
  #below(row: MatrixRow, legend: string): void {
    const { cyan, dim, yellow } = this.paint;
    const parts = [`${row.file}:${row.line}`, row.libraries.join(", "), legend].map(printable).filter((part) => part !== "");
    let line = "";
    for (const [index, part] of parts.entries()) {
      const joined = line === "" ? part : `${line} · ${part}`;
      if (line !== "" && displayWidth(joined) > this.width - 2) {
        this.#lines.push(`  ${line}`);
        line = "";
      }
      const painted = index === 0 ? cyan(part) : dim(part);
      line = line === "" ? painted : `${line} ${dim("·")} ${painted}`;
    }
    if (line !== "") this.#lines.push(`  ${line}`);
    for (const { file, line: at, text } of row.io) for (const part of wrap(printable(`${text}, ${file}:${at}`), this.width - 4)) this.#lines.push(`  ${yellow("!")} ${part}`);
  }

  #colored(row: MatrixRow, text: string): string {
    const { red, yellow } = this.paint;
    const isLong = row.longest.some(({ symbols }) => symbols.length > 0);
    return row.lock === "write" && (row.io.length > 0 || isLong) ? red(text) : row.lock === "write" && row.sessions.length > 0 ? yellow(text) : text;
  }

  #unmatched(): void {
    const unmatched = this.input.measured?.unmatched ?? [];
    if (unmatched.length === 0) return;
    this.#lines.push("Measured, and of no operation above:");
    for (const each of unmatched) {
      const from = each.source === undefined || each.source === "" ? "" : `  ${each.source}`;
      this.#lines.push(...wrap(printable(`${each.label}  hold p99 ${duration(each.holdP99)}  wait p99 ${duration(each.waitP99)}${from}`), this.width - 2).map((part) => `  ${part}`));
    }
    this.#lines.push("");
  }

  #remarks(): void {
    const { skipped, unscanned = [], root } = this.input;
    const { yellow, dim } = this.paint;
    if (skipped.length > 0) {
      this.#lines.push(...wrap(`Skipped ${count(skipped.length, "file")} that could not be analysed:`, this.width).map((line) => line.replace(/^Skipped/, yellow)));
      for (const { file, reason } of skipped.slice(0, SKIPPED_SHOWN)) for (const [index, line] of wrap(printable(`${file}  ${reason}`), this.width - 4).entries()) this.#lines.push(index === 0 ? `  ${line}` : `    ${line}`);
      if (skipped.length > SKIPPED_SHOWN) this.#lines.push(...wrap(`… and ${skipped.length - SKIPPED_SHOWN} more (--format json lists them all)`, this.width - 2).map((line) => dim(`  ${line}`)));
      this.#lines.push("");
    }
    if (unscanned.length > 0) {
      this.#lines.push(...wrap(printable(`Partial: packages of your own that are imported here and were not read: ${unscanned.join(", ")}. Run it from the workspace's root.`), this.width), "");
    }
    if (root !== undefined) this.#lines.push(dim(`Paths are relative to ${root}`));
  }

  #summary(): void {
    const { rows, withoutDatabase, stats, measured } = this.input;
    const { bold, dim } = this.paint;
    if (rows.length === 0) {
      const why = stats.parsed === 0 ? "no file imports a database library that sessionfix knows" : withoutDatabase > 0 ? `${count(withoutDatabase, "entry point")} found, none of which is seen to reach a database` : "no entry point is known here: no route, job, command or script";
      this.#lines.push(...wrap(`Nothing to show: ${why}.`, this.width));
      return;
    }
    const writers = rows.filter(({ lock }) => lock === "write").length;
    const waiting = rows.filter(({ io }) => io.length > 0).length;
    const opening = rows.filter(({ sessions }) => sessions.length > 0).length;
    const facts = [`${writers} write`, `${opening} open sessions`, `${waiting} wait for I/O inside a transaction`, `${withoutDatabase.toLocaleString("en-US")} more do nothing to a database`];
    for (const [index, part] of wrap(`${count(rows.length, "operation")}: ${facts.join(", ")}.`, this.width).entries()) this.#lines.push(index === 0 ? part.replace(/^[^:]+:/, (head) => bold(head)) : part);
    const first = rows[0] as MatrixRow;
    const hint = `npx sessionfix matrix --why "${printable(first.operation)}"`;
    this.#lines.push(...wrap(measured ? "Hold and wait are the longest p99 of the row's labels." : "Figures are upper bounds a call: what may run, counts.", this.width).map(dim));
    this.#lines.push(`Next: ${bold(hint)}`);
  }
}

function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}

