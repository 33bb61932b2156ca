import { ts } from "ts-morph";
import { RUNTIME } from "../src/core/contract.js";
import type { EditGroup } from "../src/core/edit.js";
import type { SessionPerCallDetail } from "../src/core/finding.js";
import { isBystander, removeCloses, settle } from "./lib/closes.js";
import { factoryNodes, keptIn } from "./lib/factory.js";
import type { Creation, FactoryNodes } from "./lib/factory.js";
import { allCloses } from "./lib/find-closes.js";
import { importedFrom, localNameFor } from "./lib/imports.js";
import { planAtOpen, planDelegate, planInline } from "./lib/share-in-file.js";
import { driverImport, packageDir } from "./lib/session-module.js";
import { dirname, extensionOf, resolveRelative } from "./lib/specifier.js";
import { CannotFix, judge, newGroup } from "./lib/transform.js";
import type { PlanContext, Transform } from "./lib/transform.js";
import { enclosingFunction, nodeOf, unwrap, walk } from "./lib/tree.js";
import type { Tree } from "./lib/tree.js";

const NAME = "use-shared-session";

/** Up to this many calls of a factory are changed themselves; with more, the factory keeps its name and shares. */
const FEW_CALLS = 3;

export type Factory = NonNullable<SessionPerCallDetail["factory"]>;

/** A session made per call becomes the process's one session for its file. */
export const useSharedSession: Transform = {
  name: NAME,
  applies: ({ detail }) => detail.kind === "session-per-call",
  plan(finding, context) {
    const { detail } = finding;
    if (detail.kind !== "session-per-call") return undefined;
    if (finding.fix === "manual") throw new CannotFix(finding.fixReason ?? "whether the session may be shared cannot be told from the code");
    const tree = context.trees.get(finding.file);
    if (tree === undefined) throw new CannotFix(`${finding.file} could not be read`);
    const group = newGroup(NAME, finding);
    const notes = concerns(detail, context);
    /** Calls that go on making a session of their own: what they close stays closed. */
    let own: readonly ts.Node[] = [];
    if (detail.factory === null) planInline(group, detail, tree, context, notes);
    else {
      const nodes = factoryNodes(tree, detail, detail.factory);
      own = planFactory(group, detail, detail.factory, nodes, tree, context, notes);
    }
    const closes = removeCloses(context.trees, allCloses(context.trees, detail), (file, call) => closesOwn(context, file, call, own));
    disposals(group, detail, context, own);
    group.edits = settle([...group.edits, ...closes.edits]);
    if (closes.claims.length > 0) group.claims = closes.claims;
    return judge(group, [...notes, ...closes.notes]);
  },
};

function concerns(detail: SessionPerCallDetail, context: PlanContext): string[] {
  const notes: string[] = [];
  for (const { file, span } of detail.openOverAwait) {
    const batched = context.findings.some(
      (other) => other.file === file && other.detail.kind === "loop-transaction" && other.detail.style === "sql" && other.fix !== "manual" && other.detail.obstacles.length === 0 && Math.abs(other.detail.transaction.start - span.start) < 400,
    );
    if (!batched) throw new CannotFix(`a transaction stays open over an \`await\` (${file}:${span.line}): on a shared session the statements of others would slip into it. Shorten it first`);
    notes.push(`the transaction at ${file}:${span.line} was open over an \`await\` and is batched by another fix of this plan: take both`);
  }
  for (const { file, span, what } of detail.scoped) {
    if (isBystander(file)) continue;
    notes.push(
      /iterate/.test(what)
        ? `an open \`.iterate()\` (${file}:${span.line}) blocks every other statement of a shared session until it is finished`
        : `${what} (${file}:${span.line}) changes the shared session for everybody`,
    );
  }
  return notes;
}

