import type { EditGroup } from "../../src/core/edit.js";
import type { Finding } from "../../src/core/finding.js";
import { CannotFix, judge, newGroup } from "./transform.js";

/** The fix is what editors offer first for the finding: the rule has proven it, and says how safe it is. */
export function planSuggested(transform: string, finding: Finding, advice: string): EditGroup {
  const [suggestion] = finding.suggestions ?? [];
  if (finding.fix === "manual" || suggestion === undefined) throw new CannotFix(finding.fixReason ?? advice);
  const group = newGroup(transform, finding);
  group.edits = suggestion.edits.map((edit) => ({ file: finding.file, ...edit }));
  return judge(group, finding.fix === "review" ? [finding.fixReason ?? advice] : []);
}
