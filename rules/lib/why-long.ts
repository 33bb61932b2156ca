import type { LoopFact } from "../../src/core/facts/types.js";
import type { Place } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionName } from "../../src/core/link/names.js";
import { listOriginOf, type ListOrigin } from "../../src/core/link/origins/list-origin.js";
import type { TransactionSite } from "../../src/core/link/transactions.js";

/** Why the list of a loop can be long: where it comes from, and who hands it on, in that order; empty when nothing is known. */
export function whyLong(project: ProjectFacts, file: string, loop: LoopFact, site?: TransactionSite): Place[] {
  const origin = listOriginOf(project.contexts, file, loop, site);
  if (!origin || !("symbol" in loop.bound)) return [];
  const { program } = project;
  const { symbol } = loop.bound;
  const handed = origin.handed.map(({ file: from, call, argument, to }): Place => ({
    file: from,
    span: call.argSpans[argument] ?? call.span,
    about: "list",
    text: `\`${program.text(from, call.argSpans[argument] ?? call.span).replace(/\s+/g, " ").slice(0, 60)}\` is handed to ${functionName(project, to)}`,
  }));
  return [{ ...placeOf(file, loop, origin), about: "list", text: textOf(project, symbol, origin) }, ...handed];
}

function textOf(project: ProjectFacts, symbol: string, origin: ListOrigin): string {
  switch (origin.kind) {
    case "rows":
      return `\`${symbol}\`: all rows${origin.table === undefined ? "" : ` of \`${origin.table}\``} that this query finds (no LIMIT)`;
    case "document":
      return `\`${symbol}\`: as many as the document has that is read here`;
    case "answer":
      return `\`${symbol}\`: as many as another server answers with`;
    case "request": {
      const step = project.contexts.of(origin.entry).get("per-call");
      const label = step?.entry === undefined ? "a request" : project.labels.of(origin.entry, step.entry, step);
      return `\`${symbol}\`: as many as ${origin.part} of ${label} holds, and no schema bounds it`;
    }
  }
}

function placeOf(file: string, loop: LoopFact, origin: ListOrigin): Omit<Place, "text"> {
  if (origin.kind !== "request") return { file: origin.file, span: origin.call.span };
  const [first] = origin.handed;
  if (first) return { file: first.file, span: first.call.argSpans[first.argument] ?? first.call.span };
  return { file, span: { ...loop.span, endLine: loop.span.line, endColumn: loop.span.column + 1 } };
}
