import { accessOf, nearest } from "./access.js";
import { UnsupportedSessionError } from "./errors.js";
import { capturePlace } from "./frame.js";
import { KnexSlot } from "./knex-slot.js";
import type { KnexClient } from "./knex-slot.js";
import { DEFAULT_TIMEOUT_MS, checkFunction, checkOptions } from "./options.js";
import { handleCapabilities } from "./orm-handle.js";
import { asRunner } from "./orm-runner.js";
import type { OrmRunner } from "./orm-runner.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { Driver, OpenFactoryOptions, TransactionOptions } from "./types.js";

/** The little of a Knex instance that the runner uses. */
export interface KnexDatabase<Tx> {
  transaction(body: (trx: Tx) => Promise<never>, config?: { connection?: unknown }): Promise<unknown>;
  readonly client: unknown;
}

const slots = new WeakMap<object, KnexSlot>();

/**
 * A runner over a Knex instance with the client `better-sqlite3`: `await run((trx) => …)`, or the first argument of
 * `batchedTransaction`. The body gets Knex's own `Transaction`.
 *
 * The transaction is this package's own, on Knex's connection: it begins `IMMEDIATE`, waits for the file's lock without
 * blocking the event loop, and holds Knex's one connection meanwhile, so that other queries wait in Knex's pool.
 *
 * @throws {UnsupportedSessionError} for other clients.
 */
export function knexRunner<Tx>(knex: KnexDatabase<Tx>): OrmRunner<Tx> {
  const slot = slotOf(knex.client as KnexClient);
  const run = <R>(connection: SqliteConnection, work: (trx: Tx) => R | Promise<R>, options: TransactionOptions, place: ReturnType<typeof capturePlace>): Promise<R> => {
    let undone = false;
    const body = async (tx: SqliteConnection): Promise<R> => {
      const frame = nearest(accessOf(tx)!);
      if (frame !== undefined) frame.place = place;
      const lent = new LentConnection(tx);
      let result: { readonly value: R } | undefined;
      const container = async (trx: Tx) => {
        if (!lent.begun) throw new UnsupportedSessionError("This version of Knex begins transactions in a way that sessionfix-runtime does not know (it knows 3.x), so nothing was written. Give batchedTransaction() the function (work) => knex.transaction(work) instead.");
        result = { value: await work(trx) };
      };
      await knex.transaction(container as (trx: Tx) => Promise<never>, { connection: lent });
      if (lent.rolledBack) {
        undone = true;
        throw new Error("rolled back by trx.rollback()");
      }
      // After a commit of the body's own its result is of no account, as with knex.transaction().
      return result?.value as R;
    };
    return runTransaction(connection, body, options, undefined, runner).catch((error: unknown) => {
      // As knex.transaction() does: trx.rollback() without an error is no failure.
      if (undone) return undefined as R;
      throw error;
    });
  };
  const runner = async <R>(work: (trx: Tx) => R | Promise<R>, options: TransactionOptions = {}): Promise<R> => {
    checkOptions(options);
    checkFunction("The transaction's body", work);
    options.signal?.throwIfAborted();
    const place = capturePlace(runner);
    if (slot.outer() !== undefined) return await run(slot.handle!, work, options, place);
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal, label } = options;
    const since = performance.now();
    const connection = await slot.take(label, { since, timeoutMs, signal });
    try {
      return await run(connection, work, { ...options, timeoutMs: Math.max(0, timeoutMs - (performance.now() - since)) }, place);
    } finally {
      slot.give(connection);
    }
  };
  return asRunner(runner, handleCapabilities<Tx>(() => slot.handle!));
}

function slotOf(client: KnexClient): KnexSlot {
  let slot = slots.get(client);
  if (slot === undefined) slots.set(client, slot = new KnexSlot(client));
  return slot;
}

const NOTHING = {
  reader: false,
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  all: () => [],
  safeIntegers() { return this; },
};

/**
 * The transaction as Knex's `transaction(…, { connection })` takes it. Knex believes that it begins and ends the
 * transaction, which has begun already and ends when Knex is done.
 *
 * An object of its own: one that inherits from `tx` would cost as much again as the whole transaction.
 */
class LentConnection {
  begun = false;
  rolledBack = false;
  /** Knex's events name the connection by it. */
  readonly __knexUid: unknown;

  constructor(readonly tx: SqliteConnection) {
    this.__knexUid = (tx as { __knexUid?: unknown }).__knexUid;
  }

  prepare(sql: string): unknown {
    return this.#takes(sql) ? NOTHING : this.tx.prepare(sql);
  }

  exec(sql: string): unknown {
    return this.tx.exec(sql);
  }

  pragma(source: string, options?: { simple?: boolean }): unknown {
    return this.tx.pragma(source, options);
  }

  #takes(sql: string): boolean {
    if (!this.begun) return this.begun = /^\s*begin\s*;?\s*$/i.test(sql);
    if (/^\s*commit\s*;?\s*$/i.test(sql)) return true;
    if (!/^\s*rollback\s*;?\s*$/i.test(sql)) return false;
    return this.rolledBack = true;
  }
}

interface Destroyable {
  readonly client: unknown;
  destroy(): Promise<void>;
}

/**
 * What `createSessionFactory` needs to share Knex instances: `createSessionFactory({ ...knexSessions((path) => knex({…})), path })`.
 * Closing waits for running transactions and destroys the instance. Set pragmas in Knex's own `pool.afterCreate`.
 */
export function knexSessions<S extends Destroyable & object>(open: (path: string) => S): Required<Pick<OpenFactoryOptions<S>, "open" | "close" | "driver">> {
  return { open, close: (knex) => (knex as Destroyable).destroy(), driver };
}

/** Shows the factory the connection behind an instance, from its first transaction on. */
const driver: Driver = {
  name: "knex",
  defaults: {},
  open: () => { throw new UnsupportedSessionError("Knex instances are opened by the function given to knexSessions()."); },
  isOpen: (knex) => (knex as { client: KnexClient }).client.pool !== undefined,
  close: (knex) => (knex as Destroyable).destroy(),
  connection: (knex) => slots.get((knex as { client: object }).client)!.handle!,
  recognizes: (knex): knex is object => slots.get((knex as { client?: object } | undefined)?.client ?? {})?.handle !== undefined,
};
