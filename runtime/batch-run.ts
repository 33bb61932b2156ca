import { Batch } from "./batch.js";
import type { BatchPlan } from "./batch.js";
import type { Policy } from "./batch-policy.js";
import { hasSavepoints, runnerPolicy, sessionPolicy } from "./batch-policy.js";
import { BatchSource, READ_AHEAD } from "./batch-source.js";
import { RUNNER_CAPABILITIES } from "./batch-types.js";
import type { BatchOptions, BatchOptionsSync, BatchProgress, BatchReport, ItemFailure, ResumeStore, RunnerCapabilities } from "./batch-types.js";
import { SessionOptionError } from "./errors.js";
import { capturePlace } from "./frame.js";
import type { Place } from "./frame.js";
import { checkFunction, checkNumber, checkOneOf, checkOptions } from "./options.js";
import { DurationHistogram } from "./quantiles.js";
import { registry } from "./registry.js";
import { ResumeCursor, checkResume } from "./resume-cursor.js";
import { SessionStore } from "./resume-store.js";

const DEFAULT_BATCH_SIZE = 10;
/**
 * SQLite's busy handler looks after 1, 2, 5, 10, 15, 20 ms … and then less and less often: who waits for one batch of this
 * length is still looking every 25 ms or so when it ends.
 */
const DEFAULT_MAX_HOLD_MS = 50;

/** How much the last commit says of the next one. */
const COMMIT_WEIGHT = 0.2;

const POLICIES = ["abort", "skip", "collect"] as const;

export type BatchHandler<Item, Tx> = (item: Item, tx: Tx, index: number) => unknown;

/** Who starts the run, and what it writes to. */
export interface BatchTarget {
  /** A session, or a runner. */
  readonly target: unknown;
  readonly entry: (...args: never[]) => unknown;
  readonly sync: boolean;
}

/** What the synchronous and the asynchronous form have in common: the items, the limits of a batch, the report. */
export class BatchRun<Item, Tx> {
  readonly source: BatchSource<Item>;
  readonly place: Place;
  readonly batchSize: number;
  /** Of a resumable run. */
  readonly cursor: ResumeCursor<Item, Tx> | undefined;
  readonly #plan: BatchPlan<Item, Tx>;
  readonly #collects: boolean;
  readonly #startedAt = performance.now();
  readonly #waits = new DurationHistogram();
  readonly #holds = new DurationHistogram();
  readonly #errors: ItemFailure<Item>[] = [];
  readonly #maxHoldMs: number;
  /** What a commit takes, in ms: a smoothed mean of this run's. */
  #commitMs = 0;
  #items = 0;
  #skipped = 0;
  #batches = 0;

