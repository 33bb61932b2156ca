import type { CallFact } from "../facts/types.js";
import type { CallEdge, CallGraph, Handover } from "./calls.js";
import { components } from "./components.js";
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
      const written = target.file === file && target.fn.parent === call.fn && within(target.fn.span, call.span);
      if (!written || this.edgesOf(call).some((edge) => edge.to === to) || !runsInPlace(handover)) continue;
      append(this.#edges, call, { file, call, from: functionKey(file, call.fn), to });
    }
    const ranAsParameter = new Set(graph.edges.filter(({ file, call }) => callsParameter(graph, file, call)).map((edge) => edge.to));
    for (const [call, edges] of this.#edges) {
      const { file, from } = edges[0] ?? {};
      if (file === undefined || from === undefined) continue;
      const passed = this.#functionsPassed(file, call, ranAsParameter);
      if (passed.length > 0) this.#passed.set(call, passed);
      // What a helper is given counts at the call, so its cost must be known by then.
      for (const to of [...edges.map((edge) => edge.to), ...passed.flat()]) append(this.#callees, from, to);
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
      if (literal !== undefined) found.push(literal);
      else if (arg.k === "member" || (arg.k === "var" && this.graph.program.variable(file, arg.id).kind !== "param"))
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

/** Whether what is called came in as a parameter of the function around the call, or of one around that. */
export function callsParameter({ program }: CallGraph, file: string, call: CallFact): boolean {
  const { callee } = call;
  if (callee.k !== "var") return false;
  const { kind, fn: owner } = program.variable(file, callee.id);
  if (kind !== "param") return false;
  for (let at = call.fn; ; at = program.fn(file, at).parent) {
    if (at === owner) return true;
    if (at === 0) return false;
  }
}
