import { ts } from "ts-morph";
import type { EditGroup } from "../src/core/edit.js";
import type { ProviderDetail, SessionPerCallDetail } from "../src/core/finding.js";
import { AT_THE_ENDS, isBystander, removeCloses, settle } from "./lib/closes.js";
import { callsOf, exportedAs, replaceCall, sessionModule, usesByCall } from "./lib/factory-calls.js";
import type { UseCall } from "./lib/factory-calls.js";
import { factoryNodes, keptIn } from "./lib/factory.js";
import type { Creation, FactoryNodes } from "./lib/factory.js";
import { allCloses } from "./lib/find-closes.js";
import { importedFrom } from "./lib/imports.js";
import { isOnlyClosed } from "./lib/only-closed.js";
import { planDuplicate } from "./lib/share-duplicate.js";
import { originsOf, planAtUses, sidesOf, someStayApart, whyNotAtUses } from "./lib/share-at-uses.js";
import type { Origins } from "./lib/share-at-uses.js";
import { planAtOpen, planDelegate, planInline } from "./lib/share-in-file.js";
import { planProvider } from "./lib/share-provider.js";
import { driverImport, packageDir } from "./lib/session-module.js";
import { resolveRelative } from "./lib/specifier.js";
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
  applies: ({ detail }) => detail.kind === "session-per-call" || detail.kind === "duplicate-session",
  plan(finding, context) {
    const { detail } = finding;
    if (detail.kind !== "session-per-call" && detail.kind !== "duplicate-session") return undefined;
    if (finding.fix === "manual") throw new CannotFix(finding.fixReason ?? "whether the session may be shared cannot be told from the code");
    const tree = context.trees.get(finding.file);
    if (tree === undefined) throw new CannotFix(`${finding.file} could not be read`);
    const group = newGroup(NAME, finding);
    if (detail.kind === "duplicate-session") {
      group.asksFor = ["require-session-init"];
      const reasons = finding.fixReason === undefined ? [] : [finding.fixReason];
      planDuplicate(group, detail, context, reasons);
      return judge(group, reasons);
    }
    // A factory's session is opened at start-up best, which `init-at-startup` does where it can; and what was made per call may now be one of several that are made once.
    group.asksFor = ["require-session-init", "no-duplicate-session"];
    // What ran beside a transaction, on a session of its own, would then run beside it on the same: a pool may have no connection left for it.
    group.reveals = ["no-outer-session-in-transaction", "no-nested-transaction", "no-parallel-in-transaction"];
    const notes = concerns(detail, context);
    if (detail.provider !== undefined && detail.provider.obstacles.length === 0) return makeOnce(group, detail, detail.provider, context, notes);
    if (detail.provider !== undefined) notes.push(`\`${detail.provider.name}\` goes on being made for each request: ${detail.provider.obstacles.map(({ what }) => what).join("; ")}`);
    let origins: Origins = { shared: new Set(), apart: new Set() };
    if (detail.factory === null) planInline(group, detail, tree, context, notes);
    else origins = planFactory(group, detail, detail.factory, factoryNodes(tree, detail, detail.factory), tree, context, notes);
    notes.push(...occupations(detail, origins));
    const closes = removeCloses(context.trees, allCloses(context.trees, detail), (file, call) => staysOpen(context, file, call, origins, notes));
    if (detail.factory === null && closes.edits.length > 0 && isOnlyClosed(tree, detail.open, closes.edits)) throw new CannotFix("the session is closed as soon as it is open: only its file is wanted, and a shared session would stay open for nobody");
    disposals(group, detail, context, origins.apart);
    group.edits = settle([...group.edits, ...closes.edits]);
    if (closes.claims.length > 0) group.claims = closes.claims;
    if (closes.drops.length > 0) group.drops = closes.drops;
    // Closes of sessions made at start-up are not among them: those stay.
    const removed = origins.shared.size === 0 ? closes.notes : closes.notes.filter((note) => !note.includes(AT_THE_ENDS));
    return judge(group, [...notes, ...removed]);
  },
};

/** The container closes what it made when the program ends; what closed one at the end of its request goes. */
function makeOnce(group: EditGroup, detail: SessionPerCallDetail, provider: ProviderDetail, context: PlanContext, notes: string[]): EditGroup {
  planProvider(group, provider, context, notes);
  const closes = removeCloses(context.trees, allCloses(context.trees, detail).filter(({ once }) => !once), () => false);
  group.edits = settle([...group.edits, ...closes.edits]);
  if (closes.claims.length > 0) group.claims = closes.claims;
  if (closes.drops.length > 0) group.drops = closes.drops;
  return judge(group, [...notes, ...occupations(detail, ALL), ...closes.notes]);
}

