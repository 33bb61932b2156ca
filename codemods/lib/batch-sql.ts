import type { EditGroup } from "../../src/core/edit.js";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import { runtimeNames, sessionAccess } from "./batch-access.js";
import { Lines, writeBatchBody } from "./batch-body.js";
import { batchBody, note, partsOf } from "./batch-parts.js";
import { plainScope } from "./handle-scope.js";
import { loopParts } from "./loop.js";
import { Rewrite } from "./rewrite.js";
import { unitsOf } from "./segments.js";
import { sqlShape } from "./sql-shape.js";
import { indentAt } from "./text.js";
import { labelOf } from "./transaction-shape.js";
import { CannotFix } from "./transform.js";
import type { Tree } from "./tree.js";

/** A transaction between `BEGIN` and `COMMIT`. */
export function planSql(group: EditGroup, detail: LoopTransactionDetail, tree: Tree, batchSize: number, notes: string[]): void {
  const shape = sqlShape(tree, detail);
  const { text, source } = tree;
  const names = runtimeNames(tree, shape.async);
  const access = sessionAccess(tree, shape.around ?? tree.source, { ...detail, session: detail.sessionText }, names, shape.async);
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
