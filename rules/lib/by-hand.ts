import type { Expr, VariableId } from "../../src/core/facts/types.js";
import type { TransactionSite } from "../../src/core/link/transactions.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";

/** Whether a transaction is open from one call to another, rather than while a function runs. */
export function isByHand({ style }: TransactionSite): boolean {
  return style === "sql" || style === "handle";
}

/**
 * Whether only what is given something takes part in it: what beginning gave (`await knex.transaction()`), or the
 * connection that was taken out of a pool for it. Begun on the session itself, the session is the transaction.
 */
export function hasOwnConnection(project: ProjectFacts, site: JudgedTransaction): boolean {
  return isByHand(site) && (site.handles.length > 0 || site.client !== undefined) && (!(site.lender ?? site).call.conditional || isGivenOtherwise(project, site));
}

/** Whether its function is given a transaction where it begins none, so that one is open either way: `const trx = given ?? (await knex.transaction())`. */
function isGivenOtherwise({ program, graph: { values } }: ProjectFacts, site: JudgedTransaction): boolean {
  const { file, call } = site.lender ?? site;
  const isBegun = (expr: Expr): boolean => (expr.k === "await" || expr.k === "typed" ? isBegun(expr.of) : expr.k === "call" && expr.id === call.id);
  const isGiven = (expr: Expr): boolean => {
    const root = rootOf(expr);
    if (root === undefined || program.variable(file, root).kind !== "param") return false;
    return [...values.solver.values(values.expression(file, expr, call.fn))].every((id) => values.tokens.handleOf(id) !== undefined || values.tokens.sessionOf(id) === undefined);
  };
  return program.file(file).assigns.some(({ target, value, fn }) => fn === call.fn && target.k === "var" && value.k === "either" && value.of.some(isBegun) && value.of.every((expr) => isBegun(expr) || isGiven(expr)));
}

function rootOf(expr: Expr): VariableId | undefined {
  if (expr.k === "typed" || (expr.k === "member" && expr.name !== "*")) return rootOf(expr.of);
  return expr.k === "var" ? expr.id : undefined;
}

/**
 * Whether it is surely open when a call runs: what stands after a COMMIT or ROLLBACK may run when all is over, unless
 * that end stands in a branch that the call is not in. Such a branch leaves the function, as there is a COMMIT still to come.
 */
export function isSurelyOpen(site: JudgedTransaction, { call, path }: InsideCall): boolean {
  const at = (path[0]?.call ?? call).span.start;
  return [...site.commits, ...site.rollbacks].every(({ span, branchEnd }) => span.start > at || (branchEnd !== undefined && branchEnd <= at));
}
