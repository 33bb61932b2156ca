import type { CallFact } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { append, type FunctionKey } from "../../src/core/link/program.js";

const MAX_WAYS = 80;
const MAX_DEPTH = 4;

/**
 * What runs inside a transaction is known by the shortest way to it. Other calls in the body may lead to the same places: those ways, but for the
 * calls to leave out.
 */
export function* otherWays(project: ProjectFacts, site: JudgedTransaction, places: readonly InsideCall[], leftOut: ReadonlySet<CallFact>): Generator<InsideCall> {
  const byFunction = new Map<FunctionKey, InsideCall[]>();
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
      for (const known of byFunction.get(next.key) ?? []) yield { ...known, path: next.path };
      const { file: at, fn } = project.program.fnOf(next.key);
      if (next.path.length < MAX_DEPTH) for (const inner of project.program.callsIn(at, fn.id)) follow({ file: at, call: inner }, next.path);
    }
  }
}
