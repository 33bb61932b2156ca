import { type Cost, degree, formatCost, letters } from "../core/cost.js";
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

/** What a formula of more terms adds is lost on a reader; so is a term of more loops inside each other. */
const TERMS_SHOWN = 2;
const LOOPS_SHOWN = 2;
const WIDTH_SHOWN = 12;

export function cellsOf(row: MatrixRow): MatrixCells {
  const names = letters(...[row.sessions, row.transactions, row.longest, row.statements].map(shownOf));
  const used = new Set<string>();
  const cell = (cost: Cost): string => {
    const text = cellText(cost, names);
    for (const [symbol, letter] of names) if (shownOf(cost).some(({ symbols }) => symbols.includes(symbol)) && text.includes(letter)) used.add(symbol);
    return text;
  };
  return {
    sessions: cell(row.sessions),
    lock: lockText(row),
    transactions: cell(row.transactions),
    statements: cell(row.statements),
    longest: row.longest.length === 0 && row.transactions.length === 0 ? "–" : cell(row.longest),
    io: row.io.length === 0 ? "no" : [...new Set(row.io.map(({ kind }) => kind))].join(", "),
    legend: [...names].flatMap(([symbol, letter]) => (used.has(symbol) ? [`${letter} = ${symbol}`] : [])).join(", "),
  };
}

/** The terms that a cell may show; none where even the first cannot be read. */
function shownOf(cost: Cost): Cost {
  return degree(cost) > LOOPS_SHOWN ? [] : cost.slice(0, TERMS_SHOWN);
}

function cellText(cost: Cost, names: Map<string, string>): string {
  if (degree(cost) > LOOPS_SHOWN) return `${degree(cost)} loops`;
  for (let terms = Math.min(TERMS_SHOWN, cost.length); terms > 0; terms--) {
    const text = formatCost(cost.slice(0, terms), names) + (cost.length > terms ? " + …" : "");
    if (terms === 1 || text.length <= WIDTH_SHOWN) return text;
  }
  return formatCost(cost, names);
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
