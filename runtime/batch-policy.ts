import type { BatchHandler } from "./batch-run.js";
import type { ItemFailure, RunnerCapabilities } from "./batch-types.js";
import { RunnerError } from "./errors.js";
import { endsRun } from "./item-error.js";
import { ItemSavepoint, OpenBatch } from "./item-savepoint.js";
import { isPromiseLike } from "./promises.js";

/** The attempt of a batch that an item belongs to. */
export interface Attempt<Item> {
  /** Items that were left out. */
  readonly failures: ItemFailure<Item>[];
  /** Nobody waits for the attempt any more, and its transaction is over. */
  readonly cancelled: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Begins an attempt: what calls the handler from then on, each item in a savepoint of its own. */
export type Policy<Item, Tx> = (handler: BatchHandler<Item, Tx>, attempt: Attempt<Item>) => BatchHandler<Item, Tx>;

export function sessionPolicy<Item, Tx>(session: unknown): Policy<Item, Tx> {
  return (handler, attempt) => {
    const savepoint = new ItemSavepoint(new OpenBatch(session));
    const undo = (item: Item, index: number, error: unknown): void => {
      if (attempt.cancelled) return;
      // Where SQLite rolled back on its own there is nothing left to go on with.
      if (isRunsEnd(error, attempt) || !savepoint.undo()) throw reasonFor(error, attempt);
      attempt.failures.push({ index, item, error });
    };
    const release = (): void => {
      if (!attempt.cancelled) savepoint.release();
    };
    return (item, tx, index) => {
      savepoint.begin();
      let result: unknown;
      try {
        result = handler(item, tx, index);
      } catch (error) {
        return undo(item, index, error);
      }
      if (isPromiseLike(result)) return result.then(release, (error: unknown) => undo(item, index, error));
      savepoint.release();
    };
  };
}

type WithSavepoints<Tx> = RunnerCapabilities<Tx> & Required<Pick<RunnerCapabilities<Tx>, "savepoint">>;

export function hasSavepoints<Tx>(capabilities: RunnerCapabilities<Tx>): capabilities is WithSavepoints<Tx> {
  return typeof capabilities.savepoint === "function";
}

/** The runner's library has savepoints of its own. */
export function runnerPolicy<Item, Tx>(capabilities: WithSavepoints<Tx>): Policy<Item, Tx> {
  return (handler, attempt) => async (item, tx, index) => {
    let failure: { readonly error: unknown } | undefined;
    const work = async (): Promise<void> => {
      try {
        await handler(item, tx, index);
      } catch (error) {
        failure = { error };
        throw error;
      }
    };
    try {
      await capabilities.savepoint(tx, work);
    } catch (error) {
      // Anything else than the item's own error says that the savepoint itself failed.
      if (failure === undefined || !isOrWraps(error, failure.error)) throw error;
      if (isRunsEnd(failure.error, attempt)) throw reasonFor(error, attempt);
      attempt.failures.push({ index, item, error: failure.error });
      return;
    }
    if (failure !== undefined) throw new RunnerError("The runner's savepoint resolved although the work in it failed, so that what the item wrote may have stayed. Its batch was rolled back. Let savepoint() reject with the error of its work.", { cause: failure.error });
  };
}

function isRunsEnd(error: unknown, { signal }: Pick<Attempt<unknown>, "signal">): boolean {
  return signal?.aborted === true || endsRun(error);
}

function reasonFor(error: unknown, { signal }: Pick<Attempt<unknown>, "signal">): unknown {
  return signal?.aborted === true ? signal.reason : error;
}

function isOrWraps(error: unknown, inner: unknown): boolean {
  return error === inner || (typeof error === "object" && error !== null && "cause" in error && error.cause === inner);
}
