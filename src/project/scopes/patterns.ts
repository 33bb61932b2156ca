import { child, flag, str, type Node } from "../../core/facts/ast.js";
import { type Binder, visitPart, visitParts, type Visit } from "./binder.js";

interface Pattern {
  /** Gets every name in the pattern; `hasDefault` when a default value belongs to it. */
  onName: (name: Node, hasDefault: boolean) => void;
  /** Code in the pattern: default values, computed keys, what members are of. */
  code: Node[];
  defaults: number;
}

/** Visits the names of a pattern; returns the code that it holds, which runs after them. */
export function visitPattern(binder: Binder, pattern: Node, onName: (name: Node, hasDefault: boolean) => void): Node[] {
  const state: Pattern = { onName, code: [], defaults: 0 };
  visitTarget(binder, pattern, state);
  return state.code;
}

function visitTarget(binder: Binder, node: Node, state: Pattern): void {
  const visit: Visit = (_, part) => visitTarget(binder, part, state);
  const into = (key: string) => visitPart(binder, node, key, visit);
  const keep = (key: string) => visitPart(binder, node, key, (_, part) => state.code.push(part));
  switch (node.type) {
    case "Identifier":
      state.onName(node, state.defaults > 0);
      return;
    case "ArrayPattern":
    case "ArrayExpression":
      into("elements");
      return;
    case "AssignmentPattern":
    case "AssignmentExpression":
      state.defaults++;
      into("left");
      keep("right");
      state.defaults--;
      return;
    case "MemberExpression":
      if (flag(node, "computed")) keep("property");
      keep("object");
      return;
    case "Property":
      if (flag(node, "computed")) keep("key");
      into("value");
      return;
    case "RestElement":
    case "SpreadElement":
      into("argument");
      return;
    case "CallExpression":
      keep("arguments");
      into("callee");
      return;
    case "Decorator":
    case "TSTypeAnnotation":
      return;
    default:
      visitParts(binder, node, visit);
  }
}

const PATTERNS = new Set(["Identifier", "ObjectPattern", "ArrayPattern", "SpreadElement", "RestElement", "AssignmentPattern"]);

export function isPattern({ type }: Node): boolean {
  return PATTERNS.has(type);
}

/** The type that is written at a parameter. */
export function parameterType(param: Node): Node | undefined {
  if (param.type === "TSParameterProperty") {
    const parameter = child(param, "parameter");
    return parameter && parameterType(parameter);
  }
  const typed = param.type === "AssignmentPattern" ? child(param, "left") : param;
  return typed && child(typed, "typeAnnotation");
}

/** `var` declares beyond the block that it stands in. */
export function isVar(declaration: Node): boolean {
  return str(declaration, "kind") === "var";
}
