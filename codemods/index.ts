import { applyEdits, editsByFile } from "../src/core/edit.js";
import type { Codemods, EditGroup, Plan, PlanHost, PlanOptions } from "../src/core/edit.js";
import type { Finding } from "../src/core/finding.js";
import { assemble } from "./assemble.js";
import { batchLoopTransaction } from "./batch-loop-transaction.js";
import { immediateTransaction } from "./immediate-transaction.js";
import { initAtStartup } from "./init-at-startup.js";
import { moveIoOut } from "./move-io-out.js";
import { releaseInFinally } from "./release-in-finally.js";
import { sequenceInTransaction } from "./sequence-in-transaction.js";
import { syncTransactionBody } from "./sync-transaction-body.js";
import { tuneEngine } from "./tune-engine.js";
import { useSharedSession } from "./use-shared-session.js";
import { useTransactionHandle } from "./use-transaction-handle.js";
import { wrapLoopWrites } from "./wrap-loop-writes.js";
import { ClientModules } from "./lib/client-module.js";
import { SessionModules } from "./lib/session-module.js";
import { comments, lostComments } from "./lib/text.js";
import { CannotFix, DEFECT, refOf } from "./lib/transform.js";
import type { PlanContext, Transform } from "./lib/transform.js";
import { parse, Trees } from "./lib/tree.js";

/** In the order in which they are planned: an earlier one goes first where two touch the same lines. */
export const transforms: readonly Transform[] = [
  useSharedSession,
  initAtStartup,
  batchLoopTransaction,
  wrapLoopWrites,
  useTransactionHandle,
  sequenceInTransaction,
  syncTransactionBody,
  immediateTransaction,
  releaseInFinally,
  tuneEngine,
  moveIoOut,
];

/**
 * What would be changed for these findings, as text edits; nothing is written. Findings that no transform can mend
 * come back in `manual`, each with the reason.
 */
export function planFixes(findings: readonly Finding[], host: PlanHost, options: PlanOptions = {}): Plan {
  const plan: Plan = { groups: [], manual: [] };
  const context: PlanContext = { trees: new Trees(host), host, options, findings, modules: new SessionModules(host), clients: new ClientModules(host), groups: plan.groups };
  for (const transform of transforms) {
    for (const finding of findings) {
      if (!transform.applies(finding)) continue;
      try {
        const group = transform.plan(finding, context);
        if (group === undefined) continue;
        assertCommentsStay(group, context);
        plan.groups.push(group);
      } catch (error) {
        // One odd place must not cost the fixes of all the others.
        const reason = error instanceof CannotFix ? error.message : `${DEFECT}: the fix could not be planned. Please report it: ${error instanceof Error ? error.message : String(error)}`;
        plan.manual.push({ finding: refOf(finding), transform: transform.name, reason });
      }
    }
  }
  return plan;
}

/** The last word on comments: a group that would lose one is for a person. */
function assertCommentsStay(group: EditGroup, { trees }: PlanContext): void {
  for (const [file, edits] of editsByFile([group])) {
    const tree = trees.get(file);
    if (tree === undefined) throw new CannotFix(`${file} could not be read`);
    // Only an edit that touches a comment can lose it, or make it swallow what follows.
    const taken = edits.filter(({ start, end }) => comments(tree.source).some((comment) => comment.start <= end && start <= comment.end));
    if (taken.length === 0) continue;
    const [lost] = lostComments(tree.source, parse(file, applyEdits(tree.text, edits))).filter((comment) => group.drops?.includes(comment) !== true);
    if (lost !== undefined) throw new CannotFix(`a comment stands in what would be replaced (${file}): ${lost.split("\n")[0] ?? ""}`);
  }
}

export const codemods: Codemods = { plan: planFixes, assemble };
export { assemble };
