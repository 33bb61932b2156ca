import type { CallFact, Expr, LoopFact, Span, VariableId } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { FunctionKey, Program } from "../../src/core/link/program.js";
import { statementsRunBy } from "../../src/core/link/run-statements.js";
import { combinatorOf, makesPromise } from "../../src/core/link/waits.js";
import { runGiven } from "./run-given.js";

/** How deep an expression is looked into before nothing is said of it. */
const MAX_DEPTH = 16;

/** Expressions that depend on certain variables, directly or by way of others that are computed from them within an extent. */
export class Flow {
  readonly #variables: Set<VariableId>;

  /** `elementsOf`: the list whose elements (`list[i]`) depend on them as well. */
  constructor(
    readonly program: Program,
    readonly file: string,
    extent: Pick<Span, "start" | "end">,
    seeds: Iterable<VariableId>,
    readonly elementsOf?: Expr,
  ) {
    this.#variables = new Set(seeds);
    const assigns = program.file(file).assigns.filter(({ span }) => contains(extent, span));
    for (let before = -1; before !== this.#variables.size; ) {
      before = this.#variables.size;
      for (const { target, value } of assigns) if (target.k === "var" && this.reaches(value)) this.#variables.add(target.id);
    }
  }

  reaches(expr: Expr, depth = 0): boolean {
    if (depth > MAX_DEPTH) return false;
    const within = (part: Expr): boolean => this.reaches(part, depth + 1);
    switch (expr.k) {
      case "var":
        return this.#variables.has(expr.id);
      case "member":
        return within(expr.of) || (expr.name === "*" && this.elementsOf !== undefined && isSame(expr.of, this.elementsOf));
      case "await":
      case "typed":
        return within(expr.of);
      case "either":
        return expr.of.some(within);
      case "array":
        return expr.items.some(within);
      case "object":
        return expr.props.some(({ value }) => within(value));
      case "template":
        return expr.holes.some(within);
      case "fn":
        return this.program.fn(this.file, expr.id).returns.some(within);
      case "call": {
        const { callee, args } = this.program.call(this.file, expr.id);
        return args.some(within) || (callee.k === "member" && within(callee.of));
      }
      default:
        return false;
    }
  }
}

/** What is new in each turn of a loop: its variable, and what the body computes from that. */
export function flowOfTurn({ program }: ProjectFacts, file: string, loop: LoopFact): Flow {
  const { functions, assigns } = program.file(file);
  if (loop.kind === "callback") {
    const items = functions.flatMap((fn) => (fn.loopBody === loop.id ? fn.params.slice(0, 1) : []));
    const extent = functions.find((fn) => fn.loopBody === loop.id)?.span ?? loop.body;
    return new Flow(program, file, extent, items.map(({ variable }) => variable));
  }
  const head = assigns.filter(({ fn, span, op }) => fn === loop.fn && loop.span.start <= span.start && span.end <= loop.body.start && (loop.kind !== "for" || op === "other"));
  const seeds = head.flatMap(({ target }) => (target.k === "var" ? [target.id] : []));
  return new Flow(program, file, loop.body, seeds, loop.bound.k === "over" ? loop.bound.over : undefined);
}

/** The calls of one turn, in source order, without those of loops inside: these are judged by themselves. */
export function callsOfTurn({ program }: ProjectFacts, file: string, loop: LoopFact): CallFact[] {
  const facts = program.file(file);
  if (loop.kind === "callback") {
    const bodies = facts.functions.filter((fn) => fn.loopBody === loop.id).map(({ id }) => id);
    const calls = bodies.flatMap((fn) => program.callsIn(file, fn).filter((call) => call.loop === undefined));
    return bodies.length > 1 ? calls.sort((a, b) => a.id - b.id) : calls;
  }
  const inner = facts.loops.filter((other) => other.parent === loop.id && other.kind !== "callback").map(({ body }) => body);
  return program.callsIn(file, loop.fn).filter((call) => contains(loop.body, call.span) && !inner.some((body) => contains(body, call.span)));
}

/** How many functions may stand between: clients of one's own have layers. */
const MAX_LAYERS = 8;

const elsewhere = new WeakMap<ProjectFacts, Map<CallFact, boolean>>();

