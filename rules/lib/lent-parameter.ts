import type { CallFact, Expr, VariableId } from "../../src/core/facts/types.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import { takesArgument } from "./dropped-handle.js";

const MAX_DEPTH = 12;

/**
 * What a helper of the program gives the function that it runs in a transaction stands for that transaction, also where its handle is not seen in it: a repository that is bound to it by
 * `new this.constructor(tx)`. So does what the function makes of that: `new Keys(repository)`, `this.keys.withConnection(repository)`.
 */
export function isOnLentParameter(project: ProjectFacts, site: JudgedTransaction, { file, call }: { file: string; call: CallFact }): boolean {
  if (site.lender === undefined) return false;
  const lent = lentVariables(project, site, file);
  if (lent.size === 0) return false;
  return call.args.some((arg, index) => isMade(project, file, arg, lent) && takesArgument(project, { file, call }, index)) || (call.callee.k === "member" && isMade(project, file, call.callee.of, lent));
}

/** The parameters of the transaction's function, and the variables that it sets to what it makes of them. */
function lentVariables({ program }: ProjectFacts, site: JudgedTransaction, file: string): Set<VariableId> {
  const lent = new Set<VariableId>();
  for (const key of site.bodies) {
    const { file: home, fn } = program.fnOf(key);
    if (home !== file) continue;
    for (const { variable } of fn.params) lent.add(variable);
    const assigns = program.file(file).assigns.filter(({ span, target }) => target.k === "var" && fn.span.start <= span.start && span.end <= fn.span.end);
    for (const { target, value } of assigns) if (target.k === "var" && isBound(program.file(file).calls, value, lent)) lent.add(target.id);
  }
  return lent;
}

/** Made of it, and not asked of it: what is awaited is what a query gives. */
function isBound(calls: readonly CallFact[], value: Expr, lent: ReadonlySet<VariableId>): boolean {
  if (value.k === "typed") return isBound(calls, value.of, lent);
  if (value.k === "var") return lent.has(value.id);
  return value.k === "call" && (calls[value.id]?.args.some((arg) => arg.k === "var" && lent.has(arg.id)) ?? false);
}

function isMade(project: ProjectFacts, file: string, expr: Expr, lent: ReadonlySet<VariableId>, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  const inner = (of: Expr): boolean => isMade(project, file, of, lent, depth + 1);
  switch (expr.k) {
    case "var":
      return lent.has(expr.id);
    case "typed":
      return inner(expr.of);
    case "object":
      return expr.props.some(({ value }) => value.k === "var" && lent.has(value.id));
    case "call": {
      const { callee, args } = project.program.call(file, expr.id);
      return args.some((arg) => arg.k === "var" && lent.has(arg.id)) || (callee.k === "member" && inner(callee.of));
    }
    default:
      return false;
  }
}
