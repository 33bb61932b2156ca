import { ts } from "ts-morph";
import type { EditGroup } from "../src/core/edit.js";
import { Rewrite } from "./lib/rewrite.js";
import { styleOf } from "./lib/style.js";
import { indentAt } from "./lib/text.js";
import { CannotFix, judge, newGroup } from "./lib/transform.js";
import type { Transform } from "./lib/transform.js";
import { isFunction, nodeOf, walkOwn } from "./lib/tree.js";
import type { Tree } from "./lib/tree.js";

const NAME = "sequence-in-transaction";

/** What runs at the same time on one transaction runs in order. */
export const sequenceInTransaction: Transform = {
  name: NAME,
  applies: ({ rule }) => rule === "no-parallel-in-transaction",
  plan(finding, context) {
    if (finding.fix === "manual") throw new CannotFix(finding.fixReason ?? "await the statements in order");
    const tree = context.trees.get(finding.file);
    const call = tree && nodeOf(tree.source, finding.span, ts.isCallExpression);
    if (tree === undefined || call === undefined) throw new CannotFix(`\`Promise.all\` is not to be found in ${finding.file} any more`);
    const group = newGroup(NAME, finding);
    const [list, more] = call.arguments;
    if (call.expression.getText(tree.source) !== "Promise.all" || list === undefined || more !== undefined) throw new CannotFix("only `Promise.all` of a list can be written in order");
    if (!ts.isAwaitExpression(call.parent)) throw new CannotFix("its promise is not awaited in place");
    if (ts.isArrayLiteralExpression(list)) planList(group, tree, call.parent, list);
    else if (ts.isCallExpression(list)) planMap(group, tree, call.parent, list);
    else throw new CannotFix("the promises are made elsewhere: await each where it is made");
    return judge(group, finding.fix === "review" ? [finding.fixReason ?? "in order, the first error keeps the rest from running"] : []);
  },
};

/** `await Promise.all([a(), b()])`. */
function planList(group: EditGroup, tree: Tree, wait: ts.AwaitExpression, { elements }: ts.ArrayLiteralExpression): void {
  const { source, file } = tree;
  if (elements.length === 0 || elements.some((element) => ts.isSpreadElement(element) || ts.isOmittedExpression(element))) throw new CannotFix("the list of promises is spread from elsewhere");
  // A name stands for what has been started already.
  if (elements.some((element) => ts.isIdentifier(element))) throw new CannotFix("the promises are made elsewhere: await each where it is made");
  const operand = (out: Rewrite, element: ts.Expression): Rewrite => {
    const wraps = ts.isConditionalExpression(element) || ts.isBinaryExpression(element) || ts.isArrowFunction(element);
    return out.write(wraps ? "await (" : "await ").keep(element.getStart(source), element.end).write(wraps ? ")" : "");
  };
  const { statement, names } = placeOf(wait);
  if (statement === undefined || (names !== undefined && names.length > elements.length)) {
    const out = new Rewrite(tree, wait.getStart(source)).write("[");
    elements.forEach((element, index) => operand(out.write(index === 0 ? "" : ", "), element));
    group.edits.push(...out.write("]").finish(wait.end));
    return;
  }
  const indent = indentAt(tree.text, statement.getStart(source));
  const end = styleOf(source).semi;
  const keyword = ts.isVariableStatement(statement) && (statement.declarationList.flags & ts.NodeFlags.Let) !== 0 ? "let" : "const";
  const out = new Rewrite(tree, statement.getStart(source));
  elements.forEach((element, index) => {
    const name = names?.[index];
    out.write(index === 0 ? "" : `${end}\n${indent}`).write(name === undefined ? "" : `${keyword} ${name} = `);
    operand(out, element);
  });
  group.edits.push(...out.write(end).finish(statement.end));
  group.claims = [{ file, start: statement.getStart(source), end: statement.end }];
}

/** Where the results go: nowhere, or into names of their own. Else no statement, since the list itself is used. */
function placeOf(wait: ts.AwaitExpression): { statement?: ts.Statement; names?: (string | undefined)[] } {
  const { parent } = wait;
  if (ts.isExpressionStatement(parent)) return inBlock(parent) ? { statement: parent } : {};
  if (!ts.isVariableDeclaration(parent) || !ts.isArrayBindingPattern(parent.name) || parent.type !== undefined || !ts.isVariableDeclarationList(parent.parent) || parent.parent.declarations.length !== 1) return {};
  const statement = parent.parent.parent;
  if (!ts.isVariableStatement(statement) || !inBlock(statement)) return {};
  const names = parent.name.elements.map((element) => (ts.isOmittedExpression(element) ? undefined : element));
  if (names.some((element) => element !== undefined && (element.dotDotDotToken !== undefined || element.initializer !== undefined))) return {};
  return { statement, names: names.map((element) => element?.name.getText()) };
}

