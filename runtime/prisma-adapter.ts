import { AsyncLocalStorage } from "node:async_hooks";
import { nearest } from "./access.js";
import { applyEngine } from "./engine.js";
import { SessionClosedError, UnsupportedSessionError } from "./errors.js";
import { openTransaction } from "./open-transaction.js";
import type { OpenTransaction } from "./open-transaction.js";
import { DEFAULT_TIMEOUT_MS, checkOptions } from "./options.js";
import { inTurn } from "./orm-turn.js";
import { stateOf } from "./session-state.js";
import { isSqliteConnection } from "./sqlite-connection.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { EngineSettings } from "./types.js";

/** What `new PrismaBetterSqlite3(…)` is: Prisma's public interface of driver adapters, as far as it is needed here. */
export interface PrismaAdapterFactory {
  readonly provider: string;
  readonly adapterName: string;
  connect(): Promise<object>;
}

/** Options of `sessionAdapter`. */
export interface SessionAdapterOptions {
  /** How long a transaction or a single write may wait for its turn and the lock, in milliseconds. Default 10,000. */
  timeoutMs?: number;
  /** Names the adapter's transactions in errors and events. */
  label?: string;
  /** Settings of each connection, applied and read back when Prisma connects. Only what is named is set. */
  engine?: EngineSettings;
}

interface Query {
  readonly sql: string;
  readonly args: readonly unknown[];
  readonly argTypes: readonly unknown[];
}

/** Prisma's adapter for better-sqlite3, whose class is not exported. Queries go to its `client`. */
interface Adapter {
  readonly client: unknown;
  queryRaw(query: Query): Promise<unknown>;
  executeRaw(query: Query): Promise<number>;
  executeScript(script: string): Promise<void>;
  dispose(): Promise<void>;
}

/** A transaction of this package that has begun and that the next `startTransaction` of the same context is meant for. */
export interface Prepared {
  readonly session: SqliteConnection;
  readonly tx: SqliteConnection;
  taken: boolean;
}

export const prepared = new AsyncLocalStorage<Prepared>();

/** Asks, through a client, which connection is behind it: Prisma itself does not tell. */
export const probe = new AsyncLocalStorage<{ connected: ConnectedAdapter | undefined }>();

/** Around the disconnecting of a client that is not to connect again. */
export const lastDisconnect = new AsyncLocalStorage<true>();

/**
 * Prisma's adapter for better-sqlite3, with this package's transactions: each begins `IMMEDIATE`, takes turns first come,
 * first served, and waits for the file's lock without blocking the event loop; so do single writes. Single reads are
 * served beside an open transaction and see what is committed.
 *
 * @param factory `new PrismaBetterSqlite3({ url: "file:app.db" })` of `@prisma/adapter-better-sqlite3`.
 * @throws {UnsupportedSessionError} when Prisma connects through an adapter that keeps its connection elsewhere.
 */
export function sessionAdapter<Factory extends PrismaAdapterFactory>(factory: Factory, options: SessionAdapterOptions = {}): Pick<Factory, "provider" | "adapterName" | "connect"> {
  checkOptions(options);
  const shared = { closed: false };
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: (async () => {
      if (shared.closed) throw new SessionClosedError("The Prisma client was closed with its sessions. Ask getSession() for it again, after init() or initSessionFactory().");
      return new ConnectedAdapter((await factory.connect()) as Adapter, options, shared, factory.adapterName);
    }),
  };
}

const LEADING = String.raw`^(?:\s|--[^\n]*\n|/\*.*?\*/)*`;
const READS = new RegExp(`${LEADING}(?:select|values|explain)\\b`, "is");
const MAY_READ = new RegExp(`${LEADING}with\\b`, "is");
const WRITES = new RegExp(`${LEADING}(?:insert|update|delete|replace|create|alter|drop|reindex|analyze|with)\\b`, "is");

/** What Prisma gets for a connection. */
export class ConnectedAdapter {
  readonly provider = "sqlite";
  readonly session: SqliteConnection;

  constructor(readonly adapter: Adapter, readonly options: SessionAdapterOptions, readonly shared: { closed: boolean }, readonly adapterName: string) {
    const { client } = adapter;
    if (!isSqliteConnection(client) || !reaches(adapter)) {
      throw new UnsupportedSessionError("sessionAdapter() needs the adapter of @prisma/adapter-better-sqlite3 (6 or 7), and this one keeps its connection elsewhere.");
    }
    this.session = client;
    try {
      const { connection, path } = stateOf(client);
      applyEngine(connection, path, options.engine ?? {}, {});
      // The adapter has said so before the session was known; its reader has to know, too.
      (client as { defaultSafeIntegers?(toggle: boolean): unknown }).defaultSafeIntegers?.(true);
    } catch (error) {
      client.close();
      throw error;
    }
  }

