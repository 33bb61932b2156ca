import { ts } from "ts-morph";
import type { HelperFunction } from "../../src/core/finding.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import { isReference, resolve, walk } from "./tree.js";
import type { Tree } from "./tree.js";

/** Throws unless every use of a function that the program shows is a call of it: who else has it might call it with anything. */
export function assertOnlyCalled({ name, names, mentions, member }: HelperFunction, { trees }: PlanContext): void {
  const refuse = (tree: Tree, node: ts.Node): never => {
    const { line } = tree.source.getLineAndCharacterOfPosition(node.getStart(tree.source));
    throw new CannotFix(`\`${name}\` is also used other than by calling it (${tree.file}:${line + 1}): give it the handle by hand`);
  };
  for (const local of names) {
    const tree = trees.get(local.file);
    if (tree === undefined) throw new CannotFix(`${local.file} could not be read`);
    walk(tree.source, (node) => {
      if (ts.isIdentifier(node) && node.text === local.name && isReference(node) && isOfFile(tree, node) && !isCallee(node) && !isHarmless(node)) refuse(tree, node);
    });
  }
  for (const file of mentions) {
    const tree = trees.get(file);
    if (tree === undefined) throw new CannotFix(`${file} could not be read`);
    walk(tree.source, (node) => {
      if (ts.isPropertyAccessExpression(node) && node.name.text === name && !isCallee(node) && (member || isModule(tree, node.expression))) refuse(tree, node);
      if (member && ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent) && (node.propertyName ?? node.name).getText(tree.source) === name) refuse(tree, node);
    });
  }
}

function isCallee(node: ts.Expression): boolean {
  let at: ts.Node = node;
  while (ts.isParenthesizedExpression(at.parent) || ts.isNonNullExpression(at.parent)) at = at.parent;
  return ts.isCallExpression(at.parent) && at.parent.expression === at;
}

/** Named on its way out of the file, or as a type. */
function isHarmless({ parent }: ts.Identifier): boolean {
  if (ts.isExportSpecifier(parent) || ts.isExportAssignment(parent) || ts.isTypeQueryNode(parent)) return true;
  const assigned = ts.isShorthandPropertyAssignment(parent) ? parent.parent.parent : parent;
  return ts.isBinaryExpression(assigned) && assigned.operatorToken.kind === ts.SyntaxKind.EqualsToken && /^(?:module\.)?exports\b/.test(assigned.left.getText());
}

/** Not a parameter that happens to have the name. */
function isOfFile(tree: Tree, node: ts.Identifier): boolean {
  const declared = resolve(tree, node)?.declarations?.[0];
  const of = declared && ts.isBindingElement(declared) ? ts.findAncestor(declared, (at) => ts.isParameter(at) || ts.isVariableDeclaration(at)) : declared;
  return of === undefined || !ts.isParameter(of);
}

/** What a file imports as a whole. */
function isModule(tree: Tree, node: ts.Expression): boolean {
  if (!ts.isIdentifier(node)) return ts.isAwaitExpression(node) || ts.isCallExpression(node);
  const declared = resolve(tree, node)?.declarations?.[0];
  if (declared === undefined) return false;
  if (ts.isNamespaceImport(declared) || ts.isImportClause(declared)) return true;
  return ts.isVariableDeclaration(declared) && /\b(?:require|import)\s*\(/.test(declared.initializer?.getText(tree.source) ?? "");
}
