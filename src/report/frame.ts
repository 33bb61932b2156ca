import type { Span } from "../core/facts/types.js";
import { displayWidth, printable } from "./terminal.js";

export interface FrameLine {
  /** Absent for the line that stands for those left out, and under carets. */
  number?: number;
  text: string;
  kind: "context" | "marked" | "carets" | "gap";
}

const TAB = "  ";
const BEFORE = 1;
const AFTER = 1;
/** A longer span shows its head and its last line. */
const LONGEST = 7;
const HEAD = 4;

/** The lines of source around a span with carets under its first line. Lines are cut to `width` columns. */
export function codeFrame(text: string, span: Span, width: number): FrameLine[] {
  const lines = text.split(/\r\n|\n|\r/);
  const last = Math.min(span.endLine, lines.length);
  const shown = shownLines(span.line, last, lines.length);
  const indent = commonIndent(shown.map((number) => lines[number - 1] ?? ""));
  const frame: FrameLine[] = [];
  let previous = shown[0] ?? 1;
  for (const number of shown) {
    if (number > previous + 1) frame.push({ text: "", kind: "gap" });
    previous = number;
    const source = lines[number - 1] ?? "";
    const marked = number >= span.line && number <= last;
    const from = number === span.line ? span.column - 1 : 0;
    const window = cut(source, indent, from, width);
    frame.push({ number, text: window.text, kind: marked ? "marked" : "context" });
    if (number === span.line) {
      const end = span.line === span.endLine ? span.endColumn - 1 : source.trimEnd().length;
      frame.push({ text: carets(source, window, from, Math.max(end, from + 1), width), kind: "carets" });
    }
  }
  return frame;
}

function shownLines(first: number, last: number, total: number): number[] {
  const numbers: number[] = [];
  for (let number = Math.max(1, first - BEFORE); number <= Math.min(total, last + AFTER); number++) {
    const isLeftOut = last - first + 1 > LONGEST && number >= first + HEAD && number < last;
    if (!isLeftOut) numbers.push(number);
  }
  return numbers;
}

function commonIndent(lines: string[]): number {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  return indents.length === 0 ? 0 : Math.min(...indents);
}

interface Window {
  text: string;
  /** Offset in the source line of the window's first character. */
  start: number;
  prefix: string;
}

/** The part of a line that is shown: all of it, or what is around `focus` when it is too long. */
function cut(source: string, indent: number, focus: number, width: number): Window {
  const whole = show(source.slice(indent));
  if (displayWidth(whole) <= width) return { text: whole.trimEnd(), start: indent, prefix: "" };
  const start = focus - indent > width / 2 ? focus - Math.floor(width / 4) : indent;
  const prefix = start > indent ? "…" : "";
  return { text: `${prefix}${fit(show(source.slice(start)), width - 2)}…`, start, prefix };
}

function carets(source: string, window: Window, from: number, to: number, width: number): string {
  const lead = window.prefix + show(source.slice(window.start, from));
  const length = displayWidth(show(source.slice(Math.max(from, window.start), to)));
  const room = Math.max(1, width - displayWidth(lead));
  return " ".repeat(displayWidth(lead)) + "^".repeat(Math.max(1, Math.min(length, room)));
}

function show(text: string): string {
  return printable(text.replaceAll("\t", TAB));
}

function fit(text: string, width: number): string {
  let taken = "";
  let used = 0;
  for (const character of text) {
    used += displayWidth(character);
    if (used > width) break;
    taken += character;
  }
  return taken;
}
