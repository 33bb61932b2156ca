import type { Finding, Priority } from "../core/finding.js";
import { ANNOTATIONS_OF_LEVEL } from "./limits.js";
import { isDefect } from "./model.js";
import type { Notice, ReportFormat, ReportInput } from "./model.js";
import { count, printable } from "./terminal.js";

/**
 * Workflow commands that GitHub Actions turns into annotations beside the changed lines.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export const github: ReportFormat = { name: "github", forPeople: false, render: (input) => render(input) };

type Level = "error" | "warning" | "notice";

const LEVELS: Record<Priority, Level> = { P0: "error", P1: "warning", P2: "warning", P3: "notice" };

interface Annotation {
  level: Level;
  command: string;
  plain: string;
}

function render(input: ReportInput): string {
  const annotations = [...input.findings.map((finding) => ofFinding(finding, input)), ...(input.notices ?? []).map((notice) => ofNotice(notice, input)), ...input.skipped.map(({ file, reason }) => ofSkipped(file, reason, input))];
  const used: Record<Level, number> = { error: 0, warning: 0, notice: 0 };
  const lines: string[] = [];
  const rest: string[] = [];
  for (const { level, command, plain } of annotations) {
    if (used[level]++ < ANNOTATIONS_OF_LEVEL) lines.push(command);
    else rest.push(plain);
  }
  if (rest.length > 0) {
    lines.push(`::group::${count(rest.length, "more finding")}: GitHub keeps ${ANNOTATIONS_OF_LEVEL} annotations of each level a step`, ...rest, "::endgroup::");
  }
  lines.push(`sessionfix: ${count(input.findings.length, "finding")}, ${count(input.stats.files, "file")} scanned`);
  return `${lines.join("\n")}\n`;
}

function ofFinding({ rule, file, span, message, priority, why }: Finding, input: ReportInput): Annotation {
  const level = LEVELS[priority];
  const path = why.map((step) => `${step.file}:${step.span.line} ${step.text}`);
  const text = [message, ...(path.length === 0 ? [] : ["", "Why:", ...path])].join("\n");
  const sameLine = span.line === span.endLine;
  // GitHub takes columns of one line alone.
  const columns: [string, string][] = sameLine ? [["col", String(span.column)], ["endColumn", String(span.endColumn)]] : [];
  return {
    level,
    command: command(level, [["file", placed(file, input)], ["line", String(span.line)], ["endLine", String(span.endLine)], ...columns, ["title", `${rule} (${priority})`]], text),
    plain: harmless(`${level} ${placed(file, input)}:${span.line}:${span.column} ${rule}: ${message}`),
  };
}

function ofNotice(notice: Notice, input: ReportInput): Annotation {
  const { code, file, line, text } = notice;
  const level = isDefect(notice) ? "error" : "warning";
  return { level, command: command(level, [["file", placed(file, input)], ["line", String(line)], ["title", code]], text), plain: harmless(`${level} ${placed(file, input)}:${line} ${code}: ${text}`) };
}

function ofSkipped(file: string, reason: string, input: ReportInput): Annotation {
  return { level: "notice", command: command("notice", [["file", placed(file, input)], ["title", "could not be analysed"]], reason), plain: harmless(`notice ${placed(file, input)} could not be analysed: ${reason}`) };
}

function command(level: Level, properties: readonly [string, string][], message: string): string {
  return `::${level} ${properties.map(([name, value]) => `${name}=${escapeProperty(value)}`).join(",")}::${escapeData(message)}`;
}

function placed(file: string, { below = "" }: ReportInput): string {
  return below === "" ? file : `${below}/${file}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** A line of the log in which nothing is a command, in either of the runner's two notations. */
function harmless(text: string): string {
  return printable(text.replace(/[\r\n]+/g, " ")).replaceAll("##[", "##\u200B[");
}
