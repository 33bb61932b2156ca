import { child, endOf, startOf, str, stringOf, type Node } from "./ast.js";
import type { Asked } from "./memo.js";
import type { Outcome } from "./needs.js";
import type { Expr } from "./types.js";
import { eachAnd } from "./production.js";
import { inBranch, type Context, type Use, type Walk, UNKNOWN } from "./walk.js";

/** Longer conditions are generated, and none of them keeps a session. */
const MAX_ASKED = 16;

export interface Condition {
  value: Expr;
  asked: Asked[];
  /** How those hang together, where it is one way throughout: all have to hold, or any. */
  joined?: "&&" | "||";
}

/** Walks an expression whose truth decides, and tells which places it asks for a value. */
export function condition(walk: Walk, node: Node | undefined, ctx: Context, use?: Use): Condition {
  if (!node) return { value: UNKNOWN, asked: [] };
  switch (node.type) {
    case "LogicalExpression":
      return logical(walk, node, ctx, use);
    case "ParenthesizedExpression":
      return condition(walk, child(node, "expression"), ctx, use);
    case "UnaryExpression":
      if (str(node, "operator") !== "!") break;
      return negated(condition(walk, child(node, "argument"), ctx));
    case "BinaryExpression": {
      const asked = comparison(walk, node, ctx);
      if (asked) return { value: UNKNOWN, asked };
    }
  }
  const value = walk.expr(node, ctx, use);
  return { value, asked: [{ expr: value, filledWhen: true }] };
}

/** `!(a && b)` is `!a || !b`. */
function negated({ asked, joined }: Condition): Condition {
  return { value: UNKNOWN, asked: asked.map(flip), ...(joined && { joined: joined === "&&" ? "||" : "&&" }) };
}

function flip(asked: Asked): Asked {
  return { ...asked, filledWhen: !asked.filledWhen };
}

function comparison(walk: Walk, node: Node, ctx: Context): Asked[] | undefined {
  const operator = str(node, "operator") ?? "";
  const left = child(node, "left");
  const right = child(node, "right");
  if (!left || !right) return undefined;
  if (operator === "in") {
    const name = stringOf(left);
    walk.expr(left, ctx);
    return [{ expr: { k: "member", of: walk.expr(right, ctx), name: name ?? "*" }, filledWhen: true }];
  }
  if (operator === "instanceof") {
    const value = walk.expr(left, ctx);
    walk.expr(right, ctx);
    return [{ expr: value, filledWhen: true }];
  }
  const equal = operator === "==" || operator === "===";
  if (!equal && operator !== "!=" && operator !== "!==") return undefined;
  const counted = [left, right].some(isCount);
  const sides = [left, right].map((side) => ({ side, nothing: isNothing(side) || (counted && isZero(side)), value: walk.expr(typeofOperand(side) ?? side, ctx) }));
  const absent = sides.some((side) => side.nothing);
  const others = sides.filter((side) => !side.nothing);
  // `mode === "own"` asks for one thing only.
  const places = others.some(({ value }) => value.k !== "literal") ? others.filter(({ value }) => value.k !== "literal") : others;
  // `x === undefined` means empty, `x === other` means that there is something to compare with.
  return places.map(({ value }) => ({ expr: value, filledWhen: absent ? !equal : equal, compared: !absent, ...(counted ? { counted } : {}), ...(absent ? {} : { to: sides.find((side) => side.value !== value)?.value }) }));
}

function typeofOperand(node: Node): Node | undefined {
  return node.type === "UnaryExpression" && str(node, "operator") === "typeof" ? child(node, "argument") : undefined;
}

/** `readers.length`, `clients.size`: compared with 0, it says that nothing is kept there yet. */
function isCount(node: Node): boolean {
  const property = node.type === "MemberExpression" && node.computed !== true ? child(node, "property") : undefined;
  return property !== undefined && /^(length|size)$/.test(str(property, "name") ?? "");
}

function isZero(node: Node): boolean {
  return node.type === "Literal" && node.value === 0;
}

/** `null`, `undefined`, `void 0`, and the `"undefined"` of a `typeof` comparison. */
function isNothing(node: Node): boolean {
  if (node.type === "Literal") return (node.value === null && !node.regex && !node.bigint) || node.value === "undefined";
  if (node.type === "Identifier") return str(node, "name") === "undefined";
  return node.type === "UnaryExpression" && str(node, "operator") === "void";
}

