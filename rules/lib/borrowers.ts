import type { ProjectFacts } from "../../src/core/link/index.js";
import { parts } from "../../src/core/link/expressions.js";
import { type FunctionKey, functionKey } from "../../src/core/link/program.js";
import { callersOf, type OpenSite } from "../../src/core/link/sessions.js";
import type { JudgedUse } from "./uses.js";

/** How many helpers may hand on what each of them was given: `withIndex` over `withDb` over `openDb`. */
const MAX_DEPTH = 4;

/** `withDb((db) => …)`: the function passes the session to a function that it was given, or passes both on: `recovering(db, work)`. */
export function lends(project: ProjectFacts, open: OpenSite, key: FunctionKey): boolean {
  const { program, graph } = project;
  const { file, fn } = program.fnOf(key);
  const given = new Set(fn.params.map((param) => param.variable));
  if (given.size === 0) return false;
  const { tokens } = graph.values;
  const isSession = (id: number): boolean => id === open.token || (tokens.get(id).t === "derived" && tokens.sessionOf(id) === open.token);
  return program.file(file).calls.some((call) => {
    if (call.span.start < fn.span.start || call.span.end > fn.span.end) return false;
    const isGiven = call.callee.k === "var" && given.has(call.callee.id);
    const handsOn = isGiven || call.args.some((arg) => arg.k === "var" && given.has(arg.id));
    return handsOn && call.args.some((arg) => !(arg.k === "var" && given.has(arg.id)) && [...parts(arg)].some((part) => [...graph.values.solver.values(graph.values.expression(file, part, call.fn))].some(isSession)));
  });
}

/**
 * The calls of functions that get a session and lend it to what they are given: on their account sessions are made, and so on through the helpers that lend in turn. What lends is marked;
 * it makes none for itself.
 */
export function withBorrowers(project: ProjectFacts, open: OpenSite, uses: readonly JudgedUse[]): JudgedUse[] {
  const found = new Map(uses.map((use) => [use.call, use]));
  const seen = new Set<FunctionKey>();
  // What a test gives the program to lend is the test's, though the program's functions run it.
  let level = uses.filter((use) => !use.own && !use.call.memo && project.program.role(use.file) !== "test");
  for (let depth = 0; level.length > 0 && depth < MAX_DEPTH; depth++) {
    const next: JudgedUse[] = [];
    for (const use of level) {
      const key = functionAround(project, use);
      const borrowers = seen.has(key) || !lends(project, open, key) ? [] : callersOf(project.graph, key);
      seen.add(key);
      if (borrowers.length === 0) continue;
      found.set(use.call, { ...use, lends: true });
      for (const { file, call } of borrowers) {
        if (found.has(call)) continue;
        const borrower: JudgedUse = { file, call, own: false, borrowed: use.call, contexts: call.memo ? new Set() : project.contexts.ofCall(file, call) };
        found.set(call, borrower);
        next.push(borrower);
      }
    }
    level = next;
  }
  return [...found.values()];
}

/** The function that was given something: `withDb`'s call may stand in a callback of its own. */
function functionAround({ program }: ProjectFacts, { file, call }: JudgedUse): FunctionKey {
  let at = program.fn(file, call.fn);
  while (at.kind !== "module" && at.params.length === 0 && program.fn(file, at.parent).kind !== "module") at = program.fn(file, at.parent);
  return functionKey(file, at.id);
}
