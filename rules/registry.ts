// Made from the rule files by `npm run registry`; not edited by hand.
import { boundedPool } from "./bounded-pool.js";
import { noAutocommitInLoop } from "./no-autocommit-in-loop.js";
import { noBeginOnPool } from "./no-begin-on-pool.js";
import { noLongBusyTimeout } from "./no-long-busy-timeout.js";
import { noSessionPerCall } from "./no-session-per-call.js";
import { noUnbatchedLoopTransaction } from "./no-unbatched-loop-transaction.js";
import { requireEngineConfig } from "./require-engine-config.js";
import { requireRelease } from "./require-release.js";
import type { Rule } from "./rule.js";

/** Every rule, by name. Options are checked against the rule's schema before they reach it. */
export const RULES: readonly Rule[] = [
  boundedPool,
  noAutocommitInLoop,
  noBeginOnPool,
  noLongBusyTimeout,
  noSessionPerCall,
  noUnbatchedLoopTransaction,
  requireEngineConfig,
  requireRelease,
];

export function ruleNamed(name: string): Rule | undefined {
  return RULES.find((rule) => rule.name === name);
}
