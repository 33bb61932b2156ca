import { AsyncLocalStorage } from "node:async_hooks";
import { nearest } from "./access.js";
import { applyEngine } from "./engine.js";
import { SessionBusyError, SessionClosedError, SessionError, TransactionClosedError } from "./errors.js";
import { openTransaction } from "./open-transaction.js";
import type { OpenTransaction } from "./open-transaction.js";
import { DEFAULT_TIMEOUT_MS } from "./options.js";
import { inTurn } from "./orm-turn.js";
import { stateOf } from "./session-state.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { EngineSettings, TransactionMode, TransactionOptions } from "./types.js";

/** What the module gives out where Sequelize expects the package `sqlite3`. */
export interface ModuleOptions {
  /** How long a transaction or a single write may wait for its turn and the lock, in milliseconds. Default 10,000. */
  timeoutMs?: number;
  /** Names the transactions in errors and events. */
  label?: string;
  /** Settings of the connection, applied and read back when it is opened. Only what is named is set. */
  engine?: EngineSettings;
}

/** A transaction of this package that has begun and that the next `BEGIN` of the same context is meant for. */
export interface Prepared {
  readonly session: SqliteConnection;
  readonly tx: SqliteConnection;
  taken: boolean;
}

export const prepared = new AsyncLocalStorage<Prepared>();

/** The one connection to a file, shared by what Sequelize takes for connections: one for all queries and one a transaction. */
export class SharedSession {
  readonly #users = new Set<SessionDatabase>();

  constructor(readonly session: SqliteConnection, readonly options: TransactionOptions, readonly forget: () => void) {}

  add(user: SessionDatabase): void {
    this.#users.add(user);
  }

  /** Closes the connection with the last of its users. */
  async remove(user: SessionDatabase): Promise<void> {
    if (!this.#users.delete(user) || this.#users.size > 0) return;
    this.forget();
    const { session } = this;
    if (!session.open) return;
    const state = openStateOf(session);
    // The factory that closes the session has waited already, and keeps the turn meanwhile.
    if (state === undefined) session.close();
    else await inTurn(state, "close of the session", this.patience(), () => { session.close(); });
  }

  patience(): { since: number; timeoutMs: number; signal: undefined } {
    return { since: performance.now(), timeoutMs: this.options.timeoutMs ?? DEFAULT_TIMEOUT_MS, signal: undefined };
  }
}

function openStateOf(session: SqliteConnection): ReturnType<typeof stateOf> | undefined {
  try {
    return stateOf(session);
  } catch (error) {
    if (error instanceof SessionClosedError) return undefined;
    throw error;
  }
}

/** Opens the connection of a file for the first of its users. */
export function openShared(open: () => SqliteConnection, { engine = {}, ...options }: ModuleOptions, forget: () => void): SharedSession {
  const session = open();
  try {
    const { connection, path } = stateOf(session);
    applyEngine(connection, path, engine, {});
    return new SharedSession(session, options, forget);
  } catch (error) {
    session.close();
    throw error;
  }
}

/** `this` of a callback; Sequelize looks at the class's name. */
class Statement {
  constructor(readonly lastID: number | bigint | undefined, readonly changes: number | undefined) {}
}

type Callback = (this: Statement, error: unknown, rows?: unknown[]) => void;

interface Prepareable {
  readonly reader: boolean;
  readonly readonly?: boolean;
  all(...parameters: readonly unknown[]): unknown[];
  run(...parameters: readonly unknown[]): { readonly changes?: number; readonly lastInsertRowid?: number | bigint };
}

const LEADING = String.raw`^(?:\s|--[^\n]*\n|/\*.*?\*/)*`;
const BEGINS = new RegExp(`${LEADING}begin\\b\\s*(deferred|immediate|exclusive)?`, "is");
const COMMITS = new RegExp(`${LEADING}(?:commit|end)\\b`, "is");
const ROLLS_BACK = new RegExp(`${LEADING}rollback\\b(?!\\s+(?:transaction\\s+)?to\\b)`, "is");
const READS = new RegExp(`${LEADING}(?:select|values|explain|pragma\\s+(?:\\w+\\.)?\\w+\\s*(?:;|$)|pragma\\s+(?:table_x?info|index_list|index_x?info|foreign_key_list)\\b)`, "is");
const MAY_READ = new RegExp(`${LEADING}with\\b`, "is");
const WRITES = new RegExp(`${LEADING}(?:insert|update|delete|replace|create|alter|drop|reindex|analyze|with)\\b`, "is");

/** Serves as a `Database` of the package `sqlite3`, as far as Sequelize uses one. */
export class SessionDatabase {
  /** Set by Sequelize on the connection of a transaction. */
  uuid: string | undefined;
  #open: OpenTransaction<SqliteConnection> | undefined;
  /** The transaction was begun by a runner, which also ends it. */
  #lent = false;
  #closed = false;

  constructor(readonly filename: string, readonly shared: SharedSession) {
    shared.add(this);
  }

  serialize(work: () => unknown): void {
    work();
  }

  all(sql: string, parameters?: unknown, callback?: Callback): void {
    this.#call(sql, parameters, callback);
  }

  run(sql: string, parameters?: unknown, callback?: Callback): void {
    // What Sequelize asks of every new connection; it is one connection after all, and perhaps in a transaction.
    if (callback === undefined && /^\s*pragma\s+foreign_keys\s*=\s*on\b/i.test(sql) && this.shared.session.pragma("foreign_keys", { simple: true }) === 1) return;
    this.#call(sql, parameters, callback);
  }

