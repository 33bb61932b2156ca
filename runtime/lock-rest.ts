import { leaveTurn, probeQueue, queueStatus, someoneWaits } from "./file-queue.js";
import { findForeignSleepers } from "./foreign-sleepers.js";
import type { Frame } from "./frame.js";

/** A hold of this length or more is followed by a rest. In ms. */
export const LONG_HOLD_MS = 8;
/** A rest is this part of the hold, within the bounds, in ms: the loop serves sockets meanwhile, others find the file free. */
const REST_SHARE = 1 / 5;
const LEAST_REST_MS = 1.5;
const MOST_REST_MS = 100;
/** After a hold of less than this, a few turns of the event loop are rest enough for its sockets. In ms. */
const LOOP_HOLD_MS = 20;
const LOOP_REST_MS = 0.5;
/** How much holding, in all, may pass before we look whether another process sleeps in front of the lock. In ms. */
const LOOK_AFTER_MS = 25;
/** SQLite's busy handler sleeps for 100 ms at most (`sqliteDefaultBusyCallback`): after this long it has looked. In ms. */
const LONGEST_NAP_MS = 120;

/**
 * When and how long the connections of this thread leave a file alone after a transaction, so that others get their turn:
 * the event loop's sockets, and writers of other processes that wait in SQLite's own busy handler. Those look up to 100 ms
 * apart and would miss every shorter gap.
 */
export class LockRest {
  #heldMs = 0;
  #unprobedMs = 0;
  /** Whether sleepers can be seen here at all. */
  #canSee = false;
  /** Slept through a whole rest with the lock free: it waits for something else. */
  readonly #others = new Set<string>();

  constructor(
    readonly path: string,
    private readonly findSleepers: (path: string) => readonly string[] | undefined = findForeignSleepers,
  ) {}

  /** How long to rest after a transaction, in ms; 0 for not at all. */
  after({ begunAt, state }: Frame, now: number): number {
    // A request that was refused, or that gave up waiting, has held nothing.
    if (begunAt === 0) return 0;
    const heldMs = now - begunAt;
    this.#unprobedMs += heldMs;
    if (this.#unprobedMs >= LONG_HOLD_MS) {
      this.#unprobedMs = 0;
      probeQueue(state);
    }
    if (state.file.queue === undefined || state.file.queue === null) return this.afterHold(heldMs);
    leaveTurn(state, heldMs);
    // Who queues gets its turn without a rest; what is left then is the event loop.
    const forLoop = heldMs < LONG_HOLD_MS ? 0 : heldMs < LOOP_HOLD_MS ? LOOP_REST_MS : restAfter(heldMs);
    const { joined, serves } = queueStatus(state);
    // To look for sleepers holds up everybody, so that of those in the queue only one does.
    if (joined && !serves) return forLoop;
    const restMs = this.afterHold(heldMs);
    return restMs > 0 && someoneWaits(state) !== undefined && this.#nobodySleeps() ? forLoop : restMs;
  }

  afterHold(heldMs: number): number {
    this.#heldMs += heldMs;
    if (heldMs >= LONG_HOLD_MS) return restAfter(heldMs);
    if (this.#heldMs < LOOK_AFTER_MS) return 0;
    if (this.#waiters().length > 0) return LEAST_REST_MS;
    this.#heldMs = 0;
    return 0;
  }

  /** Whether a rest that has lasted for `restedMs` should go on, because another process has not looked yet. */
  goesOn(restedMs: number): boolean {
    if (this.#heldMs < LOOK_AFTER_MS) return false;
    const waiters = this.#waiters();
    if (waiters.length > 0 && restedMs < LONGEST_NAP_MS) return true;
    for (const waiter of waiters) this.#others.add(waiter);
    this.#heldMs = 0;
    return false;
  }

  /** Known, not guessed: where sleepers cannot be seen there may be some. */
  #nobodySleeps(): boolean {
    if (this.#heldMs < LOOK_AFTER_MS) return this.#canSee;
    if (this.#waiters().length > 0 || !this.#canSee) return false;
    this.#heldMs = 0;
    return true;
  }

  #waiters(): readonly string[] {
    const found = this.findSleepers(this.path);
    this.#canSee = found !== undefined;
    const asleep = found ?? [];
    // Threads that woke up since may wait for the lock the next time they sleep.
    for (const known of this.#others) if (!asleep.includes(known)) this.#others.delete(known);
    return asleep.filter((thread) => !this.#others.has(thread));
  }
}

function restAfter(heldMs: number): number {
  return Math.min(MOST_REST_MS, Math.max(LEAST_REST_MS, heldMs * REST_SHARE));
}
