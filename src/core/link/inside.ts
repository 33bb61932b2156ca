import type { CallFact, FunctionId } from "../facts/types.js";
import { givenOn, mayRun } from "./branches.js";
import type { CallGraph, CallPlace } from "./calls.js";
import { type Extent, inExtent } from "./extent.js";
import { functionKey, type FunctionKey } from "./program.js";
import { type Schedule, within } from "./schedule.js";
import { begunBy, type TransactionSite } from "./transactions.js";

/** A call that runs while a transaction is open. */
export interface InsideCall extends CallPlace {
  fn: FunctionKey;
  /**
   * The calls that lead from the transaction's body to it. None: it stands in the body, or in a function written there
   * that runs where it stands (the callback of `map` or `then`, a promise's executor).
   */
  path: readonly CallPlace[];
}

/** A function that runs while a transaction is open, or the part of one between BEGIN and COMMIT. */
export interface InsideFunction {
  file: string;
  fn: FunctionId;
  key: FunctionKey;
  path: readonly CallPlace[];
  /** Where in the function: absent for all of it. */
  extent?: Extent;
}

/** How far helpers are followed, and how many functions one transaction may reach, before the rest is left out. */
const MAX_PATH = 8;
const MAX_FUNCTIONS = 1_500;

/** What runs while a transaction is open. */
export class Inside {
  readonly #functions = new Map<TransactionSite, InsideFunction[]>();

  constructor(
    readonly graph: CallGraph,
    readonly schedule: Schedule,
  ) {}

  /** The functions, nearest first; each once, by the shortest way, and again where it is given what makes other calls of it run. */
  functionsOf(site: TransactionSite): readonly InsideFunction[] {
    let found = this.#functions.get(site);
    if (!found) this.#functions.set(site, (found = [...this.#reach(site)]));
    return found;
  }

  /** The calls, nearest first. The calls that begin and end the transaction itself are not among them. */
  *callsOf(site: TransactionSite): Generator<InsideCall> {
    const done = new Set<CallFact>([site.call, ...site.commits, ...site.rollbacks, ...site.invocations.map(({ call }) => call)]);
    const begun = begunBy(site);
    for (const { file, fn, key, path, extent } of this.functionsOf(site))
      for (const call of this.graph.program.callsIn(file, fn)) {
        if (done.has(call) || !inExtent(extent, call.span) || !mayRun(this.graph, key, call, path, begun)) continue;
        done.add(call);
        yield { file, call, fn: key, path };
      }
  }

  *#reach(site: TransactionSite): Generator<InsideFunction> {
    const { program } = this.graph;
    const begun = begunBy(site);
    const inTest = program.role(site.file) === "test";
    const seen = new Set<string>();
    const queue: InsideFunction[] = [];
    const add = (key: FunctionKey, path: readonly CallPlace[], extent?: InsideFunction["extent"], next = false): void => {
      const way = `${key} ${givenOn(this.graph, key, path, begun)}`;
      if (seen.has(way) || seen.size >= MAX_FUNCTIONS) return;
      seen.add(way);
      const { file, fn } = program.fnOf(key);
      queue[next ? "unshift" : "push"]({ file, fn: fn.id, key, path, ...(extent ? { extent } : {}) });
    };
    for (const body of site.bodies) add(body, [], site.extent);
    for (let next = queue.shift(); next; next = queue.shift()) {
      yield next;
      const { file, fn, key, path, extent } = next;
      for (const call of program.callsIn(file, fn)) {
        // What is kept and asked first runs once, most often before: `getDb()` that migrates when it opens.
        if (call === site.call || call.memo || !inExtent(extent, call.span) || !mayRun(this.graph, key, call, path, begun)) continue;
        for (const { to, written } of this.calleesOf(file, call)) {
          // What only a test passes does not run in the program.
          if (!written && !inTest && program.role(program.fnOf(to).file) === "test") continue;
          // What is written in a function belongs to it: it comes before what the function calls.
          if (written) add(to, path, undefined, true);
          else if (path.length < MAX_PATH) add(to, [...path, { file, call }]);
        }
      }
    }
  }

  /** The functions that a call runs before it is over, and whether each is written in the call itself. */
  *calleesOf(file: string, call: CallFact): Generator<{ to: FunctionKey; written: boolean }> {
    const { program } = this.graph;
    const isWritten = (key: FunctionKey): boolean => {
      const target = program.fnOf(key);
      return target.file === file && target.fn.parent === call.fn && within(target.fn.span, call.span);
    };
    // A function that came in as a parameter may be anybody's: it is followed where it was passed.
    for (const to of this.schedule.runBy(file, call)) yield { to, written: isWritten(to) };
    for (const alternatives of this.schedule.passedBy(call)) for (const to of alternatives) yield { to, written: isWritten(to) };
  }
}

/** The function that contains a place, and those around it, innermost first. */
export function* enclosing(graph: CallGraph, file: string, fn: FunctionId): Generator<FunctionKey> {
  for (let at = fn; ; at = graph.program.fn(file, at).parent) {
    yield functionKey(file, at);
    if (at === 0) return;
  }
}
