import { ts as bundled } from "ts-morph";
import { afterEach, describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import { fixProject } from "../../src/project/fix.js";
import { scanProject } from "../../src/project/scan.js";
import { FIVE, installTypeScript, SEVEN, SIX } from "./helpers/compilers.js";
import type { TypeScriptPackage } from "./helpers/compilers.js";
import { temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

let project: TemporaryProject | undefined;
afterEach(() => {
  project?.remove();
  project = undefined;
});

/** A loop over the positions of `rows`: right for arrays; for a string the result has no `keys()`, which only types tell. */
const loop = (over: string): string => `import Database from "better-sqlite3";

const db = new Database("app.db");

export function save(rows: ${over}): void {
  const insert = db.prepare("INSERT INTO t (v) VALUES (?)");
  const all = db.transaction(() => {
    for (let i = 0; i < rows.length; i++) {
      insert.run(rows[i]);
    }
  });
  all();
}
`;

/** A project in which only the packages that its code needs stand, with this TypeScript or none. */
function installed(typescript: TypeScriptPackage | undefined): TemporaryProject {
  const made = temporaryProject({ "src/good.ts": loop("readonly string[]"), "src/bad.ts": loop("string") });
  installTypeScript(made, typescript, ["@types", "better-sqlite3", "sessionfix-runtime"]);
  return made;
}

describe.each([
  ["5", FIVE, FIVE.version],
  ["6", SIX, SIX.version],
  ["7", SEVEN, SEVEN.version],
  ["none", undefined, `${bundled.version} (sessionfix's own: the project has none installed)`],
] as const)("with TypeScript %s in the project", (_, compiler, says) => {
  it.skipIf(compiler?.isInstalled === false)("the scan finds the same, and the type gate takes back what does not compile, by the compiler that it names", async () => {
    project = installed(compiler);
    const scan = await scanProject({ root: project.root, tests: true, cache: false, strict: true, rules: ["no-unbatched-loop-transaction"] });
    expect(scan.findings.map(({ file }) => file)).toEqual(["src/bad.ts", "src/good.ts"]);
    const outcome = await fixProject({ root: project.root, findings: scan.findings, redetect: (overlay) => scan.redetect(overlay), codemods, options: { review: true, dryRun: true, allowDirty: true } });
    expect(outcome.refused).toEqual([]);
    expect(outcome.applied.map(({ file }) => file)).toEqual(["src/good.ts"]);
    expect(outcome.takenBack.map(({ file, diagnostics }) => [file, diagnostics.map(({ code }) => code)])).toEqual([["src/bad.ts", expect.arrayContaining([2339]) as unknown]]);
    expect(outcome.checks[0]).toBe(`types: tsconfig.json, TypeScript ${says}`);
  }, 60_000);
});
