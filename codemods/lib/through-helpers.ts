import { ts } from "ts-morph";
import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { EditGroup } from "../../src/core/edit.js";
import type { Finding, HelperFunction, OuterHelperDetail } from "../../src/core/finding.js";
import { appended, passedAt } from "./arguments.js";
import { assertHandleAt, runsBesideOthers, runsWithin } from "./handle-at.js";
import { assertOnlyCalled } from "./only-called.js";
import { namesIn } from "./transaction-shape.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import { functionOf, isCallLike, nodeOf, resolve, walk } from "./tree.js";
import type { FunctionNode, Tree } from "./tree.js";
import { calleeType, isTypeScript } from "./type-text.js";

/** What the parameter is called; the next one where the function has the name already. */
const NAMES = ["session", "dbSession", "handle", "dbHandle"];

/** A function that takes a session, or will. */
interface Taker {
  tree: Tree;
  node: FunctionNode;
  /** The parameter's place and name. */
  index: number;
  name: string;
}

/**
 * Each function on the way to the statements takes the session as its last parameter, by default the one that it uses now, so that
 * every other call of it stays as it was; the call in the transaction passes the handle.
 */
export function planThroughHelpers(group: EditGroup, { file, span }: Finding, detail: OuterHelperDetail, context: PlanContext): EditGroup {
  const tree = context.trees.get(file);
  const call = tree && nodeOf(tree.source, span, ts.isCallExpression);
  if (tree === undefined || call === undefined) throw new CannotFix(`the call is not to be found in ${file} any more`);
  const body = assertHandleAt(call, detail);
  if (runsBesideOthers(call, body)) throw new CannotFix("it runs at the same time as others, and one transaction does one thing after the other: await it by itself first");
  const takers = detail.functions.map((helper) => takerOf(helper, context));
  const called = takers.at(-1);
  if (called === undefined) throw new CannotFix("give the helper the handle as a parameter, and let it use that");
  for (const [at, helper] of detail.functions.entries()) {
    const taker = takers[at];
    if (taker === undefined) continue;
    if (helper.takes === undefined) {
      assertOnlyCalled(helper, context);
      group.edits.push(appended(taker.tree, taker.node.parameters, `${taker.name}${declaredAs(helper, taker, takers, detail)}`));
      group.edits.push(...onParameter(helper, taker, takers));
    }
    for (const { span: place, to } of helper.calls) {
      const inner = nodeOf(taker.tree.source, place, ts.isCallExpression);
      const next = takers[to];
      if (inner === undefined || next === undefined) throw new CannotFix(`a call is not to be found in ${helper.file} any more`);
      assertInOrder(inner, taker, helper);
      group.edits.push(passedAt(taker.tree, inner, next.index, taker.name));
    }
  }
  group.edits.push(passedAt(tree, call, called.index, detail.handle));
  return group;
}

function takerOf(helper: HelperFunction, { trees }: PlanContext): Taker {
  const tree = trees.get(helper.file);
  const node = tree && functionOf(tree.source, helper.span);
  if (tree === undefined || node === undefined) throw new CannotFix(`\`${helper.name}\` is not to be found in ${helper.file} any more`);
  if (helper.takes !== undefined) {
    const parameter = node.parameters[helper.takes];
    if (parameter === undefined || !ts.isIdentifier(parameter.name)) throw new CannotFix(`the session of \`${helper.name}\` has no name of its own`);
    return { tree, node, index: helper.takes, name: parameter.name.text };
  }
  const { parent } = node;
  const isOverloaded = (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && siblings(node).some((one) => isSignature(one) && one.name?.getText() === node.name?.getText() && isStatic(one) === isStatic(node));
  if (isOverloaded) throw new CannotFix(`\`${helper.name}\` has overloads: give each the handle by hand`);
  if ((ts.isVariableDeclaration(parent) || ts.isPropertyDeclaration(parent)) && parent.type !== undefined) throw new CannotFix(`\`${helper.name}\` is declared with a type that says what it takes`);
  const taken = namesIn(node);
  const name = NAMES.find((one) => !taken.has(one));
  if (name === undefined) throw new CannotFix(`every name for the session is taken in \`${helper.name}\``);
  const own = node.parameters.filter((parameter) => parameter.name.getText(tree.source) !== "this");
  return { tree, node, index: own.length, name };
}

function siblings(node: ts.FunctionDeclaration | ts.MethodDeclaration): readonly ts.Node[] {
  const { parent } = node;
  if (ts.isClassLike(parent)) return parent.members;
  return ts.isBlock(parent) || ts.isSourceFile(parent) || ts.isModuleBlock(parent) ? parent.statements : [];
}

function isSignature(node: ts.Node): node is ts.FunctionDeclaration | ts.MethodDeclaration {
  return (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && node.body === undefined;
}

function isStatic(node: ts.FunctionDeclaration | ts.MethodDeclaration): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) ?? false;
}

