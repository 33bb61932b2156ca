import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { listOriginOf } from "../../src/core/link/origins/list-origin.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import type { HeldLoop } from "../../src/core/link/transactions.js";
import { touches } from "./handles.js";
import { contains } from "./turns.js";

/** Rows go before others come: a replacement and an import do that, whatever else belongs to them. */
const REMOVES = /^\s*["'`]?\s*DELETE\b|\b(delete|deleteMany|destroy|del|truncate|remove)\s*\(/i;

/**
 * A request hands over a list, and the transaction does something else for it besides the loop: it touches the order whose lines these are, writes the audit entry of the whole, asks
 * afterwards how many there are now. The list is a part of one unit then, and most often short. Imports and devices send lists that are all there is to be done. What is only asked
 * beforehand, whether it may be, makes no unit of it, nor does a row that the others need and that is made where it is missing.
 */
export function isOneUnit(project: ProjectFacts, { file, loop, path }: HeldLoop, site: JudgedTransaction): boolean {
  if (path.length > 0 || listOriginOf(project.contexts, file, loop, site)?.kind !== "request") return false;
  return [...project.inside.callsOf(site)].some((inside) => {
    const at = inside.path[0] ?? inside;
    if (at.file !== file || at.call.conditional || at.call.loop !== undefined || contains(loop.span, at.call.span)) return false;
    return touches(project, inside.call).some(({ kind }) => (kind === "write" && !removes(project, inside)) || (kind === "read" && at.call.span.start > loop.span.end));
  });
}

function removes({ program, graph }: ProjectFacts, { file, call }: InsideCall): boolean {
  return REMOVES.test(statementOf(graph, call)?.sql ?? program.text(file, call.span));
}
