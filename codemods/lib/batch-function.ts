import { ts } from "ts-morph";
import type { EditGroup } from "../../src/core/edit.js";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import { runtimeNames, sessionAccess } from "./batch-access.js";
import { Lines, writeBatchBody } from "./batch-body.js";
import { batchBody, note, partsOf } from "./batch-parts.js";
import { plainScope } from "./handle-scope.js";
import { hasOwn, loopParts } from "./loop.js";
import { Rewrite } from "./rewrite.js";
import { effectOf } from "./segments.js";
import { indentAt } from "./text.js";
import type { AsFunction } from "./transaction-shape.js";
import { CannotFix } from "./transform.js";
import type { Tree } from "./tree.js";

/** The wrapper becomes a function that runs the batches; every call of it awaits it. */
export function planFunction(group: EditGroup, detail: LoopTransactionDetail, tree: Tree, shape: AsFunction, batchSize: number, notes: string[]): void {
  const { callback, body, call, async } = shape;
  const parts = partsOf(tree, detail, [...body.statements], body.getStart(tree.source) + 1, plainScope());
  const loop = loopParts(tree, parts.loopUnit.statement);
  if (!async && loop.async) throw new CannotFix("the loop awaits, and a function that runs the transaction is not async");
  const names = runtimeNames(tree, async);
  const access = sessionAccess(tree, callback, { ...detail, session: detail.sessionText }, names, async);
  const { file, text, source } = tree;
  const first = body.statements[0];
  const last = body.statements.at(-1);
  if (first === undefined || last === undefined) throw new CannotFix("the transaction is empty");
  const inner = indentAt(text, first.getStart(source));

  const head = async && callback.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) !== true ? "async " : "";
  group.edits.push({ file, start: call.getStart(source), end: callback.getStart(source), text: head });
  const units = [...parts.before, ...parts.after].flatMap((segment) => segment.units);
  const regionStart = Math.min(parts.loopUnit.start, ...units.map(({ start }) => start));
  const out = new Rewrite(tree, regionStart);
  const lines = new Lines(out, inner);
  writeBatchBody(lines, batchBody(tree, parts, { outer: inner, inner, access, batched: names.batched, async, batchSize, label: shape.label }));
  if (parts.result !== undefined) {
    const { unit, statement } = parts.result;
    lines.next(inner, unit.spaced);
    if (statement.expression !== undefined && effectOf(tree, statement.expression) === "write") {
      const start = statement.expression.getStart(source);
      out.keep(unit.start, start).write(access.openValue(hasOwn(statement.expression, ts.isAwaitExpression)));
      out.keep(start, statement.expression.end).write(access.closeValue).keep(statement.expression.end, unit.end);
    } else out.keep(unit.start, unit.end);
  }
  const lastEnd = Math.max(parts.loopUnit.end, parts.result?.unit.end ?? 0, ...units.map(({ end }) => end));
  group.edits.push(...out.finish(lastEnd));
  group.edits.push({ file, start: callback.end, end: call.end, text: "" });
  group.claims = [{ file, start: call.getStart(source), end: call.end }];
  for (const run of shape.invocations) {
    const callee = run.expression;
    if (ts.isPropertyAccessExpression(callee)) group.edits.push({ file, start: callee.expression.end, end: callee.end, text: "" });
    if (!async) continue;
    const wraps = (ts.isPropertyAccessExpression(run.parent) || ts.isElementAccessExpression(run.parent) || ts.isCallExpression(run.parent) || ts.isNonNullExpression(run.parent)) && run.parent.expression === run;
    const start = run.getStart(source);
    group.edits.push({ file, start, end: start, text: wraps ? "(await " : "await " });
    if (wraps) group.edits.push({ file, start: run.end, end: run.end, text: ")" });
  }
  group.imports.push(...names.needs);
  note(tree, parts, notes, async);
}
