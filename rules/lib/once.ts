import type { ProjectFacts } from "../../src/core/link/index.js";
import type { Draft } from "../rule.js";

/** By project, rule and options; then by file. */
const found = new WeakMap<ProjectFacts, Map<string, Map<string, Draft[]>>>();

/**
 * One file's drafts of a rule that follows transactions across files. They are looked for once in a project: whoever
 * did that once a file would walk every transaction as often as there are files.
 */
export function draftsIn(file: string, project: ProjectFacts, rule: string, options: object, find: () => Iterable<Draft>): Draft[] {
  let ofProject = found.get(project);
  if (!ofProject) found.set(project, (ofProject = new Map<string, Map<string, Draft[]>>()));
  const key = `${rule} ${JSON.stringify(options)}`;
  let byFile = ofProject.get(key);
  if (!byFile) {
    ofProject.set(key, (byFile = new Map<string, Draft[]>()));
    for (const draft of find()) byFile.set(draft.file, [...(byFile.get(draft.file) ?? []), draft]);
  }
  return [...(byFile.get(file) ?? [])];
}
