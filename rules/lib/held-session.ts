import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";
import { isClose, type OpenSite, partCalls } from "../../src/core/link/sessions.js";

/** Whether a session stays open after the function that opened it: kept in a module, a field or a cache, or given to who keeps it. */
export function isHeld(project: ProjectFacts, open: OpenSite): boolean {
  if (closedByOpener(project, open)) return false;
  if (open.stored || open.call.memo || open.call.fn === 0) return true;
  const isOnce = (file: string, call: OpenSite["call"]) => call.memo !== undefined || call.fn === 0 || [...project.contexts.ofCall(file, call)].every((context) => context === "once");
  return project.factoriesOf(open).some((factory) => project.usesOf(factory).some(({ file, call }) => isOnce(file, call))) || isOnce(open.file, open.call);
}

/** The function that opens it closes it, too: it is open for as long as that runs. */
export function closedByOpener(project: ProjectFacts, open: OpenSite): boolean {
  if (open.call.using) return true;
  return partCalls(project.graph, open.token).some(({ file, call, path }) => functionKey(file, call.fn) === open.fn && isClose(open.library, path) && call.span.start > open.call.span.start);
}
