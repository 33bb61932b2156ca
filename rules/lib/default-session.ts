import type { Expr } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { functionKey, type FunctionKey } from "../../src/core/link/program.js";
import type { StatementFact } from "../../src/core/link/statements.js";
import { choicesOf, leftOutAt } from "./left-out.js";
import { startsOf } from "./same-session.js";

/** The default that a parameter has on some way, and the function whose parameter it is. */
export interface DefaultSession {
  key: FunctionKey;
  expr: Expr;
  /** The helper chooses itself, `tx ?? this.db`: it has a place for the handle, which this call leaves out. */
  leftOutAt?: CallPlace;
}

/** `left out`: no argument, and no default either. */
type Origin = DefaultSession | "left out" | undefined;

/**
 * What a call in a helper touches on this way to it, where it is made on a parameter that takes a session and the way leaves it
 * out: the default's session. `find(id)` of `const find = (id, client = db) => client.select(…)`. Undefined where the
 * way gives a session, or where there is no such parameter.
 */
export function onDefault(project: ProjectFacts, inside: InsideCall, facts: readonly StatementFact[]): { facts: StatementFact[]; from: DefaultSession } | undefined {
  const { file, call, fn, path } = inside;
  for (const part of [call.callee, ...startsOf(project, file, call.callee), ...call.args]) {
    const parameter = part.k === "var" ? parameterOf(project, file, part.id, fn) : undefined;
    if (!parameter) continue;
    const origin = originOf(project, path, path.length - 1, parameter);
    if (origin === undefined || origin === "left out") continue;
    const { values } = project.graph;
    const { file: at, fn: around } = project.program.fnOf(origin.key);
    const held = values.solver.values(values.expression(at, origin.expr, around.id));
    const found = facts.filter(({ owner }) => held.has(owner));
    if (found.length > 0) return { facts: found, from: origin };
  }
  return onChosen(project, inside, facts);
}

/** The same where the helper chooses: `(tx ?? this.db).select(…)`, `const db = tx || this.db`, `this.client(tx)`. */
function onChosen(project: ProjectFacts, inside: InsideCall, facts: readonly StatementFact[]): { facts: StatementFact[]; from: DefaultSession } | undefined {
  const { values } = project.graph;
  for (const { key, asked, other, otherFile, otherFn } of choicesOf(project, inside)) {
    const places = asked.map((source) => leftOutAt(project, inside.path, source));
    const [place] = places;
    if (!place || places.includes(undefined)) continue;
    const held = values.solver.values(values.expression(otherFile, other, otherFn));
    const found = facts.filter(({ owner }) => held.has(owner));
    if (found.length > 0) return { facts: found, from: { key, expr: other, leftOutAt: place } };
  }
  return undefined;
}

/** Whether this way to a helper leaves out the parameter that a value is: no argument, and no default either. */
export function isLeftOut(project: ProjectFacts, { file, fn, path }: InsideCall, expr: Expr): boolean {
  const parameter = expr.k === "var" ? parameterOf(project, file, expr.id, fn) : undefined;
  return parameter !== undefined && originOf(project, path, path.length - 1, parameter) === "left out";
}

/** Whether a call is made on a parameter, or on what a helper chooses by one: what it is then depends on the way. */
export function isOnParameter(project: ProjectFacts, inside: InsideCall): boolean {
  const { file, call, fn } = inside;
  return [call.callee, ...startsOf(project, file, call.callee), ...call.args].some((part) => part.k === "var" && parameterOf(project, file, part.id, fn) !== undefined) || choicesOf(project, inside).length > 0;
}

export interface Parameter {
  key: FunctionKey;
  variable: number;
  index: number;
}

/** A parameter of the function that a call stands in, or of one around it. */
export function parameterOf({ program }: ProjectFacts, file: string, variable: number, fn: FunctionKey): Parameter | undefined {
  if (program.variable(file, variable).kind !== "param") return undefined;
  for (let at = program.fnOf(fn).fn; ; at = program.fn(file, at.parent)) {
    const index = at.params.findIndex((param) => param.variable === variable && !param.rest);
    if (index !== -1) return { key: functionKey(file, at.id), variable, index };
    if (at.id === 0) return undefined;
  }
}

/** What a parameter holds when its function is run by the call at this place of the way. */
function originOf(project: ProjectFacts, path: readonly CallPlace[], level: number, { key, variable, index }: Parameter): Origin {
  const step = path[level];
  if (!step || step.call.spread || ![...project.inside.calleesOf(step.file, step.call)].some(({ to, written }) => to === key && !written)) return undefined;
  const [byDefault, ...more] = project.program.valuesOf(project.program.fnOf(key).file, variable);
  if (more.length > 0) return undefined;
  const arg = step.call.args[index];
  const given = arg === undefined || isUndefined(arg) ? "left out" : handedOn(project, path, level, step, arg);
  return given === "left out" && byDefault !== undefined ? { key, expr: byDefault } : given;
}

function handedOn(project: ProjectFacts, path: readonly CallPlace[], level: number, { file, call }: CallPlace, arg: Expr): Origin {
  const parameter = arg.k === "var" ? parameterOf(project, file, arg.id, functionKey(file, call.fn)) : undefined;
  return parameter && originOf(project, path, level - 1, parameter);
}

function isUndefined(expr: Expr): boolean {
  return expr.k === "global" && expr.name === "undefined";
}
