import type { CallFact, Expr } from "../facts/types.js";
import { constantOf } from "./constants.js";
import type { Constraints } from "./constraints.js";
import type { TokenId } from "./tokens.js";
import type { Values } from "./values.js";

/** Wrappers around wrappers, as far as anybody writes them. */
const MAX_DEPTH = 6;

/**
 * Of the functions that a call may run, those that are its own. One wrapper is given many functions (`traced("move")(move)`),
 * and what it gives back may be any of them to an analysis that does not tell its callers apart: what a constant was
 * made of says which.
 */
export function ownOf(values: Values, constraints: Constraints, file: string, call: CallFact, given: Iterable<TokenId> | undefined): Iterable<TokenId> | undefined {
  if (given === undefined || call.callee.k !== "var") return given;
  const all = [...given];
  if (all.length < 2) return all;
  const wrapped = functionsIn(values, constraints, file, call.callee, 0);
  if (!wrapped || !all.some((id) => wrapped.own.has(id))) return all;
  return all.filter((id) => wrapped.own.has(id) || isWrittenIn(values, id, wrapped.wrappers));
}

interface Wrapped {
  /** The functions that were wrapped. */
  own: Set<TokenId>;
  /** The functions of the project that wrapped them: what is written in those runs around them. */
  wrappers: Set<TokenId>;
}

/** What a constant was made of; undefined where a call has no part in it. */
function functionsIn(values: Values, constraints: Constraints, file: string, expr: Expr, depth: number): Wrapped | undefined {
  const made = constantOf(values.program, file, expr);
  if (made.expr.k !== "call" || depth > MAX_DEPTH) return undefined;
  const call = values.program.call(made.file, made.expr.id);
  const found: Wrapped = { own: new Set(), wrappers: new Set(constraints.called.items(values.callResult(made.file, call.id))) };
  for (const arg of call.args) {
    const inner = functionsIn(values, constraints, made.file, arg, depth + 1);
    for (const id of inner?.own ?? namedBy(values, made.file, arg, call.fn)) found.own.add(id);
    for (const id of inner?.wrappers ?? []) found.wrappers.add(id);
  }
  return found.own.size > 0 ? found : undefined;
}

/** The one function that an argument is. */
function namedBy(values: Values, file: string, arg: Expr, fn: number): TokenId[] {
  if (arg.k !== "fn" && arg.k !== "var") return [];
  const functions = [...values.solver.values(values.expression(file, arg, fn))].filter((id) => values.tokens.get(id).t === "function");
  return functions.length === 1 ? functions : [];
}

function isWrittenIn({ program, tokens }: Values, id: TokenId, functions: ReadonlySet<TokenId>): boolean {
  const token = tokens.get(id);
  if (token.t !== "function") return false;
  for (let at = token.id; ; at = program.fn(token.file, at).parent) {
    if (functions.has(tokens.intern({ t: "function", file: token.file, id: at }))) return true;
    if (at === 0) return false;
  }
}
