import { UnsupportedSessionError } from "./errors.js";
import { handleCapabilities, isHandle } from "./orm-handle.js";
import { asRunner, ormRunner } from "./orm-runner.js";
import type { OrmRunner } from "./orm-runner.js";
import { literalCapabilities } from "./orm-sql.js";
import type { SqliteSession } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { TransactionOptions } from "./types.js";

/** The little of a Drizzle database for SQLite that the runner uses. */
export interface DrizzleDatabase<Tx> {
  transaction(body: (tx: Tx) => never): unknown;
}

export interface DrizzleRunnerOptions {
  /** The database's file, where Drizzle's client does not tell it (libsql): it names who holds the lock. */
  path?: string;
}

/**
 * A runner over a Drizzle database: `await run((tx) => …)`, or the first argument of `batchedTransaction`.
 *
 * On better-sqlite3 (`drizzle-orm/better-sqlite3`) it is this package's own `transaction` on the database's `$client`, so
 * all that `transaction` promises holds; bodies may be asynchronous. With an asynchronous client, such as libsql's, it is
 * Drizzle's own transaction behind a queue, begun again as long as the file is locked.
 *
 * @param db What `drizzle(…)` returned.
 * @throws {UnsupportedSessionError} at the first transaction, when this Drizzle keeps its client elsewhere than the known
 *   versions (0.29 to 0.45) do.
 */
export function drizzleRunner<Tx>(db: DrizzleDatabase<Tx>, options: DrizzleRunnerOptions = {}): OrmRunner<Tx> {
  const client: unknown = "$client" in db ? db.$client : undefined;
  const drizzle = db as unknown as Drizzle;
  return (isHandle(client) ? handleRunner(drizzle, client) : clientRunner(drizzle, options)) as unknown as OrmRunner<Tx>;
}

/** Drizzle's databases and transactions, as they are at run time. */
interface Drizzle {
  transaction(body: (tx: DrizzleTx) => unknown, config?: { behavior?: string }): unknown;
}

interface DrizzleTx {
  run(query: string): unknown;
  all(query: string): unknown;
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
    throw new UnsupportedSessionError("This version of drizzle-orm keeps the client of a transaction elsewhere than the versions that sessionfix-runtime knows (0.29 to 0.45). Use await transaction(db.$client, …) with the statements of db instead.");
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

function clientRunner(db: Drizzle, { path }: DrizzleRunnerOptions): OrmRunner<DrizzleTx> {
  return ormRunner<DrizzleTx>({
    library: "Drizzle",
    key: db,
    path: () => path,
    run: async (work, { mode }) => await db.transaction(work, { behavior: mode }),
    capabilities: literalCapabilities<DrizzleTx>({
      run: async (tx, sql) => { await tx.run(sql); },
      all: async (tx, sql) => (await tx.all(sql)) as unknown[],
    }),
  });
}
