import { child, eachChild, endOf, flag, keyName, list, nodes, numberOf, startOf, str, type Node } from "./ast.js";
import { callExpression, importExpression } from "./calls.js";
import { condition, guard, logical } from "./conditions.js";
import { isText, joined, template } from "./text.js";
import { typeRef } from "./types-refs.js";
import type { Expr } from "./types.js";
import { assign, inBranch, inLoops, spanOf, tagsAt, mergeTags, touch, UNKNOWN, type Context, type Use, type Walk } from "./walk.js";

type Visitor = (walk: Walk, node: Node, ctx: Context, use: Use) => Expr;

/** Longer lists are data: their items are walked but not kept. */
const MAX_ITEMS = 256;
/** Longer texts, in UTF-16 units, are data: no path and no SQL that anybody reads. */
const MAX_TEXT = 20_000;
const NO_USE: Use = {};

const inner: Visitor = (walk, node, ctx, use) => walk.expr(child(node, "expression"), ctx, use);

const typed: Visitor = (walk, node, ctx, use) => {
  const of = walk.expr(child(node, "expression"), ctx, use);
  const annotation = child(node, "typeAnnotation");
  const type = typeRef(walk, annotation, ctx);
  const asConst = type.k === "ref" && type.head === "const";
  return asConst || type.k === "other" || type.k === "data" ? of : { k: "typed", of, type };
};

const VISITORS: Record<string, Visitor> = {
  Identifier: (walk, node, ctx) => identifier(walk, node, ctx),
  JSXIdentifier: (walk, node, ctx) => identifier(walk, node, ctx),
  ThisExpression: (_walk, _node, ctx) => ctx.self,
  Super: (_walk, _node, ctx) => ctx.parentClass,
  Literal: (_walk, node) => literal(node),
  TemplateLiteral: (walk, node, ctx) => template(walk, node, ctx).value,
  BinaryExpression: (walk, node, ctx) => binary(walk, node, ctx),
  LogicalExpression: (walk, node, ctx, use) => logical(walk, node, ctx, use).value,
  ConditionalExpression: (walk, node, ctx, use) => ternary(walk, node, ctx, use),
  UnaryExpression: (walk, node, ctx, use) => unary(walk, node, ctx, use),
  UpdateExpression: (walk, node, ctx) => update(walk, node, ctx),
  AssignmentExpression: (walk, node, ctx) => assignment(walk, node, ctx),
  SequenceExpression: (walk, node, ctx, use) => {
    const parts = nodes(node, "expressions");
    return parts.reduce<Expr>((_, part, i) => walk.expr(part, ctx, i === parts.length - 1 ? use : { discarded: true }), UNKNOWN);
  },
  MemberExpression: (walk, node, ctx) => member(walk, node, ctx),
  CallExpression: callExpression,
  NewExpression: callExpression,
  TaggedTemplateExpression: callExpression,
  ImportExpression: importExpression,
  MetaProperty: (_walk, node) => {
    const name = `${str(child(node, "meta"), "name") ?? ""}.${str(child(node, "property"), "name") ?? ""}`;
    return name === "import.meta" ? { k: "global", name } : UNKNOWN;
  },
  AwaitExpression: (walk, node, ctx, use) => {
    const of = walk.expr(child(node, "argument"), ctx, { ...use, awaited: true });
    walk.facts.awaits.push({ fn: ctx.fn, of, span: spanOf(walk, node), loop: ctx.loop });
    inLoops(ctx, (loop) => {
      loop.fact.hasAwait = true;
    });
    return { k: "await", of };
  },
  YieldExpression: (walk, node, ctx) => {
    const argument = child(node, "argument");
    const delegates = flag(node, "delegate");
    const value = walk.expr(argument, ctx, { awaited: delegates });
    if (argument) walk.facts.functions[ctx.fn]?.returns.push(delegates ? { k: "member", of: value, name: "*" } : value);
    // What a generator that it hands over to returns; in Effect's generators, what the effect gives.
    return delegates ? { k: "await", of: value } : UNKNOWN;
  },
  ArrowFunctionExpression: functionExpression,
  FunctionExpression: functionExpression,
  ClassExpression: (walk, node, ctx, use) => ({ k: "class", id: walk.cls(node, ctx, use) }),
  ArrayExpression: (walk, node, ctx) => array(walk, node, ctx),
  ObjectExpression: (walk, node, ctx) => object(walk, node, ctx),
  ParenthesizedExpression: inner,
  ChainExpression: inner,
  TSNonNullExpression: inner,
  TSInstantiationExpression: inner,
  TSAsExpression: typed,
  TSSatisfiesExpression: typed,
  TSTypeAssertion: typed,
};

