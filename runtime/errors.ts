import type { LockHolder } from "./lock-holder.js";

/** The stable `code` of every error that this package throws on its own account. */
export type SessionErrorCode =
  | "SESSIONFIX_NOT_INITIALIZED"
  | "SESSIONFIX_SESSION_CLOSED"
  | "SESSIONFIX_SESSION_BUSY"
  | "SESSIONFIX_INVALID_OPTION"
  | "SESSIONFIX_UNSUPPORTED_SESSION"
  | "SESSIONFIX_RECURSIVE_OPEN"
  | "SESSIONFIX_ENGINE_SETTING"
  | "SESSIONFIX_LOCK_TIMEOUT"
  | "SESSIONFIX_DEADLOCK"
  | "SESSIONFIX_ASYNC_BODY"
  | "SESSIONFIX_TRANSACTION_CLOSED"
  | "SESSIONFIX_RUNNER"
  | "SESSIONFIX_RESUME"
  | "SESSIONFIX_FOREIGN_SQLITE"
  | "SESSIONFIX_FILE_REPLACED"
  | "SESSIONFIX_NETWORK_FILE_SYSTEM"
  | "SESSIONFIX_COMMIT_UNCERTAIN";

const BRAND = Symbol.for("sessionfix-runtime.error");

/**
 * Base of every error of this package; tell them apart by class or by `code`.
 *
 * `instanceof` also holds between the ESM and the CJS copy of the package, because an application that loads both
 * must be able to catch in one what the other threw.
 */
export abstract class SessionError extends Error {
  abstract readonly code: SessionErrorCode;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    if (typeof value !== "object" || value === null || !(BRAND in value) || !("code" in value)) return false;
    // A class that an application derived is matched by its own instances alone.
    return this === SessionError || CODES.get(this) === value.code;
  }
}

/** By class and not by name, because minifiers rename classes. */
const CODES = new Map<unknown, SessionErrorCode>();

/** `getSession()` was called before any factory became the process's default one. */
export class SessionNotInitializedError extends SessionError {
  override readonly name = "SessionNotInitializedError";
  readonly code = "SESSIONFIX_NOT_INITIALIZED";
}

/** The session or its factory was closed, and nobody opened it again. */
export class SessionClosedError extends SessionError {
  override readonly name = "SessionClosedError";
  readonly code = "SESSIONFIX_SESSION_CLOSED";
}

/** A synchronous call met a session that is in the middle of something else, where waiting is impossible. */
export class SessionBusyError extends SessionError {
  override readonly name = "SessionBusyError";
  readonly code = "SESSIONFIX_SESSION_BUSY";
}

/** An option or argument that cannot mean anything. */
export class SessionOptionError extends SessionError {
  override readonly name = "SessionOptionError";
  readonly code = "SESSIONFIX_INVALID_OPTION";
}

/** The object given as a session is none that this package can begin a transaction on. */
export class UnsupportedSessionError extends SessionError {
  override readonly name = "UnsupportedSessionError";
  readonly code = "SESSIONFIX_UNSUPPORTED_SESSION";
}

/** The application's `open` function asked for the very session that it was opening. */
export class RecursiveOpenError extends SessionError {
  override readonly name = "RecursiveOpenError";
  readonly code = "SESSIONFIX_RECURSIVE_OPEN";
}

/** A pragma that was asked for does not hold on the new connection. */
export class EngineSettingError extends SessionError {
  override readonly name = "EngineSettingError";
  readonly code = "SESSIONFIX_ENGINE_SETTING";

  constructor(
    message: string,
    /** The pragma's name, as SQLite spells it. */
    readonly pragma: string,
    /** What the factory asked for. */
    readonly wanted: string | number,
    /** What the connection says; `undefined` where it says nothing. */
    readonly actual: string | number | undefined,
  ) {
    super(message);
  }
}

/** The lock was not to be had before the deadline. Nothing was written. */
export class LockTimeoutError extends SessionError {
  override readonly name = "LockTimeoutError";
  readonly code = "SESSIONFIX_LOCK_TIMEOUT";

