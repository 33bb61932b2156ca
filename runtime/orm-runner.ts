import { late, nearest } from "./access.js";
import { RUNNER_CAPABILITIES } from "./batch-types.js";
import type { RunnerCapabilities } from "./batch-types.js";
import { RunnerError, SessionClosedError, TransactionClosedError, isBusy } from "./errors.js";
import { RETRY_MS } from "./file-queue.js";
import { FifoLock } from "./fifo-lock.js";
import { Frame, capturePlace } from "./frame.js";
import { attachSuppressed, end, markBegun } from "./lifecycle.js";
import { DEFAULT_TIMEOUT_MS, checkFunction, checkOptions } from "./options.js";
import { runnerState } from "./orm-state.js";
import { currentFrame, registry } from "./registry.js";
import type { Wait } from "./registry.js";
import type { SessionState } from "./session-state.js";
import type { TransactionMode, TransactionOptions } from "./types.js";
import { deadlock, lockTimeout, onDeadline, pause, refuseDeadlock, waitForTurn } from "./waiting.js";
import type { Patience } from "./waiting.js";

/**
 * Runs `work` in a transaction of an ORM and resolves with what it returns; when it throws, all is rolled back. Serves as
 * the first argument of `batchedTransaction`, too.
 */
export type OrmRunner<Tx> = {
  <R>(work: (tx: Tx) => R | Promise<R>, options?: TransactionOptions): Promise<R>;
  // Where a function type is expected, the compiler looks at the last one: it tells the type of `tx`.
  (work: (tx: Tx) => void | Promise<void>, options?: TransactionOptions): Promise<void>;
  readonly [RUNNER_CAPABILITIES]: RunnerCapabilities<Tx>;
};

/** What a runner has to know of a library whose connections it cannot reach itself. */
export interface OrmRunnerSpec<Tx> {
  readonly library: string;
  /** The ORM's instance: its transactions take turns, and those of other instances on the same file with them. */
  readonly key: object;
  /** The database's file, where it is known. Asked at the first transaction. */
  path?(): string | undefined;
  /**
   * The library's own transaction. May reject with a busy error before it calls `work`; it is then called again.
   *
   * @param options.timeoutMs What is left of the caller's time, in milliseconds.
   */
  run(work: (tx: Tx) => Promise<unknown>, options: { readonly mode: TransactionMode; readonly timeoutMs: number }): Promise<unknown>;
  /** Default: SQLite's busy codes, on the error or on what it wraps. */
  isBusy?(error: unknown): boolean;
  readonly capabilities?: RunnerCapabilities<Tx>;
}

/**
 * A runner over a library's own transactions: one at a time, first come, first served; a file that is locked is asked for
 * again every millisecond, the event loop running in between. Inside of a transaction of the same instance it makes a savepoint.
 *
 * @throws {LockTimeoutError} after `timeoutMs` (default 10,000 ms) without its turn or the lock. It names the holder.
 * @throws {DeadlockError} when the wait could never end.
 * @throws {RunnerError} when the library did not run the work, or did not wait for it.
 */
export function ormRunner<Tx>(spec: OrmRunnerSpec<Tx>): OrmRunner<Tx> {
  const runner = <R>(work: (tx: Tx) => R | Promise<R>, options: TransactionOptions = {}): Promise<R> => new Run(spec, work, options, runner).start();
  return asRunner(runner, spec.capabilities ?? {});
}

export function asRunner<Tx>(
  runner: <R>(work: (tx: Tx) => R | Promise<R>, options?: TransactionOptions) => Promise<R>,
  capabilities: RunnerCapabilities<Tx>,
): OrmRunner<Tx> {
  return Object.assign(runner, { [RUNNER_CAPABILITIES]: capabilities } as const);
}

/** The library's transaction objects, for the savepoints that are made inside of them. */
const transactions = new WeakMap<Frame, unknown>();

type Outcome<R> = { readonly busy: true } | { readonly busy: false; readonly result: R };

class Run<Tx, R> {
  readonly #frame: Frame;
  readonly #state: SessionState;
  readonly #patience: Patience;

