import type { Finding } from "../core/finding.js";
import type { FixOutcome, FixSummary } from "../project/fix-outcome.js";
import type { FixItem, FixReport } from "../report/index.js";

export interface FixContext {
  /** The findings that the run was about. */
  findings: readonly Finding[];
  /** Files that the scan could not analyse. */
  skipped: number;
  /** What of sessionfix failed in the scan, a sentence each. */
  defects: readonly string[];
  /** Flags to repeat in the commands that are proposed. */
  flags: string[];
  review: boolean;
  /** The plan file that was written instead of the files. */
  plan?: string;
  underGit: boolean;
  /** What was fixed, when that is not where the user stands: `undo` must be told. */
  elsewhere?: string;
  /** Where the runtime is to be installed, and by which command. */
  installs: [string, string][];
}

/** The outcome of a fix as its report tells it. */
export function accountFor(outcome: FixOutcome, context: FixContext): FixReport {
  const { applied, diffs, dryRun, checks } = outcome;
  return {
    dryRun,
    applied: applied.map((summary) => ({ ...item(summary), safety: summary.safety })),
    changed: diffs.filter(({ created }) => !created).map(({ file }) => file),
    created: diffs.filter(({ created }) => created).map(({ file }) => file),
    needsReview: outcome.skippedForReview.map((summary) => item(summary)),
    manual: manualItems(outcome, context.findings),
    takenBack: outcome.takenBack.map((summary) => item(summary, describeDiagnostics(summary.diagnostics))),
    refused: outcome.refused.map((summary) => item(summary, summary.refusal)),
    checks,
    notes: [...outcome.notes, ...context.defects, ...(context.skipped > 0 ? [`Files that could not be analysed: ${context.skipped}. \`npx sessionfix scan\` names them.`] : [])],
    next: nextSteps(outcome, context),
  };
}

/** Whether anything is left for somebody to do: then the exit code is 1. */
export function isLeftOver(report: FixReport): boolean {
  const { needsReview, manual, takenBack, refused, dryRun, applied } = report;
  return needsReview.length + manual.length + takenBack.length + refused.length > 0 || (dryRun && applied.length > 0);
}

function item({ rule, file, line, transform, reason }: FixSummary, instead = reason): FixItem {
  return { rule, file, line, transform, ...(instead === undefined ? {} : { reason: instead }) };
}

/** The first few say what is wrong; what follows mostly repeats it. */
const DIAGNOSTICS_SHOWN = 3;

function describeDiagnostics(diagnostics: FixOutcome["takenBack"][number]["diagnostics"]): string {
  const lines = diagnostics
    .slice(0, DIAGNOSTICS_SHOWN)
    .map(({ file, line, code, message }) => `${file === "" ? "" : `${file}:${line} `}${code === 0 ? message : `TS${code}: ${message.split("\n")[0] ?? ""}`}`);
  const more = diagnostics.length - lines.length;
  return [...lines, ...(more > 0 ? [`… and ${more} more new errors`] : [])].join("\n");
}

/** What a codemod gave up on, and what none takes up. */
function manualItems(outcome: FixOutcome, findings: readonly Finding[]): FixItem[] {
  const tried = outcome.manual.map(({ finding, transform, reason }) => ({ rule: finding.rule, file: finding.file, line: finding.span.line, transform, reason }));
  const known = new Set(outcome.manual.map(({ finding }) => finding.fingerprint));
  const untried = findings
    .filter(({ fix, fingerprint }) => fix === "manual" && !known.has(fingerprint))
    .map(({ rule, file, span, fixReason }) => ({ rule, file, line: span.line, ...(fixReason === undefined ? {} : { reason: fixReason }) }));
  return [...tried, ...untried];
}

function nextSteps({ applied, skippedForReview, dryRun }: FixOutcome, { flags, review, plan, underGit, installs, elsewhere }: FixContext): FixReport["next"] {
  const steps: FixReport["next"] = [];
  const fix = ["npx sessionfix fix", ...flags];
  if (plan !== undefined) return [{ command: `npx sessionfix fix --apply ${plan}`, purpose: "makes this rewrite, for the same files alone" }];
  if (dryRun && applied.length > 0) steps.push({ command: [...fix, ...(review ? ["--review"] : [])].join(" "), purpose: "writes this" });
  if (skippedForReview.length > 0) steps.push({ command: [...fix, "--review --dry-run"].join(" "), purpose: "shows what is left for review, too" });
  if (!dryRun && applied.length > 0) {
    for (const [folder, command] of installs) steps.push({ command, purpose: `in ${folder === "" ? (elsewhere ?? "this folder") : folder}: the rewritten code imports it` });
    if (underGit) steps.push({ command: elsewhere === undefined ? "git diff" : `git -C ${elsewhere} diff`, purpose: "shows what was changed" });
    steps.push({ command: elsewhere === undefined ? "npx sessionfix undo" : `npx sessionfix undo ${elsewhere}`, purpose: "takes it back, byte by byte" });
  }
  return steps;
}
