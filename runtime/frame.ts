import type { FifoLock } from "./fifo-lock.js";
import type { SessionState } from "./session-state.js";
import type { TransactionMode } from "./types.js";

/**
 * One transaction or savepoint, from the call to its end. It travels through the asynchronous context of its body, so
 * that a call made inside knows what it is inside of.
 */
export class Frame {
  status: "waiting" | "active" | "ended" = "waiting";
  /** Where it was asked for; absent as long as the transaction never outlived one turn of the event loop. */
  place: Place | undefined;
  /** The first statement that ran in it, for errors that name it as a lock's holder. */
  firstSql: string | undefined;
  /** Serves the savepoints of this transaction one after the other. Made with the first. */
  children: FifoLock<Frame> | undefined;
  /** Milliseconds of `performance.now()`; 0 where not (yet) measured. */
  requestedAt = 0;
  begunAt = 0;
  endedAt = 0;

  constructor(
    readonly state: SessionState,
    /** The transaction, of any session, in whose context this one was asked for. */
    readonly parent: Frame | undefined,
    /** The transaction of the same session that this one is a savepoint of. */
    readonly outer: Frame | undefined,
    readonly mode: TransactionMode,
    readonly givenLabel: string | undefined,
  ) {}

  get lock(): FifoLock<Frame> {
    return this.outer === undefined ? this.state.lock : (this.outer.children ?? this.state.lock);
  }

  get depth(): number {
    return this.outer === undefined ? 0 : this.outer.depth + 1;
  }

  get label(): string {
    return this.givenLabel ?? `unlabelled ${this.outer === undefined ? "transaction" : "savepoint"}`;
  }
}

/** The nearest transaction around `frame`, itself included, that has not ended. */
export function nearestOpen(frame: Frame | undefined): Frame | undefined {
  let at = frame;
  while (at !== undefined && at.status === "ended") at = at.parent;
  return at;
}

/** Whether `frame` is `context` or around it. */
export function isAround(frame: Frame, context: Frame): boolean {
  let at: Frame | undefined = context;
  while (at !== undefined && at !== frame) at = at.parent;
  return at !== undefined;
}

/** A call stack. Taking one is cheap, its text is not, so that is made only when somebody reads it. */
export interface Place {
  readonly stack: string;
}

/** The call stack from the caller of `entry` outwards, without the error's own first line. */
export function capturePlace(entry: (...args: never[]) => unknown): Place {
  const holder: { stack?: unknown } = {};
  Error.captureStackTrace(holder, entry);
  return {
    get stack() {
      // A tool that replaced `Error.prepareStackTrace` may have made anything of it.
      const text = typeof holder.stack === "string" ? holder.stack : "";
      const firstFrame = text.indexOf("\n");
      return firstFrame < 0 ? "" : text.slice(firstFrame + 1);
    },
  };
}
