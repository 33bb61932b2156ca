import { ts } from "ts-morph";
import { CannotFix, newGroup } from "./lib/transform.js";
import type { Transform } from "./lib/transform.js";
import { enclosingFunction, isFunction, nodeOf, walk } from "./lib/tree.js";
import type { FunctionNode } from "./lib/tree.js";

const NAME = "use-transaction-handle";

/** A statement in a transaction's own body runs on the transaction's handle. */
export const useTransactionHandle: Transform = {
  name: NAME,
  applies: ({ rule }) => rule === "no-outer-session-in-transaction",
  plan(finding, context) {
    const { detail, file, span } = finding;
    if (detail.kind !== "outer-session" || finding.fix === "manual") throw new CannotFix(finding.fixReason ?? "give the statement the transaction's handle");
    const tree = context.trees.get(file);
    const call = tree && nodeOf(tree.source, span, ts.isCallExpression);
    if (tree === undefined || call === undefined) throw new CannotFix(`the statement is not to be found in ${file} any more`);
    if (!tree.text.startsWith(`${detail.session}.`, span.start)) throw new CannotFix(`\`${detail.session}\` is not written out here: give the statement the transaction's handle`);
    const body = bodyAround(call, detail.body);
    if (body === undefined || isShadowed(body, detail.handle)) throw new CannotFix(`\`${detail.handle}\` means something else here: rename it, and use the transaction's handle`);
    if (!runsWithin(call, body)) throw new CannotFix("it stands in a function that may run when the transaction is over: whether it belongs to it is for you to say");
    const group = newGroup(NAME, finding);
    group.edits.push({ file, start: span.start, end: span.start + detail.session.length, text: detail.handle });
    return group;
  },
};

/** The transaction's function, which starts where the rule says. */
function bodyAround(node: ts.Node, start: number): FunctionNode | undefined {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) if (isFunction(at) && at.getStart() === start) return at;
  return undefined;
}

/** The call runs while the body does: no function around it but those of array methods, and of `Promise.all` over them. */
function runsWithin(call: ts.Node, body: FunctionNode): boolean {
  for (let at = enclosingFunction(call); at !== undefined && at !== body; at = enclosingFunction(at)) {
    const { parent } = at;
    const callee = ts.isCallExpression(parent) && parent.arguments.some((argument) => argument === at) ? parent.expression : undefined;
    if (callee === undefined || !ts.isPropertyAccessExpression(callee) || !/^(forEach|map|flatMap|filter|some|every|find|reduce)$/.test(callee.name.text)) return false;
  }
  return true;
}

/** Whether something in the function is declared by the handle's name besides its parameter. */
function isShadowed(body: FunctionNode, handle: string): boolean {
  let declared = 0;
  walk(body, (node) => {
    if (ts.isIdentifier(node) && node.text === handle && isDeclaration(node)) declared++;
  });
  return declared !== 1;
}

function isDeclaration(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isBindingElement(parent) || ts.isVariableDeclaration(parent) || ts.isParameter(parent)) return parent.name === node;
  return (ts.isFunctionDeclaration(parent) || ts.isFunctionExpression(parent) || ts.isClassDeclaration(parent) || ts.isClassExpression(parent)) && parent.name === node;
}