export function expression(walk: Walk, node: Node, ctx: Context, use: Use = NO_USE): Expr {
  const visitor = VISITORS[node.type];
  if (visitor) return visitor(walk, node, ctx, use);
  eachChild(node, (part) => walk.statement(part, ctx));
  return UNKNOWN;
}

function identifier(walk: Walk, node: Node, ctx: Context): Expr {
  const id = walk.bindings.idOf(node);
  if (id === undefined) return { k: "global", name: str(node, "name") ?? "" };
  touch(ctx, id, true, false);
  return { k: "var", id };
}

function literal(node: Node): Expr {
  const value = node.value;
  if (value === null) return node.regex || node.bigint ? UNKNOWN : { k: "literal", value };
  if (typeof value === "string" && value.length > MAX_TEXT) return UNKNOWN;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    // JSON has no Infinity: `1e999` is a number that cannot be kept.
    return typeof value === "number" && !Number.isFinite(value) ? UNKNOWN : { k: "literal", value };
  }
  return UNKNOWN;
}

/** `+` chains are flattened: generated code has thousands of links. */
function binary(walk: Walk, node: Node, ctx: Context): Expr {
  const operands: Node[] = [];
  let left: Node | undefined = node;
  const operator = str(node, "operator");
  while (left?.type === "BinaryExpression" && str(left, "operator") === operator) {
    const right = child(left, "right");
    if (right) operands.push(right);
    left = child(left, "left");
  }
  if (left) operands.push(left);
  const values = operands.reverse().map((operand) => walk.expr(operand, ctx));
  if (operator !== "+" || !values.some(isText)) return UNKNOWN;
  return joined(new Array<string>(values.length + 1).fill(""), values);
}

function ternary(walk: Walk, node: Node, ctx: Context, use: Use): Expr {
  const values: Expr[] = [];
  let at: Node | undefined = node;
  let branch = ctx;
  // `a ? b : c ? d : …`: a loop, since such chains stand in for `switch` in minified code.
  while (at?.type === "ConditionalExpression") {
    const tested = child(at, "test");
    const test = condition(walk, tested, branch);
    branch = inBranch(branch, at);
    const then = child(at, "consequent");
    const other = child(at, "alternate");
    if (then) guard(walk, ctx, test, true, startOf(then), endOf(then), tested);
    if (other) guard(walk, ctx, test, false, startOf(other), endOf(other), tested);
    values.push(walk.expr(then, then ? inBranch(branch, then) : branch, use));
    at = other;
  }
  values.push(walk.expr(at, at ? inBranch(branch, at) : branch, use));
  return { k: "either", of: values };
}

function unary(walk: Walk, node: Node, ctx: Context, use: Use): Expr {
  const argument = child(node, "argument");
  const operator = str(node, "operator");
  if (operator === "!") {
    condition(walk, argument, ctx);
    return UNKNOWN;
  }
  const value = walk.expr(argument, ctx, operator === "void" ? { discarded: use.discarded } : NO_USE);
  const number = numberOf(argument);
  // JSON has no negative zero: `-0` is kept as 0.
  if (operator === "-" && number !== undefined && value.k === "literal") return { k: "literal", value: 0 - number };
  if (operator === "void") return { k: "global", name: "undefined" };
  if (operator === "delete" && value.k === "member") {
    assign(walk, ctx, value, { k: "global", name: "undefined" }, spanOf(walk, node));
  }
  return UNKNOWN;
}

function update(walk: Walk, node: Node, ctx: Context): Expr {
  const target = walk.expr(child(node, "argument"), ctx);
  if (target.k === "var") touch(ctx, target.id, true, true);
  if (target.k === "var" || target.k === "member") {
    assign(walk, ctx, target, UNKNOWN, spanOf(walk, node), "other");
  }
  return UNKNOWN;
}

