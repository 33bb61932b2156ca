import { detached } from "../access.js";
import { DeadlockError, LockTimeoutError } from "../errors.js";
import type { Place } from "../frame.js";
import { describeHolder } from "../lock-holder.js";
import type { LockHolder } from "../lock-holder.js";
import type { Patience } from "../waiting.js";
import { holderOf, isAround } from "./frame.js";
import type { PgFrame } from "./frame.js";
import { NoAnswerError } from "./link.js";
import type { PgClient } from "./types.js";

/** Someone who has a client of the pool, or waits for one. */
export interface Taker {
  readonly label: string;
  /** The transaction that cannot end before this client is given back. */
  readonly frame: PgFrame | undefined;
  /** The transaction that cannot end before this client is had. In nobody's context there is none. */
  readonly inside: PgFrame | undefined;
  readonly place: Place;
  /** `performance.now()` when it got its client. */
  since: number;
}

interface Waiter {
  readonly taker: Taker;
  readonly grant: () => void;
}

/** What transactions that have a client wait for inside of them: further clients, of all pools of this thread. */
const waits = new Set<{ readonly clients: Clients; readonly frame: PgFrame }>();

/**
 * The clients of one pool, first come first served, whoever asks: transactions, `pool.connect()`, `pool.query()`. The
 * pool's own queue would do the same, but for that nobody can leave it, and that it does not tell who has the clients.
 */
export class Clients {
  readonly #takers = new Set<Taker>();
  readonly #waiting = new Set<Waiter>();
  #onEmpty: (() => void)[] = [];
  #comers = 0;

  constructor(
    readonly path: string,
    readonly max: number,
    readonly connect: () => Promise<PgClient>,
  ) {}

