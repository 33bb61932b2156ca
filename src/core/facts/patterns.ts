import { child, flag, keyName, list, nodes, str, unwrap, type Node } from "./ast.js";
import { annotation } from "./types-refs.js";
import type { AssignFact, Expr } from "./types.js";
import { assign, inBranch, spanOf, touch, UNKNOWN, type Context, type Walk } from "./walk.js";

/** Gives the names of a pattern their values, as assignments from parts of one value. */
export function bindPattern(walk: Walk, pattern: Node, value: Expr, ctx: Context, op: AssignFact["op"] = "="): void {
  const node = unwrap(pattern);
  switch (node.type) {
    case "Identifier": {
      const id = walk.bindings.idOf(node);
      const span = spanOf(walk, node);
      if (id === undefined) {
        // An undeclared name that is assigned is a property of the global object.
        assign(walk, ctx, { k: "member", of: { k: "global", name: "globalThis" }, name: str(node, "name") ?? "" }, value, span, op);
        return;
      }
      const fact = walk.bindings.facts[id];
      const type = annotation(walk, node, ctx);
      if (fact && type) fact.type ??= type;
      if (fact?.kind === "const" && value.k === "literal" && typeof value.value === "number") walk.constants.set(id, value.value);
      if (madeByCreateRequire(walk, value)) walk.requires.add(id);
      touch(ctx, id, false, true);
      assign(walk, ctx, { k: "var", id }, value, span, op);
      return;
    }
    case "AssignmentPattern": {
      const fallback = walk.expr(child(node, "right"), inBranch(ctx, node), { name: str(child(node, "left"), "name") });
      const left = child(node, "left");
      if (left) walk.bind(left, { k: "either", of: [value, fallback] }, ctx, op);
      return;
    }
    case "ObjectPattern":
      return bindObject(walk, node, holder(walk, node, value, ctx), ctx);
    case "ArrayPattern":
      return bindArray(walk, node, holder(walk, node, value, ctx), ctx);
    case "RestElement": {
      const argument = child(node, "argument");
      if (argument) walk.bind(argument, value, ctx, op);
      return;
    }
    case "TSParameterProperty": {
      const parameter = child(node, "parameter");
      if (parameter) walk.bind(parameter, value, ctx, op);
      return;
    }
    default: {
      const target = walk.expr(node, ctx);
      if (target.k === "member") assign(walk, ctx, target, value, spanOf(walk, node), op);
    }
  }
}

function madeByCreateRequire(walk: Walk, value: Expr): boolean {
  const callee = value.k === "call" ? walk.facts.calls[value.id]?.callee : undefined;
  if (callee?.k === "member") return callee.name === "createRequire";
  const fact = callee?.k === "var" ? walk.bindings.facts[callee.id] : undefined;
  return fact?.import?.name === "createRequire" || fact?.name === "createRequire";
}

/**
 * What the parts are taken out of. A value that only refers to something is used as it is; anything else gets an
 * implicit variable, so that it is not repeated for each part.
 */
function holder(walk: Walk, pattern: Node, value: Expr, ctx: Context): Expr {
  const type = annotation(walk, pattern, ctx);
  if (!type && refers(value)) return value;
  const id = walk.bindings.implicit(ctx.fn, type && { type });
  if (value.k !== "unknown") assign(walk, ctx, { k: "var", id }, value, spanOf(walk, pattern));
  return { k: "var", id };
}

function refers(whole: Expr): boolean {
  let value = whole;
  while (value.k === "member" || value.k === "await") value = value.of;
  return value.k === "var" || value.k === "global" || value.k === "this" || value.k === "call" || value.k === "module" || value.k === "unknown";
}

function bindObject(walk: Walk, pattern: Node, of: Expr, ctx: Context): void {
  for (const property of nodes(pattern, "properties")) {
    const target = child(property, property.type === "RestElement" ? "argument" : "value");
    if (!target) continue;
    if (property.type === "RestElement") {
      walk.bind(target, of, ctx);
      continue;
    }
    const computed = flag(property, "computed");
    const key = computed ? walk.expr(child(property, "key"), ctx) : UNKNOWN;
    const name = key.k === "literal" ? String(key.value) : keyName(child(property, "key"), computed);
    walk.bind(target, { k: "member", of, name }, ctx);
  }
}

function bindArray(walk: Walk, pattern: Node, of: Expr, ctx: Context): void {
  list(pattern, "elements").forEach((element, i) => {
    if (!element) return;
    const rest: Expr = { k: "array", items: [{ k: "member", of, name: "*" }], spread: true };
    walk.bind(element, element.type === "RestElement" ? rest : { k: "member", of, name: String(i) }, ctx);
  });
}
