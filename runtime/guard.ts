import { ACCESS, READER, late, nearest, permit } from "./access.js";
import type { Access, Guarded } from "./access.js";
import type { Connection } from "./connection.js";
import { statementRan } from "./diagnostics.js";
import type { StatementEvent } from "./diagnostics.js";
import { SessionBusyError, TransactionClosedError, isBusy } from "./errors.js";
import type { Frame } from "./frame.js";
import { readerOf } from "./reader.js";
import { registry } from "./registry.js";
import { resumeWaiting } from "./session-state.js";
import type { SessionState } from "./session-state.js";

type Method = (this: object, ...args: unknown[]) => unknown;

/** What the guard has to know of a library's statements. */
export interface StatementShape {
  /** Methods that execute the statement and may return rows. */
  readonly runs: readonly string[];
  /** Methods that change how it returns them. */
  readonly settings: readonly string[];
  source(statement: object): string;
  /** Returns rows and writes nothing. */
  readsOnly(statement: object): boolean;
}

/**
 * How a statement's settings were changed, so that they can be repeated on the reader's twin of it. Absent for statements
 * that were prepared before the guard was there: theirs are not known.
 */
const settingsOf = new WeakMap<object, [string, unknown[]][]>();
const NO_SETTINGS: [string, unknown[]][] = [];

/** Marks a prototype whose methods are guarded; known to all copies of this package. */
const PATCHED = Symbol.for("sessionfix-runtime.guarded.v2");

/** Guards a statement that was prepared through a session or a `tx`. */
export function guardStatement<T extends object>(statement: T, access: Access, shape: StatementShape): T {
  guardStatements(Object.getPrototypeOf(statement) as object, shape);
  settingsOf.set(statement, NO_SETTINGS);
  if (accessOfStatement(statement) !== access) Object.defineProperty(statement, ACCESS, { value: access });
  return statement;
}

/** better-sqlite3's statements name the handle that they were prepared on; others are marked. */
function accessOfStatement(statement: object): Access | undefined {
  const own = (statement as Partial<Guarded>)[ACCESS];
  if (own !== undefined) return own;
  return (statement as { database?: Partial<Guarded> }).database?.[ACCESS];
}

/**
 * Puts the guard between the callers of a library's statements and the library, once for all of them: a statement may
 * have been prepared long before its session was given to this package. Those of other handles pass.
 */
export function guardStatements(prototype: object, shape: StatementShape): void {
  if (Object.hasOwn(prototype, PATCHED)) return;
  define(prototype, PATCHED, true);
  for (const name of shape.runs) {
    const method = methodOf(prototype, name);
    if (method !== undefined) define(prototype, name, guardedRun(name, method, shape));
  }
  for (const name of shape.settings) {
    const method = methodOf(prototype, name);
    if (method === undefined) continue;
    define(prototype, name, function (this: object, ...args: unknown[]) {
      const result = method.apply(this, args);
      const settings = settingsOf.get(this);
      if (settings === NO_SETTINGS) settingsOf.set(this, [[name, args]]);
      else settings?.push([name, args]);
      return result;
    });
  }
}

/** On a guarded method: the library's own. */
const OWN = Symbol.for("sessionfix-runtime.own.v2");

/** A statement of the runtime's own, which needs no permission. */
export function unguarded<T extends object>(statement: T): T {
  for (const name of ["run", "get", "all"]) {
    const method = methodOf(statement, name);
    if (method === undefined) continue;
    const own = (method as { [OWN]?: Method })[OWN] ?? method;
    // A method that the application put on the statement itself may call the guarded one.
    define(statement, name, Object.hasOwn(statement, name) ? (...args: unknown[]) => pass(() => method.apply(statement, args)) : own.bind(statement));
  }
  return statement;
}

/** Runs a synchronous call that was permitted as a whole, with whatever statements the library makes of it. */
export function pass<R>(call: () => R): R {
  const before = registry.passing;
  registry.passing = true;
  try {
    return call();
  } finally {
    registry.passing = before;
  }
}

function guardedRun(name: string, method: Method, shape: StatementShape): Method {
  const guarded = function (this: object, ...args: unknown[]): unknown {
    const access = accessOfStatement(this);
    if (access === undefined || registry.passing) return method.apply(this, args);
    let frame: Frame | undefined;
    // By far the most statements: outside of all transactions.
    if (access.frame !== undefined || access.state.open !== undefined || registry.context.getStore() !== undefined) {
      const permitted = permit(access, name !== "run" && shape.readsOnly(this));
      if (permitted === READER) return twinOf(this, access, shape)[name]!(...args);
      frame = permitted;
      if (frame !== undefined) frame.firstSql ??= shape.source(this);
    }
    if (access.state.waitingStopped && mayWait(access.state, frame)) resumeWaiting(access.state);
    if (statementRan.hasSubscribers) return observed(access, frame, shape.source(this), () => method.apply(this, args));
    return method.apply(this, args);
  };
  define(guarded, OWN, method);
  return guarded;
}

/** With a write-ahead log, who has the write lock waits for nobody. */
function mayWait(state: SessionState, frame: Frame | undefined): boolean {
  return frame === undefined || !state.wal || state.attached || frame.mode === "deferred";
}

