import type { LockRole } from "./lock-table.js";
import type { FilesLook } from "./look.js";
import type { LockWatch, WatchedProcess } from "./watch.js";

/** One process in one frame of `top`; times in ms, shares of the interval 0 to 1. */
export interface TopRow {
  readonly pid: number;
  readonly pidInContainer?: number;
  readonly command: string;
  readonly state: string;
  readonly roles: readonly LockRole[];
  /** What it does at this moment, and for how long without a break. */
  readonly now: { readonly what: "writes" | "waits" | "reads" | "idle" | "left"; readonly forMs: number };
  readonly writeShare: number;
  readonly waitShare: number;
  readonly readShare: number;
  /** Since `top` began. */
  readonly longestHoldMs: number;
  readonly longestWaitMs: number;
  readonly holds: number;
}

/** What `top` shows of one interval; printed as JSON as it is. */
export interface TopFrame {
  readonly version: 1;
  /** ISO 8601. */
  readonly at: string;
  readonly path: string;
  /** ms since the frame before. */
  readonly intervalMs: number;
  /** Why nothing is known of locks. */
  readonly unknown?: string;
  /** Processes outside this container are not seen. */
  readonly partOnly?: true;
  /** Share of the interval in which somebody held the write lock, and in which somebody waited for it. */
  readonly heldShare: number;
  readonly waitShare: number;
  readonly commitsPerSecond: number;
  readonly log?: { readonly bytes: number; readonly frames?: number; readonly checkpointed?: number };
  readonly oldestReader?: { readonly pid: number; readonly framesBehind: number };
  readonly processes: readonly TopRow[];
}

interface Totals {
  readonly write: number;
  readonly wait: number;
  readonly read: number;
}

const NONE: Totals = { write: 0, wait: 0, read: 0 };

/** Turns a watch that only grows into frames: each says what happened since the one before. */
export class TopFrames {
  #totals = new Map<number, Totals>();
  #at: number | undefined;
  #committed = 0;

  constructor(private readonly watch: LockWatch, private readonly partOnly = false) {}

  /** @param now ms of the watch's clock. */
  next(now: number, date: Date, files: FilesLook | { path: string }): TopFrame {
    const intervalMs = Math.max(1, now - (this.#at ?? now - this.watch.watchedMs));
    this.#at = now;
    const committed = this.watch.committed - this.#committed;
    this.#committed = this.watch.committed;
    const processes = this.watch.processes();
    const rows = processes.map((process) => this.#row(process, intervalMs));
    this.#totals = new Map(processes.map((process) => [process.pid, totalsOf(process)]));
    const wal = "wal" in files ? files.wal : undefined;
    const index = "index" in files ? files.index : undefined;
    const oldest = this.watch.oldestReader(index);
    return {
      version: 1, at: date.toISOString(), path: files.path, intervalMs: Math.round(intervalMs),
      ...(this.watch.unknown === undefined ? {} : { unknown: this.watch.unknown }),
      ...(this.partOnly ? { partOnly: true as const } : {}),
      heldShare: share(sum(rows, "writeShare")), waitShare: share(Math.max(0, ...rows.map(({ waitShare }) => waitShare))),
      commitsPerSecond: (committed * 1_000) / intervalMs,
      ...(wal === undefined ? {} : { log: { bytes: wal.size, ...(index === undefined ? {} : { frames: index.frames, checkpointed: index.checkpointed }) } }),
      ...(oldest === undefined ? {} : { oldestReader: { pid: oldest.pid, framesBehind: oldest.framesBehind } }),
      processes: rows,
    };
  }

  #row(process: WatchedProcess, intervalMs: number): TopRow {
    const before = this.#totals.get(process.pid) ?? NONE;
    const now = totalsOf(process);
    return {
      pid: process.pid, ...(process.pidInContainer === undefined ? {} : { pidInContainer: process.pidInContainer }),
      command: process.command, state: process.state, roles: process.roles, now: presentOf(process),
      writeShare: share((now.write - before.write) / intervalMs),
      waitShare: share((now.wait - before.wait) / intervalMs),
      readShare: share((now.read - before.read) / intervalMs),
      longestHoldMs: Math.round(process.writes.longestMs), longestWaitMs: Math.round(process.waits.longestMs), holds: process.writes.count,
    };
  }
}

function totalsOf({ writes, waits, reads }: WatchedProcess): Totals {
  return { write: writes.totalMs, wait: waits.totalMs, read: reads.totalMs };
}

function presentOf({ writes, waits, reads, roles }: WatchedProcess): TopRow["now"] {
  if (writes.nowMs !== undefined) return { what: "writes", forMs: Math.round(writes.nowMs) };
  if (waits.nowMs !== undefined) return { what: "waits", forMs: Math.round(waits.nowMs) };
  if (reads.nowMs !== undefined) return { what: "reads", forMs: Math.round(reads.nowMs) };
  return { what: roles.length === 0 ? "left" : "idle", forMs: 0 };
}

function share(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 1_000) / 1_000;
}

function sum(rows: readonly TopRow[], key: "writeShare"): number {
  return rows.reduce((total, row) => total + row[key], 0);
}

/** What rows are sorted by, in the order in which the key `s` goes through them. */
export const SORTS = ["write", "wait", "hold", "read", "pid"] as const;
export type Sort = (typeof SORTS)[number];

export function sortRows(rows: readonly TopRow[], by: Sort): TopRow[] {
  const value = (row: TopRow): number => ({ write: row.writeShare, wait: row.waitShare, hold: row.longestHoldMs, read: row.readShare, pid: -row.pid })[by];
  return [...rows].sort((a, b) => value(b) - value(a) || b.longestHoldMs - a.longestHoldMs || a.pid - b.pid);
}
