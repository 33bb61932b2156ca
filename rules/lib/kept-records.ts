import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import type { Stray } from "./strays.js";

/**
 * Whether what a transaction writes beside itself, at one place, is to stay when all else is undone: the lines of a logger, and what is written right before the transaction is given up. In a SQLite
 * file even that waits for the very lock that is held here.
 */
export function isToStay(project: ProjectFacts, site: JudgedTransaction, file: string, found: readonly Stray[]): boolean {
  return site.engine !== "sqlite" && (isLog(found[0]?.helper) || isRecordOfFailure(project, file, found));
}

function isLog(helper: string | undefined): boolean {
  return helper !== undefined && /(^|\.)(\w*logger|log)\.(trace|debug|info|warn|warning|error|fatal|log)$/i.test(helper);
}

/** `if (isAbuse) { await record("blocked"); throw new Error("blocked"); }`: in the transaction it would be undone at once. */
function isRecordOfFailure({ graph, program }: ProjectFacts, file: string, found: readonly Stray[]): boolean {
  const { branchEnd, fn, span } = found[0]?.at ?? {};
  if (branchEnd === undefined || span === undefined || !found.some(({ call }) => statementOf(graph, call)?.kind === "write")) return false;
  // Nothing else comes after the throw.
  const isLast = (thrown: { end: number }): boolean => thrown.end <= branchEnd && /^[\s;}]*$/.test(program.text(file, { start: thrown.end, end: branchEnd }));
  return program.file(file).throws.some((thrown) => thrown.fn === fn && span.end <= thrown.span.start && isLast(thrown.span));
}
