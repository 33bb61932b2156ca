// Made from the rule files by `npm run registry`; not edited by hand.
import { boundedPool } from "./bounded-pool.js";
import { noAsyncSyncTransaction } from "./no-async-sync-transaction.js";
import { noAutocommitInLoop } from "./no-autocommit-in-loop.js";
import { noBeginOnPool } from "./no-begin-on-pool.js";
import { noDuplicateSession } from "./no-duplicate-session.js";
import { noFloatingQueryInTransaction } from "./no-floating-query-in-transaction.js";
import { noIoInTransaction } from "./no-io-in-transaction.js";
import { noLongBusyTimeout } from "./no-long-busy-timeout.js";
import { noMixedSqliteLibraries } from "./no-mixed-sqlite-libraries.js";
import { noNestedTransaction } from "./no-nested-transaction.js";
import { noOuterSessionInTransaction } from "./no-outer-session-in-transaction.js";
import { noParallelInTransaction } from "./no-parallel-in-transaction.js";
import { noQueryInLoop } from "./no-query-in-loop.js";
import { noRawDatabaseFileAccess } from "./no-raw-database-file-access.js";
import { noSessionPerCall } from "./no-session-per-call.js";
import { noSwallowedTransactionError } from "./no-swallowed-transaction-error.js";
import { noTransactionEscape } from "./no-transaction-escape.js";
import { noUnbatchedLoopTransaction } from "./no-unbatched-loop-transaction.js";
import { preferImmediateTransaction } from "./prefer-immediate-transaction.js";
import { requireEngineConfig } from "./require-engine-config.js";
import { requireRelease } from "./require-release.js";
import { requireSessionInit } from "./require-session-init.js";
import type { Rule } from "./rule.js";

/** Every rule, by name. Options are checked against the rule's schema before they reach it. */
export const RULES: readonly Rule[] = [
  boundedPool,
  noAsyncSyncTransaction,
  noAutocommitInLoop,
  noBeginOnPool,
  noDuplicateSession,
  noFloatingQueryInTransaction,
  noIoInTransaction,
  noLongBusyTimeout,
  noMixedSqliteLibraries,
  noNestedTransaction,
  noOuterSessionInTransaction,
  noParallelInTransaction,
  noQueryInLoop,
  noRawDatabaseFileAccess,
  noSessionPerCall,
  noSwallowedTransactionError,
  noTransactionEscape,
  noUnbatchedLoopTransaction,
  preferImmediateTransaction,
  requireEngineConfig,
  requireRelease,
  requireSessionInit,
];

export function ruleNamed(name: string): Rule | undefined {
  return RULES.find((rule) => rule.name === name);
}