  constructor(
    message: string,
    /** Who held the lock when the deadline passed. */
    readonly holder: LockHolder,
    /** How long the call waited, in milliseconds. */
    readonly waitedMs: number,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** One of the places that wait for each other. */
export interface DeadlockPlace {
  /** The transaction's label, or a name made up for it. */
  readonly label: string;
  /** The call stack that asked for the transaction, outermost frames of this package left out. */
  readonly stack: string;
}

/** The wait could never end: it waits, directly or around a circle, for the transaction that it is part of. */
export class DeadlockError extends SessionError {
  override readonly name = "DeadlockError";
  readonly code = "SESSIONFIX_DEADLOCK";

  constructor(
    message: string,
    /** First the wait that was refused, then the transactions that it would have waited for, in order. */
    readonly places: readonly DeadlockPlace[],
  ) {
    super(message);
  }
}

/** An asynchronous function was given where the transaction ends with the function's first return. */
export class AsyncBodyError extends SessionError {
  override readonly name = "AsyncBodyError";
  readonly code = "SESSIONFIX_ASYNC_BODY";
}

/** The transaction ended before the work in it did. */
export class TransactionClosedError extends SessionError {
  override readonly name = "TransactionClosedError";
  readonly code = "SESSIONFIX_TRANSACTION_CLOSED";
}

/** A function given as a runner did not run the batch, or returned before the batch was done. */
export class RunnerError extends SessionError {
  override readonly name = "RunnerError";
  readonly code = "SESSIONFIX_RUNNER";
}

/** A resumable run cannot go on from where its cursor says. Nothing was written, or the present batch was rolled back. */
export class ResumeError extends SessionError {
  override readonly name = "ResumeError";
  readonly code = "SESSIONFIX_RESUME";

  constructor(
    message: string,
    /** The key of the run. */
    readonly key: string,
    /** The input is not the one of the earlier run; the row is damaged; or another run has moved the cursor meanwhile. */
    readonly reason: "changed input" | "corrupt cursor" | "another run",
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** A second SQLite library of this process uses the same file, or has used it: neither would see the other's locks. */
export class ForeignSqliteError extends SessionError {
  override readonly name = "ForeignSqliteError";
  readonly code = "SESSIONFIX_FOREIGN_SQLITE";

  constructor(
    message: string,
    /** The database file. */
    readonly path: string,
    /** What gave it away: its descriptor, this process's missing locks, or the driver of another open session. */
    readonly evidence: "descriptors" | "locks" | "registry",
    /** Native libraries of this process that may contain SQLite, or the drivers' names; a hint. */
    readonly libraries: readonly string[],
  ) {
    super(message);
  }
}

/** The database file, or a file of its write-ahead log, was removed or replaced under the open session. */
export class FileReplacedError extends SessionError {
  override readonly name = "FileReplacedError";
  readonly code = "SESSIONFIX_FILE_REPLACED";

  constructor(
    message: string,
    /** The database file. */
    readonly path: string,
    /** The file that is not the one that the session uses. */
    readonly file: string,
  ) {
    super(message);
  }
}

/** A write-ahead log was asked for on a file system that other machines may mount as well. */
export class NetworkFileSystemError extends SessionError {
  override readonly name = "NetworkFileSystemError";
  readonly code = "SESSIONFIX_NETWORK_FILE_SYSTEM";

  constructor(
    message: string,
    /** The database file. */
    readonly path: string,
    /** Its name: `NFS`, `SMB 2` … */
    readonly fileSystem: string,
  ) {
    super(message);
  }
}

/**
 * A server's connection was lost between `COMMIT` and its answer: whether the transaction was committed is not known here.
 * It is never run again by itself.
 */
export class CommitUncertainError extends SessionError {
  override readonly name = "CommitUncertainError";
  readonly code = "SESSIONFIX_COMMIT_UNCERTAIN";
}

for (const [own, code] of [
  [SessionNotInitializedError, "SESSIONFIX_NOT_INITIALIZED"],
  [SessionClosedError, "SESSIONFIX_SESSION_CLOSED"],
  [SessionBusyError, "SESSIONFIX_SESSION_BUSY"],
  [SessionOptionError, "SESSIONFIX_INVALID_OPTION"],
  [UnsupportedSessionError, "SESSIONFIX_UNSUPPORTED_SESSION"],
  [RecursiveOpenError, "SESSIONFIX_RECURSIVE_OPEN"],
  [EngineSettingError, "SESSIONFIX_ENGINE_SETTING"],
  [LockTimeoutError, "SESSIONFIX_LOCK_TIMEOUT"],
  [DeadlockError, "SESSIONFIX_DEADLOCK"],
  [AsyncBodyError, "SESSIONFIX_ASYNC_BODY"],
  [TransactionClosedError, "SESSIONFIX_TRANSACTION_CLOSED"],
  [RunnerError, "SESSIONFIX_RUNNER"],
  [ResumeError, "SESSIONFIX_RESUME"],
  [ForeignSqliteError, "SESSIONFIX_FOREIGN_SQLITE"],
  [FileReplacedError, "SESSIONFIX_FILE_REPLACED"],
  [NetworkFileSystemError, "SESSIONFIX_NETWORK_FILE_SYSTEM"],
  [CommitUncertainError, "SESSIONFIX_COMMIT_UNCERTAIN"],
] as const) CODES.set(own, code);

/** SQLite's own word for "another connection holds the lock", in any of its extended forms. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string" && error.code.startsWith("SQLITE_BUSY")) return true;
  // node:sqlite gives SQLite's number; the extended forms are above the first byte.
  return "errcode" in error && typeof error.errcode === "number" && (error.errcode & 0xff) === SQLITE_BUSY;
}

const SQLITE_BUSY = 5;
