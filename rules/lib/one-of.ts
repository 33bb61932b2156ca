import type { CallFact, Expr } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { TokenId } from "../../src/core/link/tokens.js";

const found = new WeakMap<ProjectFacts, Map<TokenId, TokenId>>();

/**
 * The session that stands for all those among which a module's variable chooses once, when the module is loaded: the program has one of them, whichever it is, as in
 * `let sequelize; if (config.url) sequelize = new Sequelize(config.url); else sequelize = new Sequelize(config.database, …)`.
 */
export function oneOf(project: ProjectFacts, id: TokenId): TokenId {
  let stands = found.get(project);
  if (!stands) found.set(project, (stands = chosenIn(project)));
  return stands.get(id) ?? id;
}

function chosenIn({ program, opens }: ProjectFacts): Map<TokenId, TokenId> {
  const stands = new Map<TokenId, TokenId>();
  const tokens = new Map<CallFact, TokenId>();
  const files = new Set<string>();
  for (const { file, call, token } of opens) {
    // What runs once, in a branch that the others are not in.
    if (call.fn !== 0 || call.loop !== undefined || !call.conditional) continue;
    tokens.set(call, token);
    files.add(file);
  }
  for (const file of files)
    for (const id of new Set(program.file(file).assigns.flatMap(({ target }) => (target.k === "var" ? [target.id] : [])))) {
      const sessions = program.valuesOf(file, id).flatMap(alternatives).map((value) => (value.k === "call" ? tokens.get(program.call(file, value.id)) : undefined));
      const [first, second] = sessions;
      if (first === undefined || second === undefined || sessions.includes(undefined)) continue;
      for (const session of sessions) if (session !== undefined) stands.set(session, first);
    }
  return stands;
}

function alternatives(value: Expr): Expr[] {
  if (value.k === "typed" || value.k === "await") return alternatives(value.of);
  return value.k === "either" ? value.of.flatMap(alternatives) : [value];
}
