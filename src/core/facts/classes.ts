import { child, endOf, flag, keyName, nodes, startOf, str, type Node } from "./ast.js";
import { openFunction, signatureType } from "./functions.js";
import { annotation, constraints, typeRef } from "./types-refs.js";
import type { ClassFact, ClassId, Expr, FunctionId } from "./types.js";
import { assign, mergeTags, spanOf, tagsAt, UNKNOWN, type Context, type Use, type Walk } from "./walk.js";

const FIELDS = new Set(["PropertyDefinition", "AccessorProperty", "TSAbstractPropertyDefinition", "TSAbstractAccessorProperty"]);
const METHODS = new Set(["MethodDefinition", "TSAbstractMethodDefinition"]);

export function visitClass(walk: Walk, node: Node, ctx: Context, use: Use): ClassId {
  const id = walk.facts.classes.length;
  const fact: ClassFact = {
    id,
    name: str(child(node, "id"), "name") ?? use.name ?? "",
    fn: ctx.fn,
    implements: [],
    members: [],
    decorators: [],
    span: spanOf(walk, node),
  };
  walk.facts.classes.push(fact);
  fact.decorators = decorators(walk, node, ctx);
  constraints(walk, node, ctx);
  const parent = child(node, "superClass");
  if (parent) fact.superClass = walk.expr(parent, ctx);
  fact.implements = nodes(node, "implements").map((type) => typeRef(walk, type, ctx));

  const body = child(node, "body");
  const members = body ? nodes(body, "body") : [];
  const constructor = constructorOf(walk, node, members, ctx, fact);
  for (const member of members) {
    if (METHODS.has(member.type)) method(walk, member, ctx, fact, constructor);
    else if (FIELDS.has(member.type)) field(walk, member, ctx, fact, constructor);
    else if (member.type === "StaticBlock") {
      walk.fn(member, ctx, { name: "static", kind: "static-block", class: id, static: true, tags: tagsAt(walk, member) });
    }
  }
  return id;
}

/**
 * The function in which instance fields get their values: the constructor as written, or one of our own without
 * parameters and with an empty body when the class has initialisers but no constructor.
 */
function constructorOf(walk: Walk, node: Node, members: readonly Node[], ctx: Context, fact: ClassFact): FunctionId | undefined {
  const written = members.find((member) => METHODS.has(member.type) && str(member, "kind") === "constructor" && hasBody(member));
  const initialised = members.some((member) => FIELDS.has(member.type) && !flag(member, "static") && child(member, "value"));
  if (!written && !initialised) return undefined;
  const value = written && child(written, "value");
  if (value) {
    const id = openFunction(walk, value, ctx, { name: "constructor", kind: "constructor", class: fact.id }).id;
    walk.bindings.functionIds.set(value, id);
    return id;
  }
  const implicit = openFunction(walk, node, ctx, { name: "constructor", kind: "constructor", class: fact.id });
  implicit.async = false;
  implicit.generator = false;
  const start = startOf(child(node, "body") ?? node);
  implicit.span = walk.lines.span(start, start);
  implicit.body = implicit.span;
  fact.members.push({ name: "constructor", static: false, kind: "constructor", fn: implicit.id });
  return implicit.id;
}

function hasBody(member: Node): boolean {
  const value = child(member, "value");
  return value !== undefined && child(value, "body") !== undefined;
}

function method(walk: Walk, member: Node, ctx: Context, fact: ClassFact, constructor: FunctionId | undefined): void {
  const name = memberName(walk, member, ctx);
  const value = child(member, "value");
  const isStatic = flag(member, "static");
  const found = decorators(walk, member, ctx);
  const kind = kindOf(member);
  const entry: ClassFact["members"][number] = { name, static: isStatic, kind };
  if (found.length > 0) entry.decorators = found;
  if (!value || !hasBody(member)) {
    // An overload says nothing that its implementation does not; an abstract method's type is all there is.
    if (member.type !== "TSAbstractMethodDefinition") return;
    entry.type = kind === "getter" ? annotation(walk, value, ctx, "returnType") : signatureType(walk, value, ctx);
  } else {
    const tags = mergeTags(tagsAt(walk, member), tagsAt(walk, nodes(member, "decorators")[0]), tagsAfterDecorators(walk, member));
    const id = kind === "constructor" ? constructor : undefined;
    entry.fn = walk.fn(value, ctx, { name, kind, class: fact.id, static: isStatic, decorators: entry.decorators, tags, id });
    entry.type = kind === "getter" ? walk.facts.functions[entry.fn]?.returnType : undefined;
  }
  fact.members.push(entry);
}

function kindOf(member: Node): "method" | "getter" | "setter" | "constructor" {
  const kind = str(member, "kind");
  if (kind === "get") return "getter";
  if (kind === "set") return "setter";
  return kind === "constructor" ? kind : "method";
}

function field(walk: Walk, member: Node, ctx: Context, fact: ClassFact, constructor: FunctionId | undefined): void {
  const name = memberName(walk, member, ctx);
  const isStatic = flag(member, "static");
  const found = decorators(walk, member, ctx);
  const entry: ClassFact["members"][number] = { name, static: isStatic, kind: "field", type: annotation(walk, member, ctx) };
  if (found.length > 0) entry.decorators = found;
  const value = child(member, "value");
  if (value) {
    const self: Expr = isStatic || constructor === undefined ? { k: "class", id: fact.id } : { k: "this", fn: constructor };
    const inside: Context = isStatic || constructor === undefined
      ? { ...ctx, self, parentClass: fact.superClass ?? UNKNOWN, tags: undefined }
      : { fn: constructor, self, parentClass: { k: "super", fn: constructor }, loops: ctx.loops, conditional: false, branch: -1, branchEnd: -1, blockEnd: endOf(member) };
    const tags = mergeTags(tagsAt(walk, member), tagsAt(walk, nodes(member, "decorators")[0]), tagsAfterDecorators(walk, member));
    entry.value = walk.expr(value, inside, { name, tags });
    assign(walk, inside, { k: "member", of: self, name }, entry.value, spanOf(walk, member));
  }
  fact.members.push(entry);
}

function memberName(walk: Walk, member: Node, ctx: Context): string {
  const computed = flag(member, "computed");
  const key = child(member, "key");
  const value = computed ? walk.expr(key, ctx) : UNKNOWN;
  return value.k === "literal" ? String(value.value) : keyName(key, computed);
}

function decorators(walk: Walk, node: Node, ctx: Context): Expr[] {
  return nodes(node, "decorators").map((decorator) => walk.expr(child(decorator, "expression"), ctx));
}

/** A comment may stand between the decorators and the name. */
function tagsAfterDecorators(walk: Walk, member: Node): readonly string[] | undefined {
  return nodes(member, "decorators").length > 0 ? tagsAt(walk, child(member, "key")) : undefined;
}
