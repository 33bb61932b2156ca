import { BEAT, GRANT, GRANT_WANTED, NEXT, RECALL } from "./file-queue-wire.js";

/** How often those who wait hear that the queue is alive. In ms. */
export const BEAT_MS = 10;
/** Whoever has its turn and is not heard of for so long (a long hold, a stopped process) is no longer waited for. In ms. */
export const SILENT_TURN_MS = 25;
/** The same for who is heard of but does not come to an end. In ms. */
export const LONGEST_TURN_MS = 1_000;

/** A process (or thread) in the queue. */
export interface Peer {
  /** Must not throw, and must not call back before it returns unless for a request made later. */
  send(kind: number, request: number): void;
}

interface Request {
  readonly peer: Peer;
  readonly number: number;
}

/**
 * First come, first served, across processes: who asks gets its turn when the one before it is done.
 *
 * A turn guards nothing, SQLite's lock does. So a turn that drags on is simply followed by the next: its owner may still
 * hold the file, and then the next one finds it busy and tries every millisecond, alone.
 */
export class Turns {
  readonly #waiting: Request[] = [];
  readonly #requests = new Map<Peer, Request>();
  #turn: Request | undefined;
  #turnAt = 0;
  #heardAt = 0;
  #recalled = false;
  #timer: NodeJS.Timeout | undefined;

  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** `false`: the peer asked although its earlier request still stands. */
  ask(peer: Peer, number: number): boolean {
    if (this.#requests.has(peer)) return false;
    const request = { peer, number };
    this.#requests.set(peer, request);
    this.#waiting.push(request);
    if (this.#turn === undefined) this.#advance();
    else {
      if (!this.#recalled) this.#recall(this.#turn);
      if (this.#waiting.length === 1) peer.send(NEXT, number);
    }
    this.#timer ??= setTimeout(() => this.#beat(), BEAT_MS).unref();
    return true;
  }

  /** The peer is done, or no longer wants its turn. One that has nothing to do with the present request is late, and ignored. */
  leave(peer: Peer, number: number): void {
    const request = this.#requests.get(peer);
    if (request === undefined || request.number !== number) return;
    this.#requests.delete(peer);
    if (request === this.#turn) {
      this.#turn = undefined;
      return this.#advance();
    }
    const place = this.#waiting.indexOf(request);
    if (place > 0) this.#waiting.splice(place, 1);
    else if (place === 0) {
      this.#waiting.shift();
      this.#tellNext();
    } else if (this.#turn !== undefined) {
      // A turn that had dragged on is over: the file may be free now.
      this.#grant(this.#turn);
    }
  }

  /** The peer has its turn and tries to begin. */
  trying(peer: Peer, number: number): void {
    if (this.#turn?.peer === peer && this.#turn.number === number) this.#heardAt = performance.now();
  }

  /** The peer's connection is closed. */
  gone(peer: Peer): void {
    const request = this.#requests.get(peer);
    if (request !== undefined) this.leave(peer, request.number);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #advance(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#turn = next;
    this.#turnAt = this.#heardAt = performance.now();
    this.#grant(next);
    // Sending may have changed everything: a participant of this thread is called, not written to.
    if (this.#turn === next) this.#tellNext();
  }

  #grant(request: Request): void {
    this.#recalled = this.#waiting.length > 0;
    request.peer.send(this.#recalled ? GRANT_WANTED : GRANT, request.number);
  }

  #recall(request: Request): void {
    this.#recalled = true;
    request.peer.send(RECALL, request.number);
  }

  #tellNext(): void {
    const next = this.#waiting[0];
    if (next !== undefined) next.peer.send(NEXT, next.number);
  }

  #beat(): void {
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => this.#beat(), BEAT_MS).unref();
    const now = performance.now();
    if (this.#turn === undefined || now - this.#heardAt > SILENT_TURN_MS || now - this.#turnAt > LONGEST_TURN_MS) this.#advance();
    for (const { peer, number } of [...this.#waiting]) peer.send(BEAT, number);
  }
}
