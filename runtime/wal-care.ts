import { statSync } from "node:fs";
import type { Connection } from "./connection.js";
import { fileKey } from "./own-descriptors.js";
import { WalWarning } from "./wal-warning.js";
import { IDLE, JOB, REFUSED, RUNNING, isWorkerBroken, librarySource, postCheckpoint } from "./wal-worker.js";
import type { CheckpointMode, LibrarySource } from "./wal-worker.js";

/** A log below this many pages is left alone, as SQLite itself leaves it (`wal_autocheckpoint`, default 1,000). */
const LEAST_PAGES = 1_000;
/** What a commit of a session in a thread's care does by itself: only where that thread does not keep up, or is gone. */
export const SAFETY_NET_PAGES = 4_000;
/**
 * A log of more pages than this has a writer that never pauses: whenever the thread is done, there are new ones. The thread
 * then takes the write lock for the last of them, or this one copies them between two transactions, and the log starts anew.
 */
const RESTART_PAGES = 2 * LEAST_PAGES;
/** How often the size of the log is looked at where no transaction does, in ms. */
const LOOK_EVERY_MS = 200;
/** Without a write for so long, in ms, the session counts as idle: what is left is copied, and a long log cut. */
const IDLE_MS = 1_000;
/** From one checkpoint to the next, in ms: as long as each finds too little to do it is doubled, and halved where it finds too much. */
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
const MOST_FAILURES = 3;
const FRAME_HEADER = 24;

export interface CareOptions {
  readonly by: "worker" | "inline";
  readonly warnBytes: number;
  /** Undoes what was set in the expectation of a working thread. */
  readonly onFallback?: () => void;
}

/** Keeps the write-ahead log of one session short, in a thread where there is one, or when this one has nothing to do. */
export class WalCare {
  readonly #job = new SharedArrayBuffer(JOB.length * Int32Array.BYTES_PER_ELEMENT);
  readonly #state = new Int32Array(this.#job);
  readonly #source: LibrarySource | undefined;
  readonly #warning: WalWarning;
  readonly #pageBytes: number;
  readonly #identity: string;
  readonly #timer: NodeJS.Timeout;
  #by: CareOptions["by"];
  #size = 0;
  #changed = 0;
  #writtenAt = 0;
  /** Whether there were writes since the last job was begun. */
  #pending = false;
  #askedAt = -Infinity;
  #pauseMs = SHORTEST_PAUSE_MS;
  #lastDone = 0;
  #unfinished = false;
  #halted = false;

