import { ts } from "ts-morph";
import { ancestor } from "./tree.js";
import type { Tree } from "./tree.js";

/** `db`, `this.db`, `a.b.c`: naming it twice means the same twice. */
export function isEntityName(node: ts.Expression): boolean {
  if (ts.isIdentifier(node) || node.kind === ts.SyntaxKind.ThisKeyword) return true;
  return ts.isPropertyAccessExpression(node) && node.questionDotToken === undefined && isEntityName(node.expression);
}

/** The type of an expression, in words of its own: `typeof this.db.transaction`, `ReturnType<typeof db.transaction>["execute"]`. */
export function calleeType(tree: Tree, node: ts.Expression): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isPrivateIdentifier(node.name)) return privateType(tree, node, node.name.text);
  if (isEntityName(node) && !hasPrivateName(node)) return `typeof ${node.getText(tree.source)}`;
  if (ts.isPropertyAccessExpression(node) && node.questionDotToken === undefined && ts.isIdentifier(node.name)) {
    const of = calleeType(tree, node.expression);
    if (of === undefined) return undefined;
    return `${of.startsWith("typeof ") ? `(${of})` : of}["${node.name.text}"]`;
  }
  if (!ts.isCallExpression(node) || node.questionDotToken !== undefined) return undefined;
  const of = calleeType(tree, node.expression);
  return of === undefined ? undefined : `ReturnType<${of}>`;
}

export function isTypeScript(file: string): boolean {
  return /\.[cm]?tsx?$/.test(file);
}

function hasPrivateName(node: ts.Expression): boolean {
  return ts.isPropertyAccessExpression(node) && (ts.isPrivateIdentifier(node.name) || hasPrivateName(node.expression));
}

/** Not every parser takes `typeof this.#db`: what the field itself says of its type. */
function privateType(tree: Tree, node: ts.Expression, name: string): string | undefined {
  const field = ancestor(node, ts.isClassLike)?.members.find((member): member is ts.PropertyDeclaration => ts.isPropertyDeclaration(member) && member.name.getText(tree.source) === name);
  if (field?.type !== undefined) return ts.isTypeReferenceNode(field.type) ? field.type.getText(tree.source) : `(${field.type.getText(tree.source)})`;
  const value = field?.initializer;
  return value !== undefined && isEntityName(value) ? calleeType(tree, value) : undefined;
}
