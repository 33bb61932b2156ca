import type { CallFact } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { processesOf } from "./same-process.js";

/** What only a worker's own script asks for. https://nodejs.org/api/worker_threads.html */
const OF_WORKER = /^(parentPort|workerData|isMainThread)$/;

/** Whether a call runs on a worker's thread: what blocks there blocks nothing that serves. */
export function runsOnWorker(project: ProjectFacts, file: string, call: CallFact): boolean {
  if (isWorker(project, file)) return true;
  const roots = processesOf(project).rootsOf({ file, call });
  return roots.length > 0 && roots.every((root) => isWorker(project, root.file));
}

function isWorker({ program }: ProjectFacts, file: string): boolean {
  return program.file(file).variables.some(({ import: from }) => from !== undefined && /^(node:)?worker_threads$/.test(from.specifier) && OF_WORKER.test(from.name));
}
