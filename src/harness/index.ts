/**
 * `sessionfix/verify`: scenarios, and what `sessionfix verify` does as a function.
 *
 * @example
 * import { defineScenario } from "sessionfix/verify";
 */
export type { RequestSpec } from "./actor-run.js";
export { HarnessError, type HarnessErrorCode } from "./errors.js";
export type { HttpAnswer } from "./http-client.js";
export type { Invariant } from "./invariants.js";
export type { OpenedDatabase, Row, Value } from "./open-database.js";
export type { Random } from "./random.js";
export { defineScenario } from "./verify/scenario.js";
export type { Actor, ActorContext, CompareSpec, PrepareContext, Scenario, ServerSpec, SetUpContext } from "./verify/scenario.js";
export type { Thresholds } from "./verify/thresholds.js";
export { verify, type VerifyRequest } from "./verify/verify.js";
export type { AloneReport, InvariantOutcome, Machine, ProgramReport, RunReport, VerifyCriterion, VerifyReport, VerifySettings, VerifyVerdict } from "../core/verify-report.js";
export type { ActorReport, CurvePoint, LockHold, LockSummary, LoopDelay, ProcessReport, Quantiles } from "../core/measured.js";