function planFactory(group: EditGroup, detail: SessionPerCallDetail, factory: Factory, nodes: FactoryNodes, tree: Tree, context: PlanContext, notes: string[]): readonly ts.Node[] {
  if (factory.async) notes.push("opening is asynchronous: callers that ask at the same time share one pending session");
  const isMember = factory.kind === "method" || factory.kind === "getter" || ts.isMethodDeclaration(nodes.fn) || ts.isGetAccessorDeclaration(nodes.fn);
  if (isMember) {
    const opener = openerOf(tree, nodes.open, context);
    if (opener !== undefined && nodes.bare) {
      replaceCall(group, nodes.open, tree, sessionModule(group, opener.tree, opener.name, opener.kind, opener.raw ? opener.open : undefined, context), context);
      return [];
    }
    planAtOpen(group, detail, factory, nodes, tree, notes);
    return [];
  }
  const memory = callsOf(factory.name, detail, context).find(({ call, tree: at }) => call.arguments.some((argument) => /^["'`]:memory:["'`]$/.test(argument.getText(at.source))));
  const inMemory = memory === undefined ? [] : [`\`${factory.name}(":memory:")\` (${memory.use.file}:${memory.use.span.line}) gave each caller a database of its own: callers of the shared factory get the same one`];
  if (nodes.swallows) {
    notes.push(...inMemory);
    notes.push(`\`${factory.name}\` catches the error of a failed open and returns something else: only the open itself is shared, so that a failure is not; what follows it runs at each call as before`);
    planAtOpen(group, detail, factory, nodes, tree, notes);
    return [];
  }
  if (nodes.bare && !nodes.pragmas) {
    notes.push(...inMemory);
    planAtOpen(group, detail, factory, nodes, tree, notes);
    return [];
  }
  const exported = exportedAs(tree, factory.name);
  const uses = callsOf(factory.name, detail, context);
  const perCall = uses.filter(({ use }) => (use.context === "per-call" || use.context === "unknown") && !isBystander(use.file));
  const few =
    exported !== undefined &&
    perCall.length > 0 &&
    perCall.length <= FEW_CALLS &&
    !calledAsMember(factory.name, detail, context) &&
    perCall.every(({ use, call }) => use.file !== tree.file && packageDir(use.file, context.host) === packageDir(tree.file, context.host) && call.arguments.length === 1 && enclosingFunction(call) !== undefined) &&
    factory.params.length === 1 &&
    factory.keyParam === 0;
  if (!few) {
    notes.push(...inMemory);
    planDelegate(group, detail, factory, nodes, tree, notes);
    return [];
  }
  const module = sessionModule(group, tree, exported.name, exported.kind, nodes.raw && !factory.async ? nodes.open : undefined, context);
  for (const { call, tree: at } of perCall) replaceCall(group, call, at, module, context);
  return uses.filter(({ use }) => !perCall.some((one) => one.use === use)).map(({ call }) => call);
}

/** The session module beside the function that opens; found, or created with this fix. */
function sessionModule(group: EditGroup, opener: Tree, name: string, kind: "named" | "default", rawOpen: Creation | undefined, context: PlanContext): string {
  const constructed = rawOpen === undefined ? undefined : unwrap(rawOpen.expression);
  const driver = constructed !== undefined && ts.isIdentifier(constructed) ? driverImport(opener, constructed.text) : undefined;
  const { file, created } = context.modules.get(opener, dirname(opener.file), { ...(driver === undefined ? {} : { driver }), open: name }, [{ file: opener.file, name, kind }]);
  if (created !== undefined) group.creates.push(created);
  return file;
}

/** `createDbEngine(this.dbPath)` becomes `getSession(this.dbPath)`. */
function replaceCall(group: EditGroup, call: Creation, tree: Tree, module: string, context: PlanContext): void {
  const callee = unwrap(call.expression);
  const specifier = ts.isIdentifier(callee) ? neighbourSpecifier(tree, callee.text, module, context) : undefined;
  const { getSession } = RUNTIME.exports;
  const local = localNameFor(tree, getSession, specifier);
  const start = call.getStart(tree.source);
  group.edits.push({ file: tree.file, start, end: call.expression.end, text: local });
  group.imports.push({ file: tree.file, from: { file: module, ...(specifier === undefined ? {} : { specifier }) }, name: getSession, as: local, kind: "named" });
}

/** A path alias stays: the session module is imported as its neighbour, the opening function's file, is. */
function neighbourSpecifier(tree: Tree, opener: string, module: string, context: PlanContext): string | undefined {
  const from = importedFrom(tree.source, opener);
  if (from === undefined || from.specifier.startsWith(".")) return undefined;
  const stem = (path: string): string => path.slice(path.lastIndexOf("/") + 1).replace(/\.[cm]?[jt]sx?$/, "");
  const beside = context.host.list().find((file) => dirname(file) === dirname(module) && stem(file) === stem(from.specifier));
  if (beside === undefined) return undefined;
  const suffix = extensionOf(from.specifier);
  return from.specifier.slice(0, from.specifier.lastIndexOf("/") + 1) + stem(module) + suffix;
}

/** The in-project function that a method calls to open, with its file. */
function openerOf(tree: Tree, open: Creation, context: PlanContext): { tree: Tree; name: string; kind: "named" | "default"; raw: boolean; open: Creation } | undefined {
  const callee = unwrap(open.expression);
  if (!ts.isCallExpression(open) || !ts.isIdentifier(callee) || open.arguments.length !== 1) return undefined;
  const from = importedFrom(tree.source, callee.text);
  const file = from === undefined ? tree.file : resolveRelative(tree.file, from.specifier, context.host);
  const target = file === undefined || file === tree.file ? undefined : context.trees.get(file);
  const name = from?.name ?? callee.text;
  if (target === undefined || name === "*" || name === "=") return undefined;
  const exported = name === "default" ? undefined : exportedAs(target, name);
  if (exported === undefined) return undefined;
  let created: Creation | undefined;
  walk(target.source, (node) => {
    if (created === undefined && ts.isNewExpression(node) && ts.isIdentifier(node.expression) && driverImport(target, node.expression.text) !== undefined) created = node;
  });
  return { tree: target, name: exported.name, kind: exported.kind, raw: created !== undefined, open: created ?? open };
}

/** The name under which a file exports one of its functions. */
export function exportedAs(tree: Tree, local: string): { name: string; kind: "named" | "default" } | undefined {
  for (const statement of tree.source.statements) {
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    const has = (kind: ts.SyntaxKind): boolean => modifiers.some((one) => one.kind === kind);
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === local && has(ts.SyntaxKind.ExportKeyword)) {
      return has(ts.SyntaxKind.DefaultKeyword) ? { name: local, kind: "default" } : { name: local, kind: "named" };
    }
    if (ts.isVariableStatement(statement) && has(ts.SyntaxKind.ExportKeyword) && statement.declarationList.declarations.some(({ name }) => ts.isIdentifier(name) && name.text === local)) {
      return { name: local, kind: "named" };
    }
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier === undefined && statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)) {
      const element = statement.exportClause.elements.find((one) => (one.propertyName ?? one.name).text === local);
      if (element !== undefined && element.name.text !== "default") return { name: element.name.text, kind: "named" };
    }
  }
  // CommonJS: `module.exports = { local }` and `exports.local = …`.
  const text = tree.text;
  if (new RegExp(`\\bexports\\.${local}\\s*=`).test(text) || new RegExp(`\\bmodule\\.exports\\s*=\\s*\\{[^}]*\\b${local}\\b`).test(text)) return { name: local, kind: "named" };
  return undefined;
}

