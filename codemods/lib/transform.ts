import type { EditGroup, FindingRef, PlanHost, PlanOptions } from "../../src/core/edit.js";
import type { Finding } from "../../src/core/finding.js";
import type { ClientModules } from "./client-module.js";
import type { SessionModules } from "./session-module.js";
import type { Trees } from "./tree.js";

/** What all transforms of one plan share. */
export interface PlanContext {
  trees: Trees;
  host: PlanHost;
  options: PlanOptions;
  /** All findings of the plan: what one fix decides may depend on the others. */
  findings: readonly Finding[];
  modules: SessionModules;
  clients: ClientModules;
  /** What has been planned so far. */
  groups: readonly EditGroup[];
}

export interface Transform {
  name: string;
  applies(finding: Finding): boolean;
  /** Throws `CannotFix` when the finding is for a person to mend. */
  plan(finding: Finding, context: PlanContext): EditGroup | undefined;
}

/** Carries the reason for which a fix is described and not made. Never leaves the planner. */
export class CannotFix extends Error {
  override readonly name = "CannotFix";
}

/** What a reason begins with when the fault is sessionfix's own. */
export const DEFECT = "a defect of sessionfix";

export function refOf(finding: Finding): FindingRef {
  const { rule, file, span, fingerprint } = finding;
  return { rule, file, span, fingerprint };
}

export function newGroup(transform: string, finding: Finding): EditGroup {
  return {
    id: `${transform}:${finding.fingerprint}`,
    transform,
    finding: refOf(finding),
    safety: "safe",
    edits: [],
    creates: [],
    imports: [],
  };
}

/** Reasons for `review`, in sentences; none makes the group `safe`. */
export function judge(group: EditGroup, reasons: readonly string[]): EditGroup {
  const all = [...new Set(reasons)];
  return all.length === 0 ? group : { ...group, safety: "review", reason: all.join("; ") };
}
