import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { codemods } from "../../../codemods/index.js";
import type { ManualFix } from "../../../src/core/edit.js";
import { fixProject } from "../../../src/project/fix.js";
import type { FixOutcome } from "../../../src/project/fix.js";
import { scanProject } from "../../../src/project/scan.js";
import { runProgram, temporaryProject, TSCONFIG } from "./project.js";
import type { TemporaryProject } from "./project.js";

export interface Batched {
  /** A file as it is after the fix. */
  read: (file: string) => string;
  applied: number;
  /** Why what was left was left. */
  manual: string[];
  /** What the program printed, before and after. Absent where none was run. */
  before?: unknown;
  after?: unknown;
}

/**
 * The whole way for one program: run, found, planned, checked by the compiler, written, found no more, and run again. A
 * second pass plans nothing. `main` is a program beside the files that prints JSON; the scan does not see it, so that
 * the functions that it calls are taken to run in service.
 */
export async function batch(files: Readonly<Record<string, string>>, main?: string, only = "batch-loop-transaction", strict = true, alias: Readonly<Record<string, string>> = {}): Promise<Batched> {
  const project = temporaryProject(files, TSCONFIG);
  try {
    const before = main === undefined ? undefined : await run(project, main, alias);
    const outcome = await fix(project, only, strict);
    expect([outcome.takenBack, outcome.refused]).toEqual([[], []]);
    const texts = new Map(Object.keys(files).map((file) => [file, project.read(file)]));
    const again = await fix(project, only, strict);
    expect([again.applied, again.takenBack, again.refused]).toEqual([[], [], []]);
    for (const [file, text] of texts) expect(project.read(file), file).toBe(text);
    return {
      read: (file) => texts.get(file) ?? "",
      applied: outcome.applied.length,
      manual: outcome.manual.map(({ reason }: ManualFix) => reason),
      ...(main === undefined ? {} : { before, after: await run(project, main, alias) }),
    };
  } finally {
    project.remove();
  }
}

async function fix(project: TemporaryProject, only: string, strict: boolean): Promise<FixOutcome> {
  const scan = await scanProject({ root: project.root, strict, tests: true, cache: false });
  return await fixProject({
    root: project.root,
    findings: scan.findings,
    redetect: (overlay) => scan.redetect(overlay),
    codemods,
    options: { review: true, dryRun: false, allowDirty: true, only: [only] },
  });
}

async function run(project: TemporaryProject, main: string, alias: Readonly<Record<string, string>>): Promise<unknown> {
  project.write("src/main.ts", main);
  try {
    return JSON.parse(await runProgram(project, "src/main.ts", [], alias)) as unknown;
  } finally {
    rmSync(join(project.root, "src/main.ts"));
    // The bundle has the program once more: what it does would be found twice.
    rmSync(join(project.root, ".run-src-main.ts.mjs"), { force: true });
  }
}
