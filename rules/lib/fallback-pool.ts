import type { CallFact, Expr } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { statementsRunBy } from "../../src/core/link/run-statements.js";

/** How many functions and names may stand between a call and what its statement runs on. */
const MAX_DEPTH = 6;

/**
 * Whether a statement goes to a pool only where nothing else is there: `(context.client ?? pool).query("BEGIN")`, also through a function that is given the text. What comes first cannot be
 * followed, and may be the connection on which the program runs its transactions.
 */
export function isOnFallback(project: ProjectFacts, file: string, call: CallFact, depth = 0): boolean {
  if (call.callee.k === "member" && project.graph.external.has(call)) return isFallback(project, file, call.callee.of, call.fn, 0);
  return (
    depth < MAX_DEPTH &&
    project.writers.calleesOf(call).some((key) => {
      const from = project.program.fnOf(key).file;
      return project.writers.callsOf(key).some((inner) => statementsRunBy(project.graph, inner).length > 0 && isOnFallback(project, from, inner, depth + 1));
    })
  );
}

function isFallback(project: ProjectFacts, file: string, expr: Expr, fn: number, depth: number): boolean {
  const { program, writers } = project;
  if (depth > MAX_DEPTH) return false;
  if (expr.k === "await" || expr.k === "typed") return isFallback(project, file, expr.of, fn, depth);
  if (expr.k === "either") return expr.of.some((one) => isOther(project, file, one, fn) || isFallback(project, file, one, fn, depth + 1));
  if (expr.k === "var" && program.variable(file, expr.id).kind === "const") return program.valuesOf(file, expr.id).some((value) => isFallback(project, file, value, fn, depth + 1));
  if (expr.k !== "call") return false;
  return writers.calleesOf(program.call(file, expr.id)).some((key) => {
    const given = program.fnOf(key);
    return given.fn.returns.some((value) => isFallback(project, given.file, value, given.fn.id, depth + 1));
  });
}

/** A part of something, or what was handed over, of which no session is known. */
function isOther(project: ProjectFacts, file: string, expr: Expr, fn: number): boolean {
  if (expr.k === "await" || expr.k === "typed") return isOther(project, file, expr.of, fn);
  const { values } = project.graph;
  return (expr.k === "member" || expr.k === "var" || expr.k === "call") && [...values.solver.values(values.expression(file, expr, fn))].every((id) => values.tokens.sessionOf(id) === undefined);
}
