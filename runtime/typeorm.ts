import { SessionOptionError, UnsupportedSessionError } from "./errors.js";
import { handleCapabilities, isHandle } from "./orm-handle.js";
import { asRunner } from "./orm-runner.js";
import type { OrmRunner } from "./orm-runner.js";
import type { SqliteSession } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { Driver, OpenFactoryOptions, TransactionOptions } from "./types.js";

/** The little of a TypeORM `DataSource` that the runner uses; all of it is public in 0.3 and 1.x. */
export interface TypeormDataSource<Manager = unknown> {
  readonly manager: Manager;
  readonly driver: object;
  destroy(): Promise<void>;
}

/**
 * A runner over a TypeORM `DataSource` of type `better-sqlite3`: `await run((manager) => …)`, or the first argument of
 * `batchedTransaction`. The body gets an `EntityManager` of TypeORM's own, made for this one transaction; subscribers
 * hear of its beginning and its end.
 *
 * The transaction is this package's own, on the data source's connection, so that all that `transaction` promises holds.
 *
 * @throws {UnsupportedSessionError} at the first transaction, when the data source is not initialized, of another type, or
 *   of a version that keeps its connection elsewhere than the known ones (0.3 and 1.x) do.
 */
export function typeormRunner<Manager>(dataSource: TypeormDataSource<Manager>): OrmRunner<Manager> {
  const source = dataSource as unknown as DataSource;
  const runner = <R>(work: (manager: Manager) => R | Promise<R>, options: TransactionOptions = {}): Promise<R> =>
    runTypeormTransaction(source, work as (manager: EntityManager) => R | Promise<R>, options, runner);
  return asRunner(runner, handleCapabilities<Manager>((manager) => handles.get(manager as object) ?? handleOf(source)));
}

/** TypeORM's objects as they are at run time, whatever the version. */
interface DataSource {
  readonly driver: TypeormDriver;
  createEntityManager(queryRunner: QueryRunner): EntityManager;
}

/** TypeORM's driver for better-sqlite3, which has one connection and one query runner. */
interface TypeormDriver {
  readonly databaseConnection?: unknown;
  createQueryRunner(mode: "master"): QueryRunner;
}

interface QueryRunner {
  isTransactionActive: boolean;
  startTransaction(...rest: unknown[]): Promise<void>;
  connect(): Promise<unknown>;
  query(sql: string, ...rest: unknown[]): Promise<unknown>;
}

interface EntityManager {
  transaction(body: (manager: EntityManager) => Promise<unknown>): Promise<unknown>;
}

/** The handle that the manager of a transaction writes through. */
const handles = new WeakMap<object, SqliteSession>();

function handleOf(source: DataSource): SqliteSession {
  const handle = source.driver.databaseConnection;
  if (isHandle(handle)) {
    mendBeginning(source.driver.createQueryRunner("master"));
    return handle;
  }
  throw new UnsupportedSessionError(handle === undefined
    ? "typeormRunner() needs a DataSource that is initialized: await dataSource.initialize() first."
    : 'typeormRunner() needs a DataSource of type "better-sqlite3".');
}

const mended = new WeakSet<QueryRunner>();

/**
 * TypeORM 0.3 and 1.x take the shared query runner for being in a transaction although its BEGIN failed, and from then on
 * save in pieces. With this package a BEGIN may well be refused: while a transaction of another task is open.
 */
function mendBeginning(shared: QueryRunner): void {
  if (mended.has(shared)) return;
  mended.add(shared);
  const start = shared.startTransaction.bind(shared);
  shared.startTransaction = async (...rest) => {
    const before = shared.isTransactionActive;
    try {
      await start(...rest);
    } catch (error) {
      shared.isTransactionActive = before;
      throw error;
    }
  };
}

/** What TypeORM wants of the transaction, by a statement that it then waits for. */
type Wish = "COMMIT" | "ROLLBACK";

const BEGINS = /^\s*BEGIN\b/i;
const ENDS = /^\s*(COMMIT|ROLLBACK)(?:\s+TRANSACTION)?\s*;?\s*$/i;

