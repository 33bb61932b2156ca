/**
 * The two test cases of the reference document, on real processes: they hold on the rewritten program, and the
 * original is shown to fail them.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ProgramRun, withPrograms } from "./run-scenario.js";
import { marketplace } from "./scenarios/marketplace.js";
import type { LoadReport } from "./types.js";
import { repositoryRoot } from "./workspace.js";

const fixture = (which: string): string => join(repositoryRoot(), "test/fixtures/marketplace", which);
const QUIET = { ...marketplace, actors: [] };

async function onBoth<T>(
  scenario: typeof marketplace,
  processes: number,
  work: (before: ProgramRun, after: ProgramRun) => Promise<T>,
): Promise<T> {
  const folders = [fixture("before"), fixture("after")];
  return withPrograms(scenario, folders, { quick: true, rounds: 1, processes }, async ([before, after]) => {
    if (before === undefined || after === undefined) throw new Error("no program was built");
    return work(before, after);
  });
}

/** One after the other: each has both cores for itself. */
const loadBoth = (processes: number): Promise<[LoadReport, LoadReport]> =>
  onBoth(QUIET, processes, async (before, after) => [await before.load(), await after.load()]);

describe("five concurrent imports of 100", () => {
  it.each([1, 2])("end within 1 s of each other on %d process(es); the original's do not", async (processes) => {
    const [before, after] = await loadBoth(processes);

    expect(after.imports.errors).toEqual({});
    expect(after.invariants.filter((result) => result.violations > 0)).toEqual([]);
    expect(after.imports.spreadMs).toBeLessThan(1_000);
    expect(after.processes.map((process) => process.sessionsOpened)).toEqual(Array.from({ length: processes }, () => 0));

    expect(before.imports.spreadMs).toBeGreaterThan(1_000);
    expect(before.processes.reduce((sum, process) => sum + process.sessionsOpened, 0)).toBe(5 * (100 + 2));
  }, 120_000);
});

describe("catalog updates, lists and liveness during the imports", () => {
  it.each([1, 2])("are served between the batches on %d process(es); the original lets them wait for every import", async (processes) => {
    const [before, after] = await onBoth(marketplace, processes, async (original, rewritten) => [
      await original.load(),
      await rewritten.load(),
    ]);

    const p99 = (load: LoadReport): Record<string, number> =>
      Object.fromEntries(load.actors.map(({ actor, latency }) => [actor, latency.p99]));
    for (const [actor, ms] of Object.entries(p99(after))) {
      expect(ms, `${actor}: p99 in ms, against ${p99(before)[actor]} before`).toBeLessThan((p99(before)[actor] ?? 0) / 2);
    }
    expect(after.actors.map(({ actor, errors }) => [actor, errors])).toEqual(after.actors.map(({ actor }) => [actor, {}]));
    expect(after.invariants.filter((result) => result.violations > 0)).toEqual([]);
    expect(after.locks.holdMs.max).toBeLessThan(before.locks.holdMs.max / 2);
  }, 120_000);
});

describe("an import while another process holds the lock past the timeout", () => {
  it("fails with a clear error at the deadline, while others are served; the original hangs with its whole process", async () => {
    const [before, after] = await onBoth(QUIET, 1, (original, rewritten) =>
      Promise.all([original.blocked(), rewritten.blocked()]),
    );

    expect(after.answer).toMatchObject({ status: 500, code: expect.stringMatching(/LOCK_TIMEOUT/) as string });
    expect(after.answer.message).toMatch(/waited 10\d{3} ms for the write lock/);
    expect(after.answeredWhileHeld).toBe(true);
    expect(after.answer.afterMs).toBeGreaterThanOrEqual(9_900);
    expect(after.answer.afterMs).toBeLessThan(11_000);
    expect(after.health.sent).toBeGreaterThan(50);
    expect(after.health.answeredInTime).toBe(after.health.sent);
    expect(after.afterwards.status).toBe(200);

    expect(before.answeredWhileHeld).toBe(false);
    expect(before.health.answeredInTime).toBeLessThan(before.health.sent / 2);
  }, 120_000);
});
