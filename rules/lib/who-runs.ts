import type { CallFact } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { type FunctionKey, functionKey } from "../../src/core/link/program.js";
import { callersOf, type OpenSite } from "../../src/core/link/sessions.js";

/**
 * Who makes the objects of a class that opens for each of them (`new Queue()` in a handler), or runs what keeps a new session in the place of the last
 * one (`await database.start()`): per request, event or tick.
 */
export function whoRunsPerCall(project: ProjectFacts, open: OpenSite): CallPlace[] {
  const { program, contexts } = project;
  const makes = program.fnOf(open.fn).fn.kind === "constructor";
  if (!makes && !open.stored) return [];
  return [...(makes ? callersOf(project.graph, open.fn) : outsideCallers(project, open.fn, new Set()))].filter(({ file, call }) => !call.memo && contexts.ofCall(file, call).has("per-call"));
}

/** The calls of a function; where another method of the same object makes them, the calls of that one. */
function* outsideCallers(project: ProjectFacts, key: FunctionKey, seen: Set<FunctionKey>): Generator<CallPlace> {
  if (seen.has(key)) return;
  seen.add(key);
  for (const { file, call } of callersOf(project.graph, key)) {
    if (!isOnThis(call)) yield { file, call };
    // `if (!this.client) this.client = await this.start();`: once for each object.
    else for (const outer of outsideCallers(project, functionKey(file, call.fn), seen)) if (!call.memo || isOnOwnObject(project, outer)) yield outer;
  }
}

function isOnThis({ callee }: CallFact): boolean {
  return callee.k === "member" && callee.of.k === "this";
}

/** `const database = new Database(); await database.begin();` */
function isOnOwnObject({ program }: ProjectFacts, { file, call }: CallPlace): boolean {
  const { callee } = call;
  if (callee.k !== "member" || callee.of.k !== "var") return false;
  const { id } = callee.of;
  return program.variable(file, id).fn === call.fn && program.file(file).assigns.some(({ target, value }) => target.k === "var" && target.id === id && value.k === "call" && program.call(file, value.id).kind === "new");
}
