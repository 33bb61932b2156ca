import type { CallFact } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { changesFile } from "./file-access.js";

/** How many functions may stand between a turn and the call that changes the file. */
const MAX_DEPTH = 2;

/**
 * Whether one of these calls writes or removes a file and has done so when it returns: `fs.unlinkSync(row.path)`. A turn that does so and then writes a row keeps the two in step, and its file
 * takes longer than the commit. What is awaited counts as waiting for something else anyway.
 */
export function changesFiles(project: ProjectFacts, calls: readonly CallFact[], depth = 0): boolean {
  return calls.some((call) => changesFile(project, call) || (depth < MAX_DEPTH && project.writers.calleesOf(call).some((key) => changesFiles(project, project.writers.callsOf(key), depth + 1))));
}