  #call(sql: string, parameters: unknown, callback: Callback | undefined): void {
    const given = typeof parameters === "function" ? [] : parameters;
    const done = typeof parameters === "function" ? (parameters as Callback) : callback;
    const result = this.#execute(sql, bindable(given));
    if (done === undefined) void result; // without a callback nobody but the process itself hears of a failure
    else result.then(({ rows, statement }) => done.call(statement, null, rows), (error: unknown) => done.call(new Statement(undefined, undefined), translated(error)));
  }

  close(callback?: (error: unknown) => void): void {
    const closing = this.#close();
    if (callback === undefined) void closing;
    else closing.then(() => callback(null), callback);
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#open !== undefined && !this.#lent) await this.#ended().rollback();
    await this.shared.remove(this);
  }

  #ended(): OpenTransaction<SqliteConnection> {
    const open = this.#open;
    if (open === undefined) throw new TransactionClosedError("There is no transaction on this connection that could be ended.");
    this.#open = undefined;
    return open;
  }

  async #begin(mode: TransactionMode): Promise<void> {
    const { session, options } = this.shared;
    const waiting = prepared.getStore();
    if (waiting?.session === session && !waiting.taken) {
      waiting.taken = this.#lent = true;
      this.#open = { tx: waiting.tx, commit: () => Promise.resolve(), rollback: () => Promise.resolve() };
      return;
    }
    this.#open = await openTransaction(session, { ...options, mode });
  }

  async #execute(sql: string, parameters: readonly unknown[]): Promise<Result> {
    if (this.#closed) throw new SessionClosedError(`The connection to ${this.filename} is closed; ${JSON.stringify(sql.slice(0, 40))} came too late.`);
    const { session, options } = this.shared;
    if (this.#open !== undefined) {
      if (COMMITS.test(sql)) return await nothing(this.#ended().commit());
      if (ROLLS_BACK.test(sql)) return await nothing(this.#ended().rollback());
      return execute(this.#open.tx, sql, parameters);
    }
    if (this.uuid !== undefined) {
      const begins = BEGINS.exec(sql);
      // DEFERRED is what Sequelize says where the application says nothing; it would fail at the first write for want of the lock.
      if (begins !== null) return await nothing(this.#begin(begins[1]?.toLowerCase() === "exclusive" ? "exclusive" : "immediate"));
      if (COMMITS.test(sql) || ROLLS_BACK.test(sql)) throw new TransactionClosedError("There is no transaction on this connection that could be ended.");
      if (!/^\s*pragma\b/i.test(sql)) throw new TransactionClosedError("The transaction of this connection has ended, so its statements can no longer be part of it. Await everything that its callback begins.");
    }
    const state = stateOf(session);
    // The guard knows what belongs to the transaction around the call.
    if (nearest({ state, frame: undefined })?.status === "active") return execute(session, sql, parameters);
    if (READS.test(sql) || (MAY_READ.test(sql) && isRead(session, sql))) return await this.#read(sql, parameters);
    if (WRITES.test(sql)) return await runTransaction(session, (tx) => execute(tx, sql, parameters), options, undefined, openTransaction);
    return await inTurn(state, sql, this.shared.patience(), () => execute(session, sql, parameters));
  }

  /** At once where a read can be served beside an open transaction, and otherwise after it. */
  async #read(sql: string, parameters: readonly unknown[]): Promise<Result> {
    const { session, options } = this.shared;
    try {
      return execute(session, sql, parameters);
    } catch (error) {
      if (!(error instanceof SessionBusyError)) throw error;
      return await runTransaction(session, (tx) => execute(tx, sql, parameters), { ...options, mode: "deferred" }, undefined, openTransaction);
    }
  }
}

interface Result {
  readonly rows: unknown[];
  readonly statement: Statement;
}

async function nothing(done: Promise<void>): Promise<Result> {
  await done;
  return { rows: [], statement: new Statement(0, 0) };
}

function isRead(session: SqliteConnection, sql: string): boolean {
  try {
    const { reader, readonly } = session.prepare(sql) as unknown as Prepareable;
    return reader && readonly === true;
  } catch {
    return false; // a table may yet be made by a transaction that is still to end
  }
}

function execute(handle: SqliteConnection, sql: string, parameters: readonly unknown[]): Result {
  const statement = handle.prepare(sql) as unknown as Prepareable;
  if (statement.reader) return { rows: statement.all(...parameters), statement: new Statement(undefined, undefined) };
  const { changes, lastInsertRowid } = statement.run(...parameters);
  return { rows: [], statement: new Statement(lastInsertRowid, changes) };
}

/** Parameters as the package `sqlite3` takes them, for better-sqlite3: names without their sign, and its conversions of values. */
function bindable(parameters: unknown): readonly unknown[] {
  if (Array.isArray(parameters)) return parameters.map(value);
  if (typeof parameters !== "object" || parameters === null) return [];
  const named = Object.entries(parameters).map(([name, each]) => [name.replace(/^[$:@]/, ""), value(each)]);
  return named.length === 0 ? [] : [Object.fromEntries(named)];
}

function value(given: unknown): unknown {
  if (typeof given === "boolean") return given ? 1 : 0;
  if (given instanceof Date) return given.getTime();
  return given === undefined ? null : given;
}

/** SQLite's errors as the package `sqlite3` tells them: the primary code, also before the message. */
function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SessionError) return error;
  const code = "code" in error && typeof error.code === "string" ? /^SQLITE_[A-Z]+/.exec(error.code)?.[0] : undefined;
  if (code === undefined) return error;
  return Object.assign(new Error(`${code}: ${error.message}`, { cause: error }), { code });
}
