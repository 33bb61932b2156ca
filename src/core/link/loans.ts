import type { CallFact, Expr, FunctionId } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { functionKey, type FunctionKey } from "./program.js";
import { callersOf } from "./sessions.js";
import type { TransactionSite } from "./transactions.js";

/** A transaction as one caller of a helper makes it: `inTransaction(async (tx) => …)`. */
export interface LentTransaction extends TransactionSite {
  /** The transaction of the helper that runs the function. */
  lender: TransactionSite;
}

/** How many helpers may pass a function on to each other. */
const MAX_DEPTH = 4;

/**
 * Helpers that run a function they were given inside a transaction: the transaction is then what each caller makes of
 * it. One site a call that passes a function, with that function alone as its body.
 */
export function lentTransactions(graph: CallGraph, site: TransactionSite): LentTransaction[] {
  const found = new Map<CallFact, LentTransaction>();
  for (const { fn, index } of parametersRun(graph, site)) collect(graph, site, callersOf(graph, functionKey(site.file, fn)), index, 0, found);
  // `const run = db.transaction((work) => work()); run(() => { … });`: who runs the wrapper passes the function.
  for (const index of ownParametersRun(graph, site)) collect(graph, site, site.invocations, index, 0, found);
  return [...found.values()];
}

type Place = Pick<TransactionSite, "file" | "call">;

function collect(graph: CallGraph, site: TransactionSite, callers: readonly Place[], index: number, depth: number, found: Map<CallFact, LentTransaction>): void {
  for (const { file, call } of callers) {
    const arg = call.args[index];
    if (!arg || found.has(call)) continue;
    const outer = parameterOf(graph, file, arg);
    if (outer) {
      if (depth < MAX_DEPTH) collect(graph, site, callersOf(graph, functionKey(file, outer.fn)), outer.index, depth + 1, found);
      continue;
    }
    const bodies = functionsOf(graph, file, arg, call.fn);
    if (bodies.length > 0) {
      found.set(call, { ...site, extent: undefined, lender: site, file, call, bodies, invocations: [], commits: [], rollbacks: [], fromParameter: false });
    }
  }
}

function functionsOf(graph: CallGraph, file: string, arg: Expr, fn: FunctionId): FunctionKey[] {
  const { solver, tokens } = graph.values;
  return [...solver.values(graph.values.expression(file, arg, fn))].flatMap((id) => {
    const token = tokens.get(id);
    return token.t === "function" ? [functionKey(token.file, token.id)] : [];
  });
}

interface Parameter {
  fn: FunctionId;
  index: number;
}

/** The parameters of the functions around a transaction that it runs: as its body, or by a call in its body. */
export function parametersRun(graph: CallGraph, site: TransactionSite): Parameter[] {
  const found: Parameter[] = [];
  const add = (expr: Expr): void => {
    const parameter = parameterOf(graph, site.file, expr);
    // What a body is given is the transaction's own handle.
    if (parameter && !isOfBody(site, parameter) && !found.some((known) => known.fn === parameter.fn && known.index === parameter.index)) found.push(parameter);
  };
  if (site.fromParameter) for (const arg of site.call.args) add(arg);
  for (const call of callsInBody(graph, site)) add(call.callee);
  return found;
}

/** The parameters of its own function that a wrapper's transaction runs: those who run it pass them. */
function ownParametersRun(graph: CallGraph, site: TransactionSite): ReadonlySet<number> {
  const parameters = site.invocations.length === 0 ? [] : callsInBody(graph, site).flatMap(({ callee }) => parameterOf(graph, site.file, callee) ?? []);
  return new Set(parameters.filter((parameter) => isOfBody(site, parameter)).map(({ index }) => index));
}

function isOfBody(site: TransactionSite, { fn }: Parameter): boolean {
  return !site.extent && site.bodies.includes(functionKey(site.file, fn));
}

/** Functions written inside the body (a promise's executor, an arrow around the call) count as the body. */
function callsInBody({ program }: CallGraph, { file, extent, bodies }: TransactionSite): CallFact[] {
  return program.file(file).calls.filter(({ span }) =>
    extent
      ? extent.start <= span.start && span.end <= extent.end
      : bodies.some((key) => {
          const body = program.fnOf(key);
          return body.file === file && body.fn.span.start <= span.start && span.end <= body.fn.span.end;
        }),
  );
}

/** The parameter of an enclosing function that an expression is. */
function parameterOf(graph: CallGraph, file: string, expr: Expr): Parameter | undefined {
  if (expr.k === "typed" || expr.k === "await") return parameterOf(graph, file, expr.of);
  if (expr.k !== "var") return undefined;
  const { program } = graph;
  const { kind, fn } = program.variable(file, expr.id);
  if (kind !== "param") return undefined;
  const index = program.fn(file, fn).params.findIndex((param) => param.variable === expr.id);
  return index === -1 ? undefined : { fn, index };
}
