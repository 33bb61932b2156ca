import { expect } from "vitest";
import { codemods } from "../../../codemods/index.js";
import { fixProject } from "../../../src/project/fix.js";
import type { FixOutcome } from "../../../src/project/fix.js";
import { scanProject } from "../../../src/project/scan.js";
import { temporaryProject, TSCONFIG } from "./project.js";
import type { TemporaryProject } from "./project.js";
import { serve } from "./served.js";
import type { Outcome, Program } from "./served.js";

export interface Shared {
  /** A file as it is after the fix; absent files are `""`. */
  read: (file: string) => string;
  applied: string[];
  /** The reasons for review. */
  reasons: string[];
  /** Why what was left was left. */
  manual: string[];
  /** What is still reported. */
  left: string[];
  /** What the program printed, before and after. Absent where none was run. */
  before?: Outcome;
  after?: Outcome;
}

/**
 * The whole way for one program: run, found, planned, checked by the compiler, written, found no more, and run again. A second pass
 * plans nothing. `src/app.ts` exports an Express `app`. `alias` says what stands for modules that this Node lacks.
 */
export async function share(files: Readonly<Record<string, string>>, program?: Program, alias: Readonly<Record<string, string>> = {}): Promise<Shared> {
  const project = temporaryProject(files, TSCONFIG);
  try {
    const before = program === undefined ? undefined : await serve(project, program, { alias });
    const outcome = await fix(project);
    expect([outcome.takenBack, outcome.refused]).toEqual([[], []]);
    const written = [...new Set([...Object.keys(files), ...outcome.changes.map(({ file }) => file)])];
    const texts = new Map(written.map((file) => [file, project.read(file)]));
    const again = await fix(project);
    expect([again.applied, again.takenBack, again.refused]).toEqual([[], [], []]);
    for (const [file, text] of texts) expect(project.read(file), file).toBe(text);
    const after = await scanProject({ root: project.root, tests: true, cache: false });
    return {
      read: (file) => texts.get(file) ?? "",
      applied: outcome.applied.map(({ transform }) => transform),
      reasons: outcome.applied.map(({ reason }) => reason ?? ""),
      manual: outcome.manual.map(({ reason }) => reason),
      left: after.findings.filter(({ rule }) => rule === "no-session-per-call").map(({ file }) => file),
      ...(program === undefined ? {} : { before, after: await serve(project, program, { alias }) }),
    };
  } finally {
    project.remove();
  }
}

async function fix(project: TemporaryProject): Promise<FixOutcome> {
  const scan = await scanProject({ root: project.root, tests: true, cache: false });
  return await fixProject({
    root: project.root,
    findings: scan.findings,
    redetect: (overlay) => scan.redetect(overlay),
    codemods,
    options: { review: true, dryRun: false, allowDirty: true, only: ["use-shared-session"] },
  });
}
