import type { CallEdge, CallGraph, Handover } from "./calls.js";
import { append, functionKey, type FunctionKey } from "./program.js";

/** How many helpers may hand a function on to each other. */
const MAX_DEPTH = 4;

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
    return owner === undefined ? [] : this.#givenTo(owner, to, 0);
  }

  /** A helper that hands on what came in as its own parameter has it from who called that one: `withWrite(fn) { return this.lock.withLock(fn); }`. */
  #givenTo(owner: FunctionKey, to: FunctionKey, depth: number): readonly Handover[] {
    return (this.#given.get(to) ?? [])
      .filter((handover) => this.#callees.get(handover.call)?.includes(owner) === true)
      .flatMap((handover) => {
        const lender = this.#lenderOf(handover);
        const first = lender === undefined || depth === MAX_DEPTH ? [] : this.#givenTo(lender, to, depth + 1);
        return first.length > 0 ? first : handover;
      });
  }

  /** The function as whose parameter a call has what it gives. */
  #lenderOf({ file, call, argument }: Handover): FunctionKey | undefined {
    const given = call.args[argument];
    if (given?.k !== "var") return undefined;
    const { kind, fn } = this.graph.program.variable(file, given.id);
    return kind === "param" ? functionKey(file, fn) : undefined;
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
