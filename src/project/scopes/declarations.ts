import { child, nodes, str, type Node } from "../../core/facts/ast.js";
import { type Binder, visitPart, visitParts } from "./binder.js";
import { visitCode, visitCodeIn } from "./code.js";
import { isPattern, isVar, visitPattern } from "./patterns.js";
import { visitTypes } from "./types.js";

export function variables(binder: Binder, node: Node): void {
  const target = isVar(node) ? binder.scope.variableScope : binder.scope;
  visitPart(binder, node, "declarations", (_, declarator) => {
    const id = child(declarator, "id");
    const init = child(declarator, "init");
    if (!id) return;
    const code = visitPattern(binder, id, (name, hasDefault) => {
      binder.define(name, { type: "Variable", node: declarator, parent: node }, target);
      // `catch (e) { var e = 1; }` declares one `e` and sets the other.
      if (target !== binder.scope && (init !== undefined || hasDefault)) binder.use(name);
    });
    for (const part of code) visitCode(binder, part);
    if (init) visitCode(binder, init);
    visitTypes(binder, id, "typeAnnotation");
  });
}

export function forIn(binder: Binder, node: Node): void {
  const left = child(node, "left");
  const isDeclaration = left?.type === "VariableDeclaration";
  const visit = () => {
    if (left && isDeclaration) {
      visitCode(binder, left);
      const id = nodes(left, "declarations").map((declarator) => child(declarator, "id"))[0];
      if (id && isVar(left) && binder.scope !== binder.scope.variableScope) visitPattern(binder, id, (name) => binder.use(name));
    } else if (left) useTargets(binder, left);
    visitCodeIn(binder, node, "right");
    visitCodeIn(binder, node, "body");
  };
  if (left && isDeclaration && !isVar(left)) binder.inside("block", node, visit);
  else visit();
}

export function assignment(binder: Binder, node: Node): void {
  const left = targetOf(binder, child(node, "left"));
  if (left && !isPattern(left)) visitCode(binder, left);
  else if (left && str(node, "operator") === "=") useTargets(binder, left);
  else if (left?.type === "Identifier") binder.use(left);
  visitCodeIn(binder, node, "right");
}

export function update(binder: Binder, node: Node): void {
  const argument = targetOf(binder, child(node, "argument"));
  if (argument && isPattern(argument)) visitPattern(binder, argument, (name) => binder.use(name));
  else visitParts(binder, node, visitCode);
}

function useTargets(binder: Binder, pattern: Node): void {
  const code = visitPattern(binder, pattern, (name) => binder.use(name));
  for (const part of code) visitCode(binder, part);
}

/** `(x as T) = …`, `x!++`: what is changed is `x`. */
function targetOf(binder: Binder, node: Node | undefined): Node | undefined {
  if (node?.type !== "TSAsExpression" && node?.type !== "TSTypeAssertion" && node?.type !== "TSNonNullExpression") return node;
  visitTypes(binder, node, "typeAnnotation");
  return child(node, "expression");
}
