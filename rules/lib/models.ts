import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { CallFact } from "../../src/core/facts/types.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { StatementFact } from "../../src/core/link/statements.js";
import type { Token, TokenId } from "../../src/core/link/tokens.js";
import { oneOf } from "./one-of.js";
import { areSession, callsBefore, isLasting } from "./same-session.js";

/** Whether statements of tables' classes are on the transaction's session: of the class that it was begun on, or of any where the program opens one session for all of them. */
export function areModelsOf(project: ProjectFacts, site: JudgedTransaction, facts: readonly StatementFact[]): boolean {
  const models = facts.map(({ session, library }) => (library === site.library ? modelOf(project, session) : undefined));
  if (models.includes(undefined)) return false;
  const over = libraryWithId(site.library)?.over;
  if (!over) return isTheOnlyOne(project, site.library, (session) => areSession(project, site, [session]));
  const begun = site.sessions.map((session) => modelOf(project, session));
  if (begun.length === 0 || begun.includes(undefined)) return false;
  const owner = begun[0]?.owner;
  if (owner !== undefined && [...begun, ...models].every((model) => model?.owner === owner)) return true;
  return isTheOnlyOne(project, over.library, (session) => isLasting(project, session));
}

/** What a call in a chain is given may be a transaction's handle, where its library takes one there: `Order.query(options.trx)`. */
export function mayBeGiven(project: ProjectFacts, file: string, call: CallFact, facts: readonly StatementFact[]): boolean {
  const takes = facts.map(({ library }) => libraryWithId(library)?.over?.takes);
  return [call, ...callsBefore(project, file, call)].some(({ callee, args }) => {
    const name = callee.k === "member" ? callee.name : "";
    return takes.some((pattern) => pattern?.test(name) === true) && args.some(({ k }) => k !== "literal" && k !== "template");
  });
}

function modelOf({ graph }: ProjectFacts, id: TokenId | undefined): Extract<Token, { t: "typed" }> | undefined {
  const token = id === undefined ? undefined : graph.values.tokens.get(id);
  return token?.t === "typed" && token.role === "model" ? token : undefined;
}

function isTheOnlyOne(project: ProjectFacts, library: string, isRight: (session: TokenId) => boolean): boolean {
  const [only, more] = new Set(project.opens.flatMap((open) => (open.library === library && project.program.role(open.file) === "source" ? [oneOf(project, open.token)] : [])));
  return only !== undefined && more === undefined && isRight(only);
}
