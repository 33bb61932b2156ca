import { ts } from "ts-morph";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import { CannotFix } from "./transform.js";
import { ancestor, enclosingFunction, isAsync, nodeOf, referencesTo, statementOf, unwrap, walk } from "./tree.js";
import type { FunctionNode, Tree } from "./tree.js";

export type Callback = ts.ArrowFunction | ts.FunctionExpression;

/** What becomes of the transaction's result where it is run. */
export type Outcome =
  | { kind: "dropped" }
  | { kind: "returned" }
  | { kind: "declared"; statement: ts.VariableStatement; declaration: ts.VariableDeclaration };

interface Common {
  callback: Callback;
  body: ts.Block;
  /** The function in which the transaction runs. */
  around: FunctionNode | undefined;
  async: boolean;
  label: string | undefined;
}

/** The transaction runs where it is written: its body takes the place of the statement. */
export interface InPlace extends Common {
  shape: "in-place";
  /** The first and the last statement that are replaced. */
  first: ts.Statement;
  last: ts.Statement;
  outcome: Outcome;
  /** `const x = argument` for the callback's parameters that are not the handle. */
  bindings: { name: string; value: string; text: string }[];
  /** A helper or callback style call; absent for better-sqlite3's wrapper. */
  runner?: ts.CallExpression;
  awaited: boolean;
}

/** better-sqlite3's wrapper, made here and called there: it becomes a function of its own. */
export interface AsFunction extends Common {
  shape: "function";
  call: ts.CallExpression;
  invocations: ts.CallExpression[];
}

export function shapeOf(tree: Tree, detail: LoopTransactionDetail): InPlace | AsFunction {
  const call = nodeOf(tree.source, detail.transaction, ts.isCallExpression);
  if (call === undefined) throw new CannotFix("the transaction's call was not found where the finding says it stands");
  const callback = detail.callback === undefined ? undefined : nodeOf(tree.source, detail.callback, isCallback);
  if (callback === undefined) throw new CannotFix("the transaction's body is a function written elsewhere");
  if (!ts.isBlock(callback.body)) throw new CannotFix("the transaction's body is a single expression");
  if (callback.asteriskToken !== undefined) throw new CannotFix("the transaction's body is a generator");
  if (ts.isFunctionExpression(callback) && usesThis(callback)) throw new CannotFix("the transaction's body is a `function` that uses its own `this` or `arguments`");
  return detail.style === "wrapper" ? wrapper(tree, detail, call, callback, callback.body) : direct(tree, detail, call, callback, callback.body);
}

function isCallback(node: ts.Node): node is Callback {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

function usesThis(callback: Callback): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.ThisKeyword || (ts.isIdentifier(node) && node.text === "arguments")) found = true;
    if (node !== callback && (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node) || ts.isClassLike(node))) return;
    ts.forEachChild(node, visit);
  };
  visit(callback.body);
  return found;
}

function direct(tree: Tree, detail: LoopTransactionDetail, call: ts.CallExpression, callback: Callback, body: ts.Block): InPlace {
  const around = enclosingFunction(call);
  const { statement, outcome, awaited } = runAt(tree, call);
  return {
    shape: "in-place",
    callback,
    body,
    around,
    async: canAwait(around, detail),
    label: labelOf(around),
    first: statement,
    last: statement,
    outcome,
    bindings: [],
    runner: call,
    awaited,
  };
}

function wrapper(tree: Tree, detail: LoopTransactionDetail, call: ts.CallExpression, callback: Callback, body: ts.Block): InPlace | AsFunction {
  const invocations = detail.invocations.map((span) => nodeOf(tree.source, span, ts.isCallExpression));
  const runs = invocations.filter((run): run is ts.CallExpression => run !== undefined);
  if (runs.length !== invocations.length || runs.length === 0) throw new CannotFix("no call was found that runs the transaction");
  const [only] = runs;
  if (only !== undefined && runs.length === 1 && madeAndRun(only, call)) {
    const around = enclosingFunction(only);
    const { statement, outcome, awaited } = runAt(tree, only);
    const bindings = bindingsFor(tree, callback, only);
    return { shape: "in-place", callback, body, around, async: canAwait(around, detail), label: labelOf(around), first: statement, last: statement, outcome, bindings, awaited };
  }
  const declaration = call.parent;
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer !== call || !ts.isIdentifier(declaration.name)) {
    throw new CannotFix("the transaction is kept in a field or passed on, so who runs it cannot be told");
  }
  const made = statementOf(declaration);
  if (made === undefined || !ts.isVariableStatement(made) || made.declarationList.declarations.length !== 1) {
    throw new CannotFix("the transaction is declared together with other variables");
  }
  if (ts.getModifiers(made)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true) throw new CannotFix("the transaction is exported, so who runs it cannot be told");
  for (const use of referencesTo(tree, declaration.name, tree.source)) {
    if (!runs.some((run) => runsBy(run, use))) throw new CannotFix(`\`${declaration.name.text}\` is also used other than by calling it`);
  }
  const label = declaration.name.text;
  if (only !== undefined && runs.length === 1) {
    const statement = statementOf(only);
    if (statement !== undefined && follows(made, statement) && enclosingFunction(only) === enclosingFunction(call)) {
      const run = tryRunAt(tree, only);
      const bindings = tryBindings(tree, callback, only);
      if (run !== undefined && bindings !== undefined) {
        const around = enclosingFunction(only);
        return { shape: "in-place", callback, body, around, async: canAwait(around, detail), label: labelOf(around) ?? label, first: made, last: statement, outcome: run.outcome, bindings, awaited: false };
      }
    }
  }
  if (declaration.type !== undefined) throw new CannotFix(`\`${label}\` is declared with a type of the driver's own`);
  const around = enclosingFunction(call);
  const async = runs.every((run) => canAwait(enclosingFunction(run), undefined));
  return { shape: "function", callback, body, around, async, label, call, invocations: runs };
}