  async queryRaw(query: Query): Promise<unknown> {
    const asked = probe.getStore();
    if (asked !== undefined) {
      asked.connected = this;
      return { columnNames: [], columnTypes: [], rows: [] };
    }
    if (this.#isInside() || !isRead(this.session, query.sql)) return await this.#write(query.sql, (adapter) => adapter.queryRaw(query));
    try {
      return await this.adapter.queryRaw(query);
    } catch (error) {
      if (!isRefused(error)) throw error;
      // It could not be served beside the open transaction, so it is served after it.
      return await runTransaction(this.session, (tx) => bind(this.adapter, tx).queryRaw(query), { ...this.options, mode: "deferred" }, undefined, sessionAdapter);
    }
  }

  async executeRaw(query: Query): Promise<number> {
    return await this.#write(query.sql, (adapter) => adapter.executeRaw(query));
  }

  async executeScript(script: string): Promise<void> {
    await this.#write("", (adapter) => adapter.executeScript(script));
  }

  #isInside(): boolean {
    return nearest({ state: stateOf(this.session), frame: undefined })?.status === "active";
  }

  /** One statement, in its turn. */
  async #write<R>(sql: string, run: (adapter: Adapter) => Promise<R>): Promise<R> {
    if (this.#isInside()) return await run(this.adapter);
    if (WRITES.test(sql)) return await runTransaction(this.session, (tx) => run(bind(this.adapter, tx)), this.options, undefined, sessionAdapter);
    // What SQLite refuses inside of a transaction, such as VACUUM, and settings.
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    return await inTurn(stateOf(this.session), sql || "script", { since: performance.now(), timeoutMs, signal: undefined }, () => run(this.adapter));
  }

  async startTransaction(isolationLevel?: string): Promise<AdapterTransaction> {
    if (isolationLevel !== undefined && isolationLevel !== "SERIALIZABLE") {
      throw new UnsupportedSessionError(`Transactions in SQLite are serializable; isolation level ${isolationLevel} is not to be had.`);
    }
    const waiting = prepared.getStore();
    if (waiting?.session === this.session && !waiting.taken) {
      waiting.taken = true;
      return new AdapterTransaction(this, { tx: waiting.tx, commit: () => Promise.resolve(), rollback: () => Promise.resolve() });
    }
    return new AdapterTransaction(this, await openTransaction(this.session, this.options));
  }

  async dispose(): Promise<void> {
    if (lastDisconnect.getStore() === true) this.shared.closed = true;
    if (!this.session.open) return;
    const state = stateOfClosing(this.session);
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    // The factory that closes the session has waited already, and keeps the turn meanwhile.
    if (state === undefined) await this.adapter.dispose();
    else await inTurn(state, "close of the session", { since: performance.now(), timeoutMs, signal: undefined }, () => this.adapter.dispose());
  }
}

function stateOfClosing(session: SqliteConnection): ReturnType<typeof stateOf> | undefined {
  try {
    return stateOf(session);
  } catch (error) {
    if (error instanceof SessionClosedError) return undefined;
    throw error;
  }
}

/** What Prisma gets for a transaction. Prisma only calls; this package runs the statements that begin and end it. */
class AdapterTransaction {
  readonly provider = "sqlite";
  readonly adapterName: string;
  readonly options = { usePhantomQuery: true };
  readonly #adapter: Adapter;
  readonly #open: OpenTransaction<SqliteConnection>;

  constructor({ adapter, adapterName }: ConnectedAdapter, open: OpenTransaction<SqliteConnection>) {
    this.adapterName = adapterName;
    this.#adapter = bind(adapter, open.tx);
    this.#open = open;
  }

  queryRaw(query: Query): Promise<unknown> {
    return this.#adapter.queryRaw(query);
  }

  executeRaw(query: Query): Promise<number> {
    return this.#adapter.executeRaw(query);
  }

  commit(): Promise<void> {
    return this.#open.commit();
  }

  rollback(): Promise<void> {
    return this.#open.rollback();
  }

  async createSavepoint(name: string): Promise<void> {
    await this.#run(`SAVEPOINT ${name}`);
  }

  async rollbackToSavepoint(name: string): Promise<void> {
    await this.#run(`ROLLBACK TO ${name}`);
  }

  async releaseSavepoint(name: string): Promise<void> {
    await this.#run(`RELEASE ${name}`);
  }

  #run(sql: string): Promise<number> {
    return this.executeRaw({ sql, args: [], argTypes: [] });
  }
}

/** The same adapter, its statements going through `handle`. */
function bind(adapter: Adapter, handle: object): Adapter {
  return Object.create(adapter, { client: { value: handle } }) as Adapter;
}

/** Whether statements of an adapter that is bound to a handle really go to that handle. */
function reaches(adapter: Adapter): boolean {
  let reached = false;
  const handle = { prepare: () => { reached = true; throw new Error("reached"); } };
  bind(adapter, handle).queryRaw({ sql: "SELECT 1", args: [], argTypes: [] }).catch(() => {}); // it is meant to fail
  return reached;
}

/** The guard's refusal, as the adapter translates it. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && (error.cause as { originalCode?: unknown } | undefined)?.originalCode === "SESSIONFIX_SESSION_BUSY";
}

function isRead(session: SqliteConnection, sql: string): boolean {
  if (READS.test(sql)) return true;
  if (!MAY_READ.test(sql)) return false;
  try {
    const { reader, readonly } = session.prepare(sql) as unknown as { reader: boolean; readonly?: boolean };
    return reader && readonly === true;
  } catch {
    return false; // a table may yet be made by a transaction that is still to end
  }
}