/** One statement can become several there. */
function inBlock({ parent }: ts.Statement): boolean {
  return ts.isBlock(parent) || ts.isSourceFile(parent) || ts.isCaseOrDefaultClause(parent) || ts.isModuleBlock(parent);
}

/** `await Promise.all(rows.map(async (row) => …))`. */
function planMap(group: EditGroup, tree: Tree, wait: ts.AwaitExpression, map: ts.CallExpression): void {
  const { source, file, text } = tree;
  const [callback, more] = map.arguments;
  if (!ts.isPropertyAccessExpression(map.expression) || map.expression.name.text !== "map" || callback === undefined || more !== undefined || !(ts.isArrowFunction(callback) || ts.isFunctionExpression(callback))) {
    throw new CannotFix("the promises are made by something else than `.map` with a function in place");
  }
  const head = headOf(tree, callback, map.expression.expression);
  const statement = ts.isExpressionStatement(wait.parent) ? wait.parent : declared(wait);
  if (statement === undefined || !inBlock(statement)) throw new CannotFix("the list of results is used within an expression: write a loop before it");
  const result = ts.isExpressionStatement(statement) ? undefined : nameOf(statement);
  const value = valueOf(callback);
  const indent = indentAt(text, statement.getStart(source));
  const end = styleOf(source).semi;
  const out = new Rewrite(tree, statement.getStart(source));
  if (result !== undefined) {
    if (value === undefined) throw new CannotFix("the function in `.map` does more than give one value: write a loop that fills the list");
    out.write(`const ${result} = []${end}\n${indent}`);
  }
  out.write(head);
  if (value !== undefined) {
    const waits = ts.isAwaitExpression(value);
    out.write(result === undefined ? "" : `${result}.push(`).write(waits ? "" : "await ").keep(value.getStart(source), value.end).write(result === undefined ? end : `)${end}`);
  } else {
    assertLoopable(callback);
    out.keep(callback.body.getStart(source), callback.body.end);
  }
  group.edits.push(...out.finish(statement.end));
  group.claims = [{ file, start: statement.getStart(source), end: statement.end }];
}

function declared(wait: ts.AwaitExpression): ts.VariableStatement | undefined {
  const { parent } = wait;
  if (!ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name) || parent.type !== undefined || !ts.isVariableDeclarationList(parent.parent) || parent.parent.declarations.length !== 1) return undefined;
  return ts.isVariableStatement(parent.parent.parent) ? parent.parent.parent : undefined;
}

function nameOf(statement: ts.Statement): string | undefined {
  const declaration = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : undefined;
  return declaration !== undefined && ts.isIdentifier(declaration.name) ? declaration.name.text : undefined;
}

/** `for (const row of rows) `. */
function headOf({ source }: Tree, { parameters }: ts.ArrowFunction | ts.FunctionExpression, list: ts.Expression): string {
  const [item, index, more] = parameters;
  if (more !== undefined || parameters.some((one) => one.dotDotDotToken !== undefined || one.initializer !== undefined)) throw new CannotFix("the function in `.map` takes more than an item and its index");
  const over = list.getText(source);
  if (index !== undefined) return `for (const [${index.name.getText(source)}, ${item?.name.getText(source) ?? ""}] of ${over}.entries()) `;
  return `for (const ${item === undefined ? "_" : item.name.getText(source)} of ${over}) `;
}

/** The one value that the function gives: an arrow's expression, or the only statement's. */
function valueOf({ body }: ts.ArrowFunction | ts.FunctionExpression): ts.Expression | undefined {
  if (!ts.isBlock(body)) return body;
  const [only, more] = body.statements;
  return only !== undefined && more === undefined && ts.isReturnStatement(only) ? only.expression : undefined;
}

/** A `return` ends one turn in a function and the whole function in a loop; `this` and `arguments` change their meaning. */
function assertLoopable(callback: ts.ArrowFunction | ts.FunctionExpression): void {
  const { body } = callback;
  let left = false;
  walkOwn(body, (node) => {
    if (ts.isReturnStatement(node)) left = true;
  });
  if (left) throw new CannotFix("the function in `.map` returns from within: write it as a loop with `continue`");
  if (!ts.isArrowFunction(callback) && isFunction(callback) && /\b(this|arguments)\b/.test(body.getText())) throw new CannotFix("the function in `.map` has a `this` of its own");
}
