import path from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import { fixProject } from "../../src/project/fix.js";
import { scanProject } from "../../src/project/scan.js";
import { DIALECTS } from "./helpers/dialects.js";
import { over } from "./helpers/generated.js";
import type { Runnable } from "./helpers/generated.js";
import { runProgram, temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

let project: TemporaryProject | undefined;
afterEach(() => {
  project?.remove();
  project = undefined;
});

/** A transaction that waits for another session of the same process would wait for itself: it fails before, and not after. */
const worksBefore = over(
  DIALECTS.filter(({ name }) => name === "better-sqlite3"),
  ({ shape, source }) => shape !== "nested helper" || source === "shared" || source === "parameter",
);
const programs = fc.sample(worksBefore, { numRuns: 16, seed: 20 });

/** Calls what each program exports, by itself on a file of its own, and prints what came back and what is in the file then. */
function main(texts: readonly Runnable[]): string {
  const entries = texts.map(({ files, functions }, at) => {
    const file = Object.keys(files).find((each) => /\/work\./.test(each)) ?? "";
    const db = Object.keys(files).find((each) => /\/db\./.test(each)) ?? "";
    return `{ folder: "p${at}", load: () => import("../p${at}/${file}"), database: () => import("../p${at}/${db}"), functions: ${JSON.stringify(functions)} }`;
  });
  return `import { mkdirSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
const programs = [${entries.join(",\n")}];
const top = process.cwd();
const said = [];
for (const { folder, load, database, functions } of programs) {
  mkdirSync(path.join(top, "run", process.argv[2] ?? "x", folder), { recursive: true });
  process.chdir(path.join(top, "run", process.argv[2] ?? "x", folder));
  const file = new Database("app.db");
  file.exec("DROP TABLE IF EXISTS things; CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)");
  const work = await load();
  const { shared } = await database();
  const answers = [];
  for (const { name, takesSession } of functions) {
    const items = Array.from({ length: 12 }, (_, at) => ({ name: name + at }));
    try {
      answers.push(await work[name](...(takesSession ? [shared] : []), items));
    } catch (error) {
      answers.push(String(error));
    }
  }
  said.push({ folder, answers, state: file.prepare("SELECT id, name FROM things ORDER BY id").all() });
}
console.log(JSON.stringify(said));
`;
}

describe("generated programs, run before and after their fixes", () => {
  it("give the same answers and leave the same rows", async () => {
    const all: Record<string, string> = {};
    for (const [at, { files }] of programs.entries()) for (const [file, text] of Object.entries(files)) all[`p${at}/${file}`] = text;
    project = temporaryProject({ ...all, "src/main.mjs": main(programs) }, undefined);
    const on = project;
    const run = async (): Promise<unknown> => JSON.parse(await runProgram(on, "src/main.mjs"));
    const before = await run();
    const made: Record<string, number> = {};
    for (const at of programs.keys()) {
      const root = path.join(on.root, `p${at}`);
      const scan = await scanProject({ root, strict: true, tests: true, cache: false });
      const outcome = await fixProject({ root, findings: scan.findings, redetect: (overlay) => scan.redetect(overlay), codemods, options: { review: true, dryRun: false, allowDirty: true } });
      expect(outcome.takenBack, `p${at}`).toEqual([]);
      for (const { transform } of outcome.applied) made[transform] = (made[transform] ?? 0) + 1;
    }
    expect(Object.keys(made), JSON.stringify(made)).toEqual(expect.arrayContaining(["use-shared-session", "batch-loop-transaction", "wrap-loop-writes", "immediate-transaction"]));
    expect(await run()).toEqual(before);
    // What is compared must not be nothing.
    expect(JSON.stringify(before)).toContain("work0");
    expect(JSON.stringify(before)).not.toMatch(/Error/);
  }, 120_000);
});
