import { ts } from "ts-morph";
import type { TextEdit } from "../../src/core/edit.js";
import { CannotFix } from "./transform.js";
import { boundNames, isFunction, referencesTo, unwrap, walk, walkOwn } from "./tree.js";
import type { Tree } from "./tree.js";

/** A loop as the batch helper takes it: what is iterated, what an item is called, and the body. */
export interface LoopParts {
  statement: ts.Statement;
  items: string;
  /** What the items come from, as it stands in the loop's head. */
  over: ts.Expression;
  /** Where the item's binding stands in the old text, or what it is called when it stands nowhere. */
  item: { start: number; end: number } | string;
  index?: string;
  body: ts.Block | ts.Statement | ts.Expression;
  /** `continue` becomes `return`. */
  bodyEdits: TextEdit[];
  async: boolean;
}

export function loopParts(tree: Tree, statement: ts.Statement): LoopParts {
  if (ts.isForOfStatement(statement)) return forOf(tree, statement);
  if (ts.isForStatement(statement)) return counted(tree, statement);
  if (ts.isExpressionStatement(statement)) return forEach(tree, statement);
  throw new CannotFix("the loop is neither over a collection nor counted, so there is nothing to cut into batches");
}

function text(tree: Tree, node: ts.Node): string {
  return tree.text.slice(node.getStart(tree.source), node.end);
}

function forOf(tree: Tree, loop: ts.ForOfStatement): LoopParts {
  if (loop.awaitModifier !== undefined) throw new CannotFix("the loop awaits its items while the transaction is open");
  if (!ts.isVariableDeclarationList(loop.initializer)) throw new CannotFix("the loop assigns to a variable declared outside it");
  const [declaration] = loop.initializer.declarations;
  if (declaration === undefined) throw new CannotFix("the loop declares no variable");
  if ((loop.initializer.flags & ts.NodeFlags.BlockScoped) === 0) throw new CannotFix("the loop's variable is a `var`, which lives on after the loop");
  const { name } = declaration;
  assertLengthStays(tree, loop.expression, loop.statement);
  return {
    statement: loop,
    items: text(tree, loop.expression),
    over: loop.expression,
    item: { start: name.getStart(tree.source), end: name.end },
    ...ownBody(tree, loop.statement),
  };
}

/** `for (let i = 0; i < xs.length; i++)`: over the positions of `xs`. */
function counted(tree: Tree, loop: ts.ForStatement): LoopParts {
  const { initializer, condition, incrementor } = loop;
  const unknown = new CannotFix("the loop's bounds are not of the form `let i = 0; i < n; i++`");
  if (initializer === undefined || !ts.isVariableDeclarationList(initializer) || condition === undefined || incrementor === undefined) throw unknown;
  const [declaration, ...more] = initializer.declarations;
  if (declaration === undefined || more.length > 0 || !ts.isIdentifier(declaration.name)) throw unknown;
  const { name } = declaration;
  const isName = (node: ts.Node): boolean => ts.isIdentifier(node) && node.text === name.text;
  const fromZero = declaration.initializer !== undefined && ts.isNumericLiteral(declaration.initializer) && declaration.initializer.text === "0";
  const upTo = ts.isBinaryExpression(condition) && condition.operatorToken.kind === ts.SyntaxKind.LessThanToken && isName(condition.left) ? condition.right : undefined;
  const byOne =
    ((ts.isPostfixUnaryExpression(incrementor) || ts.isPrefixUnaryExpression(incrementor)) &&
      incrementor.operator === ts.SyntaxKind.PlusPlusToken &&
      isName(incrementor.operand)) ||
    (ts.isBinaryExpression(incrementor) && incrementor.operatorToken.kind === ts.SyntaxKind.PlusEqualsToken && isName(incrementor.left) && incrementor.right.getText(tree.source) === "1");
  if (!fromZero || upTo === undefined || !byOne) throw unknown;
  for (const use of referencesTo(tree, name, loop.statement)) {
    if (isAssigned(use)) throw new CannotFix(`the loop's body changes its counter \`${name.text}\``);
  }
  if (ts.isPropertyAccessExpression(upTo) && upTo.name.text === "length") {
    const of = upTo.expression;
    assertLengthStays(tree, of, loop.statement);
    return { statement: loop, items: `${text(tree, of)}.keys()`, over: of, item: name.text, ...ownBody(tree, loop.statement) };
  }
  if (!ts.isIdentifier(upTo) && !ts.isNumericLiteral(upTo) && !ts.isPropertyAccessExpression(upTo)) throw unknown;
  return { statement: loop, items: `Array(${text(tree, upTo)}).keys()`, over: upTo, item: name.text, ...ownBody(tree, loop.statement) };
}

function isAssigned(use: ts.Identifier): boolean {
  const { parent } = use;
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    return parent.left === use && kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
  }
  return (ts.isPostfixUnaryExpression(parent) || ts.isPrefixUnaryExpression(parent)) && (parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken);
}

