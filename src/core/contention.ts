import type { LockHold, ProcessReport } from "./measured.js";

/** Locks that were taken outside of any request. */
export const UNLABELLED = "(outside of requests)";

/** What one label did with the write lock. Times in ms. */
export interface LabelLocks {
  label: string;
  holds: number;
  heldMs: number;
  longestHoldMs: number;
  waitedMs: number;
  longestWaitMs: number;
  /** The most statements in one transaction. */
  statements: number;
}

/** Who waited while who held the lock: `ms[waiting][holding]`, both by index into `labels`. */
export interface Contention {
  labels: string[];
  ms: number[][];
}

export function labelOf(hold: LockHold): string {
  return hold.label ?? UNLABELLED;
}

/** By label, the one that held the lock longest in all first. */
export function locksByLabel(processes: readonly ProcessReport[]): LabelLocks[] {
  const labels = new Map<string, LabelLocks>();
  for (const hold of processes.flatMap((process) => process.holds)) {
    const label = labelOf(hold);
    const sum = labels.get(label) ?? { label, holds: 0, heldMs: 0, longestHoldMs: 0, waitedMs: 0, longestWaitMs: 0, statements: 0 };
    labels.set(label, {
      label,
      holds: sum.holds + 1,
      heldMs: sum.heldMs + hold.holdMs,
      longestHoldMs: Math.max(sum.longestHoldMs, hold.holdMs),
      waitedMs: sum.waitedMs + hold.waitMs,
      longestWaitMs: Math.max(sum.longestWaitMs, hold.waitMs),
      statements: Math.max(sum.statements, hold.statements),
    });
  }
  return [...labels.values()].sort((a, b) => b.heldMs - a.heldMs);
}

/** How long each label waited while each label held the lock, over all processes. Labels in the order of `locksByLabel`. */
export function contentionOf(processes: readonly ProcessReport[]): Contention {
  const labels = locksByLabel(processes).map(({ label }) => label);
  const indexOf = new Map(labels.map((label, index) => [label, index]));
  const ms = labels.map(() => labels.map(() => 0));
  const holds = processes.flatMap((process) => process.holds).sort((a, b) => a.start - b.start);
  // Holds hardly overlap, so their ends are in order, too: a window over the sorted list is enough for each wait.
  const longest = Math.max(0, ...holds.map((hold) => hold.holdMs));
  for (const waiter of holds) {
    if (waiter.waitMs <= 0) continue;
    const [from, to] = [waiter.start - waiter.waitMs, waiter.start];
    for (let i = firstAtOrAfter(holds, from - longest); i < holds.length; i += 1) {
      const holder = holds[i] as LockHold;
      if (holder.start >= to) break;
      const overlap = Math.min(to, holder.start + holder.holdMs) - Math.max(from, holder.start);
      const row = ms[indexOf.get(labelOf(waiter)) ?? -1];
      const column = indexOf.get(labelOf(holder)) ?? -1;
      if (holder !== waiter && overlap > 0 && row?.[column] !== undefined) row[column] += overlap;
    }
  }
  return { labels, ms };
}

function firstAtOrAfter(holds: readonly LockHold[], start: number): number {
  let [low, high] = [0, holds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((holds[middle] as LockHold).start < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
