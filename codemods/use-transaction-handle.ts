import { ts } from "ts-morph";
import { assertHandleAt, runsBesideOthers } from "./lib/handle-at.js";
import { planThroughHelpers } from "./lib/through-helpers.js";
import { CannotFix, judge, newGroup } from "./lib/transform.js";
import type { Transform } from "./lib/transform.js";
import { nodeOf } from "./lib/tree.js";

const NAME = "use-transaction-handle";

/** A statement in a transaction's own body runs on the transaction's handle; a function that it calls is given that. */
export const useTransactionHandle: Transform = {
  name: NAME,
  applies: ({ rule }) => rule === "no-outer-session-in-transaction",
  plan(finding, context) {
    const { detail, file, span } = finding;
    if (detail.kind === "outer-helper" && finding.fix !== "manual") return judge(planThroughHelpers(newGroup(NAME, finding), finding, detail, context), [finding.fixReason ?? "what the function does becomes part of the transaction"]);
    if (detail.kind !== "outer-session" || finding.fix === "manual") throw new CannotFix(finding.fixReason ?? "give the statement the transaction's handle");
    const tree = context.trees.get(file);
    const call = tree && nodeOf(tree.source, span, ts.isCallExpression);
    if (tree === undefined || call === undefined) throw new CannotFix(`the statement is not to be found in ${file} any more`);
    if (!tree.text.startsWith(detail.session, span.start) || !/^[.(<`]/.test(tree.text.slice(span.start + detail.session.length))) throw new CannotFix(`\`${detail.session}\` is not written out here: give the statement the transaction's handle`);
    const body = assertHandleAt(call, detail);
    const group = newGroup(NAME, finding);
    if (runsBesideOthers(call, body)) group.asksFor = ["no-parallel-in-transaction"];
    group.edits.push({ file, start: span.start, end: span.start + detail.session.length, text: detail.handle });
    return group;
  },
};
