import { ts } from "ts-morph";
import { RUNTIME } from "../../src/core/contract.js";
import type { EditGroup } from "../../src/core/edit.js";
import type { SessionPerCallDetail } from "../../src/core/finding.js";
import { isBystander } from "./closes.js";
import { exportedAs } from "./factory-calls.js";
import type { UseCall } from "./factory-calls.js";
import { keptIn } from "./factory.js";
import type { FactoryNodes } from "./factory.js";
import { importedFrom, localNameFor } from "./imports.js";
import { commonDir, driverImport, packageDir } from "./session-module.js";
import type { FactoryOptions, ModuleImport } from "./session-module.js";
import { wrappedClose } from "./share-in-file.js";
import { dirname, extensionOf, resolveRelative, specifierFor } from "./specifier.js";
import type { PlanContext } from "./transform.js";
import { enclosingFunction, unwrap, walk } from "./tree.js";
import type { Tree } from "./tree.js";

type Factory = NonNullable<SessionPerCallDetail["factory"]>;

/** The calls of a factory, by what is to become of them. */
export interface Sides {
  /** Made per request, event or tick: they get the shared session. */
  shared: UseCall[];
  /** Per call too, but written so that they cannot be pointed at the session module. */
  left: UseCall[];
  /** Tests, start-up, scripts, sessions asked for on purpose: each keeps a session of its own. */
  apart: UseCall[];
}

export function sidesOf(uses: readonly UseCall[], factory: Factory, opener: Tree): Sides {
  const sides: Sides = { shared: [], left: [], apart: [] };
  for (const one of uses) {
    const perCall = one.use.own !== true && (one.use.context === "per-call" || one.use.context === "unknown");
    if (!perCall) sides.apart.push(one);
    else if (!isBystander(one.use.file) && canBePointed(one, factory, opener)) sides.shared.push(one);
    else if (isBystander(one.use.file) && one.use.context === "unknown") sides.apart.push(one);
    else sides.left.push(one);
  }
  return sides;
}

function canBePointed({ tree, call, name }: UseCall, factory: Factory, opener: Tree): boolean {
  const [key] = call.arguments;
  if (name === undefined || tree.file === opener.file || key === undefined || call.arguments.length !== 1 || ts.isSpreadElement(key) || factory.keyParam !== 0) return false;
  if (call.typeArguments !== undefined || enclosingFunction(call) === undefined) return false;
  const from = importedFrom(tree.source, name.text);
  return from !== undefined && from.name !== "*" && from.name !== "=";
}

/**
 * Whether sharing in the factory itself would change what some of its callers mean: tests that open one file twice,
 * databases in memory, start-up and shutdown that close what they opened.
 */
export function someStayApart(sides: Sides): boolean {
  return sides.apart.some(({ use, tree, call }) => use.own === true || use.context === "test" || isBystander(use.file) || closesKept(tree, call));
}

function closesKept(tree: Tree, call: ts.CallExpression): boolean {
  const kept = keptIn(call);
  if (kept === undefined) return false;
  const scope: ts.Node = enclosingFunction(call) ?? tree.source;
  let found = false;
  walk(scope, (node) => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === "close" && new RegExp(`^${kept.text}\\b`).test(node.expression.getText(tree.source))) found = true;
  });
  return found;
}

/** Why the per-call uses cannot be rewritten one by one; `undefined` when they can. */
export function whyNotAtUses(sides: Sides, factory: Factory, nodes: FactoryNodes, opener: Tree): string | undefined {
  if (sides.shared.length === 0) return "none of its per-call uses calls it by its name with nothing but the path";
  if (factory.keyParam !== 0) return "its first argument is not the path";
  if (nodes.swallows) return "it catches the error of a failed open and returns something else, which must not be kept";
  if (nodes.fn.typeParameters !== undefined) return "it is generic: what it returns differs from call to call";
  // The module would open through that function, which would ask the module.
  if (sides.shared.some(({ call }) => functionNameOf(call) === factory.name)) return "another function of the same name hands its sessions on";
  if (exportedAs(opener, factory.name) === undefined) return "it is not exported";
  return undefined;
}

