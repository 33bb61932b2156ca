import type { TransactionSite } from "../../src/core/link/transactions.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import type { JudgedTransaction } from "../../src/core/link/index.js";

/** Whether a transaction is open from one call to another, rather than while a function runs. */
export function isByHand({ style }: TransactionSite): boolean {
  return style === "sql" || style === "handle";
}

/**
 * Whether only what is given something takes part in it: what beginning gave (`await knex.transaction()`), or the
 * connection that was taken out of a pool for it. Begun on the session itself, the session is the transaction.
 */
export function hasOwnConnection(site: JudgedTransaction): boolean {
  return isByHand(site) && (site.handles.length > 0 || site.client !== undefined) && !(site.lender ?? site).call.conditional;
}

/**
 * Whether it is surely open when a call runs: what stands after a COMMIT or ROLLBACK may run when all is over, unless
 * that end stands in a branch that the call is not in. Such a branch leaves the function, as there is a COMMIT still to come.
 */
export function isSurelyOpen(site: JudgedTransaction, { call, path }: InsideCall): boolean {
  const at = (path[0]?.call ?? call).span.start;
  return [...site.commits, ...site.rollbacks].every(({ span, branchEnd }) => span.start > at || (branchEnd !== undefined && branchEnd <= at));
}
