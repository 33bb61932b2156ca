import path from "node:path";
import type { MatrixRow } from "../../core/matrix/types.js";
import type { ProgramReport, VerifyReport, VerifySettings } from "../../core/verify-report.js";
import { VERIFY_REPORT_VERSION } from "../../core/verify-report.js";
import { makeScratch, removeScratch } from "../scratch.js";
import { killAllServers } from "../server-process.js";
import { buildTarget } from "./build-target.js";
import { judge } from "./judge.js";
import { describeMachine } from "./machine.js";
import { describePace } from "./operate.js";
import type { Target } from "./place.js";
import { runAlone } from "./run-alone.js";
import { runLoad } from "./run-load.js";
import type { Scenario } from "./scenario.js";

/** Of a quick run: enough to see that all works, not to trust the figures. In seconds. */
const QUICK = { warmUpSeconds: 0.5, seconds: 3 } as const;

export interface VerifyOptions {
  scenario: Scenario<unknown>;
  /** Default: none, and the verdict asks what can be asked of one program. */
  before?: Target;
  after: Target;
  /** JavaScript file of the preload. */
  probe: string;
  toolVersion: string;
  /** One repetition of at most 3 s. Default false. */
  quick?: boolean;
  /** Default: the scenario's. */
  repetitions?: number;
  /** Default: the scenario's. */
  seed?: number;
  progress?: (message: string) => void;
  /** Reads the matrix of a program from its code. Default: nobody looks. */
  readMatrix?: (folder: string) => Promise<MatrixRow[]>;
}

/**
 * Runs a scenario on one program or on two. Load is put on one at a time, in turns, so that what else the machine does
 * meets both.
 *
 * @throws HarnessError when a program cannot be built, started or set up.
 */
export async function runVerify(options: VerifyOptions): Promise<VerifyReport> {
  const { scenario, before, after, probe, progress = () => undefined } = options;
  const settings = settingsOf(options);
  const machine = describeMachine();
  const startedAt = new Date().toISOString();
  const workspace = makeScratch();
  try {
    const sides = [...(before === undefined ? [] : [{ when: "before", target: before }]), { when: "after", target: after }].map((side) => {
      const report: ProgramReport = { source: side.target.name, runs: [] };
      return { ...side, report };
    });
    for (const { when, target } of scenario.server.build === undefined ? [] : sides) {
      progress(`${when}: ${scenario.server.build?.join(" ")}`);
      await buildTarget(target.folder, scenario.server.build ?? []);
    }
    for (const { when, target, report } of options.readMatrix === undefined ? [] : sides) {
      progress(`${when}: reading the code`);
      const rows = await options.readMatrix?.(target.folder);
      if (rows !== undefined) report.matrix = rows;
    }
    if (scenario.compare !== false)
      for (const { when, target, report } of sides) {
        progress(`${when}, alone: the same requests, one after the other`);
        report.alone = await runAlone(scenario, target, probe, path.join(workspace, `${when}-alone`), settings.seed);
      }
    for (let repetition = 0; repetition < settings.repetitions; repetition += 1)
      for (const { when, target, report } of repetition % 2 === 0 ? sides : [...sides].reverse()) {
        progress(`${when}, under load, ${repetition + 1} of ${settings.repetitions}`);
        report.runs.push(await runLoad(scenario, target, probe, path.join(workspace, `${when}-${repetition}`), settings.seed + repetition, settings));
      }
    const reports = { before: sides.find((side) => side.when === "before")?.report, after: sides.find((side) => side.when === "after")?.report as ProgramReport };
    return {
      version: VERIFY_REPORT_VERSION,
      tool: { name: "sessionfix", version: options.toolVersion },
      scenario: scenario.name,
      startedAt,
      settings,
      machine,
      ...(reports.before && { before: reports.before }),
      after: reports.after,
      verdict: judge(reports.before, reports.after, scenario.thresholds ?? {}),
    };
  } finally {
    killAllServers();
    removeScratch(workspace);
  }
}

function settingsOf({ scenario, quick = false, repetitions, seed }: VerifyOptions): VerifySettings {
  const { warmUpSeconds = 1, seconds = 10 } = scenario;
  return {
    seed: seed ?? scenario.seed ?? 1,
    repetitions: repetitions ?? (quick ? 1 : (scenario.repetitions ?? 3)),
    warmUpSeconds: quick ? Math.min(warmUpSeconds, QUICK.warmUpSeconds) : warmUpSeconds,
    seconds: quick ? Math.min(seconds, QUICK.seconds) : seconds,
    processes: scenario.server.processes ?? 1,
    actors: scenario.actors.map((actor) => ({ name: actor.name, pace: describePace(actor) })),
  };
}
