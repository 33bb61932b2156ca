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
    for (const [call, edges] of this.#edges)
      for (const { file, from, to } of edges) {
        append(this.#callees, from, to);
        // What a helper is given counts at the call, so its cost must be known by then.
        for (const arg of call.args) if (arg.k === "fn") append(this.#callees, from, functionKey(file, arg.id));
      }
    const keys = [...graph.program.files.values()].flatMap((facts) => facts.functions.map((fn) => functionKey(facts.file, fn.id)));
    this.rounds = components(keys, (key) => this.calleesOf(key)).map((component) => ({
      keys: component,
      cyclic: component.length > 1 || component.some((key) => this.calleesOf(key).includes(key)),
    }));
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
