import { careOf } from "./checkpoints.js";
import { SessionBusyError, SessionClosedError, UnsupportedSessionError, isBusy } from "./errors.js";
import { FifoLock } from "./fifo-lock.js";
import { inodeOf } from "./file-identity.js";
import { FileGuard } from "./foreign-sqlite.js";
import type { Frame } from "./frame.js";
import { LockRest } from "./lock-rest.js";
import { fileState, registry } from "./registry.js";
import type { FileState } from "./registry.js";
import { isSqliteConnection } from "./sqlite-connection.js";
import type { SqliteConnection, SqliteStatement } from "./sqlite-connection.js";
import type { TransactionMode } from "./types.js";

/** What this thread knows of one connection, whoever opened it. */
export interface SessionState {
  readonly connection: SqliteConnection;
  /** Who may have a transaction open on this connection. */
  readonly lock: FifoLock<Frame>;
  /** Absolute, as SQLite resolved it; empty for a database in memory. */
  readonly path: string;
  readonly file: FileState;
  readonly guard: FileGuard;
  /** Whether the journal is a write-ahead log: then `COMMIT` never waits for readers. */
  wal: boolean;
  /** A `ROLLBACK` failed, and the transaction that it should have ended may still be open. */
  rollbackOwed: boolean;
  /** Whoever closes the session refuses new transactions from then on. */
  closing: boolean;
  readonly statements: Readonly<Record<TransactionMode | "commit" | "rollback", SqliteStatement>>;
  readonly readBusyTimeout: () => number;
}

/**
 * The state that belongs to a session, made at its first transaction.
 *
 * @throws {UnsupportedSessionError} when transactions on this object are beyond this package.
 * @throws {SessionClosedError} when it is closed.
 */
export function stateOf(session: unknown): SessionState {
  const known = typeof session === "object" && session !== null ? registry.states.get(session) : undefined;
  if (known !== undefined) {
    if (!known.connection.open || known.closing) throw closedError(known.path);
    return known;
  }
  if (!isSqliteConnection(session)) throw new UnsupportedSessionError(unsupported(session));
  if (!session.open) throw closedError(session.name);
  try {
    const state = makeState(session);
    registry.states.set(session, state);
    return state;
  } catch (error) {
    throw explainBusyHandle(error, session.name);
  }
}

function makeState(connection: SqliteConnection): SessionState {
  const path = mainFile(connection);
  const prepare = (source: string) => connection.prepare(source);
  return {
    connection,
    lock: new FifoLock<Frame>(new LockRest(path)),
    path,
    file: fileState((path === "" ? undefined : inodeOf(path)) ?? `anonymous:${nextAnonymous++}`),
    guard: new FileGuard(connection, path, careOf(connection)),
    wal: false,
    rollbackOwed: false,
    closing: false,
    statements: {
      immediate: prepare("BEGIN IMMEDIATE"),
      deferred: prepare("BEGIN DEFERRED"),
      exclusive: prepare("BEGIN EXCLUSIVE"),
      commit: prepare("COMMIT"),
      rollback: prepare("ROLLBACK"),
    },
    readBusyTimeout: busyTimeoutReader(connection),
  };
}

let nextAnonymous = 1;

/** Asks SQLite and not the handle's `name`, which is relative to a folder that may no longer be the current one. */
export function mainFile(connection: SqliteConnection): string {
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
function busyTimeoutReader(connection: SqliteConnection): () => number {
  try {
    const statement = connection.prepare("SELECT timeout FROM pragma_busy_timeout").pluck();
    return () => Number(statement.get());
  } catch {
    return () => Number(connection.pragma("busy_timeout", { simple: true }));
  }
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
  return `A transaction needs a better-sqlite3 Database; ${given} was given. For another library, give batchedTransaction() a function that runs a callback in that library's own transaction.`;
}

/**
 * One attempt at `BEGIN`; waits for nobody.
 *
 * SQLite's busy handler would put the thread to sleep, so it is off during the attempt, and only then: every other
 * statement keeps the timeout that the session has of its own. One `exec` does all three, because each call of a
 * statement costs more than the statement.
 *
 * @returns `false` when someone else holds the lock or has a transaction open on this connection by hand.
 */
export function tryBegin(state: SessionState, mode: TransactionMode): boolean {
  const { connection } = state;
  if (!connection.open) throw closedError(state.path);
  if (connection.inTransaction && !payRollback(state)) return false;
  try {
    if (mode === "deferred") state.statements.deferred.run();
    else runWithoutWaiting(state, mode === "immediate" ? "BEGIN IMMEDIATE" : "BEGIN EXCLUSIVE");
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
    runWithoutWaiting(state, "COMMIT");
    return true;
  } catch (error) {
    if (isBusy(error) && state.connection.inTransaction) return false;
    throw error;
  }
}

function runWithoutWaiting(state: SessionState, sql: string): void {
  const { connection } = state;
  const own = state.readBusyTimeout();
  if (own === 0) {
    connection.exec(sql);
    return;
  }
  const restore = `PRAGMA busy_timeout=${own}`;
  try {
    connection.exec(`PRAGMA busy_timeout=0;${sql};${restore}`);
  } catch (error) {
    connection.exec(restore);
    throw error;
  }
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
