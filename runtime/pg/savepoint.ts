import { LockTimeoutError } from "../errors.js";
import { FifoLock } from "../fifo-lock.js";
import { attachSuppressed } from "../lifecycle.js";
import { describeHolder } from "../lock-holder.js";
import { DEFAULT_TIMEOUT_MS } from "../options.js";
import { serverContext } from "../server.js";
import type { Patience } from "../waiting.js";
import { startDeadline } from "./clients.js";
import { answerTimeoutMs, assertWhole, end, failedWithin, refuseChildren } from "./ending.js";
import type { Run } from "./ending.js";
import { PgFrame, contextFrame, holderOf, late } from "./frame.js";
import { handleFor, watched } from "./handle.js";

/** Runs the body in a savepoint of `outer`, after those that were asked for before it. */
export async function runSavepoint(run: Run, outer: PgFrame): Promise<unknown> {
  const { server, options, place } = run;
  const frame = new PgFrame(server, contextFrame(), outer, options.mode ?? "immediate", options.label, place);
  const lock = (outer.children ??= new FifoLock<PgFrame>());
  const link = outer.link!;
  const name = `sessionfix_${frame.depth}`;
  const withinMs = answerTimeoutMs(server);
  try {
    if (!lock.tryTake(frame)) await waitForSiblings(frame, lock, { since: frame.requestedAt, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, signal: options.signal });
  } catch (error) {
    end(run, frame, "refused", error);
    throw error;
  }
  try {
    frame.link = link;
    frame.status = "active";
    await watched(outer, name, () => link.own(`SAVEPOINT ${name}`, withinMs));
    frame.begunAt = performance.now();
  } catch (error) {
    end(run, frame, "refused", error);
    lock.release(frame);
    throw error;
  }
  try {
    const result = await serverContext.run(frame, () => run.body(handleFor(frame) as never));
    assertWhole(frame);
    options.signal?.throwIfAborted();
    frame.status = "ended";
    refuseChildren(frame);
    if (outer.status !== "active") throw late(outer);
    await link.own(`RELEASE SAVEPOINT ${name}`, withinMs).catch((error: unknown) => { throw frame.failure === undefined ? error : failedWithin(frame); });
    end(run, frame, "commit");
    return result;
  } catch (error) {
    frame.status = "ended";
    refuseChildren(frame);
    // What has ended around it has taken it along.
    if (outer.status === "active" && link.lost === undefined) {
      await link.own(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`, withinMs).catch((second: unknown) => { attachSuppressed(error, second); });
    }
    end(run, frame, "rollback", error);
    throw error;
  } finally {
    lock.release(frame);
  }
}

async function waitForSiblings(frame: PgFrame, lock: FifoLock<PgFrame>, patience: Patience): Promise<void> {
  const { granted, leave } = lock.wait(frame);
  const timer = startDeadline(patience, () => {
    const waitedMs = performance.now() - patience.since;
    const holder = lock.owner === undefined ? { where: "unknown", reason: "it had just ended" } as const : holderOf(lock.owner);
    leave(new LockTimeoutError(`"${frame.label}" waited ${Math.round(waitedMs)} ms for its turn in "${frame.outer?.label}": ${describeHolder(holder)}. It was not run. Await one nested transaction after the other.`, holder, waitedMs));
  });
  const onAbort = (): void => { leave(patience.signal?.reason); };
  patience.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await granted;
  } finally {
    clearTimeout(timer);
    patience.signal?.removeEventListener("abort", onAbort);
  }
}
