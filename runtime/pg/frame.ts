import type { FifoLock } from "../fifo-lock.js";
import { TransactionClosedError } from "../errors.js";
import type { Place } from "../frame.js";
import type { LockHolder } from "../lock-holder.js";
import { serverContext } from "../server.js";
import type { TransactionMode } from "../types.js";
import type { Link } from "./link.js";
import type { PgServer } from "./pg-server.js";

/** One transaction or savepoint on a PostgreSQL server. A body that is run again gets a new one. */
export class PgFrame {
  status: "waiting" | "active" | "ended" = "waiting";
  /** The connection that it runs on, from its beginning. */
  link: Link | undefined;
  /** The first statement that ran in it. */
  firstSql: string | undefined;
  /** The first statement of it that failed: PostgreSQL refuses all later ones, whose errors say nothing. */
  failure: unknown;
  /** Serves its savepoints one after the other. Made with the first. */
  children: FifoLock<PgFrame> | undefined;
  /** Milliseconds of `performance.now()`. */
  readonly requestedAt = performance.now();
  begunAt = 0;

  constructor(
    readonly server: PgServer,
    /** The transaction, on any server, in whose context this one was asked for. */
    readonly parent: PgFrame | undefined,
    /** The transaction on the same server that this one is a savepoint of. */
    readonly outer: PgFrame | undefined,
    readonly mode: TransactionMode,
    readonly givenLabel: string | undefined,
    readonly place: Place,
  ) {}

  get label(): string {
    return this.givenLabel ?? `unlabelled ${this.outer === undefined ? "transaction" : "savepoint"}`;
  }

  get depth(): number {
    return this.outer === undefined ? 0 : this.outer.depth + 1;
  }
}

/** The innermost transaction on a server that the caller is inside of, also one that has ended. */
export function contextFrame(): PgFrame | undefined {
  // No instanceof: the pool around this one may be in the hands of another copy of this package.
  return serverContext.getStore() as PgFrame | undefined;
}

/** The transaction on `server` that the caller is inside of, also one that has ended. `bound`: that of the handle used. */
export function nearest(server: PgServer, bound?: PgFrame): PgFrame | undefined {
  let context = contextFrame();
  while (context !== undefined && context.server !== server) context = context.parent;
  if (bound === undefined || context === undefined) return bound ?? context;
  // Inside of a savepoint the handle of the transaction around it serves as well.
  return isAround(bound, context) ? context : bound;
}

/** Whether `frame` is `context` or around it. */
export function isAround(frame: PgFrame, context: PgFrame): boolean {
  let at: PgFrame | undefined = context;
  while (at !== undefined && at !== frame) at = at.parent;
  return at !== undefined;
}

export function late(frame: PgFrame): TransactionClosedError {
  return new TransactionClosedError(
    `"${frame.label}" has ended, so what is called inside of it can no longer be part of it. Await everything that its body begins and do not keep tx; for work that is to outlive the transaction, call detached(() => …).`,
  );
}

/** What is known of a transaction of this thread, as the holder of a lock or of a client. */
export function holderOf(frame: PgFrame): LockHolder {
  return {
    where: "this process",
    label: frame.label,
    stack: frame.place.stack,
    ...(frame.firstSql === undefined ? {} : { firstSql: frame.firstSql }),
    heldForMs: frame.begunAt === 0 ? 0 : performance.now() - frame.begunAt,
  };
}
