import { child, endOf, nodes, startOf, str, type Node } from "./ast.js";
import { annotation, constraints } from "./types-refs.js";
import type { FunctionFact, FunctionId, ParamFact, TypeRef } from "./types.js";
import { assign, inBranch, mergeTags, spanOf, type Context, type FunctionPlace, type Walk } from "./walk.js";

/** Walks a function (or static block) and returns its id. */
export function visitFunction(walk: Walk, node: Node, ctx: Context, place: FunctionPlace): FunctionId {
  const fact = openFunction(walk, node, ctx, place);
  const { id } = fact;
  walk.bindings.functionIds.set(node, id);
  if (place.loopBody) place.loopBody.bodyFn = id;
  const arrow = place.kind === "arrow";
  const inside: Context = {
    fn: id,
    self: arrow ? ctx.self : { k: "this", fn: id },
    parentClass: arrow ? ctx.parentClass : { k: "super", fn: id },
    loops: place.loopBody ?? ctx.loops,
    conditional: false,
    branch: -1,
    branchEnd: -1,
    blockEnd: endOf(node),
  };
  constraints(walk, node, inside);
  for (const param of nodes(node, "params")) {
    const bound = visitParam(walk, param, inside);
    if (bound) fact.params.push(bound);
  }
  fact.returnType = annotation(walk, node, ctx, "returnType");

  const block = node.type === "StaticBlock" ? node : child(node, "body");
  if (!block) return id;
  if (block.type === "BlockStatement" || block.type === "StaticBlock") {
    const end = endOf(block) - 1;
    fact.body = walk.lines.span(bodyStart(walk, block), end);
    const body = nodes(block, "body");
    const directives = body.flatMap((statement) => str(statement, "directive") ?? []);
    fact.tags = mergeTags(fact.tags, directives);
    walk.statements(body, inside, end);
  } else {
    fact.body = spanOf(walk, block);
    fact.returns.push(walk.expr(block, inside));
  }
  return id;
}

function bodyStart(walk: Walk, block: Node): number {
  // A static block's range starts at `static`.
  return block.type === "StaticBlock" ? walk.text.indexOf("{", startOf(block)) + 1 : startOf(block) + 1;
}

/** Adds the function's fact, before anything in it is walked. */
export function openFunction(walk: Walk, node: Node, ctx: Context, place: FunctionPlace): FunctionFact {
  const span = spanOf(walk, node);
  const fact: FunctionFact = {
    id: place.id ?? walk.facts.functions.length,
    name: place.name,
    kind: place.kind,
    parent: ctx.fn,
    class: place.class,
    static: place.static,
    object: place.object,
    params: [],
    returns: [],
    async: node.async === true,
    generator: node.generator === true,
    span,
    body: span,
    decorators: place.decorators,
    loopBody: place.loopBody?.fact.id,
    tags: mergeTags(place.tags),
  };
  walk.facts.functions[fact.id] = fact;
  return fact;
}

function visitParam(walk: Walk, param: Node, ctx: Context): ParamFact | undefined {
  const decorators = nodes(param, "decorators").map((decorator) => walk.expr(child(decorator, "expression"), ctx));
  const property = param.type === "TSParameterProperty";
  let inner = property ? (child(param, "parameter") ?? param) : param;
  const rest = inner.type === "RestElement";
  if (rest) inner = child(inner, "argument") ?? inner;
  const fallback = inner.type === "AssignmentPattern" ? child(inner, "right") : undefined;
  const target = fallback ? (child(inner, "left") ?? inner) : inner;
  // A declared `this` is a type for the compiler, no parameter.
  if (target.type === "Identifier" && str(target, "name") === "this") return undefined;

  const type = annotation(walk, target, ctx) ?? annotation(walk, param, ctx) ?? annotation(walk, inner, ctx);
  const variable = (target.type === "Identifier" ? walk.bindings.idOf(target) : undefined) ?? walk.bindings.implicit(ctx.fn, type && { type });
  const fact = walk.bindings.facts[variable];
  if (fact && type) fact.type ??= type;
  if (fallback) {
    const value = walk.expr(fallback, inBranch(ctx, fallback), { name: str(target, "name") });
    assign(walk, ctx, { k: "var", id: variable }, value, spanOf(walk, target));
  }
  if (target.type !== "Identifier") walk.bind(untyped(target), { k: "var", id: variable }, ctx);
  const bound: ParamFact = { variable, type };
  if (rest) bound.rest = true;
  if (property) bound.property = str(target, "name");
  if (decorators.length > 0) bound.decorators = decorators;
  return bound;
}

/** The pattern without its type: the parameter's own variable carries it already. */
function untyped(pattern: Node): Node {
  return pattern.typeAnnotation ? { ...pattern, typeAnnotation: undefined } : pattern;
}

/** A function that has a type but no body here: an overload, an abstract method, `declare function`. */
export function signatureType(walk: Walk, node: Node | undefined, ctx: Context): TypeRef | undefined {
  const returns = annotation(walk, node, ctx, "returnType");
  return returns && { k: "function", returns };
}

