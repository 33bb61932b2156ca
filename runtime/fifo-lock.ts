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

/**
 * A mutex that serves first come, first served. A hand-off wakes exactly one waiter, whatever the queue's length.
 */
export class FifoLock<Owner> {
  owner: Owner | undefined;
  waiting = 0;
  #head: Waiter<Owner> | undefined;
  #tail: Waiter<Owner> | undefined;
  #turnStartedAt = 0;

  /** Takes the lock if it is free. A free lock never has waiters: release hands over directly. */
  tryTake(owner: Owner): boolean {
    if (this.owner !== undefined) return false;
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

  /** Gives the lock to the next in the queue. Only the owner may call it. */
  release(owner: Owner): void {
    if (this.owner !== owner) return;
    const next = this.#head;
    this.owner = undefined;
    if (next === undefined) return;
    this.#unlink(next);
    this.owner = next.owner;
    // A long queue of short transactions would otherwise run in microtasks alone and keep timers and sockets waiting.
    const now = performance.now();
    if (now - this.#turnStartedAt < TURN_MS) return next.grant();
    setImmediate(() => {
      this.#turnStartedAt = performance.now();
      next.grant();
    });
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
