import { ts } from "ts-morph";
import { libraryWithId } from "../../src/core/catalogue/index.js";
import { RUNTIME } from "../../src/core/contract.js";
import type { ImportNeed } from "../../src/core/edit.js";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import type { Access } from "./batch-body.js";
import { freeName, localNameFor } from "./imports.js";
import { effectOf } from "./segments.js";
import { namesIn } from "./transaction-shape.js";
import type { Callback } from "./transaction-shape.js";
import { CannotFix } from "./transform.js";
import { isAsync, type Tree } from "./tree.js";
import { calleeType, isEntityName, isTypeScript } from "./type-text.js";

type Runner = NonNullable<LoopTransactionDetail["runner"]>;

/** The runtime's helpers, under the names that the file can have them by. */
export interface Names {
  needs: ImportNeed[];
  batched: string;
  transaction(): string;
}

export function runtimeNames(tree: Tree, async: boolean): Names {
  const needs: ImportNeed[] = [];
  const need = (name: string): string => {
    const local = localNameFor(tree, name, RUNTIME.specifier);
    if (!needs.some((one) => one.name === name)) needs.push({ file: tree.file, from: { package: RUNTIME.specifier }, name, as: local, kind: "named" });
    return local;
  };
  const { batchedTransaction, batchedTransactionSync, transaction, transactionSync } = RUNTIME.exports;
  return { needs, batched: need(async ? batchedTransaction : batchedTransactionSync), transaction: () => need(async ? transaction : transactionSync) };
}

/** `(work) => helper(id, work)`, and the same call around statements of its own. */
export function runnerAccess(tree: Tree, call: ts.CallExpression, callback: Callback, awaited: boolean, { runner, style }: LoopTransactionDetail, needs: ImportNeed[]): Access {
  const { source } = tree;
  const fresh = runner === undefined ? undefined : assertRepeatable(tree, call, callback, runner);
  const names = namesIn(call);
  const work = freeName("work", (name) => names.has(name));
  const [before, after] = around(tree, call, callback);
  const parameters = callback.parameters.map((parameter) => parameter.getText(source)).join(", ");
  const promises = runner?.promises === true;
  const prefix = (awaited || promises ? "await " : "") + before;
  const [first] = callback.parameters;
  const type = isTypeScript(tree.file) ? workType(tree, call, callback, runner, style === "callback", needs) : undefined;
  return {
    batches: `(${work}${type === undefined ? "" : `: ${type}`}) => ${before}${work}${after}`,
    open: (async) => `${prefix}${async || promises ? "async " : ""}(${parameters}) => {`,
    close: `}${after}`,
    openValue: (async) => `${prefix}${async || promises ? "async " : ""}(${parameters}) => `,
    closeValue: after,
    promises,
    ...(fresh === undefined ? {} : { fresh }),
    ...(first === undefined ? {} : { handle: first.getText(source) }),
  };
}

/** What stands around the function in its call, on one line where nothing else was said between the arguments. */
function around({ text, source }: Tree, call: ts.CallExpression, callback: Callback): [string, string] {
  const position = call.arguments.indexOf(callback);
  const shown = (list: readonly ts.Expression[]): string => list.map((one) => one.getText(source)).join(", ");
  const before = call.arguments.slice(0, position);
  const after = call.arguments.slice(position + 1);
  const head = text.slice(call.getStart(source), call.arguments.pos).replace(/\s*\n\s*(?=[.?!)])/g, "");
  const asWritten: [string, string] = [text.slice(call.getStart(source), callback.getStart(source)), text.slice(callback.end, call.end)];
  if (asWritten.some((part) => part.includes("//") || part.includes("/*"))) return asWritten;
  return [`${head}${shown(before)}${before.length > 0 ? ", " : ""}`, `${after.length > 0 ? ", " : ""}${shown(after)})`];
}

