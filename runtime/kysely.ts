import { accessOf } from "./access.js";
import { UnsupportedSessionError } from "./errors.js";
import { SessionConnection, prepared } from "./kysely-connection.js";
import { DEFAULT_TIMEOUT_MS, checkOptions } from "./options.js";
import { handleCapabilities } from "./orm-handle.js";
import { asRunner } from "./orm-runner.js";
import type { OrmRunner } from "./orm-runner.js";
import { inTurn } from "./orm-turn.js";
import { stateOf } from "./session-state.js";
import { isSqliteConnection } from "./sqlite-connection.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { Driver, OpenFactoryOptions, TransactionOptions } from "./types.js";

/** The class `SqliteDialect` of Kysely. */
export type SqliteDialectClass = new (config: { database: never }) => KyselyDialect;

interface KyselyDialect {
  createDriver(): unknown;
  createAdapter(): object;
}

/** Options of `sessionDialect`. */
export interface SessionDialectOptions {
  /** How long a transaction or a single write may wait for its turn and the lock, in milliseconds. Default 10,000. */
  timeoutMs?: number;
  /** Names the dialect's transactions in errors and events. */
  label?: string;
}

type Given = SqliteConnection | (() => SqliteConnection | Promise<SqliteConnection>);

/** The session behind a dialect, opened at the first query where a function was given. */
class Source {
  session: SqliteConnection | undefined;
  #opening: Promise<SqliteConnection> | undefined;

  constructor(readonly given: Given) {
    if (typeof given !== "function") this.session = checked(given);
  }

  open(): Promise<SqliteConnection> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined; // the next query tries again
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<SqliteConnection> {
    return (this.session ??= checked(typeof this.given === "function" ? await this.given() : this.given));
  }
}

function checked(session: unknown): SqliteConnection {
  if (isSqliteConnection(session) && typeof (session.prepare("SELECT 1") as { reader?: unknown }).reader === "boolean") return session;
  throw new UnsupportedSessionError("sessionDialect() needs a better-sqlite3 Database, or a function that returns one, as its second argument.");
}

/** By what a Kysely instance shows of its dialect: `db.getExecutor().adapter`. */
const sources = new WeakMap<object, Source>();

/**
 * Kysely's own dialect for better-sqlite3, with this package's transactions: `db.transaction().execute(…)` begins
 * `IMMEDIATE`, takes turns first come, first served, and waits for the file's lock without blocking the event loop; so do
 * single writes. Single reads are served beside an open transaction and see what is committed.
 *
 * @param SqliteDialect Kysely's class.
 * @param session The database, or a function that opens it at the first query. `db.destroy()` waits for running
 *   transactions and closes it.
 */
export function sessionDialect<Class extends SqliteDialectClass>(SqliteDialect: Class, session: Given, options: SessionDialectOptions = {}): InstanceType<Class> {
  checkOptions(options);
  const source = new Source(session);
  const dialect = new SqliteDialect({ database: source.given as never }) as InstanceType<Class>;
  const createAdapter = dialect.createAdapter.bind(dialect);
  Object.defineProperties(dialect, {
    createDriver: { value: () => new SessionDriver(source, options) },
    createAdapter: {
      value: () => {
        const adapter = createAdapter();
        sources.set(adapter, source);
        return adapter;
      },
    },
  });
  return dialect;
}

/** What Kysely calls to reach the database. */
class SessionDriver {
  constructor(readonly source: Source, readonly options: SessionDialectOptions) {}

  async init(): Promise<void> {
    await this.source.open();
  }

  async acquireConnection(): Promise<SessionConnection> {
    return new SessionConnection(await this.source.open(), this.options);
  }

  beginTransaction(connection: SessionConnection, settings?: { readonly accessMode?: string }): Promise<void> {
    return connection.begin(settings?.accessMode === "read only" ? "deferred" : "immediate");
  }

  commitTransaction(connection: SessionConnection): Promise<void> {
    return connection.commit();
  }

  rollbackTransaction(connection: SessionConnection): Promise<void> {
    return connection.rollback();
  }

  savepoint(connection: SessionConnection, name: string): Promise<void> {
    return connection.run(`SAVEPOINT ${quoted(name)}`);
  }

  rollbackToSavepoint(connection: SessionConnection, name: string): Promise<void> {
    return connection.run(`ROLLBACK TO ${quoted(name)}`);
  }

