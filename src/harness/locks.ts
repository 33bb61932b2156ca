import { coveredMs, quantilesOf, round } from "./statistics.js";
import type { LockSummary, ProcessReport } from "./types.js";

/** Who held the write lock for how long, over all processes. @param window of the load, in ms since the epoch. */
export function summariseLocks(processes: readonly ProcessReport[], window: { start: number; end: number }): LockSummary {
  const holds = processes.flatMap((process) => process.holds);
  const held = coveredMs(
    holds
      .map(({ start, holdMs }) => ({ start: Math.max(start, window.start), end: Math.min(start + holdMs, window.end) }))
      .filter(({ start, end }) => start < end),
  );
  return {
    holdMs: quantilesOf(holds.map((hold) => hold.holdMs)),
    waitMs: quantilesOf(holds.map((hold) => hold.waitMs)),
    heldShare: round(held / (window.end - window.start), 3),
  };
}
