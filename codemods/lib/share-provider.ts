import { ts } from "ts-morph";
import type { EditGroup } from "../../src/core/edit.js";
import type { ProviderDetail } from "../../src/core/finding.js";
import { madeOnce } from "../../src/core/provider-words.js";
import { comments, nextLine, lineStart } from "./text.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import { nodeOf, unwrap } from "./tree.js";
import type { Tree } from "./tree.js";

/** What says how often one is made, and for how long. */
const SAYS = ["scope", "durable"];

/** What a container makes for each request is made once: the word that says otherwise goes, and the container does the rest. */
export function planProvider(group: EditGroup, provider: ProviderDetail, context: PlanContext, notes: string[]): void {
  const tree = context.trees.get(provider.file);
  if (tree === undefined) throw new CannotFix(`${provider.file} could not be read`);
  const options = optionsOf(tree, provider);
  const said = options.properties.filter((property) => SAYS.includes(property.name?.getText(tree.source) ?? ""));
  const { parent } = options;
  const alone = said.length === options.properties.length && ts.isCallExpression(parent) && parent.arguments.length === 1;
  if (alone) group.edits.push({ file: tree.file, start: parent.arguments.pos, end: parent.end - 1, text: "" });
  else for (const property of said) group.edits.push(withoutProperty(tree, options, property));
  notes.push(madeOnce(provider));
}

/** The object with the scope: a decorator's argument, or the provider itself. */
function optionsOf(tree: Tree, { name, span }: ProviderDetail): ts.ObjectLiteralExpression {
  const says = (node: ts.Node): node is ts.ObjectLiteralExpression => ts.isObjectLiteralExpression(node) && node.properties.some((property) => property.name?.getText(tree.source) === "scope");
  const object = nodeOf(tree.source, span, ts.isObjectLiteralExpression);
  if (object !== undefined && says(object)) return object;
  for (const decorator of decoratorsOf(tree, span)) {
    const call = unwrap(decorator.expression);
    const found = ts.isCallExpression(call) ? call.arguments.map(unwrap).find(says) : undefined;
    if (found !== undefined) return found;
  }
  throw new CannotFix(`where \`${name}\` is said to be made for each request is not written beside it: take \`scope\` away there`);
}

/** Of the class that ends where the span does: it may begin with its decorators or after them. */
function decoratorsOf(tree: Tree, span: ProviderDetail["span"]): readonly ts.Decorator[] {
  let found: readonly ts.Decorator[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node) && node.end === span.end) found = ts.getDecorators(node) ?? [];
    ts.forEachChild(node, visit);
  };
  visit(tree.source);
  return found;
}

/** With its comma, and its line where it stands alone on it. */
function withoutProperty(tree: Tree, { properties }: ts.ObjectLiteralExpression, property: ts.ObjectLiteralElementLike): { file: string; start: number; end: number; text: string } {
  const { file, text, source } = tree;
  let start = property.getStart(source);
  let end = property.end;
  const comma = /^\s*,/.exec(text.slice(end));
  if (comma !== null) end += comma[0].length;
  const isLast = properties.at(-1) === property;
  if (text.slice(lineStart(text, start), start).trim() === "" && text.slice(end, nextLine(text, end)).trim() === "") return { file, start: lineStart(text, start), end: nextLine(text, end), text: "" };
  if (isLast) {
    // On one line, the comma of the one before goes with it.
    const before = properties[properties.indexOf(property) - 1];
    if (before !== undefined && !comments(source).some((comment) => before.end <= comment.start && comment.end <= start)) start = before.end;
  } else while (text[end] === " ") end++;
  return { file, start, end, text: "" };
}
