import type { Frame } from "./frame.js";
import { inodeOf } from "./file-identity.js";
import { clearAway, connectTo, serveAt } from "./file-queue-link.js";
import type { Link } from "./file-queue-link.js";
import { BEGUN, GRANT, GRANT_WANTED, LEAVE, NEXT, OVER, RECALL, TRYING, WANT, meetingPlace } from "./file-queue-wire.js";
import type { MeetingPlace } from "./file-queue-wire.js";
import type { FileState } from "./registry.js";
import type { SessionState } from "./session-state.js";

/**
 * The transactions of one turn may hold the lock for so long in all where others wait, in ms. A hand-off to another process takes
 * a quarter of a millisecond at least. Measured with 8 processes that hold for 1 ms: with 1 ms a turn, 76 % of the throughput
 * of attempts at a constant pace; with 3 ms, 94 %, and the 99th percentile of the wait at 42 ms; with 4 ms, 98 %, and 51 ms.
 */
const TURN_MS = 3;
/** How often a lock is tried by who has its turn, or finds no queue. Constant: a growing or random pause lets others overtake. */
export const RETRY_MS = 1;
/** How often those who wait for their turn look whether the wait still makes sense. In ms. */
const CHECK_MS = 20;
/** A queue that says nothing for so long is not waited for: its process is at work, or stopped. In ms. */
const SILENT_MS = 45;
/** After so long it is left, for the time being. In ms. */
const LOST_MS = 500;
/** Whoever has waited so long in a queue that is alive tries now and then, whatever the queue says. In ms. */
const UNSERVED_MS = 2_000;
/** How long a queue that was left is avoided, in ms. Doubled each time, up to the second figure. */
const AVOID_MS = [1_000, 60_000] as const;
/** How long a process stays in the queue after it last met others. In ms. */
const LINGER_MS = 300;

/** How often who tries tells the queue that it does, in ms. */
const TOLD_MS = 8;

/** One transaction's wait for the file, as long as it lasts. */
export interface Place {
  /** Until when to pause before the next attempt or look, in ms; 0: one turn of the event loop. */
  pauseMs(): number;
  /** Whether an attempt is in order now. */
  mayTry(): boolean;
  /** An attempt has found the file busy. */
  foundBusy(): void;
  /** Calls `wake` as soon as there is something to do. `undefined` takes it back. Called at once when there is already. */
  onWake(wake: (() => void) | undefined): void;
  /** The wait is over, one way or the other. */
  leave(): void;
}

export interface QueueStatus {
  readonly joined: boolean;
  readonly serves: boolean;
  readonly turn: "none" | "asked" | "mine";
}

/**
 * This thread's part in the queue of all processes (of this user, on this machine) that write to one file.
 *
 * SQLite's own lock is the only thing that guards data. The queue only says whose turn it is to try, so that whatever
 * becomes of it may cost time and nothing else. Without contention it does not exist: a thread joins when it has
 * found the file busy twice, or when it has held the file for a while and finds that others queue.
 */
export class FileQueue {
  #link: Link | undefined;
  #joining: Promise<void> | undefined;
  #probing = false;
  #request = 0;
  #turn: QueueStatus["turn"] = "none";
  /** Somebody else waits behind this thread's turn. */
  #wanted = false;
  /** It is not this thread's turn, and yet it may try: whoever comes before it is not heard of. */
  #isInvited = false;
  /** The last attempt was made although the queue, alive as it is, gave no turn for a long time. */
  #isUnserved = false;
  /** Holding during this turn, and since the event loop last had a chance to tell of others, in ms. */
  #usedMs = 0;
  #unseenMs = 0;
  #heardAt = 0;
  #metAt = 0;
  #aloneAt = -Infinity;
  #avoidUntil = 0;
  #avoidMs: number = AVOID_MS[0];
  #linger: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<OwnPlace>();

  constructor(
    private readonly file: FileState,
    private readonly at: MeetingPlace,
  ) {}

