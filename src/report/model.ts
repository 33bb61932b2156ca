import type { Finding, Priority } from "../core/finding.js";

/** What every report format is made from. */
export interface ReportInput {
  /** The tool's version, for reports that machines keep. */
  version: string;
  findings: readonly Finding[];
  /** What could not be read or parsed. */
  skipped: readonly { file: string; reason: string }[];
  stats: ReportStats;
  /** The team's own packages that are imported and were not scanned with the rest. */
  unscanned?: readonly string[];
  /** What is to be said besides the findings: comments and baseline entries that suppress nothing, a report that was cut. */
  notices?: readonly Notice[];
  /** Findings that a comment or the baseline keeps out of the report. */
  suppressed?: { inSource: number; baseline: number };
  /** The rules that ran, for formats that describe them. */
  rules?: readonly RuleInfo[];
  /** Where the root stands below the top of its git work tree, "/" separators, when that is not the top: code hosts name files from there. */
  below?: string;
  /** What file names are relative to, when that is not where the reader stands. */
  root?: string;
  /** The text that was scanned: code frames show it. */
  text(file: string): string | undefined;
}

/** One sentence about a place that is no finding. */
export interface Notice {
  /** Stable, for machines: `stale-suppression`. One that begins with `defect-` says that a part of sessionfix failed. */
  code: string;
  file: string;
  line: number;
  text: string;
}

/** What is missing in the report is worse than a comment too many. */
export function isDefect({ code }: Notice): boolean {
  return code.startsWith("defect-");
}

export interface RuleInfo {
  name: string;
  description: string;
  priority: Priority;
  recommended: boolean;
}

export interface ReportStats {
  files: number;
  parsed: number;
  fromCache: number;
  ms: number;
}

export interface ReportOptions {
  /** Colour by ANSI codes. Default: false. */
  color?: boolean;
  /** Columns to wrap text at. Default: 100. */
  width?: number;
  /** Takes what a reader of the report must know of the report itself: that it was cut. */
  onNote?: (note: string) => void;
}

export interface ReportFormat {
  name: string;
  /** Whether people read it: then progress and hints may stand beside it. */
  forPeople: boolean;
  render(input: ReportInput, options: ReportOptions): string;
}