  constructor(
    session: object,
    readonly connection: Connection,
    readonly path: string,
    readonly options: CareOptions,
  ) {
    this.#source = options.by === "worker" ? librarySource(session) : undefined;
    this.#by = this.#source === undefined ? "inline" : "worker";
    const database = statSync(path, { throwIfNoEntry: false });
    this.#identity = database === undefined ? "" : fileKey(database);
    this.#warning = new WalWarning(path, options.warnBytes);
    this.#pageBytes = Number(connection.pragma("page_size", { simple: true })) + FRAME_HEADER;
    if (options.by === "worker" && this.#by === "inline") options.onFallback?.();
    this.#timer = setInterval(() => this.look(performance.now()), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Who does the work at this time. */
  get by(): CareOptions["by"] {
    return this.#by;
  }

  /** Asks for a checkpoint where one is due. Called by a timer, and between transactions for loops that let no timer run. */
  look(now: number): void {
    if (!this.connection.open) this.halt();
    if (this.#halted) return;
    try {
      this.#care(now);
    } catch {
      // Nothing depends on this look: SQLite's own checkpoints and the next look are still there.
    }
  }

  /** Leaves the files alone from now on. */
  halt(): void {
    this.#halted = true;
    clearInterval(this.#timer);
  }

  #care(now: number): void {
    const stats = statSync(`${this.path}-wal`, { throwIfNoEntry: false });
    const size = stats?.size ?? 0;
    const changed = stats?.mtimeMs ?? 0;
    if (size !== this.#size || changed !== this.#changed) {
      this.#size = size;
      this.#changed = changed;
      this.#writtenAt = now;
      this.#pending = true;
    }
    if (size < LEAST_PAGES * this.#pageBytes) return;
    if (this.#by === "worker") this.#askWorker(now);
    else this.#checkpointHere(now);
    this.#warning.look(now, size, this.#pendingPages() * this.#pageBytes);
  }

  #pendingPages(): number {
    return Atomics.load(this.#state, JOB.logPages) - Atomics.load(this.#state, JOB.copiedPages);
  }

  #askWorker(now: number): void {
    const state = Atomics.load(this.#state, JOB.state);
    if (state === REFUSED || isWorkerBroken() || Atomics.load(this.#state, JOB.failures) >= MOST_FAILURES) return this.#fallBack();
    if (state === RUNNING) return;
    if (this.#keepPace() && this.#pending && Atomics.load(this.#state, JOB.logPages) > RESTART_PAGES) this.#unfinished = true;
    if (this.#unfinished && !this.connection.inTransaction) {
      // The thread has copied and synchronized all but the last few pages.
      this.#unfinished = false;
      return this.#copyHere();
    }
    const idle = now - this.#writtenAt >= IDLE_MS;
    const wait = this.#pending ? this.#pauseMs : LONGEST_PAUSE_MS;
    if (now - this.#askedAt < wait) return;
    // Without new writes there is still work where a reader was in the way, and a long file to cut.
    if (!this.#pending && this.#pendingPages() === 0 && !idle) return;
    const logPages = Atomics.load(this.#state, JOB.logPages);
    const mode: CheckpointMode = idle ? "truncate" : logPages > RESTART_PAGES ? "restart" : "passive";
    this.#askedAt = now;
    this.#pending = false;
    Atomics.store(this.#state, JOB.state, RUNNING);
    if (!postCheckpoint({ library: this.#source!, path: this.path, identity: this.#identity, mode, shared: this.#job })) this.#fallBack();
  }

  /** @returns Whether the thread has done something since the last look. */
  #keepPace(): boolean {
    const done = Atomics.load(this.#state, JOB.done);
    if (done === this.#lastDone) return false;
    this.#lastDone = done;
    const pages = Atomics.load(this.#state, JOB.foundPages);
    if (pages > 2 * LEAST_PAGES) this.#pauseMs = Math.max(SHORTEST_PAUSE_MS, this.#pauseMs / 2);
    else if (pages < LEAST_PAGES / 2) this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
    return true;
  }

  #fallBack(): void {
    if (this.#by === "inline") return;
    this.#by = "inline";
    Atomics.store(this.#state, JOB.state, IDLE);
    this.options.onFallback?.();
  }

  /** SQLite's own checkpoints in commits go on beside it. */
  #checkpointHere(now: number): void {
    if (!this.#pending && this.#pendingPages() === 0) return;
    if (now - this.#writtenAt < LOOK_EVERY_MS || now - this.#askedAt < LONGEST_PAUSE_MS || this.connection.inTransaction) return;
    this.#askedAt = now;
    this.#pending = false;
    this.#copyHere();
  }

  /** Never waits for a lock: `PASSIVE` calls no busy handler. */
  #copyHere(): void {
    try {
      const answer: unknown = this.connection.pragma("wal_checkpoint(PASSIVE)");
      const row = (Array.isArray(answer) ? answer[0] : answer) as { log?: unknown; checkpointed?: unknown } | undefined;
      Atomics.store(this.#state, JOB.logPages, Math.max(0, Number(row?.log ?? 0)));
      Atomics.store(this.#state, JOB.copiedPages, Math.max(0, Number(row?.checkpointed ?? 0)));
    } catch {
      // The log stays as it is, and nothing is lost with it: the next commit or the next look tries again.
    }
  }

  /** No more checkpoints; resolves once the thread is done with this file, or after `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.halt();
    const until = performance.now() + timeoutMs;
    while (Atomics.load(this.#state, JOB.state) === RUNNING && !isWorkerBroken() && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
