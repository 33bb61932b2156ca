import type { MatrixRow } from "./types.js";

/** What was measured under one label: a transaction's own, or an operation's. Times in milliseconds. */
export interface Measurement {
  label: string;
  /** Transactions that ended, however. */
  transactions?: number;
  holdP99?: number;
  waitP99?: number;
  /** The database file, or the actor's program, that it was measured on. */
  source?: string;
}

/** What stands beside a row. Of several labels the longest hold and the longest wait. */
export interface Measured {
  labels: string[];
  transactions?: number;
  holdP99?: number;
  waitP99?: number;
}

export type Unmatched = Measurement;

/** Puts measurements beside the rows that they belong to: by a transaction's literal label, else by the operation's name. Nothing is dropped. */
export function matchMetrics(rows: readonly MatrixRow[], measurements: readonly Measurement[]): { measured: Map<MatrixRow, Measured>; unmatched: Unmatched[] } {
  const measured = new Map<MatrixRow, Measured>();
  const unmatched: Unmatched[] = [];
  for (const measurement of measurements) {
    const owners = ownersOf(rows, measurement.label);
    if (owners.length === 0) unmatched.push(measurement);
    for (const row of owners) measured.set(row, join(measured.get(row), measurement));
  }
  return { measured, unmatched };
}

function ownersOf(rows: readonly MatrixRow[], label: string): readonly MatrixRow[] {
  const byLabel = rows.filter(({ labels }) => labels.includes(label));
  if (byLabel.length > 0) return byLabel;
  const wanted = normal(label);
  const byName = rows.filter(({ operation }) => normal(operation) === wanted);
  if (byName.length > 0) return byName;
  // `POST /sources/:sourceId/import` is measured as `POST /sources/7/import`.
  return rows.filter(({ operation }) => fits(operation, label));
}

function normal(text: string): string {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}

/** Whether a request's method and path are of a route with parameters. */
function fits(operation: string, label: string): boolean {
  const [method, path] = operation.split(" ");
  const [asked, of] = label.trim().split(/\s+/);
  if (!path?.startsWith("/") || !of?.startsWith("/") || method?.toUpperCase() !== asked?.toUpperCase()) return false;
  const parts = path.split("/");
  const given = (of.split("?")[0] ?? "").split("/");
  return parts.length === given.length && parts.every((part, index) => part === given[index] || /^[:[{$]/.test(part));
}

function join(known: Measured | undefined, { label, transactions, holdP99, waitP99 }: Measurement): Measured {
  const most = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined ? b : b === undefined ? a : Math.max(a, b));
  const hold = most(known?.holdP99, holdP99);
  const wait = most(known?.waitP99, waitP99);
  const number = transactions === undefined ? known?.transactions : (known?.transactions ?? 0) + transactions;
  return {
    labels: [...new Set([...(known?.labels ?? []), label])],
    ...(number === undefined ? {} : { transactions: number }),
    ...(hold === undefined ? {} : { holdP99: hold }),
    ...(wait === undefined ? {} : { waitP99: wait }),
  };
}
