import { ts } from "ts-morph";
import { DEFAULT_BATCH_SIZE } from "../src/core/contract.js";
import type { EditGroup } from "../src/core/edit.js";
import type { Finding, LoopTransactionDetail } from "../src/core/finding.js";
import { runnerAccess, runtimeNames, sessionAccess } from "./lib/batch-access.js";
import { Lines, usedSinks, writeBatchBody, writeValue } from "./lib/batch-body.js";
import type { Access, BatchBody } from "./lib/batch-body.js";
import { libraryScope, plainScope } from "./lib/handle-scope.js";
import type { HandleScope } from "./lib/handle-scope.js";
import { isBinding } from "./lib/imports.js";
import { hasOwn, loopNames, loopParts } from "./lib/loop.js";
import type { LoopParts } from "./lib/loop.js";
import { Rewrite } from "./lib/rewrite.js";
import { declaredBy, effectOf, mentions, segmentsOf, unitsOf } from "./lib/segments.js";
import type { Segment, Unit } from "./lib/segments.js";
import { sqlShape } from "./lib/sql-shape.js";
import { styleOf } from "./lib/style.js";
import { indentAt } from "./lib/text.js";
import { labelOf, shapeOf } from "./lib/transaction-shape.js";
import type { AsFunction, InPlace } from "./lib/transaction-shape.js";
import { CannotFix, judge, newGroup } from "./lib/transform.js";
import type { PlanContext, Transform } from "./lib/transform.js";
import { boundNames, isReference, walk } from "./lib/tree.js";
import type { Tree } from "./lib/tree.js";

const NAME = "batch-loop-transaction";

/** One transaction around a whole loop becomes one transaction a batch. Never safe: all-or-nothing goes. */
export const batchLoopTransaction: Transform = {
  name: NAME,
  applies: ({ detail }) => detail.kind === "loop-transaction",
  plan(finding, context) {
    const { detail } = finding;
    if (detail.kind !== "loop-transaction") return undefined;
    const [obstacle] = detail.obstacles;
    if (obstacle !== undefined) throw new CannotFix(`${obstacle.what} (${obstacle.file}:${obstacle.span.line})`);
    if (finding.fix === "manual") throw new CannotFix(finding.fixReason ?? "whether batches keep its meaning cannot be told from the code");
    if (detail.mode === "exclusive" && detail.runner === undefined) throw new CannotFix("the transaction is exclusive on purpose: batches take the write lock only");
    if (!detail.loop.inCallback) throw new CannotFix(`the loop stands in a helper that the transaction calls (${detail.loop.file}:${detail.loop.span.line})`);
    const tree = context.trees.get(finding.file);
    if (tree === undefined) throw new CannotFix(`${finding.file} could not be read`);
    return planBatches(finding, detail, tree, context);
  },
};

function planBatches(finding: Finding, detail: LoopTransactionDetail, tree: Tree, context: PlanContext): EditGroup {
  const batchSize = context.options.batchSize ?? DEFAULT_BATCH_SIZE;
  const group = newGroup(NAME, finding);
  const notes: string[] = [
    `all-or-nothing is given up: when an item fails, the batches before it stay committed (${batchSize} item${batchSize === 1 ? "" : "s"} at a time are still all-or-nothing)`,
  ];
  if (detail.style === "sql") planSql(group, detail, tree, batchSize, notes);
  else {
    const shape = shapeOf(tree, detail);
    if (shape.shape === "in-place") planInPlace(group, detail, tree, shape, batchSize, notes);
    else planFunction(group, detail, tree, shape, batchSize, notes);
  }
  return judge(group, notes);
}

function loopIn(tree: Tree, detail: LoopTransactionDetail, statements: readonly ts.Statement[]): number {
  const index = statements.findIndex((statement) => {
    const start = statement.getStart(tree.source);
    return start === detail.loop.span.start || (ts.isExpressionStatement(statement) && start <= detail.loop.span.start && detail.loop.span.end <= statement.end);
  });
  if (index === -1) throw new CannotFix("the loop stands inside another block of the transaction");
  return index;
}