/** `a ?? b`, `a || b`, `a && b`, chains of them flattened: minified code has chains too long to recurse into. */
export function logical(walk: Walk, node: Node, ctx: Context, use?: Use): Condition {
  const steps: { operator: string; node: Node }[] = [];
  let first: Node = node;
  while (first.type === "LogicalExpression") {
    const left = child(first, "left");
    const right = child(first, "right");
    if (!left || !right) break;
    steps.push({ operator: str(first, "operator") ?? "||", node: right });
    first = left;
  }
  steps.reverse();
  eachAnd(walk.stages, first, steps);
  const start = condition(walk, first, ctx, use && { ...use, discarded: false });
  const asked = [...start.asked];
  const values = [start.value];
  let joined = start.joined ?? (start.asked.length <= 1 ? joint(steps[0]?.operator) : undefined);
  steps.forEach((step, i) => {
    guard(walk, ctx, { asked, ...(joined && { joined }) }, step.operator === "&&", startOf(step.node), endOf(step.node));
    const next = condition(walk, step.node, inBranch(ctx, step.node), i === steps.length - 1 ? use : use && { ...use, discarded: false });
    asked.push(...next.asked);
    values.push(next.value);
    if (step.operator !== joined || (next.asked.length > 1 && next.joined !== joined)) joined = undefined;
  });
  return { value: { k: "either", of: values }, asked, ...(joined && { joined }) };
}

function joint(operator: string | undefined): Condition["joined"] {
  return operator === "&&" || operator === "||" ? operator : undefined;
}

/** Notes that a stretch of the function runs only when some place was asked and found empty, or that it hangs on one thing alone. */
export function guard(walk: Walk, ctx: Context, { asked, joined }: Pick<Condition, "asked" | "joined">, outcome: boolean, start: number, end: number, test?: Node): void {
  walk.stages.branch(test, outcome, start, end);
  // `if (process.env.NODE_ENV !== "production" && kept) return kept;`: in production what follows runs whatever is kept.
  const inProduction = test !== undefined && walk.stages.isNever(test, !outcome);
  // All of `a && b` hold where it does, and none of `a || b` where that does not; else one of them is enough.
  if (asked.length === 1 || joined === (outcome ? "&&" : "||")) {
    for (const one of asked.slice(0, MAX_ASKED)) {
      const found = outcomeOf(one, outcome);
      if (found) walk.forks.push({ fn: ctx.fn, any: [found], start, end });
    }
  } else if (joined !== undefined && asked.length <= MAX_ASKED) {
    const any = asked.map((one) => outcomeOf(one, outcome));
    if (any.every((found) => found !== undefined)) walk.forks.push({ fn: ctx.fn, any, start, end });
  }
  const places = asked.slice(-MAX_ASKED).filter(({ expr, filledWhen }) => filledWhen !== outcome && mayBePlace(expr)).map(({ expr, compared }) => ({ expr, compared }));
  const certain = asked.length <= 2 || joined === (outcome ? "&&" : "||");
  const states = certain ? asked.filter(({ expr, filledWhen, compared, to }) => compared === true && to !== undefined && filledWhen === outcome && (expr.k === "var" || expr.k === "member")).slice(-MAX_ASKED) : [];
  if (places.length > 0 || states.length > 0) walk.guards.push({ fn: ctx.fn, places, ...(states.length > 0 ? { states: states.map(({ expr, to }) => ({ expr, to })) } : {}), ...(inProduction ? { inProduction } : {}), start, end });
}

function outcomeOf({ expr, filledWhen, compared, counted, to }: Asked, outcome: boolean): Outcome | undefined {
  if (counted === true || (expr.k !== "var" && expr.k !== "member")) return undefined;
  const filled = filledWhen === outcome;
  if (compared !== true) return { asked: expr, filled, nullish: compared === false };
  return to?.k === "literal" && to.value !== null ? { asked: expr, filled, nullish: false, is: to.value } : undefined;
}

function mayBePlace(expr: Expr): boolean {
  return expr.k === "var" || expr.k === "member" || expr.k === "call" || expr.k === "typed" || expr.k === "await" || expr.k === "global";
}
