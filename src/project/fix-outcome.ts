import type { EditGroup, ManualFix } from "../core/edit.js";
import type { NewDiagnostic } from "./type-gate/type-gate.js";

export interface FixOptions {
  /** Rules or transforms to keep to; all when absent or empty. */
  only?: readonly string[];
  /** Also make the fixes that change a guarantee. */
  review: boolean;
  /** Plan and check, write nothing. */
  dryRun: boolean;
  /** Edit files that git could not bring back. */
  allowDirty: boolean;
  /** Items a transaction in batched loops; 10 when absent. */
  batchSize?: number;
  /** A command line that must succeed after the fix, as it did before: fixes that break it are taken back. */
  verify?: string;
}

/** What a person says of one fix. `all`: this and all that follow; `quit`: neither this nor any that follows. */
export type Choice = "yes" | "no" | "all" | "quit";

/** One fix as reports show it. */
export interface FixSummary {
  id: string;
  transform: string;
  rule: string;
  file: string;
  line: number;
  safety: "safe" | "review";
  /** Why it is not safe. */
  reason?: string;
  /** Files it changes or creates. */
  files: string[];
}

export interface FixOutcome {
  applied: FixSummary[];
  /** Never tried, or a defect of the transform: why. */
  refused: (FixSummary & { refusal: string })[];
  /** Broke the types, or made the verifying command fail; the diagnostics say how. Code 0 is no compiler's. */
  takenBack: (FixSummary & { diagnostics: NewDiagnostic[] })[];
  /** Would be made with `review`. */
  skippedForReview: FixSummary[];
  manual: ManualFix[];
  /** The texts of all changed and created files, in the order of their names. */
  changes: { file: string; before: string | undefined; after: string }[];
  /** Unified diffs of all changed and created files, in the order of their names. */
  diffs: { file: string; created: boolean; diff: string }[];
  /** What was checked, one line each. */
  checks: string[];
  /** What the user must know or do besides. */
  notes: string[];
  dryRun: boolean;
  /** The journal by which `undo` takes the fix back; absent when nothing was written. */
  journal?: string;
}

export function summarize(group: EditGroup): FixSummary {
  const { id, transform, finding, safety, reason } = group;
  const files = [...new Set([...group.edits.map(({ file }) => file), ...group.creates.map(({ file }) => file)])].sort();
  return { id, transform, rule: finding.rule, file: finding.file, line: finding.span.line, safety, ...(reason === undefined ? {} : { reason }), files };
}
