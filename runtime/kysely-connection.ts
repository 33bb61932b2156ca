import { AsyncLocalStorage } from "node:async_hooks";
import { nearest } from "./access.js";
import { SessionBusyError, TransactionClosedError, UnsupportedSessionError } from "./errors.js";
import { openTransaction } from "./open-transaction.js";
import type { OpenTransaction } from "./open-transaction.js";
import { DEFAULT_TIMEOUT_MS } from "./options.js";
import { inTurn } from "./orm-turn.js";
import { stateOf } from "./session-state.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";
import type { TransactionMode, TransactionOptions } from "./types.js";

/** What Kysely compiled, as far as a connection needs it. */
export interface CompiledQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly query?: { readonly kind: string };
}

export interface QueryResult {
  readonly numAffectedRows?: bigint;
  readonly insertId?: bigint;
  readonly rows: unknown[];
}

interface Statement {
  readonly reader: boolean;
  readonly readonly?: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): { readonly changes?: number | bigint; readonly lastInsertRowid?: number | bigint };
  iterate(parameters: readonly unknown[]): Iterator<unknown>;
}

/** A transaction of this package that has begun and that the next `begin` of the same context is meant for. */
export interface Prepared {
  readonly session: SqliteConnection;
  readonly tx: SqliteConnection;
  taken: boolean;
}

export const prepared = new AsyncLocalStorage<Prepared>();

const LEADING = String.raw`^(?:\s|--[^\n]*\n|/\*.*?\*/)*`;
const BEGINS = new RegExp(`${LEADING}begin\\b\\s*(deferred|immediate|exclusive)?`, "is");
const COMMITS = new RegExp(`${LEADING}(?:commit|end)\\b`, "is");
const ROLLS_BACK = new RegExp(`${LEADING}rollback\\b(?!\\s+(?:transaction\\s+)?to\\b)`, "is");
const READS = new RegExp(`${LEADING}(?:select|values|explain)\\b`, "is");
const MAY_READ = new RegExp(`${LEADING}with\\b`, "is");
const WRITES = new RegExp(`${LEADING}(?:insert|update|delete|replace|create|alter|drop|reindex|analyze|with)\\b`, "is");

/** What Kysely takes for a connection: one query, transaction or `db.connection()` long. All share the one session. */
export class SessionConnection {
  readonly #session: SqliteConnection;
  readonly #options: TransactionOptions;
  #open: OpenTransaction<SqliteConnection> | undefined;
  /** The transaction was begun by a runner, which also ends it. */
  #lent = false;
  #released = false;

  constructor(session: SqliteConnection, options: TransactionOptions) {
    this.#session = session;
    this.#options = options;
  }

  async begin(mode: TransactionMode): Promise<void> {
    this.#refuseLate();
    const waiting = prepared.getStore();
    if (waiting?.session === this.#session && !waiting.taken) {
      waiting.taken = this.#lent = true;
      this.#open = { tx: waiting.tx, commit: () => Promise.resolve(), rollback: () => Promise.resolve() };
      return;
    }
    this.#open = await openTransaction(this.#session, { ...this.#options, mode });
  }

  async commit(): Promise<void> {
    const open = this.#ended();
    await open.commit();
  }

  async rollback(): Promise<void> {
    // After a commit that failed there is nothing left to undo.
    if (this.#open !== undefined) await this.#ended().rollback();
  }

  #ended(): OpenTransaction<SqliteConnection> {
    const open = this.#open;
    if (open === undefined) throw new TransactionClosedError("There is no transaction on this connection that could be ended. Begin it on the same connection: db.transaction(), or BEGIN inside of db.connection().execute(…).");
    this.#open = undefined;
    this.#lent = false;
    return open;
  }

