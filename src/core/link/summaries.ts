import { add, constant, type Cost, isZero, multiply, variable, weightOf, ZERO } from "../cost.js";
import type { CallFact, FunctionFact, LoopFact } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { functionKey, type FunctionKey } from "./program.js";
import { type Schedule, within } from "./schedule.js";

/** What one call adds by itself; what its callees add comes on top. */
export type Unit = (file: string, call: CallFact) => Cost;

/** How often a call runs what it is given, beyond the loops around it. Default: once. */
export type Times = (file: string, call: CallFact) => Cost | undefined;

/**
 * What running a function once costs, over the whole call graph: each call's own cost and its callee's, times the loops
 * around it. Alternatives (several possible callees) count as the dearest; recursion counts its body once for
 * each level, as the symbol `depth`.
 */
export class Summaries {
  readonly #costs = new Map<FunctionKey, Cost>();
  readonly #units = new Map<CallFact, Cost>();
  readonly graph: CallGraph;

  constructor(
    readonly schedule: Schedule,
    unit: Unit,
    readonly times?: Times,
  ) {
    this.graph = schedule.graph;
    const costly = new Set<FunctionKey>();
    for (const { file, calls } of this.graph.program.files.values())
      for (const call of calls) {
        const cost = unit(file, call);
        if (isZero(cost)) continue;
        this.#units.set(call, cost);
        costly.add(functionKey(file, call.fn));
      }
    if (costly.size > 0) this.#solve(costly);
  }

  ofFunction(key: FunctionKey): Cost {
    return this.#costs.get(key) ?? ZERO;
  }

  /** Callees before callers; inside a cycle one round counts, repeated `depth` times. What leads nowhere costs nothing. */
  #solve(costly: ReadonlySet<FunctionKey>): void {
    for (const { keys, cyclic } of this.schedule.rounds) {
      const computed: [FunctionKey, Cost][] = [];
      for (const key of keys) {
        if (!costly.has(key) && !this.schedule.calleesOf(key).some((callee) => this.#costs.has(callee))) continue;
        const { file, fn } = this.graph.program.fnOf(key);
        const cost = this.ofCalls(file, fn, () => true);
        if (!isZero(cost)) computed.push([key, cost]);
      }
      // Who enters a circle anywhere may go all the way round.
      const round = cyclic ? multiply(add(...computed.map(([, cost]) => cost)), variable("depth")) : ZERO;
      if (cyclic && !isZero(round)) for (const key of keys) this.#costs.set(key, round);
      if (!cyclic) for (const [key, cost] of computed) this.#costs.set(key, cost);
    }
  }

  /** The project functions that a call runs, those handed over in place included. */
  targetsOf(call: CallFact): FunctionKey[] {
    return this.schedule.edgesOf(call).map((edge) => edge.to);
  }

  /** The cost of those calls of one function that `select` takes. */
  ofCalls(file: string, fn: FunctionFact, select: (call: CallFact) => boolean): Cost {
    const parts: Cost[] = [];
    for (const call of this.graph.program.callsIn(file, fn.id)) {
      if (!select(call)) continue;
      const callees = this.#ofCallees(file, fn, call);
      const unit = this.#units.get(call);
      const own = unit ? add(unit, callees) : callees;
      if (!isZero(own)) parts.push(multiply(own, this.#repetition(file, call)));
    }
    return add(...parts);
  }

  #ofCallees(file: string, fn: FunctionFact, call: CallFact): Cost {
    if (call.memo) return ZERO;
    // A function that came in as a parameter is counted where it was passed: there we know which one it is.
    let cost: Cost = ZERO;
    let passed: Cost = ZERO;
    for (const to of this.schedule.runBy(file, call)) {
      const target = this.graph.program.fnOf(to);
      const inPlace = target.file === file && target.fn.parent === fn.id && within(target.fn.span, call.span) && call.calleeSpan.end <= target.fn.span.start;
      const of = this.ofFunction(to);
      if (inPlace) passed = add(passed, of);
      else cost = dearest(cost, of);
    }
    // Helpers of the project run what they are given; whoever else gets a function is in `edges` if it runs it now.
    for (const alternatives of this.schedule.passedBy(call)) passed = add(passed, alternatives.map((key) => this.ofFunction(key)).reduce(dearest, ZERO));
    return add(cost, passed);
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
    const own = this.graph.program.callbackLoop(file, call.id);
    const more = this.times?.(file, call);
    if (more) times = multiply(times, more);
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

function dearest(left: Cost, right: Cost): Cost {
  return weightOf(left) >= weightOf(right) ? left : right;
}
