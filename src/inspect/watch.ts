import { readStart } from "./database-header.js";
import { keepsWritersOut } from "./lock-table.js";
import type { LockRole, LockUse } from "./lock-table.js";
import { lookAtUses } from "./look.js";
import { factsOf, sleepingThreads } from "./processes.js";
import type { ProcessFacts, SleepingThread } from "./processes.js";
import { Spans } from "./spans.js";
import { INDEX_BYTES, parseWalIndex } from "./wal-index.js";
import type { WalIndex } from "./wal-index.js";

/** One process in the watch, as far as looks from outside tell. Times in ms; what begins and ends between two looks is not seen. */
export interface WatchedProcess extends ProcessFacts {
  /** What its locks say now; empty when it has left. */
  readonly roles: readonly LockRole[];
  /** It sleeps as SQLite's busy handler does, while somebody else keeps writers out. */
  readonly waiting: boolean;
  readonly writes: SpanFacts;
  readonly reads: SpanFacts;
  readonly waits: SpanFacts;
}

export interface SpanFacts {
  /** How long the present one has lasted without a break; `undefined` where there is none. */
  readonly nowMs: number | undefined;
  readonly longestMs: number;
  readonly count: number;
  readonly totalMs: number;
  /** Of the time watched, 0 to 1. */
  readonly share: number;
}

interface Entry {
  roles: readonly LockRole[];
  readPlaces: readonly number[];
  facts: ProcessFacts;
  waiting: boolean;
  /** Threads seen asleep, with their switches then. */
  asleep: Map<number, number>;
  busyAt: number;
  readonly writes: Spans;
  readonly reads: Spans;
  readonly waits: Spans;
  seenAt: number;
}

/** The busy handler of SQLite wakes at least this often, in ms (`sqliteDefaultBusyCallback` in `main.c`: 100, and a slow machine's slack). */
const WAKES_EVERY_MS = 150;
/** Processes that left are forgotten after this, in ms, so that a watch of days does not grow. */
const FORGET_AFTER_MS = 60_000;

export interface Probe {
  uses(): ReturnType<typeof lookAtUses>;
  sleepers(pid: number): readonly SleepingThread[];
  facts(pid: number): ProcessFacts;
  /** A number that every commit changes; `undefined` where it cannot be read. */
  commits(): number | undefined;
}

/** Looks through `/proc` and the first bytes of the files; the database is not opened as a database. The mode may change meanwhile. */
export function probeOf(path: string, journal: () => "wal" | "rollback"): Probe {
  return {
    uses: () => lookAtUses(path, journal()),
    sleepers: sleepingThreads,
    facts: factsOf,
    commits: () => readCommits(path, journal()),
  };
}

/** `iChange` of the log's index (walformat.html, 2.1), or the header's change counter (fileformat2.html, 1.3.6). */
function readCommits(path: string, journal: "wal" | "rollback"): number | undefined {
  try {
    if (journal === "wal") return parseWalIndex(readStart(`${path}-shm`, INDEX_BYTES))?.changes;
    const bytes = readStart(path, 28);
    return bytes.length < 28 ? undefined : bytes.readUInt32BE(24);
  } catch {
    return undefined;
  }
}

/** Joins many looks at one database into who holds, reads and waits for how long. */
export class LockWatch {
  readonly #entries = new Map<number, Entry>();
  #startedAt: number | undefined;
  #lookedAt = 0;
  #commits: number | undefined;
  #committed = 0;
  #unknown: string | undefined;
  #looks = 0;

  constructor(private readonly probe: Probe) {}

  /** @param now ms of a clock that never goes back. */
  look(now: number): void {
    this.#startedAt ??= now;
    this.#looks++;
    this.#lookedAt = now;
    const look = this.probe.uses();
    if (!look.known) {
      this.#unknown = look.reason;
      return;
    }
    this.#unknown = undefined;
    const commits = this.probe.commits();
    // It only grows but for a change of mode, or a log's index that is laid anew: then nothing is known of this once.
    const committed = commits !== undefined && this.#commits !== undefined && commits > this.#commits ? commits - this.#commits : 0;
    this.#committed += committed;
    this.#commits = commits ?? this.#commits;

    const uses = new Map(look.uses.filter(({ pid }) => pid !== process.pid).map((use) => [use.pid, use]));
    for (const [pid, use] of uses) this.#take(pid, use, now, committed > 0);
    const holders = [...uses.values()].filter(keepsWritersOut).map(({ pid }) => pid);
    for (const [pid, entry] of this.#entries) {
      if (!uses.has(pid)) this.#leave(entry, now);
      const blocked = holders.some((holder) => holder !== pid) && uses.has(pid);
      entry.waiting = blocked && sleepsAsBusy(entry, this.probe.sleepers(pid), now);
      if (!blocked) {
        entry.asleep.clear();
        entry.busyAt = -Infinity;
      }
      entry.waits.mark(entry.waiting, now);
      if (!uses.has(pid) && now - entry.seenAt > FORGET_AFTER_MS) this.#entries.delete(pid);
    }
  }

