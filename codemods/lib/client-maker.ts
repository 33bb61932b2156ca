import { ts } from "ts-morph";
import type { Creation } from "./factory.js";
import { importedFrom } from "./imports.js";
import { walk } from "./tree.js";
import type { Tree } from "./tree.js";

/** The package and export that make a client. */
export interface Maker {
  package: string;
  name: string;
}

/** `new PrismaClient()`, `new pg.Pool()`, `mysql.createPool()`, `postgres()`: by what the file imports. */
export function makerOf(source: ts.SourceFile, open: Creation): Maker | undefined {
  let callee: ts.Expression = open.expression;
  let member: string | undefined;
  if (ts.isPropertyAccessExpression(callee)) {
    member = callee.name.text;
    callee = callee.expression;
  }
  const from = ts.isIdentifier(callee) ? importedFrom(source, callee.text) : undefined;
  return from && { package: from.specifier, name: member ?? (from.name === "*" || from.name === "=" ? "default" : from.name) };
}

export interface Dependence {
  /** A part that may give something else each time it is asked: a call, a variable of the function, `this`. */
  call?: string;
  /** Imports and constants of the file. */
  bindings: string[];
}

/**
 * What a client is made of besides literals and the environment.
 *
 * @param parts the packages whose classes make parts that last as long as the client
 */
export function dependsOn(tree: Tree, open: Creation, parts?: RegExp): Dependence {
  const { source } = tree;
  const bindings = new Set<string>();
  let call: string | undefined;
  for (const argument of open.arguments ?? []) {
    walk(argument, (node) => {
      if (isChanging(node) && !isPart(source, node, parts)) call ??= shown(node, source);
      if (!ts.isIdentifier(node) || !isRead(node)) return;
      const declared = tree.symbolAt(node)?.declarations?.[0];
      if (declared === undefined || declared.getSourceFile() !== source) return;
      if (isLasting(declared)) bindings.add(node.text);
      else call ??= node.text;
    });
  }
  return { ...(call === undefined ? {} : { call }), bindings: [...bindings] };
}

function isPart(source: ts.SourceFile, node: ts.Node, parts: RegExp | undefined): boolean {
  if (parts === undefined || !ts.isNewExpression(node) || !ts.isIdentifier(node.expression)) return false;
  const from = importedFrom(source, node.expression.text);
  return from !== undefined && parts.test(from.specifier);
}

function isChanging(node: ts.Node): boolean {
  return ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isTaggedTemplateExpression(node) || ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.ThisKeyword || ts.isFunctionLike(node) || ts.isSpreadAssignment(node) || ts.isSpreadElement(node);
}

function shown(node: ts.Node, source: ts.SourceFile): string {
  const [line = ""] = node.getText(source).split("\n");
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}

/** Not a property's name: neither of a literal nor after a dot. */
function isRead(node: ts.Identifier): boolean {
  const { parent } = node;
  return !((ts.isPropertyAssignment(parent) && parent.name === node) || (ts.isPropertyAccessExpression(parent) && parent.name === node));
}

/** An import, or a constant at the top of the file. */
function isLasting(declared: ts.Declaration): boolean {
  if (ts.findAncestor(declared, ts.isImportDeclaration) !== undefined || ts.isImportEqualsDeclaration(declared)) return true;
  return ts.isVariableDeclaration(declared) && ts.isVariableDeclarationList(declared.parent) && (declared.parent.flags & ts.NodeFlags.Const) !== 0 && ts.isSourceFile(declared.parent.parent.parent);
}