/** An awaited call that leads to something that is no library's of the catalogue: a request, a timer, a file. */
export function waitsElsewhere(project: ProjectFacts, call: CallFact): boolean {
  let known = elsewhere.get(project);
  if (!known) elsewhere.set(project, (known = new Map<CallFact, boolean>()));
  let found = known.get(call);
  // Of what lies on the way, nothing is kept: what calls itself is cut somewhere.
  if (found === undefined) known.set(call, (found = waits(project, call, new Set(), 0)));
  return found;
}

function waits(project: ProjectFacts, call: CallFact, seen: Set<CallFact>, depth: number): boolean {
  if (seen.has(call)) return false;
  seen.add(call);
  return waitsFor(project, call, seen, depth);
}

function waitsFor(project: ProjectFacts, call: CallFact, seen: Set<CallFact>, depth: number): boolean {
  // A statement, whatever the function that runs it does around it: a time limit, a log.
  if (combinatorOf(call) !== undefined || computes(call) || statementsRunBy(project.graph, call).length > 0) return false;
  // `await send(…).catch(ignore)` waits for what comes before.
  const before = continued(project, call);
  if (before) return waits(project, before, seen, depth);
  const callees = project.writers.calleesOf(call);
  const isOfLibrary = (each: CallFact): boolean => (project.graph.external.get(each) ?? []).some((id) => project.graph.values.tokens.libraryOf(id) !== undefined);
  // Made by hand: around a driver's callback it waits for the database, around anything else for that.
  if (makesPromise(call)) return !callees.some((key) => project.writers.callsOf(key).some(isOfLibrary));
  const ran = runGiven(project, call);
  if (ran) return depth < MAX_LAYERS && [...ran.awaited, ...project.writers.callsOf(ran.given).filter((inner) => inner.awaited || isHandedOn(project, ran.given, inner))].some((inner) => waits(project, inner, seen, depth + 1));
  if (callees.length > 0)
    return depth < MAX_LAYERS && callees.some((key) => project.writers.callsOf(key).some((inner) => (inner.awaited || isHandedOn(project, key, inner)) && waits(project, inner, seen, depth + 1)));
  return !isOfLibrary(call);
}

/** Web Crypto gives promises, but asks nobody: `crypto.subtle.encrypt(…)`, as what is sealed before it is written does. */
function computes({ callee }: CallFact): boolean {
  return callee.k === "member" && callee.of.k === "member" && callee.of.name === "subtle";
}

/** The call whose promise a `then`, `catch` or `finally` goes on from. */
function continued({ program }: ProjectFacts, call: CallFact): CallFact | undefined {
  const { callee } = call;
  return callee.k === "member" && /^(then|catch|finally)$/.test(callee.name) && callee.of.k === "call" ? program.call(program.fileOf(call), callee.of.id) : undefined;
}

/** A promise that the function gives back as its own: `return fetch(url)`, `return new Promise(…)`; of another package, or made by hand. */
function isHandedOn({ program, graph, writers }: ProjectFacts, key: FunctionKey, call: CallFact): boolean {
  const { fn } = program.fnOf(key);
  if (!fn.returns.some((value) => [value, ...(value.k === "either" ? value.of : [])].some((one) => one.k === "call" && one.id === call.id))) return false;
  if (writers.calleesOf(call).length > 0) return true;
  if (call.kind === "new") return makesPromise(call);
  return call.kind === "call" && (graph.external.get(call) ?? []).some((id) => {
    const token = graph.values.tokens.get(id);
    return token.t === "external" && (token.module !== null || token.path === "fetch");
  });
}

/** The calls of the chain that a call is part of: `db.select()`, `.from(t)`, `.where(c)`. */
export function chainOf(program: Program, file: string, call: CallFact): CallFact[] {
  return [...[...program.chainBefore(file, call)].reverse(), call, ...program.chainAfter(file, call)];
}

export function contains(outer: Pick<Span, "start" | "end">, inner: Pick<Span, "start" | "end">): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** The same place, read twice: `rows` and `rows`, `this.rows` and `this.rows`. */
export function isSame(a: Expr, b: Expr): boolean {
  if (a.k === "var" && b.k === "var") return a.id === b.id;
  if (a.k === "this" && b.k === "this") return a.fn === b.fn;
  return a.k === "member" && b.k === "member" && a.name === b.name && a.name !== "*" && isSame(a.of, b.of);
}