/** The call is made once a batch: what it is called on and what it is given must not change by that. Gives what is made anew by it. */
function assertRepeatable(tree: Tree, call: ts.CallExpression, callback: Callback, runner: Runner): string | undefined {
  const { chain = [], fresh } = libraryWithId(runner.library)?.batch ?? {};
  let made: string | undefined;
  let at: ts.Expression = call.expression;
  while (!isEntityName(at)) {
    if (ts.isPropertyAccessExpression(at) || ts.isNonNullExpression(at)) at = at.expression;
    else if (ts.isCallExpression(at) && ts.isPropertyAccessExpression(at.expression) && chain.includes(at.expression.name.text)) {
      if (at.expression.name.text === fresh) made = fresh;
      at = at.expression.expression;
    }
    else throw new CannotFix(`the transaction is begun on \`${at.getText(tree.source)}\`, which would be evaluated once a batch: give it a name`);
  }
  for (const argument of call.arguments) {
    if (argument !== callback && effectOf(tree, argument) !== "none") throw new CannotFix(`\`${argument.getText(tree.source)}\` would be evaluated once a batch: give it a name`);
  }
  return made;
}

/** The type of the function that the transaction runs, as the file can write it. */
function workType(tree: Tree, call: ts.CallExpression, callback: Callback, runner: Runner | undefined, isLibrarys: boolean, needs: ImportNeed[]): string | undefined {
  const { source } = tree;
  const [first] = callback.parameters;
  const returns = runner?.promises === true || isAsync(callback) ? "Promise<void>" : "void";
  // What the runtime hands over is taken, also where it is not wanted: a function that asks for nothing is no runner of the runtime's.
  if (first === undefined) return `(tx?: unknown) => ${returns}`;
  if (runner !== undefined) {
    const name = ts.isIdentifier(first.name) ? first.name.text : "tx";
    if (first.type !== undefined) return `(${name}: ${first.type.getText(source)}) => ${returns}`;
    const library = libraryWithId(runner.library);
    const handle = library?.batch?.handle;
    const [specifier] = library?.specifiers ?? [];
    if (handle !== undefined && specifier !== undefined && isLibrarys) {
      const local = localNameFor(tree, handle, specifier);
      needs.push({ file: tree.file, from: { package: specifier }, name: handle, as: local, kind: "named", type: true });
      return `(${name}: ${local}) => ${returns}`;
    }
  }
  const callee = calleeType(tree, call.expression);
  return callee === undefined ? undefined : `Parameters<${callee}>[${call.arguments.indexOf(callback)}]`;
}

/** The session itself: the runtime makes the transactions, or the driver's own wrapper does, where the runtime has no driver for it. */
export function sessionAccess(tree: Tree, place: ts.Node, { session, library, mode }: WrittenSession, names: Names, async: boolean): Access {
  if (!/^[\w$.#!?\s]+$/.test(session)) throw new CannotFix(`the session is written as \`${session}\`, which would be evaluated more than once`);
  if (!Object.hasOwn(RUNTIME.drivers, library)) return wrapperAccess(tree, place, session, mode);
  const run = (): string => `${async ? "await " : ""}${names.transaction()}(${session}, `;
  return {
    batches: session,
    open: (inner) => `${run()}${inner ? "async " : ""}() => {`,
    close: "})",
    openValue: (inner) => `${run()}${inner ? "async " : ""}() => `,
    closeValue: ")",
    promises: false,
  };
}

interface WrittenSession {
  session: string;
  /** The package's name. */
  library: string;
  mode: LoopTransactionDetail["mode"];
}

/** `(work) => db.transaction(work)()`, and the same around statements of its own. The function is given nothing, which its type has to say. */
function wrapperAccess(tree: Tree, place: ts.Node, session: string, mode: LoopTransactionDetail["mode"]): Access {
  const taken = namesIn(place);
  const work = freeName("work", (name) => taken.has(name));
  const method = mode === "default" ? "" : `.${mode}`;
  const run = `${method}()`;
  const isTyped = isTypeScript(tree.file);
  const opened = (inner: boolean): string => {
    if (inner) throw new CannotFix("a transaction of this driver does not wait for what its function awaits");
    return `${session}.transaction(() => `;
  };
  return {
    batches: `(${work}${isTyped ? ": (tx: undefined) => void" : ""}) => ${session}.transaction(${work})${isTyped ? `${method}(undefined)` : run}`,
    open: (inner) => `${opened(inner)}{`,
    close: `})${run}`,
    openValue: opened,
    closeValue: `)${run}`,
    promises: false,
  };
}
