import type { DetectOptions } from "../../rules/detect.js";
import { RULES } from "../../rules/registry.js";
import type { Finding } from "../core/finding.js";
import { rulesThatRun } from "./rule-choice.js";
import type { SourceEntry } from "./sources.js";
import { applySuppressions, DIRECTIVE, staleNotice } from "./suppressions.js";
import type { SuppressionNotice, SuppressionOutcome } from "./suppressions.js";

const KNOWN = new Set(RULES.map(({ name }) => name));

/** The comments of a scanned tree that speak to sessionfix. Rules never see them: they are applied to what rules found. */
export class Directives {
  readonly #files: string[];

  constructor(
    entries: ReadonlyMap<string, SourceEntry>,
    private readonly text: (file: string) => string | undefined,
  ) {
    this.#files = [...entries].filter(([, { hasDirective }]) => hasDirective === true).map(([file]) => file);
  }

  /** With the texts of `overlay` in place of those on the disk. */
  apply(findings: readonly Finding[], overlay: ReadonlyMap<string, string> = new Map()): SuppressionOutcome {
    const changed = [...overlay].filter(([, text]) => text.includes(DIRECTIVE)).map(([file]) => file);
    return applySuppressions(findings, new Set([...this.#files, ...changed]), (file) => overlay.get(file) ?? this.text(file), KNOWN);
  }

  /**
   * What is said of the comments that suppressed nothing. A comment may be there for a finding that only a strict scan
   * shows, so that such a scan is asked before a comment is called stale.
   */
  stale(unused: SuppressionOutcome["unused"], detect: DetectOptions, likely: () => Finding[]): SuppressionNotice[] {
    const ran = rulesThatRun(detect);
    const judged = unused.filter(({ rule }) => ran.has(rule));
    if (judged.length === 0) return [];
    const findings = detect.strict === true ? [] : likely();
    return judged
      .filter(({ directive, rule }) => !findings.some(({ file, span, rule: found }) => found === rule && file === directive.file && (directive.target === undefined || directive.target === span.line)))
      .map(({ directive, rule }) => staleNotice(directive, rule));
  }
}