/** The factory stays as it is; its per-call uses ask a session module of their own package, which opens through it. */
export function planAtUses(group: EditGroup, detail: SessionPerCallDetail, factory: Factory, nodes: FactoryNodes, opener: Tree, sides: Sides, context: PlanContext, notes: string[]): void {
  const packages = new Map<string, UseCall[]>();
  for (const one of sides.shared) {
    const dir = packageDir(one.tree.file, context.host);
    packages.set(dir, [...(packages.get(dir) ?? []), one]);
  }
  for (const [dir, uses] of packages) {
    const module = moduleOf(group, detail, factory, nodes, opener, dir, uses, context);
    for (const use of uses) pointAt(group, use, module, context);
  }
  if (sides.left.length > 0) {
    group.partial = true;
    const places = sides.left.map(({ use }) => `${use.file}:${use.span.line}`);
    const shown = places.length > 4 ? `${places.slice(0, 4).join(", ")} and ${places.length - 4} more` : places.join(", ");
    notes.push(`${places.length === 1 ? "one per-call use stays as it is, since it calls" : `${places.length} per-call uses stay as they are, since they call`} \`${factory.name}\` otherwise than by its imported name with the path alone (${shown})`);
  }
}

function moduleOf(group: EditGroup, detail: SessionPerCallDetail, factory: Factory, nodes: FactoryNodes, opener: Tree, packageOf: string, uses: readonly UseCall[], context: PlanContext): string {
  const own = packageDir(opener.file, context.host) === packageOf;
  const near = own ? opener : mostOf(uses.map(({ tree }) => tree));
  const raw = own && nodes.raw && !factory.async && ts.isNewExpression(nodes.open) && ts.isIdentifier(nodes.open.expression) ? driverImport(opener, nodes.open.expression.text) : undefined;
  const close = wrappedClose(detail, nodes);
  const from = own ? exportOf(opener, factory) : mostOf(uses.map((use) => importOf(use, context)), (one) => `${one.specifier ?? one.file}#${one.name}`);
  const local = from.kind === "default" ? factory.name : from.name;
  const type = raw === undefined && isTypeScript(near.file) ? typeOf(nodes, opener, from, own, uses, local) : undefined;
  const options: FactoryOptions = { ...(type === undefined ? {} : { type: type.text }), ...(raw === undefined ? {} : { driver: raw }), open: local, ...(close === undefined ? {} : { close }) };
  const dir = own ? dirname(opener.file) : (keyDir(uses, packageOf, context) ?? commonDir([...new Set(uses.map(({ tree }) => tree.file))]));
  const { file, created } = context.modules.get(near, dir, options, [{ ...from, name: local }, ...(type?.imported === undefined ? [] : [type.imported])], packageOf);
  if (created !== undefined && !group.creates.some((one) => one.file === created.file)) group.creates.push(created);
  return file;
}

const isTypeScript = (file: string): boolean => /\.[cm]?tsx?$/.test(file);

/** What the factory returns, by the name that its callers know it by. */
function typeOf({ fn }: FactoryNodes, opener: Tree, from: ModuleImport, own: boolean, uses: readonly UseCall[], open: string): { text: string; imported?: ModuleImport } {
  const name = fn.type !== undefined && ts.isTypeReferenceNode(fn.type) && ts.isIdentifier(fn.type.typeName) && fn.type.typeArguments === undefined ? fn.type.typeName.text : undefined;
  const known =
    name !== undefined &&
    (own
      ? new RegExp(`\\bexport\\s+(type|interface|class|abstract class)\\s+${name}\\b`).test(opener.text)
      : from.specifier !== undefined && uses.some(({ tree }) => importedFrom(tree.source, name)?.specifier === from.specifier));
  return known ? { text: name, imported: { ...from, name: `type ${name}`, kind: "named" } } : { text: `ReturnType<typeof ${open}>` };
}

function exportOf(opener: Tree, factory: Factory): ModuleImport {
  const exported = exportedAs(opener, factory.name);
  return { file: opener.file, name: exported?.name ?? factory.name, kind: exported?.kind ?? "named" };
}

/** As the package imports the factory: by its package's name, or the file that a relative path means. */
function importOf({ tree, name }: UseCall, context: PlanContext): ModuleImport {
  const from = name === undefined ? undefined : importedFrom(tree.source, name.text);
  if (from === undefined) return { file: tree.file, name: "", kind: "named" };
  const kind = from.name === "default" ? "default" : "named";
  const file = resolveRelative(tree.file, from.specifier, context.host);
  return { file: file ?? tree.file, ...(file === undefined ? { specifier: from.specifier } : {}), name: from.name, kind };
}

