import type { CallEdge, CallGraph, Handover } from "./calls.js";
import { append, functionKey, type FunctionKey } from "./program.js";

/**
 * Who gave a helper the function that it runs. A helper is one function for all of its callers, and what each of them gives runs on that
 * one's account: `withFolder(() => open())` at start-up, whoever else calls `withFolder` per request.
 */
export class Passers {
  readonly #callees = new Map<Handover["call"], FunctionKey[]>();
  readonly #given = new Map<FunctionKey, Handover[]>();

  constructor(readonly graph: CallGraph) {
    for (const edge of graph.edges) append(this.#callees, edge.call, edge.to);
    for (const handover of graph.handovers) if (handover.callee === null) append(this.#given, handover.to, handover);
  }

  /** The places where the function that a call runs was given to the one whose parameter it is. */
  of({ file, call, to }: CallEdge): readonly Handover[] {
    const owner = this.#ownerOf(file, call);
    return owner === undefined ? [] : (this.#given.get(to) ?? []).filter((handover) => this.#callees.get(handover.call)?.includes(owner) === true);
  }

  /** The functions between a call of a parameter and the one whose parameter it is, that one left out. */
  between({ file, call }: CallEdge): FunctionKey[] {
    const owner = this.#ownerOf(file, call);
    const found: FunctionKey[] = [];
    for (let at = call.fn; at !== 0 && functionKey(file, at) !== owner; at = this.graph.program.fn(file, at).parent) found.push(functionKey(file, at));
    return found;
  }

  #ownerOf(file: string, { callee }: CallEdge["call"]): FunctionKey | undefined {
    const called = callee.k === "member" && /^(?:call|apply)$/.test(callee.name) ? callee.of : callee;
    return called.k === "var" ? functionKey(file, this.graph.program.variable(file, called.id).fn) : undefined;
  }
}