function concerns(detail: SessionPerCallDetail, context: PlanContext): string[] {
  const notes: string[] = [];
  for (const { file, span } of detail.openOverAwait) {
    const batched = context.findings.some(
      (other) => other.file === file && other.detail.kind === "loop-transaction" && other.detail.style === "sql" && other.fix !== "manual" && other.detail.obstacles.length === 0 && Math.abs(other.detail.transaction.start - span.start) < 400,
    );
    if (!batched) throw new CannotFix(`a transaction stays open over an \`await\` (${file}:${span.line}): on a shared session the statements of others would slip into it. Shorten it first`);
    notes.push(`the transaction at ${file}:${span.line} was open over an \`await\` and is batched by another fix of this plan: take both`);
  }
  return notes;
}

/** Whoever asks the factory gets the shared session. */
const ALL: Origins = { shared: new Set(), apart: new Set() };

/** What users change about the session itself, where they get the shared one. */
function occupations(detail: SessionPerCallDetail, { shared, apart }: Origins): string[] {
  const notes: string[] = [];
  const within = (file: string, nodes: ReadonlySet<ts.Node>): boolean => [...nodes].some((node) => node.getSourceFile().fileName === `/${file}`);
  for (const { file, span, what } of detail.scoped) {
    if (isBystander(file) || (within(file, apart) && !within(file, shared))) continue;
    notes.push(
      /iterate/.test(what)
        ? `an open \`.iterate()\` (${file}:${span.line}) blocks every other statement of a shared session until it is finished`
        : `${what} (${file}:${span.line}) changes the shared session for everybody`,
    );
  }
  return notes;
}

