import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { OpenPattern } from "../../src/core/catalogue/library.js";
import type { Expr } from "../../src/core/facts/types.js";
import { constantOf } from "../../src/core/link/constants.js";
import { engineOf } from "../../src/core/link/engines.js";
import { openPatternOf } from "../../src/core/link/library-calls.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { StatementFact } from "../../src/core/link/statements.js";
import { NAMED, type TokenId } from "../../src/core/link/tokens.js";

/** The pattern by which a session was opened; undefined for one of which only the declared type is known. */
export function openedBy({ graph, program }: ProjectFacts, session: TokenId): OpenPattern | undefined {
  const { tokens } = graph.values;
  const token = tokens.get(session);
  if (token.t !== "session") return undefined;
  const call = program.call(token.file, token.call);
  for (const id of graph.external.get(call) ?? []) {
    const callee = tokens.get(id);
    const open = callee.t === "external" ? openPatternOf(callee.module, callee.path, call.kind) : undefined;
    if (open?.library === token.library) return open.pattern;
  }
  return undefined;
}

/**
 * Whether each statement on a session may run on another connection. A declared type counts where every session type of its library is a pool's: what
 * is one connection has a type of its own there.
 */
export function isPool(project: ProjectFacts, session: TokenId): boolean {
  const token = project.graph.values.tokens.get(session);
  if (token.t === "session") return openedBy(project, session)?.kind === "pool" && !hasOneConnection(project, session);
  if (token.t !== "typed" || token.role !== "session" || token.owner?.startsWith(NAMED) === false) return false;
  const library = libraryWithId(token.library);
  return library !== undefined && library.engine === "server" && (library.opens.every(({ kind }) => kind === "pool") || library.clientTypes.length > 0) && library.acquires.length > 0;
}

/** Whether all that a call runs goes to a server through a pool itself, and not through a connection out of it: then each statement may take another one. */
export function areOnPools(project: ProjectFacts, statements: readonly StatementFact[]): boolean {
  const { tokens } = project.graph.values;
  return statements.every(({ owner, session }) => {
    const held = tokens.get(owner);
    const bare = held.t === "session" || held.t === "typed" || (held.t === "derived" && held.kind === "orm");
    return bare && session !== undefined && isPool(project, session) && engineOf(project.graph, session) === "server";
  });
}

/** `{ max: 1 }` */
function hasOneConnection(project: ProjectFacts, session: TokenId): boolean {
  const options = optionsOf(project, session);
  return options.some(({ name, value }) => {
    if (name === "pool") return value.k === "object" && value.props.some((inner) => isOne(inner));
    return isOne({ name, value });
  });
}

function isOne({ name, value }: { name: string; value: Expr }): boolean {
  return /^(max|connectionLimit|poolSize)$/.test(name) && value.k === "literal" && Number(value.value) === 1;
}

/** The options that a session is opened with, as far as they are written out, from all arguments. A spread is named `"..."`. */
export function optionsOf({ graph, program }: ProjectFacts, session: TokenId): { name: string; value: Expr; file: string }[] {
  const token = graph.values.tokens.get(session);
  if (token.t !== "session") return [];
  return program.call(token.file, token.call).args.flatMap((arg) => {
    const { file, expr } = constantOf(program, token.file, arg);
    return expr.k === "object" ? expr.props.map((prop) => ({ ...prop, file })) : [];
  });
}
