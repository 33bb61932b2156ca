import { UnsupportedSessionError } from "./errors.js";
import { accessOf } from "./access.js";
import { capturePlace } from "./frame.js";
import type { Place } from "./frame.js";
import { DEFAULT_TIMEOUT_MS, checkFunction, checkOptions } from "./options.js";
import { handleCapabilities } from "./orm-handle.js";
import { asRunner, ormRunner } from "./orm-runner.js";
import type { OrmRunner } from "./orm-runner.js";
import { literalCapabilities } from "./orm-sql.js";
import { SessionDatabase, openShared, prepared } from "./sequelize-sqlite3.js";
import type { ModuleOptions, SharedSession } from "./sequelize-sqlite3.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { Driver, OpenFactoryOptions, TransactionOptions } from "./types.js";

export type { ModuleOptions } from "./sequelize-sqlite3.js";

const OPEN_READONLY = 1;
const OPEN_READWRITE = 2;
const OPEN_CREATE = 4;

/** A class of databases as `better-sqlite3` exports it. */
type DatabaseClass = new (path: string, options?: never) => SqliteConnection;

/** By the module given to Sequelize: its connections, by file as Sequelize names it. */
const modules = new WeakMap<object, Map<string, SharedSession>>();

/**
 * A `dialectModule` for Sequelize 6 in place of the package `sqlite3`, over better-sqlite3 and with this package's
 * transactions: all of an instance's queries share one connection; each transaction begins `IMMEDIATE`, also where its type
 * is `DEFERRED`, Sequelize's default, takes turns first come, first served, and waits for the file's lock without blocking the event loop; so do single writes.
 * Single reads are served beside an open transaction and see what is committed.
 *
 * @param Database What `import Database from "better-sqlite3"` gives.
 * @returns For `new Sequelize({ dialect: "sqlite", storage: "app.db", dialectModule: sessionModule(Database) })`.
 */
export function sessionModule(Database: DatabaseClass, options: ModuleOptions = {}): object {
  checkOptions(options);
  const sessions = new Map<string, SharedSession>();
  const share = (path: string, mode: number): SharedSession => {
    const known = sessions.get(path);
    if (known?.session.open === true) return known;
    const settings = { readonly: (mode & OPEN_READONLY) !== 0, fileMustExist: (mode & OPEN_CREATE) === 0 };
    const shared = openShared(() => new Database(path, settings as never), options, () => {
      if (sessions.get(path) === shared) sessions.delete(path);
    });
    sessions.set(path, shared);
    return shared;
  };
  class Connection extends SessionDatabase {
    constructor(path: string, mode: number, callback: (error: unknown) => void) {
      super(path, share(path, mode));
      // Sequelize keeps the connection first and looks at it in the callback.
      process.nextTick(callback, null);
    }
  }
  const module = { OPEN_READONLY, OPEN_READWRITE, OPEN_CREATE, Database: Connection };
  modules.set(module, sessions);
  return module;
}

/** The little of a Sequelize instance that the runner uses. */
export interface SequelizeDatabase<Tx> {
  // Of its overloads the one without a callback: the compiler infers from the last.
  transaction(options?: undefined): Promise<Tx>;
  close(): Promise<void>;
}

/** Sequelize as it is at run time. */
interface Sequelize<Tx> extends Options {
  transaction(options: { type: string }, body: (tx: Tx) => Promise<unknown>): Promise<unknown>;
  query(sql: string, options?: { transaction?: Tx; type?: string; logging?: false }): Promise<unknown>;
}

interface Options {
  readonly options?: { readonly dialectModule?: unknown; readonly storage?: unknown; readonly host?: unknown };
}

/**
 * A runner over a Sequelize instance: `await run((transaction) => …)`, or the first argument of `batchedTransaction`. The
 * body gets Sequelize's own `Transaction`, to be given to its models' methods.
 *
 * With {@link sessionModule} the transaction is this package's own, so that all that `transaction` promises holds. With
 * the package `sqlite3` it is Sequelize's own `IMMEDIATE` one behind a queue, begun again as long as the file is locked.
 */
export function sequelizeRunner<Tx>(sequelize: SequelizeDatabase<Tx>): OrmRunner<Tx> {
  const instance = sequelize as unknown as Sequelize<Tx>;
  return sessionsOf(instance) === undefined ? moduleRunner(instance) : sessionRunner(instance);
}

function sessionsOf({ options }: Options): Map<string, SharedSession> | undefined {
  const module = options?.dialectModule;
  return typeof module === "object" && module !== null ? modules.get(module) : undefined;
}

