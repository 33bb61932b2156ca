import { slow } from "./diagnostics.js";
import type { SlowEvent, TransactionEvent } from "./diagnostics.js";

/** From when on a hold or a wait is worth a warning, in ms. */
export interface SlowLimits {
  readonly holdMs: number;
  readonly waitMs: number;
  /** Whether to warn through `process.emitWarning`, besides publishing. */
  readonly warn: boolean;
}

export const DEFAULT_SLOW_LIMITS: SlowLimits = { holdMs: 2_000, waitMs: 2_000, warn: true };

/** A label is warned about once in so long: a slow job must not flood the log that is to be read. In ms. */
const REPEAT_MS = 60_000;
/** Labels may be made up by the application, one for each request, say. */
const MOST_LABELS = 1_000;
const warnedAt = new Map<string, number>();

/**
 * Publishes what was slow on `sessionfix:slow`, and warns through `process.emitWarning` with the code
 * `SESSIONFIX_SLOW_HOLD` or `SESSIONFIX_SLOW_WAIT`.
 */
export function reportSlow(event: TransactionEvent, limits: SlowLimits, firstSql: string | undefined, now: number): void {
  const first = firstSql === undefined ? {} : { firstSql };
  for (const [kind, ms, limitMs] of [["hold", event.holdMs, limits.holdMs], ["wait", event.waitMs, limits.waitMs]] as const) {
    if (ms < limitMs) continue;
    const found: SlowEvent = { ...event, kind, limitMs, ...first };
    if (slow.hasSubscribers) slow.publish(found);
    if (limits.warn) warn(found, ms, now);
  }
}

function warn(event: SlowEvent, ms: number, now: number): void {
  const key = `${event.kind} ${event.label ?? ""} ${event.path}`;
  const last = warnedAt.get(key);
  if (last !== undefined && now - last < REPEAT_MS) return;
  if (warnedAt.size >= MOST_LABELS) warnedAt.clear();
  warnedAt.set(key, now);
  const label = event.label === undefined ? "An unlabelled transaction" : `"${event.label}"`;
  const items = event.batchSize === undefined ? "" : ` for a batch of ${event.batchSize} items`;
  const first = event.firstSql === undefined ? "" : `; its first statement: ${event.firstSql.replace(/\s+/g, " ").trim().slice(0, 120)}`;
  const isServer = event.path.includes("://");
  const advice = event.kind === "hold"
    ? isServer ? "Others may wait for the rows that it wrote, and for its connection: shorten it, or make it batches with batchedTransaction()."
    : "Others could not write meanwhile: shorten it, or make it batches with batchedTransaction()."
    : "Look for what held the lock: the hold warnings and sessionfix:transaction events name it.";
  process.emitWarning(
    `${label} ${event.kind === "wait" ? "waited for" : isServer ? "kept open a transaction on" : "held the write lock of"} ${event.path || "a database in memory"} ${Math.round(ms)} ms${items}${first}. ${advice}`,
    { type: "SessionfixWarning", code: `SESSIONFIX_SLOW_${event.kind.toUpperCase()}` },
  );
}
