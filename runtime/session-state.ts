import { accessOf } from "./access.js";
import type { Connection, PreparedStatement } from "./connection.js";
import { SessionBusyError, SessionClosedError, UnsupportedSessionError, isBusy } from "./errors.js";
import { FifoLock } from "./fifo-lock.js";
import { inodeOf } from "./file-identity.js";
import { FileGuard } from "./foreign-sqlite.js";
import type { Frame } from "./frame.js";
import { LockRest } from "./lock-rest.js";
import { fileState } from "./registry.js";
import type { FileState } from "./registry.js";
import { libraries } from "./libraries.js";
import type { Library } from "./libraries.js";
import type { Extra } from "./reader.js";
import { DEFAULT_SLOW_LIMITS } from "./slow.js";
import type { SlowLimits } from "./slow.js";
import type { TransactionMode } from "./types.js";
import type { WalCare } from "./wal-care.js";

/** What this thread knows of one connection, whoever opened it. */
export interface SessionState {
  /** The library's own object, which the application uses. */
  readonly session: object;
  readonly library: Library;
  /** The same, past the guard. */
  readonly connection: Connection;
  /** Who may have a transaction open on this connection. */
  readonly lock: FifoLock<Frame>;
  /** The transaction whose asynchronous body runs: other tasks get their turns while it is open. */
  open: Frame | undefined;
  /** Absolute, as SQLite resolved it; empty for a database in memory. */
  readonly path: string;
  readonly file: FileState;
  readonly guard: FileGuard;
  /** Keeps its write-ahead log short, where a factory opened it. */
  care: WalCare | undefined;
  /** Whether the journal is a write-ahead log: then `COMMIT` never waits for readers. */
  wal: boolean;
  /** A `ROLLBACK` failed, and the transaction that it should have ended may still be open. */
  rollbackOwed: boolean;
  /** Whoever closes the session refuses new transactions from then on. */
  closing: boolean;
  readonly statements: Readonly<Record<TransactionMode | "commit" | "rollback", PreparedStatement>>;
  /** The session's busy timeout in ms; `undefined` where it may have been changed since it was read. */
  busyTimeout: number | undefined;
  /** SQLite's own is 0 at the moment, see `resumeWaiting`. */
  waitingStopped: boolean;
  /** Whether the guard sees every statement. Otherwise nothing that a statement relies on may be left changed. */
  readonly seesAll: boolean;
  /** Other database files were attached, whose locks are not held by a `BEGIN IMMEDIATE` alone. */
  attached: boolean;
  readonly readBusyTimeout: () => number;
  /** From when on its transactions are reported as slow. */
  slowLimits: SlowLimits;
  /** Serves the reads of other tasks while a transaction is open. */
  reader: { readonly connection: Connection; readonly extras: number } | undefined;
  readonly extras: Extra[];
}

/**
 * The state that belongs to a session (or to the `tx` of a transaction on it), made when the session is first seen. From
 * then on its statements are guarded.
 *
 * @throws {UnsupportedSessionError} when transactions on this object are beyond this package.
 * @throws {SessionClosedError} when it is closed.
 */
export function stateOf(session: unknown): SessionState {
  const known = accessOf(session)?.state;
  if (known !== undefined) {
    if (!known.connection.open || known.closing) throw closedError(known.path);
    return known;
  }
  const library = libraryOf(session);
  if (library === undefined) throw new UnsupportedSessionError(unsupported(session));
  return adopt(session as object, library);
}

export function libraryOf(session: unknown): Library | undefined {
  if (typeof session !== "object" || session === null) return undefined;
  return libraries().find((library) => library.recognizes(session));
}

/** The state of a session that is new to this package, and the guard in front of it. */
export function adopt(session: object, library: Library): SessionState {
  const connection = library.connect(session);
  if (!connection.open) throw closedError("");
  try {
    const state = makeState(session, library, connection);
    library.guard(session, { state, frame: undefined });
    return state;
  } catch (error) {
    throw explainBusyHandle(error, connection.name);
  }
}

function makeState(session: object, library: Library, connection: Connection): SessionState {
  const path = mainFile(connection);
  const prepare = (source: string) => connection.prepare(source);
  const commit = prepare("COMMIT");
  return {
    session,
    library,
    connection,
    lock: new FifoLock<Frame>(new LockRest(path)),
    open: undefined,
    path,
    file: fileState((path === "" ? undefined : inodeOf(path)) ?? `anonymous:${nextAnonymous++}`),
    guard: new FileGuard(connection, path),
    care: undefined,
    wal: false,
    rollbackOwed: false,
    closing: false,
    statements: {
      immediate: prepare("BEGIN IMMEDIATE"),
      deferred: prepare("BEGIN DEFERRED"),
      exclusive: prepare("BEGIN EXCLUSIVE"),
      commit,
      rollback: prepare("ROLLBACK"),
    },
    busyTimeout: undefined,
    waitingStopped: false,
    seesAll: library.seesEarlierStatements(session, commit),
    attached: false,
    readBusyTimeout: busyTimeoutReader(connection),
    slowLimits: DEFAULT_SLOW_LIMITS,
    reader: undefined,
    extras: [],
  };
}

