import type { Quantiles, TransactionOptions, TransactionSyncOptions } from "./types.js";

/** Runs a callback inside a transaction of its own making. May carry {@link RunnerCapabilities}. */
export type TransactionRunner<Tx> = (work: (tx: Tx) => void | Promise<void>) => unknown;

/** Runs a callback inside a transaction of its own making, and asks that it return a promise, as most libraries do. */
export type AsyncTransactionRunner<Tx> = (work: (tx: Tx) => Promise<void>) => unknown;

/** Runs a synchronous callback inside a transaction of its own making. */
export type TransactionRunnerSync<Tx> = (work: (tx: Tx) => void) => unknown;

/** Under this symbol a runner function says what more it can do: `Object.assign(runner, { [RUNNER_CAPABILITIES]: … })`. */
export const RUNNER_CAPABILITIES: unique symbol = Symbol.for("sessionfix-runtime.runner");

/** What `onItemError` other than `"abort"`, and `resume`, need of a runner. */
export interface RunnerCapabilities<Tx> {
  /**
   * Runs `work` in a savepoint of `tx`: released when `work` resolves. When it rejects, all that it wrote through `tx` is
   * undone and the returned promise rejects with the same error, or one that has it as its `cause`.
   */
  savepoint?<R>(tx: Tx, work: () => Promise<R>): Promise<R>;
  /** Where the cursor of a resumable run is kept: in the database that `tx` writes to, as part of `tx`. */
  resume?: ResumeStore<Tx>;
}

/** The cursor of a resumable run, as it is stored. */
export interface ResumeRow {
  readonly key: string;
  readonly fingerprint: string;
  /** Items that are done: committed together with this row, or skipped by the run's policy. */
  readonly items: number;
  readonly state: "running" | "done";
  /** Over all the other fields. */
  readonly checksum: string;
  /** When the row was written: ISO 8601, UTC. */
  readonly updatedAt: string;
}

/** Reads and writes cursors as part of the transaction `tx`. Nothing in here may commit. */
export interface ResumeStore<Tx> {
  /** The row as it stands, unchecked; `undefined` where there is none, or no table yet. */
  read(tx: Tx, key: string): unknown;
  /** Inserts the row, or replaces the one with its key. Creates the table where there is none. */
  write(tx: Tx, row: ResumeRow): void | Promise<void>;
  /** Deletes the row, if there is one. */
  remove(tx: Tx, key: string): void | Promise<void>;
}

/** An item that a run with `onItemError` `"skip"` or `"collect"` left out. */
export interface ItemFailure<Item = unknown> {
  /** Its place in `items`, from 0. */
  readonly index: number;
  readonly item: Item;
  /** What the handler threw. */
  readonly error: unknown;
}

/** What makes a batched run resumable, beyond its key. */
export interface ResumeOptions {
  /** Names the import in this database, for instance by the file that it reads. */
  key: string;
  /**
   * Says that two inputs are the same, in place of comparing the items: a checksum of the file, its size and date, a
   * version. Default: arrays are compared as a whole, other sources as far as they were consumed.
   */
  fingerprint?: string;
  /** What becomes of the cursor at the end. Default `"keep"`: the next run with the same input has nothing to do. */
  whenDone?: "keep" | "forget";
}

/** Options of `batchedTransactionSync`. */
export interface BatchOptionsSync<Item = unknown> extends TransactionSyncOptions {
  /** Most items a transaction. Default 10. `Infinity` leaves it to `maxHoldMs`. */
  batchSize?: number;
  /**
   * A batch ends with the item during which it has lasted this long, in milliseconds, the commit that is to be expected
   * included. Default 50. `Infinity`: no limit. Where items take microseconds, every fourth is looked at.
   */
  maxHoldMs?: number;
  /**
   * What an item's error means. `"abort"` (default): its batch is rolled back and the run ends with that error. `"skip"`:
   * what the item wrote is undone and the run goes on; the report counts it. `"collect"`: the same, and the report lists it.
   *
   * A full disk, a lost lock, an abort and the like are nobody's item and end the run in any case.
   */
  onItemError?: "abort" | "skip" | "collect";
  /** Called once for each item that was left out, after the commit of its batch and before `onProgress`. */
  onSkip?: (failure: ItemFailure<Item>) => void;
  /** Called after each commit. */
  onProgress?: (progress: BatchProgress) => void;
  /** Makes the run resumable under this key, see {@link ResumeOptions}: what is done is recorded together with each batch. */
  resume?: string | ResumeOptions;
}

/** Options of `batchedTransaction`. */
export interface BatchOptions<Item = unknown> extends Omit<BatchOptionsSync<Item>, "onProgress" | "onSkip"> {
  /** How long each batch may wait for the session and the lock, in milliseconds. Default 10,000. */
  timeoutMs?: number;
  /** Ends the run before the next batch, or rolls the present one back; batches that were committed stay. */
  signal?: NonNullable<TransactionOptions["signal"]>;
  /** Called once for each item that was left out, after the commit of its batch and before `onProgress`, and awaited. */
  onSkip?: (failure: ItemFailure<Item>) => void | Promise<void>;
  /** Called after each commit, outside of any transaction, and awaited. */
  onProgress?: (progress: BatchProgress) => void | Promise<void>;
}

/** What `onProgress` gets after each commit. */
export interface BatchProgress {
  /** Items in committed batches of this run so far, skipped ones included. */
  readonly items: number;
  /** Those of `items` that were left out because of their error. */
  readonly skipped: number;
  /** Items that an earlier run had done and this one passed over. */
  readonly resumed: number;
  /** Batches committed so far. */
  readonly batches: number;
  /** Items in the batch that was just committed. */
  readonly batchItems: number;
  /** From asking for this batch's transaction to its beginning, in milliseconds. */
  readonly waitMs: number;
  /** From its beginning to its end, in milliseconds. */
  readonly holdMs: number;
}

/** What a batched run has done: returned at its end, and from `batchReportOf(error)` where it failed. */
export interface BatchReport<Item = unknown> {
  /** Items in committed batches of this run, skipped ones included; not those that an earlier run had done. */
  readonly items: number;
  /** Batches committed. */
  readonly batches: number;
  /** Those of `items` that were left out because of their error. */
  readonly skipped: number;
  /** With `onItemError: "collect"`: what was left out, in order. Empty otherwise. */
  readonly errors: readonly ItemFailure<Item>[];
  /** Items that an earlier run with the same `resume` key had done and this one passed over. */
  readonly resumed: number;
  /** An earlier run with the same `resume` key had come to the end of the same input: nothing was left to do. */
  readonly alreadyDone: boolean;
  /** From asking for a batch's transaction to its beginning. */
  readonly waitMs: Quantiles;
  /** From a batch's beginning to its end. */
  readonly holdMs: Quantiles;
  /** The whole run, gaps and reading of items included, in milliseconds. */
  readonly totalMs: number;
}
