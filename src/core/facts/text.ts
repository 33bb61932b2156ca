import { cooked, nodes, type Node } from "./ast.js";
import type { Expr } from "./types.js";
import type { Context, Walk } from "./walk.js";

/** A template literal: its text as one value, and each hole's own. */
export function template(walk: Walk, node: Node, ctx: Context): { value: Expr; holes: Expr[] } {
  const holes = nodes(node, "expressions").map((hole) => walk.expr(hole, ctx));
  return { value: joined(nodes(node, "quasis").map(cooked), holes), holes };
}

/** Text pieces with a value between each two; values that are text themselves are put in. */
export function joined(pieces: readonly string[], values: readonly Expr[]): Expr {
  let text = pieces[0] ?? "";
  const holes: Expr[] = [];
  values.forEach((value, i) => {
    if (value.k === "literal") text += String(value.value);
    else if (value.k === "template") {
      text += value.text;
      holes.push(...value.holes);
    } else {
      text += "${}";
      holes.push(value);
    }
    text += pieces[i + 1] ?? "";
  });
  return holes.length === 0 ? { k: "literal", value: text } : { k: "template", text, holes };
}

export function isText(expr: Expr): boolean {
  return expr.k === "template" || (expr.k === "literal" && typeof expr.value === "string");
}
