import { AsyncResource } from "node:async_hooks";
import { statementRan } from "../diagnostics.js";
import type { StatementEvent } from "../diagnostics.js";
import { LockTimeoutError, SessionBusyError, TransactionClosedError } from "../errors.js";
import { describeHolder } from "../lock-holder.js";
import { SERVER } from "../server.js";
import { IN_FAILED_TRANSACTION, LOCK_NOT_AVAILABLE, asError, endsConnection, sqlState } from "./failures.js";
import { holderOf, late, nearest } from "./frame.js";
import type { PgFrame } from "./frame.js";
import type { Watch } from "./observer.js";

/**
 * What a body gets: its client, for as long as the transaction is open. A proxy, because an object that merely inherits
 * from the client would keep the emitter's listeners for itself.
 */
export function handleFor(frame: PgFrame): object {
  const { client } = frame.link!;
  const own: Record<string | symbol, unknown> = {
    query: (...args: unknown[]) => query(frame, args),
    release: () => { throw ownersPart(frame, "release()"); },
    end: () => { throw ownersPart(frame, "end()"); },
    [SERVER]: frame.server.boundTo(frame),
  };
  const methods = new Map<unknown, unknown>();
  return new Proxy(client, {
    get(target, key) {
      if (Object.hasOwn(own, key)) return own[key];
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function" || key === "constructor") return value;
      if (!methods.has(value)) methods.set(value, (value as (...args: unknown[]) => unknown).bind(target));
      return methods.get(value);
    },
    has: (target, key) => Object.hasOwn(own, key) || Reflect.has(target, key),
    set(target, key, value) {
      if (Object.hasOwn(own, key)) own[key] = value; // a test's spy
      else Reflect.set(target, key, value, target);
      return true;
    },
  });
}

function ownersPart(frame: PgFrame, call: string): TransactionClosedError {
  return new TransactionClosedError(`"${frame.label}" cannot be ended by tx.${call}: it commits when its body returns and rolls back when it throws, and gives its client back then. Return or throw instead.`);
}

interface Call {
  readonly sql: string;
  readonly callback: ((error: unknown, result?: unknown) => void) | undefined;
  /** A cursor or stream, which tells its end in a way of its own. */
  readonly submitted: boolean;
}

function callOf(args: unknown[]): Call {
  const [first] = args;
  const last = args.at(-1);
  const config = typeof first === "object" && first !== null ? (first as { text?: unknown; submit?: unknown; callback?: unknown; cursor?: { text?: unknown } }) : undefined;
  const given = typeof last === "function" ? last : config?.callback;
  const sql = config === undefined ? first : (config.text ?? config.cursor?.text);
  return {
    sql: typeof sql === "string" ? sql : "",
    callback: typeof given === "function" ? AsyncResource.bind(given as Call["callback"] & object) : undefined,
    submitted: typeof config?.submit === "function",
  };
}

/** `client.query(…)`, in each of its forms, on behalf of a transaction's body. */
export function query(bound: PgFrame, args: unknown[]): unknown {
  const frame = nearest(bound.server, bound)!;
  const call = callOf(args);
  const refusal = refuse(frame, call.sql);
  if (call.submitted) {
    if (refusal !== undefined) throw refusal;
    frame.firstSql ??= call.sql;
    return sent(frame, args);
  }
  const answer = refusal === undefined ? answered(frame, call.sql, withoutCallback(args)) : Promise.reject(refusal);
  return call.callback === undefined ? answer : calledBack(answer, call.callback);
}

/** The callback runs out of the promise's chain, where its own exception would be swallowed. */
function calledBack(answer: Promise<unknown>, callback: NonNullable<Call["callback"]>): undefined {
  answer.then((result) => process.nextTick(callback, null, result), (error: unknown) => process.nextTick(callback, error));
}

/** The same refusal in the form that the call asked for its answer. */
export function refuseCall(args: unknown[], error: Error): unknown {
  const call = callOf(args);
  if (call.submitted) throw error;
  const refused = Promise.reject(error);
  return call.callback === undefined ? refused : calledBack(refused, call.callback);
}

function withoutCallback(args: unknown[]): unknown[] {
  const rest = typeof args.at(-1) === "function" ? args.slice(0, -1) : args;
  const [first] = rest;
  if (typeof first !== "object" || first === null || !("callback" in first)) return rest;
  return [{ ...first, callback: undefined }, ...rest.slice(1)];
}

function sent(frame: PgFrame, args: unknown[]): unknown {
  return (frame.link!.client.query as (...args: unknown[]) => unknown)(...args);
}

/** A leading comment is no statement. */
const ENDS_TRANSACTION = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i;

