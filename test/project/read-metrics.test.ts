import path from "node:path";
import { writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { readMetrics } from "../../src/project/read-metrics.js";
import { collectMetrics, transaction } from "../../runtime/index.js";
import { tree } from "./tree.js";

describe("metrics from a file", () => {
  it("are those that the runtime exports, by label and database file", async () => {
    const root = tree({});
    const db = new Database(path.join(root, "a.db"));
    db.exec("CREATE TABLE t (a)");
    const collector = collectMetrics();
    await transaction(db, (tx) => { tx.prepare("INSERT INTO t VALUES (1)").run(); }, { label: "import" });
    await transaction(db, (tx) => { tx.prepare("INSERT INTO t VALUES (2)").run(); });
    writeFileSync(path.join(root, "metrics.json"), JSON.stringify(collector.snapshot()));
    collector.stop();
    db.close();
    const measured = readMetrics(path.join(root, "metrics.json"));
    expect(measured.map(({ label, transactions, source }) => ({ label, transactions, source })).sort((a, b) => (a.label < b.label ? -1 : 1))).toEqual([
      { label: "(unlabelled)", transactions: 1, source: path.join(root, "a.db") },
      { label: "import", transactions: 1, source: path.join(root, "a.db") },
    ]);
    for (const { holdP99, waitP99 } of measured) expect([typeof holdP99, typeof waitP99]).toEqual(["number", "number"]);
  });

  it("are the harness's write locks, before and after", () => {
    const locks = (p99: number) => ({ load: { locks: { holdMs: { p99 }, waitMs: { p99: 2 * p99 }, heldShare: 0.1 } } });
    const root = tree({ "verdict.json": JSON.stringify({ version: 1, verdict: {}, before: locks(800), after: locks(9) }) });
    expect(readMetrics(path.join(root, "verdict.json"))).toEqual([
      { label: "(all write locks)", source: "before", holdP99: 800, waitP99: 1600 },
      { label: "(all write locks)", source: "after", holdP99: 9, waitP99: 18 },
    ]);
  });

  it("are the write locks that verify saw of the program after, by the request that each was taken for", () => {
    const hold = (holdMs: number, waitMs: number, label?: string) => ({ start: 0, holdMs, waitMs, statements: 1, ...(label === undefined ? {} : { label }) });
    const run = (...holds: object[]) => ({ processes: [{ pid: 1, holds }] });
    const report = { version: 1, before: { runs: [run(hold(900, 9, "POST /import"))] }, after: { runs: [run(hold(3, 1, "POST /import"), hold(2, 0)), run(hold(7, 4, "POST /import"))] } };
    const root = tree({ "verify.json": JSON.stringify(report), "torn.json": JSON.stringify({ after: { runs: [{}] } }) });
    expect(readMetrics(path.join(root, "verify.json"))).toEqual([
      { label: "POST /import", source: "after", transactions: 2, holdP99: 7, waitP99: 4 },
      { label: "(outside of requests)", source: "after", transactions: 1, holdP99: 2, waitP99: 0 },
    ]);
    expect(() => readMetrics(path.join(root, "torn.json"))).toThrow(expect.objectContaining({ code: "METRICS_INVALID" }) as Error);
  });

  it("that are none are refused with a code", () => {
    const root = tree({ "a.json": "[]", "b.json": "[1]", "c.json": "{", "d.json": `{ "before": {} }` });
    const codes = ["a.json", "b.json", "c.json", "d.json", "e.json"].map((file) => {
      try {
        readMetrics(path.join(root, file));
        return undefined;
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    expect(codes).toEqual(["METRICS_INVALID", "METRICS_INVALID", "METRICS_UNREADABLE", "METRICS_INVALID", "METRICS_UNREADABLE"]);
  });
});
