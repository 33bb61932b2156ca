import { ts } from "ts-morph";
import type { PlanHost } from "../../src/core/edit.js";
import { makerOf } from "./client-maker.js";
import type { Maker } from "./client-maker.js";
import { exportedAs } from "./factory-calls.js";
import type { Creation } from "./factory.js";
import { isBystander } from "./closes.js";
import { isCreation } from "./factory.js";
import { importedFrom } from "./imports.js";
import { packageDir } from "./session-module.js";
import type { ModuleImport } from "./session-module.js";
import { resolveRelative } from "./specifier.js";
import type { PlanContext } from "./transform.js";
import { enclosingFunction, isFunction, walk } from "./tree.js";
import type { Tree } from "./tree.js";

interface Export {
  file: string;
  name: string;
  kind: "named" | "default";
}

/** Where a package has its one client: a value that a module exports, or a function that makes it at first use. */
export type SharedClient = { kind: "value"; from: Export } | { kind: "getter"; name: string; /** Absent in the asking file itself. */ from?: Export };

/** Whether the file where it is made means the same by the names that are imported here. */
export function meansTheSame(there: SharedClient, own: Tree, imports: readonly ModuleImport[], { trees, host }: PlanContext): boolean {
  const tree = there.from === undefined ? own : trees.get(there.from.file);
  return tree !== undefined && imports.every(({ local, specifier, file }) => {
    const from = local === undefined ? undefined : importedFrom(tree.source, local);
    return from !== undefined && (specifier === undefined ? resolveRelative(tree.file, from.specifier, host) === file : from.specifier === specifier);
  });
}

const known = new WeakMap<PlanHost, Map<string, (SharedClient & { file: string })[]>>();

/**
 * The client that the file's own package already shares, made by the same export of the same library with the same arguments; these
 * must be literals or the environment. With two of them, which one is meant is not known: `undefined`.
 */
export function findSharedClient(tree: Tree, open: Creation, maker: Maker, context: PlanContext): SharedClient | undefined {
  const home = packageDir(tree.file, context.host);
  const given = argumentsOf(open, tree.source);
  const key = [home, maker.package, maker.name, given].join("\0");
  let ofHost = known.get(context.host);
  if (ofHost === undefined) known.set(context.host, (ofHost = new Map<string, (SharedClient & { file: string })[]>()));
  let found = ofHost.get(key);
  if (found === undefined) ofHost.set(key, (found = search(home, maker, given, context)));
  const own = found.find(({ file, kind }) => file === tree.file && kind === "getter");
  if (own?.kind === "getter") return { kind: "getter", name: own.name };
  const others = found.filter(({ file }) => file !== tree.file);
  return others.length === 1 ? others[0] : undefined;
}

