import { describe, expect, it } from "vitest";
import { contentionOf, locksByLabel, UNLABELLED } from "../../src/core/contention.js";
import type { LockHold, ProcessReport } from "../../src/core/measured.js";

const process = (...holds: LockHold[]): ProcessReport => ({ pid: 1, watched: true, sessionsOpened: 0, lockTimeouts: 0, holds, loop: { p50Ms: 0, p99Ms: 0, maxMs: 0 } });
const hold = (label: string | undefined, start: number, holdMs: number, waitMs = 0, statements = 1): LockHold => ({ start, holdMs, waitMs, statements, ...(label === undefined ? {} : { label }) });

describe("locksByLabel", () => {
  it("sums over processes, the longest in all first", () => {
    expect(locksByLabel([process(hold("a", 0, 10, 2), hold("b", 20, 50)), process(hold("a", 100, 5, 7, 9), hold(undefined, 200, 1))])).toEqual([
      { label: "b", holds: 1, heldMs: 50, longestHoldMs: 50, waitedMs: 0, longestWaitMs: 0, statements: 1 },
      { label: "a", holds: 2, heldMs: 15, longestHoldMs: 10, waitedMs: 9, longestWaitMs: 7, statements: 9 },
      { label: UNLABELLED, holds: 1, heldMs: 1, longestHoldMs: 1, waitedMs: 0, longestWaitMs: 0, statements: 1 },
    ]);
  });
});

describe("contentionOf", () => {
  it("gives each part of a wait to who held the lock meanwhile, in whatever process", () => {
    // c waits from 5 to 65: 5 to 30 for a, 30 to 40 for nobody, 40 to 60 for b, 60 to 65 for nobody.
    const { labels, ms } = contentionOf([process(hold("a", 0, 30), hold("c", 65, 1, 60)), process(hold("b", 40, 20))]);
    expect(labels).toEqual(["a", "b", "c"]);
    expect(ms).toEqual([[0, 0, 0], [0, 0, 0], [25, 20, 0]]);
  });

  it("finds a long hold behind many short ones", () => {
    const short = Array.from({ length: 200 }, (_, i) => hold("short", 100 + i, 0.5));
    const { labels, ms } = contentionOf([process(hold("long", 0, 1_000), ...short, hold("waiter", 1_000, 1, 600))]);
    expect(ms[labels.indexOf("waiter")]?.[labels.indexOf("long")]).toBe(600);
  });

  it("is the same as looking at every pair", () => {
    const holds = Array.from({ length: 120 }, (_, i) => hold(`l${i % 4}`, i * 10 + ((i * 7) % 5), ((i * 13) % 40) / 2, ((i * 29) % 90) / 2));
    const { labels, ms } = contentionOf([process(...holds.slice(0, 60)), process(...holds.slice(60))]);
    const naive = labels.map((waiting) => labels.map((holding) => {
      let sum = 0;
      for (const w of holds) for (const h of holds) if (w !== h && w.label === waiting && h.label === holding) sum += Math.max(0, Math.min(w.start, h.start + h.holdMs) - Math.max(w.start - w.waitMs, h.start));
      return sum;
    }));
    expect(naive.flat().some((value) => value > 0)).toBe(true);
    for (const [row, values] of naive.entries()) for (const [column, value] of values.entries()) expect(ms[row]?.[column]).toBeCloseTo(value, 6);
  });
});
