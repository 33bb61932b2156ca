import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { codemods } from "../../../codemods/index.js";
import { fixProject } from "../../../src/project/fix.js";
import { scanProject } from "../../../src/project/scan.js";
import { readTree } from "./disk.js";
import { temporaryProject, TSCONFIG } from "./project.js";
import type { TemporaryProject } from "./project.js";
import { serve } from "./served.js";
import type { Outcome, Program, Serving } from "./served.js";

const FOLDER = fileURLToPath(new URL("../../fixtures/applications/", import.meta.url));
const TRANSFORMS = ["use-shared-session", "batch-loop-transaction"];
/** An edit may bring the next one within reach: a loop in a transaction on a session that is shared now. */
const MAX_ROUNDS = 3;

/** One small application a library: `test/fixtures/applications/<library>`. */
export const APPLICATIONS: readonly string[] = readdirSync(FOLDER);

export interface Proof {
  before: Outcome;
  after: Outcome;
  /** The transforms that were applied, each once. */
  applied: string[];
  /** The rules that the transforms are for, once for each finding that is still there. */
  left: string[];
}

/**
 * The application is run, fixed until nothing is planned any more, each edit checked by the compiler, and run again with the same requests.
 *
 * @param more files that the application is not complete without, such as a generated client
 */
export async function prove(application: string, program: Program, serving: Serving, more: Readonly<Record<string, string>> = {}): Promise<Proof> {
  const project = temporaryProject({ ...readTree(`${FOLDER}${application}`), ...more }, TSCONFIG);
  try {
    const before = await serve(project, program, serving);
    const applied = new Set<string>();
    for (let round = 1; ; round++) {
      const made = await fix(project);
      if (made.length === 0) break;
      expect(round, "the fix comes to an end").toBeLessThan(MAX_ROUNDS);
      for (const name of made) applied.add(name);
    }
    const { findings } = await scanProject({ root: project.root, tests: true, cache: false });
    const after = await serve(project, program, serving);
    return { before, after, applied: [...applied].sort(), left: findings.filter(({ rule }) => /session-per-call|loop-transaction/.test(rule)).map(({ rule }) => rule) };
  } finally {
    project.remove();
  }
}

async function fix(project: TemporaryProject): Promise<string[]> {
  const scan = await scanProject({ root: project.root, tests: true, cache: false });
  const outcome = await fixProject({
    root: project.root,
    findings: scan.findings,
    redetect: (overlay) => scan.redetect(overlay),
    codemods,
    options: { review: true, dryRun: false, allowDirty: true, only: TRANSFORMS },
  });
  expect([outcome.takenBack, outcome.refused]).toEqual([[], []]);
  return outcome.applied.map(({ transform }) => transform);
}
