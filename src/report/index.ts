import { github } from "./github.js";
import { html } from "./html.js";
import { json } from "./json.js";
import type { ReportFormat } from "./model.js";
import { sarif } from "./sarif.js";
import { text } from "./text.js";

/** Every report format by the name that `--format` takes. */
export const FORMATS: ReadonlyMap<string, ReportFormat> = new Map([text, json, sarif, github, html].map((format) => [format.name, format]));

export { colorDiff, renderFixReport } from "./fix.js";
export type { FixItem, FixReport } from "./fix.js";
export { toJsonFinding, toJsonReport } from "./json.js";
export type { JsonFinding, JsonReport } from "./json.js";
export type { Notice, ReportFormat, ReportInput, ReportOptions, ReportStats, RuleInfo } from "./model.js";