  /** Whether a transaction of this thread may try the lock now, without waiting for its turn. */
  mayBegin(): boolean {
    if (this.#link === undefined) return !this.#probing;
    return this.#turn === "mine" && this.#waiting.size === 0 && this.file.writer === undefined && this.#unseenMs < TURN_MS;
  }

  /** Others that use this package wait for the file. `undefined`: not known. */
  get someoneWaits(): boolean | undefined {
    if (this.#link !== undefined) return this.#wanted || this.#turn !== "mine";
    return performance.now() - this.#aloneAt < LINGER_MS ? false : undefined;
  }

  /** Whether this thread is in the queue, and for what. */
  get status(): QueueStatus {
    return { joined: this.#link !== undefined, serves: this.#link?.serves ?? false, turn: this.#turn };
  }

  enter(): Place {
    const place = new OwnPlace(this);
    this.#waiting.add(place);
    this.#ask();
    return place;
  }

  /** A transaction of this thread on this file has ended that held the lock for so long. */
  ended(heldMs: number): void {
    if (this.#link === undefined) return;
    this.#usedMs += heldMs;
    this.#unseenMs += heldMs;
    if (this.#turn !== "mine") return;
    if (!this.#wanted) return this.#wakeFirst();
    if (this.#usedMs >= TURN_MS) return this.#giveUp();
    this.#wakeFirst();
    setImmediate(() => this.#giveUpIfIdle());
  }

  /** Looks whether others queue for the file; joins them if so. */
  probe(): void {
    if (this.#link !== undefined || this.#joining !== undefined || this.#isAvoided()) return;
    this.#probing = true;
    this.#joining = connectTo(this.at, this.#events()).then((link) => {
      this.#joining = undefined;
      this.#probing = false;
      if (link === undefined) this.#aloneAt = performance.now();
      else this.#joined(link);
      this.#wakeAll();
    });
  }

  /** Leaves the queue, unless it is in use. */
  close(): void {
    if (this.#waiting.size > 0 || this.file.writer !== undefined) return;
    // What it was looked for is over. The file's state may outlive it, and be that of a new file with the same inode.
    this.#probing = false;
    this.#disconnect();
  }

  join(): void {
    if (this.#link !== undefined || this.#joining !== undefined || this.#isAvoided()) return;
    this.#joining = this.#connectOrServe().then((link) => {
      this.#joining = undefined;
      if (link === undefined) return this.#avoid();
      this.#joined(link);
      this.#ask();
    });
  }

  async #connectOrServe(): Promise<Link | undefined> {
    const events = this.#events();
    for (let attempt = 0; attempt < 3; attempt++) {
      const link = (await connectTo(this.at, events)) ?? (await serveAt(this.at, events));
      if (link !== undefined) return link;
      if (attempt === 1) clearAway(this.at); // nobody answers, and yet the name is taken
    }
    return undefined;
  }

  #events() {
    return {
      onMessage: (kind: number, request: number) => this.#onMessage(kind, request),
      onLost: () => {
        this.#disconnect();
        if (this.#waiting.size > 0) this.join();
        this.#wakeAll();
      },
    };
  }

  #joined(link: Link): void {
    this.#link = link;
    this.#metAt = this.#heardAt = performance.now();
    this.#linger ??= setInterval(() => this.#leaveIfAlone(), LINGER_MS / 3).unref();
  }

  #leaveIfAlone(): void {
    if (this.#link?.isDisplaced() === true) {
      this.#disconnect();
      if (this.#waiting.size > 0) this.join();
      return this.#wakeAll();
    }
    if (this.#waiting.size > 0 || this.file.writer !== undefined || performance.now() - this.#metAt < LINGER_MS) return;
    if (this.#link?.isAlone() === true) return this.#disconnect();
    // It serves others, and must not keep a turn that it does not use.
    if (this.#turn === "mine") this.#giveUp();
  }

  #disconnect(): void {
    this.#link?.close();
    this.#link = undefined;
    this.#turn = "none";
    this.#wanted = false;
    this.#isInvited = false;
    clearInterval(this.#linger);
    this.#linger = undefined;
  }

  #isAvoided(): boolean {
    return performance.now() < this.#avoidUntil;
  }

  #avoid(): void {
    this.#disconnect();
    this.#avoidUntil = performance.now() + this.#avoidMs;
    this.#avoidMs = Math.min(this.#avoidMs * 2, AVOID_MS[1]);
    this.#wakeAll();
  }

  #ask(): void {
    if (this.#link === undefined || this.#turn !== "none" || this.#waiting.size === 0) return;
    this.#turn = "asked";
    this.#isInvited = false;
    this.#request = (this.#request + 1) & 0xff;
    this.#heardAt = performance.now();
    this.#link.send(WANT, this.#request);
  }

  #giveUp(): void {
    if (this.#turn === "none") return;
    this.#turn = "none";
    this.#wanted = false;
    this.#isInvited = false;
    this.#link?.send(LEAVE, this.#request);
    this.#ask();
  }

  #giveUpIfIdle(): void {
    if (this.#wanted && this.#turn === "mine" && this.#waiting.size === 0 && this.file.writer === undefined) this.#giveUp();
  }

  #onMessage(kind: number, request: number): void {
    this.#heardAt = performance.now();
    if (this.#turn === "none" || request !== this.#request) return;
    if (kind !== GRANT) this.#metAt = this.#heardAt;
    if (kind === GRANT || kind === GRANT_WANTED) {
      this.#takeTurn(kind === GRANT_WANTED);
      this.#first()?.wake();
    } else if (kind === NEXT) {
      this.#isInvited = true;
      this.#first()?.wake();
    } else if (kind === RECALL) {
      this.#wanted = true;
      this.#giveUpIfIdle();
    } else if (kind === OVER) {
      // Whoever waits here asks anew with its next look: at once would let a hostile queue keep this process busy.
      this.#turn = "none";
      this.#isInvited = false;
    }
  }

  #takeTurn(wanted: boolean): void {
    this.#turn = "mine";
    this.#isInvited = false;
    this.#usedMs = this.#unseenMs = 0;
    this.#wanted = wanted;
  }

  #first(): OwnPlace | undefined {
    for (const place of this.#waiting) return place;
    return undefined;
  }

  #wakeFirst(): void {
    this.#first()?.wake();
  }

  #wakeAll(): void {
    for (const place of [...this.#waiting]) place.wake();
  }

  // What a place needs to know and do.

  pauseMs(place: OwnPlace): number {
    if (this.#link === undefined) return RETRY_MS;
    if (this.#first() !== place) return CHECK_MS;
    if (this.#turn === "mine") return this.#unseenMs >= TURN_MS ? 0 : RETRY_MS;
    return this.#isInvited || performance.now() - this.#heardAt >= SILENT_MS ? RETRY_MS : CHECK_MS;
  }

  mayTry(place: OwnPlace): boolean {
    if (this.#link === undefined) return !this.#probing;
    if (this.#first() !== place || this.file.writer !== undefined) return false;
    this.#unseenMs = 0; // the event loop has turned
    // Who came meanwhile goes first: what this turn was for is used up.
    if (this.#turn === "mine" && this.#wanted && this.#usedMs >= TURN_MS) this.#giveUp();
    this.#ask();
    if (this.#turn === "mine" || this.#isInvited) return true;
    const now = performance.now();
    const silentMs = now - this.#heardAt;
    if (silentMs >= LOST_MS) {
      this.#avoid();
      return true;
    }
    if (silentMs >= SILENT_MS) return true;
    this.#isUnserved = now - place.since >= UNSERVED_MS;
    return this.#isUnserved;
  }

  foundBusy(place: OwnPlace): void {
    if (this.#link === undefined) return this.join();
    if (this.#turn !== "none" && this.#first() === place) this.#link.send(TRYING, this.#request);
  }

  leave(place: OwnPlace): void {
    const wasFirst = this.#first() === place;
    this.#waiting.delete(place);
    if (!wasFirst || this.#turn === "none") return;
    if (this.file.writer !== undefined) {
      // It has begun, be it in its turn or not.
      if (this.#turn === "mine") this.#avoidMs = AVOID_MS[0];
      else if (this.#isUnserved) this.#avoid();
      else {
        this.#takeTurn(true);
        this.#link?.send(BEGUN, this.#request);
      }
      this.#isUnserved = false;
    } else if (this.#waiting.size > 0) {
      // It gave up. Its turn is the next one's of this thread.
      this.#wakeFirst();
    } else if (this.#turn === "asked" || this.#wanted) {
      this.#giveUp();
    }
  }
}

class OwnPlace implements Place {
  readonly since = performance.now();
  #wake: (() => void) | undefined;
  #isAwake = false;
  #toldAt = performance.now();

  constructor(private readonly queue: FileQueue) {}

  wake(): void {
    if (this.#wake === undefined) this.#isAwake = true;
    else this.#wake();
  }

  onWake(wake: (() => void) | undefined): void {
    this.#wake = wake;
    if (wake === undefined || !this.#isAwake) return;
    this.#isAwake = false;
    wake();
  }

  pauseMs(): number {
    return this.queue.pauseMs(this);
  }

  mayTry(): boolean {
    return this.queue.mayTry(this);
  }

  foundBusy(): void {
    const now = performance.now();
    if (now - this.#toldAt < TOLD_MS) return;
    this.#toldAt = now;
    this.queue.foundBusy(this);
  }

  leave(): void {
    this.queue.leave(this);
  }
}

/**
 * For measurements and tests, not part of the public interface: `off` leaves every process to attempts at a constant pace,
 * `file` meets at a socket file, as on systems without abstract names.
 */
const MEETING = process.env["SESSIONFIX_FILE_QUEUE"];

/** The queue for the session's file; `undefined` where there can be none: in memory, on Windows. */
function queueOf({ file, path }: SessionState): FileQueue | undefined {
  const known = file.queue;
  if (known !== undefined) return known ?? undefined;
  const identity = path === "" || MEETING === "off" ? undefined : inodeOf(path);
  const at = identity === undefined ? undefined : meetingPlace(identity, MEETING === "file" ? "other" : process.platform);
  const queue = at === undefined ? undefined : new FileQueue(file, at);
  file.queue = queue ?? null;
  return queue;
}

/** Whether the frame may try to begin now. `false`: it has to wait for its turn among the processes. */
export function mayBegin({ outer, mode, state }: Frame): boolean {
  if (outer !== undefined || mode === "deferred") return true;
  return state.file.queue?.mayBegin() ?? true;
}

/** A place in the queue for a frame that waits for the file's lock. */
export function enterQueue({ outer, mode, state }: Frame): Place | undefined {
  return outer !== undefined || mode === "deferred" || state.connection.inTransaction ? undefined : queueOf(state)?.enter();
}

/** A transaction on the session has ended that held the lock for so long. */
export function leaveTurn(state: SessionState, heldMs: number): void {
  state.file.queue?.ended(heldMs);
}

/** Looks, without waiting for the answer, whether other processes queue for the session's file. */
export function probeQueue(state: SessionState): void {
  queueOf(state)?.probe();
}

export function queueStatus(state: SessionState): QueueStatus {
  return state.file.queue?.status ?? { joined: false, serves: false, turn: "none" };
}

/** Leaves the queue for the session's file unless another session of the thread uses it. */
export function closeQueue(state: SessionState): void {
  state.file.queue?.close();
}

/**
 * Whether others that use this package wait for the session's file at this moment, in this thread's queue across
 * processes. `undefined`: not known (nobody was met lately, or there is no queue on this system). Writers that wait in SQLite's own
 * busy handler are not in the queue.
 */
export function someoneWaits(state: SessionState): boolean | undefined {
  return state.file.queue?.someoneWaits;
}
