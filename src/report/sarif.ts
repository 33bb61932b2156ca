import { gzipSync } from "node:zlib";
import type { Finding, Place, Priority } from "../core/finding.js";
import { SARIF_LIMITS } from "./limits.js";
import { isDefect } from "./model.js";
import type { ReportFormat, ReportInput, ReportOptions, RuleInfo } from "./model.js";
import { rulePage } from "./rule-page.js";
import type { Location, Log, Notification, ReportingDescriptor, Result } from "sarif";

/** SARIF 2.1.0, as code scanning takes it. Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export const sarif: ReportFormat = {
  name: "sarif",
  forPeople: false,
  render: (input, options) => renderSarif(input, options),
};

export type SarifLimits = { readonly [Name in keyof typeof SARIF_LIMITS]: number };

/** The base that file names stand on: where the repository is checked out. */
const BASE = "%SRCROOT%";
const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const PAGE = "https://github.com/sessionfix/sessionfix";
const LEVELS: Record<Priority, "error" | "warning" | "note"> = { P0: "error", P1: "warning", P2: "warning", P3: "note" };
const SEVERITIES: Record<Priority, string> = { P0: "error", P1: "warning", P2: "warning", P3: "recommendation" };
const PRIORITIES: readonly Priority[] = ["P0", "P1", "P2", "P3"];

export function renderSarif(input: ReportInput, { onNote }: ReportOptions, limits: SarifLimits = SARIF_LIMITS): string {
  const ordered = [...input.findings].sort((a, b) => PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority));
  let kept = ordered.slice(0, limits.results);
  for (;;) {
    const notes = notesOn(ordered.length, kept.length, limits);
    const text = `${JSON.stringify(logOf(input, kept, notes, limits), null, 2)}\n`;
    // Text that is small enough as it is needs no compressing to tell.
    if (kept.length === 0 || text.length <= limits.file / 4 || gzipSync(text).length <= limits.file) {
      for (const note of notes) onNote?.(note);
      return text;
    }
    kept = kept.slice(0, Math.floor(kept.length / 2));
  }
}

function notesOn(found: number, kept: number, limits: SarifLimits): string[] {
  const number = (count: number) => count.toLocaleString("en-US");
  if (kept < found) return [`${number(found - kept)} of ${number(found)} findings are left out, those of the lowest priority: GitHub takes at most ${number(limits.results)} results and ${number(limits.file)} bytes after gzip. \`--format json\` has them all.`];
  if (kept > limits.resultsShown) return [`GitHub shows ${number(limits.resultsShown)} of the ${number(kept)} findings, those of the highest severity.`];
  return [];
}

function logOf(input: ReportInput, findings: readonly Finding[], notes: readonly string[], limits: SarifLimits): Log {
  const rules = describeRules(input.rules ?? [], findings).slice(0, limits.rules);
  const indexOf = new Map(rules.map(({ name }, index) => [name, index]));
  const notifications: Notification[] = [
    ...notes.map((text): Notification => ({ level: "warning", message: { text }, descriptor: { id: "report-cut" } })),
    ...input.skipped.map(({ file, reason }): Notification => ({ level: "warning", message: { text: `${file} could not be analysed: ${reason}` }, descriptor: { id: "file-skipped" }, locations: [{ physicalLocation: { artifactLocation: artifact(file, input) } }] })),
    ...(input.notices ?? []).map((notice): Notification => ({
      level: isDefect(notice) ? "error" : "warning",
      message: { text: notice.text },
      descriptor: { id: notice.code },
      locations: [{ physicalLocation: { artifactLocation: artifact(notice.file, input), region: { startLine: notice.line } } }],
    })),
  ];
  return {
    version: "2.1.0",
    $schema: SCHEMA,
    runs: [
      {
        tool: {
          driver: {
            name: "sessionfix",
            semanticVersion: input.version,
            version: input.version,
            informationUri: PAGE,
            rules: rules.map((rule) => descriptorOf(rule, limits)),
          },
        },
        automationDetails: { id: "sessionfix/" },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { [BASE]: { description: { text: "The top of the repository that was scanned." } } },
        invocations: [{ executionSuccessful: !(input.notices ?? []).some(isDefect), ...(notifications.length === 0 ? {} : { toolExecutionNotifications: notifications }) }],
        results: findings.map((finding) => resultOf(finding, indexOf.get(finding.rule) ?? -1, input, limits)),
      },
    ],
  };
}

/** The rules that ran, and those that a caller did not describe but that found something. */
function describeRules(known: readonly RuleInfo[], findings: readonly Finding[]): RuleInfo[] {
  const names = new Set(known.map(({ name }) => name));
  const rules = [...known];
  for (const { rule, priority } of findings) {
    if (names.has(rule)) continue;
    names.add(rule);
    rules.push({ name: rule, description: rule, priority, recommended: true });
  }
  return rules.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function descriptorOf({ name, description, priority, recommended }: RuleInfo, limits: SarifLimits): ReportingDescriptor {
  const page = rulePage(name);
  return {
    id: name,
    name: name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: description },
    fullDescription: { text: description },
    helpUri: page,
    help: { text: `${description}. ${page}`, markdown: `${description}.\n\n[What it reports, why, and how to mend it](${page})` },
    defaultConfiguration: { level: LEVELS[priority] },
    properties: {
      tags: ["reliability", "database", priority, recommended ? "recommended" : "strict"].slice(0, limits.tagsOfRule),
      precision: recommended ? "very-high" : "medium",
      "problem.severity": SEVERITIES[priority],
    },
  };
}

function resultOf(finding: Finding, ruleIndex: number, input: ReportInput, limits: SarifLimits): Result {
  const { rule, file, span, message, priority, confidence, library, fix, fingerprint, why } = finding;
  const related = finding.related.slice(0, limits.locationsOfResult);
  const flow = shorten(why, limits.locationsOfThreadFlow);
  return {
    ruleId: rule,
    ...(ruleIndex < 0 ? {} : { ruleIndex }),
    level: LEVELS[priority],
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: artifact(file, input),
          region: { startLine: span.line, startColumn: span.column, endLine: span.endLine, endColumn: span.endColumn },
        },
      },
    ],
    partialFingerprints: { "sessionfix/v1": fingerprint },
    ...(flow.length === 0 ? {} : { codeFlows: [{ threadFlows: [{ locations: flow.map((place) => ({ location: locationOf(place, input) })) }] }] }),
    ...(related.length === 0 ? {} : { relatedLocations: related.map((place, id) => ({ id, ...locationOf(place, input) })) }),
    properties: { priority, confidence, library, fix },
  };
}

/** The way in and the place itself matter most. */
function shorten(places: readonly Place[], most: number): readonly Place[] {
  if (places.length <= most) return places;
  const head = Math.ceil(most / 2);
  return [...places.slice(0, head), ...places.slice(places.length - (most - head))];
}

function locationOf({ file, span, text }: Place, input: ReportInput): Location {
  return { physicalLocation: { artifactLocation: artifact(file, input), region: { startLine: span.line, endLine: span.endLine } }, message: { text } };
}

function artifact(file: string, { below = "" }: ReportInput): { uri: string; uriBaseId: string } {
  const whole = below === "" ? file : `${below}/${file}`;
  return { uri: whole.split("/").map(encodeURIComponent).join("/"), uriBaseId: BASE };
}
