import type { CallPlace } from "../link/calls.js";
import type { ProjectFacts } from "../link/index.js";
import { append, functionKey, type FunctionKey } from "../link/program.js";
import type { CallFact } from "../facts/types.js";

/** A function that an operation runs, and the call that leads to it from the one before; none for where the operation begins. */
export interface Reached {
  key: FunctionKey;
  by?: CallPlace & { from: FunctionKey };
}

/** One way from where an operation begins to a function: the calls in order. */
export type Way = readonly (CallPlace & { from: FunctionKey })[];

/** Where functions call each other crosswise, there are more ways than anyone has time for. */
const MOST_VISITS = 20_000;

/** What operations run, as far as it leads to a call that matters. */
export class Reach {
  readonly #callees = new Map<FunctionKey, (CallPlace & { to: FunctionKey })[]>();
  readonly #callers = new Map<FunctionKey, FunctionKey[]>();
  readonly #leads = new Set<FunctionKey>();

  /** `matters`: the calls that a row is made of. */
  constructor(project: ProjectFacts, matters: (call: CallFact) => boolean) {
    for (const { file, calls } of project.program.files.values())
      for (const call of calls) {
        const from = functionKey(file, call.fn);
        // What is kept and asked first runs once, most often before: `getDb()`.
        if (call.memo) continue;
        if (matters(call)) this.#leads.add(from);
        for (const { to } of project.inside.calleesOf(file, call)) {
          append(this.#callees, from, { file, call, to });
          append(this.#callers, to, from);
        }
      }
    // A Set's iteration also visits what is added meanwhile.
    for (const key of this.#leads) for (const caller of this.#callers.get(key) ?? []) this.#leads.add(caller);
  }

  /** The functions that run when these do, nearest first, each by a shortest way. */
  from(keys: readonly FunctionKey[]): Map<FunctionKey, Reached> {
    const found = new Map<FunctionKey, Reached>();
    for (const key of keys) if (this.#leads.has(key)) found.set(key, { key });
    for (const { key } of found.values())
      for (const { file, call, to } of this.#callees.get(key) ?? []) if (this.#leads.has(to) && !found.has(to)) found.set(to, { key: to, by: { file, call, from: key } });
    return found;
  }

  /** Every way from these functions to one, without going round; at most so many. */
  ways(keys: readonly FunctionKey[], target: FunctionKey, most: number): Way[] {
    const leads = this.#leadingTo(target);
    const found: Way[] = [];
    const on = new Set<FunctionKey>();
    let visits = 0;
    const visit = (key: FunctionKey, way: Way): void => {
      if (found.length >= most || on.has(key) || visits++ > MOST_VISITS) return;
      if (key === target) {
        found.push(way);
        return;
      }
      on.add(key);
      for (const { file, call, to } of this.#callees.get(key) ?? []) if (leads.has(to)) visit(to, [...way, { file, call, from: key }]);
      on.delete(key);
    };
    for (const key of keys) if (leads.has(key)) visit(key, []);
    return found;
  }

  #leadingTo(target: FunctionKey): ReadonlySet<FunctionKey> {
    const found = new Set([target]);
    for (const key of found) for (const caller of this.#callers.get(key) ?? []) found.add(caller);
    return found;
  }
}
