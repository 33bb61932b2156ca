import type { CallFact, Expr } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import type { FunctionKey, Program } from "./program.js";
import { calleesOf } from "./sessions.js";

/** What only adds to a list, a set or a map. */
const KEEPS = /^(push|unshift|add|set)$/;

/**
 * `afterCommit(tx, () => …)`, where `afterCommit(tx, work) { tx.after.push(work); }`: the function that this argument is is only put
 * away, and runs when somebody takes it out again.
 */
export function isOnlyKept(graph: CallGraph, call: CallFact, argument: number): boolean {
  const callees = calleesOf(graph, call);
  return callees.length > 0 && callees.every((key) => keeps(graph.program, key, argument));
}

/** A helper is asked about for each of its calls. */
const keptBefore = new WeakMap<Program, Map<string, boolean>>();

function keeps(program: Program, key: FunctionKey, argument: number): boolean {
  let known = keptBefore.get(program);
  if (!known) keptBefore.set(program, (known = new Map<string, boolean>()));
  const name = `${argument} ${key}`;
  let kept = known.get(name);
  if (kept === undefined) known.set(name, (kept = onlyKeeps(program, key, argument)));
  return kept;
}

function onlyKeeps(program: Program, key: FunctionKey, argument: number): boolean {
  const { file, fn } = program.fnOf(key);
  const param = fn.params[argument];
  if (param === undefined || param.rest === true) return false;
  const isIt = (expr: Expr): boolean => expr.k === "var" && expr.id === param.variable;
  const { calls } = program.file(file);
  const given = calls.filter(({ args, callee }) => isIt(callee) || (callee.k === "member" && isIt(callee.of)) || args.some(isIt));
  return given.length > 0 && given.every(({ callee, args }) => callee.k === "member" && KEEPS.test(callee.name) && args.some(isIt));
}
