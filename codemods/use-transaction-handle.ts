import { ts } from "ts-morph";
import type { TextEdit } from "../src/core/edit.js";
import type { Span } from "../src/core/facts/types.js";
import type { OuterSessionDetail } from "../src/core/finding.js";
import { assertHandleAt, runsBesideOthers, runsWithin } from "./lib/handle-at.js";
import { optionAt } from "./lib/handle-option.js";
import { planThroughHelpers } from "./lib/through-helpers.js";
import { CannotFix, judge, newGroup } from "./lib/transform.js";
import type { Transform } from "./lib/transform.js";
import { ancestor, isCallLike, nodeOf, referencesTo } from "./lib/tree.js";
import type { FunctionNode, Tree } from "./lib/tree.js";

const NAME = "use-transaction-handle";

/** A statement in a transaction's own body runs on the transaction's handle; a function that it calls is given that. */
export const useTransactionHandle: Transform = {
  name: NAME,
  applies: ({ rule }) => rule === "no-outer-session-in-transaction",
  plan(finding, context) {
    const { detail, file, span } = finding;
    if (detail.kind === "outer-helper" && finding.fix !== "manual") return judge(planThroughHelpers(newGroup(NAME, finding), finding, detail, context), [finding.fixReason ?? "what the function does becomes part of the transaction"]);
    if ((detail.kind !== "outer-session" && detail.kind !== "outer-option") || finding.fix === "manual") throw new CannotFix(finding.fixReason ?? "give the statement the transaction's handle");
    const tree = context.trees.get(file);
    const call = tree && nodeOf(tree.source, span, isCallLike);
    if (tree === undefined || call === undefined) throw new CannotFix(`the statement is not to be found in ${file} any more`);
    const body = assertHandleAt(call, detail);
    const group = judge(newGroup(NAME, finding), finding.fixReason === undefined ? [] : [finding.fixReason]);
    if (runsBesideOthers(call, body)) group.asksFor = ["no-parallel-in-transaction"];
    if (detail.kind === "outer-session") group.edits.push(replaced(tree, span, detail, body));
    else if (ts.isCallExpression(call)) group.edits.push(...optionAt(tree, call, detail.index, detail.option, detail.handle));
    return group;
  },
};

function replaced(tree: Tree, span: Span, { session, handle, again, made }: OuterSessionDetail, body: FunctionNode): TextEdit {
  const { start } = made === undefined ? span : placeOfMaking(tree, made, body);
  const end = start + session.length;
  if (tree.text.slice(start, end) !== session) throw new CannotFix(`\`${session}\` is not written out here: give the statement the transaction's handle`);
  return { file: tree.file, start, end, text: again === undefined ? handle : `${handle}.${again}(${session})` };
}

/** Nothing but the transaction's function has the constant that a call gives, and only while it runs. */
function placeOfMaking(tree: Tree, made: Span, body: FunctionNode): Span {
  const call = nodeOf(tree.source, made, ts.isCallExpression);
  const declaration = call && ancestor(call, ts.isVariableDeclaration);
  if (declaration === undefined || !ts.isIdentifier(declaration.name)) throw new CannotFix("what the statement runs on is not made where it was");
  const name = declaration.name;
  for (const use of referencesTo(tree, name, body)) {
    const { parent } = use;
    const isUsed = ((ts.isPropertyAccessExpression(parent) || ts.isCallExpression(parent)) && parent.expression === use) || (ts.isTaggedTemplateExpression(parent) && parent.tag === use);
    if (!isUsed || !runsWithin(use, body)) throw new CannotFix(`\`${name.text}\` may be used when the transaction is over: make one of the transaction's handle beside it`);
  }
  return made;
}