function assignment(walk: Walk, node: Node, ctx: Context): Expr {
  const left = child(node, "left");
  const right = child(node, "right");
  if (!left || !right) return UNKNOWN;
  const operator = str(node, "operator") ?? "=";
  const name = left.type === "Identifier" ? str(left, "name") : left.type === "MemberExpression" ? keyName(child(left, "property"), flag(left, "computed")) : undefined;
  const tags = mergeTags(ctx.tags);
  if (operator === "=") {
    const value = walk.expr(right, ctx, { name, tags });
    walk.bind(left, value, ctx);
    return value;
  }
  const target = walk.expr(left, ctx);
  if (target.k === "var") touch(ctx, target.id, true, true);
  if (operator === "??=" || operator === "||=" || operator === "&&=") {
    const asked = [{ expr: target, filledWhen: true }];
    guard(walk, ctx, { asked }, operator === "&&=", startOf(right), endOf(right));
    const value = walk.expr(right, inBranch(ctx, right), { name, tags });
    if (target.k === "var" || target.k === "member") {
      assign(walk, ctx, target, value, spanOf(walk, node), operator);
    }
    return { k: "either", of: [target, value] };
  }
  walk.expr(right, ctx);
  if (target.k === "var" || target.k === "member") {
    assign(walk, ctx, target, UNKNOWN, spanOf(walk, node), "other");
  }
  return UNKNOWN;
}

function member(walk: Walk, node: Node, ctx: Context): Expr {
  const of = walk.expr(child(node, "object"), ctx);
  const property = child(node, "property");
  const computed = flag(node, "computed");
  if (computed && property) {
    const key = walk.expr(property, ctx);
    if (key.k === "literal") return { k: "member", of, name: String(key.value) };
  }
  return { k: "member", of, name: keyName(property, computed) };
}

function functionExpression(walk: Walk, node: Node, ctx: Context, use: Use): Expr {
  const kind = node.type === "ArrowFunctionExpression" ? "arrow" : "function";
  const name = str(child(node, "id"), "name") ?? use.name ?? "";
  return { k: "fn", id: walk.fn(node, ctx, { name, kind, tags: mergeTags(use.tags, tagsAt(walk, node)), loopBody: use.loopBody }) };
}

function array(walk: Walk, node: Node, ctx: Context): Expr {
  const items: Expr[] = [];
  let spread = false;
  list(node, "elements").forEach((element, i) => {
    if (element?.type === "SpreadElement") {
      spread = true;
      const of = walk.expr(child(element, "argument"), ctx);
      if (i < MAX_ITEMS) items.push({ k: "member", of, name: "*" });
      return;
    }
    const value = element ? walk.expr(element, ctx) : UNKNOWN;
    if (i < MAX_ITEMS) items.push(value);
    else spread = true;
  });
  return { k: "array", items, spread };
}

function object(walk: Walk, node: Node, ctx: Context): Expr {
  const id = walk.objects++;
  const props: { name: string; value: Expr }[] = [];
  for (const property of nodes(node, "properties")) {
    if (property.type === "SpreadElement") {
      props.push({ name: "...", value: walk.expr(child(property, "argument"), ctx) });
      continue;
    }
    const computed = flag(property, "computed");
    const key = child(property, "key");
    const computedKey = computed ? walk.expr(key, ctx) : UNKNOWN;
    const name = computedKey.k === "literal" ? String(computedKey.value) : keyName(key, computed);
    const value = child(property, "value");
    const kind = str(property, "kind");
    const tags = tagsAt(walk, property);
    if (value && (flag(property, "method") || kind === "get" || kind === "set")) {
      const methodKind = kind === "get" ? "getter" : kind === "set" ? "setter" : "method";
      const fn = walk.fn(value, ctx, { name, kind: methodKind, object: id, tags });
      props.push({ name, value: { k: "fn", id: fn } });
    } else props.push({ name, value: walk.expr(value, ctx, { name, tags }) });
  }
  return { k: "object", id, props, span: spanOf(walk, node) };
}

