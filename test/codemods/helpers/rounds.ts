import { assemble, planFixes } from "../../../codemods/index.js";
import { selectGroups } from "../../../src/core/edit.js";
import type { EditGroup, ManualFix } from "../../../src/core/edit.js";
import type { Finding } from "../../../src/core/finding.js";
import { memoryHost } from "./findings.js";

export interface Fixed {
  files: Record<string, string>;
  groups: EditGroup[];
  manual: ManualFix[];
}

/** Plans once over files in memory and applies what does not collide. */
export function fixOnce(files: Readonly<Record<string, string>>, findings: readonly Finding[], options: { batchSize?: number } = {}): Fixed {
  const host = memoryHost(files);
  const plan = planFixes(findings, host, options);
  const { accepted } = selectGroups(plan.groups);
  return { files: { ...files, ...Object.fromEntries(assemble(accepted, host)) }, groups: plan.groups, manual: plan.manual };
}
