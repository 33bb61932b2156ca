import { add, constant, type Cost, isZero, multiply, variable, ZERO } from "../cost.js";
import type { CallFact, FunctionFact, LoopFact } from "../facts/types.js";
import { components } from "./components.js";
import type { CallEdge, CallGraph, Handover } from "./calls.js";
import { functionKey, type FunctionKey } from "./program.js";

/** What one call adds by itself; what its callees add comes on top. */
export type Unit = (file: string, call: CallFact) => Cost;

/**
 * What running a function once costs, over the whole call graph: each call's own cost and its callee's, times the loops
 * around it. Alternatives (several possible callees) count as the dearest; recursion counts its body once for
 * each level, as the symbol `depth`.
 */
export class Summaries {
  readonly #costs = new Map<FunctionKey, Cost>();
  readonly #edges = new Map<CallFact, CallEdge[]>();

  constructor(
    readonly graph: CallGraph,
    readonly unit: Unit,
    /** Whether a function given to code outside the project runs during the call (a handler or a timer runs later). */
    runsInPlace: (handover: Handover) => boolean,
  ) {
    for (const edge of graph.edges.values()) {
      const list = this.#edges.get(edge.call) ?? [];
      list.push(edge);
      this.#edges.set(edge.call, list);
    }
    // Functions given to code outside the project run where they are given, once (loops of array methods are loops).
    for (const handover of graph.handovers.values()) {
      if (!runsInPlace(handover) || this.#edges.get(handover.call)?.some((edge) => edge.to === handover.to)) continue;
      const target = graph.program.fnOf(handover.to);
      const inPlace = target.file === handover.file && target.fn.parent === handover.call.fn && within(target.fn.span, handover.call.span);
      if (!inPlace) continue;
      const list = this.#edges.get(handover.call) ?? [];
      list.push({ file: handover.file, call: handover.call, from: functionKey(handover.file, handover.call.fn), to: handover.to });
      this.#edges.set(handover.call, list);
    }
    this.#solve();
  }

  ofFunction(key: FunctionKey): Cost {
    return this.#costs.get(key) ?? ZERO;
  }

  /** Callees before callers; inside a cycle one round counts, repeated `depth` times. */
  #solve(): void {
    const { program } = this.graph;
    const keys = [...program.files.values()].flatMap((facts) => facts.functions.map((fn) => functionKey(facts.file, fn.id)));
    const callees = new Map<FunctionKey, FunctionKey[]>();
    for (const edges of this.#edges.values())
      for (const { from, to } of edges) {
        const list = callees.get(from) ?? [];
        list.push(to);
        callees.set(from, list);
      }
    for (const component of components(keys, (key) => callees.get(key) ?? [])) {
      const computed = component.map((key) => {
        const { file, fn } = program.fnOf(key);
        return [key, this.ofCalls(file, fn, () => true)] as const;
      });
      const cyclic = component.length > 1 || (callees.get(component[0] ?? "") ?? []).includes(component[0] ?? "");
      for (const [key, cost] of computed) this.#costs.set(key, cyclic ? multiply(cost, variable("depth")) : cost);
    }
  }

  /** The project functions that a call runs, those handed over in place included. */
  targetsOf(call: CallFact): FunctionKey[] {
    return (this.#edges.get(call) ?? []).map((edge) => edge.to);
  }

  /** The cost of those calls of one function that `select` takes. */
  ofCalls(file: string, fn: FunctionFact, select: (call: CallFact) => boolean): Cost {
    const parts: Cost[] = [];
    for (const call of this.graph.program.file(file).calls) {
      if (call.fn !== fn.id || !select(call)) continue;
      const own = add(this.unit(file, call), this.#ofCallees(file, fn, call));
      if (!isZero(own)) parts.push(multiply(own, this.#repetition(file, call)));
    }
    return add(...parts);
  }

  #ofCallees(file: string, fn: FunctionFact, call: CallFact): Cost {
    if (call.memo) return ZERO;
    // A function that came in as a parameter is counted where it was passed: there we know which one it is.
    if (this.#callsParameter(file, fn, call)) return ZERO;
    const edges = this.#edges.get(call) ?? [];
    let cost: Cost = ZERO;
    let passed: Cost = ZERO;
    for (const edge of edges) {
      const target = this.graph.program.fnOf(edge.to);
      const inPlace = target.file === file && target.fn.parent === fn.id && within(target.fn.span, call.span) && call.calleeSpan.end <= target.fn.span.start;
      const of = this.ofFunction(edge.to);
      if (inPlace) passed = add(passed, of);
      else cost = dearest(cost, of);
    }
    // Helpers of the project run what they are given; whoever else gets a function is in `edges` if it runs it now.
    const helper = edges.some((edge) => !call.args.some((arg) => arg.k === "fn" && functionKey(file, arg.id) === edge.to));
    for (const arg of helper ? call.args : []) {
      if (arg.k !== "fn" || edges.some((edge) => edge.to === functionKey(file, arg.id))) continue;
      passed = add(passed, this.ofFunction(functionKey(file, arg.id)));
    }
    return add(cost, passed);
  }

  #callsParameter(file: string, fn: FunctionFact, call: CallFact): boolean {
    const callee = call.callee;
    if (callee.k !== "var") return false;
    const { kind, fn: owner } = this.graph.program.variable(file, callee.id);
    if (kind !== "param") return false;
    for (let at = fn.id; ; at = this.graph.program.fn(file, at).parent) {
      if (at === owner) return true;
      if (at === 0) return false;
    }
  }

  #repetition(file: string, call: CallFact): Cost {
    let times = constant(1);
    const over = new Set<string>();
    for (let id = call.loop; id !== undefined; ) {
      const loop: LoopFact = this.graph.program.loop(file, id);
      const { bound } = loop;
      // A loop over the pieces of a list and one over each piece go over the list once.
      if (bound.k !== "stepped" || !over.has(bound.symbol)) times = multiply(times, loopTimes(loop));
      if (bound.k === "over") over.add(bound.symbol);
      id = loop.parent;
    }
    // The call that is itself a loop: `ids.map((id) => …)` runs its callback once an element.
    const own = this.graph.program.file(file).loops.find((loop) => loop.kind === "callback" && loop.call === call.id);
    return own ? multiply(times, loopTimes(own)) : times;
  }
}

export function loopTimes(loop: LoopFact): Cost {
  switch (loop.bound.k) {
    case "constant":
      return constant(loop.bound.times);
    case "while":
      return variable("repetitions");
    default:
      return variable(loop.bound.symbol || "items");
  }
}

function within(inner: { start: number; end: number }, outer: { start: number; end: number }): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function dearest(left: Cost, right: Cost): Cost {
  const weight = (cost: Cost) => cost.reduce((sum, { coefficient, symbols }) => sum + coefficient * 1000 ** symbols.length, 0);
  return weight(left) >= weight(right) ? left : right;
}
