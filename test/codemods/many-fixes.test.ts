import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { assemble } from "../../codemods/index.js";
import type { Codemods, EditGroup } from "../../src/core/edit.js";
import type { Finding } from "../../src/core/finding.js";
import { largestGood } from "../../src/project/bisect.js";
import { fixProject } from "../../src/project/fix.js";
import type { FixRequest } from "../../src/project/fix.js";
import { TypeGate } from "../../src/project/type-gate/type-gate.js";
import { FACTORY } from "../report/sample.js";
import { installTypeScript, KINDS } from "./helpers/compilers.js";
import { temporaryProject, TSCONFIG } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

/** Fixes in one file. */
const NUMBER = 200;
/** What two bad ones among them may cost. */
const CHECKS = 33;
const FILE = "src/values.ts";
const TEXT = Array.from({ length: NUMBER }, (_, index) => `export const v${index}: number = 0;\n`).join("");

/** Each value of 0 is a finding, and its fix makes it something else. */
function detect(text: string): Finding[] {
  return [...text.matchAll(/v(\d+): number = 0;/g)].map(({ 1: name = "", index }) => ({ ...FACTORY, file: FILE, fingerprint: name, span: { ...FACTORY.span, start: index, line: text.slice(0, index).split("\n").length } }));
}

function codemods(valueOf: (name: string) => string): Codemods {
  return {
    plan: (findings, host) => {
      const text = host.read(FILE) ?? "";
      const groups = findings.map(({ rule, file, span, fingerprint }): EditGroup => {
        const start = text.indexOf(`v${fingerprint}: number = 0;`) + `v${fingerprint}: number = `.length;
        return { id: `value:${fingerprint}`, transform: "value", finding: { rule, file, span, fingerprint }, safety: "safe", edits: [{ file, start, end: start + 1, text: valueOf(fingerprint) }], creates: [], imports: [] };
      });
      return { groups, manual: [] };
    },
    assemble,
  };
}

let project: TemporaryProject | undefined;
afterEach(() => {
  vi.restoreAllMocks();
  project?.remove();
  project = undefined;
});

function request(valueOf: (name: string) => string, options: Partial<FixRequest["options"]> = {}, tsconfig: object | undefined = TSCONFIG): FixRequest {
  project = temporaryProject({ [FILE]: TEXT }, tsconfig);
  return {
    root: project.root,
    findings: detect(TEXT),
    redetect: (overlay) => detect(overlay.get(FILE) ?? TEXT),
    codemods: codemods(valueOf),
    options: { review: false, dryRun: false, allowDirty: true, ...options },
  };
}

function expectOthers(text: string, bad: readonly string[]): void {
  expect(detect(text).map(({ fingerprint }) => fingerprint)).toEqual(bad);
  expect(text.match(/number = 1;/g)).toHaveLength(NUMBER - bad.length);
}

describe("two bad fixes among two hundred", () => {
  it("are found in at most 33 checks wherever they stand", async () => {
    const groups = codemods(() => "1").plan(detect(TEXT), { root: "", read: () => TEXT, exists: () => true, list: () => [] }, {}).groups;
    let most = 0;
    for (let first = 0; first < NUMBER; first += 7) {
      for (let second = first + 1; second < NUMBER; second += 13) {
        let checks = 0;
        const bad: string[] = [];
        const good = await largestGood<string>(groups, {
          check: async (some) => {
            checks++;
            return some.some(({ id }) => id === `value:${first}` || id === `value:${second}`) ? "bad" : undefined;
          },
          takeBack: ({ id }) => bad.push(id),
          refusal: (_group, reason) => reason,
        });
        expect({ bad, good: good.length }).toEqual({ bad: [`value:${first}`, `value:${second}`], good: NUMBER - 2 });
        most = Math.max(most, checks);
      }
    }
    expect(most).toBeLessThanOrEqual(CHECKS);
  });

  it.each(KINDS.filter(({ isInstalled }) => isInstalled))("the type gate takes back just these, by $title", async (compiler) => {
    const checks = vi.spyOn(TypeGate.prototype, "newDiagnostics");
    const asked = request((name) => (name === "31" || name === "177" ? '"text"' : "1"));
    if (project !== undefined) installTypeScript(project, compiler);
    const outcome = await fixProject(asked);
    expect(outcome.checks[0]).toBe(`types: tsconfig.json, TypeScript ${compiler.version}`);
    expect(outcome.applied).toHaveLength(NUMBER - 2);
    expect(outcome.takenBack.map(({ line, diagnostics }) => [line, diagnostics[0]?.code])).toEqual([
      [32, 2322],
      [178, 2322],
    ]);
    expect(checks.mock.calls.length).toBeLessThanOrEqual(CHECKS);
    expectOthers(project?.read(FILE) ?? "", ["31", "177"]);
  }, 60_000);
});

