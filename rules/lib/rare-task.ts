import type { CallFact } from "../../src/core/facts/types.js";
import { literalText } from "../../src/core/link/expressions.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { type OpenSite, partCalls } from "../../src/core/link/sessions.js";

/** What is done to a whole database, now and then, by the name of who does it. */
const RARE = /backup|vacuum|migrat/i;

interface Place {
  file: string;
  call: CallFact;
}

/**
 * Whether all that asks for a session of its own keeps the whole database in order: a copy, a VACUUM, a migration. That runs rarely, if on somebody's request, and often has a
 * reason to stay apart from the session that the others share.
 */
export function isForRareTask(project: ProjectFacts, open: OpenSite, uses: readonly Place[]): boolean {
  return uses.length > 0 && (uses.every((use) => isNamedRare(project, use)) || (uses.length === 1 && keepsInOrder(project, open)));
}

function isNamedRare({ program }: ProjectFacts, { file, call }: Place): boolean {
  return /(^|\/)migrations?[/.]/i.test(file) || program.file(file).functions.some(({ name, span }) => RARE.test(name) && span.start <= call.span.start && call.span.end <= span.end);
}

/** It is opened for `backup()` or `VACUUM`: nothing that a handler does for the data's sake. */
function keepsInOrder({ graph }: ProjectFacts, { token }: OpenSite): boolean {
  return partCalls(graph, token).some(({ call }) => (call.callee.k === "member" && call.callee.name === "backup") || /^\s*VACUUM\b/i.test(literalText(call.args[0] ?? { k: "unknown" }) ?? ""));
}
