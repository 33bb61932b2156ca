import { engineOf } from "../../src/core/link/engines.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { isClose, type OpenSite, partCalls, type SessionUse } from "../../src/core/link/sessions.js";
import { Origin } from "./origin.js";
import { contains } from "./turns.js";

/**
 * Who tells a factory a file that a window, a tool or a request has named as a whole, and closes what it gets: that file is data of the call, and not the application's own.
 */
export function isToldItsFile(project: ProjectFacts, open: OpenSite, { file, call, factory }: SessionUse): boolean {
  const { program, graph, contexts } = project;
  const { key } = open;
  if (factory.key !== open.fn || key?.k !== "var" || call.spread === true || engineOf(graph, open.token) !== "sqlite") return false;
  const path = call.args[factory.fn.params.findIndex((param) => param.variable === key.id)];
  if (path === undefined || !contexts.ofCall(file, call).has("per-call")) return false;
  const { span } = program.fn(file, call.fn);
  if (!partCalls(graph, open.token).some((each) => each.file === file && isClose(open.library, each.path) && contains(span, each.call.span))) return false;
  const origin = new Origin(project);
  return origin.isGiven(file, path, call.fn) && !origin.throughParts && !origin.throughObject;
}
