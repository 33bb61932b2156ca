import pc from "picocolors";
import { degree, letters } from "../core/cost.js";
import type { Finding, Place, Priority } from "../core/finding.js";
import { codeFrame } from "./frame.js";
import type { FrameLine } from "./frame.js";
import { costTexts } from "./json.js";
import type { ReportFormat, ReportInput } from "./model.js";
import { count, displayWidth, padEnd, printable, wrap } from "./terminal.js";

export const text: ReportFormat = {
  name: "text",
  forPeople: true,
  render: (input, { color = false, width = 100 }) => new TextReport(input, pc.createColors(color), Math.max(50, Math.min(width, 120))).render(),
};

type Palette = ReturnType<typeof pc.createColors>;

/** What each priority means for the program that runs. */
const PRIORITIES: Record<Priority, string> = {
  P0: "breaks under load: SQLITE_BUSY, lost writes, leaked sessions. Fix first",
  P1: "holds locks or connections too long: other requests wait, then fail",
  P2: "fails in some runs, or will when the load grows",
  P3: "worth tidying",
};
const RELATED_SHOWN = 5;
const SKIPPED_SHOWN = 10;
const LABEL = 7;

class TextReport {
  private readonly lines: string[] = [];

  constructor(
    private readonly input: ReportInput,
    private readonly paint: Palette,
    private readonly width: number,
  ) {}

  render(): string {
    for (const priority of ["P0", "P1", "P2", "P3"] as const) {
      const findings = this.input.findings.filter((finding) => finding.priority === priority);
      if (findings.length > 0) this.group(priority, findings);
    }
    this.skipped();
    this.unscanned();
    this.notices();
    this.summary();
    return `${this.lines.join("\n")}\n`;
  }

  private group(priority: Priority, findings: Finding[]): void {
    const paint = this.priorityPaint(priority);
    this.lines.push(`${paint(this.paint.inverse(` ${priority} `))} ${this.paint.bold(count(findings.length, "finding"))} ${this.paint.dim("·")} ${PRIORITIES[priority]}`, "");
    for (const finding of findings) this.finding(finding, paint);
  }

  private finding(finding: Finding, paint: (text: string) => string): void {
    const { file, span, library, confidence } = finding;
    const sure = confidence === "likely" ? `${library}, likely` : library;
    this.lines.push(`${paint("●")} ${this.paint.bold(paint(finding.rule))}  ${this.place(file, span.line, span.column)}  ${this.paint.dim(sure)}`);
    for (const line of wrap(printable(finding.message), this.width - 2)) this.lines.push(`  ${line}`);
    this.lines.push("");
    this.frame(finding, paint);
    this.why(finding.why);
    this.cost(finding);
    this.related(finding.related);
    this.fix(finding);
    this.lines.push("");
  }

  private frame({ file, span }: Finding, paint: (text: string) => string): void {
    const source = this.input.text(file);
    if (source === undefined) return;
    const frame = codeFrame(source, span, this.width - 12);
    const digits = String(Math.max(...frame.map(({ number }) => number ?? 0))).length;
    for (const line of frame) this.lines.push(this.frameLine(line, digits, paint));
    this.lines.push("");
  }

  private frameLine({ number, text, kind }: FrameLine, digits: number, paint: (text: string) => string): string {
    const { dim } = this.paint;
    const gutter = String(number ?? (kind === "gap" ? "⋮" : "")).padStart(digits);
    const mark = kind === "marked" ? paint("▸") : " ";
    const body = kind === "carets" ? paint(text) : kind === "context" ? dim(text) : text;
    return `  ${mark} ${dim(gutter)} ${dim("│")} ${body}`.trimEnd();
  }

  private why(steps: Place[]): void {
    for (const [index, step] of steps.entries()) {
      const indent = "  ".repeat(Math.min(index, 6));
      const arrow = index === 0 ? "" : `${indent.slice(2)}└ `;
      const text = arrow + printable(step.text);
      const place = this.place(step.file, step.span.line);
      const room = this.width - LABEL - displayWidth(`${step.file}:${step.span.line}`) - 2;
      this.labelled(index === 0 ? "Why" : "", displayWidth(text) <= room ? `${text}  ${place}` : text);
      if (displayWidth(text) > room) this.labelled("", `${indent}${place}`);
    }
  }

