import type { LockHolder } from "../lock-holder.js";
import { detached } from "../access.js";
import { holderOf } from "./frame.js";
import type { PgFrame } from "./frame.js";
import type { PgPool } from "./types.js";

/**
 * Who keeps a server's process waiting, directly or through others that wait, those first who do not wait themselves. `pg_blocking_pids` takes the lock
 * manager's locks for a moment, so it is asked only shortly before a deadline. A prepared transaction has the pid 0.
 * See https://www.postgresql.org/docs/current/functions-info.html.
 */
const BLOCKERS = `WITH RECURSIVE chain AS (
  SELECT $1::int AS pid, 0 AS depth UNION SELECT unnest(pg_blocking_pids(chain.pid)), depth + 1 FROM chain WHERE depth < 8)
  SELECT b.pid, a.application_name, a.client_addr::text AS client_address, a.state, a.query_start, left(a.query, 200) AS query,
  extract(epoch FROM clock_timestamp() - a.xact_start)::float8 * 1000 AS held_ms
  FROM (SELECT pid, min(depth) AS depth FROM chain WHERE depth > 0 GROUP BY pid) b LEFT JOIN pg_stat_activity a ON a.pid = b.pid
  ORDER BY cardinality(pg_blocking_pids(b.pid)) > 0, b.depth, a.xact_start`;

/** So long before a lock timeout the look begins, in ms; half of the time-out where that is less. */
const LOOK_BEFORE_MS = 250;
/** How long a failed statement's error waits for a look that is under way, in ms. */
const LOOK_GRACE_MS = 500;

/** A second connection, made when it is first needed, that can ask and act while the others wait. */
export class Observer {
  #pool: PgPool | undefined;

  constructor(
    readonly makePool: () => PgPool,
    /** The transaction of this thread that runs on a server's process. */
    readonly frameOf: (pid: number) => PgFrame | undefined,
  ) {}

  async holder(pid: number): Promise<LockHolder | undefined> {
    const { rows } = await this.#query(BLOCKERS, [pid]);
    const [row] = rows;
    if (row === undefined) return undefined;
    const own = this.frameOf(Number(row["pid"]));
    return own === undefined ? holderFrom(row) : holderOf(own);
  }

  /** Interrupts the statement that a server's process runs. Resolves once the server has been told. */
  async cancel(pid: number): Promise<void> {
    await this.#query("SELECT pg_cancel_backend($1)", [pid]);
  }

  async end(): Promise<void> {
    await this.#pool?.end();
  }

  /** Looks who keeps a statement waiting: nobody blocks any more when it has failed. */
  watch(pid: number, lockTimeoutMs: number): Watch {
    return new Watch(() => this.holder(pid), lockTimeoutMs);
  }

  #query(sql: string, values: unknown[]) {
    return detached(() => (this.#pool ??= this.makePool()).query(sql, values));
  }
}

function holderFrom(row: Record<string, unknown>): LockHolder {
  const { pid, application_name: applicationName, client_address: clientAddress, state, query_start: queryStart, query, held_ms: heldMs } = row;
  if (pid === 0) return { where: "unknown", reason: "a prepared transaction (PREPARE TRANSACTION), which belongs to no connection: see pg_prepared_xacts" };
  return {
    where: "another client",
    pid: Number(pid),
    applicationName: text(applicationName),
    clientAddress: text(clientAddress),
    state: text(state),
    query: text(query),
    queryStart: queryStart instanceof Date ? queryStart : undefined,
    heldForMs: typeof heldMs === "number" ? heldMs : undefined,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** One statement's watch. */
export class Watch {
  readonly #since = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> | undefined;
  #seen: LockHolder | undefined;
  #failure: string | undefined;
  #ended = false;

  constructor(readonly look: () => Promise<LockHolder | undefined>, readonly lockTimeoutMs: number) {
    if (lockTimeoutMs > 0x7fffffff) return;
    this.#later(lockTimeoutMs - this.#margin);
  }

  get #margin(): number {
    return Math.min(LOOK_BEFORE_MS, this.lockTimeoutMs / 2);
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => { this.#look = this.#lookNow(); }, ms);
    this.#timer.unref();
  }

  async #lookNow(): Promise<void> {
    try {
      const holder = await this.look();
      this.#seen = holder ?? this.#seen;
      // Who is not blocked now can fail after another whole lock timeout at the earliest.
      if (!this.#ended) this.#later(holder === undefined ? this.lockTimeoutMs - this.#margin : Math.max(20, this.#margin / 3));
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    }
  }

  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  get waitedMs(): number {
    return performance.now() - this.#since;
  }

  /** After the statement has failed for want of a lock. */
  async holder(): Promise<LockHolder> {
    this.stop();
    if (this.#look !== undefined) {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([this.#look, new Promise((resolve) => { timer = setTimeout(resolve, LOOK_GRACE_MS); })]);
      clearTimeout(timer);
    }
    if (this.#seen !== undefined) return this.#seen;
    const reason = this.#failure === undefined ? "the wait was over before a second connection could ask the server" : `the server could not be asked (${this.#failure})`;
    return { where: "unknown", reason };
  }
}
