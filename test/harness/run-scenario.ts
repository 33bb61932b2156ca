import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildProbe, buildProgram } from "./build.js";
import { createPlace, type Place } from "./place.js";
import { runAlone } from "./run-alone.js";
import { runBlocked } from "./run-blocked.js";
import { runLoad } from "./run-load.js";
import type { Scenario } from "./scenario.js";
import { killAllServers } from "../../src/harness/server-process.js";
import type { BuiltProgram, Progress, ScenarioReport } from "./types.js";
import { createWorkspace } from "./workspace.js";

export interface RunOptions {
  /** Default 1. */
  seed?: number;
  /** Fewer rounds of concurrent operations, and the lock held 12 s instead of 32 s. Default false. */
  quick?: boolean;
  /** Rounds of concurrent operations. Default 5, or 2 when quick. */
  rounds?: number;
  /** Server processes under load. Default 2. */
  processes?: number;
  progress?: Progress;
}

const ROUNDS = { quick: 2, full: 5 } as const;

/** For how long another process holds the lock: past the runtime's 10 s; in a full run past the fixture's own 30 s too. */
const HOLD_MS = { quick: 12_000, full: 32_000 } as const;

/** Runs a scenario on one program, phase after phase. */
export async function runScenario<S>(scenario: Scenario<S>, folder: string, options: RunOptions = {}): Promise<ScenarioReport> {
  return withPrograms(scenario, [folder], options, async ([run]) => {
    if (run === undefined) throw new Error("no program was built");
    return assemble(scenario, run, options, {
      alone: await run.alone(),
      load: await run.load(),
      blocked: await run.blocked(),
    });
  });
}

/**
 * Runs a scenario on two programs. Load is put on one at a time; the phases that measure no speed run side by side.
 */
export async function runBoth<S>(
  scenario: Scenario<S>,
  folders: { before: string; after: string },
  options: RunOptions = {},
): Promise<{ before: ScenarioReport; after: ScenarioReport }> {
  const progress = options.progress ?? (() => undefined);
  return withPrograms(scenario, [folders.before, folders.after], options, async ([before, after]) => {
    if (before === undefined || after === undefined) throw new Error("no program was built");
    progress("both alone: the same requests, one after the other");
    const alone = await Promise.all([before.alone(), after.alone()]);
    progress("before, under load");
    const loadBefore = await before.load();
    progress("after, under load");
    const loadAfter = await after.load();
    progress(`both, while another process holds the write lock for ${holdMs(options) / 1000} s`);
    const blocked = await Promise.all([before.blocked(), after.blocked()]);
    return {
      before: assemble(scenario, before, options, { alone: alone[0], load: loadBefore, blocked: blocked[0] }),
      after: assemble(scenario, after, options, { alone: alone[1], load: loadAfter, blocked: blocked[1] }),
    };
  });
}

/** One program, ready to run; each phase has a database and processes of its own. */
export interface ProgramRun {
  program: BuiltProgram;
  alone(): ReturnType<typeof runAlone>;
  load(): ReturnType<typeof runLoad>;
  blocked(): ReturnType<typeof runBlocked>;
}

/** Builds programs in a temporary folder, which is removed at the end together with every process that is left. */
export async function withPrograms<S, T>(
  scenario: Scenario<S>,
  folders: readonly string[],
  options: RunOptions,
  work: (runs: ProgramRun[]) => Promise<T>,
): Promise<T> {
  const workspace = createWorkspace("harness");
  try {
    const probe = await buildProbe(join(workspace.path, "probe.mjs"));
    const runs: ProgramRun[] = [];
    for (const [i, folder] of folders.entries()) {
      const outFile = join(workspace.path, `program-${i}.mjs`);
      const program = await buildProgram(resolve(folder), scenario.entry, outFile);
      runs.push(prepareRun(scenario, program, probe, join(workspace.path, `run-${i}`), options));
    }
    return await work(runs);
  } finally {
    killAllServers();
    workspace.remove();
  }
}

function prepareRun<S>(
  scenario: Scenario<S>,
  program: BuiltProgram,
  probe: string,
  folder: string,
  options: RunOptions,
): ProgramRun {
  const seed = options.seed ?? 1;
  const place = (phase: string): Place => {
    const path = join(folder, phase);
    mkdirSync(path, { recursive: true });
    return createPlace(scenario, program, probe, path, seed);
  };
  return {
    program,
    alone: () => runAlone(scenario, place("alone"), seed),
    load: () =>
      runLoad(scenario, place("load"), {
        seed,
        processes: options.processes ?? 2,
        rounds: options.rounds ?? (options.quick ? ROUNDS.quick : ROUNDS.full),
        progress: options.progress ?? (() => undefined),
      }),
    blocked: () => runBlocked(scenario, place("blocked"), holdMs(options)),
  };
}

function holdMs(options: RunOptions): number {
  return options.quick ? HOLD_MS.quick : HOLD_MS.full;
}

function assemble<S>(
  scenario: Scenario<S>,
  run: ProgramRun,
  options: RunOptions,
  phases: Pick<ScenarioReport, "alone" | "load" | "blocked">,
): ScenarioReport {
  return { scenario: scenario.name, program: run.program.source, seed: options.seed ?? 1, quick: options.quick ?? false, ...phases };
}
