import type { ProcessReport } from "../types.js";

/** How a watched process finds the harness: `port:token` of a socket on the loopback interface. */
export const CONTROL_VARIABLE = "SESSIONFIX_HARNESS";

/** Names the actor of a request, so that locks taken for it carry its name. */
export const ACTOR_HEADER = "x-sessionfix-actor";

/** Messages are JSON, a line each. */
export type ToProbe = { type: "reset" } | { type: "report" };

export type FromProbe =
  | { type: "hello"; token: string; pid: number }
  | { type: "listening"; port: number }
  | { type: "reset-done" }
  | { type: "report"; report: ProcessReport };
