import { DeadlockError, LockTimeoutError, SessionClosedError } from "./errors.js";
import { RETRY_MS, enterQueue } from "./file-queue.js";
import type { Place } from "./file-queue.js";
import { isAround } from "./frame.js";
import type { Frame } from "./frame.js";
import { begin } from "./lifecycle.js";
import { describeHolder, findForeignHolder } from "./lock-holder.js";
import type { LockHolder } from "./lock-holder.js";
import { registry } from "./registry.js";
import type { Wait } from "./registry.js";

/** After this long the kernel is asked whether this very process holds the lock. */
const LOOK_AFTER_MS = 20;

/** The bounds of one call's wait. */
export interface Patience {
  /** `performance.now()` at the call. */
  readonly since: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Waits for the frame's turn in its session's (or its outer transaction's) queue. Rejects without having the turn. */
export async function waitForTurn(frame: Frame, patience: Patience): Promise<void> {
  const { lock } = frame;
  const wait: Wait = { frame, blockers: () => (lock.owner === undefined ? [] : [lock.owner]) };
  // A frame in nobody's context holds nothing yet, so nobody can be waiting for it.
  const joins = frame.parent !== undefined;
  if (joins) refuseDeadlock(wait);
  const { granted, leave } = lock.wait(frame);
  if (joins) registry.waits.add(wait);
  const timer = startDeadline(patience, () => {
    lock.endRest();
    if (lock.owner !== frame) leave(queueTimeout(frame, patience));
  });
  const onAbort = () => leave(patience.signal?.reason);
  patience.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await granted;
  } finally {
    clearTimeout(timer);
    patience.signal?.removeEventListener("abort", onAbort);
    if (joins) registry.waits.delete(wait);
  }
}

/** Setting a timer to more than this makes Node fire it at once. */
const LONGEST_TIMER_MS = 0x7fffffff;

function startDeadline(patience: Patience, onPassed: () => void): NodeJS.Timeout | undefined {
  const left = remaining(patience);
  return left > LONGEST_TIMER_MS ? undefined : setTimeout(onPassed, Math.max(0, left));
}

function remaining(patience: Patience): number {
  return patience.timeoutMs - (performance.now() - patience.since);
}

/** Tries to begin until the deadline, in its turn among the processes, the event loop running in between. */
export async function waitForLock(frame: Frame, patience: Patience): Promise<void> {
  const place = enterQueue(frame);
  try {
    await retry(frame, patience, "begin", () => begin(frame), place);
  } finally {
    place?.leave();
  }
}

/** Tries `attempt` every millisecond, or when `place` says so, until it succeeds; the frame is its session's owner meanwhile. */
export async function retry(frame: Frame, patience: Patience, phase: "begin" | "commit", attempt: () => boolean, place?: Place): Promise<void> {
  const { file } = frame.state;
  let looked = false;
  let holders: readonly Frame[] = [];
  const wait: Wait = { frame, blockers: () => (file.writer === undefined || file.writer === frame ? holders : [file.writer]) };
  registry.waits.add(wait);
  try {
    for (;;) {
      if (phase === "begin") refuseDeadlock(wait);
      const left = remaining(patience);
      if (left <= 0) {
        // Who has only waited for its turn so far has not tried: a free lock is no reason for a timeout.
        if (place !== undefined && attempt()) return;
        throw lockTimeout(frame, patience, phase);
      }
      await pause(Math.min(place?.pauseMs() ?? RETRY_MS, left), patience.signal, place);
      if (!frame.state.connection.open) {
        throw new SessionClosedError(`The session for ${frame.state.path || "a database in memory"} was closed while "${frame.label}" waited for its lock.`);
      }
      if (place?.mayTry() !== false) {
        if (attempt()) return;
        place?.foundBusy();
      }
      if (!looked && file.deferred.size > 0 && performance.now() - patience.since >= LOOK_AFTER_MS) {
        // A transaction of ours that began deferred may have taken the lock with its first write.
        looked = true;
        if (findForeignHolder(frame.state.path, phase).where === "this process") holders = [...file.deferred].filter((other) => other !== frame);
      }
    }
  } finally {
    registry.waits.delete(wait);
  }
}

/** Ends after `ms` (0: one turn of the event loop), or earlier when `place` has something to do. */
function pause(ms: number, signal: AbortSignal | undefined, place: Place | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const cancel = startPause(ms, () => {
      stop();
      resolve();
    });
    const stop = () => {
      cancel();
      signal?.removeEventListener("abort", onAbort);
      place?.onWake(undefined);
    };
    const onAbort = () => {
      stop();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    place?.onWake(() => {
      stop();
      resolve();
    });
  });
}