/** `db.transaction(fn)()` and `db.transaction(fn).immediate()`. */
function madeAndRun(run: ts.CallExpression, call: ts.CallExpression): boolean {
  const callee = unwrap(run.expression);
  return callee === call || (ts.isPropertyAccessExpression(callee) && unwrap(callee.expression) === call);
}

function runsBy(run: ts.CallExpression, use: ts.Identifier): boolean {
  const callee = unwrap(run.expression);
  return callee === use || (ts.isPropertyAccessExpression(callee) && callee.expression === use && MODES.has(callee.name.text));
}

const MODES = new Set(["deferred", "immediate", "exclusive", "default"]);

function follows(first: ts.Statement, second: ts.Statement): boolean {
  const block = first.parent;
  if (block !== second.parent || !(ts.isBlock(block) || ts.isSourceFile(block) || ts.isCaseOrDefaultClause(block))) return false;
  const { statements } = block;
  return statements.indexOf(second) === statements.indexOf(first) + 1;
}

function tryRunAt(tree: Tree, run: ts.CallExpression): ReturnType<typeof runAt> | undefined {
  try {
    return runAt(tree, run);
  } catch (error) {
    if (error instanceof CannotFix) return undefined;
    throw error;
  }
}

/** The statement that is nothing but this call, and what it does with the result. */
function runAt(tree: Tree, run: ts.CallExpression): { statement: ts.Statement; outcome: Outcome; awaited: boolean } {
  let node: ts.Node = run;
  let awaited = false;
  while (ts.isParenthesizedExpression(node.parent) || ts.isAwaitExpression(node.parent)) {
    awaited ||= ts.isAwaitExpression(node.parent);
    node = node.parent;
  }
  const { parent } = node;
  const statement = statementOf(run);
  if (statement !== undefined && !ts.isSourceFile(statement.parent) && !ts.isBlock(statement.parent) && !ts.isCaseOrDefaultClause(statement.parent)) {
    throw new CannotFix("the transaction is the only statement of an `if` or loop without braces");
  }
  if (statement !== undefined && ts.isExpressionStatement(parent)) return { statement, outcome: { kind: "dropped" }, awaited };
  if (statement !== undefined && ts.isReturnStatement(parent)) return { statement, outcome: { kind: "returned" }, awaited };
  if (
    statement !== undefined &&
    ts.isVariableStatement(statement) &&
    ts.isVariableDeclaration(parent) &&
    parent.initializer === node &&
    statement.declarationList.declarations.length === 1 &&
    ts.getModifiers(statement) === undefined
  ) {
    return { statement, outcome: { kind: "declared", statement, declaration: parent }, awaited };
  }
  throw new CannotFix(`the transaction's result is used inside a larger expression (line ${tree.source.getLineAndCharacterOfPosition(run.getStart(tree.source)).line + 1})`);
}

function tryBindings(tree: Tree, callback: Callback, run: ts.CallExpression): InPlace["bindings"] | undefined {
  try {
    return bindingsFor(tree, callback, run);
  } catch (error) {
    if (error instanceof CannotFix) return undefined;
    throw error;
  }
}

function bindingsFor(tree: Tree, callback: Callback, run: ts.CallExpression): InPlace["bindings"] {
  const bindings: InPlace["bindings"] = [];
  for (const [index, parameter] of callback.parameters.entries()) {
    const argument = run.arguments[index];
    if (argument === undefined || ts.isSpreadElement(argument) || parameter.dotDotDotToken !== undefined || parameter.initializer !== undefined) {
      throw new CannotFix("the transaction's arguments do not match its parameters one by one");
    }
    const name = parameter.name.getText(tree.source);
    const value = argument.getText(tree.source);
    if (name === value) continue;
    const type = parameter.type === undefined ? "" : `: ${parameter.type.getText(tree.source)}`;
    bindings.push({ name, value, text: `const ${name}${type} = ${value}` });
  }
  return bindings;
}

function canAwait(around: FunctionNode | undefined, detail: LoopTransactionDetail | undefined): boolean {
  if (around === undefined || !isAsync(around)) return false;
  return detail === undefined || detail.asyncContext;
}

export function labelOf(around: FunctionNode | undefined): string | undefined {
  for (let node: ts.Node | undefined = around; node !== undefined; node = ancestor(node, isNamed)) {
    if ((ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && node.name !== undefined && ts.isIdentifier(node.name)) return node.name.text;
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name)) return node.name.text;
    if ((ts.isPropertyDeclaration(node) || ts.isPropertyAssignment(node)) && ts.isIdentifier(node.name)) return node.name.text;
  }
  return undefined;
}

function isNamed(node: ts.Node): node is ts.FunctionDeclaration | ts.MethodDeclaration | ts.VariableDeclaration | ts.PropertyDeclaration | ts.PropertyAssignment {
  return ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) || ts.isPropertyAssignment(node);
}

/** Every identifier's text within the node: what a new name must not meet. */
export function namesIn(node: ts.Node): Set<string> {
  const names = new Set<string>();
  walk(node, (one) => {
    if (ts.isIdentifier(one)) names.add(one.text);
  });
  return names;
}