  private cost(finding: Finding): void {
    const texts = costTexts(finding);
    if (!texts) return;
    const { bold } = this.paint;
    const parts = [
      ...(texts.sessions === undefined ? [] : [`${bold(texts.sessions)} ${texts.sessions === "1" ? "session" : "sessions"} opened`]),
      ...(texts.statements === undefined ? [] : [`${bold(texts.statements)} ${texts.statements === "1" ? "statement" : "statements"}`]),
    ];
    const { sessions = [], statements = [] } = finding.cost ?? {};
    const names = degree(sessions) + degree(statements) > 0 ? [...letters(sessions, statements)] : [];
    const meaning = names.map(([symbol, letter]) => `${letter} = ${printable(symbol)}`).join(", ");
    this.labelled("Cost", `${parts.join(", ")} each time${meaning === "" ? "" : this.paint.dim(`  (${meaning})`)}`);
  }

  private related(places: Place[]): void {
    const shown = places.slice(0, RELATED_SHOWN);
    const column = Math.max(0, ...shown.map(({ file, span }) => `${file}:${span.line}`.length));
    for (const [index, { file, span, text }] of shown.entries()) {
      const at = padEnd(`${file}:${span.line}`, Math.min(column, 60));
      this.labelled(index === 0 ? "Also" : "", `${this.paint.cyan(printable(at))}  ${printable(text)}`);
    }
    const more = places.length - shown.length;
    if (more > 0) this.labelled("", this.paint.dim(`… and ${more.toLocaleString("en-US")} more (--format json lists them all)`));
  }

  private fix({ fix, fixReason }: Finding): void {
    const { green, yellow, magenta } = this.paint;
    const reason = fixReason === undefined ? "" : printable(fixReason);
    const texts = {
      safe: [green("safe"), "`sessionfix fix` rewrites it and keeps its meaning."],
      review: [yellow("to review"), `${sentence(reason)} \`sessionfix fix --review\` rewrites it.`],
      manual: [magenta("by hand"), reason === "" ? "sessionfix describes it and never edits it." : sentence(reason)],
    } as const;
    const [name, advice] = texts[fix];
    const [first = "", ...rest] = wrap(advice.trim(), this.width - LABEL - 14);
    this.labelled("Fix", `${name}: ${first}`);
    for (const line of rest) this.labelled("", line);
  }

  private skipped(): void {
    const { skipped } = this.input;
    if (skipped.length === 0) return;
    this.lines.push(`${this.paint.yellow("Skipped")} ${count(skipped.length, "file")} that could not be analysed:`);
    for (const { file, reason } of skipped.slice(0, SKIPPED_SHOWN)) this.lines.push(`  ${this.paint.cyan(printable(file))}  ${printable(reason)}`);
    const more = skipped.length - SKIPPED_SHOWN;
    if (more > 0) this.lines.push(this.paint.dim(`  … and ${more.toLocaleString("en-US")} more (--format json lists them all)`));
    this.lines.push("");
  }

  private unscanned(): void {
    const { unscanned = [] } = this.input;
    if (unscanned.length === 0) return;
    const names = [...unscanned.slice(0, RELATED_SHOWN), ...(unscanned.length > RELATED_SHOWN ? [`${unscanned.length - RELATED_SHOWN} more`] : [])].join(", ");
    const packages = count(unscanned.length, "package");
    const advice = `${packages} of your own ${unscanned.length === 1 ? "is" : "are"} imported here but not scanned: ${names}. Scan the workspace's root to follow calls into ${unscanned.length === 1 ? "it" : "them"}.`;
    for (const [index, line] of wrap(printable(advice), this.width - 8).entries()) this.lines.push(index === 0 ? `${this.paint.yellow("Partial")} ${line}` : `        ${line}`);
    this.lines.push("");
  }

