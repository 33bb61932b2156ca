// Made from the rule files by `npm run registry`; not edited by hand.
import { noAsyncSyncTransaction } from "./no-async-sync-transaction.js";
import { noFloatingQueryInTransaction } from "./no-floating-query-in-transaction.js";
import { noIoInTransaction } from "./no-io-in-transaction.js";
import { noNestedTransaction } from "./no-nested-transaction.js";
import { noOuterSessionInTransaction } from "./no-outer-session-in-transaction.js";
import { noParallelInTransaction } from "./no-parallel-in-transaction.js";
import { noSessionPerCall } from "./no-session-per-call.js";
import { noSwallowedTransactionError } from "./no-swallowed-transaction-error.js";
import { noUnbatchedLoopTransaction } from "./no-unbatched-loop-transaction.js";
import type { Rule } from "./rule.js";

/** Every rule, by name. Options are checked against the rule's schema before they reach it. */
export const RULES: readonly Rule[] = [
  noAsyncSyncTransaction,
  noFloatingQueryInTransaction,
  noIoInTransaction,
  noNestedTransaction,
  noOuterSessionInTransaction,
  noParallelInTransaction,
  noSessionPerCall,
  noSwallowedTransactionError,
  noUnbatchedLoopTransaction,
];

export function ruleNamed(name: string): Rule | undefined {
  return RULES.find((rule) => rule.name === name);
}
