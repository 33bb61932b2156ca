import { ts } from "ts-morph";
import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { SessionPerCallDetail } from "../../src/core/finding.js";
import { CannotFix } from "./transform.js";
import { boundNames, declarationsOf, isFunction, isReference, nodeOf, statementOf, unwrap, walk, walkOwn } from "./tree.js";
import type { FunctionNode, Tree } from "./tree.js";

export type Creation = ts.NewExpression | ts.CallExpression;

/** The creating expression and the function around it that returns the fresh session, as nodes. */
export interface FactoryNodes {
  open: Creation;
  fn: FunctionNode;
  /** Only creates and returns; pragmas aside when `pragmas` is set. */
  bare: boolean;
  pragmas: boolean;
  /** Errors are caught and something else is returned instead. */
  swallows: boolean;
  /** What it returns is the driver's own object. */
  raw: boolean;
}

export function isCreation(node: ts.Node): node is Creation {
  return ts.isNewExpression(node) || ts.isCallExpression(node);
}

export function openOf(tree: Tree, detail: SessionPerCallDetail): Creation {
  const open = nodeOf(tree.source, detail.open, isCreation);
  if (open === undefined) throw new CannotFix("the call that opens the session was not found where the finding says it stands");
  return open;
}

export function factoryNodes(tree: Tree, detail: SessionPerCallDetail, factory: NonNullable<SessionPerCallDetail["factory"]>): FactoryNodes {
  const open = openOf(tree, detail);
  const fn = nodeOf(tree.source, factory.span, isFunction) ?? around(open, factory.name);
  if (fn === undefined) throw new CannotFix(`the function \`${factory.name}\` was not found where the finding says it stands`);
  const body = fn.body;
  let swallows = false;
  let pragmas = false;
  let others = false;
  const starts = libraryWithId(detail.library)?.opens.flatMap(({ shares }) => shares?.starts ?? []) ?? [];
  if (body !== undefined) {
    walkOwn(body, (node) => {
      if (ts.isCatchClause(node) && !throwsAgain(node.block)) swallows = true;
    });
    if (ts.isBlock(body)) {
      const result = keptIn(open);
      for (const statement of body.statements) {
        if (contains(statement, open) || ts.isReturnStatement(statement)) continue;
        if (result !== undefined && isPragma(statement, result)) pragmas = true;
        else if (result !== undefined && starts.some((method) => isStart(statement, result, method))) continue;
        else others = true;
      }
    }
  }
  return { open, fn, bare: !others && !swallows, pragmas, swallows, raw: returnsRaw(tree, fn, open) };
}

function around(node: ts.Node, name: string): FunctionNode | undefined {
  for (let current: ts.Node | undefined = node.parent; current !== undefined; current = current.parent) {
    if (isFunction(current) && (current.name?.getText() === name || (ts.isVariableDeclaration(current.parent) && current.parent.name.getText() === name))) return current;
  }
  return undefined;
}

function contains(outer: ts.Node, inner: ts.Node): boolean {
  return outer.pos <= inner.pos && inner.end <= outer.end;
}

function throwsAgain(block: ts.Block): boolean {
  return block.statements.some((statement) => ts.isThrowStatement(statement));
}

/** The variable that the fresh session is put into. */
export function keptIn(open: Creation): ts.Identifier | undefined {
  let node: ts.Node = open;
  while (ts.isAwaitExpression(node.parent) || ts.isParenthesizedExpression(node.parent) || ts.isAsExpression(node.parent)) node = node.parent;
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return parent.name;
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isIdentifier(parent.left)) return parent.left;
  return undefined;
}

/** `await dataSource.initialize();`, also where it is asked first whether that is needed. */
function isStart(statement: ts.Statement, session: ts.Identifier, method: string): boolean {
  const text = statement.getText().replace(/[\s;]/g, "");
  const start = `await${session.text}.${method}()`;
  const asked = `if(!${session.text}.isInitialized)`;
  return [start, `${asked}${start}`, `${asked}{${start}}`].includes(text);
}

function isPragma(statement: ts.Statement, session: ts.Identifier): boolean {
  if (!ts.isExpressionStatement(statement)) return false;
  const call = unwrap(statement.expression);
  return (
    ts.isCallExpression(call) &&
    ts.isPropertyAccessExpression(call.expression) &&
    ts.isIdentifier(call.expression.expression) &&
    call.expression.expression.text === session.text &&
    (call.expression.name.text === "pragma" || call.expression.name.text === "defaultSafeIntegers")
  );
}

function returnsRaw(tree: Tree, fn: FunctionNode, open: Creation): boolean {
  if (fn.body === undefined) return false;
  if (!ts.isBlock(fn.body)) return unwrap(fn.body) === open;
  const kept = keptIn(open);
  let raw = true;
  let any = false;
  walkOwn(fn.body, (node) => {
    if (!ts.isReturnStatement(node) || node.expression === undefined) return;
    any = true;
    const value = unwrap(node.expression);
    raw &&= value === open || (ts.isIdentifier(value) && kept !== undefined && value.text === kept.text);
  });
  return any && raw && tree.text !== "";
}

/** Every name in the expression means the same at the top of the file: nothing of the call's own is used. */
export function isModuleLevel(tree: Tree, node: ts.Node, except: ReadonlySet<ts.Node> = new Set()): boolean {
  const top = new Set(declarationsOf(tree.source).map(({ text }) => text));
  const inner = new Set<string>();
  walk(node, (one) => {
    if (ts.isArrowFunction(one) || ts.isFunctionExpression(one)) for (const parameter of one.parameters) for (const { text } of boundNames(parameter.name)) inner.add(text);
    for (const { text } of declarationsOf(one)) inner.add(text);
  });
  let plain = true;
  const visit = (one: ts.Node): void => {
    if (except.has(one)) return;
    if (one.kind === ts.SyntaxKind.ThisKeyword || one.kind === ts.SyntaxKind.SuperKeyword || ts.isAwaitExpression(one)) plain = false;
    if (ts.isIdentifier(one) && isReference(one) && !inner.has(one.text) && !(top.has(one.text) && declaredAtTop(tree, one)) && !isGlobal(tree, one)) plain = false;
    ts.forEachChild(one, visit);
  };
  visit(node);
  return plain;
}

function declaredAtTop(tree: Tree, name: ts.Identifier): boolean {
  const declaration = tree.symbolAt(name)?.declarations?.[0];
  if (declaration === undefined) return true;
  const statement = ts.isStatement(declaration) ? declaration : statementOf(declaration);
  return statement === undefined ? !isLocal(declaration) : statement.parent === tree.source;
}

function isLocal(declaration: ts.Node): boolean {
  for (let node: ts.Node | undefined = declaration.parent; node !== undefined; node = node.parent) if (isFunction(node)) return true;
  return false;
}

function isGlobal(tree: Tree, name: ts.Identifier): boolean {
  return (tree.symbolAt(name)?.declarations?.length ?? 0) === 0;
}
