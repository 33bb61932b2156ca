import { json } from "./json.js";
import type { ReportFormat } from "./model.js";
import { text } from "./text.js";

/** Every report format by the name that `--format` takes. */
export const FORMATS: ReadonlyMap<string, ReportFormat> = new Map([text, json].map((format) => [format.name, format]));

export { colorDiff, renderFixReport } from "./fix.js";
export type { FixItem, FixReport } from "./fix.js";
export { toJsonFinding, toJsonReport } from "./json.js";
export type { JsonFinding, JsonReport } from "./json.js";
export type { ReportFormat, ReportInput, ReportOptions, ReportStats } from "./model.js";
