import { transactionEnded } from "../diagnostics.js";
import type { TransactionEvent } from "../diagnostics.js";
import { TransactionClosedError } from "../errors.js";
import type { Place } from "../frame.js";
import type { Measure } from "../lifecycle.js";
import { reportSlow } from "../slow.js";
import type { PgFrame } from "./frame.js";
import { endedFromWithin } from "./handle.js";
import type { PgServer } from "./pg-server.js";
import type { PgTransactionOptions } from "./types.js";

/** One call, which may take several runs of its body. */
export interface Run {
  readonly server: PgServer;
  readonly body: (tx: never) => unknown;
  readonly options: PgTransactionOptions;
  readonly measure: Measure | undefined;
  readonly place: Place;
}

const DEFAULT_ANSWER_TIMEOUT_MS = 30_000;

export function answerTimeoutMs(server: PgServer): number {
  return server.settings.answerTimeoutMs ?? DEFAULT_ANSWER_TIMEOUT_MS;
}

/** Refuses to end what is no longer there, or what other work is still part of. */
export function assertWhole(frame: PgFrame): void {
  const link = frame.link!;
  if (link.lost !== undefined) throw link.lost;
  if (link.endedFromWithin) throw endedFromWithin(frame);
  const child = frame.children?.owner;
  if (child !== undefined) {
    throw new TransactionClosedError(`"${frame.label}" ended while "${child.label}", begun inside of it, was still open. Await every transaction that the body begins; all of "${frame.label}" was rolled back.`);
  }
}

/** PostgreSQL answers a COMMIT after a failed statement with a rollback, and with no error. */
export function failedWithin(frame: PgFrame): TransactionClosedError {
  const first = frame.failure instanceof Error ? ` (${frame.failure.message})` : "";
  return new TransactionClosedError(
    `"${frame.label}" was rolled back: a statement in it failed${first} and its body went on. PostgreSQL undoes the whole transaction then; run what may fail in a nested transaction(tx, …), which is a savepoint.`,
    frame.failure === undefined ? undefined : { cause: frame.failure },
  );
}

export function refuseChildren(frame: PgFrame): void {
  frame.children?.refuseAll((waiting) => new TransactionClosedError(`"${frame.label}" ended before "${waiting.label}", asked for inside of it, could begin. Await it in the body.`));
}

/** The frame is over, whatever became of it. */
export function end(run: Run, frame: PgFrame, outcome: TransactionEvent["outcome"], error?: unknown): void {
  const { server, measure } = run;
  frame.status = "ended";
  const now = performance.now();
  const begunAt = frame.begunAt === 0 ? now : frame.begunAt;
  const waitMs = begunAt - frame.requestedAt;
  const holdMs = now - begunAt;
  if (measure !== undefined) Object.assign(measure, { waitMs, holdMs });
  const { slowLimits } = server;
  const isSlow = frame.outer === undefined && (holdMs >= slowLimits.holdMs || waitMs >= slowLimits.waitMs);
  if (!isSlow && !transactionEnded.hasSubscribers) return;
  const event: TransactionEvent = {
    label: frame.givenLabel,
    path: server.path,
    mode: frame.outer === undefined ? frame.mode : "savepoint",
    outcome,
    waitMs,
    holdMs,
    ...(measure === undefined ? {} : { batchSize: measure.batchSize }),
    ...(error === undefined ? {} : { error }),
  };
  if (transactionEnded.hasSubscribers) transactionEnded.publish(event);
  if (isSlow) reportSlow(event, slowLimits, frame.firstSql, now);
}
