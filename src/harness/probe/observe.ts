import { ConnectionLocks } from "./lock-log.js";
import type { LockLog } from "./lock-log.js";

/** What the probe has seen of the drivers of its process. */
export interface Observed {
  log: LockLog;
  sessionsOpened: number;
  /** Whether a driver that can be watched was loaded or used. */
  watched: boolean;
}

export interface WatchOptions {
  /** Called when the driver is loaded. Default: nothing. */
  onLoad?: () => void;
  /** For whom the process works at the moment. Default: nobody. */
  labelOf?: () => string | undefined;
}

export type Method = (...args: unknown[]) => unknown;
export type LocksOf = (session: object) => ConnectionLocks;

const BEGIN_WITH_LOCK = /^\s*begin\s+(immediate|exclusive)\b/i;
export const TRANSACTION_CONTROL = /^\s*(begin|commit|end|rollback|savepoint|release)\b/i;
/** `WITH … SELECT` only reads: https://www.sqlite.org/lang_with.html. A verb in its texts or names counts too much, never too little. */
export const WRITING_VERB = /(^|;)\s*(insert|update|delete|replace|create|drop|alter|with\b[^;]*\b(insert|update|delete|replace))\b/i;

/** The book of each connection, kept as long as the connection is. */
export function locksByConnection(log: LockLog): LocksOf {
  const connections = new WeakMap<object, ConnectionLocks>();
  return (session) => {
    let locks = connections.get(session);
    if (locks === undefined) connections.set(session, (locks = new ConnectionLocks(log)));
    return locks;
  };
}

export interface ObservedCall {
  /** The connection. */
  session: object;
  inTransaction: () => boolean;
  sql: string;
  writes: boolean;
}

/** Runs a call of a driver and books what it did to the write lock. */
export function observeCall<T>({ session, inTransaction, sql, writes }: ObservedCall, locksOf: LocksOf, call: () => T): T {
  const facts = { beginsWithLock: BEGIN_WITH_LOCK.test(sql), writes, startedAt: epochMs(), inTransactionBefore: inTransaction() };
  let error: unknown;
  try {
    return call();
  } catch (caught) {
    error = caught;
    throw caught;
  } finally {
    locksOf(session).observe({ ...facts, endedAt: epochMs(), inTransactionAfter: inTransaction(), busy: isBusy(error), failed: error !== undefined });
  }
}

/** By better-sqlite3's code, or by the number that node:sqlite gives: 5 with whatever extension (https://www.sqlite.org/rescode.html#busy). */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("errcode" in error && typeof error.errcode === "number") return (error.errcode & 0xff) === 5;
  return "code" in error && typeof error.code === "string" && error.code.startsWith("SQLITE_BUSY");
}

/** Counts what a class makes, with and without `new`. */
export function countConstructions<C extends abstract new (...args: never[]) => object>(original: C, onMade: () => void): C {
  const counting: C = new Proxy(original, {
    construct(target, args: never[], newTarget) {
      onMade();
      return Reflect.construct(target as unknown as new (...args: never[]) => object, args, (newTarget as unknown) === counting ? target : newTarget) as object;
    },
    apply(target, thisArg, args) {
      onMade();
      const made: unknown = Reflect.apply(target as unknown as Method, thisArg, args);
      return made;
    },
  });
  return counting;
}

export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
