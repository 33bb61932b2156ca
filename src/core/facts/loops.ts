import { child, eachChild, endOf, isInlineFunction, methodOf, nodes, startOf, str, unwrap, type Node } from "./ast.js";
import { arrayLength, countingBound, overBound } from "./bounds.js";
import { condition } from "./conditions.js";
import { takesOneValue } from "./containers.js";
import { symbolOf } from "./symbols.js";
import type { CallFact, CallId, Expr, LoopBound, LoopFact } from "./types.js";
import { inLoops, spanOf, UNKNOWN, type Context, type Jump, type OpenLoop, type Walk } from "./walk.js";

const LOOPS = new Set(["ForStatement", "ForOfStatement", "ForInStatement", "WhileStatement", "DoWhileStatement"]);

export function isLoop(node: Node): boolean {
  return LOOPS.has(node.type);
}

function open(walk: Walk, node: Node, body: Node, ctx: Context, kind: LoopFact["kind"], bound: LoopBound): OpenLoop {
  const fact: LoopFact = {
    id: walk.facts.loops.length,
    fn: ctx.fn,
    kind,
    parent: ctx.loop,
    bound,
    span: spanOf(walk, node),
    body: spanOf(walk, body),
    writesOuter: [],
    hasBreak: false,
    hasReturn: false,
    hasAwait: false,
  };
  walk.facts.loops.push(fact);
  const loop: OpenLoop = { fact, start: startOf(node), end: endOf(node), bodyFn: ctx.fn, writes: new Set(), reads: new Set(), up: ctx.loops };
  walk.openLoops.push(loop);
  return loop;
}

/** Where the loop's body and test stand. */
function inside(ctx: Context, loop: OpenLoop, labels: readonly string[]): Context {
  const jump: Jump = { kind: "loop", labels, loop, up: ctx.jumps };
  return { ...ctx, loop: loop.fact.id, loops: loop, jumps: jump, tags: undefined };
}

export function visitLoop(walk: Walk, node: Node, ctx: Context, labels: readonly string[]): void {
  const body = child(node, "body");
  if (!body) return;
  if (node.type === "ForOfStatement" || node.type === "ForInStatement") return visitForEach(walk, node, body, ctx, labels);
  if (node.type === "ForStatement") return visitFor(walk, node, body, ctx, labels);
  const loop = open(walk, node, body, ctx, node.type === "WhileStatement" ? "while" : "do", { k: "while", exits: false });
  const turn = inside(ctx, loop, labels);
  condition(walk, child(node, "test"), turn);
  walk.statement(body, turn);
  exits(loop.fact);
}

function exits(fact: LoopFact): void {
  if (fact.bound.k === "while") fact.bound = { k: "while", exits: fact.hasBreak || fact.hasReturn };
}

function visitForEach(walk: Walk, node: Node, body: Node, ctx: Context, labels: readonly string[]): void {
  const right = child(node, "right");
  const isAwait = node.await === true;
  const over = walk.expr(right, ctx, { awaited: isAwait });
  const kind = node.type === "ForInStatement" ? "for-in" : isAwait ? "for-await" : "for-of";
  const loop = open(walk, node, body, ctx, kind, overBound(right, over));
  if (kind === "for-in") loop.fact.bound = { k: "over", over, symbol: symbolOf(right) };
  if (isAwait) {
    walk.facts.awaits.push({ fn: ctx.fn, of: over, span: spanOf(walk, right ?? node), loop: ctx.loop });
    loop.fact.hasAwait = true;
    inLoops(ctx, (outer) => {
      outer.fact.hasAwait = true;
    });
  }
  const turn = inside(ctx, loop, labels);
  const left = child(node, "left");
  const target = left?.type === "VariableDeclaration" ? child(nodes(left, "declarations")[0] ?? left, "id") : left;
  const item: Expr = kind === "for-in" || over.k === "array" || over.k === "object" ? UNKNOWN : { k: "member", of: over, name: "*" };
  // The loop's own variable is new each turn: it carries nothing over, even when it is declared outside.
  if (target) walk.bind(target, over.k === "array" && kind !== "for-in" ? either(over.items) : item, { ...turn, loops: ctx.loops });
  walk.statement(body, turn);
}

function either(items: Expr[]): Expr {
  return items.length === 1 && items[0] ? items[0] : { k: "either", of: items };
}

