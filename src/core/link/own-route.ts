import type { CallFact, Expr } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import type { Registered, Step } from "./contexts.js";
import { literalText } from "./expressions.js";
import type { FunctionKey } from "./program.js";
import { registrationsOf } from "./wrapped-handlers.js";

/** One step of a path, with the function that it leads to. */
export type PathStep = Step & { key: FunctionKey };

/**
 * A wrapper's handler is one function, whichever route it serves, and the first of its routes is but the one that was seen first. A path to what was given to the wrapper begins at the route
 * for which it was given; where a helper makes the routes, at the place where the helper was given it.
 */
export function fromOwnRoute(graph: CallGraph, registered: readonly Registered[], path: readonly PathStep[]): readonly PathStep[] {
  const [entry, next, ...rest] = path;
  if (entry?.entry === undefined || next?.call === undefined || next.from !== entry.key) return path;
  const routes = registered.filter(({ key, role }) => key === entry.key && role.role === "entry");
  if (routes.length < 2) return path;
  const { file, call } = next;
  const given = graph.handovers.filter(({ to, callee, file: from, call: by }) => to === next.key && callee === null && !(from === file && by.fn === call.fn));
  const [own] = registrationsOf(graph.program, routes, given);
  if (own?.role.role === "entry") return [{ ...entry, ...own.step, entry: own.role.label }, next, ...rest];
  // Who hands on what came in as a parameter was given it as well.
  const first = given.filter(({ file: from, call: by, argument }) => !isParameter(graph, from, by.args[argument]));
  const [place] = first;
  if (place === undefined || first.some(({ call: by }) => by !== place.call)) return path;
  return [{ key: next.key, file: place.file, call: place.call, entry: labelOf(graph, place.file, place.call) }, ...rest];
}

function isParameter({ program }: CallGraph, file: string, arg: Expr | undefined): boolean {
  return arg?.k === "var" && program.variable(file, arg.id).kind === "param";
}

/** `POST /things` for `post("/things", …)`, else what has it called: `a handler that withAuth makes`. */
function labelOf({ program }: CallGraph, file: string, { callee, args: [first] }: CallFact): string {
  const name = callee.k === "member" || callee.k === "global" ? callee.name : callee.k === "var" ? program.variable(file, callee.id).name : "";
  const path = first && literalText(first);
  return /^(get|post|put|patch|delete)$/i.test(name) && path?.startsWith("/") ? `${name.toUpperCase()} ${path}` : `a handler${name === "" ? "" : ` that ${name} makes`}`;
}