function storageOf({ options }: Options): string {
  const { storage, host } = options ?? {};
  return typeof storage === "string" ? storage : typeof host === "string" ? host : ":memory:";
}

function sharedOf(sequelize: Options): SharedSession | undefined {
  return sessionsOf(sequelize)?.get(storageOf(sequelize));
}

function sessionRunner<Tx>(sequelize: Sequelize<Tx>): OrmRunner<Tx> {
  const begin = <R>({ session }: SharedSession, work: (tx: Tx) => R | Promise<R>, options: TransactionOptions, place?: Place): Promise<R> => runTransaction(session, (tx) => {
    const frame = accessOf(tx)?.frame;
    if (frame !== undefined && place !== undefined) frame.place = place;
    const own = { session, tx, taken: false };
    return prepared.run(own, async () => {
      let result: { readonly value: R } | undefined;
      await sequelize.transaction({ type: "IMMEDIATE" }, async (transaction) => {
        if (!own.taken) throw new UnsupportedSessionError("This version of Sequelize begins its transactions otherwise than version 6, which sessionfix-runtime knows.");
        result = { value: await work(transaction) };
      });
      return result!.value;
    });
  }, options, undefined, runner);
  const first = async <R>(work: (tx: Tx) => R | Promise<R>, options: TransactionOptions, place: Place): Promise<R> => {
    checkOptions(options);
    checkFunction("The transaction's body", work);
    const since = performance.now();
    await openingOf(sequelize);
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    return await begin(sharedOf(sequelize)!, work, { ...options, timeoutMs: Math.max(0, timeoutMs - (performance.now() - since)) }, place);
  };
  const runner = <R>(work: (tx: Tx) => R | Promise<R>, options: TransactionOptions = {}): Promise<R> => {
    const shared = sharedOf(sequelize);
    return shared === undefined || openings.has(sequelize) ? first(work, options, capturePlace(runner)) : begin(shared, work, options);
  };
  return asRunner(runner, handleCapabilities<Tx>(() => sharedOf(sequelize)!.session));
}

const openings = new WeakMap<object, Promise<unknown>>();

/** A first query makes Sequelize open the connection that all others share, and that stays until close(). */
function openingOf(sequelize: { query(sql: string, options: { logging: false }): Promise<unknown> }): Promise<unknown> {
  let opening = openings.get(sequelize);
  if (opening === undefined) {
    opening = sequelize.query("SELECT 1", { logging: false });
    openings.set(sequelize, opening);
    // Heard before those who wait for it: whoever comes from then on need not.
    const over = (): void => { openings.delete(sequelize); };
    opening.then(over, over);
  }
  return opening;
}

function moduleRunner<Tx>(sequelize: Sequelize<Tx>): OrmRunner<Tx> {
  return ormRunner<Tx>({
    library: "Sequelize",
    key: sequelize,
    path: () => storageOf(sequelize),
    run: (work, { mode }) => sequelize.transaction({ type: mode.toUpperCase() }, work),
    capabilities: literalCapabilities<Tx>({
      run: async (transaction, sql) => { await sequelize.query(sql, { transaction }); },
      all: async (transaction, sql) => (await sequelize.query(sql, { transaction, type: "SELECT" })) as unknown[],
    }),
  });
}

/**
 * What `createSessionFactory` needs to share Sequelize instances: `createSessionFactory({ ...sequelizeSessions((path) => …), path })`.
 * Closing waits for running transactions and closes the instance, which cannot be used again.
 *
 * @param open Makes the instance, best with {@link sessionModule}. Engine settings are the module's: `sessionModule(Database, { engine })`.
 */
export function sequelizeSessions<S extends { close(): Promise<void> }>(open: (path: string) => S): Required<Pick<OpenFactoryOptions<S>, "open" | "close" | "driver">> {
  return { open, close: (async (sequelize: { close(): Promise<void> }) => { await sequelize.close(); }), driver };
}

/** Shows the factory the connection behind an instance, once it is open. */
const driver: Driver = {
  name: "sequelize",
  defaults: {},
  open: () => { throw new UnsupportedSessionError("Sequelize instances are opened by the function given to sequelizeSessions()."); },
  isOpen: () => true,
  close: (sequelize) => (sequelize as { close(): Promise<void> }).close(),
  connection: (sequelize) => sharedOf(sequelize)!.session,
  recognizes: (sequelize): sequelize is object => typeof sequelize === "object" && sequelize !== null && sharedOf(sequelize) !== undefined,
};
