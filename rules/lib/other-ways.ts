import type { CallFact } from "../../src/core/facts/types.js";
import { mayRun } from "../../src/core/link/branches.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { append, type FunctionKey } from "../../src/core/link/program.js";
import { begunBy } from "../../src/core/link/transactions.js";

const MAX_WAYS = 80;
const MAX_DEPTH = 4;

/**
 * What runs inside a transaction is known by the shortest way to it. Other calls in the body may lead to the same places: those ways, but for the
 * calls to leave out.
 */
export function* otherWays<Place extends InsideCall>(project: ProjectFacts, site: JudgedTransaction, places: readonly Place[], leftOut: ReadonlySet<CallFact>): Generator<Place> {
  const begun = begunBy(site);
  const byFunction = new Map<FunctionKey, Place[]>();
  for (const inside of places) append(byFunction, inside.fn, inside);
  if (byFunction.size === 0) return;
  for (const { file, call, path } of project.inside.callsOf(site)) {
    if (path.length > 0) break;
    if (leftOut.has(call)) continue;
    const seen = new Set<FunctionKey>();
    const queue: { key: FunctionKey; path: readonly CallPlace[] }[] = [];
    const follow = (place: CallPlace, before: readonly CallPlace[]): void => {
      for (const { to, written } of project.inside.calleesOf(place.file, place.call)) {
        if (seen.has(to) || seen.size >= MAX_WAYS) continue;
        seen.add(to);
        // What is written in the body belongs to it, and has been looked at.
        if (!written) queue.push({ key: to, path: [...before, place] });
        else if (before.length > 0) queue.push({ key: to, path: before });
      }
    };
    follow({ file, call }, []);
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { key, path: way } = next;
      const runs = (inner: CallFact): boolean => mayRun(project.graph, key, inner, way, begun);
      for (const known of byFunction.get(key) ?? []) if (runs(known.call)) yield { ...known, path: way };
      const { file: at, fn } = project.program.fnOf(key);
      if (way.length < MAX_DEPTH) for (const inner of project.program.callsIn(at, fn.id)) if (!inner.memo && runs(inner)) follow({ file: at, call: inner }, way);
    }
  }
}
