import { SessionBusyError, isBusy } from "./errors.js";
import { Frame, capturePlace } from "./frame.js";
import type { Place } from "./frame.js";
import { FifoLock } from "./fifo-lock.js";
import { assertWhole, begin, commit, end, guardBegin, isObserved, markBegun, rollback } from "./lifecycle.js";
import type { Measure } from "./lifecycle.js";
import { describeHolder, findForeignHolder } from "./lock-holder.js";
import { NO_OPTIONS, checkFunction, checkOptions } from "./options.js";
import { asyncResultError, isPromiseLike, refuseAsyncFunction } from "./promises.js";
import { currentFrame, registry } from "./registry.js";
import { handleFor, outerOf } from "./transaction.js";
import { explainBusyHandle, resumeWaiting, stateOf } from "./session-state.js";
import type { SessionState } from "./session-state.js";
import type { SqliteSession } from "./sqlite-connection.js";
import type { TransactionMode, TransactionSyncOptions } from "./types.js";
import { deadlock, fileHolder, holderOf, timeoutError } from "./waiting.js";

/**
 * Runs the synchronous `body` in a transaction on `session`, now, and returns what it returns; when it throws, all is
 * rolled back. Inside of a transaction of the same session, also one begun by hand, a savepoint is made.
 *
 * Waiting is left to SQLite and blocks the event loop: prefer `transaction` wherever the caller can await.
 *
 * @throws {AsyncBodyError} when `body` is asynchronous; before it runs, where that can be seen.
 * @throws {LockTimeoutError} after `timeoutMs` (default: the session's busy timeout). It names the holder.
 * @throws {DeadlockError} at once, when an asynchronous transaction of this thread holds the file's lock: it could not
 *   end while this call blocks the thread.
 * @throws {SessionBusyError} when another task has an asynchronous transaction open on this session.
 * @throws {SessionClosedError} when the session is closed or being closed.
 * @throws {UnsupportedSessionError} when `session` is neither a better-sqlite3 Database nor a node:sqlite DatabaseSync.
 */
export function transactionSync<S extends SqliteSession, R>(
  session: S,
  body: (tx: S) => R,
  options: TransactionSyncOptions = NO_OPTIONS,
): R {
  return runTransactionSync(session, body, options, undefined, transactionSync);
}

/** {@link transactionSync} for callers inside this package: `measure` gets the times, stacks begin outside of `entry`. */
export function runTransactionSync<S extends SqliteSession, R>(
  session: S,
  body: (tx: S) => R,
  options: TransactionSyncOptions,
  measure: Measure | undefined,
  entry: (...args: never[]) => unknown,
): R {
  checkOptions(options);
  checkFunction("The transaction's body", body);
  refuseAsyncFunction(body, "transactionSync", "transaction");
  const context = currentFrame();
  const outer = outerOf(session);
  const state = outer?.state ?? stateOf(session);
  const frame = new Frame(state, context, outer, options.mode ?? "immediate", options.label);
  if (measure !== undefined || isObserved()) frame.requestedAt = performance.now();
  takeTurn(frame);
  if (outer === undefined && state.connection.inTransaction && !state.rollbackOwed) {
    state.lock.release(frame);
    return runInsideHandBegun(frame, session, body);
  }
  try {
    if (outer === undefined) beginBlocking(frame, options.timeoutMs, measure?.place, entry);
    else begin(frame);
  } catch (error) {
    end(frame, "refused", measure, error);
    throw error;
  }
  return runBody(frame, body, measure);
}

/**
 * An owner that only waits for the file's lock does not have the connection in a transaction, so this call may go
 * first without taking its place: it is over before the owner can look again.
 */
function takeTurn(frame: Frame): void {
  const lock = frame.outer === undefined ? frame.state.lock : (frame.outer.children ??= new FifoLock<Frame>());
  if (lock.tryTake(frame)) return;
  const { owner } = lock;
  if (owner === undefined || owner.status === "waiting") return;
  throw new SessionBusyError(
    `"${frame.label}" cannot begin: the session for ${frame.state.path || "a database in memory"} is ${describeHolder(holderOf(owner))}, and a synchronous call cannot wait for it. Use await transaction(), which waits its turn.`,
  );
}

function beginBlocking(frame: Frame, timeoutMs: number | undefined, place: Place | undefined, entry: (...args: never[]) => unknown): void {
  const { state } = frame;
  const { file } = state;
  if (file.writer !== undefined || file.deferred.size > 0) refuseOwnThread(frame, () => place ?? capturePlace(entry));
  const since = performance.now();
  try {
    if (state.rollbackOwed) {
      state.statements.rollback.run();
      state.rollbackOwed = false;
    }
    resumeWaiting(state);
    if (timeoutMs === undefined) state.statements[frame.mode].run();
    else runWithTimeout(state, frame.mode, timeoutMs);
  } catch (error) {
    if (!isBusy(error)) throw explainBusyHandle(error, state.path);
    throw timeoutError(frame, { since, timeoutMs: timeoutMs ?? state.readBusyTimeout(), signal: undefined }, "write lock", fileHolder(frame));
  }
  // The wait is worth a second look at the clock only where somebody listens; a long one shows in the next event's time.
  markBegun(frame, frame.requestedAt === 0 ? since : performance.now());
  guardBegin(frame);
}

/** What an asynchronous transaction of this thread holds cannot be given up while this thread is blocked. */
function refuseOwnThread(frame: Frame, place: () => Place): void {
  const { file, path } = frame.state;
  if (frame.mode === "deferred") return;
  let holders: Frame[] = [];
  if (file.writer !== undefined) holders = [file.writer];
  else if (file.deferred.size > 0 && findForeignHolder(path).where === "this process") holders = [...file.deferred];
  const [holder] = holders;
  if (holder === undefined) return;
  frame.place = place();
  throw deadlock(frame, [holder]);
}

function runWithTimeout(state: SessionState, mode: TransactionMode, timeoutMs: number): void {
  const own = (state.busyTimeout ??= state.readBusyTimeout());
  state.connection.exec(`PRAGMA busy_timeout=${Math.min(Math.ceil(timeoutMs), 0x7fffffff)}`);
  try {
    state.statements[mode].run();
  } finally {
    state.connection.exec(`PRAGMA busy_timeout=${own}`);
  }
}

function runBody<S, R>(frame: Frame, body: (tx: S) => R, measure: Measure | undefined): R {
  try {
    const result = registry.context.run(frame, body, handleFor(frame) as S);
    if (isPromiseLike(result)) throw asyncResultError(result, "transactionSync", "transaction");
    assertWhole(frame);
    if (frame.outer === undefined) {
      frame.state.statements.commit.run();
      frame.state.guard.check(performance.now(), frame.mode === "deferred");
    } else commit(frame);
    end(frame, "commit", measure);
    return result;
  } catch (error) {
    if (frame.status === "ended") throw error;
    rollback(frame, error);
    end(frame, "rollback", measure, error);
    throw error;
  }
}

/** As better-sqlite3's own `db.transaction()` does inside of a `BEGIN` that is none of its: a savepoint. */
function runInsideHandBegun<S, R>(frame: Frame, session: S, body: (tx: S) => R): R {
  const { connection } = frame.state;
  connection.exec("SAVEPOINT sessionfix_hand");
  try {
    const result = body(session);
    if (isPromiseLike(result)) throw asyncResultError(result, "transactionSync", "transaction");
    connection.exec("RELEASE sessionfix_hand");
    return result;
  } catch (error) {
    if (connection.inTransaction) connection.exec("ROLLBACK TO sessionfix_hand;RELEASE sessionfix_hand");
    throw error;
  }
}