/** `: typeof db | Handle = db`: a type that holds for the session and for the handle, and the session as it is used now. */
function declaredAs(helper: HelperFunction, { tree, node }: Taker, takers: readonly Taker[], { library, begins, functions }: OuterHelperDetail): string {
  const isTyped = isTypeScript(helper.file);
  if (helper.session !== undefined) {
    const value = ` = ${helper.session}`;
    const kind = libraryWithId(library)?.passing?.type;
    if (!isTyped || kind === "session") return value;
    const session = occurrences(helper, tree, node)[0];
    const begun = session && calleeType(tree, session);
    if (begun === undefined || kind === undefined) throw new CannotFix(`no type can be written for what \`${helper.name}\` would take: give it the handle by hand`);
    const handle = `Parameters<Parameters<${begun.startsWith("typeof ") ? `${begun}.${begins}` : `${begun}["${begins}"]`}>[0]>[0]`;
    return `: ${kind === "either" ? `${begun} | ` : ""}${handle}${value}`;
  }
  const [inner] = helper.calls;
  const next = inner && takers[inner.to];
  const call = inner && nodeOf(tree.source, inner.span, ts.isCallExpression);
  if (next === undefined || call === undefined) throw new CannotFix(`\`${helper.name}\` calls nothing that takes a session`);
  if (!isTyped) return "";
  const callee = calleeType(tree, call.expression);
  if (callee === undefined || functions[inner?.to ?? 0] === undefined) throw new CannotFix(`no type can be written for what \`${helper.name}\` would take: give it the handle by hand`);
  return `?: Parameters<${callee}>[${next.index}]`;
}

/** Where a function names the session, from its first to its last word. */
function occurrences({ session }: HelperFunction, tree: Tree, node: FunctionNode): ts.Expression[] {
  const found: ts.Expression[] = [];
  const roots = new Set<ts.Symbol | undefined>();
  walk(node, (one) => {
    if (!(ts.isIdentifier(one) || ts.isPropertyAccessExpression(one)) || one.getText(tree.source) !== session) return;
    if (ts.isIdentifier(one) && ts.isPropertyAccessExpression(one.parent) && one.parent.name === one) return;
    if (ts.isPropertyAssignment(one.parent) && one.parent.name === one) return;
    let root: ts.Expression = one;
    while (ts.isPropertyAccessExpression(root)) root = root.expression;
    if (ts.isIdentifier(root)) roots.add(resolve(tree, root));
    found.push(one);
  });
  for (const root of roots) assertAtHand(root, tree, node);
  if (roots.size > 1) throw new CannotFix(`\`${session ?? ""}\` means more than one thing in ${tree.file}`);
  return found;
}

/** A default is worked out before the function's own names are there, and at every call: what it names has to be there then. */
function assertAtHand(root: ts.Symbol | undefined, tree: Tree, node: FunctionNode): void {
  const declared = root?.declarations?.[0];
  if (declared === undefined || declared.getSourceFile() !== tree.source || declared.pos < node.pos || declared.end > node.end) return;
  const parameter = ts.findAncestor(declared, (at) => at === node || ts.isParameter(at) || ts.isStatement(at));
  if (parameter === undefined || !ts.isParameter(parameter) || parameter.parent !== node) throw new CannotFix(`\`${root?.name ?? ""}\` is a name of the function's own: take the session as a parameter by hand`);
  if (!isTypeScript(tree.file)) throw new CannotFix(`no type says that \`${root?.name ?? ""}\` is always given: take the session as a parameter by hand`);
}

/** What the function does on the session it does on its parameter. */
function onParameter(helper: HelperFunction, taker: Taker, takers: readonly Taker[]): EditGroup["edits"] {
  if (helper.session === undefined) return [];
  const { tree, node, name } = taker;
  const { source, file } = tree;
  const handedOn = new Set(helper.calls.flatMap(({ span, to }) => nodeOf(source, span, ts.isCallExpression)?.arguments[takers[to]?.index ?? -1] ?? []));
  return occurrences(helper, tree, node).flatMap((one) => {
    const start = one.getStart(source);
    // It becomes the parameter with the call that hands it on.
    if (handedOn.has(one)) return [];
    const statement = helper.statements.map((span) => nodeOf(source, span, isCallLike)).find((call) => call !== undefined && (call.getStart(source) === start || argumentsOf(call).includes(one)));
    if (statement === undefined) {
      const { line } = source.getLineAndCharacterOfPosition(start);
      throw new CannotFix(`\`${helper.name}\` uses \`${helper.session ?? ""}\` for more than statements (${file}:${line + 1}): give it the handle by hand`);
    }
    assertInOrder(one, taker, helper);
    return [{ file, start, end: one.end, text: name }];
  });
}

function argumentsOf(call: ts.CallExpression | ts.TaggedTemplateExpression): readonly ts.Expression[] {
  return ts.isCallExpression(call) ? call.arguments : [];
}

/** What ran later, or side by side on connections of its own, cannot do so on one transaction. */
function assertInOrder(one: ts.Node, { node }: Taker, { name }: HelperFunction): void {
  if (!runsWithin(one, node)) throw new CannotFix(`\`${name}\` uses the session in a function that may run when the transaction is over`);
  if (runsBesideOthers(one, node)) throw new CannotFix(`\`${name}\` runs several statements at the same time: write them in order first`);
}
