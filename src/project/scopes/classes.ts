import { child, flag, type Node } from "../../core/facts/ast.js";
import { type Binder, visitPart, visitParts, type Visit } from "./binder.js";
import { visitCode, visitCodeIn } from "./code.js";
import { defineParameter, functionScope } from "./functions.js";

import { visitType, visitTypes } from "./types.js";

export function visitClass(binder: Binder, node: Node): void {
  const id = child(node, "id");
  if (id && node.type === "ClassDeclaration") binder.define(id, { type: "ClassName", node });
  visitCodeIn(binder, node, "decorators");
  binder.inside("block", node, () => {
    if (id) binder.define(id, { type: "ClassName", node });
    visitCodeIn(binder, node, "superClass");
    for (const key of ["typeParameters", "superTypeArguments", "implements"]) visitTypes(binder, node, key);
    visitPart(binder, node, "body", (_, body) => visitParts(binder, body, visitMember));
  });
}

function visitMember(binder: Binder, node: Node): void {
  const visitor = MEMBERS.get(node.type);
  if (visitor) visitor(binder, node);
  else visitCode(binder, node);
}

const MEMBERS = new Map<string, Visit>([
  ["MethodDefinition", method],
  ["PropertyDefinition", field],
  ["AccessorProperty", field],
  ["TSAbstractPropertyDefinition", field],
  ["TSAbstractAccessorProperty", field],
  ["TSAbstractMethodDefinition", (binder, node) => {
    computedKey(binder, node);
    visitCodeIn(binder, node, "value");
    visitCodeIn(binder, node, "decorators");
  }],
  ["StaticBlock", (binder, node) => binder.inside("class-code", node, () => visitCodeIn(binder, node, "body"))],
  ["TSIndexSignature", visitType],
]);

function computedKey(binder: Binder, node: Node): void {
  if (flag(node, "computed")) visitCodeIn(binder, node, "key");
}

function method(binder: Binder, node: Node): void {
  computedKey(binder, node);
  const fn = child(node, "value");
  if (fn?.type === "FunctionExpression") methodFunction(binder, fn);
  else visitCodeIn(binder, node, "value");
  visitCodeIn(binder, node, "decorators");
}

/** Decorators of a method's parameters run with the class, not with the method. */
function methodFunction(binder: Binder, fn: Node): void {
  visitPart(binder, fn, "params", (_, param) => visitCodeIn(binder, param, "decorators"));
  functionScope(binder, fn, () => {
    visitPart(binder, fn, "params", (_, param) => defineParameter(binder, fn, param));
    visitTypes(binder, fn, "returnType");
    visitTypes(binder, fn, "typeParameters");
    visitPart(binder, fn, "body", (_, body) => visitParts(binder, body, visitCode));
  });
}

function field(binder: Binder, node: Node): void {
  computedKey(binder, node);
  const value = child(node, "value");
  if (value) {
    if (node.type === "PropertyDefinition" || node.type === "AccessorProperty") binder.inside("class-code", value, () => visitCode(binder, value));
    else visitCode(binder, value);
  }
  visitCodeIn(binder, node, "decorators");
  visitTypes(binder, node, "typeAnnotation");
}
