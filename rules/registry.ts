// Made from the rule files by `npm run registry`; not edited by hand.
import { noDuplicateSession } from "./no-duplicate-session.js";
import { noMixedSqliteLibraries } from "./no-mixed-sqlite-libraries.js";
import { noRawDatabaseFileAccess } from "./no-raw-database-file-access.js";
import { noSessionPerCall } from "./no-session-per-call.js";
import { noUnbatchedLoopTransaction } from "./no-unbatched-loop-transaction.js";
import { requireSessionInit } from "./require-session-init.js";
import type { Rule } from "./rule.js";

/** Every rule, by name. Options are checked against the rule's schema before they reach it. */
export const RULES: readonly Rule[] = [
  noDuplicateSession,
  noMixedSqliteLibraries,
  noRawDatabaseFileAccess,
  noSessionPerCall,
  noUnbatchedLoopTransaction,
  requireSessionInit,
];

export function ruleNamed(name: string): Rule | undefined {
  return RULES.find((rule) => rule.name === name);
}
