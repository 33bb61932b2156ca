import { sessionClosed, sessionOpened, slow, transactionEnded } from "./diagnostics.js";
import type { SessionCloseEvent, SessionOpenEvent, SlowEvent, TransactionEvent } from "./diagnostics.js";
import { LockTimeoutError } from "./errors.js";
import { DurationHistogram } from "./quantiles.js";
import type { Quantiles } from "./types.js";

/** What happened on one database file, or under one label on it, since `collectMetrics()`. */
export interface TransactionMetrics {
  /** Transactions that were committed. */
  readonly commits: number;
  /** Transactions that began and were rolled back. */
  readonly rollbacks: number;
  /** Never began: timeouts, deadlocks, aborts, errors at `BEGIN`. */
  readonly refused: number;
  /** Those of the refused that were `LockTimeoutError`s. */
  readonly timeouts: number;
  /** Held the lock for longer than `slow.holdMs`. */
  readonly slowHolds: number;
  /** Waited for longer than `slow.waitMs`, with success or without. */
  readonly slowWaits: number;
  /** Items committed in batches. */
  readonly items: number;
  /** From the call to the beginning, or to the refusal. */
  readonly waitMs: Quantiles;
  /** From the beginning to the end. */
  readonly holdMs: Quantiles;
}

/** What happened on one database file. */
export interface FileMetrics extends TransactionMetrics {
  /** The database file; empty for databases in memory. */
  readonly path: string;
  /** By label, the ones that held the lock for the longest time in all first. */
  readonly labels: readonly (TransactionMetrics & { readonly label: string; readonly totalHoldMs: number })[];
}

/** What `collectMetrics()` has counted in this thread. */
export interface MetricsSnapshot {
  /** Sessions of factories that are open, by the last event; 0 where none was opened or closed since the beginning. */
  readonly openSessions: number;
  /** Sessions opened since the beginning. */
  readonly opened: number;
  /** One for each database file that had a transaction. */
  readonly files: readonly FileMetrics[];
}

/** What `collectMetrics` returns. */
export interface MetricsCollector {
  /** What was counted so far. Plain data. */
  snapshot(): MetricsSnapshot;
  /** Stops counting. */
  stop(): void;
}

/** Labels may be made up by an application without end; from this many on, new ones are counted as `(other)`. */
const MOST_LABELS = 200;

/**
 * Counts the transactions of this thread, with wait and hold histograms by file and label, in a fixed amount of memory.
 * Savepoints are not counted: they are part of their transaction.
 *
 * @returns The collector. It counts until its `stop()`.
 */
export function collectMetrics(): MetricsCollector {
  const files = new Map<string, { all: Counter; labels: Map<string, Counter> }>();
  let openSessions = 0;
  let opened = 0;
  const countersFor = ({ path, label }: TransactionEvent): Counter[] => {
    let file = files.get(path);
    if (file === undefined) files.set(path, (file = { all: new Counter(), labels: new Map() }));
    const name = label === undefined ? "(unlabelled)" : file.labels.has(label) || file.labels.size < MOST_LABELS ? label : "(other)";
    let counter = file.labels.get(name);
    if (counter === undefined) file.labels.set(name, (counter = new Counter()));
    return [file.all, counter];
  };
  const onTransaction = (message: unknown): void => {
    const event = message as TransactionEvent;
    if (event.mode !== "savepoint") for (const counter of countersFor(event)) counter.add(event);
  };
  const onSlow = (message: unknown): void => {
    const event = message as SlowEvent;
    for (const counter of countersFor(event)) counter.addSlow(event.kind);
  };
  const onOpen = (message: unknown): void => {
    opened++;
    openSessions = (message as SessionOpenEvent).openSessions;
  };
  const onClose = (message: unknown): void => { openSessions = (message as SessionCloseEvent).openSessions; };
  const subscriptions = [[transactionEnded, onTransaction], [slow, onSlow], [sessionOpened, onOpen], [sessionClosed, onClose]] as const;
  for (const [channel, listener] of subscriptions) channel.subscribe(listener);
  return {
    snapshot: () => ({
      openSessions,
      opened,
      files: [...files].map(([path, { all, labels }]) => ({
        path,
        ...all.metrics(),
        labels: [...labels]
          .map(([label, counter]) => ({ label, totalHoldMs: counter.totalHoldMs, ...counter.metrics() }))
          .sort((a, b) => b.totalHoldMs - a.totalHoldMs),
      })),
    }),
    stop: () => { for (const [channel, listener] of subscriptions) channel.unsubscribe(listener); },
  };
}

class Counter {
  totalHoldMs = 0;
  readonly #counts = { commits: 0, rollbacks: 0, refused: 0, timeouts: 0, slowHolds: 0, slowWaits: 0, items: 0 };
  readonly #waits = new DurationHistogram();
  readonly #holds = new DurationHistogram();

  add(event: TransactionEvent): void {
    this.#waits.add(event.waitMs);
    if (event.outcome === "refused") {
      this.#counts.refused++;
      if (event.error instanceof LockTimeoutError) this.#counts.timeouts++;
      return;
    }
    this.#holds.add(event.holdMs);
    this.totalHoldMs += event.holdMs;
    if (event.outcome === "rollback") this.#counts.rollbacks++;
    else {
      this.#counts.commits++;
      this.#counts.items += event.batchSize ?? 0;
    }
  }

  addSlow(kind: SlowEvent["kind"]): void {
    if (kind === "hold") this.#counts.slowHolds++;
    else this.#counts.slowWaits++;
  }

  metrics(): TransactionMetrics {
    return { ...this.#counts, waitMs: this.#waits.quantiles(), holdMs: this.#holds.quantiles() };
  }
}
