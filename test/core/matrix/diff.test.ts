import { describe, expect, it } from "vitest";
import { add, constant, variable, ZERO } from "../../../src/core/cost.js";
import { diffMatrices } from "../../../src/core/matrix/diff.js";
import type { MatrixRow } from "../../../src/core/matrix/types.js";

function row(operation: string, more: Partial<MatrixRow> = {}): MatrixRow {
  return { operation, kind: "route", file: "app.ts", line: 1, libraries: ["better-sqlite3"], sessions: ZERO, lock: "write", transactions: constant(1), statements: constant(2), longest: constant(2), io: [], labels: [], ...more };
}

const FETCH = { file: "app.ts", line: 3, kind: "network", text: "fetch waits for the network" } as const;

describe("a change of the matrix", () => {
  it.each<[string, Partial<MatrixRow>, Partial<MatrixRow>, string[], string[]]>([
    ["nothing", {}, {}, [], []],
    ["only lines", { line: 1, io: [FETCH] }, { line: 90, io: [{ ...FETCH, line: 99 }] }, [], []],
    ["only the name of what is looped over", { longest: variable("rows") }, { longest: variable("items") }, [], []],
    ["more sessions", {}, { sessions: constant(1) }, ["sessions"], ["sessions"]],
    ["fewer sessions", { sessions: add(variable("ids"), constant(2)) }, {}, ["sessions"], []],
    ["a longer transaction", {}, { longest: variable("rows") }, ["longest"], ["longest"]],
    ["a shorter transaction", { longest: variable("rows") }, { longest: constant(1_000) }, ["longest"], []],
    ["new I/O", {}, { io: [FETCH] }, ["io"], ["io"]],
    ["I/O that is gone", { io: [FETCH] }, {}, ["io"], []],
    ["another lock and more statements", { lock: "read" }, { statements: constant(9) }, ["statements", "lock"], []],
  ])("%s", (_name, before, after, cells, worse) => {
    const diff = diffMatrices([row("POST /x", before)], [row("POST /x", after)]);
    expect(diff.changed.map((change) => [change.cells, change.worse])).toEqual(cells.length === 0 ? [] : [[cells, worse]]);
    expect(diff).toMatchObject({ added: [], removed: [], unchanged: cells.length === 0 ? 1 : 0, isWorse: worse.length > 0 });
  });

  it("tells new operations from gone ones; a new one is worse by what it brings along", () => {
    const diff = diffMatrices([row("GET /gone")], [row("GET /plain"), row("POST /opens", { sessions: constant(1) }), row("POST /long", { longest: variable("rows") })]);
    expect(diff.removed.map(({ operation }) => operation)).toEqual(["GET /gone"]);
    expect(diff.added.map(({ row: { operation }, worse }) => [operation, worse])).toEqual([["POST /long", ["longest"]], ["POST /opens", ["sessions"]], ["GET /plain", []]]);
    expect(diff.isWorse).toBe(true);
    expect(diffMatrices([], [row("GET /plain")]).isWorse).toBe(false);
  });

  it("knows an operation that moved to another file, and pairs equal names by file first", () => {
    expect(diffMatrices([row("GET /a", { file: "old.ts" })], [row("GET /a", { file: "new.ts" })])).toMatchObject({ added: [], removed: [], unchanged: 1 });
    const diff = diffMatrices([row("middleware", { file: "a.ts" }), row("middleware", { file: "b.ts", statements: constant(7) })], [row("middleware", { file: "b.ts", statements: constant(7) }), row("middleware", { file: "c.ts" })]);
    expect(diff).toMatchObject({ added: [], removed: [], changed: [], unchanged: 2 });
  });
});