const LENGTH_CHANGERS = new Set(["push", "pop", "shift", "unshift", "splice", "add", "clear"]);

/** A batch takes its items before it turns: what a turn adds to the list may come too late. */
function assertLengthStays(tree: Tree, of: ts.Expression, body: ts.Node): void {
  const name = text(tree, of);
  walk(body, (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || !LENGTH_CHANGERS.has(node.expression.name.text)) return;
    if (text(tree, node.expression.expression) === name) throw new CannotFix(`the loop's body changes the length of \`${name}\``);
  });
}

/** `items.forEach((item, index) => …)` as a statement. */
function forEach(tree: Tree, statement: ts.ExpressionStatement): LoopParts {
  const call = unwrap(statement.expression);
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression) || call.expression.name.text !== "forEach" || call.arguments.length !== 1) {
    throw new CannotFix("the loop's results are collected, so it cannot be cut into batches by itself");
  }
  if (ts.isOptionalChain(call)) throw new CannotFix("the loop runs only where there is a list (`?.`)");
  if (isMap(tree, call.expression.expression)) throw new CannotFix("`forEach` of a Map gives value and key, its entries come the other way round");
  const [callback] = call.arguments;
  if (callback === undefined || !ts.isArrowFunction(callback)) throw new CannotFix("the loop's body is not an arrow function written in place");
  assertLengthStays(tree, call.expression.expression, callback.body);
  const [item, index, whole] = callback.parameters;
  if (whole !== undefined) throw new CannotFix("the loop's body takes the whole collection");
  if (callback.parameters.some(({ initializer, dotDotDotToken }) => initializer !== undefined || dotDotDotToken !== undefined)) {
    throw new CannotFix("the loop's body has default or rest parameters");
  }
  const { body } = callback;
  return {
    statement,
    items: text(tree, call.expression.expression),
    over: call.expression.expression,
    item: item === undefined ? "_item" : { start: item.getStart(tree.source), end: item.end },
    ...(index === undefined ? {} : { index: text(tree, index) }),
    body,
    bodyEdits: [],
    async: callback.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ?? false,
  };
}

function isMap(tree: Tree, list: ts.Expression): boolean {
  const declaration = ts.isIdentifier(list) ? tree.symbolAt(list)?.valueDeclaration : undefined;
  if (declaration === undefined || !(ts.isVariableDeclaration(declaration) || ts.isParameter(declaration))) return false;
  const { type, initializer } = declaration;
  const isOne = (name: ts.Node): boolean => /^(Readonly|Weak)?Map$/.test(text(tree, name));
  return (type !== undefined && ts.isTypeReferenceNode(type) && isOne(type.typeName)) || (initializer !== undefined && ts.isNewExpression(initializer) && isOne(initializer.expression));
}

function ownBody(tree: Tree, body: ts.Statement): Pick<LoopParts, "body" | "bodyEdits" | "async"> {
  const bodyEdits: TextEdit[] = [];
  let async = false;
  const visit = (node: ts.Node, inLoop: boolean, inSwitch: boolean): void => {
    if (isFunction(node) || ts.isClassLike(node)) return;
    if (ts.isReturnStatement(node)) throw new CannotFix("the loop returns from inside, which would leave the rest of the items undone after some are committed");
    if (ts.isBreakStatement(node) && (node.label !== undefined || (!inLoop && !inSwitch))) throw new CannotFix("the loop breaks off, so how many items there are is only known inside it");
    if (ts.isContinueStatement(node)) {
      if (node.label !== undefined) throw new CannotFix("the loop continues another loop by label");
      if (!inLoop) {
        const start = node.getStart(tree.source);
        bodyEdits.push({ file: tree.file, start, end: start + "continue".length, text: "return" });
      }
    }
    if (ts.isYieldExpression(node)) throw new CannotFix("the loop yields while the transaction is open");
    if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined)) async = true;
    const loop = inLoop || ts.isIterationStatement(node, false);
    ts.forEachChild(node, (child) => visit(child, loop, inSwitch || ts.isSwitchStatement(node)));
  };
  visit(body, false, false);
  return { body, bodyEdits, async };
}

/** Names that the loop's own declaration binds: they are not the surrounding code's. */
export function loopNames(statement: ts.Statement): string[] {
  if ((ts.isForOfStatement(statement) || ts.isForStatement(statement)) && statement.initializer !== undefined && ts.isVariableDeclarationList(statement.initializer)) {
    return statement.initializer.declarations.flatMap(({ name }) => boundNames(name).map(({ text: one }) => one));
  }
  return [];
}

export function hasOwn(node: ts.Node, test: (node: ts.Node) => boolean): boolean {
  let found = false;
  walkOwn(node, (one) => {
    found ||= test(one);
  });
  return found;
}
