import { afterEach, describe, expect, it as vitestIt } from "vitest";
import { codemods } from "../../codemods/index.js";
import type { Codemods } from "../../src/core/edit.js";
import type { Finding } from "../../src/core/finding.js";
import { fixProject } from "../../src/project/fix.js";
import type { FixOutcome } from "../../src/project/fix.js";
import { TypeGate } from "../../src/project/type-gate/type-gate.js";
import { installTypeScript, KINDS } from "./helpers/compilers.js";
import { loopFinding } from "./helpers/findings.js";
import { temporaryProject, TSCONFIG } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

/** A loop over the positions of `over`: right for arrays; for a string the result has no `keys()`, which only types tell. */
function loop(name: string, over: string): string {
  return `import type Database from "better-sqlite3";

export function ${name}(db: Database.Database, rows: ${over}): void {
  const insert = db.prepare("INSERT INTO t (v) VALUES (?)");
  const save = db.transaction(() => {
    for (let i = 0; i < rows.length; i++) {
      insert.run(rows[i]);
    }
  });
  save();
}
`;
}

let project: TemporaryProject | undefined;
afterEach(() => {
  project?.remove();
  project = undefined;
});

function detect(files: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(files).flatMap(([file, text]) => (text.includes("db.transaction(") ? [loopFinding(file, text, { transaction: "db.transaction(", runs: ["save("] })] : []));
}