interface UseCall {
  use: SessionPerCallDetail["uses"][number];
  tree: Tree;
  call: ts.CallExpression;
}

function callsOf(name: string, detail: SessionPerCallDetail, context: PlanContext): UseCall[] {
  const found: UseCall[] = [];
  for (const use of detail.uses) {
    const tree = context.trees.get(use.file);
    const call = tree && nodeOf(tree.source, use.span, ts.isCallExpression);
    if (tree === undefined || call === undefined) continue;
    const callee = unwrap(call.expression);
    const called = ts.isIdentifier(callee) ? callee.text : ts.isPropertyAccessExpression(callee) ? callee.name.text : "";
    const imported = importedFrom(tree.source, called);
    if (ts.isIdentifier(callee) && (called === name || imported?.name === name)) found.push({ use, tree, call });
  }
  return found;
}

/** `deps.createDb()`: a caller that cannot be pointed at another function by its import. */
function calledAsMember(name: string, detail: SessionPerCallDetail, context: PlanContext): boolean {
  return detail.uses.some((use) => {
    const tree = context.trees.get(use.file);
    const call = tree && nodeOf(tree.source, use.span, ts.isCallExpression);
    const callee = call && unwrap(call.expression);
    return callee !== undefined && ts.isPropertyAccessExpression(callee) && callee.name.text === name;
  });
}

/** `db.close()` where `db` was made by a call that stays as it is. */
function closesOwn(context: PlanContext, file: string, call: ts.CallExpression, own: readonly ts.Node[]): boolean {
  const tree = context.trees.get(file);
  if (tree === undefined) return false;
  let receiver: ts.Expression = call.expression;
  while (ts.isPropertyAccessExpression(receiver) || ts.isNonNullExpression(receiver) || ts.isParenthesizedExpression(receiver)) receiver = receiver.expression;
  if (!ts.isIdentifier(receiver)) return false;
  const declaration = tree.symbolAt(receiver)?.valueDeclaration;
  if (declaration === undefined) return false;
  const kept = own.filter((node) => node.getSourceFile() === tree.source);
  return kept.some((node) => (declaration.pos <= node.pos && node.end <= declaration.end) || keptAs(node) === receiver.text && enclosingFunction(node) === enclosingFunction(call));
}

function keptAs(node: ts.Node): string | undefined {
  return ts.isCallExpression(node) || ts.isNewExpression(node) ? keptIn(node)?.text : undefined;
}

/** `using db = createDb()` would dispose of what is shared. */
function disposals(group: EditGroup, detail: SessionPerCallDetail, context: PlanContext, own: readonly ts.Node[]): void {
  for (const use of detail.uses) {
    if (isBystander(use.file)) continue;
    const tree = context.trees.get(use.file);
    const call = tree && nodeOf(tree.source, use.span, (node): node is Creation => ts.isCallExpression(node) || ts.isNewExpression(node));
    if (tree === undefined || call === undefined || own.includes(call)) continue;
    const list = keptIn(call)?.parent.parent;
    if (list === undefined || !ts.isVariableDeclarationList(list) || !/^(await\s+)?using\b/.test(list.getText(tree.source))) continue;
    const start = list.getStart(tree.source);
    const first = list.declarations[0];
    if (first !== undefined) group.edits.push({ file: tree.file, start, end: first.getStart(tree.source), text: "const " });
  }
}
