import type { Finding } from "../core/finding.js";

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
  /** What file names are relative to, when that is not where the reader stands. */
  root?: string;
  /** The text that was scanned: code frames show it. */
  text(file: string): string | undefined;
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
}

export interface ReportFormat {
  name: string;
  /** Whether people read it: then progress and hints may stand beside it. */
  forPeople: boolean;
  render(input: ReportInput, options: ReportOptions): string;
}
