import type { ProjectFacts } from "../link/index.js";
import { type FunctionKey, functionKey } from "../link/program.js";
import type { Registered } from "../link/contexts.js";
import type { OperationKind } from "./types.js";

/** What the application can be asked to do, and the functions that do it. */
export interface Operation {
  operation: string;
  kind: OperationKind;
  file: string;
  line: number;
  keys: FunctionKey[];
}

/** Every operation: what is registered per request, event or tick, and the commands and scripts that work on the same database. */
export function findOperations(project: ProjectFacts): Operation[] {
  const found = new Map<string, Operation>();
  for (const registered of project.contexts.registered()) {
    const kind = kindOf(project, registered);
    if (!kind) continue;
    const place = placeOf(project, registered);
    const operation = project.labels.of(registered.key, registered.role.role === "test" ? "test" : registered.role.label, registered.step);
    // The handlers of one registration run one after the other: `app.post("/things", authenticate, create)`.
    const known = found.get(`${place.id} ${operation}`);
    if (!known) found.set(`${place.id} ${operation}`, { operation, kind, file: place.file, line: place.line, keys: [registered.key] });
    else if (!known.keys.includes(registered.key)) known.keys.push(registered.key);
  }
  return [...found.values(), ...scripts(project)];
}

function kindOf(project: ProjectFacts, { key, role, step }: Registered): OperationKind | undefined {
  if (project.program.role(step.file) === "test" || project.program.role(project.program.fnOf(key).file) === "test") return undefined;
  if (role.role === "entry") return project.contexts.of(key).has("per-call") ? role.kind : undefined;
  return role.role === "once" && role.label === "a command" ? "command" : undefined;
}

function placeOf(project: ProjectFacts, { key, step }: Registered): { id: string; file: string; line: number } {
  const { file, fn } = project.program.fnOf(key);
  if (!step.call) return { id: key, file, line: fn.span.line };
  // A long chain begins far above: the first argument stands at the link itself.
  const { line } = step.call.argSpans[0] ?? step.call.calleeSpan;
  return { id: `${step.file} ${step.call.id}`, file: step.file, line };
}

/** Programs that are run by hand or by a schedule of the system's. */
function scripts(project: ProjectFacts): Operation[] {
  return [...project.program.files.keys()]
    .filter((file) => project.program.role(file) === "script")
    .map((file) => ({ operation: `script ${file}`, kind: "script", file, line: 1, keys: [functionKey(file, 0)] }));
}
