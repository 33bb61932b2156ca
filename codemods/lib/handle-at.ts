import { ts } from "ts-morph";
import { CannotFix } from "./transform.js";
import { enclosingFunction, isFunction, walk } from "./tree.js";
import type { FunctionNode } from "./tree.js";

/** The transaction's function. Throws unless the handle can be used at a place of the transaction's function: by its name, and while the transaction is open. */
export function assertHandleAt(call: ts.Node, { body: start, handle }: { body: number; handle: string }): FunctionNode {
  const body = bodyAround(call, start);
  if (body === undefined || isShadowed(body, handle)) throw new CannotFix(`\`${handle}\` means something else here: rename it, and use the transaction's handle`);
  if (!runsWithin(call, body)) throw new CannotFix("it stands in a function that may run when the transaction is over: whether it belongs to it is for you to say");
  return body;
}

/** The place is among what a promise combinator waits for, together with others. */
export function runsBesideOthers(place: ts.Node, around: ts.Node): boolean {
  for (let at: ts.Node | undefined = place; at !== undefined && at !== around; at = at.parent) {
    if (ts.isCallExpression(at) && /^Promise\.(?:all|allSettled|any|race)$/.test(at.expression.getText())) return true;
  }
  return false;
}

/** The transaction's function, which starts where the rule says. */
function bodyAround(node: ts.Node, start: number): FunctionNode | undefined {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) if (isFunction(at) && at.getStart() === start) return at;
  return undefined;
}

/** A place runs while a function around it does: no function between them but those of array methods, and of `Promise.all` over them. */
export function runsWithin(call: ts.Node, body: FunctionNode): boolean {
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
