import type { Confidence } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { classKey } from "../../src/core/link/injected.js";
import { functionKey } from "../../src/core/link/program.js";

/** Whether all calls have one object, that of a method's `this`: one that is made once, or by a container. One that is made for a call or a request is its own. */
export function sharedInstance(project: ProjectFacts, file: string, fn: number): Confidence | undefined {
  const owner = project.program.fn(file, fn).class;
  if (owner === undefined || project.contexts.injection.scoped(classKey(file, owner)) !== undefined) return undefined;
  const made = project.graph.instantiations.get(functionKey(file, owner)) ?? [];
  if (made.some((place) => project.contexts.ofCall(place.file, place.call).has("per-call"))) return undefined;
  const once = made.length > 0 ? made.every((place) => isOnly(project.contexts.ofCall(place.file, place.call), "once")) : project.program.class(file, owner).decorators.length > 0;
  return once ? "proven" : "likely";
}

function isOnly(contexts: ReadonlySet<string>, context: string): boolean {
  return contexts.size === 1 && contexts.has(context);
}