/** Fails as a test suite would when one of the values has become 666. */
const VERIFY = `node -e "const bad = require('fs').readFileSync('${FILE}', 'utf8').split('\\n').filter((line) => line.includes('666')); if (bad.length > 0) { console.error('wrong: ' + bad[0]); process.exit(3); }"`;

describe("--verify", () => {
  const poisoned = (name: string) => (name === "8" || name === "150" ? "666" : "1");

  it("takes back just what makes the command fail, with what it said", async () => {
    const steps: string[] = [];
    const outcome = await fixProject({ ...request(poisoned, { verify: VERIFY }), onProgress: ({ step }) => steps.push(step) });
    expect(outcome.applied).toHaveLength(NUMBER - 2);
    expect(outcome.takenBack.map(({ line, diagnostics }) => [line, diagnostics[0]?.message])).toEqual([
      [9, expect.stringMatching(/ failed with exit code 3:\n {2}wrong: export const v8: number = 666;$/)],
      [151, expect.stringMatching(/ failed with exit code 3:\n {2}wrong: export const v150: number = 666;$/)],
    ]);
    expect(steps.filter((step) => step === "verify").length).toBeLessThanOrEqual(CHECKS);
    expectOthers(project?.read(FILE) ?? "", ["8", "150"]);
    expect(outcome.journal).toBeDefined();
  }, 60_000);

  it("runs the command twice when nothing breaks: before and after", async () => {
    const outcome = await fixProject(request(() => "1", { verify: VERIFY }));
    expect(outcome.checks.at(-1)).toMatch(/^command: .* ran 2 times$/);
    expectOthers(project?.read(FILE) ?? "", []);
  }, 60_000);

  it("writes nothing when the command fails already", async () => {
    const asked = request(() => "1", { verify: "echo sorry >&2; exit 1" });
    await expect(fixProject(asked)).rejects.toMatchObject({ code: "VERIFY_FAILS_ALREADY", message: expect.stringContaining("  sorry") as unknown });
    expect(project?.read(FILE)).toBe(TEXT);
  }, 60_000);

  it("writes nothing when every fix breaks the command, whatever the command does to the files", async () => {
    const asked = request(() => "1", { verify: `grep -q "= 1;" ${FILE} && echo "// touched" >> ${FILE} && exit 1 || exit 0` }, undefined);
    const few = (text: string) => detect(text).filter(({ fingerprint }) => Number(fingerprint) < 3);
    const outcome = await fixProject({ ...asked, findings: few(TEXT), redetect: (overlay) => few(overlay.get(FILE) ?? TEXT) });
    expect(outcome.applied).toEqual([]);
    expect(outcome.takenBack).toHaveLength(3);
    expect(project?.read(FILE)).toBe(TEXT);
    expect(readdirSync(join(project?.root ?? "", ".sessionfix/journal"))).toEqual([]);
  }, 60_000);
});

describe("one by one", () => {
  it("asks about each fix with its own diff, and makes what was taken", async () => {
    const asked: string[] = [];
    const outcome = await fixProject({
      ...request(() => "1"),
      choose: async ({ line }, diff) => {
        asked.push(`${line}: ${diff.split("\n").filter((text) => text.startsWith("+e")).join("")}`);
        return line === 1 ? "yes" : line === 2 ? "no" : line === 3 ? "yes" : "quit";
      },
    });
    expect(asked).toEqual([1, 2, 3, 4].map((line) => `${line}: +export const v${line - 1}: number = 1;`));
    expect(outcome.applied.map(({ line }) => line)).toEqual([1, 3]);
  }, 60_000);

  it("`all` takes the rest without asking, and a second run for the command asks nothing again", async () => {
    let asked = 0;
    const outcome = await fixProject({ ...request((name) => (name === "5" ? "666" : "1"), { verify: VERIFY }), choose: async () => (++asked === 2 ? "all" : "no") });
    expect(asked).toBe(2);
    expect(outcome.applied).toHaveLength(NUMBER - 2);
    expectOthers(project?.read(FILE) ?? "", ["0", "5"]);
  }, 60_000);
});
