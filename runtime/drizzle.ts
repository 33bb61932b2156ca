import { UnsupportedSessionError } from "./errors.js";
import { handleCapabilities, isHandle } from "./orm-handle.js";
import { asRunner } from "./orm-runner.js";
import type { OrmRunner } from "./orm-runner.js";
import type { SqliteSession } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { TransactionOptions } from "./types.js";

/** The little of a Drizzle database that the runner uses. */
export interface DrizzleDatabase<Tx> {
  readonly $client?: unknown;
  transaction(body: (tx: Tx) => never): unknown;
}

/**
 * A runner over a Drizzle database on better-sqlite3: `await run((tx) => …)`, or the first argument of `batchedTransaction`.
 *
 * It is this package's own `transaction` on the database's `$client`, so all that `transaction` promises holds; the body may
 * be asynchronous and gets a transaction object of Drizzle's own.
 *
 * @param db What `drizzle(…)` returned.
 * @throws {UnsupportedSessionError} for other clients; and at the first transaction, nothing written, when this version of
 *   Drizzle does not lead the statements of a transaction through its `session.client` (0.34 to 0.45 do).
 */
export function drizzleRunner<Tx>(db: DrizzleDatabase<Tx>): OrmRunner<Tx> {
  const client: unknown = "$client" in db ? db.$client : undefined;
  if (!isHandle(client)) {
    throw new UnsupportedSessionError("drizzleRunner() needs a Drizzle database whose $client is a better-sqlite3 Database: drizzle(new Database(path)) from drizzle-orm/better-sqlite3. For another one, give batchedTransaction() the function (work) => db.transaction(work): it runs Drizzle's own transactions.");
  }
  return handleRunner(db as unknown as Drizzle, client) as unknown as OrmRunner<Tx>;
}

/** Drizzle's databases and transactions, as they are at run time. */
interface Drizzle {
  transaction(body: (tx: DrizzleTx) => unknown): unknown;
}

interface DrizzleTx {
  run(query: string): unknown;
  readonly session?: { readonly client?: unknown };
  readonly query?: Record<string, { readonly session?: unknown } | undefined>;
}

function handleRunner(db: Drizzle, client: SqliteSession): OrmRunner<DrizzleTx> {
  let template: DrizzleTx | undefined;
  const runner = <R>(work: (tx: DrizzleTx) => R | Promise<R>, options: TransactionOptions = {}): Promise<R> => {
    const body = (handle: SqliteSession): R | Promise<R> => {
      template ??= captureTransaction(db, client);
      return work(bind(template, handle));
    };
    return runTransaction(client, body, options, undefined, runner);
  };
  // The handle that a transaction was bound to; a nested `tx.transaction()` of Drizzle's own inherits it.
  return asRunner(runner, handleCapabilities((tx: DrizzleTx) => (isHandle(tx.session?.client) ? tx.session.client : client)));
}

/**
 * A transaction object of Drizzle's own, made by itself. It holds the database's session and nothing of the transaction,
 * so that it serves for all. To be called inside of a transaction: Drizzle makes a savepoint.
 */
function captureTransaction(db: Drizzle, client: SqliteSession): DrizzleTx {
  let captured: DrizzleTx | undefined;
  db.transaction((tx) => { captured = tx; });
  if (captured === undefined || captured.session?.client !== client || !reaches(captured)) {
    throw new UnsupportedSessionError("This version of drizzle-orm keeps the client of a transaction elsewhere than the versions that sessionfix-runtime knows (0.34 to 0.45). Use await transaction(db.$client, …) with the statements of db instead.");
  }
  return captured;
}

/** Whether statements of a transaction that is bound to a handle really go to that handle. */
function reaches(template: DrizzleTx): boolean {
  let reached = false;
  const probe = { prepare: () => { reached = true; throw new Error("reached"); } };
  try {
    bind(template, probe).run("SELECT 1");
  } catch {
    // It is meant to fail.
  }
  return reached;
}

/** The same transaction object, its statements going through `handle`: after the transaction's end they are refused. */
function bind(template: DrizzleTx, handle: object): DrizzleTx {
  const session = Object.create(template.session ?? null, { client: { value: handle } }) as object;
  let query: Record<string, unknown> | undefined;
  return Object.create(template, {
    session: { value: session },
    query: {
      get() {
        if (template.query === undefined || query !== undefined) return query;
        query = {};
        for (const [name, builder] of Object.entries(template.query)) {
          query[name] = builder?.session === template.session ? Object.create(builder ?? null, { session: { value: session } }) : builder;
        }
        return query;
      },
    },
  }) as DrizzleTx;
}
