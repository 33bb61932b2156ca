import { BEAT, GRANT, GRANT_WANTED, NEXT, OVER, RECALL } from "./file-queue-wire.js";

/** How often the queue looks after itself, while somebody waits. In ms. */
const BEAT_MS = 10;
/** Those who wait hear that the queue is alive if they have heard nothing for so long. Each word wakes a process. In ms. */
const QUIET_MS = 15;
/** Whoever may try the lock and is not heard of for so long is stopped or at work: the one behind may try, too. In ms. */
const SILENT_MS = 25;
/** The same for who is heard of and does not get on. In ms. */
const STUCK_MS = 2_000;

/** A process (or thread) in the queue. */
export interface Peer {
  /** Must not throw. */
  send(kind: number, request: number): void;
}

interface Request {
  readonly peer: Peer;
  readonly number: number;
  /** When it was told that it may try the lock; 0 before. */
  triesSince: number;
  /** When its peer was last heard of since. */
  heardAt: number;
  /** When its peer was last told something. */
  toldAt: number;
  state: "waiting" | "turn" | "over";
}

/**
 * First come, first served, across processes.
 *
 * A turn guards nothing, SQLite's lock does. So nobody need ever be waited for: when one is not heard of for a while, the
 * one behind it is invited to try as well, and succeeds as soon as nobody holds the lock.
 */
export class Turns {
  readonly #waiting: Request[] = [];
  readonly #requests = new Map<Peer, Request>();
  #turn: Request | undefined;
  #isWantedKnown = false;
  #timer: NodeJS.Timeout | undefined;

  /** `false`: the peer asked although its earlier request still stands. */
  ask(peer: Peer, number: number): boolean {
    const earlier = this.#requests.get(peer);
    if (earlier !== undefined && earlier.state !== "over") return false;
    const request: Request = { peer, number, triesSince: 0, heardAt: 0, toldAt: performance.now(), state: "waiting" };
    this.#requests.set(peer, request);
    this.#waiting.push(request);
    if (this.#turn === undefined) this.#advance();
    else if (!this.#isWantedKnown) {
      this.#isWantedKnown = true;
      this.#turn.peer.send(RECALL, this.#turn.number);
    }
    this.#timer ??= setTimeout(() => this.#beat(), BEAT_MS).unref();
    return true;
  }

  /** The peer holds the lock, be it because it was its turn or because the one before it had just ended. */
  begun(peer: Peer, number: number): void {
    const request = this.#find(peer, number);
    if (request === undefined || request === this.#turn) return;
    this.#remove(request);
    if (this.#turn !== undefined) this.#turn.state = "over";
    request.state = "turn";
    request.heardAt = performance.now();
    this.#turn = request;
  }

  /** The peer may try the lock, does, and finds it busy. */
  trying(peer: Peer, number: number): void {
    const request = this.#find(peer, number);
    if (request === undefined) return;
    request.heardAt = performance.now();
    if (request.state !== "over") return;
    this.#requests.delete(peer);
    peer.send(OVER, number);
  }

  /** The peer is done, or no longer wants its turn. */
  leave(peer: Peer, number: number): void {
    const request = this.#find(peer, number);
    if (request === undefined) return;
    this.#requests.delete(peer);
    this.#remove(request);
    if (request === this.#turn) this.#advance();
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

  /** What is about an earlier request of the peer is late, and of no interest. */
  #find(peer: Peer, number: number): Request | undefined {
    const request = this.#requests.get(peer);
    return request?.number === number ? request : undefined;
  }

  #remove(request: Request): void {
    if (request.state !== "waiting") return;
    const place = this.#waiting.indexOf(request);
    if (place >= 0) this.#waiting.splice(place, 1);
  }

  #advance(): void {
    const next = this.#waiting.shift();
    this.#turn = next;
    if (next === undefined) return;
    next.state = "turn";
    next.triesSince = next.heardAt = performance.now();
    this.#isWantedKnown = this.#waiting.length > 0;
    next.peer.send(this.#isWantedKnown ? GRANT_WANTED : GRANT, next.number);
  }

  #beat(): void {
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => this.#beat(), BEAT_MS).unref();
    const now = performance.now();
    this.#inviteAnother(now);
    for (const request of [...this.#waiting]) if (now - request.toldAt >= QUIET_MS) tell(request, BEAT, now);
  }

  /** Lets one more try where the last who may is stopped, or at work, or does not get on. */
  #inviteAnother(now: number): void {
    const uninvited = this.#waiting.find((request) => request.triesSince === 0);
    if (uninvited === undefined) return;
    const last = this.#waiting.findLast((request) => request.triesSince > 0) ?? this.#turn;
    if (last === undefined || now - last.heardAt > SILENT_MS || now - last.triesSince > STUCK_MS) {
      uninvited.triesSince = uninvited.heardAt = now;
      tell(uninvited, NEXT, now);
    }
  }
}

function tell(request: Request, kind: number, now: number): void {
  request.toldAt = now;
  request.peer.send(kind, request.number);
}