/** Why a statement must not run now as part of `frame`. */
function refuse(frame: PgFrame, sql: string): Error | undefined {
  if (frame.status !== "active") return late(frame);
  for (let around = frame.outer; around !== undefined; around = around.outer) if (around.status !== "active") return late(around);
  const link = frame.link!;
  if (link.lost !== undefined) return link.lost;
  if (link.endedFromWithin) return endedFromWithin(frame);
  const child = frame.children?.owner;
  if (child?.status === "active") {
    return new SessionBusyError(`The client of "${frame.label}" is ${describeHolder(holderOf(child))}; a statement of the transaction around it must not become part of it. Await "${child.label}" first, or use the tx that its body is given.`);
  }
  if (!ENDS_TRANSACTION.test(sql)) return undefined;
  return new TransactionClosedError(`"${frame.label}" cannot be ended by ${JSON.stringify(sql.trim().slice(0, 40))}: it commits when its body returns and rolls back when it throws. Return or throw instead.`);
}

export function endedFromWithin(frame: PgFrame): TransactionClosedError {
  return new TransactionClosedError(`"${frame.label}" was ended from within, by a COMMIT or ROLLBACK among the statements of its body. What it wrote before that is committed or gone as that statement says; nothing more can be written in it.`);
}

async function answered(frame: PgFrame, sql: string, args: unknown[]): Promise<unknown> {
  frame.firstSql ??= sql;
  const startedAt = performance.now();
  try {
    const result = await watched(frame, sql, () => sent(frame, args) as Promise<unknown>);
    frame.link!.noteStatus();
    publish(frame, sql, startedAt);
    return result;
  } catch (error) {
    publish(frame, sql, startedAt, error);
    throw error;
  }
}

/** Runs a statement that may wait for a lock: whoever keeps it waiting is named when it fails. */
export async function watched<R>(frame: PgFrame, sql: string, run: () => Promise<R>): Promise<R> {
  const link = frame.link!;
  const watch = link.pid === undefined ? undefined : frame.server.observer.watch(link.pid, link.lockTimeoutMs);
  const startedAt = performance.now();
  link.inFlight++;
  try {
    return await run();
  } catch (error) {
    if (endsConnection(error)) link.lost ??= asError(error);
    const state = sqlState(error);
    if (state === IN_FAILED_TRANSACTION && error instanceof Error && frame.failure !== undefined && error.cause === undefined) {
      Object.defineProperty(error, "cause", { value: frame.failure, configurable: true, writable: true });
    }
    // NOWAIT is the application's own question, and no wait.
    const failure = state === LOCK_NOT_AVAILABLE && !/\bnowait\b/i.test(sql) ? await lockTimeout(frame, watch, error, performance.now() - startedAt) : error;
    frame.failure ??= failure;
    throw failure;
  } finally {
    link.inFlight--;
    watch?.stop();
  }
}

async function lockTimeout(frame: PgFrame, watch: Watch | undefined, cause: unknown, waitedMs: number): Promise<LockTimeoutError> {
  const holder = await watch?.holder() ?? { where: "unknown", reason: "a pooler stands between this process and the server, which has the connection under another name" } as const;
  return new LockTimeoutError(
    `"${frame.label}" waited ${Math.round(waitedMs)} ms for a lock on ${frame.server.path}: ${describeHolder(holder)}. The statement was not run. Shorten the holder's transaction, or raise timeoutMs.`,
    holder,
    waitedMs,
    { cause },
  );
}

/** `pool.query(…)` outside of any transaction, told of where somebody listens. */
export function queryOutside(path: string, args: unknown[], send: (...args: unknown[]) => unknown): unknown {
  const call = callOf(args);
  if (!statementRan.hasSubscribers || call.submitted) return send(...args);
  const startedAt = performance.now();
  const tell = (error?: unknown): void => { publishStatement(path, call.sql, undefined, false, startedAt, error); };
  const answer = send(...withoutCallback(args)) as Promise<unknown>;
  const told = answer.then((result) => { tell(); return result; }, (error: unknown) => { tell(error); throw error; });
  return call.callback === undefined ? told : calledBack(told, call.callback);
}

function publish(frame: PgFrame, sql: string, startedAt: number, error?: unknown): void {
  publishStatement(frame.server.path, sql, frame.givenLabel, true, startedAt, error);
}

function publishStatement(path: string, sql: string, label: string | undefined, inTransaction: boolean, startedAt: number, error: unknown): void {
  if (!statementRan.hasSubscribers) return;
  statementRan.publish({
    sql, label, path, durationMs: performance.now() - startedAt, inTransaction, ...(error === undefined ? {} : { error }),
  } satisfies StatementEvent);
}
