import { describe, expect, it } from "vitest";
import { findRow } from "../../../src/core/matrix/find-row.js";
import { matchMetrics } from "../../../src/core/matrix/metrics.js";
import type { MatrixRow } from "../../../src/core/matrix/types.js";

function row(operation: string, more: Partial<MatrixRow> = {}): MatrixRow {
  return { operation, kind: "route", file: "app.ts", line: 1, libraries: [], sessions: [], lock: "write", transactions: [], statements: [], longest: [], io: [], labels: [], ...more };
}

describe("an operation by name", () => {
  const rows = [row("POST /items"), row("POST /items/import"), row("GET /items"), row("middleware", { line: 3 }), row("middleware", { line: 9 })];

  it.each<[string, string]>([
    ["POST /items", "POST /items"],
    ["post  /items", "POST /items"],
    ["import", "POST /items/import"],
    ["middleware (app.ts:9)", "middleware"],
    ["ts:3", "middleware"],
  ])("%s", (name, operation) => {
    expect(findRow(rows, name)).toMatchObject({ row: { operation } });
  });

  it.each<[string, string[]]>([
    ["items", ["POST /items", "POST /items/import", "GET /items"]],
    ["middleware", ["middleware (app.ts:3)", "middleware (app.ts:9)"]],
    ["POST /itmes/imprt", ["POST /items/import", "POST /items"]],
    ["", []],
    ["zzz", []],
  ])("%s is none, or several", (name, near) => {
    const found = findRow(rows, name);
    expect(found.row).toBeUndefined();
    expect("near" in found && found.near.slice(0, Math.max(near.length, 0) || undefined)).toEqual(near);
  });
});

describe("measurements", () => {
  const rows = [row("POST /sources/:id/import", { labels: ["import", "status"] }), row("GET /sources/:id"), row("mail job", { labels: ["status"] })];

  it("stand beside the rows that they belong to, the longest of several labels; the others are kept", () => {
    const { measured, unmatched } = matchMetrics(rows, [
      { label: "import", holdP99: 31, waitP99: 2, transactions: 10 },
      { label: "status", holdP99: 1, waitP99: 5, transactions: 4 },
      { label: "get /sources/7?full=1", holdP99: 3 },
      { label: "(unlabelled)", holdP99: 400, source: "app.db" },
      { label: "GET /sources/7/more" },
    ]);
    expect(measured.get(rows[0] as MatrixRow)).toEqual({ labels: ["import", "status"], holdP99: 31, waitP99: 5, transactions: 14 });
    expect(measured.get(rows[1] as MatrixRow)).toEqual({ labels: ["get /sources/7?full=1"], holdP99: 3 });
    expect(measured.get(rows[2] as MatrixRow)).toEqual({ labels: ["status"], holdP99: 1, waitP99: 5, transactions: 4 });
    expect(unmatched.map(({ label }) => label)).toEqual(["(unlabelled)", "GET /sources/7/more"]);
  });
});
