import { ts } from "ts-morph";
import type { EditGroup } from "../../src/core/edit.js";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import { runnerAccess, runtimeNames, sessionAccess } from "./batch-access.js";
import { Lines, usedSinks, writeBatchBody, writeValue } from "./batch-body.js";
import type { Access, BatchBody } from "./batch-body.js";
import { batchBody, note, partsOf } from "./batch-parts.js";
import type { Parts } from "./batch-parts.js";
import { libraryScope, plainScope } from "./handle-scope.js";
import { isBinding } from "./imports.js";
import { hasOwn, loopNames, loopParts } from "./loop.js";
import type { LoopParts } from "./loop.js";
import { Rewrite } from "./rewrite.js";
import { declaredBy, effectOf, mentions } from "./segments.js";
import { styleOf } from "./style.js";
import { indentAt } from "./text.js";
import type { InPlace } from "./transaction-shape.js";
import { CannotFix } from "./transform.js";
import { boundNames, isReference, walk } from "./tree.js";
import type { Tree } from "./tree.js";

/** A transaction that runs where it is written: its batches stand in its place. */
export function planInPlace(group: EditGroup, detail: LoopTransactionDetail, tree: Tree, shape: InPlace, batchSize: number, notes: string[]): void {
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
  const access = runner === undefined ? sessionAccess(tree, callback, { ...detail, session: detail.sessionText }, names, async) : runnerAccess(tree, runner, callback, shape.awaited, detail, names.needs);
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
