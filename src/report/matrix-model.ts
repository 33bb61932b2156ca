import type { Measured, Unmatched } from "../core/matrix/metrics.js";
import type { MatrixDiff } from "../core/matrix/diff.js";
import type { MatrixRow, Why } from "../core/matrix/types.js";
import type { ReportStats } from "./model.js";

/** What every format of the matrix is made from. */
export interface MatrixInput {
  /** The tool's version. */
  version: string;
  rows: readonly MatrixRow[];
  /** Operations that do nothing to a database and have no row. */
  withoutDatabase: number;
  /** Present with `--metrics`: what was measured of a row, and what belongs to none. */
  measured?: { of: (row: MatrixRow) => Measured | undefined; unmatched: readonly Unmatched[] };
  /** Present where paths are asked for. */
  why?: (row: MatrixRow) => Why;
  /** With `--why`: this row alone is meant. */
  only?: MatrixRow;
  skipped: readonly { file: string; reason: string }[];
  unscanned?: readonly string[];
  stats: ReportStats;
  /** What file names are relative to, when that is not where the reader stands. */
  root?: string;
}

/** The matrix at a git ref beside that of the work tree. */
export interface MatrixDiffInput {
  version: string;
  /** As the user named it. */
  ref: string;
  diff: MatrixDiff;
  skipped: readonly { file: string; reason: string }[];
}

export interface MatrixOptions {
  /** Colour by ANSI codes. Default: false. */
  color?: boolean;
  /** Columns to fit. Default: 100. */
  width?: number;
}

export interface MatrixFormat {
  name: string;
  /** Whether people read it. */
  forPeople: boolean;
  render(input: MatrixInput, options: MatrixOptions): string;
  renderDiff(input: MatrixDiffInput, options: MatrixOptions): string;
}
