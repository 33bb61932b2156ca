import { child, eachChild, endOf, nodes, startOf, str, stringOf, type Node } from "./ast.js";
import { condition, guard } from "./conditions.js";
import { signatureType } from "./functions.js";
import { isLoop, visitLoop } from "./loops.js";
import { exportAll, exportDefault, exportEquals, exportNamed, importDeclaration, importEquals } from "./modules.js";
import { annotation, constraints, members, typeRef } from "./types-refs.js";
import type { Expr } from "./types.js";
import { assign, inBranch, inLoops, mergeTags, spanOf, tagsAt, UNKNOWN, type Context, type Walk } from "./walk.js";

type Visitor = (walk: Walk, node: Node, ctx: Context) => void;

const VISITORS: Record<string, Visitor> = {
  VariableDeclaration: variables,
  FunctionDeclaration: functionDeclaration,
  TSDeclareFunction: (walk, node, ctx) => {
    const type = signatureType(walk, node, ctx);
    const id = child(node, "id");
    const variable = id && walk.bindings.idOf(id);
    const fact = variable === undefined ? undefined : walk.bindings.facts[variable];
    if (fact && type) fact.type ??= type;
  },
  ClassDeclaration: (walk, node, ctx) => {
    const id = child(node, "id");
    const value: Expr = { k: "class", id: walk.cls(node, ctx, {}) };
    declare(walk, id, value, ctx);
  },
  ExpressionStatement: (walk, node, ctx) => {
    walk.expr(child(node, "expression"), ctx, { discarded: true });
  },
  BlockStatement: (walk, node, ctx) => walk.statements(nodes(node, "body"), ctx, endOf(node)),
  IfStatement: ifStatement,
  SwitchStatement: switchStatement,
  TryStatement: tryStatement,
  ReturnStatement: (walk, node, ctx) => {
    const argument = child(node, "argument");
    inLoops(ctx, (loop) => {
      if (loop.fact.kind !== "callback") loop.fact.hasReturn = true;
    });
    walk.facts.exits.push({ fn: ctx.fn, span: spanOf(walk, node), ...(ctx.loop !== undefined && { loop: ctx.loop }), ...(ctx.branch >= 0 && { branch: ctx.branch }) });
    if (argument) walk.facts.functions[ctx.fn]?.returns.push(walk.expr(argument, ctx));
  },
  ThrowStatement: (walk, node, ctx) => {
    walk.facts.throws.push({ fn: ctx.fn, span: spanOf(walk, node), loop: ctx.loop, tries: ctx.tries && [...ctx.tries] });
    walk.expr(child(node, "argument"), ctx);
  },
  BreakStatement: (_walk, node, ctx) => jump(ctx, str(child(node, "label"), "name"), false),
  ContinueStatement: (_walk, node, ctx) => jump(ctx, str(child(node, "label"), "name"), true),
  LabeledStatement: (walk, node, ctx) => labeled(walk, node, ctx, []),
  ImportDeclaration: importDeclaration,
  ExportNamedDeclaration: exportNamed,
  ExportDefaultDeclaration: exportDefault,
  ExportAllDeclaration: exportAll,
  TSExportAssignment: exportEquals,
  TSImportEqualsDeclaration: importEquals,
  TSInterfaceDeclaration: (walk, node, ctx) => {
    const variable = typeVariable(walk, node);
    const body = child(node, "body");
    if (variable === undefined || !body) return;
    const name = str(child(node, "id"), "name") ?? "";
    constraints(walk, node, ctx);
    walk.facts.types.push({
      name,
      variable,
      extends: nodes(node, "extends").map((type) => typeRef(walk, type, ctx)),
      type: { k: "object", props: members(walk, nodes(body, "body"), ctx) },
      ...(ctx.ambient && { augments: { module: ctx.ambient.module, path: [...ctx.ambient.path, name] } }),
    });
  },
  TSTypeAliasDeclaration: (walk, node, ctx) => {
    const variable = typeVariable(walk, node);
    constraints(walk, node, ctx);
    const type = annotation(walk, node, ctx) ?? { k: "other" };
    const name = str(child(node, "id"), "name") ?? "";
    if (variable !== undefined) walk.facts.types.push({ name, variable, extends: [], type, ...(ctx.ambient && { augments: { module: ctx.ambient.module, path: [...ctx.ambient.path, name] } }) });
  },
  TSEnumDeclaration: enumDeclaration,
  TSModuleDeclaration: namespaceDeclaration,
};