function visitFor(walk: Walk, node: Node, body: Node, ctx: Context, labels: readonly string[]): void {
  const init = child(node, "init");
  const test = child(node, "test");
  const update = child(node, "update");
  const firstCall = walk.facts.calls.length;
  if (init) walk.statement(init, ctx);
  const loop = open(walk, node, body, ctx, "for", { k: "while", exits: false });
  const turn = inside(ctx, loop, labels);
  const head = { ...turn, loops: ctx.loops };
  condition(walk, test, head);
  walk.expr(update, head);
  const valueOf = (part: Node): Expr => walkedValue(walk, part, ctx, firstCall);
  const bound = countingBound({
    init,
    test,
    update,
    valueOf,
    constantOf: (value) => (value.k === "var" ? walk.constants.get(value.id) : undefined),
  });
  if (bound) loop.fact.bound = bound;
  walk.statement(body, turn);
  exits(loop.fact);
}

/** The value of an expression that the walk has passed already: nothing may be noted twice. */
function walkedValue(walk: Walk, part: Node, ctx: Context, firstCall: CallId): Expr {
  if (isSimple(part)) return walk.expr(part, { ...ctx, loops: undefined });
  const inner = unwrap(part);
  const awaited = inner.type === "AwaitExpression" ? child(inner, "argument") : undefined;
  if (awaited) return { k: "await", of: walkedValue(walk, awaited, ctx, firstCall) };
  if (inner.type !== "CallExpression") return UNKNOWN;
  const [start, end] = [startOf(inner), endOf(inner)];
  const call = walk.facts.calls.slice(firstCall).find(({ span }) => span.start === start && span.end === end);
  return call ? { k: "call", id: call.id } : UNKNOWN;
}

/** An expression that can be walked again without leaving a trace: no call, no function stands in it. */
function isSimple(node: Node): boolean {
  const inner = unwrap(node);
  if (inner.type === "Identifier" || inner.type === "Literal" || inner.type === "ThisExpression") return true;
  if (inner.type !== "MemberExpression") return false;
  let simple = true;
  eachChild(inner, (part) => {
    simple &&= part.type === "PrivateIdentifier" || isSimple(part);
  });
  return simple;
}

/** Array methods that call back for each item, in place or by name. */
const EACH = new Set(["forEach", "map", "flatMap", "filter", "some", "every", "reduce", "reduceRight"]);
/** Those whose names mean other things as well (`repository.find(options)`): only with a function written in place. */
const EACH_INLINE = new Set(["find", "findIndex", "findLast", "findLastIndex", "partition", "groupBy"]);
const BY_NAME = new Set(["Identifier", "MemberExpression"]);

export interface CallbackLoop {
  open: OpenLoop;
  /** Which argument is the body. */
  callback: number;
  finish: () => void;
}

/** The loop that a call makes: `items.forEach(…)`, `Array.from(items, …)`, `_.map(items, …)`. */
export function callbackLoop(walk: Walk, node: Node, args: readonly Node[], call: CallFact, ctx: Context): CallbackLoop | undefined {
  const method = call.kind === "call" ? methodOf(node) : undefined;
  if (!method) return undefined;
  const { name, receiver } = method;
  const arrayFrom = name === "from" && str(unwrap(receiver), "name") === "Array" && args.length > 1;
  const byArgument = arrayFrom || (EACH.has(name) && !isInlineFunction(args[0]) && isInlineFunction(args[1]));
  const callback = byArgument ? 1 : 0;
  const fn = args[callback];
  if (!fn) return undefined;
  const inline = isInlineFunction(fn);
  if (takesOneValue(walk.bindings.facts, call.callee, name, byArgument)) return undefined;
  if (!byArgument && !(inline ? EACH.has(name) || EACH_INLINE.has(name) : EACH.has(name) && BY_NAME.has(unwrap(fn).type))) return undefined;

  const source = byArgument ? args[0] : receiver;
  const body = inline ? (child(unwrap(fn), "body") ?? fn) : fn;
  const firstCall = walk.facts.calls.length;
  const opened = open(walk, node, body, ctx, "callback", { k: "while", exits: false });
  opened.bodyFn = -1;
  opened.fact.call = call.id;
  opened.fact.method = name;
  return {
    open: opened,
    callback,
    finish: () => {
      const over = byArgument ? (call.args[0] ?? UNKNOWN) : call.callee.k === "member" ? call.callee.of : UNKNOWN;
      const length = source && arrayLength(source);
      const bound = overBound(source, over);
      opened.fact.bound = length && bound.k === "over" ? { k: "count", limit: walkedValue(walk, length, ctx, firstCall), symbol: symbolOf(length) } : bound;
    },
  };
}
