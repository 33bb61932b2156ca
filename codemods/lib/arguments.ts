import { ts } from "ts-morph";
import type { TextEdit } from "../../src/core/edit.js";
import { indentAt, startsLine } from "./text.js";
import { CannotFix } from "./transform.js";
import type { Tree } from "./tree.js";

/**
 * One more item at the end of a list in parentheses: a parameter or an argument. It is written over the closing parenthesis, so that
 * two fixes that ask for the same item make the same edit, which is applied once.
 */
export function appended(tree: Tree, list: ts.NodeArray<ts.Node>, item: string): TextEdit {
  const { file, source, text } = tree;
  const close = closing(tree, list);
  const last = list.at(-1);
  if (last === undefined) return { file, start: close, end: close + 1, text: `${item})` };
  if (!startsLine(text, close)) return { file, start: close, end: close + 1, text: list.hasTrailingComma ? ` ${item})` : `, ${item})` };
  const indent = indentAt(text, last.getStart(source));
  if (list.hasTrailingComma) return { file, start: close, end: close + 1, text: `${indent.slice(indentAt(text, close).length)}${item},\n${indentAt(text, close)})` };
  if (/[^\s]/.test(text.slice(last.end, close))) throw new CannotFix("a comment stands at the end of the list: add the handle by hand");
  return { file, start: last.end, end: close + 1, text: `,\n${indent}${item}\n${indentAt(text, close)})` };
}

function closing({ text, source }: Tree, list: ts.NodeArray<ts.Node>): number {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, source.languageVariant, text, undefined, list.end);
  let token = scanner.scan();
  if (token === ts.SyntaxKind.CommaToken) token = scanner.scan();
  if (token !== ts.SyntaxKind.CloseParenToken) throw new CannotFix("the function's parameter has no parentheses: add them, and then the handle");
  return scanner.getTokenStart();
}

/** What a call passes at a place: written over what stands there, or added, with `undefined` for what it leaves out before. */
export function passedAt(tree: Tree, call: ts.CallExpression, index: number, value: string): TextEdit {
  const { file, source } = tree;
  const given = call.arguments[index];
  if (given !== undefined) return { file, start: given.getStart(source), end: given.end, text: value };
  const left = index - call.arguments.length;
  return appended(tree, call.arguments, [...Array.from({ length: left }, () => "undefined"), value].join(", "));
}
