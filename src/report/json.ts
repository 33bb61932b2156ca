import { formatCost, letters } from "../core/cost.js";
import type { Confidence, Finding, FixSafety, Place, Priority } from "../core/finding.js";
import type { Notice, ReportFormat, ReportInput, ReportStats } from "./model.js";

/** Version 1 of the report, as `docs/report.schema.json` describes it. Every other format is a view of the same findings. */
export interface JsonReport {
  version: 1;
  tool: { name: "sessionfix"; version: string };
  findings: JsonFinding[];
  skipped: { file: string; reason: string }[];
  /** Comments and baseline entries that suppress nothing. Absent when there are none. */
  notices?: Notice[];
  /** Findings that comments and the baseline keep out. Absent when there are none. */
  suppressed?: { inSource: number; baseline: number };
  stats: ReportStats;
}

export interface JsonFinding {
  rule: string;
  file: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  message: string;
  priority: Priority;
  confidence: Confidence;
  library: string;
  fix: FixSafety;
  why: { file: string; line: number; text: string }[];
  related: { file: string; line: number; endLine: number; text: string }[];
  cost?: { sessions?: string; statements?: string };
  fingerprint: string;
}

export const json: ReportFormat = {
  name: "json",
  forPeople: false,
  render: (input) => `${JSON.stringify(toJsonReport(input), null, 2)}\n`,
};

export function toJsonReport(input: ReportInput): JsonReport {
  const { files, parsed, fromCache, ms } = input.stats;
  const { notices = [], suppressed: { inSource, baseline } = { inSource: 0, baseline: 0 } } = input;
  return {
    version: 1,
    tool: { name: "sessionfix", version: input.version },
    findings: input.findings.map(toJsonFinding),
    skipped: input.skipped.map(({ file, reason }) => ({ file, reason })),
    ...(notices.length === 0 ? {} : { notices: notices.map(({ code, file, line, text }) => ({ code, file, line, text })) }),
    ...(inSource + baseline === 0 ? {} : { suppressed: { inSource, baseline } }),
    stats: { files, parsed, fromCache, ms },
  };
}

export function toJsonFinding(finding: Finding): JsonFinding {
  const { line, column, endLine, endColumn } = finding.span;
  const cost = costTexts(finding);
  return {
    rule: finding.rule,
    file: finding.file,
    line,
    column,
    endLine,
    endColumn,
    message: finding.message,
    priority: finding.priority,
    confidence: finding.confidence,
    library: finding.library,
    fix: finding.fix,
    why: finding.why.map(({ file, span, text }) => ({ file, line: span.line, text })),
    related: finding.related.map(({ file, span, text }: Place) => ({ file, line: span.line, endLine: span.endLine, text })),
    ...(cost ? { cost } : {}),
    fingerprint: finding.fingerprint,
  };
}

/** Sessions and statements share their letters: `n` is the same loop in both. */
export function costTexts(finding: Finding): { sessions?: string; statements?: string } | undefined {
  const { sessions, statements } = finding.cost ?? {};
  if (!sessions && !statements) return undefined;
  const names = letters(sessions ?? [], statements ?? []);
  return {
    ...(sessions ? { sessions: formatCost(sessions, names) } : {}),
    ...(statements ? { statements: formatCost(statements, names) } : {}),
  };
}
