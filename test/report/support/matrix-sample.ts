import { add, constant, multiply, variable, ZERO } from "../../../src/core/cost.js";
import type { MatrixRow, Why } from "../../../src/core/matrix/types.js";
import type { MatrixInput } from "../../../src/report/matrix.js";

export const n = variable("entries");

export const IMPORT: MatrixRow = {
  operation: "POST /sources/:sourceId/import",
  kind: "route",
  file: "src/routes/sources.ts",
  line: 58,
  libraries: ["better-sqlite3"],
  sessions: add(variable("entryIds"), constant(2)),
  lock: "write",
  transactions: constant(2),
  statements: add(multiply(n, variable("members")), multiply(constant(9), n), constant(4)),
  longest: multiply(constant(3), n),
  mode: "immediate",
  io: [{ file: "src/services/mail.ts", line: 9, kind: "network", text: "fetch waits for the network" }],
  labels: ["import"],
};
export const LIST: MatrixRow = { ...IMPORT, operation: "GET /sources", line: 12, sessions: ZERO, lock: "read", transactions: ZERO, statements: constant(1), longest: ZERO, io: [], labels: [] };
export const DEEP: MatrixRow = { ...LIST, operation: "mail job", kind: "queue", lock: "unknown", statements: multiply(multiply(n, variable("members")), variable("parts")) };

export const WHY: Why = {
  sessions: [{ steps: [{ file: "src/routes/sources.ts", line: 58, text: IMPORT.operation }, { file: "src/db.ts", line: 3, text: "open opens a better-sqlite3 session" }] }],
  transactions: [{ steps: [{ file: "src/routes/sources.ts", line: 58, text: IMPORT.operation }, { file: "src/import.ts", line: 20, text: "importAll begins a better-sqlite3 transaction" }], statements: IMPORT.longest, loops: [{ file: "src/import.ts", line: 22, text: "writes for each of entries" }], io: IMPORT.io }],
  statements: [],
};

export function input(rows: readonly MatrixRow[], more: Partial<MatrixInput> = {}): MatrixInput {
  return { version: "1.2.3", rows, withoutDatabase: 4, skipped: [], stats: { files: 30, parsed: 12, fromCache: 0, ms: 80 }, ...more };
}

export const MEASURED: MatrixInput["measured"] = {
  of: (row) => (row === IMPORT ? { labels: ["import"], transactions: 12, holdP99: 1_234.5, waitP99: 0.456 } : undefined),
  unmatched: [{ label: "(unlabelled)", holdP99: 17.2, source: "app.db" }],
};
