import { detached } from "./access.js";
import { Frame } from "./frame.js";
import { currentFrame } from "./registry.js";
import type { SessionState } from "./session-state.js";
import { waitForTurn } from "./waiting.js";
import type { Patience } from "./waiting.js";

/**
 * Runs `work` when it is its turn on the session, without a transaction around it: for statements that SQLite refuses
 * inside of one, and for closing.
 */
export async function inTurn<R>(state: SessionState, label: string, patience: Patience, work: () => R): Promise<Awaited<R>> {
  const frame = new Frame(state, currentFrame(), undefined, "immediate", label);
  if (!state.lock.tryTake(frame)) await waitForTurn(frame, patience);
  try {
    return await detached(work);
  } finally {
    frame.status = "ended";
    state.lock.release(frame);
  }
}