  /** Kysely gives the connection back. What was begun by hand and not ended would be everybody's transaction. */
  async release(): Promise<void> {
    this.#released = true;
    if (this.#open === undefined || this.#lent) return;
    await this.#ended().rollback();
    throw new TransactionClosedError("A transaction that was begun by hand was still open when its connection was given back, and has been rolled back. Use db.transaction(), or run BEGIN, its statements and COMMIT inside of one db.connection().execute(…).");
  }

  #refuseLate(): void {
    if (this.#released) throw new TransactionClosedError("The transaction, or the db.connection(), that this query was made for has ended. Await everything in its callback, and do not keep what the callback is given.");
  }

  /** A savepoint's statement in the open transaction. */
  run(sql: string): Promise<void> {
    return new Promise((resolve) => {
      const handle = this.#open?.tx;
      if (handle === undefined) throw new TransactionClosedError(`There is no transaction on this connection for ${JSON.stringify(sql)}.`);
      handle.prepare(sql).run();
      resolve();
    });
  }

  async executeQuery(query: CompiledQuery): Promise<QueryResult> {
    this.#refuseLate();
    const { sql } = query;
    if (this.#open !== undefined) {
      if (!this.#lent && COMMITS.test(sql)) return await withoutRows(this.commit());
      if (!this.#lent && ROLLS_BACK.test(sql)) return await withoutRows(this.rollback());
      return execute(this.#open.tx, query);
    }
    const session = this.#session;
    const state = stateOf(session);
    // The guard knows what belongs to the transaction around the call.
    if (nearest({ state, frame: undefined })?.status === "active") return execute(session, query);
    const begins = BEGINS.exec(sql);
    if (begins !== null) return await withoutRows(this.begin((begins[1]?.toLowerCase() ?? "immediate") as TransactionMode));
    if (READS.test(sql) || (MAY_READ.test(sql) && isRead(session, sql))) return await this.#read(query);
    if (WRITES.test(sql)) return await runTransaction(session, (tx) => execute(tx, query), this.#options, undefined, runTransaction);
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    return await inTurn(state, sql, { since: performance.now(), timeoutMs, signal: undefined }, () => execute(session, query));
  }

  /** At once where a read can be served beside an open transaction, and otherwise after it. */
  async #read(query: CompiledQuery): Promise<QueryResult> {
    try {
      return execute(this.#session, query);
    } catch (error) {
      if (!(error instanceof SessionBusyError)) throw error;
      return await runTransaction(this.#session, (tx) => execute(tx, query), { ...this.#options, mode: "deferred" }, undefined, runTransaction);
    }
  }

  async *streamQuery(query: CompiledQuery): AsyncGenerator<QueryResult> {
    this.#refuseLate();
    if (query.query !== undefined && query.query.kind !== "SelectQueryNode") throw new UnsupportedSessionError("Only select queries can be streamed from SQLite.");
    const state = stateOf(this.#session);
    if (this.#open !== undefined || nearest({ state, frame: undefined })?.status === "active") {
      yield* rowsOf(this.#open?.tx ?? this.#session, query);
      return;
    }
    // As long as rows are being iterated the connection can do nothing else, so the others wait for it.
    const own = await openTransaction(this.#session, { label: "stream of rows", ...this.#options, mode: "deferred" });
    try {
      yield* rowsOf(own.tx, query);
    } finally {
      await own.rollback();
    }
  }
}

async function withoutRows(done: Promise<void>): Promise<QueryResult> {
  await done;
  return { rows: [] };
}

function prepare(handle: SqliteConnection, sql: string): Statement {
  return handle.prepare(sql) as unknown as Statement;
}

function isRead(session: SqliteConnection, sql: string): boolean {
  try {
    const { reader, readonly } = prepare(session, sql);
    return reader && readonly === true;
  } catch {
    return false; // a table may yet be made by a transaction that is still to end
  }
}

function execute(handle: SqliteConnection, { sql, parameters }: CompiledQuery): QueryResult {
  const statement = prepare(handle, sql);
  if (statement.reader) return { rows: statement.all(parameters) };
  const { changes, lastInsertRowid } = statement.run(parameters);
  return {
    ...(changes === undefined ? {} : { numAffectedRows: BigInt(changes) }),
    ...(lastInsertRowid === undefined ? {} : { insertId: BigInt(lastInsertRowid) }),
    rows: [],
  };
}

function* rowsOf(handle: SqliteConnection, { sql, parameters }: CompiledQuery): Generator<QueryResult> {
  const rows = prepare(handle, sql).iterate(parameters);
  try {
    for (let next = rows.next(); next.done !== true; next = rows.next()) yield { rows: [next.value] };
  } finally {
    rows.return?.();
  }
}