/** Where the project keeps what says which database it is: the file that most keys are imported from. */
function keyDir(uses: readonly UseCall[], packageOf: string, context: PlanContext): string | undefined {
  const dirs: string[] = [];
  for (const { tree, call } of uses) {
    const [key] = call.arguments;
    const found = new Set<string>();
    if (key !== undefined)
      walk(key, (node) => {
        const from = ts.isIdentifier(node) ? importedFrom(tree.source, node.text) : undefined;
        const file = from === undefined ? undefined : resolveRelative(tree.file, from.specifier, context.host);
        if (file !== undefined && packageDir(file, context.host) === packageOf) found.add(dirname(file));
      });
    const [dir] = found;
    if (dir !== undefined) dirs.push(dir);
  }
  return dirs.length * 2 >= uses.length && dirs.length > 0 ? mostOf(dirs) : undefined;
}

function mostOf<T>(all: readonly T[], keyOf: (one: T) => unknown = (one) => one): T {
  const counts = new Map<unknown, { one: T; count: number }>();
  for (const one of all) {
    const key = keyOf(one);
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { one, count: 1 });
    else known.count++;
  }
  const [best] = [...counts.values()].sort((a, b) => b.count - a.count);
  if (best === undefined) throw new Error("nothing to choose from");
  return best.one;
}

/** `createDb(path)` becomes `getSession(path)`, and `(deps.open ?? createDb)(path)` `(deps.open ?? getSession)(path)`. */
function pointAt(group: EditGroup, { tree, name }: UseCall, module: string, context: PlanContext): void {
  if (name === undefined) return;
  const { getSession } = RUNTIME.exports;
  const alias = aliasFor(tree, module, context);
  const local = localNameFor(tree, getSession, alias ?? specifierFor(tree.file, module, context.host));
  group.edits.push({ file: tree.file, start: name.getStart(tree.source), end: name.end, text: local });
  group.imports.push({ file: tree.file, from: { file: module, ...(alias === undefined ? {} : { specifier: alias }) }, name: getSession, as: local, kind: "named" });
}

const stemOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1).replace(/\.[cm]?[jt]sx?$/, "");

/** `@/server/lib/session`, when the file imports a neighbour of the module as `@/server/lib/db`. */
function aliasFor(tree: Tree, module: string, context: PlanContext): string | undefined {
  const dir = dirname(module);
  const last = dir.slice(dir.lastIndexOf("/") + 1);
  for (const statement of tree.source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const { text } = statement.moduleSpecifier;
    const parent = dirname(text);
    if (text.startsWith(".") || parent === "" || parent.slice(parent.lastIndexOf("/") + 1) !== last) continue;
    const stem = stemOf(text);
    if (stem !== stemOf(module) && !context.host.list().some((file) => dirname(file) === dir && stemOf(file) === stem)) continue;
    return `${parent}/${stemOf(module)}${extensionOf(text)}`;
  }
  return undefined;
}

/** The calls from which a session reaches its users: the factory's own, and those of functions that hand it on. */
export interface Origins {
  shared: ReadonlySet<ts.Node>;
  apart: ReadonlySet<ts.Node>;
}

/** `private db() { return createDb(path) }`: who calls `this.db()` gets what that call gets. */
export function originsOf(sides: Sides, handedOn: readonly { tree: Tree; call: ts.CallExpression }[]): Origins {
  const shared = new Set<ts.Node>(sides.shared.map(({ call }) => call));
  const apart = new Set<ts.Node>([...sides.apart, ...sides.left].map(({ call }) => call));
  const rest = new Set(handedOn);
  for (let grew = true; grew; ) {
    grew = false;
    for (const one of rest) {
      const callee = unwrap(one.call.expression);
      const name = ts.isIdentifier(callee) ? callee.text : ts.isPropertyAccessExpression(callee) ? callee.name.text : "";
      const here = ts.isPropertyAccessExpression(callee) && callee.expression.kind === ts.SyntaxKind.ThisKeyword ? one.tree.source : undefined;
      for (const side of [shared, apart]) {
        if (side.has(one.call) || !comesThrough(side, name, here)) continue;
        side.add(one.call);
        grew = true;
      }
    }
  }
  return { shared, apart };
}

function comesThrough(side: ReadonlySet<ts.Node>, name: string, here: ts.SourceFile | undefined): boolean {
  const through = [...side].filter((node) => functionNameOf(node) === name);
  return through.some((node) => here === undefined || node.getSourceFile() === here || !through.some((other) => other.getSourceFile() === here));
}

function functionNameOf(node: ts.Node): string | undefined {
  const fn = enclosingFunction(node);
  if (fn === undefined) return undefined;
  if (fn.name !== undefined) return fn.name.getText();
  const { parent } = fn;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent) ? parent.name.getText() : undefined;
}
