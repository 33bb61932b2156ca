import { child, keyName, nodes, startOf, str, type Node } from "./ast.js";
import { externalModule } from "./scope.js";
import type { ExportFact, Expr } from "./types.js";
import { addSpecifier, assign, mergeTags, spanOf, tagsAt, type Context, type Walk } from "./walk.js";

export function importDeclaration(walk: Walk, node: Node): void {
  addSpecifier(walk, str(child(node, "source"), "value"));
  for (const specifier of nodes(node, "specifiers")) {
    const local = child(specifier, "local");
    if (local) walk.bindings.idOf(local);
  }
}

/** `import x = require("m")`, and `import x = A.B`, which is an alias. */
export function importEquals(walk: Walk, node: Node, ctx: Context): void {
  const id = child(node, "id");
  const variable = id && walk.bindings.idOf(id);
  const specifier = externalModule(node);
  if (specifier !== undefined) addSpecifier(walk, specifier);
  const reference = child(node, "moduleReference");
  if (!id || variable === undefined) return;
  if (specifier === undefined && reference) {
    assign(walk, ctx, { k: "var", id: variable }, entity(walk, reference), spanOf(walk, id));
  }
  if (node.isExport === true) exported(walk, ctx, { k: "value", name: str(id, "name") ?? "", value: { k: "var", id: variable } }, id);
}

function entity(walk: Walk, node: Node): Expr {
  if (node.type === "TSQualifiedName") {
    const left = child(node, "left");
    return left ? { k: "member", of: entity(walk, left), name: str(child(node, "right"), "name") ?? "*" } : { k: "unknown" };
  }
  return reference(walk, node);
}

function reference(walk: Walk, node: Node): Expr {
  const id = walk.bindings.idOf(node);
  return id === undefined ? { k: "global", name: str(node, "name") ?? "" } : { k: "var", id };
}

/** Inside a `namespace`, an export is a property of the namespace. */
function exported(walk: Walk, ctx: Context, fact: ExportFact, at: Node): void {
  if (!ctx.namespace) walk.facts.exports.push(fact);
  else if (fact.k === "value" && ctx.namespace.k === "var") {
    assign(walk, ctx, { k: "member", of: ctx.namespace, name: fact.name }, fact.value, spanOf(walk, at));
  }
}

export function exportNamed(walk: Walk, node: Node, ctx: Context): void {
  const source = str(child(node, "source"), "value");
  const typeOnly = str(node, "exportKind") === "type";
  const declaration = child(node, "declaration");
  if (declaration) {
    // The statement's comment is the declaration's as well.
    const tags = mergeTags(ctx.tags, tagsAt(walk, declaration));
    if (tags) walkTagged(walk, declaration, ctx, tags);
    else walk.statement(declaration, ctx);
    for (const id of declaredNames(declaration)) {
      const name = str(id, "name") ?? "";
      const isType = typeOnly || TYPES.has(declaration.type);
      exported(walk, ctx, { k: "value", name, value: reference(walk, id), ...(isType && { typeOnly: true }) }, id);
    }
    return;
  }
  addSpecifier(walk, source);
  for (const specifier of nodes(node, "specifiers")) {
    const local = child(specifier, "local");
    if (!local) continue;
    const name = keyName(child(specifier, "exported"), false);
    const only = (typeOnly || str(specifier, "exportKind") === "type") && { typeOnly: true };
    if (source !== undefined) exported(walk, ctx, { k: "from", name, specifier: source, imported: keyName(local, false), ...only }, specifier);
    else exported(walk, ctx, { k: "value", name, value: reference(walk, local), ...only }, specifier);
  }
}

const TYPES = new Set(["TSInterfaceDeclaration", "TSTypeAliasDeclaration"]);

/** A node's tags are looked up at its start: what stands before `export` is moved to what is exported. */
function walkTagged(walk: Walk, declaration: Node, ctx: Context, tags: string[]): void {
  walk.tags.set(startOf(declaration), tags);
  walk.statement(declaration, ctx);
}