/** Neither is unref'ed: a process does not end while it waits. */
function startPause(ms: number, onEnd: () => void): () => void {
  if (ms === 0) {
    const immediate = setImmediate(onEnd);
    return () => clearImmediate(immediate);
  }
  const timer = setTimeout(onEnd, ms);
  return () => clearTimeout(timer);
}

/**
 * Throws when the wait can never end: what it waits for is, directly or through the waits of others, waiting for a
 * transaction that this wait is part of. New circles only ever close with a new wait, so this is the place to look.
 */
export function refuseDeadlock(wait: Wait): void {
  const path = findCircle(wait, wait.blockers(), new Set());
  if (path === undefined) return;
  throw deadlock(wait.frame, path);
}

function findCircle(start: Wait, blockers: readonly Frame[], seen: Set<Frame>): Frame[] | undefined {
  for (const blocker of blockers) {
    if (seen.has(blocker)) continue;
    seen.add(blocker);
    if (isAround(blocker, start.frame)) return [blocker];
    for (const other of registry.waits) {
      if (other === start || !isAround(blocker, other.frame)) continue;
      const rest = findCircle(start, other.blockers(), seen);
      if (rest !== undefined) return [blocker, ...rest];
    }
  }
  return undefined;
}

/** The error for a wait of `frame` for `path`, the last of which the frame is part of. */
export function deadlock(frame: Frame, path: readonly Frame[]): DeadlockError {
  const places = [frame, ...path].map((each) => ({ label: each.label, stack: each.place?.stack ?? "" }));
  const [first, ...others] = places;
  const circle = others.map((place) => `"${place.label}"${at(place.stack)}`).join(", which waits for ");
  return new DeadlockError(
    `"${first?.label}"${at(first?.stack ?? "")} would wait for ever: it waits for ${circle}, which cannot end before it. Use one session for one file, and take several sessions always in the same order.`,
    places,
  );
}

function at(stack: string): string {
  const line = stack.split("\n", 1)[0]?.trim() ?? "";
  return line === "" ? "" : ` (${line})`;
}

function queueTimeout(frame: Frame, patience: Patience): LockTimeoutError {
  const owner = frame.lock.owner;
  const holder: LockHolder = owner === undefined ? { where: "unknown", reason: "the session had just become free" } : holderOf(owner);
  return timeoutError(frame, patience, "session", holder);
}

/** What is known of a transaction of this thread, as the holder of a lock. */
export function holderOf(frame: Frame): LockHolder {
  const waits = frame.status === "waiting" && frame.outer === undefined;
  return {
    where: "this process",
    label: frame.label,
    stack: frame.place?.stack ?? "",
    ...(frame.firstSql === undefined ? {} : { firstSql: frame.firstSql }),
    heldForMs: waits ? 0 : performance.now() - frame.begunAt,
    ...(waits ? { waitsFor: fileHolder(frame) } : {}),
  };
}

/** Who keeps `frame` from the file's lock. */
export function fileHolder(frame: Frame, phase: "begin" | "commit" = "begin"): LockHolder {
  const { file, connection, path } = frame.state;
  if (file.writer !== undefined && file.writer !== frame) return holderOf(file.writer);
  if (phase === "begin" && connection.inTransaction) {
    return { where: "this process", label: "a transaction that was begun by hand on this session and is still open", stack: "", heldForMs: undefined };
  }
  const holder = findForeignHolder(path, phase);
  const [deferred] = file.deferred;
  return holder.where === "this process" && file.deferred.size === 1 && deferred !== undefined && deferred !== frame ? holderOf(deferred) : holder;
}

function lockTimeout(frame: Frame, patience: Patience, phase: "begin" | "commit"): LockTimeoutError {
  return timeoutError(frame, patience, phase === "begin" ? "write lock" : "readers to end before COMMIT", fileHolder(frame, phase));
}

export function timeoutError(frame: Frame, patience: Patience, what: string, holder: LockHolder): LockTimeoutError {
  const waited = performance.now() - patience.since;
  return new LockTimeoutError(
    `"${frame.label}" waited ${Math.round(waited)} ms for the ${what} of ${frame.state.path || "a database in memory"}: ${describeHolder(holder)}. Nothing was written. Shorten the holder's transaction, or raise timeoutMs.`,
    holder,
    waited,
  );
}
