import type { CallFact, Expr } from "../../src/core/facts/types.js";
import { parts } from "../../src/core/link/expressions.js";
import type { ProjectFacts } from "../../src/core/link/index.js";

/**
 * Whether a query that is kept in a variable is also run: awaited, called further, returned, or waited for together with
 * others. Query builders do nothing until then, and may become a part of another statement instead.
 */
export function isRun(project: ProjectFacts, file: string, call: CallFact): boolean {
  const facts = project.program.file(file);
  const end = project.program.chainEnd(file, call);
  const holders = facts.assigns.flatMap(({ target, value, fn }) => (fn === end.fn && target.k === "var" && value.k === "call" && value.id === end.id ? [target.id] : []));
  if (holders.length === 0) return true;
  const holds = (expr: Expr): boolean => [...parts(expr)].some((part) => part.k === "var" && holders.includes(part.id));
  if (facts.awaits.some(({ of }) => holds(of)) || facts.functions.some(({ returns }) => returns.some(holds))) return true;
  return facts.calls.some(({ callee, args }) => (callee.k === "member" && holds(callee.of)) || (isPromise(callee) && args.some(holds)));
}

function isPromise(callee: Expr): boolean {
  return callee.k === "member" && callee.of.k === "global" && callee.of.name === "Promise";
}