  private notices(): void {
    const { notices = [] } = this.input;
    for (const { file, line, text } of notices.slice(0, SKIPPED_SHOWN)) {
      this.lines.push(`${this.paint.yellow("Notice")} ${this.place(file, line)}`);
      for (const part of wrap(printable(text), this.width - 7)) this.lines.push(`       ${part}`);
    }
    if (notices.length > SKIPPED_SHOWN) this.lines.push(this.paint.dim(`  … and ${(notices.length - SKIPPED_SHOWN).toLocaleString("en-US")} more (--format json lists them all)`));
    if (notices.length > 0) this.lines.push("");
  }

  private keptOut(): string {
    const { inSource = 0, baseline = 0 } = this.input.suppressed ?? {};
    const parts = [...(inSource > 0 ? [`${inSource.toLocaleString("en-US")} suppressed in the source`] : []), ...(baseline > 0 ? [`${baseline.toLocaleString("en-US")} in the baseline`] : [])];
    return parts.length === 0 ? "" : `, ${parts.join(", ")}`;
  }

  private summary(): void {
    const { findings, stats, skipped, root } = this.input;
    const { bold, green, dim } = this.paint;
    if (root !== undefined && findings.length + skipped.length > 0) this.lines.push(dim(`Paths are relative to ${root}`));
    const looked = `${count(stats.files, "file")} scanned, ${stats.parsed.toLocaleString("en-US")} of them analysed, in ${seconds(stats.ms)}${this.keptOut()}`;
    if (findings.length > 0) {
      const files = new Set(findings.map(({ file }) => file)).size;
      this.lines.push(`${bold(count(findings.length, "finding"))} in ${count(files, "file")} ${dim(`· ${looked}`)}`);
      this.nextStep();
    } else if (stats.files === 0) {
      this.lines.push(skipped.length > 0 ? "Nothing was scanned: no file could be read." : `Nothing to scan: there are no JavaScript or TypeScript files in ${root ?? "this folder"}.`);
    } else if (stats.parsed === 0) {
      this.lines.push(`${green("✔")} No database code found: outside of tests, no file imports a database library that sessionfix knows. ${dim(looked)}`);
    } else {
      this.lines.push(`${green("✔")} No ${this.keptOut() === "" ? "" : "new "}session mistakes found. ${dim(looked)}`);
    }
  }

  private nextStep(): void {
    const { findings } = this.input;
    const { green, yellow, magenta, bold, dim } = this.paint;
    const number = (fix: Finding["fix"]) => findings.filter((finding) => finding.fix === fix).length;
    const [safe, review, manual] = [number("safe"), number("review"), number("manual")];
    const parts = [
      ...(safe > 0 ? [green(`${safe} safe to fix`)] : []),
      ...(review > 0 ? [yellow(`${review} to review`)] : []),
      ...(manual > 0 ? [magenta(`${manual} by hand`)] : []),
    ];
    this.lines.push(parts.join(", "));
    if (safe + review === 0) return;
    const command = `npx sessionfix fix ${safe === 0 ? "--review " : ""}--dry-run`;
    this.lines.push("", `Next: ${bold(command)}  ${dim("shows the rewrite as a diff and changes nothing")}`);
    if (safe > 0 && review > 0) this.lines.push(`      ${bold("npx sessionfix fix --review --dry-run")}  ${dim("with those to review")}`);
  }

  private labelled(label: string, content: string): void {
    const head = label === "" ? " ".repeat(LABEL - 2) : this.paint.bold(label.padEnd(LABEL - 2));
    this.lines.push(`  ${head}${content}`.trimEnd());
  }

  private place(file: string, line: number, column?: number): string {
    return this.paint.cyan(`${printable(file)}:${line}${column === undefined ? "" : `:${column}`}`);
  }

  private priorityPaint(priority: Priority): (text: string) => string {
    const { red, yellow, blue, dim } = this.paint;
    return { P0: red, P1: yellow, P2: blue, P3: dim }[priority];
  }
}

function sentence(text: string): string {
  return text === "" || /[.!?]$/.test(text) ? text : `${text}.`;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
