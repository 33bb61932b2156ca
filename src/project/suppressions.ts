import type { Finding } from "../core/finding.js";
import { parseSource } from "./parse.js";

/** A comment that speaks to sessionfix. */
export interface Directive {
  file: string;
  /** 1-based line of the comment. */
  line: number;
  /** The line that it speaks of; absent when it speaks of the whole file. */
  target?: number;
  rules: string[];
  reason: string;
}

export interface SuppressionNotice {
  code: "stale-suppression" | "suppression-without-reason" | "suppression-without-rule" | "suppression-of-unknown-rule";
  file: string;
  line: number;
  text: string;
}

export interface SuppressionOutcome {
  /** What no comment keeps out of the report. */
  findings: Finding[];
  suppressed: number;
  notices: SuppressionNotice[];
  /** Directives and rules that suppressed nothing: stale, unless the scan did not look for such findings. */
  unused: { directive: Directive; rule: string }[];
}

/** Told quickly, before a file is parsed for its comments. */
export const DIRECTIVE = "sessionfix-disable";
const FORM = /^sessionfix-disable(-next-line|-line|-file)?(?=\s|$)([\s\S]*)$/;
const NAME = /^(?:sessionfix\/)?([a-z][a-z0-9-]*)$/;

/**
 * Applies the comments of the files given to the findings:
 *
 *     // sessionfix-disable-next-line <rule>[, <rule>] -- reason
 *     // sessionfix-disable-line <rule> -- reason
 *     // sessionfix-disable-file <rule> -- reason
 *
 * A comment without a reason suppresses nothing and is told.
 */
export function applySuppressions(findings: readonly Finding[], files: Iterable<string>, text: (file: string) => string | undefined, knownRules: ReadonlySet<string>): SuppressionOutcome {
  const notices: SuppressionNotice[] = [];
  const byFile = new Map<string, Directive[]>();
  for (const file of files) {
    const source = text(file);
    if (source?.includes(DIRECTIVE) === true) byFile.set(file, readDirectives(file, source, knownRules, notices));
  }
  const used = new Set<string>();
  const keyOf = ({ file, line, target }: Directive, rule: string) => `${file}\0${line}\0${target ?? ""}\0${rule}`;
  const left = findings.filter((finding) => {
    const hits = (byFile.get(finding.file) ?? []).filter(({ target, rules }) => (target === undefined || target === finding.span.line) && rules.includes(finding.rule));
    for (const hit of hits) used.add(keyOf(hit, finding.rule));
    return hits.length === 0;
  });
  const unused = [...byFile.values()].flat().flatMap((directive) => directive.rules.filter((rule) => !used.has(keyOf(directive, rule))).map((rule) => ({ directive, rule })));
  return { findings: left, suppressed: findings.length - left.length, notices, unused };
}

export function staleNotice({ file, line, target }: Directive, rule: string): SuppressionNotice {
  const where = target === undefined ? "this file" : `line ${target}`;
  return { code: "stale-suppression", file, line, text: `This comment suppresses nothing: ${rule} reports nothing in ${where}. Remove it.` };
}

function readDirectives(file: string, text: string, knownRules: ReadonlySet<string>, notices: SuppressionNotice[]): Directive[] {
  const parsed = parseSource(file, text);
  if (!parsed.ok) return [];
  const lines = new Lines(parsed.text, parsed.comments.map(({ range }) => range));
  const directives: Directive[] = [];
  for (const { range, value } of parsed.comments) {
    const match = FORM.exec(value.replace(/^[\s*]+|[\s*]+$/g, "").replace(/\n\s*\*/g, "\n"));
    if (!match) continue;
    const line = lines.of(range[0]);
    const [list = "", ...rest] = (match[2] ?? "").split(/\s-{2,}(?:\s|$)/);
    const reason = rest.join(" -- ").trim();
    const names = list.split(/[\s,]+/).filter((name) => name !== "");
    const tell = (code: SuppressionNotice["code"], message: string) => notices.push({ code, file, line, text: message });
    if (match[1] === undefined) {
      tell("suppression-without-rule", `\`${DIRECTIVE}\` must say what for: use -next-line, -line or -file.`);
      continue;
    }
    if (names.length === 0) {
      tell("suppression-without-rule", `A suppression names its rules: \`${DIRECTIVE}${match[1]} <rule> -- reason\`.`);
      continue;
    }
    if (reason === "") {
      tell("suppression-without-reason", `A suppression says why: add \`-- reason\` after the rule. Without it nothing is suppressed.`);
      continue;
    }
    const rules: string[] = [];
    for (const name of names) {
      const rule = NAME.exec(name)?.[1] ?? name;
      if (knownRules.has(rule)) rules.push(rule);
      else tell("suppression-of-unknown-rule", `No rule is named ${rule}.`);
    }
    const target = match[1] === "-file" ? undefined : match[1] === "-line" ? line : lines.codeAfter(range[1]);
    directives.push({ file, line, rules, reason, ...(target === undefined ? {} : { target }) });
  }
  return directives;
}

class Lines {
  readonly #starts: number[] = [0];

  constructor(
    private readonly text: string,
    private readonly comments: readonly [number, number][],
  ) {
    for (const match of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) this.#starts.push(match.index + match[0].length);
  }

  of(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** The next line that is more than a comment: directives may be stacked, and other comments may stand between. */
  codeAfter(offset: number): number {
    for (let line = this.of(offset) + 1; ; line++) {
      const start = this.#starts[line - 1];
      if (start === undefined) return line;
      const first = start + (/\S/.exec(this.text.slice(start, this.#starts[line] ?? this.text.length))?.index ?? 0);
      const comment = this.comments.find(([from, to]) => from <= first && first < to);
      // Only what stands on the line by itself is skipped; an empty line ends the reach.
      if (comment === undefined) return line;
      const end = this.of(comment[1]);
      const rest = this.text.slice(comment[1], this.#starts[end] ?? this.text.length);
      if (rest.trim() !== "") return end;
      line = end;
    }
  }
}