  constructor(
    items: Iterable<Item> | AsyncIterable<Item>,
    handler: BatchHandler<Item, Tx>,
    options: BatchOptions<Item> | BatchOptionsSync<Item>,
    target: BatchTarget,
  ) {
    const { batchSize = DEFAULT_BATCH_SIZE, maxHoldMs = DEFAULT_MAX_HOLD_MS, onItemError = "abort" } = options;
    checkOptions(options);
    checkFunction("The function for each item", handler);
    checkNumber("batchSize", batchSize, 1);
    if (!Number.isInteger(batchSize) && batchSize !== Infinity) throw new SessionOptionError(`batchSize is ${batchSize}; it must be a whole number, or Infinity to leave the size to maxHoldMs.`);
    checkNumber("maxHoldMs", maxHoldMs, 0);
    checkOneOf("onItemError", onItemError, POLICIES);
    if (options.onSkip !== undefined) checkFunction("onSkip", options.onSkip);
    if (options.onProgress !== undefined) checkFunction("onProgress", options.onProgress);
    const policy = onItemError === "abort" ? undefined : policyFor<Item, Tx>(target, onItemError);
    const resume = options.resume === undefined ? undefined : checkResume(options.resume);
    this.cursor = resume === undefined ? undefined : new ResumeCursor<Item, Tx>(resume, items, storeFor<Tx>(target.target));
    // To know the last batch while it is open, one item more has to be at hand; an async source gives none under the lock.
    this.#maxHoldMs = maxHoldMs;
    this.batchSize = resume !== undefined && !(Symbol.iterator in items) ? Math.min(batchSize, READ_AHEAD) : batchSize;
    this.#collects = onItemError === "collect";
    this.source = new BatchSource(items, resume === undefined ? 0 : 1);
    this.place = capturePlace(target.entry);
    this.#plan = {
      source: this.source, handler, policy, batchSize: this.batchSize, workMs: maxHoldMs, cursor: this.cursor, signal: "signal" in options ? options.signal : undefined,
    };
  }

  newBatch(): Batch<Item, Tx> {
    const workMs = Math.max(this.#maxHoldMs / 2, this.#maxHoldMs - this.#commitMs);
    return new Batch({ ...this.#plan, workMs }, (this.cursor?.resumed ?? 0) + this.#items, { place: this.place, batchSize: 0, waitMs: 0, holdMs: 0 });
  }

  /** A batch is committed: its items are counted and let go. */
  account({ measure, failures, workedMs }: Batch<Item, Tx>): BatchProgress {
    const { batchSize: batchItems, waitMs, holdMs } = measure;
    this.#commitMs += (Math.max(0, holdMs - workedMs) - this.#commitMs) * (this.#batches === 0 ? 1 : COMMIT_WEIGHT);
    this.source.drop(batchItems);
    this.cursor?.settle();
    this.#items += batchItems;
    this.#skipped += failures.length;
    if (this.#collects) for (const failure of failures) this.#errors.push(failure);
    this.#batches++;
    this.#waits.add(waitMs);
    this.#holds.add(holdMs);
    return { items: this.#items, skipped: this.#skipped, resumed: this.cursor?.resumed ?? 0, batches: this.#batches, batchItems, waitMs, holdMs };
  }

  report(): BatchReport<Item> {
    return {
      items: this.#items,
      batches: this.#batches,
      skipped: this.#skipped,
      errors: this.#errors,
      resumed: this.cursor?.resumed ?? 0,
      alreadyDone: this.cursor?.alreadyDone ?? false,
      waitMs: this.#waits.quantiles(),
      holdMs: this.#holds.quantiles(),
      totalMs: performance.now() - this.#startedAt,
    };
  }

  /** The application's own error goes up as it is; how far the run came is kept beside it. */
  noteFailure(error: unknown): void {
    if (typeof error === "object" && error !== null) registry.failedRuns.set(error, this.report());
  }
}

function policyFor<Item, Tx>({ target, sync }: BatchTarget, onItemError: string): Policy<Item, Tx> {
  if (typeof target !== "function") return sessionPolicy(target);
  const capabilities = capabilitiesOf<Tx>(target);
  if (!sync && hasSavepoints(capabilities)) return runnerPolicy(capabilities);
  throw new SessionOptionError(
    `onItemError is ${JSON.stringify(onItemError)}, which needs a savepoint for each item, and the function given in place of a session has none${sync ? " that works without promises" : ""}. Give the session itself, leave onItemError out, or let the function carry savepoint() under RUNNER_CAPABILITIES.`,
  );
}

export function storeFor<Tx>(target: unknown): ResumeStore<Tx> {
  if (typeof target !== "function") return new SessionStore(target);
  const { resume } = capabilitiesOf<Tx>(target);
  if (resume !== undefined) return resume;
  throw new SessionOptionError("resume needs a place for its cursor, and the function given in place of a session has none. Give the session itself, leave resume out, or let the function carry a ResumeStore as resume under RUNNER_CAPABILITIES.");
}

export function capabilitiesOf<Tx>(runner: object): RunnerCapabilities<Tx> {
  return (runner as { [RUNNER_CAPABILITIES]?: RunnerCapabilities<Tx> })[RUNNER_CAPABILITIES] ?? {};
}

/** How far the batched run had come that threw `error`: what the report counts is committed. */
export function batchReportOf(error: unknown): BatchReport | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  return registry.failedRuns.get(error) as BatchReport | undefined;
}
