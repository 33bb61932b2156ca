import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { diffLines } from "diff";
import type { FixOutcome, FixSummary } from "./fix-outcome.js";
import { errorMessage, UsageError } from "./errors.js";
import { unifiedDiff } from "./fix.js";
import { uncommitted } from "./git-status.js";
import { applyChanges, JournalError, pendingJournal, sha256 } from "./journal.js";
import type { FileChange } from "./journal.js";
import { isObject } from "./json-file.js";
import { whyOutside, whyUntouchable } from "./refusals.js";
import { Verifier } from "./verify.js";

export const PLAN_VERSION = 1;

/** A checked rewrite that can be read, kept, and applied elsewhere: the same bytes, or nothing. */
export interface PlanFile {
  version: typeof PLAN_VERSION;
  tool: { name: "sessionfix"; version: string };
  /** What is fixed, for people. */
  fixes: FixSummary[];
  files: PlannedFile[];
}

export interface PlannedFile {
  /** Relative to the root, "/" separators. */
  file: string;
  /** SHA-256 of the bytes before; `null` for a file that is created. */
  before: string | null;
  /** SHA-256 of the bytes after. */
  after: string;
  /** In order and apart from each other. Offsets count UTF-16 code units of the text before, its byte order mark included. */
  edits: { start: number; end: number; text: string }[];
}

export interface ApplyOutcome {
  fixes: FixSummary[];
  changes: FixOutcome["changes"];
  diffs: FixOutcome["diffs"];
  /** When there are any, nothing was written. */
  refused: { file: string; refusal: string }[];
  checks: string[];
  journal?: string;
}

export function makePlan({ applied, changes }: FixOutcome, toolVersion: string): PlanFile {
  return {
    version: PLAN_VERSION,
    tool: { name: "sessionfix", version: toolVersion },
    fixes: applied,
    files: changes.map(({ file, before, after }) => ({
      file,
      before: before === undefined ? null : hashOf(before),
      after: hashOf(after),
      edits: before === undefined ? [{ start: 0, end: 0, text: after }] : editsBetween(before, after),
    })),
  };
}

/** Whole lines: a reader of the plan sees what a diff would show. */
function editsBetween(before: string, after: string): PlannedFile["edits"] {
  const edits: PlannedFile["edits"] = [];
  let at = 0;
  let open: PlannedFile["edits"][number] | undefined;
  for (const { value, added, removed } of diffLines(before, after)) {
    if (!added && !removed) {
      at += value.length;
      open = undefined;
      continue;
    }
    if (open === undefined) edits.push((open = { start: at, end: at, text: "" }));
    if (added) open.text += value;
    else open.end = at += value.length;
  }
  return edits;
}

/**
 * Reads a plan. Errors call it `file`.
 *
 * @throws UsageError `PLAN_UNREADABLE`, `PLAN_NEWER` or `PLAN_OF_ANOTHER_VERSION`.
 */
export function readPlan(absolute: string, toolVersion: string, file = absolute): PlanFile {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(absolute, "utf8"));
  } catch (error) {
    throw new UsageError("PLAN_UNREADABLE", `The plan ${file} cannot be read: ${errorMessage(error)}`, "Make it anew: npx sessionfix fix --plan <file>");
  }
  const header = headerOf(value);
  if (header === undefined) throw new UsageError("PLAN_UNREADABLE", `${file} is no plan of sessionfix`, "Make one: npx sessionfix fix --plan <file>");
  if (header.version > PLAN_VERSION) throw new UsageError("PLAN_NEWER", `${file} was made by a newer sessionfix (format ${header.version}, this one reads ${PLAN_VERSION})`, "Update sessionfix, or make the plan anew.");
  if (header.tool !== toolVersion) {
    throw new UsageError("PLAN_OF_ANOTHER_VERSION", `${file} was made by sessionfix ${header.tool}, and this is ${toolVersion}`, `Apply it with npx sessionfix@${header.tool}, or make the plan anew.`);
  }
  if (!isPlan(value)) throw new UsageError("PLAN_UNREADABLE", `The plan ${file} is damaged: its files or fixes are not as sessionfix writes them`, "Make it anew: npx sessionfix fix --plan <file>");
  return value;
}

function headerOf(value: unknown): { version: number; tool: string } | undefined {
  if (!isObject(value) || !isObject(value["tool"]) || value["tool"]["name"] !== "sessionfix") return undefined;
  const { version } = value;
  const tool = value["tool"]["version"];
  return typeof version === "number" && typeof tool === "string" ? { version, tool } : undefined;
}

function isPlan(value: unknown): value is PlanFile {
  return isObject(value) && Array.isArray(value["files"]) && value["files"].every(isPlannedFile) && Array.isArray(value["fixes"]) && value["fixes"].every(isFix);
}

