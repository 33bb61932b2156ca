import { ts } from "ts-morph";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import type { BatchBody } from "./batch-body.js";
import type { HandleScope } from "./handle-scope.js";
import { loopParts } from "./loop.js";
import { effectOf, mentions, segmentsOf, unitsOf } from "./segments.js";
import type { Segment, Unit } from "./segments.js";
import { styleOf } from "./style.js";
import { CannotFix } from "./transform.js";
import type { Tree } from "./tree.js";

function loopIn(tree: Tree, detail: LoopTransactionDetail, statements: readonly ts.Statement[]): number {
  const index = statements.findIndex((statement) => {
    const start = statement.getStart(tree.source);
    return start === detail.loop.span.start || (ts.isExpressionStatement(statement) && start <= detail.loop.span.start && detail.loop.span.end <= statement.end);
  });
  if (index === -1) throw new CannotFix("the loop stands inside another block of the transaction");
  return index;
}

export interface Parts {
  before: Segment[];
  loopUnit: Unit;
  after: Segment[];
  result: { unit: Unit; statement: ts.ReturnStatement } | undefined;
}

export function partsOf(tree: Tree, detail: LoopTransactionDetail, statements: readonly ts.Statement[], bodyStart: number, scope: HandleScope): Parts {
  const units = unitsOf(tree, statements, bodyStart);
  const at = loopIn(tree, detail, statements);
  const loopUnit = units[at];
  if (loopUnit === undefined) throw new CannotFix("the loop was not found in the transaction");
  assertOnlyLoop(tree, statements, loopUnit.statement, scope);
  const lastUnit = units.at(-1);
  const result = lastUnit !== undefined && ts.isReturnStatement(lastUnit.statement) ? { unit: lastUnit, statement: lastUnit.statement } : undefined;
  const afterUnits = units.slice(at + 1, result === undefined ? undefined : -1);
  const later = [loopUnit.statement, ...afterUnits.map(({ statement }) => statement), ...(result === undefined ? [] : [result.statement])];
  return {
    before: segmentsOf(tree, units.slice(0, at), scope, later),
    loopUnit,
    after: segmentsOf(tree, afterUnits, scope, result === undefined ? [] : [result.statement]),
    result,
  };
}

/** Rows are added, then others are changed, then others go: who comes in between would see one change half done. */
function assertOnlyLoop(tree: Tree, statements: readonly ts.Statement[], loop: ts.Statement, { names }: HandleScope): void {
  const other = statements.find((one) => one !== loop && isLoop(one) && effectOf(tree, one) === "write" && (names.size === 0 || mentions(one, names)));
  if (other === undefined) return;
  const line = tree.source.getLineAndCharacterOfPosition(other.getStart(tree.source)).line + 1;
  throw new CannotFix(`another loop of the same transaction writes, too (${tree.file}:${line}): one change in several steps, which others would see half done`);
}

function isLoop(statement: ts.Statement): boolean {
  if (ts.isIterationStatement(statement, false)) return true;
  const call = ts.isExpressionStatement(statement) ? statement.expression : undefined;
  return call !== undefined && ts.isCallExpression(call) && ts.isPropertyAccessExpression(call.expression) && call.expression.name.text === "forEach";
}

export function note(tree: Tree, parts: Parts, notes: string[], async: boolean): void {
  if (parts.before.some(({ kind, units }) => kind === "value" || (kind === "plain" && units.some(({ statement }) => effectOf(tree, statement) === "read")))) {
    notes.push("what is read before the loop is read outside its transactions: others may write in between");
  }
  if (parts.before.some(({ kind }) => kind === "writes" || kind === "value")) notes.push("what is written before the loop is committed before it");
  if (parts.after.some(({ kind }) => kind === "writes" || kind === "value")) notes.push("what is written after the loop is committed after it");
  if (parts.before.some(({ kind }) => kind === "sink")) notes.push("what is made from the transaction's handle (a statement, a repository) is made again for each item");
  if (async) notes.push("other work of the process may run between two batches");
}

export function batchBody(tree: Tree, parts: Parts, shared: Pick<BatchBody, "outer" | "inner" | "access" | "batched" | "async" | "batchSize" | "label">): BatchBody {
  const loop = loopParts(tree, parts.loopUnit.statement);
  return { before: parts.before, loop, loopUnit: parts.loopUnit, after: parts.after, style: styleOf(tree.source), ...shared };
}
