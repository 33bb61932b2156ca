import type { MatrixRow } from "./types.js";

/** What a name given by a person means: one row, or those that it may have meant. */
export type FoundRow = { row: MatrixRow } | { row?: undefined; near: string[] };

const NEAR_SHOWN = 5;

/** The operation of this name, without regard to case; else the only one whose name has it in it. `GET /things (src/a.ts:7)` tells two of one name apart. */
export function findRow(rows: readonly MatrixRow[], name: string): FoundRow {
  const wanted = normal(name);
  const levels = [(row: MatrixRow) => normal(placed(row)) === wanted, (row: MatrixRow) => normal(row.operation) === wanted, (row: MatrixRow) => normal(placed(row)).includes(wanted)];
  for (const fits of levels) {
    const found = wanted === "" ? [] : rows.filter(fits);
    const [row, more] = found;
    if (row && !more) return { row };
    if (row) return { near: found.slice(0, NEAR_SHOWN).map((each) => (found.some((other) => other !== each && other.operation === each.operation) ? placed(each) : each.operation)) };
  }
  const scored = rows.map((row) => ({ row, score: similarity(wanted, normal(row.operation)) })).filter(({ score }) => score > 0.3).sort((a, b) => b.score - a.score);
  return { near: [...new Set(scored.map(({ row }) => row.operation))].slice(0, NEAR_SHOWN) };
}

function placed({ operation, file, line }: MatrixRow): string {
  return `${operation} (${file}:${line})`;
}

function normal(text: string): string {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}

/** The share of letter pairs that two texts have in common (Sørensen–Dice), 0 to 1. */
function similarity(a: string, b: string): number {
  const pairs = (text: string) => Array.from({ length: Math.max(0, text.length - 1) }, (_, index) => text.slice(index, index + 2));
  const [left, right] = [pairs(a), pairs(b)];
  const rest = [...right];
  let common = 0;
  for (const pair of left) {
    const at = rest.indexOf(pair);
    if (at === -1) continue;
    rest.splice(at, 1);
    common++;
  }
  return left.length + right.length === 0 ? 0 : (2 * common) / (left.length + right.length);
}