type Calls = Record<string, (...args: unknown[]) => unknown>;

/** By statement, with what it was made from: preparing costs more than most reads. */
const twins = new WeakMap<object, { readonly reader: Connection; readonly settings: number; readonly calls: Calls }>();

/** The same statement on the connection that sees what is committed. */
function twinOf(statement: object, access: Access, shape: StatementShape): Calls {
  const { state } = access;
  const reader = readerOf(state);
  const settings = settingsOf.get(statement);
  if (settings === undefined) throw notReadable(state.path, new Error("it was prepared before this package knew the session, so that its settings (pluck() and the like) are not known; prepare it later, or open the session through a factory"));
  const known = twins.get(statement);
  if (known?.reader === reader && known.settings === settings.length) return known.calls;
  try {
    const twin = reader.prepare(shape.source(statement)) as unknown as Calls;
    for (const [name, args] of settings) twin[name]!(...args);
    const calls = readingTwin(twin, shape, state.path);
    twins.set(statement, { reader, settings: settings.length, calls });
    return calls;
  } catch (error) {
    throw notReadable(state.path, error);
  }
}

/** Only with a rollback journal: a reader has to wait for a commit, which this call cannot. */
function readingTwin(twin: Calls, shape: StatementShape, path: string): Calls {
  const calls: Calls = {};
  for (const name of shape.runs) {
    calls[name] = (...args) => {
      try {
        return twin[name]!(...args);
      } catch (error) {
        throw isBusy(error) ? notReadable(path, error) : error;
      }
    };
  }
  return calls;
}

function notReadable(path: string, cause: unknown): SessionBusyError {
  return new SessionBusyError(
    `A transaction is open on the session for ${path}, and a read of another task cannot be served beside it: ${cause instanceof Error ? cause.message : String(cause)}. Read inside of await transaction(), which waits its turn.`,
    { cause },
  );
}

/** Permits a call of the handle itself: `exec`, `pragma` and the like. */
export function enter(access: Access, readsOnly: boolean, source: string): Frame | undefined | typeof READER {
  const { state } = access;
  let permitted: Frame | undefined | typeof READER;
  if (access.frame !== undefined || state.open !== undefined || registry.context.getStore() !== undefined) permitted = permit(access, readsOnly);
  if (state.waitingStopped) resumeWaiting(state);
  if (permitted !== READER && permitted !== undefined) permitted.firstSql ??= source;
  return permitted;
}

/** `exec` on behalf of a transaction's body. Ending the transaction is its owner's part alone. */
export function execute<R>(access: Access, source: string, exec: () => R): R {
  const frame = enter(access, false, source);
  if (typeof frame === "object" && ENDS_TRANSACTION.test(source)) throw notYours(frame, source);
  const result = statementRan.hasSubscribers ? observed(access, typeof frame === "object" ? frame : undefined, source, exec) : exec();
  noteSettings(access.state, source);
  return result;
}

/** `BEGIN` inside of a transaction is SQLite's own error. `ROLLBACK TO` belongs to savepoints. */
const ENDS_TRANSACTION = /^\s*(?:commit|end|rollback(?!\s+(?:transaction\s+)?to\b))\b/i;

/** Before a statement is prepared through the handle. */
export function enterHandle(access: Access, source: string): void {
  const { state, frame } = access;
  if (frame?.status === "ended") throw late(frame);
  if (SELDOM.test(source)) return; // by far the most
  noteSettings(state, source);
  if (!ENDS_TRANSACTION.test(source)) return;
  const inside = nearest(access);
  if (inside?.status === "active") throw notYours(inside, source);
}

const SELDOM = /^[SIUDW]/i;

/** What the runtime relies on and a statement may change. A name in a comment or a value costs a look, no more. */
export function noteSettings(state: SessionState, source: string): void {
  if (!/busy_timeout|attach|journal_mode/i.test(source)) return;
  // SQLite sets the timeout already when the statement is prepared.
  resumeWaiting(state);
  state.busyTimeout = undefined;
  if (/attach/i.test(source)) state.attached = true;
  if (/journal_mode/i.test(source)) state.wal = false;
}

function notYours(frame: Frame, source: string): TransactionClosedError {
  return new TransactionClosedError(
    `"${frame.label}" cannot be ended by ${JSON.stringify(source.trim().slice(0, 40))}: it commits when its body returns and rolls back when it throws. Return or throw instead.`,
  );
}

export function observed<R>(access: Access, frame: Frame | undefined, sql: string, run: () => R): R {
  const startedAt = performance.now();
  let error: unknown;
  try {
    return run();
  } catch (caught) {
    error = caught;
    throw caught;
  } finally {
    statementRan.publish({
      sql, label: frame?.givenLabel, path: access.state.path, durationMs: performance.now() - startedAt,
      inTransaction: frame !== undefined, ...(error === undefined ? {} : { error }),
    } satisfies StatementEvent);
  }
}

/** Defines what a library's own method would be: writable, so that a test can spy on it, and not enumerable. */
export function define(target: object, name: string | symbol, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}

export function methodOf(target: object, name: string): Method | undefined {
  const method: unknown = Reflect.get(target, name);
  return typeof method === "function" ? (method as Method) : undefined;
}