  /**
   * @throws {LockTimeoutError} at the deadline. It names who has had a client for longest.
   * @throws {DeadlockError} when all clients belong to transactions that themselves wait for one.
   */
  async take(taker: Taker, patience: Patience): Promise<PgClient> {
    patience.signal?.throwIfAborted();
    if (this.#takers.size < this.max && this.#waiting.size === 0) this.#takers.add(taker);
    else await this.#waitForTurn(taker, patience);
    taker.since = performance.now();
    // In nobody's context: the connection, with its socket and timers, outlives this transaction.
    const pending = detached(() => this.connect());
    const client = await this.#connected(taker, pending, patience);
    const release = client.release.bind(client);
    let released = false;
    client.release = (error) => {
      release(error); // throws the second time
      if (!released) this.#give(taker);
      released = true;
    };
    return client;
  }

  /** Counts who is about to ask for a client, until the returned function is called. */
  enter(): () => void {
    this.#comers++;
    return () => {
      this.#comers--;
      this.#tellEmpty();
    };
  }

  /** Resolves once nobody has or wants a client; at the deadline it throws. */
  async empty(patience: Patience, label: string): Promise<void> {
    if (this.#isEmpty) return;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#onEmpty.push(resolve);
        timer = startDeadline(patience, () => reject(this.#timeout(label, patience, "all clients")));
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #waitForTurn(taker: Taker, patience: Patience): Promise<void> {
    const wait = taker.inside === undefined ? undefined : { clients: this, frame: taker.inside };
    if (wait !== undefined) {
      refuseDeadlock(wait, taker);
      waits.add(wait);
    }
    let waiter: Waiter | undefined;
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    try {
      await new Promise<void>((grant, refuse) => {
        waiter = { taker, grant };
        this.#waiting.add(waiter);
        timer = startDeadline(patience, () => refuse(this.#timeout(taker.label, patience, "a client")));
        onAbort = () => refuse(patience.signal?.reason);
        patience.signal?.addEventListener("abort", onAbort, { once: true });
      });
    } catch (error) {
      // In the very turn of the deadline it may have been granted.
      if (!this.#waiting.delete(waiter!)) this.#give(taker);
      throw error;
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) patience.signal?.removeEventListener("abort", onAbort);
      if (wait !== undefined) waits.delete(wait);
    }
  }

  /** A connection that comes too late goes back to the pool; its place is taken until then. */
  async #connected(taker: Taker, pending: Promise<PgClient>, patience: Patience): Promise<PgClient> {
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const givenUp = new Promise<never>((_, reject) => {
      timer = startDeadline(patience, () => reject(noAnswer(taker.label, patience, this.path, "connecting")));
      onAbort = () => reject(patience.signal?.reason);
      patience.signal?.addEventListener("abort", onAbort, { once: true });
    });
    let settled = false;
    const noted = pending.finally(() => { settled = true; });
    try {
      return await Promise.race([noted, givenUp]);
    } catch (error) {
      if (settled) this.#give(taker);
      else noted.then((client) => { client.release(); this.#give(taker); }, () => { this.#give(taker); });
      throw error;
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) patience.signal?.removeEventListener("abort", onAbort);
    }
  }

  #give(taker: Taker): void {
    this.#takers.delete(taker);
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      this.#takers.add(next.taker);
      next.grant();
    }
    this.#tellEmpty();
  }

  get #isEmpty(): boolean {
    return this.#takers.size === 0 && this.#comers === 0;
  }

  #tellEmpty(): void {
    if (this.#isEmpty) for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  takers(): Iterable<Taker> {
    return this.#takers;
  }

  #timeout(label: string, patience: Patience, what: string): LockTimeoutError {
    const [first] = this.#takers;
    const holder: LockHolder = first === undefined ? { where: "unknown", reason: "a client had just become free" }
      : first.frame?.link !== undefined && first.label === first.frame.label ? holderOf(first.frame)
      : { where: "this process", label: first.label, stack: first.place.stack, heldForMs: performance.now() - first.since };
    const waitedMs = performance.now() - patience.since;
    return new LockTimeoutError(
      `"${label}" waited ${Math.round(waitedMs)} ms for ${what} of the pool for ${this.path} (${this.#takers.size} of ${this.max} in use), the first of which is ${describeHolder(holder)}. Nothing was written. Shorten the transactions, or raise the pool's max or timeoutMs.`,
      holder,
      waitedMs,
    );
  }
}

/** Setting a timer to more than this makes Node fire it at once. */
const LONGEST_TIMER_MS = 0x7fffffff;

export function remaining(patience: Patience): number {
  return patience.timeoutMs - (performance.now() - patience.since);
}

export function startDeadline(patience: Patience, onPassed: () => void): NodeJS.Timeout | undefined {
  const left = remaining(patience);
  return left > LONGEST_TIMER_MS ? undefined : setTimeout(onPassed, Math.max(0, left));
}

export function noAnswer(label: string, patience: Patience, path: string, doing: string): LockTimeoutError {
  const waitedMs = performance.now() - patience.since;
  const holder: LockHolder = { where: "unknown", reason: "the server did not answer" };
  return new LockTimeoutError(
    `"${label}" waited ${Math.round(waitedMs)} ms for ${path}, which did not answer while ${doing}. Nothing was written. Look at the network and the server.`,
    holder,
    waitedMs,
    { cause: new NoAnswerError(doing, waitedMs) },
  );
}

/**
 * Throws when no client of the pool can ever come free: each belongs to a transaction that itself waits for a client, of
 * this pool or around others. One that belongs to nobody's transaction may come back at any time.
 */
function refuseDeadlock(wait: { readonly clients: Clients; readonly frame: PgFrame }, taker: Taker): void {
  const stuck = new Set([...waits, wait]);
  const isStuck = ({ frame }: Taker): boolean => frame !== undefined && [...stuck].some((other) => isAround(frame, other.frame));
  for (let before = 0; before !== stuck.size; ) {
    before = stuck.size;
    for (const each of stuck) {
      if (![...each.clients.takers()].every(isStuck)) stuck.delete(each);
    }
  }
  if (!stuck.has(wait)) return;
  const holders = [...wait.clients.takers()];
  throw new DeadlockError(
    `"${taker.label}" would wait for ever: it is inside of "${wait.frame.label}" and asks for another client of the pool for ${wait.clients.path}, all ${wait.clients.max} of which belong to transactions that wait likewise (${holders.map(({ label }) => `"${label}"`).join(", ")}). Use the tx that the body is given, or ask before the transaction begins.`,
    [taker, ...holders].map(({ label, place }) => ({ label, stack: place.stack })),
  );
}

export function newTaker(label: string, frame: PgFrame | undefined, inside: PgFrame | undefined, place: Place): Taker {
  return { label, frame, inside, place, since: performance.now() };
}
