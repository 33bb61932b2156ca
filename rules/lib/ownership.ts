import type { CallFact, Expr, VariableId } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { parts } from "../../src/core/link/expressions.js";
import { functionKey } from "../../src/core/link/program.js";

/** What a function does with something that it holds in a variable. */
export interface Custody {
  /** Calls that give it back, here or in a function that gets it. */
  releases: CallFact[];
  /** A function written inside gives it back: a callback, a `finally()`. */
  releasedInside: boolean;
  /** Returned, stored, or put into something that may be. */
  kept: boolean;
  /** Stored, or put into something that may be. */
  stored: boolean;
  /** Passed to code that may keep or release it. */
  passed: boolean;
}

export function isVariable(expr: Expr, variable: VariableId): boolean {
  if (expr.k === "await" || expr.k === "typed") return isVariable(expr.of, variable);
  if (expr.k === "either") return expr.of.some((alternative) => isVariable(alternative, variable));
  return expr.k === "var" && expr.id === variable;
}

/** Whether an expression names a variable anywhere. */
export function mentions(expr: Expr, variable: VariableId): boolean {
  return [...parts(expr)].some((part) => part.k === "var" && part.id === variable);
}

/** The value itself is in it, not something read from it: `client`, `{ client }`, not `client.processID`. */
function holds(expr: Expr, variable: VariableId): boolean {
  switch (expr.k) {
    case "object":
      return expr.props.some(({ value }) => holds(value, variable));
    case "array":
      return expr.items.some((item) => holds(item, variable));
    default:
      return isVariable(expr, variable);
  }
}

/**
 * `return async () => (await client.query(LOCK)).rows[0]`, `notify = (text) => client.query(text)`, `setInterval(() => client.query(…), 1000)`: a function that outlives the one around it uses what that one
 * took, so it is taken for as long.
 */
export function servesLater(project: ProjectFacts, file: string, fn: number, variable: VariableId): boolean {
  const { program, graph, contexts } = project;
  const { calls, assigns, functions } = program.file(file);
  const users = new Set<number>();
  for (const { callee, args, fn: user } of calls)
    if (mentions(callee, variable) || args.some((arg) => mentions(arg, variable))) for (let at = user; at !== fn && at !== 0; at = program.fn(file, at).parent) users.add(at);
  if (users.size === 0) return false;
  const isUser = (expr: Expr): boolean => [...parts(expr)].some((part) => part.k === "fn" && users.has(part.id));
  // A declaration's own name only calls it where it stands.
  const isDeclaration = (target: Expr): boolean => target.k === "var" && program.variable(file, target.id).kind === "function";
  return (
    functions.some(({ returns }) => returns.some(isUser)) ||
    assigns.some(({ target, value }) => !isDeclaration(target) && isUser(value)) ||
    graph.handovers.some((handover) => handover.callee !== null && handover.file === file && [...users].some((id) => functionKey(file, id) === handover.to) && !contexts.runsInPlace(handover))
  );
}

/** How a function's variable is given back or handed on. `isRelease` judges the name of a method called on it. */
export function custodyOf(project: ProjectFacts, file: string, fn: number, variable: VariableId, isRelease: (name: string) => boolean, depth = 0): Custody {
  const { program, graph } = project;
  const facts = program.file(file);
  const custody: Custody = { releases: [], releasedInside: false, kept: false, stored: false, passed: false };
  for (const assign of facts.assigns) if (holds(assign.value, variable) && !(assign.target.k === "var" && assign.target.id === variable)) custody.kept = custody.stored = true;
  for (const each of facts.functions) if (each.returns.some((value) => holds(value, variable) || each.generator && mentions(value, variable))) custody.kept = true;
  for (const call of facts.calls) {
    const { callee } = call;
    if (callee.k === "member" && isVariable(callee.of, variable)) {
      if (isRelease(callee.name)) note(call);
      // `client.release` as a value, or bound: somebody calls it later.
      else if (callee.name === "then" || callee.name === "bind") custody.passed = true;
      continue;
    }
    if (callee.k === "var" && callee.id === variable) continue;
    // Its method is given away: `promise.finally(client.release)`.
    if (call.args.some((arg) => [...parts(arg)].some((part) => part.k === "member" && isRelease(part.name) && isVariable(part.of, variable)))) custody.releasedInside = true;
    if (callee.k === "member" && callee.of.k === "member" && isRelease(callee.of.name) && isVariable(callee.of.of, variable)) custody.releasedInside = true;
    const at = call.args.findIndex((arg) => holds(arg, variable));
    if (at === -1) continue;
    const given = call.args[at];
    const callees = project.writers.calleesOf(call);
    if (callees.length === 0 || depth >= 3 || given === undefined || !isVariable(given, variable)) {
      // A library of the catalogue only uses it: `User.create(row, { transaction })`.
      const used = (graph.external.get(call) ?? []).some((id) => graph.values.tokens.libraryOf(id) !== undefined);
      if (!used) custody.passed = true;
      continue;
    }
    for (const key of callees) {
      const target = program.fnOf(key);
      const param = target.fn.params[at];
      if (!param || param.rest) {
        custody.passed = true;
        continue;
      }
      const inner = custodyOf(project, target.file, target.fn.id, param.variable, isRelease, depth + 1);
      if (inner.releases.length > 0 || inner.releasedInside) note(call);
      else if (inner.kept || inner.passed) custody.passed = true;
    }
  }
  return custody;

  function note(call: CallFact): void {
    if (call.fn === fn) custody.releases.push(call);
    else custody.releasedInside = true;
  }
}
