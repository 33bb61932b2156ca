import type { ProcessReport } from "../types.js";

export type ToProbe = { type: "reset" } | { type: "report" };

export type FromProbe =
  | { type: "listening"; port: number }
  | { type: "reset-done" }
  | { type: "report"; report: ProcessReport };
