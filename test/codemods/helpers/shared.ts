import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { codemods } from "../../../codemods/index.js";
import { fixProject } from "../../../src/project/fix.js";
import type { FixOutcome } from "../../../src/project/fix.js";
import { scanProject } from "../../../src/project/scan.js";
import { runProgram, temporaryProject, TSCONFIG } from "./project.js";
import type { TemporaryProject } from "./project.js";

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

export interface Program {
  /** SQL that makes the tables of `app.db`. */
  setup: string;
  /** `POST /things/one`, in order; a list is asked at the same time. */
  requests: readonly (string | readonly string[])[];
  /** SQL that reads the final state. */
  state: string;
}

export interface Outcome {
  answers: unknown[];
  state: unknown[];
  /** How many sessions the requests opened. */
  sessions: number;
}

const COUNTING = ["--require", fileURLToPath(new URL("count-sessions.cjs", import.meta.url))];

/**
 * The whole way for one program: run, found, planned, checked by the compiler, written, found no more, and run again. A second pass
 * plans nothing. `src/app.ts` exports an Express `app`. `alias` says what stands for modules that this Node lacks.
 */
export async function share(files: Readonly<Record<string, string>>, program?: Program, alias: Readonly<Record<string, string>> = {}): Promise<Shared> {
  const project = temporaryProject(files, TSCONFIG);
  try {
    const before = program === undefined ? undefined : await run(project, program, alias);
    const outcome = await fix(project);
    expect([outcome.takenBack, outcome.refused]).toEqual([[], []]);
    const written = [...new Set([...Object.keys(files), ...outcome.changes.map(({ file }) => file)])];
    const texts = new Map(written.map((file) => [file, project.read(file)]));
    const again = await fix(project);
    expect([again.applied, again.takenBack, again.refused]).toEqual([[], [], []]);
    for (const [file, text] of texts) expect(project.read(file), file).toBe(text);
    const after = await scanProject({ root: project.root, cache: false });
    return {
      read: (file) => texts.get(file) ?? "",
      applied: outcome.applied.map(({ transform }) => transform),
      reasons: outcome.applied.map(({ reason }) => reason ?? ""),
      manual: outcome.manual.map(({ reason }) => reason),
      left: after.findings.filter(({ rule }) => rule === "no-session-per-call").map(({ file }) => file),
      ...(program === undefined ? {} : { before, after: await run(project, program, alias) }),
    };
  } finally {
    project.remove();
  }
}

async function fix(project: TemporaryProject): Promise<FixOutcome> {
  const scan = await scanProject({ root: project.root, cache: false });
  return await fixProject({
    root: project.root,
    findings: scan.findings,
    redetect: (overlay) => scan.redetect(overlay),
    codemods,
    options: { review: true, dryRun: false, allowDirty: true, only: ["use-shared-session"] },
  });
}

/** Serves `app` of `src/app.ts` on the loopback, with what `setup` made in the file, and answers what the requests of `work` gave. */
async function run(project: TemporaryProject, { setup, requests, state }: Program, alias: Readonly<Record<string, string>>): Promise<Outcome> {
  const text = `import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import { closeSessions } from "sessionfix-runtime";
import { app } from "./app.js";

for (const suffix of ["", "-wal", "-shm"]) rmSync("app.db" + suffix, { force: true });
const opened = (globalThis as unknown as { sessionsOpened: () => number }).sessionsOpened;
const file = new Database("app.db");
file.exec(${JSON.stringify(setup)});
const server = app.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const ask = async (line: string): Promise<unknown> => {
  const [method = "GET", path = "/"] = line.split(" ");
  const response = await fetch(\`http://127.0.0.1:\${port}\${path}\`, { method });
  const text = await response.text();
  return response.ok ? [response.status, JSON.parse(text)] : [response.status];
};
const start = opened();
const answers: unknown[] = [];
for (const step of ${JSON.stringify(requests)} as (string | string[])[]) answers.push(typeof step === "string" ? await ask(step) : await Promise.all(step.map(ask)));
const sessions = opened() - start;
await closeSessions();
server.closeAllConnections();
server.close();
const state = file.prepare(${JSON.stringify(state)}).all();
file.close();
console.log(JSON.stringify({ answers, state, sessions }));
`;
  project.write("src/main.ts", text);
  try {
    return JSON.parse(await runProgram(project, "src/main.ts", COUNTING, alias)) as Outcome;
  } finally {
    for (const left of ["src/main.ts", ".run-src-main.ts.mjs"]) rmSync(join(project.root, left), { force: true });
  }
}
