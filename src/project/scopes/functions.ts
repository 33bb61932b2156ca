import { child, startOf, type Node } from "../../core/facts/ast.js";
import { type Binder, visitPart, visitParts } from "./binder.js";
import { visitCode, visitCodeIn } from "./code.js";
import { parameterType, visitPattern } from "./patterns.js";
import { Scope } from "./scope.js";
import { visitType, visitTypes } from "./types.js";

export function visitFunction(binder: Binder, node: Node): void {
  const id = child(node, "id");
  if (id && node.type !== "FunctionExpression") binder.define(id, { type: "FunctionName", node });
  functionScope(binder, node, () => {
    visitPart(binder, node, "params", (_, param) => {
      defineParameter(binder, node, param);
      visitCodeIn(binder, param, "decorators");
    });
    visitTypes(binder, node, "returnType");
    visitTypes(binder, node, "typeParameters");
    const body = child(node, "body");
    // The function's block is the function's own scope.
    if (body?.type === "BlockStatement") visitParts(binder, body, visitCode);
    else if (body) visitCode(binder, body);
  });
}

/** In a function's scope; a function expression's name stands around it. */
export function functionScope(binder: Binder, node: Node, visit: () => void): void {
  const id = node.type === "FunctionExpression" ? child(node, "id") : undefined;
  const body = child(node, "body");
  const inside = () => binder.within(new Scope("function", node, binder.scope, body ? startOf(body) : -1, node.type !== "ArrowFunctionExpression"), visit);
  if (!id) inside();
  else
    binder.inside("block", node, () => {
      binder.define(id, { type: "FunctionName", node });
      inside();
    });
}

export function defineParameter(binder: Binder, fn: Node, param: Node): void {
  const code = visitPattern(binder, param, (name) => binder.define(name, { type: "Parameter", node: fn }));
  for (const part of code) visitCode(binder, part);
  const type = parameterType(param);
  if (type) visitType(binder, type);
}
