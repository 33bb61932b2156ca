import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { AcquirePattern, Library } from "../../src/core/catalogue/library.js";
import type { CallFact, Expr, FunctionFact, VariableId } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { acquirePatternOf } from "../../src/core/link/library-calls.js";
import type { FunctionKey } from "../../src/core/link/program.js";
import { calleesOf } from "../../src/core/link/sessions.js";
import { custodyOf } from "./ownership.js";

/** What a call takes that must be given back. */
export interface Acquired {
  library: Library;
  pattern: AcquirePattern;
  /** The library's own call, in a helper that hands what it gives to its caller: `getClient()`. */
  by?: CallPlace;
}

/** How many helpers may hand it on. */
const MAX_HANDED = 3;

/** What a call takes, itself or by a helper that hands it over. */
export function acquiredBy(project: ProjectFacts, call: CallFact): Acquired | undefined {
  return acquiredFrom(project, call) ?? handedBy(project, call, MAX_HANDED);
}

/** When everything that it may be called on gives something that must be given back. */
function acquiredFrom({ graph }: ProjectFacts, call: CallFact): Acquired | undefined {
  let found: Acquired | undefined;
  // Of `models.sequelize`, where `models[name] = sequelize.define(…)` is beside it: a table has no such method.
  const lacking: Library[] = [];
  for (const id of graph.external.get(call) ?? []) {
    const token = graph.values.tokens.get(id);
    // What a package made is known as that, too.
    if (token.t === "external") continue;
    const library = libraryWithId(graph.values.tokens.libraryOf(id));
    const pattern = token.t === "part" && library ? acquirePatternOf(library, token.path, call) : undefined;
    if (token.t === "part" && library && !pattern && isOfNothing(library, token.path)) {
      lacking.push(library);
      continue;
    }
    if (!library || !pattern || pattern.lent || call.args.some((arg) => arg.k === "fn")) return undefined;
    found ??= { library, pattern };
  }
  return lacking.every((library) => library === found?.library) ? found : undefined;
}

/** Whether a library knows nothing of a method on what one of its functions gave. */
function isOfNothing({ statements, transactions }: Library, path: string): boolean {
  return path.includes("().") && ![...statements, ...transactions].some((pattern) => pattern.path.test(path));
}

/** When every function that it may run takes one, and hands it to its caller. */
function handedBy(project: ProjectFacts, call: CallFact, left: number): Acquired | undefined {
  const { graph } = project;
  // Where it may also be something of a library, it may be anything.
  if (call.memo || left === 0 || (graph.external.get(call) ?? []).some((id) => graph.values.tokens.get(id).t !== "external")) return undefined;
  const callees = calleesOf(graph, call);
  return common(callees.map((key) => handedOver(project, key, left)));
}

/** What functions hand over, by how many helpers may be between. */
const handedBefore = new WeakMap<ProjectFacts, Map<string, Acquired | undefined>>();

/** What a function takes and gives to its caller, each time it is called, and does nothing else with. */
function handedOver(project: ProjectFacts, key: FunctionKey, left: number): Acquired | undefined {
  let known = handedBefore.get(project);
  if (!known) handedBefore.set(project, (known = new Map<string, Acquired | undefined>()));
  const name = `${left} ${key}`;
  if (!known.has(name)) known.set(name, givenByAll(project, key, left));
  return known.get(name);
}

function givenByAll(project: ProjectFacts, key: FunctionKey, left: number): Acquired | undefined {
  const { file, fn } = project.program.fnOf(key);
  if (fn.generator || project.program.role(file) !== "source") return undefined;
  return common(fn.returns.map((value) => givenOver(project, file, fn, value, left)));
}

function common([first, ...others]: readonly (Acquired | undefined)[]): Acquired | undefined {
  return first && others.every((other) => other?.library === first.library && other.pattern === first.pattern) ? first : undefined;
}

function givenOver(project: ProjectFacts, file: string, fn: FunctionFact, value: Expr, left: number): Acquired | undefined {
  if (value.k === "await" || value.k === "typed") return givenOver(project, file, fn, value.of, left);
  const call = value.k === "call" ? project.program.call(file, value.id) : value.k === "var" ? takerOf(project, file, fn, value.id) : undefined;
  if (!call || call.memo || call.fn !== fn.id) return undefined;
  const own = acquiredFrom(project, call);
  const acquired = own ? { ...own, by: { file, call } } : handedBy(project, call, left - 1);
  return acquired && (value.k === "call" || value.k === "var" && isOnlyHandedOver(project, file, fn, value.id, acquired)) ? acquired : undefined;
}

/** The call whose value a variable of the function holds. */
function takerOf(project: ProjectFacts, file: string, fn: FunctionFact, variable: VariableId): CallFact | undefined {
  for (const value of project.program.valuesOf(file, variable)) {
    const taken = value.k === "either" ? value.of[1] : value;
    const inner = taken?.k === "await" || taken?.k === "typed" ? taken.of : taken;
    const call = inner?.k === "call" ? project.program.call(file, inner.id) : undefined;
    if (call?.fn === fn.id && holderOf(project, file, call) === variable) return call;
  }
  return undefined;
}

/** `const client = await pool.connect(); await client.query("SET …"); return client;`: kept nowhere, and released at most after an error. */
function isOnlyHandedOver(project: ProjectFacts, file: string, fn: FunctionFact, variable: VariableId, { pattern, library }: Acquired): boolean {
  const custody = custodyOf(project, file, fn.id, variable, releasesBy(pattern, library));
  return !custody.stored && !custody.passed && !custody.releasedInside && custody.releases.every(({ handler }) => handler === "catch");
}

/** Whether a method gives back what was taken. Kysely's are queries to run: `trx.commit().execute()`. */
export function releasesBy(pattern: AcquirePattern, library: Library): (method: string) => boolean {
  return (method) => pattern.releases.test(method) || pattern.releases.test(`${method}().execute`) || library.closes.includes(method) || /^(release|close|end|destroy|dispose)$/i.test(method);
}

/** The function's own variable that gets what a call takes, and nothing else. */
export function holderOf({ program }: ProjectFacts, file: string, call: CallFact): VariableId | undefined {
  const facts = program.file(file);
  const isTaken = (value: Expr): boolean => {
    const inner = value.k === "await" || value.k === "typed" ? value.of : value;
    return inner.k === "call" && inner.id === call.id;
  };
  const holding = facts.assigns.filter(({ value }) => isTaken(value) || isOrTaken(program, file, value, isTaken));
  const [only, more] = holding;
  if (!only || more || only.target.k !== "var") return undefined;
  const { id } = only.target;
  const variable = program.variable(file, id);
  const others = facts.assigns.filter(({ target, value }) => target.k === "var" && target.id === id && value !== only.value && value.k !== "literal" && !(value.k === "global" && value.name === "undefined"));
  return variable.fn === call.fn && variable.kind !== "param" && others.length === 0 ? id : undefined;
}

/** `given ?? pool.connect()`: what the function was given, or else what it takes itself. */
function isOrTaken(program: ProjectFacts["program"], file: string, value: Expr, isTaken: (value: Expr) => boolean): boolean {
  if (value.k !== "either") return false;
  const [given, taken, more] = value.of;
  if (given?.k !== "var" || !taken || more || !isTaken(taken)) return false;
  return program.variable(file, given.id).kind === "param";
}