interface Parts {
  before: Segment[];
  loopUnit: Unit;
  after: Segment[];
  result: { unit: Unit; statement: ts.ReturnStatement } | undefined;
}

function partsOf(tree: Tree, detail: LoopTransactionDetail, statements: readonly ts.Statement[], bodyStart: number, scope: HandleScope): Parts {
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

function note(tree: Tree, parts: Parts, notes: string[], async: boolean): void {
  if (parts.before.some(({ kind, units }) => kind === "value" || (kind === "plain" && units.some(({ statement }) => effectOf(tree, statement) === "read")))) {
    notes.push("what is read before the loop is read outside its transactions: others may write in between");
  }
  if (parts.before.some(({ kind }) => kind === "writes" || kind === "value")) notes.push("what is written before the loop is committed before it");
  if (parts.after.some(({ kind }) => kind === "writes" || kind === "value")) notes.push("what is written after the loop is committed after it");
  if (parts.before.some(({ kind }) => kind === "sink")) notes.push("what is made from the transaction's handle (a statement, a repository) is made again for each item");
  if (async) notes.push("other work of the process may run between two batches");
}

function batchBody(tree: Tree, parts: Parts, shared: Pick<BatchBody, "outer" | "inner" | "access" | "batched" | "async" | "batchSize" | "label">): BatchBody {
  const loop = loopParts(tree, parts.loopUnit.statement);
  return { before: parts.before, loop, loopUnit: parts.loopUnit, after: parts.after, style: styleOf(tree.source), ...shared };
}

function planInPlace(group: EditGroup, detail: LoopTransactionDetail, tree: Tree, shape: InPlace, batchSize: number, notes: string[]): void {
  const { callback, body, runner } = shape;
  const given = runner === undefined ? [] : callback.parameters.flatMap(({ name }) => boundNames(name).map(({ text }) => text));
  const scope = detail.runner === undefined ? plainScope(given) : libraryScope(tree, given, detail.runner);
  if (detail.runner?.promises === true) assertWaitedFor(shape);
  const parts = partsOf(tree, detail, [...body.statements], body.getStart(tree.source) + 1, scope);
  const handles = scope.names;
  const loop = loopParts(tree, parts.loopUnit.statement);
  const async = shape.async;
  if (!async && loop.async) throw new CannotFix("the loop awaits, and the function around the transaction is not async");
  const names = runtimeNames(tree, async);
  const access = runner === undefined ? sessionAccess(detail.sessionText, names, async) : runnerAccess(tree, runner, callback, shape.awaited, detail, names.needs);
  assertValuesLast(parts, loop, handles, access);
  for (const segment of [...parts.before, ...parts.after]) {
    if (segment.kind === "plain" && shape.outcome.kind !== "returned" && segment.units.some(({ statement }) => hasOwn(statement, ts.isReturnStatement))) {
      throw new CannotFix("the transaction returns early, and its result is used where it runs");
    }
  }
  assertNamesFree(tree, shape, parts, handles);

  const outer = indentAt(tree.text, shape.first.getStart(tree.source));
  const firstStatement = body.statements[0];
  const inner = firstStatement === undefined ? outer : indentAt(tree.text, firstStatement.getStart(tree.source));
  const start = shape.first.getStart(tree.source);
  const out = new Rewrite(tree, start);
  const lines = new Lines(out, inner);
  const style = styleOf(tree.source);
  const batch = batchBody(tree, parts, { outer, inner, access, batched: names.batched, async, batchSize, label: shape.label });
  if (mentions(batch.loop.over, handles)) batch.loop.items = itemsInside(parts, batch, access, notes);
  for (const binding of shape.bindings) {
    // A parameter that is only what the loop goes over needs no name.
    if (binding.name === batch.loop.items && timesNamed(body, binding.name) === 1) {
      batch.loop.items = binding.value;
      continue;
    }
    lines.next(outer);
    out.write(binding.text + style.semi);
  }
  writeBatchBody(lines, batch);
  writeOutcome(lines, tree, shape, parts, access, handles, outer);
  group.edits.push(...out.finish(shape.last.end));
  group.claims = [{ file: tree.file, start, end: shape.last.end }];
  group.imports.push(...names.needs);
  note(tree, parts, notes, async);
}

/** Items that the handle gives come out of a transaction of their own: `for (const row of await tx.select().from(t))`. */
function itemsInside({ before }: Parts, { loop, loopUnit }: BatchBody, access: Access, notes: string[]): string {
  const sinks = before.filter(({ kind }) => kind === "sink").flatMap(({ units }) => units);
  if (!ts.isForOfStatement(loopUnit.statement) || usedSinks(sinks, [loop.over]).length > 0) throw new CannotFix("what the loop goes over is read in its head: read it into a variable first");
  notes.push("what the loop goes over is read outside its transactions: others may write in between");
  return access.openValue(hasOwn(loop.over, ts.isAwaitExpression)) + loop.items + access.closeValue;
}

/** An entity belongs to the fork that read it; the transactions of its neighbours are on others. */
function assertValuesLast({ before, after }: Parts, loop: LoopParts, handles: ReadonlySet<string>, { fresh }: Access): void {
  if (fresh === undefined) return;
  const values = [...before, ...after].filter(({ kind }) => kind === "value").flatMap(({ units }) => units.flatMap(({ statement }) => declaredBy(statement)));
  const [value] = [...values, ...(mentions(loop.over, handles) ? [loop.items] : [])];
  if (value !== undefined) throw new CannotFix(`\`${value}\` may belong to the \`${fresh}()\` that the transaction is begun on, and each batch has one of its own`);
}

/** The library gives a promise: who runs the batches has to wait for them. */
function assertWaitedFor({ async, awaited, outcome }: InPlace): void {
  if (!async) throw new CannotFix("the function around the transaction is not async, so it cannot wait for the batches");
  if (!awaited && outcome.kind !== "returned") throw new CannotFix("nobody waits for the transaction here: await it first");
}

function timesNamed(node: ts.Node, name: string): number {
  let times = 0;
  walk(node, (one) => {
    if (ts.isIdentifier(one) && one.text === name) times++;
  });
  return times;
}

/** What the transaction returned, where its caller wants it. */
function writeOutcome(lines: Lines, tree: Tree, shape: InPlace, parts: Parts, access: Access, handles: ReadonlySet<string>, outer: string): void {
  const { out } = lines;
  const { outcome } = shape;
  const style = styleOf(tree.source);
  const expression = parts.result?.statement.expression;
  const unit = parts.result?.unit;
  if (expression === undefined || unit === undefined) {
    if (outcome.kind === "declared") throw new CannotFix("the transaction's result is kept, but its body returns none");
    // At the end of the function there is nothing to keep from running.
    if (outcome.kind === "returned" && !(ts.isBlock(shape.last.parent) && shape.last.parent === shape.around?.body && shape.last.parent.statements.at(-1) === shape.last)) {
      lines.next(outer);
      out.write(`return${style.semi}`);
    }
    return;
  }
  const effect = effectOf(tree, expression);
  const wrap = effect === "write" || mentions(expression, handles);
  const start = expression.getStart(tree.source);
  const sinks = parts.before.filter(({ kind }) => kind === "sink").flatMap(({ units }) => units);
  const value = (): void => {
    if (wrap) writeValue(lines, { access, outer, style }, expression, usedSinks(sinks, [expression]), hasOwn(expression, ts.isAwaitExpression));
    else out.keepAt(start, expression.end, lines.inner, outer);
  };
  if (outcome.kind === "dropped") {
    if (effect === "none") return;
    lines.next(outer, unit.spaced);
    out.keepAt(unit.start, parts.result?.statement.getStart(tree.source) ?? unit.start, lines.inner, outer);
    value();
    out.write(style.semi);
    return;
  }
  if (outcome.kind === "declared" && ts.isIdentifier(outcome.declaration.name) && ts.isIdentifier(expression) && expression.text === outcome.declaration.name.text) return;
  lines.next(outer, unit.spaced);
  out.keepAt(unit.start, parts.result?.statement.getStart(tree.source) ?? unit.start, lines.inner, outer);
  if (outcome.kind === "returned") out.write("return ");
  else {
    const head = tree.text.slice(outcome.statement.getStart(tree.source), outcome.declaration.initializer?.getStart(tree.source));
    out.write(head);
  }
  value();
  out.keep(expression.end, unit.end);
}

/** What was local to the transaction's body becomes the surrounding function's: no name may mean two things. */
function assertNamesFree(tree: Tree, shape: InPlace, parts: Parts, handles: ReadonlySet<string>): void {
  const hoisted = new Set(shape.bindings.map(({ name }) => name));
  for (const { kind, units } of [...parts.before, ...parts.after]) {
    if (kind === "plain" || kind === "value") for (const unit of units) for (const name of declaredBy(unit.statement)) hoisted.add(name);
  }
  const { outcome } = shape;
  const returned = parts.result?.statement.expression;
  if (outcome.kind === "declared" && ts.isIdentifier(outcome.declaration.name) && returned !== undefined && ts.isIdentifier(returned) && returned.text === outcome.declaration.name.text) {
    hoisted.delete(returned.text);
  }
  const region = { start: shape.first.getStart(tree.source), end: shape.last.end };
  const scope: ts.Node = shape.around ?? tree.source;
  walk(scope, (node) => {
    if (!ts.isIdentifier(node) || !hoisted.has(node.text)) return;
    if (node.pos >= region.start && node.end <= region.end) return;
    if (!isBinding(node) && !isReference(node)) return;
    throw new CannotFix(`\`${node.text}\` is declared inside the transaction and means something else around it`);
  });
  const own = new Set(loopNames(parts.loopUnit.statement));
  for (const handle of handles) if (own.has(handle)) throw new CannotFix(`the loop's variable hides the transaction's handle \`${handle}\``);
}

/** The wrapper becomes a function that runs the batches; every call of it awaits it. */
function planFunction(group: EditGroup, detail: LoopTransactionDetail, tree: Tree, shape: AsFunction, batchSize: number, notes: string[]): void {
  const { callback, body, call, async } = shape;
  const parts = partsOf(tree, detail, [...body.statements], body.getStart(tree.source) + 1, plainScope());
  const loop = loopParts(tree, parts.loopUnit.statement);
  if (!async && loop.async) throw new CannotFix("the loop awaits, and a function that runs the transaction is not async");
  const names = runtimeNames(tree, async);
  const access = sessionAccess(detail.sessionText, names, async);
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

function planSql(group: EditGroup, detail: LoopTransactionDetail, tree: Tree, batchSize: number, notes: string[]): void {
  const shape = sqlShape(tree, detail);
  const { text, source } = tree;
  const names = runtimeNames(tree, shape.async);
  const access = sessionAccess(detail.sessionText, names, shape.async);
  const parts = partsOf(tree, detail, shape.inside, shape.inside[0]?.pos ?? shape.bodyStart, plainScope());
  if (parts.result !== undefined) throw new CannotFix("the transaction returns before it commits");
  const loop = loopParts(tree, parts.loopUnit.statement);
  if (!shape.async && loop.async) throw new CannotFix("the loop awaits, and the function around the transaction is not async");
  const outer = indentAt(text, shape.first.getStart(source));
  const inner = shape.unwraps ? indentAt(text, parts.loopUnit.statement.getStart(source)) : outer;
  const out = new Rewrite(tree, shape.first.getStart(source));
  const lines = new Lines(out, inner);
  for (const unit of unitsOf(tree, shape.head, shape.bodyStart)) lines.unit(unit, outer);
  const label = labelOf(shape.around);
  writeBatchBody(lines, batchBody(tree, parts, { outer, inner, access, batched: names.batched, async: shape.async, batchSize, label }));
  for (const unit of unitsOf(tree, shape.tail, shape.tail[0]?.pos ?? 0)) lines.unit(unit, outer);
  group.edits.push(...out.finish(shape.last.end), ...shape.edits);
  group.claims = [{ file: tree.file, start: shape.first.getStart(source), end: shape.last.end }];
  group.imports.push(...names.needs);
  note(tree, parts, notes, shape.async);
}