  constructor(
    readonly spec: OrmRunnerSpec<Tx>,
    readonly work: (tx: Tx) => R | Promise<R>,
    readonly options: TransactionOptions,
    entry: (...args: never[]) => unknown,
  ) {
    checkOptions(options);
    checkFunction("The transaction's body", work);
    this.#state = runnerState(spec.library, spec.key, spec.path?.());
    const outer = nearest({ state: this.#state, frame: undefined });
    if (outer?.status === "ended") throw late(outer);
    this.#frame = new Frame(this.#state, currentFrame(), outer, options.mode ?? "immediate", options.label);
    this.#frame.place = capturePlace(entry);
    this.#frame.requestedAt = performance.now();
    this.#patience = { since: performance.now(), timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, signal: options.signal };
  }

  async start(): Promise<R> {
    this.options.signal?.throwIfAborted();
    const frame = this.#frame;
    const { outer } = frame;
    if (outer === undefined && this.#state.closing) throw new SessionClosedError(`The ${this.spec.library} instance for ${this.#state.path || "its database"} is closed or being closed. Ask getSession() for it again, after init() or initSessionFactory().`);
    if (outer !== undefined && this.spec.capabilities?.savepoint === undefined) throw deadlock(frame, [outer]);
    const lock = outer === undefined ? this.#state.lock : (outer.children ??= new FifoLock<Frame>());
    if (!lock.tryTake(frame)) {
      try {
        await waitForTurn(frame, this.#patience);
      } catch (error) {
        end(frame, "refused", undefined, error);
        throw error;
      }
    }
    return outer === undefined ? this.#untilBegun() : this.#savepoint(outer);
  }

  async #savepoint(outer: Frame): Promise<R> {
    const frame = this.#frame;
    try {
      const tx = transactions.get(outer) as Tx;
      const result = await this.spec.capabilities!.savepoint!(tx, async () => {
        if (outer.status !== "active") throw late(outer);
        return await this.#body(tx);
      });
      end(frame, "commit");
      return result;
    } catch (error) {
      end(frame, frame.status === "waiting" ? "refused" : "rollback", undefined, error);
      throw error;
    }
  }

  async #body(tx: Tx): Promise<R> {
    const frame = this.#frame;
    markBegun(frame);
    transactions.set(frame, tx);
    // Pools may call back in the context of whoever made the connection.
    const result = await registry.context.run(frame, () => this.work(tx));
    this.options.signal?.throwIfAborted();
    const child = frame.children?.owner;
    if (child !== undefined) {
      throw new TransactionClosedError(`"${frame.label}" ended while "${child.label}", begun inside of it, was still open. Await every transaction that the body begins; all of "${frame.label}" was rolled back.`);
    }
    return result;
  }

  async #untilBegun(): Promise<R> {
    const frame = this.#frame;
    const { file } = this.#state;
    const wait: Wait = { frame, blockers: () => (file.writer === undefined || file.writer === frame ? [] : [file.writer]) };
    registry.waits.add(wait);
    try {
      for (;;) {
        refuseDeadlock(wait);
        const outcome = await this.#attempt();
        if (!outcome.busy) return outcome.result;
        if (this.#left() <= 0) throw lockTimeout(frame, this.#patience, "begin");
        await pause(Math.min(RETRY_MS, this.#left()), this.options.signal);
      }
    } catch (error) {
      // An attempt that was left behind ends the frame itself, once the library has let go.
      if (frame.status === "waiting" && !this.#leftBehind) end(frame, "refused", undefined, error);
      throw error;
    } finally {
      registry.waits.delete(wait);
    }
  }

  #leftBehind = false;

  #left(): number {
    return this.#patience.timeoutMs - (performance.now() - this.#patience.since);
  }

  #attempt(): Promise<Outcome<R>> {
    const frame = this.#frame;
    let called = false;
    let settled = false;
    let refusal: { readonly error: unknown } | undefined;
    let done: { readonly result: R } | { readonly error: unknown } | undefined;
    const work = async (tx: Tx): Promise<unknown> => {
      if (refusal !== undefined) throw refusal.error;
      if (called) throw new RunnerError(`${this.spec.library} called the transaction's body a second time.`);
      called = true;
      try {
        const result = await this.#body(tx);
        done = { result };
        return result;
      } catch (error) {
        done = { error };
        throw error;
      }
    };
    return new Promise<Outcome<R>>((resolve, reject) => {
      const leave = (error: unknown): void => {
        if (called || settled) return;
        this.#leftBehind = true;
        refusal = { error };
        reject(error);
      };
      const { signal } = this.options;
      const onAbort = () => leave(signal?.reason);
      const timer = onDeadline(this.#patience, () => leave(lockTimeout(frame, this.#patience, "begin")));
      signal?.addEventListener("abort", onAbort, { once: true });
      const options = { mode: frame.mode, timeoutMs: Math.max(0, this.#left()) };
      const over = (error: unknown, failed: boolean): void => {
        settled = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        if (failed && !called && refusal === undefined && (this.spec.isBusy ?? isBusyAnywhere)(error)) return resolve({ busy: true });
        const reason = this.#reason(error, failed, called, done);
        if (reason === undefined && done !== undefined && "result" in done) {
          end(frame, "commit");
          return resolve({ busy: false, result: done.result });
        }
        end(frame, called ? "rollback" : "refused", undefined, refusal?.error ?? reason?.error);
        reject(reason?.error);
      };
      registry.context.run(frame, async () => this.spec.run(work, options)).then(() => over(undefined, false), (error: unknown) => over(error, true));
    });
  }

  /** Why the transaction failed: the first error is the one to tell. */
  #reason(error: unknown, failed: boolean, called: boolean, done: { readonly result: R } | { readonly error: unknown } | undefined): { readonly error: unknown } | undefined {
    if (done !== undefined && "error" in done) {
      if (failed && !wraps(error, done.error)) attachSuppressed(done.error, error);
      return { error: done.error };
    }
    if (failed) return { error };
    if (!called) return { error: new RunnerError(`${this.spec.library} did not run the transaction's body, so nothing was written.`) };
    if (done === undefined) return { error: new RunnerError(`${this.spec.library} did not wait for the transaction's body. What was committed is uncertain.`) };
    return undefined;
  }
}

function wraps(error: unknown, inner: unknown): boolean {
  for (const each of chain(error)) if (each === inner) return true;
  return false;
}

/** The error itself and what it wraps, under the names that ORMs use for that. */
function* chain(error: unknown): Generator<unknown> {
  const seen = new Set<unknown>();
  const queue = [error];
  for (let each = queue.shift(); each !== undefined && !seen.has(each); each = queue.shift()) {
    seen.add(each);
    yield each;
    if (typeof each !== "object" || each === null) return;
    for (const name of ["cause", "original", "parent", "driverError"]) {
      if (name in each) queue.push((each as Record<string, unknown>)[name]);
    }
  }
}

/** SQLite's word for a lock that somebody else holds, however deep an ORM has wrapped it. */
export function isBusyAnywhere(error: unknown): boolean {
  for (const each of chain(error)) {
    if (isBusy(each)) return true;
    if (each instanceof Error && /\bSQLITE_BUSY\b|database (?:table )?is locked/i.test(each.message)) return true;
  }
  return false;
}
