import { ts } from "ts-morph";
import { RUNTIME } from "../../src/core/contract.js";
import type { EditGroup } from "../../src/core/edit.js";
import type { SessionPerCallDetail } from "../../src/core/finding.js";
import type { Creation } from "./factory.js";
import { importedFrom, localNameFor } from "./imports.js";
import { driverImport } from "./session-module.js";
import { dirname, extensionOf } from "./specifier.js";
import type { PlanContext } from "./transform.js";
import { nodeOf, unwrap } from "./tree.js";
import type { Tree } from "./tree.js";

/** The session module beside the function that opens; found, or created with this fix. */
export function sessionModule(group: EditGroup, opener: Tree, name: string, kind: "named" | "default", rawOpen: Creation | undefined, context: PlanContext): string {
  const constructed = rawOpen === undefined ? undefined : unwrap(rawOpen.expression);
  const driver = constructed !== undefined && ts.isIdentifier(constructed) ? driverImport(opener, constructed.text) : undefined;
  const { file, created } = context.modules.get(opener, dirname(opener.file), { ...(driver === undefined ? {} : { driver }), open: name }, [{ file: opener.file, name, kind }]);
  if (created !== undefined) group.creates.push(created);
  return file;
}

/** `createDbEngine(this.dbPath)` becomes `getSession(this.dbPath)`. */
export function replaceCall(group: EditGroup, call: Creation, tree: Tree, module: string, context: PlanContext): void {
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

/** The name under which a file exports one of its functions. */
export function exportedAs(tree: Tree, local: string): { name: string; kind: "named" | "default" } | undefined {
  for (const statement of tree.source.statements) {
    if (ts.isExportAssignment(statement) && statement.expression.getText(tree.source) === local) return { name: local, kind: "default" };
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

export interface UseCall {
  use: SessionPerCallDetail["uses"][number];
  tree: Tree;
  call: ts.CallExpression;
  /** The name in the callee that means the factory; `undefined` for `deps.createDb()`, which no import decides. */
  name?: ts.Identifier;
}

/** The direct calls of the factory, however they are written. */
export function callsOf(name: string, detail: SessionPerCallDetail, context: PlanContext): UseCall[] {
  return usesByCall(detail, context).flatMap(({ use, tree, call }) => {
    const called = calleeNames(call.expression).find((one) => one.text === name || importedFrom(tree.source, one.text)?.name === name);
    if (called !== undefined) return [{ use, tree, call, name: called }];
    const callee = unwrap(call.expression);
    return ts.isPropertyAccessExpression(callee) && callee.name.text === name ? [{ use, tree, call }] : [];
  });
}

export function usesByCall(detail: SessionPerCallDetail, context: PlanContext): UseCall[] {
  return detail.uses.flatMap((use) => {
    const tree = context.trees.get(use.file);
    const call = tree && nodeOf(tree.source, use.span, ts.isCallExpression);
    return tree === undefined || call === undefined ? [] : [{ use, tree, call }];
  });
}

/** `f` in `f(…)`, in `(given ?? f)(…)` and in `(test ? f : g)(…)`. */
function calleeNames(callee: ts.Expression): ts.Identifier[] {
  const node = unwrap(callee);
  if (ts.isIdentifier(node)) return [node];
  if (ts.isConditionalExpression(node)) return [...calleeNames(node.whenTrue), ...calleeNames(node.whenFalse)];
  if (ts.isBinaryExpression(node) && (node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken || node.operatorToken.kind === ts.SyntaxKind.BarBarToken)) return [...calleeNames(node.left), ...calleeNames(node.right)];
  return [];
}
