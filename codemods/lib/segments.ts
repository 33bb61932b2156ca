import { ts } from "ts-morph";
import type { HandleScope } from "./handle-scope.js";
import { hasOwn } from "./loop.js";
import { CannotFix } from "./transform.js";
import { boundNames, isReference, walk } from "./tree.js";
import type { Tree } from "./tree.js";

/** One statement of the transaction's body with the comments that belong to it. */
export interface Unit {
  statement: ts.Statement;
  start: number;
  end: number;
  /** A blank line stands before it. */
  spaced: boolean;
}

/**
 * `plain`: runs outside any transaction. `writes`: runs in a transaction of its own together with its neighbours.
 * `value`: a declaration whose value comes out of a transaction of its own. `sink`: prepared again where the handle is at hand.
 */
export type SegmentKind = "plain" | "writes" | "value" | "sink";

export interface Segment {
  kind: SegmentKind;
  units: Unit[];
}

export function unitsOf(tree: Tree, statements: readonly ts.Statement[], bodyStart: number): Unit[] {
  const { text } = tree;
  let previous = bodyStart;
  return statements.map((statement) => {
    const leading = ts.getLeadingCommentRanges(text, previous) ?? [];
    const own = leading.filter(({ pos }) => pos >= previous);
    const start = own[0]?.pos ?? statement.getStart(tree.source);
    const trailing = ts.getTrailingCommentRanges(text, statement.end) ?? [];
    const end = trailing.at(-1)?.end ?? statement.end;
    const spaced = /\n[^\S\n]*\r?\n/.test(text.slice(previous, start));
    previous = end;
    return { statement, start, end, spaced };
  });
}

export function declaredBy(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name).map(({ text }) => text));
  if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name !== undefined) return [statement.name.text];
  return [];
}

export function mentions(node: ts.Node, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false;
  let found = false;
  walk(node, (one) => {
    found ||= ts.isIdentifier(one) && names.has(one.text) && (isReference(one) || ts.isShorthandPropertyAssignment(one.parent));
  });
  return found;
}

/** Calls that never reach the database, by the name of the method or function. */
const HARMLESS = new Set([
  "now", "toISOString", "toString", "toLowerCase", "toUpperCase", "trim", "split", "join", "slice", "map", "filter", "concat", "flat", "flatMap", "includes",
  "has", "keys", "values", "entries", "stringify", "parse", "randomUUID", "from", "of", "fromEntries", "isArray", "max", "min", "floor", "ceil", "round", "random",
  "push", "String", "Number", "Boolean", "BigInt", "Symbol", "info", "debug", "warn", "log", "error", "trace", "at", "find", "some", "every", "reduce", "sort", "add",
]);
/** Methods of a prepared statement or session that only read. `get` and `all` may run `… RETURNING`: see `reads`. */
const PREPARES = new Set(["prepare", "pluck", "raw", "expand", "safeIntegers", "bind"]);
const READS = new Set(["get", "all", "iterate", "columns"]);
const HARMLESS_NEW = new Set(["Date", "Map", "Set", "WeakMap", "Array", "Error", "URL", "RegExp", "Object"]);

function calledName(call: ts.CallExpression): string {
  const { expression } = call;
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  return ts.isIdentifier(expression) ? expression.text : "";
}

/** What a statement does to the database as far as its own text tells; what cannot be told counts as a write. */
export function effectOf(tree: Tree, node: ts.Node): "none" | "prepare" | "read" | "write" {
  let effect: "none" | "prepare" | "read" | "write" = "none";
  const raise = (to: typeof effect): void => {
    const order = ["none", "prepare", "read", "write"] as const;
    if (order.indexOf(to) > order.indexOf(effect)) effect = to;
  };
  walk(node, (one) => {
    if (ts.isNewExpression(one)) {
      if (!ts.isIdentifier(one.expression) || !HARMLESS_NEW.has(one.expression.text)) raise("write");
    } else if (ts.isTaggedTemplateExpression(one)) raise("write");
    else if (ts.isCallExpression(one)) {
      const name = calledName(one);
      if (PREPARES.has(name)) raise("prepare");
      else if (READS.has(name)) raise(reads(tree, one) ? "read" : "write");
      else if (!HARMLESS.has(name)) raise("write");
    }
  });
  return effect;
}

