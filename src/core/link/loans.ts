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
  for (const { fn, index } of parametersRun(graph, site)) collect(graph, site, functionKey(site.file, fn), index, 0, found);
  return [...found.values()];
}

function collect(graph: CallGraph, site: TransactionSite, helper: FunctionKey, index: number, depth: number, found: Map<CallFact, LentTransaction>): void {
  for (const { file, call } of callersOf(graph, helper)) {
    const arg = call.args[index];
    if (!arg || found.has(call)) continue;
    const outer = parameterOf(graph, file, arg);
    if (outer) {
      if (depth < MAX_DEPTH) collect(graph, site, functionKey(file, outer.fn), outer.index, depth + 1, found);
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
  const { program } = graph;
  const found: Parameter[] = [];
  const add = (expr: Expr): void => {
    const parameter = parameterOf(graph, site.file, expr);
    // What a body is given is the transaction's own handle.
    const ownHandle = parameter && !site.extent && site.bodies.includes(functionKey(site.file, parameter.fn));
    if (parameter && !ownHandle && !found.some((known) => known.fn === parameter.fn && known.index === parameter.index)) found.push(parameter);
  };
  if (site.fromParameter) for (const arg of site.call.args) add(arg);
  const { extent } = site;
  // Functions written inside the body (a promise's executor, an arrow around the call) count as the body.
  for (const call of program.file(site.file).calls) {
    const inBody = extent
      ? extent.start <= call.span.start && call.span.end <= extent.end
      : site.bodies.some((key) => {
          const body = program.fnOf(key);
          return body.file === site.file && body.fn.span.start <= call.span.start && call.span.end <= body.fn.span.end;
        });
    if (inBody) add(call.callee);
  }
  return found;
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