describe.each(KINDS)("the type gate, by $title", (compiler) => {
  const it = vitestIt.skipIf(!compiler.isInstalled);

  async function fix(files: Record<string, string>, tsconfig: object | undefined = TSCONFIG, mods: Codemods = codemods): Promise<{ outcome: FixOutcome; project: TemporaryProject }> {
    project = temporaryProject(files, tsconfig);
    installTypeScript(project, compiler);
    const outcome = await fixProject({
      root: project.root,
      findings: detect(files),
      redetect: (overlay) => detect({ ...files, ...Object.fromEntries(overlay) }),
      codemods: mods,
      options: { review: true, dryRun: false, allowDirty: false },
    });
    return { outcome, project };
  }

  it("takes back the one fix that breaks the types, alone", async () => {
    const files: Record<string, string> = {};
    for (let n = 0; n < 9; n++) files[`src/good${n}.ts`] = loop(`good${n}`, "readonly string[]");
    files["src/good4b.ts"] = loop("poisoned", "string");
    const { outcome, project: on } = await fix(files);
    expect(outcome.applied).toHaveLength(9);
    expect(outcome.takenBack.map(({ file, diagnostics }) => ({ file, diagnostics }))).toEqual([
      { file: "src/good4b.ts", diagnostics: expect.arrayContaining([expect.objectContaining({ file: "src/good4b.ts", line: 8, code: 2339, message: expect.stringContaining("keys") as unknown })]) as unknown },
    ]);
    expect(on.read("src/good4b.ts")).toBe(files["src/good4b.ts"]);
    for (let n = 0; n < 9; n++) expect(on.read(`src/good${n}.ts`)).toContain("batchedTransactionSync(");
  }, 60_000);

  it("does not mind what was wrong before", async () => {
    const { outcome } = await fix({ "src/a.ts": `${loop("a", "readonly string[]")}export const wrong: number = "text";\n`, "src/b.ts": "export const alsoWrong: string = 1;\n" });
    expect(outcome.takenBack).toEqual([]);
    expect(outcome.applied).toHaveLength(1);
  }, 60_000);

  it("keeps what is left to do by hand about a finding that another transform has fixed", async () => {
    const advising: Codemods = {
      ...codemods,
      plan: (findings, host, options) => {
        const plan = codemods.plan(findings, host, options);
        return { ...plan, manual: [...plan.manual, ...findings.map((finding) => ({ transform: "init-at-startup", finding, reason: "nobody can tell where the program starts" }))] };
      },
    };
    const { outcome } = await fix({ "src/a.ts": loop("a", "readonly string[]") }, TSCONFIG, advising);
    expect(outcome.applied).toHaveLength(1);
    expect(outcome.manual.map(({ transform, reason }) => [transform, reason])).toEqual([["init-at-startup", "nobody can tell where the program starts"]]);
  }, 60_000);

  it("notices what breaks in another file", async () => {
    const files = { "src/save.ts": loop("save", "readonly string[]"), "src/caller.ts": 'import { save } from "./save.js";\nexport const used = save;\n' };
    const renaming: Codemods = {
      ...codemods,
      plan: (findings, host, options) => {
        const plan = codemods.plan(findings, host, options);
        const start = (host.read("src/save.ts") ?? "").indexOf("save(");
        return { ...plan, groups: plan.groups.map((group) => ({ ...group, edits: [...group.edits, { file: "src/save.ts", start, end: start + 4, text: "store" }] })) };
      },
    };
    const { outcome } = await fix(files, TSCONFIG, renaming);
    expect(outcome.applied).toEqual([]);
    expect(outcome.takenBack.map(({ diagnostics }) => diagnostics)).toEqual([[expect.objectContaining({ file: "src/caller.ts", line: 1, code: 2305 })]]);
  }, 60_000);

  it("checks a change of nothing but a file that an earlier round has created", async () => {
    project = temporaryProject({ "src/one.ts": "export const one: number = 1;\n" });
    installTypeScript(project, compiler);
    const gate = new TypeGate(project.root);
    const using = 'import { made } from "./made/file.js";\nexport const one: number = made;\n';
    const base = new Map([["src/one.ts", using], ["src/made/file.ts", "export const made = 1;\n"]]);
    expect(await gate.newDiagnostics(new Map(), base)).toEqual([]);
    expect(await gate.newDiagnostics(base, new Map([...base, ["src/made/file.ts", 'export const made = "1";\n']]))).toEqual([expect.objectContaining({ file: "src/one.ts", line: 2, code: 2322 })]);
    expect(await gate.newDiagnostics(base, new Map([...base, ["src/made/file.ts", "export const made = 2;\n"]]))).toEqual([]);
    gate.close();
  }, 60_000);

  it("lets files pass that no tsconfig covers, and says so", async () => {
    const js = 'export function save(db, rows) {\n  const save = db.transaction(() => {\n    for (const row of rows) {\n      db.prepare("x").run(row);\n    }\n  });\n  save();\n}\n';
    const { outcome } = await fix({ "src/a.js": js }, undefined);
    expect(outcome.applied).toHaveLength(1);
    expect(outcome.checks).toContain("types: 1 file that no tsconfig covers (not checked)");
  });

  it("checks each file with the program it belongs to, through references", async () => {
    const leaf = { ...TSCONFIG, include: ["**/*.ts"] };
    const files: Record<string, string> = { "packages/one/src/a.ts": loop("a", "readonly string[]"), "packages/two/src/b.ts": loop("b", "string") };
    project = temporaryProject(files, { files: [], references: [{ path: "./packages/one" }, { path: "./packages/two" }] });
    installTypeScript(project, compiler);
    const shared = JSON.parse(project.read("tsconfig.json")) as { compilerOptions: { paths: object } };
    for (const name of ["one", "two"]) {
      project.write(`packages/${name}/tsconfig.json`, JSON.stringify({ ...leaf, compilerOptions: { ...leaf.compilerOptions, composite: true, noEmit: false, paths: shared.compilerOptions.paths } }));
    }
    const outcome = await fixProject({
      root: project.root,
      findings: detect(files),
      redetect: (overlay) => detect({ ...files, ...Object.fromEntries(overlay) }),
      codemods,
      options: { review: true, dryRun: true, allowDirty: false },
    });
    expect(outcome.applied.map(({ file }) => file)).toEqual(["packages/one/src/a.ts"]);
    expect(outcome.takenBack.map(({ file }) => file)).toEqual(["packages/two/src/b.ts"]);
    expect(outcome.checks.filter((check) => check.startsWith("types: "))).toEqual([expect.stringContaining("packages/one/tsconfig.json"), expect.stringContaining("packages/two/tsconfig.json")]);
    expect(project.read("packages/one/src/a.ts")).toBe(files["packages/one/src/a.ts"]);
  }, 60_000);
});
