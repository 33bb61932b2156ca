import { ts } from "ts-morph";
import type { Tree } from "./tree.js";

/** `db`, `this.db`, `a.b.c`: naming it twice means the same twice. */
export function isEntityName(node: ts.Expression): boolean {
  if (ts.isIdentifier(node) || node.kind === ts.SyntaxKind.ThisKeyword) return true;
  return ts.isPropertyAccessExpression(node) && node.questionDotToken === undefined && isEntityName(node.expression);
}

/** The type of an expression, in words of its own: `typeof this.db.transaction`, `ReturnType<typeof db.transaction>["execute"]`. */
export function calleeType(tree: Tree, node: ts.Expression): string | undefined {
  if (isEntityName(node)) return `typeof ${node.getText(tree.source)}`;
  if (ts.isPropertyAccessExpression(node) && node.questionDotToken === undefined && ts.isIdentifier(node.name)) {
    const of = calleeType(tree, node.expression);
    return of === undefined ? undefined : `${of}["${node.name.text}"]`;
  }
  if (!ts.isCallExpression(node) || node.questionDotToken !== undefined) return undefined;
  const of = calleeType(tree, node.expression);
  return of === undefined ? undefined : `ReturnType<${of}>`;
}

export function isTypeScript(file: string): boolean {
  return /\.[cm]?tsx?$/.test(file);
}
