import type { CallFact, Expr } from "../../src/core/facts/types.js";
import { parts } from "../../src/core/link/expressions.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import { type StatementFact, statementsOf } from "../../src/core/link/statements.js";
import type { TokenId } from "../../src/core/link/tokens.js";
import { optionsIndex } from "./option-style.js";

/** Properties in which contexts and repositories carry a session along. */
const MAX_PROPERTIES = 12;

/** What a call does to a database: one entry a session, client or handle that its receiver may be. */
export function touches(project: ProjectFacts, call: CallFact): StatementFact[] {
  return statementsOf(project.graph, call);
}

/** Whether a call runs on a transaction's handle, in at least one of the cases that the analysis cannot tell apart. */
export function mayUseHandle(project: ProjectFacts, facts: readonly StatementFact[]): boolean {
  return facts.some(({ owner }) => isHandle(project, owner) || isEither(project, owner));
}

function isHandle(project: ProjectFacts, id: TokenId): boolean {
  return project.graph.values.tokens.handleOf(id) !== undefined;
}

/** A declared type that may hold a session or a handle: `EntityManager`. */
function isEither(project: ProjectFacts, id: TokenId): boolean {
  const { tokens } = project.graph.values;
  const token = tokens.get(id);
  if (token.t === "typed") return token.role === "either" || token.role === "handle" || token.role === "client";
  if (token.t === "derived") return token.kind === "client" || isEither(project, token.of);
  return token.t === "part" && isEither(project, token.of);
}

/**
 * What a call runs in a transaction: on its handle, on the connection that BEGIN was sent to, or on the session where
 * the library has no handle or the transaction's function takes none, so that its author must mean the transaction.
 */
export function runsIn(project: ProjectFacts, site: JudgedTransaction, call: CallFact): StatementFact[] {
  const hasHandle = site.style === "handle" || site.pattern?.handle !== undefined;
  const own = !hasHandle || (site.bodies.length > 0 && site.bodies.every((key) => project.program.fnOf(key).fn.params.length === 0));
  return touches(project, call).filter((fact) => mayUseHandle(project, [fact]) || (own && fact.session !== undefined && site.sessions.includes(fact.session)));
}

/** Whether a call, or one that follows in its chain, is handed a transaction's handle: `save(tx, x)`, `.transacting(trx)`, `{ transaction: t }`. */
export function isGivenHandle(project: ProjectFacts, file: string, call: CallFact): boolean {
  const chain = [call, ...project.graph.program.chainAfter(file, call)];
  return chain.some((each) => each.args.some((arg, index) => carriesHandle(project, file, arg, each.fn) && !isUnread(project, each, index)));
}

/** `Page.destroy({ where }, { transaction })`: Sequelize reads the options of a statement, and nothing after them. */
function isUnread(project: ProjectFacts, call: CallFact, index: number): boolean {
  const options = optionsIndex(call);
  return options !== undefined && index > options && touches(project, call).some(({ library }) => library === "sequelize");
}

/** Whether a value is a handle or holds one. */
export function carriesHandle(project: ProjectFacts, file: string, expr: Expr, fn: number): boolean {
  const { values } = project.graph;
  for (const part of parts(expr))
    for (const id of values.solver.values(values.expression(file, part, fn))) {
      const token = values.tokens.get(id);
      if (token.t !== "part" && (isHandle(project, id) || isEither(project, id))) return true;
      if (token.t !== "object" && token.t !== "instance") continue;
      for (const property of values.propertiesOf(id).slice(0, MAX_PROPERTIES))
        for (const held of values.solver.values(values.field(id, property)))
          // A row that a statement gave is a part of the handle, and none itself.
          if (values.tokens.get(held).t !== "part" && (isHandle(project, held) || isEither(project, held))) return true;
    }
  return false;
}

/** The expression at the start of a chain: what `db.users.find().first()` is called on. */
export function receiverOf(project: ProjectFacts, file: string, call: CallFact): Expr {
  let at: Expr = call.callee;
  for (let depth = 0; depth < 100; depth++) {
    if (at.k === "typed" || at.k === "await") at = at.of;
    else if (at.k === "call") at = project.program.call(file, at.id).callee;
    else if (at.k === "member" && isChained(at.of)) at = at.of;
    else return at.k === "member" ? at.of : at;
  }
  return at;
}

function isChained(expr: Expr): boolean {
  return expr.k === "call" || (expr.k === "member" && isChained(expr.of)) || ((expr.k === "typed" || expr.k === "await") && isChained(expr.of));
}

/** Whether two expressions of one file are the same binding, member for member: `db`, `this.prisma`, `ctx.db`. */
export function sameBinding(left: Expr, right: Expr): boolean {
  if (left.k === "typed") return sameBinding(left.of, right);
  if (right.k === "typed") return sameBinding(left, right.of);
  if (left.k === "var") return right.k === "var" && left.id === right.id;
  if (left.k === "this") return right.k === "this";
  if (left.k === "member") return right.k === "member" && left.name === right.name && left.name !== "*" && sameBinding(left.of, right.of);
  return left.k === "global" && right.k === "global" && left.name === right.name;
}