function planFactory(group: EditGroup, detail: SessionPerCallDetail, factory: Factory, nodes: FactoryNodes, tree: Tree, context: PlanContext, notes: string[]): Origins {
  if (factory.async) notes.push("opening is asynchronous: callers that ask at the same time share one pending session");
  const isMember = factory.kind === "method" || factory.kind === "getter" || ts.isMethodDeclaration(nodes.fn) || ts.isGetAccessorDeclaration(nodes.fn);
  if (isMember) {
    const opener = openerOf(tree, nodes.open, context);
    if (opener !== undefined && nodes.bare) {
      replaceCall(group, nodes.open, tree, sessionModule(group, opener.tree, opener.name, opener.kind, opener.raw ? opener.open : undefined, context), context);
      return ALL;
    }
    planAtOpen(group, detail, factory, nodes, tree, context, notes);
    return ALL;
  }
  const uses = callsOf(factory.name, detail, context);
  const sides = sidesOf(uses, factory, tree);
  const fewCalls = !nodes.bare || nodes.pragmas ? fewOf(uses, factory, tree, nodes, context) : undefined;
  if (fewCalls === undefined && someStayApart(sides)) {
    const refusal = whyNotAtUses(sides, factory, nodes, tree);
    if (refusal === undefined) {
      planAtUses(group, detail, factory, nodes, tree, sides, context, notes);
      return originsOf(sides, usesByCall(detail, context));
    }
    const pointed = factory.keyParam === 0 && !nodes.swallows && sides.shared.length === 0 && (sides.left.some(({ use }) => use.file !== tree.file) || context.modules.opens(factory.name));
    if (pointed || uses.some(({ use }) => use.own === true)) throw new CannotFix(`some callers of \`${factory.name}\` keep a session of their own, and its per-call uses cannot be changed one by one: ${refusal}`);
  }
  const memory = uses.find(({ call, tree: at }) => call.arguments.some((argument) => /^["'`]:memory:["'`]$/.test(argument.getText(at.source))));
  const inMemory = memory === undefined ? [] : [`\`${factory.name}(":memory:")\` (${memory.use.file}:${memory.use.span.line}) gave each caller a database of its own: callers of the shared factory get the same one`];
  const test = sides.apart.find(({ use }) => use.context === "test" || isBystander(use.file));
  if (fewCalls === undefined && test !== undefined && memory === undefined) {
    notes.push(`\`${factory.name}\` is called in tests and scripts too (${test.use.file}:${test.use.span.line}), which share one session a file from now on`);
  }
  if (nodes.swallows) {
    notes.push(...inMemory);
    notes.push(`\`${factory.name}\` catches the error of a failed open and returns something else: only the open itself is shared, so that a failure is not; what follows it runs at each call as before`);
    planAtOpen(group, detail, factory, nodes, tree, context, notes);
    return ALL;
  }
  if (nodes.bare && !nodes.pragmas) {
    notes.push(...inMemory);
    planAtOpen(group, detail, factory, nodes, tree, context, notes);
    return ALL;
  }
  if (fewCalls === undefined) {
    notes.push(...inMemory);
    planDelegate(group, detail, factory, nodes, tree, notes);
    return ALL;
  }
  const { exported, calls } = fewCalls;
  const module = sessionModule(group, tree, exported.name, exported.kind, nodes.raw && !factory.async ? nodes.open : undefined, context);
  for (const { call, tree: at } of calls) replaceCall(group, call, at, module, context);
  return { shared: new Set(), apart: new Set(uses.filter(({ use }) => !calls.some((one) => one.use === use)).map(({ call }) => call)) };
}

/** The calls of a factory that has few, all of which can be changed themselves. */
function fewOf(uses: readonly UseCall[], factory: Factory, tree: Tree, nodes: FactoryNodes, context: PlanContext): { exported: NonNullable<ReturnType<typeof exportedAs>>; calls: UseCall[] } | undefined {
  const exported = exportedAs(tree, factory.name);
  const calls = uses.filter(({ use }) => use.own !== true && (use.context === "per-call" || use.context === "unknown") && !isBystander(use.file));
  const few =
    !nodes.swallows &&
    calls.length > 0 &&
    calls.length <= FEW_CALLS &&
    !calledAsMember(uses) &&
    calls.every(
      ({ use, call, name }) =>
        name !== undefined &&
        name === unwrap(call.expression) &&
        use.file !== tree.file &&
        packageDir(use.file, context.host) === packageDir(tree.file, context.host) &&
        call.arguments.length === 1 &&
        enclosingFunction(call) !== undefined,
    ) &&
    factory.params.length === 1 &&
    factory.keyParam === 0;
  return few && exported !== undefined ? { exported, calls } : undefined;
}

/** `deps.createDb()`: a caller that cannot be pointed at another function by its import. */
function calledAsMember(uses: readonly UseCall[]): boolean {
  return uses.some(({ name }) => name === undefined);
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

/** `db.close()` where `db` was made by a call that stays as it is. */
function staysOpen(context: PlanContext, file: string, call: ts.CallExpression, { shared, apart }: Origins, notes: string[]): boolean {
  const tree = context.trees.get(file);
  if (tree === undefined || apart.size === 0) return false;
  const holds = comesFrom(tree, call);
  if ([...apart].some(holds)) return true;
  if (shared.size === 0) return false;
  const line = tree.source.getLineAndCharacterOfPosition(call.getStart(tree.source)).line + 1;
  const made = [...shared].find(holds);
  if (made === undefined) {
    throw new CannotFix(`whether what is closed at ${file}:${line} is shared or its caller's own cannot be told: some callers keep a session of their own`);
  }
  if (enclosingFunction(made) !== enclosingFunction(call)) notes.push(`the session closed at ${file}:${line} lived as long as its stream or job, and is the process's own now: that \`close()\` goes`);
  return false;
}

/** Tells the calls whose result the call is made on, by way of the variable that it is kept in. */
function comesFrom(tree: Tree, call: ts.CallExpression): (node: ts.Node) => boolean {
  let receiver: ts.Expression = call.expression;
  while (ts.isPropertyAccessExpression(receiver) || ts.isNonNullExpression(receiver) || ts.isParenthesizedExpression(receiver)) receiver = receiver.expression;
  const root = receiver;
  if (!ts.isIdentifier(root)) return (node) => node === root;
  const declaration = tree.symbolAt(root)?.valueDeclaration;
  if (declaration === undefined) return () => false;
  return (node) =>
    node.getSourceFile() === tree.source &&
    ((declaration.pos <= node.pos && node.end <= declaration.end) || (keptAs(node) === root.text && (enclosingFunction(node) === enclosingFunction(call) || symbolKept(tree, node) === tree.symbolAt(root))));
}

function symbolKept(tree: Tree, node: ts.Node): ts.Symbol | undefined {
  const kept = ts.isCallExpression(node) || ts.isNewExpression(node) ? keptIn(node) : undefined;
  return kept && tree.symbolAt(kept);
}

function keptAs(node: ts.Node): string | undefined {
  return ts.isCallExpression(node) || ts.isNewExpression(node) ? keptIn(node)?.text : undefined;
}

/** `using db = createDb()` would dispose of what is shared. */
function disposals(group: EditGroup, detail: SessionPerCallDetail, context: PlanContext, apart: ReadonlySet<ts.Node>): void {
  for (const use of detail.uses) {
    if (isBystander(use.file)) continue;
    const tree = context.trees.get(use.file);
    const call = tree && nodeOf(tree.source, use.span, (node): node is Creation => ts.isCallExpression(node) || ts.isNewExpression(node));
    if (tree === undefined || call === undefined || apart.has(call)) continue;
    const list = keptIn(call)?.parent.parent;
    if (list === undefined || !ts.isVariableDeclarationList(list) || !/^(await\s+)?using\b/.test(list.getText(tree.source))) continue;
    const start = list.getStart(tree.source);
    const first = list.declarations[0];
    if (first !== undefined) group.edits.push({ file: tree.file, start, end: first.getStart(tree.source), text: "const " });
  }
}
