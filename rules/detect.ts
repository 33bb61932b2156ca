import type { Finding } from "../src/core/finding.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { RULES } from "./registry.js";

export interface DetectOptions {
  /** Report `likely` findings and the rules outside `recommended`, too. Default: only what is proven. */
  strict?: boolean;
  /** Only these rules. Default: all. */
  rules?: readonly string[];
  /** Options by rule name, on top of the rule's defaults. */
  options?: Readonly<Record<string, object>>;
}

const PRIORITIES = ["P0", "P1", "P2", "P3"];

/** Takes what a rule threw over one file. */
export type OnRuleFailure = (rule: string, file: string, error: unknown) => void;

/**
 * Runs every rule over every file: the worst first, then by place. What a rule throws is thrown, unless `onFailure` takes
 * it: then only what this rule finds in this file is missing.
 */
export function detectAll(project: ProjectFacts, { strict = false, rules, options = {} }: DetectOptions = {}, onFailure?: OnRuleFailure): Finding[] {
  const findings: Finding[] = [];
  for (const rule of RULES) {
    if (rules ? !rules.includes(rule.name) : !strict && !rule.meta.recommended) continue;
    const merged = { ...rule.meta.defaults, ...options[rule.name] };
    for (const file of project.program.files.keys()) {
      try {
        findings.push(...rule.detect(file, project, merged));
      } catch (error) {
        if (onFailure === undefined) throw error;
        onFailure(rule.name, file, error);
      }
    }
  }
  return findings
    .filter((finding) => strict || finding.confidence === "proven")
    .sort(
      (a, b) =>
        PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.span.start - b.span.start || (a.rule < b.rule ? -1 : 1)),
    );
}
