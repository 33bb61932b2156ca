import type { CallFact, Expr, NeedFact } from "../facts/types.js";
import { counts } from "../facts/needs.js";
import type { CallGraph, CallPlace } from "./calls.js";
import { functionKey, type FunctionKey } from "./program.js";
import { calleesOf, callersOf } from "./sessions.js";

/** How a value counts in a condition; undefined: nothing tells. */
type Filled = boolean | undefined;

/** What runs: the handle of a transaction, at its place among the body's parameters, holds a value. */
export interface Begun {
  bodies: readonly FunctionKey[];
  handle?: number;
}

const MAX_DEPTH = 8;
/** How many conditions of one function may tell ways to it apart: with more there are too many ways. */
const MAX_ASKED = 6;

/**
 * Whether a call runs at all, by what its function is given on the way to it: a helper that begins a transaction of its
 * own only when it is given none begins none where it is given one.
 */
export function mayRun(graph: CallGraph, key: FunctionKey, call: CallFact, path: readonly CallPlace[], begun?: Begun): boolean {
  return (call.needs ?? []).every((need) => [need, ...(need.or ?? [])].some((one) => {
    const filled = givenTo(graph, key, one, path, begun, 0);
    return filled === undefined || filled === one.filled;
  }));
}

/** What tells the ways to a function apart, as far as conditions in it ask: nothing where it asks for nothing that is known. */
export function givenOn(graph: CallGraph, key: FunctionKey, path: readonly CallPlace[], begun?: Begun): string {
  const { file, fn } = graph.program.fnOf(key);
  const asked = new Map<string, Filled>();
  for (const { needs } of graph.program.callsIn(file, fn.id))
    for (const need of (needs ?? []).flatMap((one) => [one, ...(one.or ?? [])])) {
      const name = `${need.param} ${need.property ?? ""} ${need.nullish === true} ${need.otherwise === true} ${JSON.stringify(need.is)}`;
      if (asked.size < MAX_ASKED && !asked.has(name)) asked.set(name, givenTo(graph, key, need, path, begun, 0));
    }
  return [...asked.values()].map((filled) => (filled === undefined ? "?" : filled ? "1" : "0")).join("");
}

/** How many functions may hand on what decides. */
const MAX_HANDED = 3;

/**
 * Whether every call of its function in the program gives what keeps this call from running: `connect(url)`, where `connect(url, fresh = false)` asks `fresh`;
 * `save(rows, options)`, which hands on what its own callers give it.
 */
export function neverRuns(graph: CallGraph, file: string, call: CallFact): boolean {
  const { needs } = call;
  if (!needs) return false;
  const key = functionKey(file, call.fn);
  const isKept = (need: NeedFact, path: readonly CallPlace[], left: number): boolean => {
    const filled = path.length === 0 ? undefined : givenTo(graph, key, need, path, undefined, 0);
    if (filled !== undefined || left === 0) return filled !== undefined && filled !== need.filled;
    const [first] = path;
    const asked = first ? functionKey(first.file, first.call.fn) : key;
    // What a test gives it says nothing of the program.
    const callers = callersOf(graph, asked).filter((caller) => graph.program.role(caller.file) !== "test");
    return callers.length > 0 && !handedOver(graph).has(asked) && callers.every((caller) => isKept(need, [caller, ...path], left - 1));
  };
  return needs.some((need) => [need, ...(need.or ?? [])].every((one) => isKept(one, [], MAX_HANDED)));
}

const handed = new WeakMap<CallGraph, ReadonlySet<FunctionKey>>();

/** The functions that are given away: who calls them, and with what, is not known. */
function handedOver(graph: CallGraph): ReadonlySet<FunctionKey> {
  let found = handed.get(graph);
  if (!found) handed.set(graph, (found = new Set(graph.handovers.map(({ to }) => to))));
  return found;
}

function givenTo(graph: CallGraph, key: FunctionKey, need: NeedFact, path: readonly CallPlace[], begun: Begun | undefined, depth: number): Filled {
  if (depth > MAX_DEPTH) return undefined;
  const step = path.at(-1);
  if (!step) return begun?.bodies.includes(key) === true && begun.handle === need.param && need.property === undefined ? need.is === undefined : undefined;
  // A function that was given away is called by somebody else, with arguments of theirs.
  if (step.call.spread === true || !calleesOf(graph, step.call).includes(key)) return undefined;
  const given = step.call.args[need.param] ?? defaultOf(graph, key, need.param);
  if (given === undefined) return need.otherwise ?? false;
  const before = path.slice(0, -1);
  const at = step.call.args[need.param] ? { file: step.file, fn: step.call.fn } : { file: graph.program.fnOf(key).file, fn: graph.program.fnOf(key).fn.id };
  return need.property === undefined ? holds(graph, at, given, need, before, begun, depth) : property(graph, at, given, need, before, begun, depth);
}

/** The value of a parameter that is given nothing. */
function defaultOf({ program }: CallGraph, key: FunctionKey, index: number): Expr | undefined {
  const { file, fn } = program.fnOf(key);
  const variable = fn.params[index]?.variable;
  const { body } = fn;
  return variable === undefined ? undefined : program.file(file).assigns.find(({ target, span }) => target.k === "var" && target.id === variable && span.start < body.start)?.value;
}

