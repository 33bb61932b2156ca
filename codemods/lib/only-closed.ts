import { ts } from "ts-morph";
import type { TextEdit } from "../../src/core/edit.js";
import { isReference, nodeOf, walk } from "./tree.js";
import type { Tree } from "./tree.js";

/** Whether nothing is done with the session that is opened at `open` but what `removed` takes away: then only its file was wanted. */
export function isOnlyClosed(tree: Tree, open: { start: number; end: number }, removed: readonly TextEdit[]): boolean {
  const made = nodeOf(tree.source, open, (node): node is ts.NewExpression | ts.CallExpression => ts.isNewExpression(node) || ts.isCallExpression(node));
  const declaration = made?.parent;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || !ts.isIdentifier(declaration.name)) return false;
  const { name } = declaration;
  const symbol = tree.symbolAt(name);
  const edits = removed.filter(({ file, text }) => file === tree.file && text === "");
  let used = false;
  walk(tree.source, (node) => {
    if (used || !ts.isIdentifier(node) || node === name || node.text !== name.text || !isReference(node)) return;
    if (tree.symbolAt(node) === symbol && !edits.some(({ start, end }) => start <= node.getStart(tree.source) && node.end <= end)) used = true;
  });
  return !used;
}
