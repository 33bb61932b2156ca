/** Someone in the queue. The links make leaving the middle of the queue as cheap as leaving its head. */
interface Waiter<Owner> {
  readonly owner: Owner;
  readonly grant: () => void;
  readonly refuse: (error: unknown) => void;
  previous: Waiter<Owner> | undefined;
  next: Waiter<Owner> | undefined;
}

/** How long hand-offs may follow each other within one turn of the event loop. */
const TURN_MS = 8;

/** A rest of less than a millisecond is one of so many turns of the loop: a connection is accepted, read from, answered. */
const TURNS = 3;

/** When the lock, once given back, is left alone for a while. */
export interface Rest<Owner> {
  /** For how long, in ms, now that this owner is done; 0 for not at all. `now` as by `performance.now()`. */
  after(owner: Owner, now: number): number;
  /** Whether a rest that has lasted so long should go on. */
  goesOn(restedMs: number): boolean;
}

/**
 * A mutex that serves first come, first served. A hand-off wakes exactly one waiter, whatever the queue's length.
 */
export class FifoLock<Owner> {
  owner: Owner | undefined;
  waiting = 0;
  #head: Waiter<Owner> | undefined;
  #tail: Waiter<Owner> | undefined;
  #turnStartedAt = 0;
  /** When the present rest began; `undefined` outside of one. */
  #restingSince: number | undefined;

  constructor(readonly rest?: Rest<Owner>) {}

  /** Takes the lock if it is free and not resting. A free lock never has waiters: release hands over directly. */
  tryTake(owner: Owner): boolean {
    if (this.owner !== undefined || this.#restingSince !== undefined) return false;
    this.owner = owner;
    return true;
  }

  /** Waits for the lock. `leave` gives up the place and rejects the promise; after the grant it does nothing. */
  wait(owner: Owner): { granted: Promise<void>; leave: (error: unknown) => void } {
    let waiter: Waiter<Owner> | undefined;
    const granted = new Promise<void>((grant, refuse) => {
      waiter = { owner, grant, refuse, previous: this.#tail, next: undefined };
    });
    const queued = waiter!;
    if (this.#tail === undefined) this.#head = queued;
    else this.#tail.next = queued;
    this.#tail = queued;
    this.waiting++;
    return { granted, leave: (error) => { if (this.#unlink(queued)) queued.refuse(error); } };
  }

  /** Gives the lock to the next in the queue, after a rest if one is due. Only the owner may call it. */
  release(owner: Owner, now = 0): void {
    if (this.owner !== owner) return;
    this.owner = undefined;
    const restMs = this.rest?.after(owner, now === 0 ? performance.now() : now) ?? 0;
    if (restMs > 0) {
      this.#restingSince = performance.now();
      this.#restUntil(this.#restingSince, restMs);
      return;
    }
    const next = this.#takeNext();
    if (next === undefined) return;
    // A long queue of short transactions would otherwise run in microtasks alone and keep timers and sockets waiting.
    if (performance.now() - this.#turnStartedAt < TURN_MS) return next.grant();
    setImmediate(() => {
      this.#turnStartedAt = performance.now();
      next.grant();
    });
  }

  /**
   * A timer alone is no rest: Node runs due timers one after the other without looking at sockets in between, so two
   * runs of long transactions would keep each other going for seconds. An immediate comes after the sockets' turn.
   */
  #restUntil(since: number, restMs: number): void {
    if (restMs < 1) return this.#restForTurns(since, TURNS);
    setTimeout(() => setImmediate(() => {
      if (this.#restingSince !== since) return;
      const restedMs = performance.now() - since;
      if (restedMs < restMs || this.rest?.goesOn(restedMs)) return this.#restUntil(since, restMs);
      this.endRest();
    }), 1);
  }

  #restForTurns(since: number, turns: number): void {
    setImmediate(() => {
      if (this.#restingSince !== since) return;
      if (turns > 1) return this.#restForTurns(since, turns - 1);
      this.endRest();
    });
  }

  /** Ends a rest before its time, for a waiter whose own time is up: the lock is free, after all. */
  endRest(): void {
    if (this.#restingSince === undefined) return;
    this.#restingSince = undefined;
    this.#turnStartedAt = performance.now();
    this.#takeNext()?.grant();
  }

  #takeNext(): Waiter<Owner> | undefined {
    const next = this.#head;
    if (next === undefined) return undefined;
    this.#unlink(next);
    this.owner = next.owner;
    return next;
  }

  /** Sends everyone in the queue away. The owner stays. */
  refuseAll(error: (owner: Owner) => unknown): void {
    for (let waiter = this.#head; waiter !== undefined; waiter = this.#head) {
      this.#unlink(waiter);
      waiter.refuse(error(waiter.owner));
    }
  }

  #unlink(waiter: Waiter<Owner>): boolean {
    if (this.#head !== waiter && waiter.previous === undefined) return false;
    if (waiter.previous === undefined) this.#head = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#tail = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiter.previous = waiter.next = undefined;
    this.waiting--;
    return true;
  }
}
