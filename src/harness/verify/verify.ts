import { readFileSync } from "node:fs";
import path from "node:path";
import type { MatrixRow } from "../../core/matrix/types.js";
import type { VerifyReport } from "../../core/verify-report.js";
import { packageFile } from "../package-file.js";
import { removeScratch } from "../scratch.js";
import { killAllServers } from "../server-process.js";
import { checkScenario } from "./check-scenario.js";
import { findAfter, findBefore } from "./find-target.js";
import { runVerify } from "./run-verify.js";
import type { Scenario } from "./scenario.js";

export interface VerifyRequest<S = unknown> {
  scenario: Scenario<S>;
  /** A folder, or a git ref. Default: none, only after is run. */
  before?: string;
  /** A folder. Default: the current one. */
  after?: string;
  /** One repetition of at most 3 s. Default false. */
  quick?: boolean;
  /** Default: the scenario's. */
  repetitions?: number;
  /** Default: the scenario's. */
  seed?: number;
  /** Told what happens. Default: nothing. */
  progress?: (message: string) => void;
  /** Reads the matrix of a program from its code, for the report. Default: the report has none. */
  readMatrix?: (folder: string) => Promise<MatrixRow[]>;
}

/**
 * Runs a scenario on one program, or on two, before and after, and judges: what `sessionfix verify` prints. One at a time in a
 * process: two loads on one machine would measure each other.
 *
 * @throws HarnessError with a stable `code` when the scenario is none, or a program cannot be found, built, started or set up.
 */
export async function verify<S>({ scenario, before, after = ".", ...options }: VerifyRequest<S>): Promise<VerifyReport> {
  const checked = checkScenario(scenario, "the scenario");
  try {
    const target = findAfter(after);
    return await runVerify({
      ...options,
      scenario: checked,
      ...(before === undefined ? {} : { before: await findBefore(before, target.folder) }),
      after: target,
      probe: packageFile("harness/probe"),
      toolVersion: (JSON.parse(readFileSync(path.join(path.dirname(packageFile("verify")), "../package.json"), "utf8")) as { version: string }).version,
    });
  } finally {
    killAllServers();
    removeScratch();
  }
}
