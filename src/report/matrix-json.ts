import type { CellName } from "../core/matrix/diff.js";
import type { MatrixRow, Why } from "../core/matrix/types.js";
import { formatCost, letters } from "../core/cost.js";
import { fullCosts } from "./matrix-cells.js";
import type { MatrixDiffInput, MatrixFormat, MatrixInput } from "./matrix-model.js";

/** Version 1 of the matrix as JSON. */
export const matrixJson: MatrixFormat = {
  name: "json",
  forPeople: false,
  render: (input) => `${JSON.stringify(toJson(input), null, 2)}\n`,
  renderDiff: (input) => `${JSON.stringify(diffToJson(input), null, 2)}\n`,
};

function toJson(input: MatrixInput): object {
  const { version, rows, only, why, measured, withoutDatabase, skipped, unscanned = [], stats } = input;
  const { files, parsed, fromCache, ms } = stats;
  return {
    version: 1,
    tool: { name: "sessionfix", version },
    operations: (only ? [only] : rows).map((row) => ({ ...rowToJson(row), ...measuredToJson(input, row), ...(only && why ? { why: whyToJson(why(row)) } : {}) })),
    withoutDatabase,
    ...(measured ? { unmatched: measured.unmatched } : {}),
    skipped: skipped.map(({ file, reason }) => ({ file, reason })),
    ...(unscanned.length === 0 ? {} : { unscanned }),
    stats: { files, parsed, fromCache, ms },
  };
}

export function rowToJson(row: MatrixRow): object {
  const { operation, kind, file, line, libraries, lock, mode, io, labels } = row;
  const { variables, ...costs } = fullCosts(row);
  return { operation, kind, file, line, libraries, lock, ...costs, variables, ...(mode === undefined ? {} : { mode }), io, labels };
}

function measuredToJson({ measured }: MatrixInput, row: MatrixRow): object {
  const found = measured?.of(row);
  return found ? { measured: found } : {};
}

function whyToJson({ sessions, transactions, statements }: Why): object {
  return {
    sessions,
    transactions: transactions.map((transaction) => {
      const names = letters(transaction.statements);
      return { ...transaction, statements: formatCost(transaction.statements, names), variables: Object.fromEntries([...names].map(([symbol, letter]) => [letter, symbol])) };
    }),
    statements,
  };
}

const NAMES: Record<CellName, string> = { sessions: "sessions", lock: "lock", transactions: "transactions", statements: "statements", longest: "longestTransaction", io: "io" };

function diffToJson({ version, ref, diff, skipped }: MatrixDiffInput): object {
  const names = (cells: readonly CellName[]): string[] => cells.map((cell) => NAMES[cell]);
  return {
    version: 1,
    tool: { name: "sessionfix", version },
    ref,
    worse: diff.isWorse,
    changed: diff.changed.map(({ before, after, cells, worse }) => ({ operation: after.operation, cells: names(cells), worse: names(worse), before: rowToJson(before), after: rowToJson(after) })),
    added: diff.added.map(({ row, worse }) => ({ ...rowToJson(row), worse: names(worse) })),
    removed: diff.removed.map(rowToJson),
    unchanged: diff.unchanged,
    skipped: skipped.map(({ file, reason }) => ({ file, reason })),
  };
}
