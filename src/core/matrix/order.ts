import { weightOf } from "../cost.js";
import type { Lock, MatrixRow } from "./types.js";

const LOCKS: readonly Lock[] = ["write", "unknown", "read", "none"];

/** Who contends most first: writers, then I/O while they hold their lock, then the statements held, the sessions, the rest. */
export function byContention(a: MatrixRow, b: MatrixRow): number {
  return (
    LOCKS.indexOf(a.lock) - LOCKS.indexOf(b.lock) ||
    Number(b.io.length > 0) - Number(a.io.length > 0) ||
    weightOf(b.longest) - weightOf(a.longest) ||
    weightOf(b.sessions) - weightOf(a.sessions) ||
    weightOf(b.statements) - weightOf(a.statements) ||
    compare(a.operation, b.operation) ||
    compare(a.file, b.file) ||
    a.line - b.line
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
