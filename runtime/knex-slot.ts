import { late, nearest } from "./access.js";
import { UnsupportedSessionError } from "./errors.js";
import { Frame } from "./frame.js";
import { isHandle } from "./orm-handle.js";
import { runnerState } from "./orm-state.js";
import { currentFrame, registry } from "./registry.js";
import type { Wait } from "./registry.js";
import { stateOf } from "./session-state.js";
import type { SessionState } from "./session-state.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { deadlock, holderOf, onDeadline, refuseDeadlock, timeoutError } from "./waiting.js";
import type { Patience } from "./waiting.js";

/** The part of a Knex client that deals with connections; public in Knex's types. */
export interface KnexClient {
  readonly driverName?: string;
  readonly connectionSettings?: { readonly filename?: unknown };
  /** Absent once the instance is destroyed. */
  readonly pool?: unknown;
  acquireConnection(): Promise<unknown>;
  releaseConnection(connection: unknown): unknown;
}

/** Knex's pool of one connection, in which Knex's own queries and transactions wait, too. */
export class KnexSlot {
  /** The connection, once it has been seen. Knex makes another one where it found this one broken. */
  handle: SqliteConnection | undefined;
  readonly #acquire: () => Promise<unknown>;

  constructor(readonly client: KnexClient) {
    if (client.driverName !== "better-sqlite3") {
      throw new UnsupportedSessionError(`knexRunner() needs a Knex instance with the client "better-sqlite3"; this one has ${JSON.stringify(client.driverName ?? "an unknown client")}. Give batchedTransaction() the function (work) => knex.transaction(work) instead: it runs Knex's own transactions.`);
    }
    this.#acquire = client.acquireConnection.bind(client);
    // Whoever asks the pool inside of a transaction that has its only connection would wait for itself.
    client.acquireConnection = () => {
      const frame = this.inside();
      return frame === undefined ? this.#acquire() : Promise.reject(deadlock(new Frame(frame.state, frame, undefined, "deferred", "a query past trx"), [frame]));
    };
  }

  /**
   * The transaction of a runner on this connection that the caller is inside of.
   *
   * @throws {TransactionClosedError} when that one has ended.
   */
  outer(): Frame | undefined {
    const state = this.#state();
    const frame = state === undefined ? undefined : nearest({ state, frame: undefined });
    if (frame?.status === "ended") throw late(frame);
    return frame;
  }

  inside(): Frame | undefined {
    const state = this.#state();
    const frame = state === undefined ? undefined : nearest({ state, frame: undefined });
    return frame?.status === "active" ? frame : undefined;
  }

  #state(): SessionState | undefined {
    return this.handle?.open === true ? stateOfOpen(this.handle) : undefined;
  }

  /** Waits for the connection as Knex's own queries do. A connection that comes too late goes back at once. */
  async take(label: string | undefined, patience: Patience): Promise<SqliteConnection> {
    const { filename } = this.client.connectionSettings ?? {};
    const state = this.#state() ?? runnerState("Knex", this.client, typeof filename === "string" ? filename : undefined);
    const frame = new Frame(state, currentFrame(), undefined, "immediate", label);
    const owners = () => (state.lock.owner === undefined ? [] : [state.lock.owner]);
    const wait: Wait = { frame, blockers: owners };
    refuseDeadlock(wait);
    registry.waits.add(wait);
    let left = false;
    try {
      const connection = await new Promise<unknown>((resolve, reject) => {
        const leave = (error: unknown) => {
          left = true;
          reject(error);
        };
        const timer = onDeadline(patience, () => {
          const [owner] = owners();
          leave(timeoutError(frame, patience, "connection", owner === undefined ? KNEX_ITSELF : holderOf(owner)));
        });
        const onAbort = () => leave(patience.signal?.reason);
        patience.signal?.addEventListener("abort", onAbort, { once: true });
        this.#acquire().then((acquired) => {
          if (left) this.client.releaseConnection(acquired);
          else resolve(acquired);
        }, reject).finally(() => {
          clearTimeout(timer);
          patience.signal?.removeEventListener("abort", onAbort);
        });
      });
      return this.#checked(connection);
    } finally {
      registry.waits.delete(wait);
    }
  }

  #checked(connection: unknown): SqliteConnection {
    if (!isHandle(connection)) {
      this.client.releaseConnection(connection);
      throw new UnsupportedSessionError("The connection of this Knex instance is no better-sqlite3 Database.");
    }
    return this.handle = connection as SqliteConnection;
  }

  give(connection: SqliteConnection): void {
    this.client.releaseConnection(connection);
  }
}

const KNEX_ITSELF = { where: "this process", label: "a query or transaction of Knex's own", stack: "", heldForMs: undefined } as const;

function stateOfOpen(handle: SqliteConnection): SessionState | undefined {
  try {
    return stateOf(handle);
  } catch {
    return undefined; // it is being closed
  }
}
