import { channel } from "node:diagnostics_channel";

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
  /** From the call to the beginning, in milliseconds. */
  readonly waitMs: number;
  /** From the beginning to the end, in milliseconds. */
  readonly holdMs: number;
  /** Items in this batch, where the transaction is one of a batched run. */
  readonly batchSize?: number;
  /** What made it fail. */
  readonly error?: unknown;
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

export const sessionOpened = channel("sessionfix:session:open");
export const sessionClosed = channel("sessionfix:session:close");
export const transactionEnded = channel("sessionfix:transaction");
export const statementRan = channel("sessionfix:statement");
