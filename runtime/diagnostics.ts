import { channel } from "node:diagnostics_channel";
import type { WalReader } from "./wal-readers.js";

/** Published on `sessionfix:session:open`. */
export interface SessionOpenEvent {
  /** As it was given to the factory. */
  readonly path: string | undefined;
  /** The driver's name, or `open` for an application's own function. */
  readonly driver: string;
  /** How long opening and configuring took, in milliseconds. */
  readonly openMs: number;
  /** Sessions that are open in this thread now, this one included. */
  readonly openSessions: number;
}

/** Published on `sessionfix:session:close`. */
export interface SessionCloseEvent {
  readonly path: string | undefined;
  readonly driver: string;
  /** `noticed`: someone closed the handle by hand, and `getSession` found it closed. */
  readonly reason: "closed" | "noticed";
  readonly openSessions: number;
}

/** Published on `sessionfix:transaction` when a transaction or savepoint has ended. */
export interface TransactionEvent {
  readonly label: string | undefined;
  /** The database file, absolute; empty for a database in memory. */
  readonly path: string;
  readonly mode: "immediate" | "deferred" | "exclusive" | "savepoint";
  /** `refused`: it never began (timeout, deadlock, abort, or an error at `BEGIN`). */
  readonly outcome: "commit" | "rollback" | "refused";
  /** From the call to the beginning, in milliseconds. 0 where nobody listened when it was asked for and it did not have to wait. */
  readonly waitMs: number;
  /** From the beginning to the end, in milliseconds. */
  readonly holdMs: number;
  /** Items in this batch, where the transaction is one of a batched run. */
  readonly batchSize?: number;
  /** What made it fail. */
  readonly error?: unknown;
}

/** Published on `sessionfix:wal` when a write-ahead log has grown past its limit and cannot be emptied, at most once a minute. */
export interface WalEvent {
  /** The database file, absolute. */
  readonly path: string;
  /** Size of the `-wal` file. */
  readonly walBytes: number;
  /** `engine.walWarnBytes`. */
  readonly limitBytes: number;
  /** How much of it is not yet in the database, about. */
  readonly pendingBytes: number;
  /** Who reads, first who has been seen reading for longest; empty where nobody is, or where it cannot be known. */
  readonly readers: readonly WalReader[];
}

/** Published on `sessionfix:statement` for each statement that an application runs on a session. */
export interface StatementEvent {
  /** As it was prepared: without the values of its parameters. */
  readonly sql: string;
  /** The label of the transaction that it is part of. */
  readonly label: string | undefined;
  readonly path: string;
  /** Of the call, in milliseconds; for `iterate`, until the iterator was returned. */
  readonly durationMs: number;
  readonly inTransaction: boolean;
  readonly error?: unknown;
}

/** Published on `sessionfix:session:checkout` when a factory hands out a session. */
export interface SessionCheckoutEvent {
  readonly path: string | undefined;
  readonly driver: string;
}

/** Published on `sessionfix:slow` for a transaction that waited or held longer than the session's limit. */
export interface SlowEvent extends TransactionEvent {
  readonly kind: "hold" | "wait";
  /** The limit that was exceeded, in milliseconds. */
  readonly limitMs: number;
  /** The transaction's first statement, where one ran. */
  readonly firstSql?: string;
}

export const sessionOpened = channel("sessionfix:session:open");
export const sessionClosed = channel("sessionfix:session:close");
export const sessionCheckedOut = channel("sessionfix:session:checkout");
export const transactionEnded = channel("sessionfix:transaction");
export const walGrown = channel("sessionfix:wal");
export const statementRan = channel("sessionfix:statement");
export const slow = channel("sessionfix:slow");