interface At {
  file: string;
  fn: number;
}

function property(graph: CallGraph, at: At, given: Expr, need: NeedFact, path: readonly CallPlace[], begun: Begun | undefined, depth: number): Filled {
  if (given.k === "typed") return property(graph, at, given.of, need, path, begun, depth);
  if (given.k === "literal" || isNone(given)) return need.otherwise ?? false;
  if (given.k === "object") {
    const found = given.props.findLast(({ name }) => name === need.property || name === "...");
    return !found || isNone(found.value) ? (need.otherwise ?? false) : found.name === "..." ? undefined : holds(graph, at, found.value, need, path, begun, depth);
  }
  const kept = given.k === "var" ? keptIn(graph, at, given.id, need.property) : undefined;
  if (kept && depth < MAX_DEPTH) return holds(graph, at, kept, need, path, begun, depth + 1);
  // Handed on as it came in.
  const index = given.k === "var" ? parameter(graph, at, given.id) : -1;
  return index === -1 ? undefined : givenTo(graph, functionKey(at.file, at.fn), { ...need, param: index }, path, begun, depth + 1);
}

/** What an object that was written before has under a name, where nothing sets that afterwards: `const options = { ...rest, notify }; save(row, options)`. */
function keptIn({ program }: CallGraph, { file }: At, id: number, name: string | undefined): Expr | undefined {
  const [only, more] = program.variable(file, id).kind === "const" ? program.valuesOf(file, id) : [];
  if (only?.k !== "object" || more) return undefined;
  const found = only.props.findLast((prop) => prop.name === name || prop.name === "...");
  const isSet = program.file(file).assigns.some(({ target }) => target.k === "member" && target.of.k === "var" && target.of.id === id && (target.name === name || target.name === "*"));
  return found === undefined || found.name === "..." || isSet ? undefined : found.value;
}

function isNone(expr: Expr): boolean {
  return expr.k === "global" && expr.name === "undefined";
}

function holds(graph: CallGraph, at: At, expr: Expr, need: NeedFact, path: readonly CallPlace[], begun: Begun | undefined, depth: number): Filled {
  const asked = { filled: need.filled, ...(need.nullish && { nullish: need.nullish }), ...(need.is !== undefined && { is: need.is }) };
  switch (expr.k) {
    case "literal":
      return counts(expr.value, need);
    case "global":
      return expr.name === "undefined" ? false : undefined;
    case "fn":
    case "class":
    case "object":
    case "array":
      return need.is === undefined;
    case "typed":
      return holds(graph, at, expr.of, need, path, begun, depth);
    case "call":
      return graph.program.call(at.file, expr.id).kind === "new" ? need.is === undefined : undefined;
    case "member": {
      const index = expr.of.k === "var" ? parameter(graph, at, expr.of.id) : -1;
      return index === -1 ? undefined : givenTo(graph, functionKey(at.file, at.fn), { ...asked, param: index, property: expr.name }, path, begun, depth + 1);
    }
    case "var": {
      const index = parameter(graph, at, expr.id);
      if (index !== -1) return givenTo(graph, functionKey(at.file, at.fn), { ...asked, param: index }, path, begun, depth + 1) ?? handle(graph, at, expr, need);
      return outer(graph, at, expr.id, need, begun) ?? handle(graph, at, expr, need) ?? constant(graph, at, expr.id, need, path, begun, depth);
    }
    default:
      return undefined;
  }
}

/** A body's handle that a function written in it uses. */
function outer({ program }: CallGraph, { file }: At, id: number, need: NeedFact, begun: Begun | undefined): Filled {
  const { fn, kind } = program.variable(file, id);
  if (kind !== "param" || begun?.handle === undefined || !begun.bodies.includes(functionKey(file, fn))) return undefined;
  return program.fn(file, fn).params[begun.handle]?.variable === id ? need.is === undefined : undefined;
}

/** A transaction's handle, which that one gives its body, or the function around. */
function handle({ program, values }: CallGraph, { file, fn }: At, expr: Extract<Expr, { k: "var" }>, need: NeedFact): Filled {
  if (program.variable(file, expr.id).kind !== "param") return undefined;
  const ids = [...values.solver.values(values.expression(file, expr, fn))];
  return ids.length > 0 && ids.every((id) => { const token = values.tokens.get(id); return token.t === "derived" && token.kind === "handle"; }) ? need.is === undefined : undefined;
}

function constant(graph: CallGraph, at: At, id: number, need: NeedFact, path: readonly CallPlace[], begun: Begun | undefined, depth: number): Filled {
  const { program } = graph;
  const { kind } = program.variable(at.file, id);
  const [only, more] = kind === "const" ? program.valuesOf(at.file, id) : [];
  return only && !more && depth < MAX_DEPTH ? holds(graph, at, only, need, path, begun, depth + 1) : undefined;
}

/** The place of a parameter that its function does not set itself. */
function parameter({ program }: CallGraph, { file, fn }: At, id: number): number {
  const { params, body } = program.fn(file, fn);
  const index = params.findIndex((param) => param.variable === id && param.rest !== true);
  if (index === -1) return -1;
  return program.file(file).assigns.some(({ target, span }) => target.k === "var" && target.id === id && span.start >= body.start) ? -1 : index;
}