/** `x.get(…)` where `x` is prepared from a SELECT that can be seen; also a Map's `get`. */
function reads(tree: Tree, call: ts.CallExpression): boolean {
  if (!ts.isPropertyAccessExpression(call.expression)) return false;
  const sql = preparedText(tree, call.expression.expression);
  if (sql !== undefined) return /^\s*(select|with|pragma|values)\b/i.test(sql) && !/\b(insert|update|delete|replace)\b/i.test(sql);
  const initializer = initializerOf(tree, call.expression.expression);
  return initializer !== undefined && ts.isNewExpression(initializer) && ts.isIdentifier(initializer.expression) && HARMLESS_NEW.has(initializer.expression.text);
}

function initializerOf(tree: Tree, node: ts.Expression): ts.Expression | undefined {
  if (!ts.isIdentifier(node)) return undefined;
  const declaration = tree.symbolAt(node)?.valueDeclaration;
  return declaration !== undefined && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
}

function preparedText(tree: Tree, node: ts.Expression): string | undefined {
  const value = ts.isIdentifier(node) ? initializerOf(tree, node) : node;
  if (value === undefined || !ts.isCallExpression(value) || !ts.isPropertyAccessExpression(value.expression)) return undefined;
  if (value.expression.name.text !== "prepare") return PREPARES.has(value.expression.name.text) ? preparedText(tree, value.expression.expression) : undefined;
  const [sql] = value.arguments;
  if (sql === undefined) return undefined;
  if (ts.isStringLiteralLike(sql)) return sql.text;
  return ts.isTemplateExpression(sql) ? sql.getText(tree.source).slice(1, -1) : undefined;
}

/**
 * Splits what stands before or after the loop. `scope` has the names that exist only inside the transaction (its
 * callback's parameters), and gets those that are made again with them; `later` is what runs afterwards and may use
 * what is declared here.
 */
export function segmentsOf(tree: Tree, units: readonly Unit[], scope: HandleScope, later: readonly ts.Node[]): Segment[] {
  const kinds = units.map(({ statement }, index) => {
    const rest = [...units.slice(index + 1).map((unit) => unit.statement), ...later];
    const kind = kindOf(tree, statement, scope, rest);
    if (kind === "sink") for (const name of declaredBy(statement)) scope.names.add(name);
    return kind;
  });
  const segments: Segment[] = [];
  for (const [index, unit] of units.entries()) {
    let kind = kinds[index] ?? "writes";
    if (kind === "writes") {
      const names = new Set(declaredBy(unit.statement));
      // Names that only the same run of writes uses may stay local to its transaction.
      let run = index + 1;
      while (kinds[run] === "writes") run++;
      const outside = [...units.slice(run).map(({ statement }) => statement), ...later];
      if (outside.some((node) => mentions(node, names))) kind = "value";
      else if (hasOwn(unit.statement, ts.isReturnStatement)) throw new CannotFix("the transaction returns early, between its writes");
    }
    if (kind === "value") assertSingleValue(unit.statement);
    const last = segments.at(-1);
    if (last !== undefined && last.kind === kind && (kind === "writes" || kind === "plain")) last.units.push(unit);
    else segments.push({ kind, units: [unit] });
  }
  return segments;
}

function kindOf(tree: Tree, statement: ts.Statement, { names, closed, sinks }: HandleScope, later: readonly ts.Node[]): SegmentKind {
  const effect = effectOf(tree, statement);
  if (!mentions(statement, names)) {
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) return "plain";
    return effect === "write" && !closed ? "writes" : "plain";
  }
  if (!ts.isVariableStatement(statement)) return "writes";
  if (effect === "prepare") return "sink";
  const declared = new Set(declaredBy(statement));
  return later.some((node) => mentions(node, declared)) && sinks(statement) ? "sink" : "writes";
}

function assertSingleValue(statement: ts.Statement): void {
  if (!ts.isVariableStatement(statement)) throw new CannotFix("a function or class declared inside the transaction uses its handle and is used around the loop");
  const [declaration, ...more] = statement.declarationList.declarations;
  if (declaration?.initializer === undefined || more.length > 0) {
    throw new CannotFix("several values are declared at once inside the transaction and used outside it");
  }
}
