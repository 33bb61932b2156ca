import type { CallFact } from "../facts/types.js";
import type { CallEdge, CallGraph, Handover } from "./calls.js";
import { components } from "./components.js";
import { parts } from "./expressions.js";
import { isOnlyKept } from "./kept.js";
import { append, functionKey, type FunctionKey } from "./program.js";

/** Functions that call each other round in a circle, or one function alone. */
export interface Round {
  keys: readonly FunctionKey[];
  cyclic: boolean;
}

/** What runs what while a call runs, and in which order to add up costs: the same for everything that is added up. */
export class Schedule {
  readonly #edges = new Map<CallFact, CallEdge[]>();
  readonly #callees = new Map<FunctionKey, FunctionKey[]>();
  readonly #passed = new Map<CallFact, FunctionKey[][]>();
  /** Calls of a function in an object that came in as a parameter → those that were written into the object where it was passed. */
  readonly #handed = new Map<CallFact, Set<FunctionKey>>();
  /** Callees before callers. */
  readonly rounds: readonly Round[];

  constructor(
    readonly graph: CallGraph,
    /** Whether a function given to code outside the project runs during the call (a handler or a timer runs later). */
    runsInPlace: (handover: Handover) => boolean,
  ) {
    for (const edge of graph.edges) append(this.#edges, edge.call, edge);
    // Functions given to code outside the project run where they are given, once (loops of array methods are loops).
    for (const handover of graph.handovers) {
      const { file, call, to } = handover;
      const target = graph.program.fnOf(to);
      // What an inner call was given, and may have handed on, runs in the inner one: `run(list.map((item) => …))`.
      const given = call.args[handover.argument];
      const written = target.file === file && target.fn.parent === call.fn && given !== undefined && [...parts(given)].some((part) => part.k === "fn" && part.id === target.fn.id);
      if (!written || this.edgesOf(call).some((edge) => edge.to === to) || !runsInPlace(handover)) continue;
      append(this.#edges, call, { file, call, from: functionKey(file, call.fn), to });
    }
    this.#takeWritten();
    const ranAsParameter = new Set(graph.edges.filter(({ file, call }) => callsParameter(graph, file, call)).map((edge) => edge.to));
    for (const [call, edges] of this.#edges) {
      const { file, from } = edges[0] ?? {};
      if (file === undefined || from === undefined) continue;
      const passed = [...(this.#passed.get(call) ?? []), ...this.#functionsPassed(file, call, ranAsParameter)];
      if (passed.length > 0) this.#passed.set(call, passed);
      // What a helper is given counts at the call, so its cost must be known by then, and nowhere where the helper runs it:
      // functions that all go through one helper would else seem to call each other round.
      // What is kept costs nothing here, either.
      if (call.memo) continue;
      const run = this.runBy(file, call);
      for (const to of [...run, ...passed.flat()]) append(this.#callees, from, to);
    }
    const keys = [...graph.program.files.values()].flatMap((facts) => facts.functions.map((fn) => functionKey(facts.file, fn.id)));
    this.rounds = components(keys, (key) => this.calleesOf(key)).map((component) => ({
      keys: component,
      cyclic: component.length > 1 || component.some((key) => this.calleesOf(key).includes(key)),
    }));
  }

  /**
   * The functions that a helper of the project is given to run, one list of alternatives an argument. What came in as a
   * parameter is left to whoever passed it: there we know which one it is.
   */
  #functionsPassed(file: string, call: CallFact, ranAsParameter: ReadonlySet<FunctionKey>): FunctionKey[][] {
    const edges = this.edgesOf(call);
    const literals = call.args.map((arg) => (arg.k === "fn" ? functionKey(file, arg.id) : undefined));
    if (edges.every((edge) => literals.includes(edge.to))) return [];
    const { solver, tokens } = this.graph.values;
    const passed: FunctionKey[][] = [];
    call.args.forEach((arg, index) => {
      const literal = literals[index];
      const found: FunctionKey[] = [];
      if (literal !== undefined) {
        if (!isOnlyKept(this.graph, call, index)) found.push(literal);
      } else if (arg.k === "member" || (arg.k === "var" && this.graph.program.variable(file, arg.id).kind !== "param"))
        for (const id of solver.values(this.graph.values.expression(file, arg, call.fn))) {
          const token = tokens.get(id);
          const key = token.t === "function" ? functionKey(token.file, token.id) : undefined;
          if (key !== undefined && ranAsParameter.has(key)) found.push(key);
        }
      const others = found.filter((key) => !edges.some((edge) => edge.to === key));
      if (others.length > 0) passed.push(others);
    });
    return passed;
  }

  /**
   * `inTransaction(db, { handleSync(tx) { … } })`: the helper runs `input.handleSync(tx)`. As with a function that is a
   * parameter itself, it counts where it was written.
   */
  #takeWritten(): void {
    const { program } = this.graph;
    const written = new Map<FunctionKey, { call: CallFact; argument: number }>();
    for (const { file, calls } of program.files.values())
      for (const call of calls)
        for (const [argument, arg] of call.args.entries())
          for (const { value } of arg.k === "object" ? arg.props : []) if (value.k === "fn") written.set(functionKey(file, value.id), { call, argument });
    for (const [call, edges] of this.#edges)
      for (const { file, to } of edges) {
        const { callee } = call;
        const at = callee.k === "member" && callee.of.k === "var" ? written.get(to) : undefined;
        if (!at || callee.k !== "member" || callee.of.k !== "var") continue;
        const { kind, fn: owner } = program.variable(file, callee.of.id);
        const param = kind === "param" ? program.fn(file, owner).params[at.argument]?.variable : undefined;
        if (param !== callee.of.id || !this.edgesOf(at.call).some((edge) => edge.to === functionKey(file, owner))) continue;
        const known = this.#handed.get(call);
        if (known) known.add(to);
        else this.#handed.set(call, new Set([to]));
        // Each may run: unlike the values of one argument, they are no alternatives.
        if (!this.passedBy(at.call).some(([only]) => only === to)) append(this.#passed, at.call, [to]);
      }
  }

  /** The functions that a call runs and that its own function is not given: those count where they were passed. */
  runBy(file: string, call: CallFact): FunctionKey[] {
    if (callsParameter(this.graph, file, call)) return [];
    const handed = this.#handed.get(call);
    return this.edgesOf(call).flatMap(({ to }) => (handed?.has(to) ? [] : [to]));
  }

  /** See `#functionsPassed`. */
  passedBy(call: CallFact): readonly (readonly FunctionKey[])[] {
    return this.#passed.get(call) ?? NONE;
  }

  edgesOf(call: CallFact): readonly CallEdge[] {
    return this.#edges.get(call) ?? NONE;
  }

  calleesOf(key: FunctionKey): readonly FunctionKey[] {
    return this.#callees.get(key) ?? NONE;
  }
}

const NONE: readonly never[] = [];

export function within(inner: { start: number; end: number }, outer: { start: number; end: number }): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** Whether what is called, or run with `call` or `apply`, came in as a parameter of the function around the call, or of one around that. */
export function callsParameter({ program }: CallGraph, file: string, call: CallFact): boolean {
  const callee = call.callee.k === "member" && /^(?:call|apply)$/.test(call.callee.name) ? call.callee.of : call.callee;
  if (callee.k !== "var") return false;
  const { kind, fn: owner } = program.variable(file, callee.id);
  if (kind !== "param") return false;
  for (let at = call.fn; ; at = program.fn(file, at).parent) {
    if (at === owner) return true;
    if (at === 0) return false;
  }
}
