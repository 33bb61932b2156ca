export { compare, type Criterion, THRESHOLDS, type Verdict } from "./compare.js";
export { describeDifference, digestDatabase, type DatabaseState } from "../../src/harness/digest.js";
export { checkInvariants, type Invariant, type InvariantResult } from "../../src/harness/invariants.js";
export { renderVerdict } from "./render-verdict.js";
export { type ProgramRun, type RunOptions, runBoth, runScenario, withPrograms } from "./run-scenario.js";
export type { Actor, OperationContext, RequestSpec, Scenario, ScriptContext } from "./scenario.js";
export { marketplace } from "./scenarios/marketplace.js";
export type { ScenarioReport } from "./types.js";
