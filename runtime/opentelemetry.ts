import { basename } from "node:path";
import { sessionClosed, sessionOpened, statementRan, transactionEnded } from "./diagnostics.js";
import type { SessionCloseEvent, SessionOpenEvent, StatementEvent, TransactionEvent } from "./diagnostics.js";
import { LockTimeoutError, SessionError } from "./errors.js";

type Attributes = Record<string, string>;

/** The little of OpenTelemetry's `Meter` that is used here. */
export interface OpenTelemetryMeter {
  createHistogram(name: string, options: { description: string; unit: string; advice?: { explicitBucketBoundaries?: number[] } }): { record(value: number, attributes?: Attributes): void };
  createCounter(name: string, options: { description: string; unit: string }): { add(value: number, attributes?: Attributes): void };
  createUpDownCounter(name: string, options: { description: string; unit: string }): { add(value: number, attributes?: Attributes): void };
}

/** Options of `instrument`. */
export interface InstrumentOptions {
  /** Also each statement, with its first word as the operation's name. Default false: transactions and batches alone. */
  statements?: boolean;
  /** What `db.system.name` says. Default `sqlite`. */
  system?: string;
}

/** Those that the semantic conventions advise for durations of database calls, in seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/**
 * Records what happens on the sessions of this thread as OpenTelemetry metrics, under the names of the semantic conventions for
 * databases (https://opentelemetry.io/docs/specs/semconv/database/database-metrics/):
 *
 * - `db.client.operation.duration`: transactions from `BEGIN` to their end, and statements if asked for;
 * - `db.client.connection.wait_time`: from asking for a transaction to its beginning;
 * - `db.client.connection.use_time`: how long it held the session;
 * - `db.client.connection.create_time`, `db.client.connection.count`: sessions opened, and open now;
 * - `db.client.connection.timeouts`: `LockTimeoutError`s.
 *
 * All durations in seconds.
 *
 * @param meter `metrics.getMeter("my-app")` of `@opentelemetry/api`.
 * @param options Default: transactions and batches alone, `db.system.name` `sqlite`.
 * @returns A function that stops recording.
 */
export function instrument(meter: OpenTelemetryMeter, { statements = false, system = "sqlite" }: InstrumentOptions = {}): () => void {
  const histogram = (name: string, description: string) => meter.createHistogram(name, { description, unit: "s", advice: { explicitBucketBoundaries: BUCKETS } });
  const duration = histogram("db.client.operation.duration", "Duration of database client operations.");
  const wait = histogram("db.client.connection.wait_time", "The time it took to obtain a session and its lock.");
  const use = histogram("db.client.connection.use_time", "The time between the beginning and the end of a transaction.");
  const create = histogram("db.client.connection.create_time", "The time it took to open a session.");
  const count = meter.createUpDownCounter("db.client.connection.count", { description: "Sessions that are open.", unit: "{connection}" });
  const timeouts = meter.createCounter("db.client.connection.timeouts", { description: "Transactions that did not get the session or its lock in time.", unit: "{timeout}" });

  const file = (path: string | undefined): Attributes => ({ "db.client.connection.pool.name": path === undefined || path === "" ? ":memory:" : basename(path) });
  const operation = (path: string, name: string, error: unknown): Attributes => ({
    "db.system.name": system,
    "db.namespace": path === "" ? ":memory:" : basename(path),
    "db.operation.name": name,
    ...(error === undefined ? {} : { "error.type": errorType(error) }),
  });

  const onTransaction = (message: unknown): void => {
    const event = message as TransactionEvent;
    const pool = { ...file(event.path), ...(event.label === undefined ? {} : { "sessionfix.label": event.label }) };
    if (event.mode === "savepoint") return;
    wait.record(event.waitMs / 1_000, pool);
    if (event.outcome === "refused") {
      if (event.error instanceof LockTimeoutError) timeouts.add(1, pool);
      return;
    }
    use.record(event.holdMs / 1_000, pool);
    duration.record(event.holdMs / 1_000, operation(event.path, event.batchSize === undefined ? "TRANSACTION" : "BATCH", event.error));
  };
  const onStatement = (message: unknown): void => {
    const { sql, path, durationMs, error } = message as StatementEvent;
    duration.record(durationMs / 1_000, operation(path, /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? "STATEMENT", error));
  };
  const onOpen = (message: unknown): void => {
    const { path, openMs } = message as SessionOpenEvent;
    create.record(openMs / 1_000, file(path));
    count.add(1, file(path));
  };
  const onClose = (message: unknown): void => { count.add(-1, file((message as SessionCloseEvent).path)); };

  const subscriptions = [
    [transactionEnded, onTransaction], [sessionOpened, onOpen], [sessionClosed, onClose],
    ...(statements ? [[statementRan, onStatement] as const] : []),
  ] as const;
  for (const [channel, listener] of subscriptions) channel.subscribe(listener);
  return () => { for (const [channel, listener] of subscriptions) channel.unsubscribe(listener); };
}

/** A low number of values, as the conventions ask: codes and class names, never messages. */
function errorType(error: unknown): string {
  if (error instanceof SessionError) return error.code;
  if (error instanceof Error) return "code" in error && typeof error.code === "string" ? error.code : error.name;
  return "_OTHER";
}
