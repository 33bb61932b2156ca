import { type Cost, formatCost, letters } from "../core/cost.js";
import type { MatrixRow } from "../core/matrix/types.js";

/** A row as people read it: formulas whose letters mean the same in every cell of the row. */
export interface MatrixCells {
  sessions: string;
  lock: string;
  transactions: string;
  statements: string;
  longest: string;
  io: string;
  /** `n = entries`; empty where the cells are plain numbers. */
  legend: string;
}

/** What a formula of more terms adds is lost on a reader. */
const TERMS_SHOWN = 2;

export function cellsOf(row: MatrixRow): MatrixCells {
  const shown = [row.sessions, row.transactions, row.longest, row.statements].map((cost) => cost.slice(0, TERMS_SHOWN));
  const names = letters(...shown);
  const cell = (cost: Cost): string => formatCost(cost.slice(0, TERMS_SHOWN), names) + (cost.length > TERMS_SHOWN ? " + …" : "");
  return {
    sessions: cell(row.sessions),
    lock: lockText(row),
    transactions: cell(row.transactions),
    statements: cell(row.statements),
    longest: row.longest.length === 0 && row.transactions.length === 0 ? "–" : cell(row.longest),
    io: row.io.length === 0 ? "no" : [...new Set(row.io.map(({ kind }) => kind))].join(", "),
    legend: [...names].map(([symbol, letter]) => `${letter} = ${symbol}`).join(", "),
  };
}

export function lockText({ lock }: MatrixRow): string {
  return lock === "unknown" ? "?" : lock;
}

/** Milliseconds in as many digits as anyone reads: `0.42 ms`, `31 ms`, `2.4 s`. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return "–";
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms >= 10 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

/** All of a formula, for machines. */
export function fullCosts(row: MatrixRow): { sessions: string; transactions: string; statements: string; longestTransaction: string; variables: Record<string, string> } {
  const names = letters(row.sessions, row.transactions, row.longest, row.statements);
  return {
    sessions: formatCost(row.sessions, names),
    transactions: formatCost(row.transactions, names),
    statements: formatCost(row.statements, names),
    longestTransaction: formatCost(row.longest, names),
    variables: Object.fromEntries([...names].map(([symbol, letter]) => [letter, symbol])),
  };
}
