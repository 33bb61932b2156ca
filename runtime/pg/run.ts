import { setTimeout as sleep } from "node:timers/promises";
import { CommitUncertainError, SessionOptionError } from "../errors.js";
import { capturePlace } from "../frame.js";
import { attachSuppressed } from "../lifecycle.js";
import type { Measure } from "../lifecycle.js";
import { DEFAULT_TIMEOUT_MS, checkFunction, checkNumber, checkOptions } from "../options.js";
import { serverContext } from "../server.js";
import type { Patience } from "../waiting.js";
import { newTaker, noAnswer, remaining, startDeadline } from "./clients.js";
import { answerTimeoutMs, assertWhole, end, failedWithin, refuseChildren } from "./ending.js";
import type { Run } from "./ending.js";
import { QUERY_CANCELED, asError, isRetryable, refusesCommit, sqlState } from "./failures.js";
import { PgFrame, contextFrame, late, nearest } from "./frame.js";
import { endedFromWithin, handleFor, watched } from "./handle.js";
import { Link, NoAnswerError } from "./link.js";
import type { PgServer } from "./pg-server.js";
import { runSavepoint } from "./savepoint.js";
import type { PgIsolation, PgTransactionOptions } from "./types.js";

type Body = (tx: never) => unknown;

/** Runs `body` in a transaction, or, inside of one on the same server, in a savepoint. `bound`: the transaction whose `tx` was given. */
export function runOnServer(server: PgServer, bound: PgFrame | undefined, body: Body, options: PgTransactionOptions, measure: Measure | undefined, entry: (...args: never[]) => unknown): Promise<unknown> {
  try {
    checkOptions(options);
    checkPgOptions(options);
    checkFunction("The transaction's body", body);
    options.signal?.throwIfAborted();
    const run: Run = { server, body, options, measure, place: measure?.place ?? capturePlace(entry) };
    const outer = nearest(server, bound);
    if (outer?.status === "ended") throw late(outer);
    if (outer !== undefined) return runSavepoint(run, outer);
    server.assertOpen();
    return runWithRetries(run).finally(server.clients.enter());
  } catch (error) {
    return Promise.reject(error);
  }
}

const ISOLATIONS: Readonly<Record<PgIsolation, string>> = {
  "read committed": "READ COMMITTED",
  "repeatable read": "REPEATABLE READ",
  "serializable": "SERIALIZABLE",
};

export function checkPgOptions(options: PgTransactionOptions): void {
  const { isolation, retries, statementTimeoutMs, mode } = options;
  if (isolation !== undefined && !Object.hasOwn(ISOLATIONS, isolation)) throw new SessionOptionError(`isolation is ${JSON.stringify(isolation)}; it must be "read committed", "repeatable read" or "serializable".`);
  if (isolation !== undefined && isolation !== "read committed" && mode === "exclusive") {
    throw new SessionOptionError(`mode "exclusive" goes with isolation "read committed" alone: any other fixes what the transaction sees before it has waited its turn.`);
  }
  if (retries !== undefined && (!Number.isInteger(retries) || retries < 0)) throw new SessionOptionError(`retries is ${String(retries)}; it must be a whole number of at least 0.`);
  if (statementTimeoutMs !== undefined) checkNumber("statementTimeoutMs", statementTimeoutMs, 1);
}

/** The whole body again, where it lost against another transaction: what it saw is no longer so. */
async function runWithRetries(run: Run): Promise<unknown> {
  const { server, options } = run;
  const retries = options.retries ?? server.settings.retries ?? 0;
  for (let attempt = 0; ; attempt++) {
    try {
      return await runOnce(run);
    } catch (error) {
      if (attempt >= retries || error instanceof CommitUncertainError || !isRetryable(error)) throw error;
      // Two that lost against each other must not meet again at once.
      await sleep(Math.random() * Math.min(100, 5 * 2 ** attempt), undefined, { signal: options.signal }).catch(() => { throw options.signal?.reason ?? error; });
    }
  }
}

async function runOnce(run: Run): Promise<unknown> {
  const { server, options, place } = run;
  const frame = new PgFrame(server, contextFrame(), undefined, options.mode ?? "immediate", options.label, place);
  const patience: Patience = { since: frame.requestedAt, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, signal: options.signal };
  const interrupter = new Interrupter(frame, options.signal);
  try {
    try {
      // Without a needless turn: who comes first is to be served first.
      if (!server.isVerified) await verified(server, frame, patience);
      await begin(run, frame, patience);
    } catch (error) {
      const reason = interrupter.reasonFor(error);
      end(run, frame, "refused", reason);
      throw reason;
    }
    return await runBody(run, frame, interrupter);
  } finally {
    interrupter.stop();
  }
}

async function runBody(run: Run, frame: PgFrame, interrupter: Interrupter): Promise<unknown> {
  const { server, body } = run;
  const link = frame.link!;
  try {
    const result = await serverContext.run(frame, () => body(handleFor(frame) as never));
    await commit(run, frame);
    end(run, frame, "commit");
    return result;
  } catch (error) {
    frame.status = "ended";
    refuseChildren(frame);
    const reason = interrupter.reasonFor(error);
    await interrupter.done;
    await rollback(server, link, reason);
    end(run, frame, "rollback", reason);
    throw reason;
  } finally {
    server.ended(link);
    link.release();
  }
}

