import { buildFacts } from "../../../src/core/facts/build-facts.js";
import type { Finding } from "../../../src/core/finding.js";
import { linkProject } from "../../../src/core/link/index.js";
import { parseSource } from "../../../src/project/parse.js";
import { createResolver } from "../../../src/project/resolve.js";
import { RULES } from "../../../rules/registry.js";
import type { Rule } from "../../../rules/rule.js";

/** Files by path from the project's root. */
export type Files = Readonly<Record<string, string>>;

export function ruleNamed(name: string): Rule {
  const rule = RULES.find((candidate) => candidate.name === name);
  if (!rule) throw new Error(`no rule ${name}`);
  return rule;
}

/** What a rule finds in a project that exists in memory alone, `likely` findings included, in order of files and places. */
export function findingsOf(rule: Rule, files: Files, options: object = {}): Finding[] {
  const names = Object.keys(files);
  const resolver = createResolver("/nowhere/at/all", names, []);
  const facts = names.map((file) => {
    const parsed = parseSource(file, files[file] ?? "");
    if (!parsed.ok) throw new Error(`${file}: ${parsed.reason}`);
    return buildFacts({ ...parsed, file });
  });
  const project = linkProject(facts, { resolve: (from, specifier) => resolver.resolve(from, specifier), text: (file) => files[file] });
  return names.flatMap((file) => rule.detect(file, project, { ...rule.meta.defaults, ...options }));
}
