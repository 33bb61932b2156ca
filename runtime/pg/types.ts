import type { TransactionOptions } from "../types.js";

/** The little of a `pg.Pool` that the runtime uses. */
export interface PgPool {
  readonly totalCount: number;
  readonly ending?: boolean;
  readonly ended?: boolean;
  readonly options: { readonly max?: number; readonly connectionTimeoutMillis?: number };
  connect(): Promise<PgClient>;
  query(text: string, values?: unknown[]): Promise<PgResult>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** The little of a `pg.PoolClient` that the runtime uses. */
export interface PgClient {
  /** The server's process behind the connection, as the connection's start told it. */
  readonly processID?: number | null;
  query(text: string, values?: unknown[]): Promise<PgResult>;
  release: (error?: Error | boolean) => void;
  /** `I` outside of a transaction, `T` inside, `E` in one that failed. Absent in older versions. */
  getTransactionStatus?(): string | null;
  on(event: string, listener: (value: unknown) => void): unknown;
  removeListener(event: string, listener: (value: unknown) => void): unknown;
}

/** What a query answers. */
export interface PgResult {
  readonly command: string;
  readonly rows: Record<string, unknown>[];
}

/** What isolates a transaction from those beside it, see https://www.postgresql.org/docs/current/transaction-iso.html. */
export type PgIsolation = "read committed" | "repeatable read" | "serializable";

/** Options of `transaction` and `batchedTransaction` on a PostgreSQL pool. */
export interface PgTransactionOptions extends TransactionOptions {
  /** How long to wait for a client of the pool, and again, in each statement, for a lock, in milliseconds. Default 10,000. */
  timeoutMs?: number;
  /**
   * Default `serializable`: what commits is as if transactions had run one after the other, as on SQLite. With mode
   * `exclusive` it is always `read committed`.
   */
  isolation?: PgIsolation;
  /**
   * How often the whole body may be run **again** after a serialization failure (40001) or a deadlock (40P01). Default
   * 0. Nothing of a failed run stays in the database; what the body did elsewhere it does twice.
   */
  retries?: number;
  /** How long a single statement may run, in milliseconds. Default: the server's or the pool's own `statement_timeout`. */
  statementTimeoutMs?: number;
}

/** What holds for every transaction of a driver's sessions, unless the call says otherwise. */
export interface PgSettings extends Pick<PgTransactionOptions, "isolation" | "retries" | "statementTimeoutMs"> {
  /**
   * How long the server may take to answer `COMMIT` and `ROLLBACK`, in milliseconds. Default 30,000. After that the
   * connection is given up.
   */
  answerTimeoutMs?: number;
  /** Accept a server or a role that only reads, such as a standby. Default `false`. */
  readOnly?: boolean;
}
