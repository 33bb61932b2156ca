import { ts } from "ts-morph";
import { lineEnding } from "../../src/core/edit.js";
import type { TextEdit } from "../../src/core/edit.js";
import { appended } from "./arguments.js";
import { indentAt, lineStart, startsLine } from "./text.js";
import { CannotFix } from "./transform.js";
import { unwrap } from "./tree.js";
import type { Tree } from "./tree.js";

/** An option more in the object that a call is given at this place; where it is given none, or one by name, an object for it. */
export function optionAt(tree: Tree, call: ts.CallExpression, index: number, option: string, value: string): TextEdit[] {
  const { file, source } = tree;
  const property = option === value ? option : `${option}: ${value}`;
  const given = call.arguments[index];
  if (given === undefined) return [appended(tree, call.arguments, `{ ${property} }`)];
  const object = unwrap(given);
  if (ts.isObjectLiteralExpression(object)) return propertyIn(tree, object, property);
  if (!ts.isIdentifier(object)) throw new CannotFix(`its options are not written out: pass \`${property}\` in them`);
  return [{ file, start: object.getStart(source), end: object.end, text: `{ ...${object.text}, ${property} }` }];
}

/** At the end, on a line of its own where the closing brace has one. */
function propertyIn({ file, source, text }: Tree, { properties, end }: ts.ObjectLiteralExpression, property: string): TextEdit[] {
  const close = end - 1;
  const last = properties.at(-1);
  const comma = properties.hasTrailingComma;
  if (last === undefined) return [{ file, start: close, end: close, text: /\s$/.test(text.slice(0, close)) ? `${property} ` : ` ${property} ` }];
  if (!startsLine(text, close)) {
    const at = comma ? properties.end : last.end;
    return [{ file, start: at, end: at, text: comma ? ` ${property},` : `, ${property}` }];
  }
  const line = lineStart(text, close);
  const added: TextEdit = { file, start: line, end: line, text: `${indentAt(text, last.getStart(source))}${property}${comma ? "," : ""}${lineEnding(text)}` };
  return comma ? [added] : [{ file, start: last.end, end: last.end, text: "," }, added];
}
