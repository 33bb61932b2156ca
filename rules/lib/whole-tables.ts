import type { CallFact, Expr } from "../../src/core/facts/types.js";
import { parts } from "../../src/core/link/expressions.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { chainOf } from "./turns.js";

/** How deep the calls in a condition are looked into before it is taken for one that depends on something. */
const MAX_DEPTH = 4;

/**
 * `DELETE FROM entries`, `db.delete(entries).where(eq(entries.source, "feed"))`: nothing that the function is given, or works out, says which rows. They are no one thing's parts: there are as many as
 * the program keeps.
 */
export function namesNoOne(project: ProjectFacts, file: string, call: CallFact): boolean {
  return chainOf(project.program, file, call).every(({ args, spread }) => spread !== true && args.every((arg) => isFixed(project, file, arg, 0)));
}

function isFixed(project: ProjectFacts, file: string, expr: Expr, depth: number): boolean {
  const { program } = project;
  return [...parts(expr)].every((part) => {
    if (part.k === "var") return program.variable(file, part.id).fn === 0;
    if (part.k !== "call") return part.k !== "this" && part.k !== "fn" && part.k !== "unknown";
    const { callee, args } = program.call(file, part.id);
    return depth < MAX_DEPTH && [callee, ...args].every((inner) => isFixed(project, file, inner, depth + 1));
  });
}