/** Has the server cancel the statement that runs when the signal says so. */
class Interrupter {
  done: Promise<void> | undefined;
  readonly #onAbort: () => void;

  constructor(frame: PgFrame, readonly signal: AbortSignal | undefined) {
    this.#onAbort = () => {
      const { link, server, status } = frame;
      if (link === undefined || status === "ended" || link.inFlight === 0 || link.pid === undefined) return;
      link.cancelled = true;
      this.done = server.observer.cancel(link.pid).catch(() => {});
    };
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** A cancelled statement's own error says less than why it was cancelled. */
  reasonFor(error: unknown): unknown {
    return this.signal?.aborted === true && sqlState(error) === QUERY_CANCELED ? this.signal.reason : error;
  }

  stop(): void {
    this.signal?.removeEventListener("abort", this.#onAbort);
  }
}

/** The server's first answer is part of the wait of whoever comes first. */
async function verified(server: PgServer, frame: PgFrame, patience: Patience): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const givenUp = new Promise<never>((_, reject) => {
    timer = startDeadline(patience, () => reject(noAnswer(frame.label, patience, server.path, "connecting")));
    onAbort = () => reject(patience.signal?.reason);
    patience.signal?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    await Promise.race([server.ready(), givenUp]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) patience.signal?.removeEventListener("abort", onAbort);
  }
}

/** The two halves of the advisory lock's key that transactions of mode `exclusive` take: "sess" and "fix" in ASCII. */
const EXCLUSIVE_KEY = "1936028531, 1718188032";

async function begin(run: Run, frame: PgFrame, patience: Patience): Promise<void> {
  const { server, options } = run;
  for (let attempt = 0; ; attempt++) {
    const client = await server.clients.take(newTaker(frame.label, frame, frame.parent, frame.place), patience);
    const link = new Link(client, server.pidOf(client));
    frame.link = link;
    try {
      await sendBegin(server, frame, link, options, patience);
      frame.status = "active";
      frame.begunAt = performance.now();
      return server.begun(frame, link);
    } catch (error) {
      frame.link = undefined;
      await rollback(server, link, error);
      link.release();
      if (error instanceof NoAnswerError) throw noAnswer(frame.label, patience, server.path, "beginning the transaction");
      // Nothing has run: a connection that had died unnoticed may be replaced.
      if (link.lost === undefined || attempt > 0 || frame.failure !== undefined) throw error;
    }
  }
}

async function sendBegin(server: PgServer, frame: PgFrame, link: Link, options: PgTransactionOptions, patience: Patience): Promise<void> {
  const exclusive = frame.mode === "exclusive";
  const isolation = exclusive ? "read committed" : (options.isolation ?? server.settings.isolation ?? "serializable");
  const left = remaining(patience);
  link.lockTimeoutMs = left > 0x7fffffff ? Infinity : Math.max(1, Math.ceil(left));
  const statementTimeoutMs = options.statementTimeoutMs ?? server.settings.statementTimeoutMs;
  // SET LOCAL takes no snapshot: what the transaction sees is fixed by its own first statement.
  const timeouts = `SET LOCAL lock_timeout = ${link.lockTimeoutMs === Infinity ? 0 : link.lockTimeoutMs}`;
  const limit = statementTimeoutMs === undefined ? "" : `; SET LOCAL statement_timeout = ${statementTimeoutMs > 0x7fffffff ? 0 : Math.ceil(statementTimeoutMs)}`;
  await link.own(`BEGIN ISOLATION LEVEL ${ISOLATIONS[isolation]}; ${timeouts}${exclusive ? "" : limit}`, left);
  if (exclusive) {
    const lock = `SELECT pg_advisory_xact_lock(${EXCLUSIVE_KEY})${limit}`;
    await watched(frame, lock, () => link.own(lock, Infinity));
  }
  options.signal?.throwIfAborted();
}

/** Makes the transaction's work permanent, or throws. From its first line on nothing more becomes part of it. */
async function commit(run: Run, frame: PgFrame): Promise<void> {
  const { server, options } = run;
  const link = frame.link!;
  assertWhole(frame);
  options.signal?.throwIfAborted();
  frame.status = "ended";
  refuseChildren(frame);
  if (link.lost !== undefined) throw link.lost;
  let command: string;
  try {
    ({ command } = await link.own("COMMIT", answerTimeoutMs(server)));
  } catch (error) {
    if (refusesCommit(error)) throw error;
    link.lost ??= asError(error);
    throw new CommitUncertainError(
      `The connection to ${server.path} was lost before COMMIT of "${frame.label}" was answered: it may have been committed or not (${error instanceof Error ? error.message : String(error)}). Look in the database, by a key that the transaction wrote, before you do it again.`,
      { cause: error },
    );
  }
  if (command === "ROLLBACK") throw failedWithin(frame);
  if (link.endedFromWithin) throw endedFromWithin(frame);
}

async function rollback(server: PgServer, link: Link, reason: unknown): Promise<void> {
  if (link.lost !== undefined || link.client.getTransactionStatus?.() === "I" && link.inFlight === 0) return;
  try {
    await link.own("ROLLBACK", answerTimeoutMs(server));
  } catch (error) {
    link.lost ??= asError(error); // whatever it was: the connection is not used again
    attachSuppressed(reason, error);
  }
}