function isPlannedFile(value: unknown): value is PlannedFile {
  if (!isObject(value) || typeof value["file"] !== "string" || value["file"] === "" || typeof value["after"] !== "string") return false;
  if (value["before"] !== null && typeof value["before"] !== "string") return false;
  const isOffset = (offset: unknown) => Number.isSafeInteger(offset) && Number(offset) >= 0;
  return Array.isArray(value["edits"]) && value["edits"].every((edit: unknown) => isObject(edit) && isOffset(edit["start"]) && isOffset(edit["end"]) && typeof edit["text"] === "string");
}

function isFix(value: unknown): value is FixSummary {
  return isObject(value) && ["id", "transform", "rule", "file"].every((name) => typeof value[name] === "string") && typeof value["line"] === "number" && Array.isArray(value["files"]) && (value["safety"] === "safe" || value["safety"] === "review");
}

/** Writes what a plan says, under a journal, or refuses it whole. */
export async function applyPlan(request: { root: string; plan: PlanFile; allowDirty: boolean; dryRun: boolean; verify?: string; onCheck?: (check: number) => void }): Promise<ApplyOutcome> {
  const root = realpathSync(request.root);
  const { plan, dryRun } = request;
  if (!dryRun && pendingJournal(root) !== undefined) throw new JournalError("JOURNAL_PENDING", "An earlier fix was cut short. Run `sessionfix undo` first: it restores the files as they were.");
  const bytes: FileChange[] = [];
  const changes: FixOutcome["changes"] = [];
  const refused: ApplyOutcome["refused"] = [];
  for (const planned of plan.files) {
    const change = changeOf(root, planned);
    if (typeof change === "string") refused.push({ file: planned.file, refusal: change });
    else {
      changes.push(change);
      bytes.push({ file: planned.file, before: change.before === undefined ? undefined : Buffer.from(change.before, "utf8"), after: Buffer.from(change.after, "utf8") });
    }
  }
  if (!request.allowDirty) {
    const there = changes.filter(({ before }) => before !== undefined).map(({ file }) => file);
    for (const [file, reason] of await uncommitted(root, there)) refused.push({ file, refusal: `${reason} (--allow-dirty edits it nevertheless)` });
  }
  const outcome: ApplyOutcome = {
    fixes: plan.fixes,
    changes,
    diffs: changes.map(({ file, before, after }) => ({ file, created: before === undefined, diff: unifiedDiff(file, before, after) })),
    refused,
    checks: [`bytes: ${changes.length === 1 ? "1 file is" : `${changes.length} files are`} what the plan was made for, and ${changes.length === 1 ? "becomes" : "become"} what it says`],
  };
  if (refused.length > 0) return { ...outcome, checks: [], refused: refused.sort((a, b) => (a.file < b.file ? -1 : 1)) };
  if (dryRun || bytes.length === 0) return outcome;
  if (request.verify === undefined) return { ...outcome, journal: applyChanges(root, bytes) };
  const verifier = new Verifier(root, request.verify, request.onCheck);
  await verifier.assertHolds();
  const failure = await verifier.keepIfGood(bytes);
  if (failure !== undefined) return { ...outcome, checks: [], refused: changes.map(({ file }) => ({ file, refusal: failure })).slice(0, 1) };
  return { ...outcome, checks: [...outcome.checks, `command: \`${request.verify}\` ran ${verifier.checks} times`], ...(verifier.journal === undefined ? {} : { journal: verifier.journal }) };
}

/** The change of one file, or why it is refused. */
function changeOf(root: string, { file, before, after, edits }: PlannedFile): FixOutcome["changes"][number] | string {
  const outside = whyOutside(root, file);
  if (outside !== undefined) return outside;
  const absolute = path.join(root, file);
  if (before === null && existsSync(absolute)) return "it would be created, and is there already";
  if (before !== null && !existsSync(absolute)) return "it is not there";
  const bytes = before === null ? Buffer.alloc(0) : readFileSync(absolute);
  if (before !== null && sha256(bytes) !== before) return "it is not the file that the plan was made for: its content differs";
  const text = bytes.toString("utf8");
  const result = spliced(text, edits);
  if (result === undefined || hashOf(result) !== after) return "the plan is damaged: its edits do not give what it promises";
  const reason = whyUntouchable(root, file, before === null ? result : text);
  return reason ?? { file, before: before === null ? undefined : text, after: result };
}

function spliced(text: string, edits: PlannedFile["edits"]): string | undefined {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text: inserted } of edits) {
    if (start < at || end < start || end > text.length) return undefined;
    parts.push(text.slice(at, start), inserted);
    at = end;
  }
  return parts.join("") + text.slice(at);
}

function hashOf(text: string): string {
  return sha256(Buffer.from(text, "utf8"));
}