  releaseSavepoint(connection: SessionConnection, name: string): Promise<void> {
    return connection.run(`RELEASE ${quoted(name)}`);
  }

  releaseConnection(connection: SessionConnection): Promise<void> {
    return connection.release();
  }

  async destroy(): Promise<void> {
    const { session } = this.source;
    if (session?.open !== true) return;
    // The factory that closes the session has waited already, and keeps the turn meanwhile.
    if (accessOf(session)?.state.closing === true) {
      session.close();
      return;
    }
    const state = stateOf(session);
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    await inTurn(state, "close of the session", { since: performance.now(), timeoutMs, signal: undefined }, () => { session.close(); });
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The little of a Kysely instance that the runner uses. */
export interface KyselyDatabase<Tx> {
  transaction(): { execute(body: (tx: Tx) => Promise<never>): Promise<unknown> };
  getExecutor(): { readonly adapter: object };
}

/**
 * A runner over a Kysely instance with {@link sessionDialect}: `await run((trx) => …)`, or the first argument of
 * `batchedTransaction`. The body gets Kysely's own `Transaction`.
 *
 * @throws {UnsupportedSessionError} when the instance was made with another dialect.
 */
export function kyselyRunner<Tx>(db: KyselyDatabase<Tx>): OrmRunner<Tx> {
  const source = sourceOf(db);
  if (source === undefined) {
    throw new UnsupportedSessionError("kyselyRunner() needs a Kysely instance with sessionDialect(): new Kysely({ dialect: sessionDialect(SqliteDialect, database) }). Kysely's own dialect begins its transactions without the write lock and keeps its connection to itself.");
  }
  const begin = <R>(session: SqliteConnection, work: (tx: Tx) => R | Promise<R>, options: TransactionOptions): Promise<R> => {
    const body = (tx: SqliteConnection): Promise<R> => prepared.run({ session, tx, taken: false }, async () => {
      let result: { readonly value: R } | undefined;
      await db.transaction().execute((async (trx: Tx) => { result = { value: await work(trx) }; }) as (trx: Tx) => Promise<never>);
      return result!.value;
    });
    return runTransaction(session, body, options, undefined, runner);
  };
  const runner = <R>(work: (tx: Tx) => R | Promise<R>, options: TransactionOptions = {}): Promise<R> =>
    source.session === undefined ? source.open().then((session) => begin(session, work, options)) : begin(source.session, work, options);
  // Kysely's transactions are those of the context, and there is one session for all of them.
  return asRunner(runner, handleCapabilities<Tx>(() => source.session!));
}

function sourceOf(db: object): Source | undefined {
  if (!("getExecutor" in db) || typeof db.getExecutor !== "function") return undefined;
  const executor: unknown = (db as { getExecutor(): unknown }).getExecutor();
  const adapter = typeof executor === "object" && executor !== null && "adapter" in executor ? executor.adapter : undefined;
  return typeof adapter === "object" && adapter !== null ? sources.get(adapter) : undefined;
}

/**
 * What `createSessionFactory` needs to share Kysely instances: `createSessionFactory({ ...kyselySessions((path) => …), path })`.
 * Closing waits for running transactions, destroys the instance and closes its database.
 *
 * @param open Makes the instance, best with {@link sessionDialect}: then the factory's `engine` applies to its database, too.
 */
export function kyselySessions<S extends { destroy(): Promise<void> }>(open: (path: string) => S): Required<Pick<OpenFactoryOptions<S>, "open" | "close" | "driver">> {
  return { open, close: close, driver };
}

async function close(db: { destroy(): Promise<void> }): Promise<void> {
  const session = sourceOf(db)?.session;
  await db.destroy();
  // Kysely does not destroy a driver that no query has used.
  if (session?.open === true) session.close();
}

/** Shows the factory the database behind an instance; instances are opened by the application's own function. */
const driver: Driver = {
  name: "kysely",
  defaults: {},
  open: () => { throw new UnsupportedSessionError("Kysely instances are opened by the function given to kyselySessions()."); },
  isOpen: (db) => sourceOf(db)?.session?.open !== false,
  close: (db) => close(db as { destroy(): Promise<void> }),
  connection: (db) => sourceOf(db)!.session!,
  recognizes: (db): db is object => typeof db === "object" && db !== null && sourceOf(db)?.session !== undefined,
};
