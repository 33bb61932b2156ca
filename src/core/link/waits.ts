import type { CallFact, Expr, FunctionId } from "../facts/types.js";
import type { CallPlace } from "./calls.js";
import { parts } from "./expressions.js";
import type { JudgedTransaction, ProjectFacts } from "./index.js";
import { functionKey } from "./program.js";

/** How many promises may stand around each other before nothing is said. */
const MAX_DEPTH = 24;

/** `Promise.all(…)` and its like, by name. */
export function combinatorOf({ callee }: CallFact): string | undefined {
  const isPromise = callee.k === "member" && callee.of.k === "global" && callee.of.name === "Promise";
  return isPromise && /^(all|allSettled|race|any)$/.test(callee.name) ? callee.name : undefined;
}

/** `new Promise(…)` */
export function makesPromise({ kind, callee }: CallFact): boolean {
  return kind === "new" && callee.k === "global" && callee.name === "Promise";
}

/**
 * Whether a transaction stays open until a call is over: each promise from the call up to the transaction's function is
 * awaited or given back. `path`: the calls that lead there, as `Inside` has them.
 */
export function isWaitedFor(project: ProjectFacts, site: JudgedTransaction, { file, call }: CallPlace, path: readonly CallPlace[], depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  const { program } = project;
  const end = program.chainEnd(file, call);
  if (end.awaited || isAwaitedLater(project, file, end) || isReturned(project, file, end)) return isFunctionWaitedFor(project, site, file, end.fn, path, depth + 1);
  const group = program.callsIn(file, end.fn).find((other) => waitsForAll(other) && holds(project, file, other.args[0], end));
  return group !== undefined && isWaitedFor(project, site, { file, call: group }, path, depth + 1);
}

function isFunctionWaitedFor(project: ProjectFacts, site: JudgedTransaction, file: string, fn: FunctionId, path: readonly CallPlace[], depth: number): boolean {
  if (site.bodies.includes(functionKey(file, fn))) return true;
  const { program } = project;
  const holder = program.callsIn(file, program.fn(file, fn).parent).find(({ args }) => args.some((arg) => arg.k === "fn" && arg.id === fn));
  if (holder) return program.callbackLoop(file, holder.id)?.method !== "forEach" && isWaitedFor(project, site, { file, call: holder }, path, depth);
  const step = path.at(-1);
  return step !== undefined && isWaitedFor(project, site, step, path.slice(0, -1), depth);
}

/** The first to settle ends a `race`, so what else runs in it need not be waited for. */
function waitsForAll(call: CallFact): boolean {
  const name = combinatorOf(call);
  return name === "all" || name === "allSettled";
}

function holds(project: ProjectFacts, file: string, list: Expr | undefined, call: CallFact): boolean {
  return list !== undefined && [...parts(list)].some((part) => isResult(part, call) || (part.k === "var" && isKeptIn(project, file, part.id, call)));
}

function isKeptIn(project: ProjectFacts, file: string, variable: number, call: CallFact): boolean {
  return project.program.file(file).assigns.some(({ target, value }) => target.k === "var" && target.id === variable && isResult(value, call));
}

/** `const job = send(); …; await job;` */
function isAwaitedLater(project: ProjectFacts, file: string, call: CallFact): boolean {
  const { assigns, awaits } = project.program.file(file);
  return assigns.some(({ target, value }) => target.k === "var" && isResult(value, call) && awaits.some(({ of, fn }) => fn === call.fn && of.k === "var" && of.id === target.id));
}

function isReturned(project: ProjectFacts, file: string, call: CallFact): boolean {
  return project.program.fn(file, call.fn).returns.some((value) => isResult(value, call) || (value.k === "either" && value.of.some((of) => isResult(of, call))));
}

function isResult(expr: Expr, call: CallFact): boolean {
  return (expr.k === "call" && expr.id === call.id) || ((expr.k === "await" || expr.k === "typed") && isResult(expr.of, call));
}
