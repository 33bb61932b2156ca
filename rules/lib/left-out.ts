import type { Expr } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { functionKey, type FunctionKey } from "../../src/core/link/program.js";
import { classOf, startsOf } from "./same-session.js";

/** What a function is given under a parameter: itself, or what it holds under names: `tx` of `{ id, tx }`, of `options.tx`. */
interface Source {
  key: FunctionKey;
  index: number;
  names: readonly string[];
}

/** A value that a helper chooses: what it was given, or else something of its own. */
interface Choice {
  /** The function on the way that is given it, or left without. */
  key: FunctionKey;
  asked: readonly Source[];
  other: Expr;
  otherFile: string;
  otherFn: number;
}

const MAX_DEPTH = 3;

/** What the session that a call is made on is chosen among, where a parameter of its function is one of two. */
export function choicesOf(project: ProjectFacts, { file, call, fn }: InsideCall): Choice[] {
  return [call.callee, ...startsOf(project, file, call.callee), ...call.args].flatMap((part) => choiceIn(project, file, fn, part, 0) ?? []);
}

function choiceIn(project: ProjectFacts, file: string, fn: FunctionKey, expr: Expr, depth: number): Choice | undefined {
  const { program } = project;
  if (depth > MAX_DEPTH) return undefined;
  if (expr.k === "typed" || expr.k === "await") return choiceIn(project, file, fn, expr.of, depth);
  if (expr.k === "either") return choiceAmong(project, file, fn, expr.of);
  if (expr.k === "var") {
    const [value, more] = program.variable(file, expr.id).kind === "const" ? program.valuesOf(file, expr.id) : [];
    return value && !more ? choiceIn(project, file, fn, value, depth + 1) : undefined;
  }
  return expr.k === "call" ? choiceOfCall(project, file, fn, expr.id, depth) : undefined;
}

/** `tx ?? this.db`, `tx ? tx.users : this.users`: one of the two is what the function is given, or is read out of that. */
function choiceAmong(project: ProjectFacts, file: string, fn: FunctionKey, alternatives: readonly Expr[]): Choice | undefined {
  const asked: Source[] = [];
  const others: Expr[] = [];
  for (const one of alternatives) {
    const source = sourceIn(project, file, fn, one);
    if (source) asked.push(source);
    else others.push(one);
  }
  const [first] = asked;
  const [other, more] = others;
  if (!first || !other || more || asked.some(({ key }) => key !== first.key)) return undefined;
  return { key: first.key, asked, other, otherFile: file, otherFn: project.program.fnOf(fn).fn.id };
}

/** `this.client(tx)` of `client(tx) { return tx ?? this.db; }`: what the helper is given is what its caller was. */
function choiceOfCall(project: ProjectFacts, file: string, fn: FunctionKey, id: number, depth: number): Choice | undefined {
  const { program, inside } = project;
  const call = program.call(file, id);
  const [target, more] = [...inside.calleesOf(file, call)].filter(({ written }) => !written);
  if (!target || more || call.spread) return undefined;
  const helper = program.fnOf(target.to);
  const [value, another] = helper.fn.returns;
  if (!value || another) return undefined;
  const choice = choiceIn(project, helper.file, target.to, value, depth + 1);
  if (choice?.key !== target.to || !isOnOwnObject(project, file, fn, call.callee, helper)) return undefined;
  const asked: Source[] = [];
  for (const { index, names } of choice.asked) {
    const arg = call.args[index];
    const source = arg && (sourceOf(project, file, fn, arg, 0) ?? undefined);
    if (!source) return undefined;
    asked.push({ ...source, names: [...source.names, ...names] });
  }
  const [first] = asked;
  return first && asked.every(({ key }) => key === first.key) ? { ...choice, key: first.key, asked } : undefined;
}

/** A helper of the same object, so that `this` is the same in both, or one that is none's. */
function isOnOwnObject({ program }: ProjectFacts, file: string, fn: FunctionKey, callee: Expr, helper: ReturnType<ProjectFacts["program"]["fnOf"]>): boolean {
  if (helper.fn.class === undefined) return true;
  return callee.k === "member" && callee.of.k === "this" && classOf(program, file, program.fnOf(fn).fn) !== undefined;
}

/** Where an alternative begins: `tx`, `tx.users`, `manager.getRepository(User)`. */
function sourceIn(project: ProjectFacts, file: string, fn: FunctionKey, expr: Expr): Source | undefined {
  const whole = sourceOf(project, file, fn, expr, 0);
  if (whole) return whole;
  if (expr.k !== "call") return undefined;
  for (const part of startsOf(project, file, project.program.call(file, expr.id).callee)) {
    const source = part.k === "var" ? sourceOf(project, file, fn, part, 0) : undefined;
    if (source) return source;
  }
  return undefined;
}

function sourceOf(project: ProjectFacts, file: string, fn: FunctionKey, expr: Expr, depth: number): Source | undefined {
  const { program } = project;
  if (expr.k === "typed") return sourceOf(project, file, fn, expr.of, depth);
  if (expr.k === "member") {
    const inner = expr.name === "*" ? undefined : sourceOf(project, file, fn, expr.of, depth);
    return inner && { ...inner, names: [...inner.names, expr.name] };
  }
  if (expr.k !== "var" || depth > MAX_DEPTH) return undefined;
  for (let at = program.fnOf(fn).fn; ; at = program.fn(file, at.parent)) {
    const index = at.params.findIndex(({ variable, rest }) => variable === expr.id && rest !== true);
    if (index !== -1) return program.valuesOf(file, expr.id).length === 0 ? { key: functionKey(file, at.id), index, names: [] } : undefined;
    if (at.id === 0) break;
  }
  // `{ id, tx }` in the place of a parameter, or taken out of one by name.
  const [value, more] = program.valuesOf(file, expr.id);
  return value?.k === "member" && !more ? sourceOf(project, file, fn, value, depth + 1) : undefined;
}

/** The call on this way that gives the function nothing there: no argument, none by that name, or what a helper before was given nothing as. */
export function leftOutAt(project: ProjectFacts, path: readonly CallPlace[], { key, index, names }: Source, level = path.length - 1): CallPlace | undefined {
  const step = path[level];
  if (!step || step.call.spread || ![...project.inside.calleesOf(step.file, step.call)].some(({ to, written }) => to === key && !written)) return undefined;
  return nothingAt(project, path, level, step, step.call.args[index], names);
}

function nothingAt(project: ProjectFacts, path: readonly CallPlace[], level: number, step: CallPlace, arg: Expr | undefined, names: readonly string[]): CallPlace | undefined {
  if (arg === undefined || (arg.k === "global" && arg.name === "undefined")) return step;
  const [name, ...rest] = names;
  if (arg.k === "object" && name !== undefined) {
    const given = arg.props.find((prop) => prop.name === name);
    if (given) return nothingAt(project, path, level, step, given.value, rest);
    return arg.props.some((prop) => prop.name === "..." || prop.name === "*") ? undefined : step;
  }
  const source = sourceOf(project, step.file, functionKey(step.file, step.call.fn), arg, 0);
  return source && leftOutAt(project, path, { ...source, names: [...source.names, ...names] }, level - 1);
}
