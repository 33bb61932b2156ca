import type pc from "picocolors";
import { formatCost, letters } from "../core/cost.js";
import type { MatrixPlace, Why, WhyPath } from "../core/matrix/types.js";
import { count, displayWidth, printable, wrap } from "./terminal.js";

type Palette = ReturnType<typeof pc.createColors>;

/** Each path on lines of its own: to a session, to a transaction with what it holds, to a statement. */
export function renderWhyText(why: Why, paint: Palette, width: number): string[] {
  const lines: string[] = [];
  const section = (title: string, paths: readonly WhyPath[], after?: (index: number) => void): void => {
    if (paths.length === 0) return;
    lines.push(paint.bold(title));
    for (const [index, path] of paths.entries()) {
      lines.push(...stepLines(path.steps, paint, width));
      after?.(index);
      lines.push("");
    }
  };
  section(`Sessions: opened in ${count(why.sessions.length, "way")}`, why.sessions);
  section(`Transactions: ${count(why.transactions.length, "place")}`, why.transactions, (index) => {
    const transaction = why.transactions[index];
    if (!transaction) return;
    const names = letters(transaction.statements);
    const meaning = [...names].map(([symbol, letter]) => `${letter} = ${symbol}`).join(", ");
    lines.push(...wrap(printable(`holds ${formatCost(transaction.statements, names)} ${formatCost(transaction.statements) === "1" ? "statement" : "statements"}${meaning === "" ? "" : ` (${meaning})`}`), width - 4).map((line) => `    ${line}`));
    for (const loop of transaction.loops) lines.push(...noteLines(loop, paint, width));
    for (const io of transaction.io) lines.push(...noteLines(io, paint, width));
  });
  section(`Statements: ${count(why.statements.length, "place")}, each a transaction of its own`, why.statements);
  return lines;
}

function stepLines(steps: readonly MatrixPlace[], paint: Palette, width: number): string[] {
  return steps.flatMap((step, index) => {
    const indent = index === 0 ? "  " : `  ${"  ".repeat(Math.min(index - 1, 6))}└ `;
    const text = printable(step.text);
    const place = `${printable(step.file)}:${step.line}`;
    if (displayWidth(indent) + displayWidth(text) + 2 + place.length <= width) return [`${indent}${text}  ${paint.cyan(place)}`];
    const inner = " ".repeat(displayWidth(indent));
    return [...wrap(text, width - inner.length).map((line, at) => (at === 0 ? indent : inner) + line), `${inner}${paint.cyan(place)}`];
  });
}

function noteLines({ file, line, text }: MatrixPlace, paint: Palette, width: number): string[] {
  return wrap(printable(`${text}, ${file}:${line}`), width - 6).map((part, index) => (index === 0 ? `    ${paint.yellow("!")} ${part}` : `      ${part}`));
}
