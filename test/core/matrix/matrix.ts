import { formatCost } from "../../../src/core/cost.js";
import { ProjectMatrix } from "../../../src/core/matrix/build-matrix.js";
import type { MatrixRow } from "../../../src/core/matrix/types.js";
import { link } from "../link/link.js";

export function matrixOf(texts: Record<string, string>): ProjectMatrix {
  return new ProjectMatrix(link(texts));
}

/** The rows as one line each: operation, sessions, lock, transactions, statements, longest. */
export function linesOf(texts: Record<string, string>): string[] {
  return matrixOf(texts).matrix.rows.map(lineOf);
}

export function lineOf(row: MatrixRow): string {
  const [sessions, transactions, statements, longest] = [row.sessions, row.transactions, row.statements, row.longest].map((cost) => formatCost(cost));
  return `${row.operation} | ${sessions} | ${row.lock} | ${transactions} | ${statements} | ${longest}`;
}

/** A database module: `db` is shared, `open()` makes a session each time, `save(rows)` writes each row in one transaction. */
export const DB = `import Database from "better-sqlite3";
export const db = new Database("app.db");
export function open() { return new Database("app.db"); }
export function read() { return db.prepare("SELECT * FROM items").all(); }
export function write(row) { db.prepare("INSERT INTO items VALUES (?)").run(row); }
export function save(rows) { db.transaction(() => { for (const row of rows) db.prepare("INSERT INTO items VALUES (?)").run(row); })(); }
`;
