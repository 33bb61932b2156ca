import { child, nodes, str, stringOf, unwrap, type Node } from "./ast.js";
import { callbackLoop } from "./loops.js";
import { template } from "./text.js";
import { callTypeArguments } from "./types-refs.js";
import type { CallFact, Expr } from "./types.js";
import { addSpecifier, mergeTags, spanOf, tagsAt, UNKNOWN, type Context, type OpenLoop, type Use, type Walk } from "./walk.js";

export function callExpression(walk: Walk, node: Node, ctx: Context, use: Use): Expr {
  const tag = node.type === "TaggedTemplateExpression";
  const callee = child(node, tag ? "tag" : "callee");
  const required = !tag && callee ? requiredModule(walk, node, callee) : undefined;
  if (required) return required;

  const fact: CallFact = {
    id: walk.facts.calls.length,
    fn: ctx.fn,
    kind: tag ? "tag" : node.type === "NewExpression" ? "new" : "call",
    callee: UNKNOWN,
    args: [],
    typeArgs: callTypeArguments(walk, node, ctx),
    argSpans: [],
    span: spanOf(walk, node),
    calleeSpan: spanOf(walk, callee ?? node),
    loop: ctx.loop,
    awaited: use.awaited === true,
    discarded: use.discarded === true,
    conditional: ctx.conditional,
    branchEnd: ctx.conditional && use.awaited === true && use.discarded === true && walk.text[ctx.branch] === "{" ? ctx.blockEnd : undefined,
    everyTurn: ctx.conditional && ctx.loops !== undefined && ctx.loops.fact.id === ctx.loop && ctx.branch < ctx.loops.start ? true : undefined,
    tries: ctx.tries && ctx.tries.length > 0 ? [...ctx.tries] : undefined,
    handler: ctx.handler,
    using: use.using,
    tags: mergeTags(ctx.tags, tagsAt(walk, node)),
  };
  walk.facts.calls.push(fact);
  fact.callee = walk.expr(callee, ctx);
  if (fact.callee.k === "fn") walk.inPlace.set(fact.callee.id, ctx.fn);

  if (tag) {
    const quasi = child(node, "quasi");
    if (quasi) templateArguments(walk, quasi, ctx, fact);
    return { k: "call", id: fact.id };
  }
  const args = nodes(node, "arguments");
  const loop = callbackLoop(walk, node, args, fact, ctx);
  args.forEach((arg, i) => {
    fact.argSpans.push(spanOf(walk, arg));
    fact.args.push(argument(walk, arg, ctx, fact, loop?.callback === i ? loop.open : undefined));
  });
  if (loop) loop.finish();
  return { k: "call", id: fact.id };
}

function argument(walk: Walk, arg: Node, ctx: Context, call: CallFact, loopBody: OpenLoop | undefined): Expr {
  if (arg.type === "SpreadElement") {
    call.spread = true;
    walk.expr(child(arg, "argument"), ctx);
    return UNKNOWN;
  }
  const value = walk.expr(arg, ctx, loopBody ? { loopBody } : {});
  if (value.k === "fn" && runsItsCallback(call)) {
    walk.inPlace.set(value.id, ctx.fn);
    const method = call.callee.k === "member" ? call.callee.name : "";
    if (method === "catch" || (method === "then" && call.args.length === 1)) walk.rescues.add(value.id);
  }
  return value;
}

/** Calls that run the function they are given exactly once, as part of the expression they stand in. */
function runsItsCallback(call: CallFact): boolean {
  const { callee } = call;
  if (call.kind === "new") return callee.k === "global" && callee.name === "Promise";
  return callee.k === "member" && (callee.name === "then" || callee.name === "catch" || callee.name === "finally");
}

function templateArguments(walk: Walk, quasi: Node, ctx: Context, call: CallFact): void {
  const { value, holes } = template(walk, quasi, ctx);
  call.args.push(value, ...holes);
  call.argSpans.push(spanOf(walk, quasi), ...nodes(quasi, "expressions").map((hole) => spanOf(walk, hole)));
}

/** `require("m")`, `createRequire(import.meta.url)("m")`, `process.getBuiltinModule("m")`: the module itself. */
function requiredModule(walk: Walk, node: Node, callee: Node): Expr | undefined {
  if (node.type !== "CallExpression" || !isRequire(walk, unwrap(callee))) return undefined;
  const specifier = stringOf(nodes(node, "arguments")[0]);
  if (specifier === undefined) return undefined;
  addSpecifier(walk, specifier);
  return { k: "module", specifier };
}

/** Node's `require`, a global or made by `createRequire`, or what it has beside it for its own modules. */
function isRequire(walk: Walk, callee: Node): boolean {
  if (callee.type === "Identifier") {
    const id = walk.bindings.idOf(callee);
    return id === undefined ? str(callee, "name") === "require" : walk.requires.has(id);
  }
  if (callee.type === "CallExpression") return lastName(child(callee, "callee")) === "createRequire";
  return callee.type === "MemberExpression" && lastName(callee) === "getBuiltinModule" && lastName(child(callee, "object")) === "process";
}

function lastName(node: Node | undefined): string | undefined {
  const value = node && unwrap(node);
  if (value?.type === "Identifier") return str(value, "name");
  return value?.type === "MemberExpression" ? lastName(child(value, "property")) : undefined;
}

/** `import("m")`. */
export function importExpression(walk: Walk, node: Node, ctx: Context): Expr {
  const source = child(node, "source");
  const value = walk.expr(source, ctx);
  if (value.k !== "literal" || typeof value.value !== "string") return UNKNOWN;
  addSpecifier(walk, value.value);
  return { k: "module", specifier: value.value };
}