let nextAnonymous = 1;

/** Asks SQLite and not the handle's `name`, which is relative to a folder that may no longer be the current one. */
function mainFile(connection: Connection): string {
  const list = connection.pragma("database_list");
  if (!Array.isArray(list)) return "";
  for (const row of list as readonly { name?: unknown; file?: unknown }[]) {
    if (row.name === "main") return typeof row.file === "string" ? row.file : "";
  }
  return "";
}

/**
 * `PRAGMA busy_timeout` answers with the value at the time it was prepared, so a prepared one goes stale. The
 * table-valued form prepares the pragma anew with each run and is a third cheaper than preparing it from here.
 */
function busyTimeoutReader(connection: Connection): () => number {
  let statement: PreparedStatement | undefined;
  // Preparing it reads the schema, for which a locked file may have to be waited for: not at the opening.
  return () => Number(((statement ??= connection.prepare("SELECT timeout FROM pragma_busy_timeout")).get() as { timeout: number | bigint }).timeout);
}

function closedError(path: string): SessionClosedError {
  return new SessionClosedError(
    `The session for ${path || "a database in memory"} is closed. Ask getSession() again instead of keeping the handle; after closeSessions() or close(), call initSessionFactory() or init() first.`,
  );
}

function unsupported(session: unknown): string {
  if (typeof session === "object" && session !== null && "then" in session) {
    return "A promise was given where a session is expected. Await getSession() first: this factory's open function is asynchronous.";
  }
  const given = session === null ? "null" : typeof session === "object" ? `an instance of ${session.constructor?.name ?? "no class"}` : `a ${typeof session}`;
  return `A transaction needs a better-sqlite3 Database or a node:sqlite DatabaseSync; ${given} was given. For another library, give batchedTransaction() a function that runs a callback in that library's own transaction.`;
}

/**
 * One attempt at `BEGIN`; waits for nobody.
 *
 * SQLite's busy handler would put the thread to sleep, so it is off during the attempt. Every other statement that may
 * have to wait keeps the timeout that the session has of its own.
 *
 * @returns `false` when someone else holds the lock or has a transaction open on this connection by hand.
 */
export function tryBegin(state: SessionState, mode: TransactionMode): boolean {
  const { connection } = state;
  if (!connection.open) throw closedError(state.path);
  if (connection.inTransaction && !payRollback(state)) return false;
  try {
    if (mode === "deferred") {
      // Its first write waits as the session is set to.
      resumeWaiting(state);
      state.statements.deferred.run();
    } else {
      stopWaiting(state);
      state.statements[mode].run();
    }
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw explainBusyHandle(error, state.path);
  }
}

/** One attempt at `COMMIT`; waits for no reader. `false`: the transaction is still open, try again. */
export function tryCommit(state: SessionState): boolean {
  if (state.wal) {
    state.statements.commit.run();
    return true;
  }
  try {
    stopWaiting(state);
    state.statements.commit.run();
    return true;
  } catch (error) {
    if (isBusy(error) && state.connection.inTransaction) return false;
    throw error;
  }
}

/**
 * Switches SQLite's busy handler off, for good until a statement comes that it is meant for: the guard sees each of them
 * and restores the session's own timeout first. Setting it around every `BEGIN` would cost as much as the `BEGIN`.
 */
function stopWaiting(state: SessionState): void {
  if (state.waitingStopped) return;
  // The guard forgets what it knows where a statement names the setting.
  const own = (state.busyTimeout ??= state.readBusyTimeout());
  if (own === 0) return;
  state.connection.exec("PRAGMA busy_timeout=0");
  state.waitingStopped = true;
}

/** At a transaction's end, for statements that come past the guard. */
export function resumeWaitingForUnseen(state: SessionState): void {
  if (!state.seesAll) resumeWaiting(state);
}

/** Gives the session back the busy timeout that it has of its own. */
export function resumeWaiting(state: SessionState): void {
  if (!state.waitingStopped) return;
  state.waitingStopped = false;
  state.connection.exec(`PRAGMA busy_timeout=${state.busyTimeout ?? 0}`);
}

/** Ends what a failed `ROLLBACK` of ours left open. A transaction that someone began by hand is left alone. */
function payRollback(state: SessionState): boolean {
  if (!state.rollbackOwed) return false;
  state.statements.rollback.run();
  state.rollbackOwed = false;
  return true;
}

/** better-sqlite3 refuses to begin while rows are being iterated; its message does not say what to do. */
export function explainBusyHandle(error: unknown, path: string): unknown {
  if (!(error instanceof TypeError) || !error.message.includes("busy executing a query")) return error;
  return new SessionBusyError(
    `No transaction can begin on the session for ${path || "a database in memory"} while rows of it are being iterated. Read them with .all() first, or iterate on a connection of its own.`,
    { cause: error },
  );
}

/** Reads the journal mode until it is a write-ahead log; from then on it is taken to stay one. */
export function noteJournalMode(state: SessionState): void {
  if (!state.wal) state.wal = state.connection.memory || state.connection.pragma("journal_mode", { simple: true }) === "wal";
}
