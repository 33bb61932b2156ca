import { type Cost, degree, formatCost, isZero, weightOf } from "../cost.js";
import { byContention } from "./order.js";
import type { InsideIo, MatrixRow } from "./types.js";

export type CellName = "sessions" | "lock" | "transactions" | "statements" | "longest" | "io";

export interface ChangedRow {
  before: MatrixRow;
  after: MatrixRow;
  /** Which cells differ. */
  cells: CellName[];
  /** Which of these are worse: more sessions, a longer transaction, new I/O inside one. */
  worse: CellName[];
}

/** What a change does to the matrix. */
export interface MatrixDiff {
  /** `worse`: what a new operation should not bring along: sessions of its own, a transaction over a loop, I/O inside one. */
  added: { row: MatrixRow; worse: CellName[] }[];
  removed: MatrixRow[];
  changed: ChangedRow[];
  unchanged: number;
  isWorse: boolean;
}

/** Compares two matrices of one application. A row is the same when its operation is; of several with one name, those of the same file first. */
export function diffMatrices(before: readonly MatrixRow[], after: readonly MatrixRow[]): MatrixDiff {
  const { pairs, removed, added } = pairUp(before, after);
  const changed = pairs.map(compareRows).filter(({ cells }) => cells.length > 0).sort((a, b) => Number(b.worse.length > 0) - Number(a.worse.length > 0) || byContention(a.after, b.after));
  const fresh = added.sort(byContention).map((row) => ({ row, worse: newTrouble(row) }));
  return {
    added: fresh,
    removed: removed.sort(byContention),
    changed,
    unchanged: pairs.length - changed.length,
    isWorse: [...fresh, ...changed].some(({ worse }) => worse.length > 0),
  };
}

type Pair = readonly [MatrixRow, MatrixRow];

function pairUp(before: readonly MatrixRow[], after: readonly MatrixRow[]): { pairs: Pair[]; removed: MatrixRow[]; added: MatrixRow[] } {
  const pairs: Pair[] = [];
  let [left, right] = [[...before], [...after]];
  for (const same of [(a: MatrixRow, b: MatrixRow) => a.operation === b.operation && a.file === b.file, (a: MatrixRow, b: MatrixRow) => a.operation === b.operation]) {
    const rest: MatrixRow[] = [];
    for (const row of left) {
      const index = right.findIndex((other) => same(row, other));
      const other = right[index];
      if (!other) rest.push(row);
      else {
        pairs.push([row, other]);
        right = right.filter((_, at) => at !== index);
      }
    }
    left = rest;
  }
  return { pairs, removed: left, added: right };
}

function compareRows([before, after]: Pair): ChangedRow {
  const cells: CellName[] = [];
  const worse: CellName[] = [];
  for (const cell of ["sessions", "transactions", "statements", "longest"] as const) {
    // What is looped over may be called something else without being anything else.
    if (formatCost(before[cell]) === formatCost(after[cell])) continue;
    cells.push(cell);
    if ((cell === "sessions" || cell === "longest") && weightOf(after[cell]) > weightOf(before[cell])) worse.push(cell);
  }
  if (before.lock !== after.lock) cells.push("lock");
  const [gone, fresh] = [without(before.io, after.io), without(after.io, before.io)];
  if (gone.length + fresh.length > 0) cells.push("io");
  if (fresh.length > 0) worse.push("io");
  return { before, after, cells, worse };
}

function without(io: readonly InsideIo[], others: readonly InsideIo[]): InsideIo[] {
  return io.filter(({ text }) => !others.some((other) => other.text === text));
}

function newTrouble(row: MatrixRow): CellName[] {
  const grows = (cost: Cost): boolean => degree(cost) > 0;
  return [...(isZero(row.sessions) ? [] : ["sessions" as const]), ...(grows(row.longest) ? ["longest" as const] : []), ...(row.io.length > 0 ? ["io" as const] : [])];
}
