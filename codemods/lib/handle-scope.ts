import { ts } from "ts-morph";
import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import { hasOwn } from "./loop.js";
import { mentions } from "./segments.js";
import { CannotFix } from "./transform.js";
import { isFunction, unwrap, walk } from "./tree.js";
import type { Tree } from "./tree.js";

/** The names that exist only inside the transaction, and what the library says of what is made with them. */
export interface HandleScope {
  /** The callback's parameters; what is made again from them joins on the way. */
  readonly names: Set<string>;
  /** A statement that names none of them is no part of the transaction, wherever it runs. */
  readonly closed: boolean;
  /** Whether a declaration is made again where the handle is at hand. Throws where that cannot be told. */
  sinks: (statement: ts.VariableStatement) => boolean;
}

/** Of transactions that are run by the runtime or by a helper around better-sqlite3. */
export function plainScope(names: Iterable<string> = []): HandleScope {
  return { names: new Set(names), closed: false, sinks: () => false };
}

export function libraryScope(tree: Tree, names: Iterable<string>, { library: id, promises, ambient }: NonNullable<LoopTransactionDetail["runner"]>): HandleScope {
  const library = libraryWithId(id);
  const own = new Set(names);
  const again = new Set((library?.same ?? []).map((path) => path.replace(/\(\)$/, "")));
  const runs = new Set(library?.batch?.runs ?? []);
  const sinks = (statement: ts.VariableStatement): boolean =>
    statement.declarationList.declarations.some(({ initializer, name }) => {
      if (initializer === undefined) return false;
      const value = unwrap(initializer);
      if (isFunction(value)) return true;
      if (hasOwn(value, ts.isAwaitExpression)) return false;
      const calls = callsOn(value, own);
      const isConstant = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
      if (isConstant && isPlain(value) && calls.every((call) => again.has(call))) return true;
      // What a helper gives back, or the rows of a chain that ends by running.
      if (!promises && isPlain(value) && (runs.has(calls.at(-1) ?? "") || !isOn(value, own))) return false;
      throw new CannotFix(`\`${name.getText(tree.source)}\` is made from the transaction's handle and not awaited, so it cannot be told whether it outlives its transaction`);
    });
  // Synchronous drivers have one connection: what is done on it meanwhile is part of the transaction.
  return { names: own, closed: promises && !ambient && own.size > 0, sinks };
}

/** The methods called in a chain that begins with a handle, in order. */
function callsOn(value: ts.Expression, handles: ReadonlySet<string>): string[] {
  const calls: string[] = [];
  walk(value, (node) => {
    if (ts.isCallExpression(node) && mentions(node, handles)) calls.unshift(ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : "");
  });
  return calls;
}

function isOn(value: ts.Expression, handles: ReadonlySet<string>): boolean {
  let at: ts.Expression = unwrap(value);
  while (ts.isCallExpression(at) || ts.isPropertyAccessExpression(at) || ts.isNonNullExpression(at) || ts.isElementAccessExpression(at)) at = at.expression;
  return ts.isIdentifier(at) && handles.has(at.text);
}

/** Nothing else in it may happen a second time. */
function isPlain(value: ts.Expression): boolean {
  return !hasOwn(value, (node) => ts.isNewExpression(node) || ts.isTaggedTemplateExpression(node));
}
