/** `sessionfix/verify`: the parts of the harness that scenarios and programs of one's own are written with. */
export { HarnessError, type HarnessErrorCode } from "./errors.js";
export type { HttpAnswer } from "./http-client.js";
export type { Invariant, InvariantResult } from "./invariants.js";
export type { OpenedDatabase } from "./open-database.js";
export type { Random } from "./random.js";
export type { RequestSpec } from "./actor-run.js";
