import path from "node:path";
import { Progress } from "./terminal.js";
import type { ApplyOutcome } from "../project/plan-file.js";
import type { FixReport } from "../report/index.js";
import { toolVersion } from "./version.js";

export interface ApplyRequest {
  root: string;
  file: string;
  allowDirty: boolean;
  dryRun: boolean;
  verify?: string;
}

/** Applies a plan that an earlier `fix --plan` wrote, here or on another machine. */
export async function applyPlanFile({ root, file, allowDirty, dryRun, verify }: ApplyRequest): Promise<ApplyOutcome> {
  const { applyPlan, readPlan } = await import("../project/plan-file.js");
  const plan = readPlan(path.resolve(file), toolVersion(), file);
  const progress = new Progress();
  return applyPlan({ root, plan, allowDirty, dryRun, ...(verify === undefined ? {} : { verify }), onCheck: (check) => progress.update(`Running the command, time ${check}`) }).finally(() => progress.clear());
}

/** An applied plan as the report of a fix tells it. */
export function accountForPlan({ fixes, changes, refused, checks }: ApplyOutcome, dryRun: boolean, next: FixReport["next"]): FixReport {
  const isRefused = refused.length > 0;
  return {
    dryRun,
    applied: isRefused ? [] : fixes.map(({ rule, file, line, transform, safety, reason }) => ({ rule, file, line, transform, safety, ...(reason === undefined ? {} : { reason }) })),
    changed: isRefused ? [] : changes.filter(({ before }) => before !== undefined).map(({ file }) => file),
    created: isRefused ? [] : changes.filter(({ before }) => before === undefined).map(({ file }) => file),
    needsReview: [],
    manual: [],
    takenBack: [],
    refused: refused.map(({ file, refusal }) => ({ file, reason: refusal })),
    checks,
    notes: isRefused ? ["A plan is applied whole or not at all: nothing was written."] : [],
    next: isRefused ? [{ command: "npx sessionfix fix --plan <file>", purpose: "makes the plan anew, for the files as they are" }] : next,
  };
}
