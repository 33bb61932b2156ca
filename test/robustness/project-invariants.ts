import type { FileFacts, Span } from "../../src/core/facts/types.js";
import type { Finding } from "../../src/core/finding.js";
import { linkProject, type LinkHost } from "../../src/core/link/index.js";
import { detectAll } from "../../rules/detect.js";
import { difference } from "./plain.js";

/** Every rule, proven or not, over files that are linked with each other. */
export function findingsOf(facts: readonly FileFacts[], host: LinkHost): Finding[] {
  return detectAll(linkProject(facts, host), { strict: true });
}

/** Findings' places that are not in their files. */
export function misplaced(findings: readonly Finding[], facts: readonly FileFacts[], text: (file: string) => string | undefined): string[] {
  const problems: string[] = [];
  const known = new Set(facts.map(({ file }) => file));
  const look = (rule: string, file: string, span: Span): void => {
    const length = text(file)?.length ?? -1;
    if (!known.has(file)) problems.push(`${rule} names ${file}, which is no file of the project`);
    else if (!(span.start >= 0 && span.start <= span.end && span.end <= length)) problems.push(`${rule}: ${span.start} to ${span.end} of ${length} in ${file}`);
  };
  for (const { rule, file, span, why, related } of findings) {
    look(rule, file, span);
    for (const place of [...why, ...related]) look(rule, place.file, place.span);
  }
  return problems;
}

/** What changes when the files come in another order; undefined when nothing does. */
export function dependsOnOrder(facts: readonly FileFacts[], host: LinkHost, findings: readonly Finding[]): string | undefined {
  const half = Math.floor(facts.length / 2);
  const orders = [[...facts].reverse(), [...facts.slice(half), ...facts.slice(0, half)]];
  for (const order of orders) {
    const found = difference(findings, findingsOf(order, host));
    if (found !== undefined) return found;
  }
  return undefined;
}