async function runTypeormTransaction<R>(
  source: DataSource,
  work: (manager: EntityManager) => R | Promise<R>,
  options: TransactionOptions,
  entry: (...args: never[]) => unknown,
): Promise<R> {
  if (typeof work !== "function") throw new SessionOptionError(`The transaction's body is ${String(work)}; it must be a function.`);
  const wished = deferred<Wish>();
  const ended = deferred<undefined>();
  let typeorm: Promise<unknown> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let result: { readonly value: R } | undefined;
  const outcome = runTransaction(handleOf(source), async (tx) => {
    const queryRunner = await bindQueryRunner(source, tx);
    let begun = false;
    const query = queryRunner.query.bind(queryRunner);
    // TypeORM's own course of a transaction, its statements for the beginning and the end being ours.
    queryRunner.query = async (sql, ...rest) => {
      if (!begun && BEGINS.test(sql)) {
        begun = true;
        return undefined;
      }
      const wish = ENDS.exec(sql)?.[1]?.toUpperCase() as Wish | undefined;
      if (wish === undefined) return await query(sql, ...rest);
      wished.resolve(wish);
      await ended.promise;
      return undefined;
    };
    typeorm = source.createEntityManager(queryRunner).transaction(async (manager) => {
      if (!begun) throw unknownVersion();
      handles.set(manager, tx);
      try {
        result = { value: await work(manager) };
      } catch (error) {
        failure = { error };
        throw error;
      }
    });
    typeorm.catch(() => {}); // heard below, after the transaction's end
    const wish = await Promise.race([wished.promise, typeorm.then(() => undefined)]);
    if (failure !== undefined) throw failure.error;
    if (wish !== "COMMIT") throw wish === undefined ? unknownVersion() : new UnsupportedSessionError("The transaction was rolled back by its manager's query runner. Throw in the body instead.");
  }, options, undefined, entry);
  let refusal: { readonly error: unknown } | undefined;
  try {
    await outcome;
    ended.resolve(undefined);
  } catch (error) {
    refusal = { error };
    // A rollback that TypeORM asked for has been made, and is no failure of its statement.
    if (failure === undefined) ended.reject(error);
    else ended.resolve(undefined);
  }
  if (typeorm !== undefined) await (refusal === undefined ? typeorm : typeorm.catch(() => {}));
  if (refusal !== undefined) throw refusal.error;
  return result!.value;
}

/** A query runner of TypeORM's own, made for one transaction: its statements go through `tx`, and are refused after the end. */
async function bindQueryRunner(source: DataSource, tx: SqliteSession): Promise<QueryRunner> {
  const driver = Object.create(source.driver, {
    databaseConnection: { value: tx, writable: true },
    queryRunner: { value: undefined, writable: true },
  }) as TypeormDriver;
  const queryRunner = driver.createQueryRunner("master");
  if ((await queryRunner.connect()) !== tx) throw unknownVersion();
  return queryRunner;
}

function unknownVersion(): UnsupportedSessionError {
  return new UnsupportedSessionError("This version of typeorm keeps its connection or begins its transactions otherwise than the versions that sessionfix-runtime knows (0.3 and 1.x). Use await transaction(dataSource.driver.databaseConnection, …) instead.");
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => { resolve = onValue; reject = onError; });
  promise.catch(() => {}); // perhaps nobody ever waits for it
  return { promise, resolve, reject };
}

/**
 * What `createSessionFactory` needs to share data sources: `createSessionFactory({ ...typeormSessions((path) => …), path })`.
 * Closing waits for running transactions, then destroys the data source. The factory's `engine` applies to its connection.
 *
 * @param open Resolves with the initialized instance: `(path) => new DataSource({ type: "better-sqlite3", database: path, … }).initialize()`.
 */
export function typeormSessions<S extends TypeormDataSource>(open: (path: string) => Promise<S>): Required<Pick<OpenFactoryOptions<Promise<S>>, "open" | "close" | "driver">> {
  return { open, close: (dataSource) => dataSource.destroy(), driver };
}

/** Shows the factory the connection behind a data source. */
const driver: Driver = {
  name: "typeorm",
  defaults: {},
  open: () => { throw new UnsupportedSessionError("Data sources are opened by the function given to typeormSessions()."); },
  isOpen: (session) => (handleOf(session as DataSource) as { open?: boolean }).open !== false,
  close: (session) => (session as TypeormDataSource).destroy(),
  connection: (session) => handleOf(session as DataSource),
  recognizes: (session): session is object => typeof session === "object" && session !== null && "driver" in session
    && isHandle((session as { driver: Partial<TypeormDriver> | null }).driver?.databaseConnection),
};
