import { accessOf, late, nearest } from "./access.js";
import { Frame, capturePlace } from "./frame.js";
import { FifoLock } from "./fifo-lock.js";
import { mayBegin } from "./file-queue.js";
import { begin, commit, end, isObserved, rollback } from "./lifecycle.js";
import type { Measure } from "./lifecycle.js";
import { DEFAULT_TIMEOUT_MS, NO_OPTIONS, checkFunction, checkOptions } from "./options.js";
import { isPromiseLike } from "./promises.js";
import { currentFrame, registry } from "./registry.js";
import { stateOf } from "./session-state.js";
import type { SqliteSession } from "./sqlite-connection.js";
import type { TransactionOptions } from "./types.js";
import { retry, waitForLock, waitForTurn } from "./waiting.js";
import type { Patience } from "./waiting.js";

/**
 * Runs `body` in a transaction on `session` and resolves with what it returns; when it throws, all is rolled back.
 *
 * The session is served first come, first served, and waiting for it or for the file's lock never blocks the event
 * loop. A synchronous body runs from `BEGIN` to `COMMIT` in one turn of the loop; an asynchronous one keeps the session
 * until it has settled. Inside a transaction of the same session (same asynchronous context) a savepoint is made.
 *
 * @throws {LockTimeoutError} after `timeoutMs` (default 10,000 ms) without the session or the lock. It names the holder.
 * @throws {DeadlockError} at once, when the wait could never end.
 * @throws {SessionClosedError} when the session is closed or being closed.
 * @throws {TransactionClosedError} when the transaction ended before its body did, or a nested one was not awaited.
 * @throws {UnsupportedSessionError} when `session` is neither a better-sqlite3 Database nor a node:sqlite DatabaseSync.
 */
export function transaction<S extends SqliteSession, R>(
  session: S,
  body: (tx: S) => R,
  options: TransactionOptions = NO_OPTIONS,
): Promise<Awaited<R>> {
  return runTransaction(session, body, options, undefined, transaction);
}

/** {@link transaction} for callers inside this package: `measure` gets the times, stacks begin outside of `entry`. */
export function runTransaction<S extends SqliteSession, R>(
  session: S,
  body: (tx: S) => R,
  options: TransactionOptions,
  measure: Measure | undefined,
  entry: (...args: never[]) => unknown,
): Promise<Awaited<R>> {
  try {
    checkOptions(options);
    checkFunction("The transaction's body", body);
    options.signal?.throwIfAborted();
    const context = currentFrame();
    const outer = outerOf(session);
    // A session that is being closed still serves the savepoints of what it waits for.
    const state = outer?.state ?? stateOf(session);
    const frame = new Frame(state, context, outer, options.mode ?? "immediate", options.label);
    if (measure !== undefined || isObserved()) frame.requestedAt = performance.now();
    const run: Run<S, R> = { frame, body, options, measure, entry };
    const lock = outer === undefined ? state.lock : (outer.children ??= new FifoLock<Frame>());
    if (!lock.tryTake(frame)) return runAfterTurn(run, waitFrom(run));
    return beginNow(run) ? runBody(run) : runAfterLock(run, waitFrom(run));
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * The transaction of the same session that the call is inside of.
 *
 * @throws {TransactionClosedError} when that one has ended: what is asked for would commit without it.
 */
export function outerOf(session: unknown): Frame | undefined {
  const access = accessOf(session);
  const outer = access === undefined ? undefined : nearest(access);
  if (outer?.status === "ended") throw late(outer);
  return outer;
}

/** What the body gets: the session, for as long as the transaction is open. */
export function handleFor(frame: Frame): object {
  const { state } = frame;
  return state.library.handle(state.session, { state, frame });
}

interface Run<S, R> {
  readonly frame: Frame;
  readonly body: (tx: S) => R;
  readonly options: TransactionOptions;
  readonly measure: Measure | undefined;
  readonly entry: (...args: never[]) => unknown;
}

/** From here on the call outlives the caller's turn, so it has to know where it came from. */
function waitFrom<S, R>({ frame, options, measure, entry }: Run<S, R>): Patience {
  frame.place = measure?.place ?? capturePlace(entry);
  const now = performance.now();
  if (frame.requestedAt === 0) frame.requestedAt = now;
  return { since: now, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, signal: options.signal };
}

function beginNow<S, R>(run: Run<S, R>): boolean {
  try {
    return mayBegin(run.frame) && begin(run.frame);
  } catch (error) {
    end(run.frame, "refused", run.measure, error);
    throw error;
  }
}

async function runAfterTurn<S, R>(run: Run<S, R>, patience: Patience): Promise<Awaited<R>> {
  try {
    await waitForTurn(run.frame, patience);
  } catch (error) {
    end(run.frame, "refused", run.measure, error);
    throw error;
  }
  return beginNow(run) ? runBody(run) : runAfterLock(run, patience);
}

async function runAfterLock<S, R>(run: Run<S, R>, patience: Patience): Promise<Awaited<R>> {
  try {
    await waitForLock(run.frame, patience);
  } catch (error) {
    end(run.frame, "refused", run.measure, error);
    throw error;
  }
  return runBody(run);
}

/** The body, and the end of the transaction. Synchronous throughout where the body is. */
function runBody<S, R>(run: Run<S, R>): Promise<Awaited<R>> {
  const { frame, body } = run;
  let result: R;
  try {
    result = registry.context.run(frame, body, handleFor(frame) as S);
  } catch (error) {
    return undo(run, error);
  }
  if (isPromiseLike(result)) {
    frame.place ??= run.measure?.place ?? capturePlace(run.entry);
    if (frame.outer === undefined) frame.state.open = frame;
    return settle(run, result);
  }
  return finish(run, result as Awaited<R>);
}

async function settle<S, R>(run: Run<S, R>, pending: PromiseLike<unknown>): Promise<Awaited<R>> {
  let result: Awaited<R>;
  try {
    result = (await pending) as Awaited<R>;
  } catch (error) {
    return undo(run, error);
  }
  return finish(run, result);
}

function finish<S, R>(run: Run<S, R>, result: Awaited<R>): Promise<Awaited<R>> {
  const { frame, options } = run;
  try {
    options.signal?.throwIfAborted();
    if (!commit(frame)) return commitLater(run, result);
  } catch (error) {
    return undo(run, error);
  }
  end(frame, "commit", run.measure);
  return Promise.resolve(result);
}

/** Only with a rollback journal: readers keep the commit from the file. */
async function commitLater<S, R>(run: Run<S, R>, result: Awaited<R>): Promise<Awaited<R>> {
  const { frame, options } = run;
  frame.place ??= run.measure?.place ?? capturePlace(run.entry);
  const patience: Patience = { since: performance.now(), timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, signal: options.signal };
  try {
    await retry(frame, patience, "commit", () => commit(frame));
  } catch (error) {
    return undo(run, error);
  }
  end(frame, "commit", run.measure);
  return result;
}

function undo<S, R>(run: Run<S, R>, error: unknown): Promise<never> {
  rollback(run.frame, error);
  end(run.frame, "rollback", run.measure, error);
  return Promise.reject(error);
}
