/**
 * sessionfix as a library: what the command line is made of.
 *
 * @example
 * const { findings } = await scanProject({ root: process.cwd() });
 */
export { scanProject } from "./project/scan.js";
export type { ScanOptions, ScanProgress, ScanResult, ScanStats } from "./project/scan.js";
export { BrokenOverlayError } from "./project/project.js";
export type { SkippedFile } from "./project/discover.js";
export { fixProject, undoLast } from "./project/fix.js";
export type { FixOptions, FixOutcome, FixProgress, FixRequest, FixSummary, UndoOutcome } from "./project/fix.js";
export { JournalError } from "./project/journal.js";
export { codemods } from "../codemods/index.js";
export { UsageError } from "./project/errors.js";
export type { UsageErrorCode } from "./project/errors.js";
export { FORMATS, toJsonReport } from "./report/index.js";
export type { JsonFinding, JsonReport, ReportFormat, ReportInput, ReportOptions, ReportStats } from "./report/index.js";
export { formatCost } from "./core/cost.js";
export type { Cost, Monomial } from "./core/cost.js";
export type { Confidence, Finding, FindingDetail, FixSafety, Place, Priority } from "./core/finding.js";
export { configSchema } from "./project/config-schema.js";
export type { RuleLevel, SessionfixConfig } from "./project/config-schema.js";