export function visitStatement(walk: Walk, node: Node, ctx: Context): void {
  const visitor = VISITORS[node.type];
  if (visitor || isLoop(node)) {
    const tags = tagsAt(walk, node);
    const tagged = tags || ctx.tags ? { ...ctx, tags } : ctx;
    if (visitor) visitor(walk, node, tagged);
    else visitLoop(walk, node, tagged, []);
  } else if (/(?:Statement|Declaration|Block)$/.test(node.type)) eachChild(node, (part) => walk.statement(part, ctx));
  else walk.expr(node, ctx);
}

export function visitStatements(walk: Walk, body: readonly Node[], ctx: Context, end: number): void {
  const inside = { ...ctx, blockEnd: end };
  for (const node of body) walk.statement(node, inside);
}

function typeVariable(walk: Walk, node: Node): number | undefined {
  const id = child(node, "id");
  return id && walk.bindings.idOf(id);
}

function variables(walk: Walk, node: Node, ctx: Context): void {
  const using = (str(node, "kind") ?? "").includes("using") ? true : undefined;
  for (const declarator of nodes(node, "declarations")) {
    const id = child(declarator, "id");
    const init = child(declarator, "init");
    if (!id) continue;
    if (init) {
      if (str(node, "kind") === "const") walk.stages.note(id, init);
      const value = walk.expr(init, ctx, { name: str(id, "name"), using, tags: ctx.tags });
      walk.bind(id, value, ctx);
      continue;
    }
    const variable = id.type === "Identifier" ? walk.bindings.idOf(id) : undefined;
    const fact = variable === undefined ? undefined : walk.bindings.facts[variable];
    const type = annotation(walk, id, ctx);
    if (fact && type) fact.type ??= type;
  }
}

/** A function's or class's name gets its value like any other variable. */
function declare(walk: Walk, id: Node | undefined, value: Expr, ctx: Context): void {
  const variable = id && walk.bindings.idOf(id);
  if (id && variable !== undefined) assign(walk, ctx, { k: "var", id: variable }, value, spanOf(walk, id));
}

function functionDeclaration(walk: Walk, node: Node, ctx: Context): void {
  const id = child(node, "id");
  if (id) walk.bindings.idOf(id);
  const fn = walk.fn(node, ctx, { name: str(id, "name") ?? "", kind: "function", tags: mergeTags(ctx.tags, tagsAt(walk, node)) });
  declare(walk, id, { k: "fn", id: fn }, ctx);
}

function ifStatement(walk: Walk, node: Node, ctx: Context): void {
  let at: Node | undefined = node;
  let branch = ctx;
  // `else if` chains may be thousands long in generated code.
  while (at?.type === "IfStatement") {
    const tested = child(at, "test");
    const test = condition(walk, tested, branch);
    branch = inBranch(branch, at);
    const then = child(at, "consequent");
    const other = child(at, "alternate");
    if (then) {
      guard(walk, ctx, test, true, startOf(then), endOf(then), tested);
      walk.statement(then, inBranch(branch, then));
      // `if (x) return …;` guards what follows it in its block.
      if (leaves(then)) guard(walk, ctx, test, false, endOf(node), ctx.blockEnd, tested);
    }
    if (other) guard(walk, ctx, test, false, startOf(other), endOf(other), tested);
    at = other;
  }
  if (at) walk.statement(at, inBranch(branch, at));
}

function leaves(node: Node): boolean {
  const last = node.type === "BlockStatement" ? nodes(node, "body").at(-1) : node;
  // `if (x) { try { …; return x; } catch { … } }`: past it there was no x, or one that has failed.
  const tried = last?.type === "TryStatement" ? child(last, "block") : undefined;
  if (tried) return leaves(tried);
  return last !== undefined && /^(?:Return|Throw|Continue|Break)Statement$/.test(last.type);
}

