import { DEFAULT_BATCH_SIZE } from "../src/core/contract.js";
import type { EditGroup } from "../src/core/edit.js";
import type { Finding, LoopTransactionDetail } from "../src/core/finding.js";
import { planFunction } from "./lib/batch-function.js";
import { planInPlace } from "./lib/batch-in-place.js";
import { planSql } from "./lib/batch-sql.js";
import { shapeOf } from "./lib/transaction-shape.js";
import { CannotFix, judge, newGroup } from "./lib/transform.js";
import type { PlanContext, Transform } from "./lib/transform.js";
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
