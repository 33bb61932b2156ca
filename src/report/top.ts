import { shortCommand } from "../inspect/short-command.js";
import { sortRows } from "../inspect/top-frame.js";
import type { Sort, TopFrame, TopRow } from "../inspect/top-frame.js";
import { percent, seconds } from "./doctor.js";
import { displayWidth, padEnd, printable } from "./terminal.js";
import type { Painter } from "./terminal.js";

export interface TopScreen {
  readonly frame: TopFrame;
  /** Frames before, oldest first; the present one is the last. */
  readonly history: readonly TopFrame[];
  readonly sort: Sort;
  readonly paused: boolean;
  /** Columns and lines; no more lines than these are given back. */
  readonly width: number;
  readonly height: number;
  readonly color: Painter;
  /** What keys there are; absent where nobody can press one. */
  readonly keys?: string;
}

const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** A row of bars, newest at the right; 0 to 1 each. */
export function sparkline(values: readonly number[], width: number): string {
  return values.slice(-width).map((value) => (value <= 0 ? " " : (BARS[Math.min(BARS.length - 1, Math.floor(value * BARS.length))] ?? "█"))).join("").padStart(width);
}

/** One screen of `sessionfix top`, as lines that are no wider than the terminal. */
export function renderTop({ frame, history, sort, paused, width, height, color, keys }: TopScreen): string[] {
  const lines = [`${color.bold("sessionfix top")}  ${printable(frame.path)}  ${color.dim(frame.at.slice(11, 19))}${paused ? color.yellow("  paused") : ""}`];
  if (frame.unknown === undefined) lines.push(...overview(frame, history, width, color));
  else lines.push(color.yellow(`Locks unknown: ${frame.unknown}.`));
  if (frame.partOnly === true) lines.push(color.dim("In a container: processes outside it, and their locks, are not seen."));
  if (frame.log !== undefined) lines.push(describeLog(frame, color));
  lines.push("", ...table(sortRows(frame.processes, sort), sort, width, color));
  if (frame.processes.length === 0 && frame.unknown === undefined) lines.push(color.dim("  nobody uses the file"));
  const foot = keys === undefined ? [] : ["", color.dim(keys)];
  const shown = lines.slice(0, Math.max(1, height - foot.length));
  return [...shown, ...foot].slice(0, height).map((line) => cut(line, width));
}

function overview(frame: TopFrame, history: readonly TopFrame[], width: number, color: Painter): string[] {
  const bars = Math.max(10, Math.min(60, width - 40));
  const line = (name: string, value: string, values: readonly number[], paint: (text: string) => string): string => `${name.padEnd(12)}${value.padEnd(16)}${paint(sparkline(values, bars))}`;
  const most = Math.max(1, ...history.map(({ commitsPerSecond }) => commitsPerSecond));
  return [
    line("write lock", `held ${percent(frame.heldShare)}`, history.map(({ heldShare }) => heldShare), frame.heldShare > 0.8 ? color.red : color.green),
    line("waiting", percent(frame.waitShare), history.map(({ waitShare }) => waitShare), color.yellow),
    line("commits", `${frame.commitsPerSecond.toFixed(1)}/s`, history.map(({ commitsPerSecond }) => commitsPerSecond / most), color.cyan),
  ];
}

function describeLog({ log, oldestReader }: TopFrame, color: Painter): string {
  if (log === undefined) return "";
  const frames = log.frames === undefined ? "" : `, ${log.frames.toLocaleString("en-US")} frames, ${((log.frames ?? 0) - (log.checkpointed ?? 0)).toLocaleString("en-US")} to copy`;
  const reader = oldestReader === undefined ? "" : color.dim(`; oldest reader ${oldestReader.pid}, ${oldestReader.framesBehind.toLocaleString("en-US")} frames behind`);
  return `${"log".padEnd(12)}${(log.bytes / 1024 / 1024).toFixed(1)} MiB${frames}${reader}`;
}

interface Column {
  readonly head: string;
  readonly sort?: Sort;
  readonly width: number;
  /** Narrower terminals than this leave it out. */
  readonly from: number;
  cell(row: TopRow): string;
}

const ms = (value: number): string => (value === 0 ? "–" : seconds(value));
const part = (value: number): string => (value === 0 ? "–" : percent(value));

const COLUMNS: readonly Column[] = [
  { head: "PID", sort: "pid", width: 8, from: 0, cell: ({ pid }) => (pid === 0 ? "?" : String(pid)) },
  { head: "NOW", width: 15, from: 0, cell: ({ now }) => (now.forMs > 0 ? `${now.what} ${seconds(now.forMs)}` : now.what) },
  { head: "WRITE", sort: "write", width: 7, from: 0, cell: ({ writeShare }) => part(writeShare) },
  { head: "MAX HOLD", sort: "hold", width: 10, from: 0, cell: ({ longestHoldMs }) => ms(longestHoldMs) },
  { head: "HOLDS", width: 8, from: 90, cell: ({ holds }) => (holds === 0 ? "–" : holds.toLocaleString("en-US")) },
  { head: "WAIT", sort: "wait", width: 7, from: 50, cell: ({ waitShare }) => part(waitShare) },
  { head: "MAX WAIT", width: 10, from: 90, cell: ({ longestWaitMs }) => ms(longestWaitMs) },
  { head: "READ", sort: "read", width: 7, from: 70, cell: ({ readShare }) => part(readShare) },
];

function table(rows: readonly TopRow[], sort: Sort, width: number, color: Painter): string[] {
  const columns = COLUMNS.filter(({ from }) => width >= from);
  const head = columns.map((column) => padEnd(column.sort === sort ? `${column.head}▾` : column.head, column.width)).join("");
  return [
    color.dim(`${head}COMMAND`),
    ...rows.map((row) => {
      const cells = columns.map((column) => padEnd(column.cell(row), column.width)).join("");
      const container = row.pidInContainer === undefined ? "" : ` [container pid ${row.pidInContainer}]`;
      const state = /^(running|sleeping|waiting for a disk|unknown)$/.test(row.state) ? "" : ` (${row.state})`;
      const text = `${cells}${printable(shortCommand(row.command))}${container}${state}`;
      if (row.now.what === "writes") return row.state.startsWith("stopped") ? color.red(text) : color.green(text);
      if (row.now.what === "waits") return color.yellow(text);
      return row.now.what === "left" ? color.dim(text) : text;
    }),
  ];
}

const ESCAPE = /\u001b\[[0-9;]*m/y;

/** Cuts after so many columns; colour codes take none, and are closed. */
function cut(line: string, width: number): string {
  let [columns, at, colored] = [0, 0, false];
  while (at < line.length) {
    ESCAPE.lastIndex = at;
    const code = ESCAPE.exec(line);
    if (code !== null) {
      at += code[0].length;
      colored = true;
      continue;
    }
    const character = String.fromCodePoint(line.codePointAt(at) ?? 0);
    columns += displayWidth(character);
    if (columns > width) return `${line.slice(0, at)}${colored ? "\u001b[0m" : ""}`;
    at += character.length;
  }
  return line;
}
