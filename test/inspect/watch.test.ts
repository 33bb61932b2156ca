import { describe, expect, it } from "vitest";
import { TopFrames, sortRows } from "../../src/inspect/top-frame.js";
import { LockWatch } from "../../src/inspect/watch.js";
import type { Probe } from "../../src/inspect/watch.js";
import type { LockRole } from "../../src/inspect/lock-table.js";

/** What is seen at each look: who has which locks, who sleeps and how often it has woken, and how often was committed. */
interface Scene {
  uses?: Record<number, LockRole[]>;
  asleep?: Record<number, number>;
  commits?: number;
  unknown?: string;
}

/** Plays scenes to a watch, one each `every` ms. */
function play(scenes: readonly Scene[], every = 20): { watch: LockWatch; next: (scene: Scene) => void; now: () => number } {
  let scene: Scene = {};
  let now = 0;
  const probe: Probe = {
    uses: () => (scene.unknown === undefined ? { known: true, uses: Object.entries(scene.uses ?? {}).map(([pid, roles]) => ({ pid: Number(pid), roles, readPlaces: [] })) } : { known: false, reason: scene.unknown }),
    sleepers: (pid) => (scene.asleep?.[pid] === undefined ? [] : [{ thread: pid, switches: scene.asleep[pid] }]),
    facts: (pid) => ({ pid, command: `program ${pid}`, state: "running" }),
    commits: () => scene.commits,
  };
  const watch = new LockWatch(probe);
  const next = (one: Scene): void => {
    scene = one;
    watch.look(now);
    now += every;
  };
  for (const one of scenes) next(one);
  return { watch, next, now: () => now };
}

const of = (watch: LockWatch, pid: number) => watch.processes().find((process) => process.pid === pid);

describe("a watch joins looks", () => {
  it("a hold lasts from the first look that saw it to the first that did not", () => {
    const { watch } = play([{}, { uses: { 1: ["write"] } }, { uses: { 1: ["write"] } }, { uses: { 1: ["open"] } }, { uses: { 1: ["write"] } }]);
    expect(of(watch, 1)?.writes).toEqual({ nowMs: 0, longestMs: 40, count: 2, totalMs: 40, share: 0.5 });
  });

  it("a commit in between ends a hold, though the same process writes at both looks", () => {
    const { watch } = play([{ uses: { 1: ["write"] }, commits: 5 }, { uses: { 1: ["write"] }, commits: 5 }, { uses: { 1: ["write"] }, commits: 6 }, { uses: { 1: ["write"] }, commits: 6 }]);
    expect(of(watch, 1)?.writes).toMatchObject({ nowMs: 20, longestMs: 40, count: 2 });
    expect(watch.committed).toBe(1);
  });

  it("a count that goes back is a log laid anew, and no commits", () => {
    const { watch } = play([{ commits: 900 }, { commits: 1 }, { commits: 3 }]);
    expect(watch.committed).toBe(2);
  });

  it("who writes does not count as a reader", () => {
    const { watch } = play([{ uses: { 1: ["write", "read", "open"] } }, { uses: { 1: ["read", "open"] } }, { uses: { 1: ["open"] } }]);
    expect(of(watch, 1)?.reads).toMatchObject({ count: 1, longestMs: 20 });
  });

  it("who naps and wakes while another one writes, waits; who sleeps through, does not", () => {
    const looks = [1, 2, 3, 4, 5].map((time) => ({ uses: { 1: ["write"] as LockRole[], 2: ["open"] as LockRole[], 3: ["open"] as LockRole[] }, asleep: { 2: 10 + time, 3: 7 } }));
    const { watch, next } = play(looks);
    expect(of(watch, 2)?.waiting).toBe(true);
    expect(of(watch, 3)?.waits.count).toBe(0);
    // Between two naps it runs.
    next({ uses: { 1: ["write"], 2: ["open"], 3: ["open"] } });
    expect(of(watch, 2)?.waiting).toBe(true);
    next({ uses: { 2: ["open"], 3: ["open"] }, asleep: { 2: 20, 3: 7 } });
    expect(of(watch, 2)?.waiting).toBe(false);
    expect(of(watch, 2)?.waits.count).toBe(1);
  });

  it("who naps while nobody writes does not wait", () => {
    const { watch } = play([1, 2, 3, 4].map((time) => ({ uses: { 2: ["open"] as LockRole[] }, asleep: { 2: time } })));
    expect(of(watch, 2)?.waits.count).toBe(0);
  });

  it("who has left is forgotten after a minute", () => {
    const { watch, next } = play([{ uses: { 1: ["write"] } }, {}], 50_000);
    expect(of(watch, 1)?.roles).toEqual([]);
    next({});
    expect(of(watch, 1)).toBeUndefined();
  });

  it("says why it knows nothing, and goes on when it does", () => {
    const { watch, next } = play([{ unknown: "no table" }]);
    expect(watch.unknown).toBe("no table");
    next({ uses: { 1: ["open"] } });
    expect(watch.unknown).toBeUndefined();
  });
});

describe("frames of top", () => {
  it("tell of their own interval only", () => {
    const { watch, next, now } = play([{ commits: 1 }, { uses: { 1: ["write"] }, commits: 1 }, { uses: { 1: ["open"] }, commits: 3 }]);
    const frames = new TopFrames(watch);
    const date = new Date(0);
    const first = frames.next(now() - 20, date, { path: "app.db" });
    expect(first).toMatchObject({ heldShare: 0.5, intervalMs: 40, commitsPerSecond: 50 });
    next({ uses: { 1: ["open"] }, commits: 3 });
    const second = frames.next(now() - 20, date, { path: "app.db" });
    expect(second).toMatchObject({ heldShare: 0, intervalMs: 20, commitsPerSecond: 0 });
    expect(second.processes[0]).toMatchObject({ writeShare: 0, longestHoldMs: 20, holds: 1, now: { what: "idle" } });
  });

  it("are sorted by what was asked for", () => {
    const { watch, now } = play([{ uses: { 1: ["read"], 2: ["write"] } }, { uses: { 1: ["read"], 2: ["open"] } }, { uses: { 1: ["read"], 2: ["open"] } }]);
    const { processes } = new TopFrames(watch).next(now() - 20, new Date(0), { path: "app.db" });
    expect(sortRows(processes, "write").map(({ pid }) => pid)).toEqual([2, 1]);
    expect(sortRows(processes, "read").map(({ pid }) => pid)).toEqual([1, 2]);
    expect(sortRows(processes, "pid").map(({ pid }) => pid)).toEqual([1, 2]);
  });
});
