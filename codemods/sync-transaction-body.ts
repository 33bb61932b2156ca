import { ts } from "ts-morph";
import { RUNTIME } from "../src/core/contract.js";
import type { EditGroup } from "../src/core/edit.js";
import type { AsyncBodyDetail, Finding } from "../src/core/finding.js";
import { localNameFor } from "./lib/imports.js";
import { planSuggested } from "./lib/suggested.js";
import { CannotFix, judge, newGroup } from "./lib/transform.js";
import type { PlanContext, Transform } from "./lib/transform.js";
import { nodeOf, referencesTo, unwrap, walk } from "./lib/tree.js";
import type { Tree } from "./lib/tree.js";

const NAME = "sync-transaction-body";

/** The function of a synchronous driver's transaction is synchronous, where nothing is awaited in it; else the runtime runs it, and waits. */
export const syncTransactionBody: Transform = {
  name: NAME,
  applies: ({ rule }) => rule === "no-async-sync-transaction",
  plan(finding, context) {
    const { detail } = finding;
    if (detail.kind !== "async-body" || finding.fix === "manual") return planSuggested(NAME, finding, "what is awaited in it has to move out of it, or to become synchronous");
    return judge(planRuntime(newGroup(NAME, finding), finding, detail, context), [finding.fixReason ?? "the lock is held for as long as the function awaits"]);
  },
};

function planRuntime(group: EditGroup, { file, span }: Finding, detail: AsyncBodyDetail, { trees }: PlanContext): EditGroup {
  const tree = trees.get(file);
  const call = tree && nodeOf(tree.source, span, ts.isCallExpression);
  const body = tree && nodeOf(tree.source, detail.body, ts.isArrowFunction);
  if (tree === undefined || call === undefined || body === undefined || !call.arguments.includes(body)) throw new CannotFix(`the transaction is not to be found in ${file} any more`);
  const name = localNameFor(tree, RUNTIME.exports.transaction, RUNTIME.specifier);
  group.imports.push({ file, from: { package: RUNTIME.specifier }, name: RUNTIME.exports.transaction, as: name, kind: "named" });
  const runs = detail.invocations.map((run) => ({ tree: trees.get(run.file), run }));
  const [only] = runs;
  const atOnce = runs.length === 1 && only?.tree === tree ? nodeOf(tree.source, only.run.span, ts.isCallExpression) : undefined;
  if (atOnce !== undefined && isRunOf(atOnce, call)) planAtOnce(group, tree, call, atOnce, body, detail, name);
  else {
    planKept(group, tree, call, body, detail, name);
    for (const { tree: at, run } of runs) group.edits.push(...withoutMode(at, run, file));
  }
  return group;
}

/** `db.transaction(async () => { … })()` → `transaction(db, async () => { … })`. */
function planAtOnce(group: EditGroup, tree: Tree, call: ts.CallExpression, run: ts.CallExpression, body: ts.ArrowFunction, { session }: AsyncBodyDetail, name: string): void {
  const { file, source } = tree;
  if (run.arguments.length > 0 || body.parameters.length > 0) throw new CannotFix("the transaction is given arguments where it is run: name it first");
  assertMode(run);
  group.edits.push({ file, start: call.getStart(source), end: body.getStart(source), text: `${name}(${session}, ` }, { file, start: call.end, end: run.end, text: "" });
}

/** `db.transaction(async (x) => { … })` → `(x) => transaction(db, async () => { … })`. */
function planKept(group: EditGroup, tree: Tree, call: ts.CallExpression, body: ts.ArrowFunction, { session }: AsyncBodyDetail, name: string): void {
  const { file, source } = tree;
  const { parent } = call;
  if (!(ts.isVariableDeclaration(parent) || ts.isPropertyDeclaration(parent)) || parent.initializer !== call) throw new CannotFix("the transaction is passed on, so who runs it cannot be told");
  if (parent.type !== undefined) throw new CannotFix(`\`${parent.name.getText(source)}\` is declared with a type of the driver's own`);
  const other = usesOf(tree, parent).find((use) => !isRunBy(use) && !ts.isExportSpecifier(use.parent) && !ts.isExportAssignment(use.parent));
  if (other !== undefined) throw new CannotFix(`\`${other.getText(source)}\` is also used other than by calling it`);
  const [modifier] = body.modifiers ?? [];
  if (modifier === undefined) throw new CannotFix("its function is not async any more");
  const head = source.text.slice(modifier.end).search(/\S/) + modifier.end;
  group.edits.push(
    { file, start: call.getStart(source), end: head, text: "" },
    { file, start: body.body.getStart(source), end: body.body.getStart(source), text: `${name}(${session}, async () => ` },
    { file, start: body.end, end: call.end, text: ")" },
  );
}

/** Where the file names what the transaction is kept in: a variable, or a field of some object. */
function usesOf(tree: Tree, kept: ts.VariableDeclaration | ts.PropertyDeclaration): ts.Expression[] {
  const { name } = kept;
  if (ts.isVariableDeclaration(kept) && ts.isIdentifier(name)) return referencesTo(tree, name, tree.source);
  const found: ts.Expression[] = [];
  walk(tree.source, (node) => {
    if (ts.isPropertyAccessExpression(node) && node.name.text === name.getText(tree.source)) found.push(node);
  });
  return found;
}

const MODES = new Set(["default", "deferred", "immediate"]);

/** The runtime's transaction is immediate: one that asks for the whole file has to stay. */
function assertMode(run: ts.CallExpression): string | undefined {
  const callee = unwrap(run.expression);
  const mode = ts.isPropertyAccessExpression(callee) ? callee.name.text : undefined;
  if (mode === "exclusive") throw new CannotFix("it is run in exclusive mode: pass that to the runtime's transaction");
  return mode !== undefined && MODES.has(mode) ? mode : undefined;
}

/** `save.immediate(x)` → `save(x)`. */
function withoutMode(tree: Tree | undefined, { file, span }: AsyncBodyDetail["invocations"][number], home: string): EditGroup["edits"] {
  const run = tree && nodeOf(tree.source, span, ts.isCallExpression);
  if (run === undefined) throw new CannotFix(`a call of the transaction of ${home} is not to be found in ${file} any more`);
  const mode = assertMode(run);
  const callee = unwrap(run.expression);
  return mode === undefined || !ts.isPropertyAccessExpression(callee) ? [] : [{ file, start: callee.expression.end, end: callee.end, text: "" }];
}

function isRunOf(run: ts.CallExpression, call: ts.CallExpression): boolean {
  const callee = unwrap(run.expression);
  return callee === call || (ts.isPropertyAccessExpression(callee) && unwrap(callee.expression) === call);
}

function isRunBy(use: ts.Expression): boolean {
  const { parent } = use;
  if (ts.isCallExpression(parent)) return parent.expression === use;
  return ts.isPropertyAccessExpression(parent) && parent.expression === use && ts.isCallExpression(parent.parent) && parent.parent.expression === parent && (MODES.has(parent.name.text) || parent.name.text === "exclusive");
}
