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

/** Runs every rule over every file: the worst first, then by place. */
export function detectAll(project: ProjectFacts, { strict = false, rules, options = {} }: DetectOptions = {}): Finding[] {
  const findings: Finding[] = [];
  for (const rule of RULES) {
    if (rules ? !rules.includes(rule.name) : !strict && !rule.meta.recommended) continue;
    const merged = { ...rule.meta.defaults, ...options[rule.name] };
    for (const file of project.program.files.keys()) findings.push(...rule.detect(file, project, merged));
  }
  return findings
    .filter((finding) => strict || finding.confidence === "proven")
    .sort(
      (a, b) =>
        PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.span.start - b.span.start || (a.rule < b.rule ? -1 : 1)),
    );
}
