import { detached } from "../access.js";
import { DeadlockError, EngineSettingError, SessionClosedError, UnsupportedSessionError } from "../errors.js";
import { capturePlace } from "../frame.js";
import type { Place } from "../frame.js";
import { define } from "../guard.js";
import type { Measure } from "../lifecycle.js";
import { RUNNER_CAPABILITIES } from "../batch-types.js";
import { SERVER, withoutPassword } from "../server.js";
import { pgCapabilities } from "./capabilities.js";
import type { Server } from "../server.js";
import { DEFAULT_SLOW_LIMITS } from "../slow.js";
import { Clients, newTaker } from "./clients.js";
import { late, nearest } from "./frame.js";
import type { PgFrame } from "./frame.js";
import { query, queryOutside, refuseCall } from "./handle.js";
import type { Link } from "./link.js";
import { Observer } from "./observer.js";
import { runOnServer } from "./run.js";
import type { PgClient, PgPool, PgSettings, PgTransactionOptions } from "./types.js";

/** What this package knows of one pool. */
export class PgServer implements Server {
  readonly clients: Clients;
  readonly observer: Observer;
  /** Transactions that run, by the server's process. */
  readonly running = new Map<number, PgFrame>();
  /** Without its password. */
  readonly path: string;
  slowLimits = DEFAULT_SLOW_LIMITS;
  closing = false;
  /** `false` behind a pooler, where the server's processes are not those that the connections name. */
  #direct = false;
  #verified: Promise<void> | undefined;
  #closed = false;
  isVerified = false;

  constructor(readonly pool: PgPool, url: string, readonly settings: PgSettings, makePool: () => PgPool) {
    this.path = withoutPassword(url);
    this.observer = new Observer(makePool, (pid) => this.running.get(pid));
    const connect = pool.connect.bind(pool);
    const outside = pool.query.bind(pool) as (...args: unknown[]) => unknown;
    this.clients = new Clients(this.path, pool.options.max ?? 10, connect);
    define(pool, SERVER, this);
    define(pool, RUNNER_CAPABILITIES, pgCapabilities);
    const connectByHand = (callback?: ConnectCallback): Promise<PgClient> | undefined => this.#connect(callback, connectByHand);
    define(pool, "connect", connectByHand);
    define(pool, "query", (...args: unknown[]) => this.#query(args, outside));
    // A client that loses its connection while idle is already out of the pool; without a listener it would end the process.
    pool.on("error", () => {});
  }

  transaction(body: (tx: never) => unknown, options: PgTransactionOptions, measure: Measure | undefined, entry: (...args: never[]) => unknown): Promise<unknown> {
    return runOnServer(this, undefined, body, options, measure, entry);
  }

  /** The same for the `tx` of a transaction. */
  boundTo(frame: PgFrame): Server {
    return {
      transaction: (body, options, measure, entry) => runOnServer(this, frame, body, options, measure, entry),
      isInside: () => nearest(this, frame)?.status === "active",
      isOpen: () => this.isOpen(),
      ready: () => this.ready(),
      close: (timeoutMs, end) => this.close(timeoutMs, end),
      slowLimits: this.slowLimits,
    };
  }

  isInside(): boolean {
    return nearest(this)?.status === "active";
  }

  isOpen(): boolean {
    return !this.#closed && this.pool.ended !== true && this.pool.ending !== true;
  }

  assertOpen(): void {
    if (this.closing || !this.isOpen()) throw this.#closedError();
  }

  #closedError(): SessionClosedError {
    return new SessionClosedError(`The session for ${this.path} is closed. Ask getSession() for a new one instead of keeping it.`);
  }

  ready(): Promise<void> {
    return (this.#verified ??= detached(() => this.#verify()).catch((error: unknown) => {
      this.#verified = undefined;
      throw error;
    }));
  }

  async #verify(): Promise<void> {
    const client = await this.clients.take(newTaker("verification of the session", undefined, undefined, NOWHERE), { since: performance.now(), timeoutMs: Infinity, signal: undefined });
    try {
      const { rows: [row] } = await client.query("SELECT current_setting('server_version_num')::int AS version, pg_backend_pid() AS pid, current_setting('transaction_read_only') AS read_only");
      this.#direct = row?.["pid"] === client.processID;
      if (Number(row?.["version"]) < OLDEST) throw new UnsupportedSessionError(`${this.path} is a PostgreSQL of version ${String(row?.["version"])}; transactions need 9.6 or newer.`);
      if (row?.["read_only"] !== "off" && this.settings.readOnly !== true) {
        throw new EngineSettingError(`${this.path} only reads (it is a standby, or default_transaction_read_only is on), so that every write would fail. Give the URL of the primary, or pg(Pool, options, { readOnly: true }).`, "transaction_read_only", "off", String(row?.["read_only"]));
      }
      this.isVerified = true;
    } finally {
      client.release();
    }
  }

  /** The server's process behind a client; `undefined` where that is not certain. */
  pidOf(client: PgClient): number | undefined {
    return this.#direct && typeof client.processID === "number" ? client.processID : undefined;
  }

  begun(frame: PgFrame, link: Link): void {
    if (link.pid !== undefined) this.running.set(link.pid, frame);
  }

  ended(link: Link): void {
    if (link.pid !== undefined) this.running.delete(link.pid);
  }

  async close(timeoutMs: number, end: () => void | Promise<void>): Promise<void> {
    const inside = nearest(this);
    if (inside?.status === "active") {
      const places = [{ label: "close of the session", stack: "" }, { label: inside.label, stack: inside.place.stack }];
      throw new DeadlockError(`The session for ${this.path} cannot be closed inside of "${inside.label}": closing waits for that transaction to end. Close it after the transaction.`, places);
    }
    this.closing = true;
    try {
      await this.clients.empty({ since: performance.now(), timeoutMs, signal: undefined }, "close of the session");
      await detached(end);
      this.#closed = true;
      await this.observer.end();
    } finally {
      this.closing = false;
    }
  }

  #query(args: unknown[], outside: (...args: unknown[]) => unknown): unknown {
    const frame = nearest(this);
    if (frame?.status === "active") return query(frame, args);
    if (frame?.status === "ended") return refuseCall(args, late(frame));
    if (this.closing || !this.isOpen()) return refuseCall(args, this.#closedError());
    return queryOutside(this.path, args, outside);
  }

  #connect(callback: ConnectCallback | undefined, entry: (...args: never[]) => unknown): Promise<PgClient> | undefined {
    const client = this.#takeByHand(capturePlace(entry));
    if (callback === undefined) return client;
    client.then((own) => process.nextTick(callback, undefined, own, own.release), (error: unknown) => process.nextTick(callback, error, undefined, () => {}));
    return undefined;
  }

  async #takeByHand(place: Place): Promise<PgClient> {
    const frame = nearest(this);
    if (frame?.status === "ended") throw late(frame);
    if (frame === undefined) this.assertOpen();
    const limit = this.pool.options.connectionTimeoutMillis;
    const patience = { since: performance.now(), timeoutMs: limit === undefined || limit === 0 ? Infinity : limit, signal: undefined };
    return this.clients.take(newTaker("a client taken with pool.connect() or pool.query()", frame, frame, place), patience);
  }
}

type ConnectCallback = (error: unknown, client: PgClient | undefined, done: PgClient["release"]) => void;

const NOWHERE: Place = { stack: "" };

/** The first with `pg_blocking_pids`. */
const OLDEST = 90_600;
