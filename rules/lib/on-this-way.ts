import type { ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { statementsRunBy } from "../../src/core/link/run-statements.js";
import type { StatementFact } from "../../src/core/link/statements.js";
import type { TokenId, TokenTable } from "../../src/core/link/tokens.js";
import { onDefault, parameterOf } from "./default-session.js";
import { startsOf } from "./same-session.js";

/**
 * What a call in a helper runs on this way to it, where that is up to the way: on the session that the helper falls back to (`tx = db`, `tx ?? db`), or on one that it is given here, where other ways
 * give it a transaction's handle. Nothing where it is up to something else.
 */
export function onThisWay(project: ProjectFacts, inside: InsideCall): StatementFact[] {
  const all = statementsRunBy(project.graph, inside.call);
  return all.length === 0 ? [] : (onDefault(project, inside, all)?.facts ?? onGiven(project, inside, all));
}

function onGiven(project: ProjectFacts, { file, call, fn, path }: InsideCall, facts: readonly StatementFact[]): StatementFact[] {
  const { values } = project.graph;
  const { solver, tokens } = values;
  const step = path.at(-1);
  for (const part of startsOf(project, file, call.callee)) {
    const parameter = part.k === "var" ? parameterOf(project, file, part.id, fn) : undefined;
    const given = parameter?.key === fn && step && !step.call.spread ? step.call.args[parameter.index] : undefined;
    if (!given || !step) continue;
    // A declared type that may hold either says less than what is seen to come there.
    const ids = [...solver.values(values.expression(step.file, given, step.call.fn))].filter((id) => !isEither(tokens, id));
    const isSession = ids.length > 0 && ids.every((id) => tokens.handleOf(id) === undefined && (tokens.sessionOf(id) !== undefined || tokens.get(id).t === "external"));
    return isSession ? facts.filter(({ owner }) => ids.includes(owner)) : [];
  }
  return [];
}

/** A type that a session and a transaction's handle have both. */
export function isEither(tokens: TokenTable, id: TokenId): boolean {
  const token = tokens.get(id);
  return token.t === "typed" ? token.role === "either" : token.t === "derived" && isEither(tokens, token.of);
}
