import type { SqliteSession } from "./sqlite-connection.js";

/** When a transaction takes the write lock: `immediate` and `exclusive` at its beginning, `deferred` at its first write. */
export type TransactionMode = "immediate" | "deferred" | "exclusive";

/** Settings of a connection. `null` leaves what the library or the file says; absent means the driver's default. */
export interface EngineSettings {
  journalMode?: "wal" | "delete" | "truncate" | "persist" | "memory" | "off" | null;
  synchronous?: "off" | "normal" | "full" | "extra" | null;
  foreignKeys?: boolean | null;
  tempStore?: "default" | "file" | "memory" | null;
  /** Pages if positive, kibibytes if negative, as in `PRAGMA cache_size`. */
  cacheSize?: number | null;
  /** Bytes. */
  mmapSize?: number | null;
  /** Milliseconds that a statement outside of this package's transactions waits for a lock; it blocks the event loop. */
  busyTimeoutMs?: number | null;
  /** Pages of write-ahead log after which a commit tries a checkpoint. */
  walAutocheckpoint?: number | null;
  /**
   * Who copies the write-ahead log back into the database. `worker` (the drivers' default): a thread with a connection of its
   * own, of the same library; where that cannot be proven to be the same one, `inline`. `inline`: this thread, when nobody has
   * written for a while, and SQLite in its commits. `sqlite`: SQLite in its commits alone.
   */
  checkpoint?: "worker" | "inline" | "sqlite" | null;
  /** Bytes of write-ahead log beyond which a reader that keeps it from being emptied is warned of. Default 64 MiB. */
  walWarnBytes?: number | null;
}

/** Opens and closes the sessions of one library. */
export interface Driver<S extends object = object> {
  readonly name: string;
  /** What the driver's own sessions get where the application says nothing else. */
  readonly defaults: EngineSettings;
  open(path: string, engine: EngineSettings): S;
  isOpen(session: S): boolean;
  close(session: S): void | Promise<void>;
  /** The SQLite library's own handle that the session is or has: pragmas, statements and transactions go through it. */
  connection(session: S): SqliteSession;
  /** Whether an application's own `open` function returned a session of this driver. */
  recognizes(session: unknown): session is S;
}

interface CommonFactoryOptions {
  /** The file that `getSession()` opens when it is given none. */
  path?: string;
  /**
   * From when on a transaction's hold of the lock, or its wait, is reported as slow, in milliseconds. Default 2,000 each;
   * `Infinity` for never. Reported on `sessionfix:slow` and, unless `warn` is false, by `process.emitWarning`.
   */
  slow?: { holdMs?: number; waitMs?: number; warn?: boolean };
  /** What this process asks of each new connection. It is read back; what does not hold throws `EngineSettingError`. */
  engine?: EngineSettings;
}

/** A factory whose sessions the driver opens, with its engine defaults. */
export interface DriverFactoryOptions<S extends object> extends CommonFactoryOptions {
  driver: Driver<S>;
  open?: undefined;
  /** Default: the driver's close. */
  close?: (session: S) => unknown;
}

/** A factory whose sessions the application's own function opens. Only what `engine` names is configured. */
export interface OpenFactoryOptions<S extends object> extends CommonFactoryOptions {
  /** May return anything, also a promise: it is shared while pending and forgotten when it rejects. */
  open: (path: string) => S;
  driver?: Driver;
  /** Gets the opened session (never a promise). Default: `session.close()` where there is such a method. */
  close?: (session: Awaited<S>) => unknown;
}

/** A source of sessions: one for each file, opened at first use. */
export interface SessionFactory<S extends object> {
  /**
   * The process's one session for that file, whatever the spelling of its path.
   *
   * @param path Default: the factory's `path`.
   * @throws {SessionClosedError} after `close()` or `closeSessions()`, until `init()`.
   * @throws {EngineSettingError} when a pragma does not hold on the new connection.
   */
  readonly getSession: (path?: string) => S;
  /** Opens the session now, also after a close, and verifies its pragmas. Throws as `getSession` does. */
  readonly init: (path?: string) => S;
  /**
   * Waits for running transactions, then closes the sessions that no other factory uses.
   *
   * @throws {LockTimeoutError} when a transaction still runs after `timeoutMs` (default 10,000).
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
  /** The default path, as given. */
  readonly path: string | undefined;
}

export interface CloseOptions {
  /** How long to wait for running transactions, in milliseconds. Default 10,000. */
  timeoutMs?: number;
}

export interface TransactionSyncOptions {
  /** Default `immediate`. Ignored inside a transaction of the same session, where a savepoint is made. */
  mode?: TransactionMode;
  /** Names the transaction in errors and events. */
  label?: string;
  /** How long SQLite may wait for the lock, in milliseconds, blocking the event loop. Default: the session's busy timeout. */
  timeoutMs?: number;
}

export interface TransactionOptions extends TransactionSyncOptions {
  /** How long to wait in all for the session and the lock, in milliseconds, the event loop running. Default 10,000. */
  timeoutMs?: number;
  /** Ends the wait, or rolls back instead of committing; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Quantiles in milliseconds, exact to 5 %; `max` is exact. All 0 when there was no batch. */
export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}
