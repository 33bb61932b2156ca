import { packageName } from "../../src/core/catalogue/index.js";
import { fingerprint, onOneLine } from "../../src/core/fingerprint.js";
import type { Finding } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { Draft, Rule } from "../rule.js";

/** Gives the drafts of one rule and file their name, priority and fingerprint, in source order. */
export function finish(rule: Pick<Rule, "name" | "meta">, project: ProjectFacts, drafts: Draft[]): Finding[] {
  const seen = new Map<string, number>();
  return drafts
    .sort((a, b) => a.span.start - b.span.start)
    .map((draft) => {
      const code = project.program.text(draft.file, draft.span);
      const around = enclosingName(project, draft);
      // Two that differ in their line breaks alone are equal, as their fingerprints see them.
      const key = `${around}\u0000${onOneLine(code)}`;
      const occurrence = seen.get(key) ?? 0;
      seen.set(key, occurrence + 1);
      return {
        rule: rule.name,
        priority: rule.meta.priority,
        detail: { kind: "none" },
        ...draft,
        library: packageName(draft.library),
        fingerprint: fingerprint(rule.name, draft.file, around, code, occurrence),
      };
    });
}

function enclosingName(project: ProjectFacts, { file, span }: Draft): string {
  const around = project.program
    .file(file)
    .functions.filter((fn) => fn.id !== 0 && fn.span.start <= span.start && span.end <= fn.span.end)
    .sort((a, b) => a.span.end - a.span.start - (b.span.end - b.span.start));
  return around.map((fn) => fn.name).filter(Boolean).join("<");
}