function search(home: string, maker: Maker, given: string, { host, trees }: PlanContext): (SharedClient & { file: string })[] {
  const found: (SharedClient & { file: string })[] = [];
  for (const file of host.list()) {
    if (!/\.[cm]?[jt]sx?$/.test(file) || isBystander(file) || /(^|\/)(node_modules|dist|build)\//.test(file) || packageDir(file, host) !== home) continue;
    const text = host.read(file);
    if (text === undefined || !text.includes(maker.package) || !/\bexports?\b|\?\?=/.test(text)) continue;
    const tree = trees.get(file);
    if (tree === undefined) continue;
    walk(tree.source, (node) => {
      if (!isCreation(node) || argumentsOf(node, tree.source) !== given) return;
      const made = makerOf(tree.source, node);
      if (made?.package !== maker.package || made.name !== maker.name) return;
      const client = sharedBy(tree, node);
      if (client !== undefined) found.push({ ...client, file });
    });
  }
  return found;
}

/** How another file gets what is made here, where it can. */
export function sharedClientOf(tree: Tree, made: Creation, asking: string): SharedClient | undefined {
  return tree.file === asking ? undefined : sharedBy(tree, made);
}

function sharedBy(tree: Tree, made: Creation): SharedClient | undefined {
  const { file } = tree;
  const around = enclosingFunction(made);
  if (around !== undefined) {
    if (!isFunction(around) || around.parameters.length > 0 || !isKept(made)) return undefined;
    const name = ts.isFunctionDeclaration(around) ? around.name?.text : ts.isVariableDeclaration(around.parent) && ts.isIdentifier(around.parent.name) ? around.parent.name.text : undefined;
    if (name === undefined || !ts.isSourceFile(ts.isFunctionDeclaration(around) ? around.parent : around.parent.parent.parent.parent)) return undefined;
    const exported = exportedAs(tree, name);
    return { kind: "getter", name, ...(exported === undefined ? {} : { from: { file, ...exported } }) };
  }
  // Loading the module must do nothing but make the client: a server's own file would begin to serve.
  if (!tree.source.statements.every(isQuiet)) return undefined;
  const declaration = ts.findAncestor(made, ts.isVariableDeclaration);
  const exported = declaration !== undefined && ts.isIdentifier(declaration.name) ? exportedAs(tree, declaration.name.text) : undefined;
  return exported && { kind: "value", from: { file, ...exported } };
}

/**
 * The function gives `kept ??= new Client()`, or makes it where `kept` is empty and gives `kept`; that outlives the call, and nothing else
 * happens.
 */
function isKept(made: Creation): boolean {
  const value: ts.Expression = ts.isAwaitExpression(made.parent) ? made.parent : made;
  const { parent } = value;
  if (!ts.isBinaryExpression(parent) || parent.right !== value) return false;
  const kept = parent.left.getText();
  const source = made.getSourceFile();
  // `globalThis.client ??= …`, or through a constant that is `globalThis`: kept over reloads.
  const root = /^[\w$]+(?=\.)/.exec(kept)?.[0];
  const isGlobal = root === "globalThis" || source.statements.some((statement) => ts.isVariableStatement(statement) && statement.declarationList.declarations.some(({ name, initializer }) => name.getText() === root && /^globalThis\b/.test(initializer?.getText() ?? "")));
  if (!isGlobal && !source.statements.some((statement) => ts.isVariableStatement(statement) && statement.declarationList.declarations.some(({ name }) => name.getText() === kept))) return false;
  if (parent.operatorToken.kind === ts.SyntaxKind.QuestionQuestionEqualsToken) {
    let at: ts.Node = parent;
    while (ts.isParenthesizedExpression(at.parent)) at = at.parent;
    return ts.isReturnStatement(at.parent) ? ts.isBlock(at.parent.parent) && at.parent.parent.statements.length === 1 : ts.isArrowFunction(at.parent);
  }
  if (parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken || !ts.isExpressionStatement(parent.parent)) return false;
  const around = enclosingFunction(made)?.body;
  if (around === undefined || !ts.isBlock(around)) return false;
  const [test, result, more] = around.statements;
  const empty = [`!${kept}`, `${kept} === undefined`, `${kept} === null`, `${kept} == null`];
  const only = test !== undefined && ts.isIfStatement(test) && test.elseStatement === undefined && (ts.isBlock(test.thenStatement) ? test.thenStatement.statements.length === 1 && test.thenStatement.statements[0] === parent.parent : test.thenStatement === parent.parent);
  return more === undefined && only && empty.includes(test.expression.getText()) && result !== undefined && ts.isReturnStatement(result) && result.expression?.getText() === kept;
}

/** Declares, exports, or puts something where `globalThis` keeps it over reloads. */
function isQuiet(statement: ts.Statement): boolean {
  if (ts.isIfStatement(statement)) return statement.elseStatement === undefined && isQuiet(statement.thenStatement);
  if (ts.isBlock(statement)) return statement.statements.every(isQuiet);
  if (ts.isExpressionStatement(statement)) return ts.isStringLiteral(statement.expression) || (ts.isBinaryExpression(statement.expression) && statement.expression.operatorToken.kind === ts.SyntaxKind.EqualsToken && /^(global|module\.exports|exports\b)/.test(statement.expression.left.getText()));
  return ts.isImportDeclaration(statement) || ts.isImportEqualsDeclaration(statement) || ts.isExportDeclaration(statement) || ts.isExportAssignment(statement) || ts.isVariableStatement(statement) || ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) || ts.isModuleDeclaration(statement) || ts.isEnumDeclaration(statement);
}

export function argumentsOf(open: Creation, source: ts.SourceFile): string {
  return (open.arguments ?? []).map((one) => one.getText(source).replace(/\s+/g, " ")).join();
}
