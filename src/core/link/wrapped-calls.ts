import type { CallFact, Expr } from "../facts/types.js";
import type { CallGraph, CallPlace } from "./calls.js";
import { constantOf } from "./constants.js";
import { append } from "./program.js";

/** Wrappers around wrappers, as far as anybody writes them. */
const MAX_DEPTH = 6;

/**
 * The calls of what wrappers gave back: `const save = withRetry((row) => …)` runs its function each time that `save` is
 * called, not when it was wrapped, and not when another function that was wrapped in the same way is called.
 */
export class WrappedCalls {
  readonly #calls = new Map<CallFact, CallPlace[]>();

  constructor(private readonly graph: CallGraph) {
    let before: CallFact | undefined;
    for (const { file, call } of graph.edges) {
      // The edges of a call stand together.
      if (call !== before && call.callee.k === "var") this.#add(file, call.callee, { file, call }, 0);
      before = call;
    }
  }

  /** Calls of a constant that the given call made, by itself or with wrappers around it. */
  of(wrapping: CallFact): readonly CallPlace[] {
    return this.#calls.get(wrapping) ?? [];
  }

  #add(file: string, expr: Expr, place: CallPlace, depth: number): void {
    const { program } = this.graph;
    const made = constantOf(program, file, expr);
    if (made.expr.k !== "call" || depth > MAX_DEPTH) return;
    const wrapping = program.call(made.file, made.expr.id);
    append(this.#calls, wrapping, place);
    for (const arg of wrapping.args) this.#add(made.file, arg, place, depth + 1);
  }
}