function declaredNames(declaration: Node): Node[] {
  if (declaration.type !== "VariableDeclaration") {
    const id = child(declaration, "id");
    return id?.type === "Identifier" ? [id] : [];
  }
  return nodes(declaration, "declarations").flatMap((declarator) => patternNames(child(declarator, "id")));
}

function patternNames(pattern: Node | undefined): Node[] {
  switch (pattern?.type) {
    case "Identifier":
      return [pattern];
    case "ObjectPattern":
      return nodes(pattern, "properties").flatMap((p) => patternNames(child(p, p.type === "RestElement" ? "argument" : "value")));
    case "ArrayPattern":
      return nodes(pattern, "elements").flatMap(patternNames);
    case "AssignmentPattern":
      return patternNames(child(pattern, "left"));
    case "RestElement":
      return patternNames(child(pattern, "argument"));
    default:
      return [];
  }
}

export function exportDefault(walk: Walk, node: Node, ctx: Context): void {
  const declaration = child(node, "declaration");
  if (!declaration) return;
  const tags = mergeTags(ctx.tags, tagsAt(walk, declaration));
  const id = child(declaration, "id");
  const typeOnly = declaration.type === "TSInterfaceDeclaration" && { typeOnly: true };
  if (id && /Declaration$|^TSDeclareFunction$/.test(declaration.type)) {
    if (tags) walkTagged(walk, declaration, ctx, tags);
    else walk.statement(declaration, ctx);
    exported(walk, ctx, { k: "value", name: "default", value: reference(walk, id), ...typeOnly }, node);
    return;
  }
  exported(walk, ctx, { k: "value", name: "default", value: defaultValue(walk, declaration, ctx, tags) }, node);
}

function defaultValue(walk: Walk, declaration: Node, ctx: Context, tags: string[] | undefined): Expr {
  if (declaration.type === "FunctionDeclaration") return { k: "fn", id: walk.fn(declaration, ctx, { name: "default", kind: "function", tags }) };
  if (declaration.type === "ClassDeclaration") return { k: "class", id: walk.cls(declaration, ctx, { name: "default" }) };
  if (declaration.type === "TSDeclareFunction") return { k: "unknown" };
  return walk.expr(declaration, ctx, { name: "default", tags });
}

export function exportAll(walk: Walk, node: Node, ctx: Context): void {
  const specifier = str(child(node, "source"), "value") ?? "";
  addSpecifier(walk, specifier);
  const name = child(node, "exported");
  const only = str(node, "exportKind") === "type" && { typeOnly: true };
  exported(walk, ctx, name ? { k: "from", name: keyName(name, false), specifier, imported: "*", ...only } : { k: "star", specifier }, node);
}

export function exportEquals(walk: Walk, node: Node, ctx: Context): void {
  const value = walk.expr(child(node, "expression"), ctx);
  exported(walk, ctx, { k: "value", name: "=", value }, node);
}

/** `module.exports = v`, `module.exports.x = v`, `exports.x = v`: read from the assignments once they are all known. */
export function commonJsExports(walk: Walk): void {
  for (const { target, value } of walk.facts.assigns) {
    if (target.k !== "member") continue;
    if (isModuleExports(target)) walk.facts.exports.push({ k: "value", name: "=", value });
    else if (target.name !== "*" && (isModuleExports(target.of) || isGlobal(target.of, "exports"))) {
      walk.facts.exports.push({ k: "value", name: target.name, value });
    }
  }
  compiledStars(walk);
}

/** `__exportStar(require("m"), exports)`: what TypeScript makes of `export *`. */
function compiledStars(walk: Walk): void {
  for (const { callee, args } of walk.facts.calls) {
    const [from, to] = args;
    const name = callee.k === "var" ? walk.bindings.facts[callee.id]?.name : callee.k === "member" || callee.k === "global" ? callee.name : "";
    if (name === "__exportStar" && from?.k === "module" && to && isGlobal(to, "exports")) walk.facts.exports.push({ k: "star", specifier: from.specifier });
  }
}

function isModuleExports(expr: Expr): boolean {
  return expr.k === "member" && expr.name === "exports" && isGlobal(expr.of, "module");
}

function isGlobal(expr: Expr, name: string): boolean {
  return expr.k === "global" && expr.name === name;
}