  #take(pid: number, use: LockUse, now: number, committed: boolean): void {
    const entry = this.#entries.get(pid) ?? newEntry(this.probe.facts(pid));
    this.#entries.set(pid, entry);
    const writes = keepsWritersOut(use);
    // The same process at two looks is one transaction only where nothing was committed in between.
    if (writes && committed) entry.writes.split(now);
    entry.writes.mark(writes, now);
    // Who writes has a reader's lock as well, which says nothing more.
    entry.reads.mark(!writes && use.roles.includes("read"), now);
    if (entry.roles.join() !== use.roles.join() || now - entry.seenAt > 1_000) entry.facts = this.probe.facts(pid);
    entry.roles = use.roles;
    entry.readPlaces = use.readPlaces;
    entry.seenAt = now;
  }

  #leave(entry: Entry, now: number): void {
    entry.roles = [];
    entry.readPlaces = [];
    entry.writes.mark(false, now);
    entry.reads.mark(false, now);
  }

  /** ms from the first look to the last. */
  get watchedMs(): number {
    return this.#startedAt === undefined ? 0 : this.#lookedAt - this.#startedAt;
  }

  get looks(): number {
    return this.#looks;
  }

  /** Commits of everybody since the first look. */
  get committed(): number {
    return this.#committed;
  }

  /** Why nothing can be told; `undefined` where it can. */
  get unknown(): string | undefined {
    return this.#unknown;
  }

  /** Who may read the least of the log, at the last look: the log cannot be begun anew before it has finished. */
  oldestReader(index: WalIndex | undefined): { pid: number; frame: number; framesBehind: number } | undefined {
    let oldest: { pid: number; frame: number; framesBehind: number } | undefined;
    for (const [pid, { readPlaces }] of this.#entries) {
      for (const place of readPlaces) {
        // Place 0 is for those that read the database alone: nothing may be copied into it meanwhile (`walCheckpoint` in `wal.c`).
        const frame = place === 0 ? 0 : index?.readMarks[place];
        if (index === undefined || frame === undefined || (oldest !== undefined && oldest.frame <= frame)) continue;
        oldest = { pid, frame, framesBehind: Math.max(0, index.frames - frame) };
      }
    }
    return oldest;
  }

  /** Who holds comes first, then who has held for most of the time, then who waits. */
  processes(): WatchedProcess[] {
    const watched = Math.max(this.watchedMs, 1);
    const facts = (spans: Spans): SpanFacts => ({
      nowMs: spans.nowMs(this.#lookedAt), longestMs: spans.longestMs(this.#lookedAt), count: spans.count, totalMs: spans.totalMs(this.#lookedAt), share: Math.min(1, spans.totalMs(this.#lookedAt) / watched),
    });
    return [...this.#entries.values()]
      .map(({ facts: process, roles, waiting, writes, reads, waits }) => ({ ...process, roles, waiting, writes: facts(writes), reads: facts(reads), waits: facts(waits) }))
      .sort((a, b) => Number(b.writes.nowMs !== undefined) - Number(a.writes.nowMs !== undefined) || b.writes.share - a.writes.share || b.waits.share - a.waits.share || b.reads.share - a.reads.share || a.pid - b.pid);
  }
}

function newEntry(facts: ProcessFacts): Entry {
  return { roles: [], readPlaces: [], facts, waiting: false, asleep: new Map(), busyAt: -Infinity, writes: new Spans(), reads: new Spans(), waits: new Spans(), seenAt: -Infinity };
}

/**
 * Whether one of the threads sleeps in short naps: it was asleep at two looks and has woken between them, within the busy
 * handler's longest nap. A thread in one long sleep of another kind does not wake.
 */
function sleepsAsBusy(entry: Entry, threads: readonly SleepingThread[], now: number): boolean {
  for (const { thread, switches } of threads) {
    const known = entry.asleep.get(thread);
    if (known !== undefined && switches > known) entry.busyAt = now;
    entry.asleep.set(thread, switches);
  }
  // Between two naps it runs for a moment, and is still waiting.
  return now - entry.busyAt < WAKES_EVERY_MS;
}