function switchStatement(walk: Walk, node: Node, ctx: Context): void {
  walk.expr(child(node, "discriminant"), ctx);
  const branch: Context = { ...inBranch(ctx, node), jumps: { kind: "switch", labels: [], up: ctx.jumps } };
  for (const item of nodes(node, "cases")) {
    walk.expr(child(item, "test"), branch);
    walk.statements(nodes(item, "consequent"), branch, endOf(item));
  }
}

function tryStatement(walk: Walk, node: Node, ctx: Context): void {
  const block = child(node, "block");
  if (!block) return;
  const handler = child(node, "handler");
  const finalizer = child(node, "finalizer");
  const index = walk.facts.tries.length;
  walk.facts.tries.push({
    fn: ctx.fn,
    span: spanOf(walk, node),
    block: spanOf(walk, block),
    handler: handler && spanOf(walk, handler),
    finalizer: finalizer && spanOf(walk, finalizer),
  });
  walk.statement(block, { ...ctx, tries: [index, ...(ctx.tries ?? [])] });
  const body = handler && child(handler, "body");
  if (body) {
    const param = child(handler, "param");
    const caught: Context = { ...inBranch(ctx, body), handler: "catch" };
    if (param) bindCaught(walk, param, caught);
    walk.statement(body, caught);
  }
  if (finalizer) walk.statement(finalizer, { ...ctx, handler: "finally" });
}

function bindCaught(walk: Walk, param: Node, ctx: Context): void {
  if (param.type === "Identifier") walk.bindings.idOf(param);
  else walk.bind(param, UNKNOWN, ctx);
}

/** Marks the loops that a `break` or `continue` leaves. */
function jump(ctx: Context, label: string | undefined, goesOn: boolean): void {
  for (let at = ctx.jumps; at; at = at.up) {
    const target = label === undefined ? at.kind === "loop" || (at.kind === "switch" && !goesOn) : at.labels.includes(label);
    if (at.loop && !(target && goesOn)) at.loop.fact.hasBreak = true;
    if (target) return;
  }
}

function labeled(walk: Walk, node: Node, ctx: Context, outer: readonly string[]): void {
  const labels = [...outer, str(child(node, "label"), "name") ?? ""];
  const body = child(node, "body");
  if (!body) return;
  if (body.type === "LabeledStatement") labeled(walk, body, ctx, labels);
  else if (isLoop(body)) visitLoop(walk, body, ctx, labels);
  else walk.statement(body, { ...ctx, jumps: { kind: "label", labels, up: ctx.jumps } });
}

function enumDeclaration(walk: Walk, node: Node, ctx: Context): void {
  const variable = typeVariable(walk, node);
  const body = child(node, "body");
  for (const member of nodes(body ?? node, "members")) {
    const value = walk.expr(child(member, "initializer"), ctx);
    if (variable === undefined || value.k === "unknown") continue;
    const id = child(member, "id");
    const name = str(id, "name") ?? str(id, "value") ?? "*";
    assign(walk, ctx, { k: "member", of: { k: "var", id: variable }, name }, value, spanOf(walk, member));
  }
}

function namespaceDeclaration(walk: Walk, node: Node, ctx: Context): void {
  const id = child(node, "id");
  const variable = id?.type === "Identifier" && str(node, "kind") !== "global" ? walk.bindings.idOf(id) : undefined;
  const namespace: Expr = variable === undefined ? UNKNOWN : { k: "var", id: variable };
  const ambient = ambientOf(node, id, ctx);
  const body = child(node, "body");
  if (body) eachChild(body, (part) => walk.statement(part, { ...ctx, namespace, ambient, tags: undefined }));
}

function ambientOf(node: Node, id: Node | undefined, ctx: Context): Context["ambient"] {
  const module = stringOf(id);
  if (module !== undefined) return { module, path: [] };
  if (str(node, "kind") === "global" || node.global === true) return { module: null, path: [] };
  return ctx.ambient && { ...ctx.ambient, path: [...ctx.ambient.path, str(id, "name") ?? "*"] };
}
