import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import type { Log } from "sarif";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/core/finding.js";
import { SARIF_LIMITS } from "../../src/report/limits.js";
import type { ReportInput } from "../../src/report/index.js";
import { FORMATS } from "../../src/report/index.js";
import { renderSarif } from "../../src/report/sarif.js";
import type { SarifLimits } from "../../src/report/sarif.js";
import { FACTORY, input, LOOP, place } from "./sample.js";

/** The schema of the standard's final text; its own `id` and draft number are of no use to ajv. */
const schema = JSON.parse(readFileSync(new URL("../../node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json", import.meta.url), "utf8")) as Record<string, unknown>;
delete schema["$schema"];
delete schema["id"];
const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false }).compile(schema);

function problems(log: unknown): string[] {
  return validate(log) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function log(findings: Finding[], overrides: Partial<ReportInput> = {}): Log {
  return JSON.parse(FORMATS.get("sarif")?.render(input(findings, overrides), {}) ?? "null") as Log;
}

const RULES = [
  { name: "no-unbatched-loop-transaction", description: "Disallow one transaction over a loop", priority: "P1" as const, recommended: true },
  { name: "no-session-per-call", description: "Disallow a session a call", priority: "P0" as const, recommended: true },
  { name: "no-query-in-loop", description: "Disallow a query a turn", priority: "P3" as const, recommended: false },
];

describe("the SARIF report", () => {
  it("is valid by the standard's schema, with and without findings", () => {
    expect(problems(log([FACTORY, LOOP], { rules: RULES, skipped: [{ file: "a b.ts", reason: "binary, not source text" }], notices: [{ code: "stale-suppression", file: "a.ts", line: 2, text: "it suppresses nothing" }] }))).toEqual([]);
    expect(problems(log([]))).toEqual([]);
    expect(problems({ ...log([FACTORY]), runs: [{ tool: {} }] })).not.toEqual([]);
  });

  it("says that it is not whole when a part of sessionfix failed, and where", () => {
    const made = log([FACTORY], { notices: [{ code: "defect-in-rule", file: "a.ts", line: 1, text: "no-query-in-loop failed" }] });
    expect(problems(made)).toEqual([]);
    expect(made.runs[0]?.invocations).toMatchObject([{ executionSuccessful: false, toolExecutionNotifications: [{ level: "error", descriptor: { id: "defect-in-rule" }, message: { text: "no-query-in-loop failed" } }] }]);
    expect(made.runs[0]?.results).toHaveLength(1);
  });

  it("describes every rule: page, texts, level by priority, tags", () => {
    const rules = log([FACTORY], { rules: RULES }).runs[0]?.tool.driver.rules ?? [];
    expect(rules.map(({ id, defaultConfiguration }) => [id, defaultConfiguration?.level])).toEqual([
      ["no-query-in-loop", "note"],
      ["no-session-per-call", "error"],
      ["no-unbatched-loop-transaction", "warning"],
    ]);
    expect(rules[1]).toMatchObject({
      name: "NoSessionPerCall",
      shortDescription: { text: "Disallow a session a call" },
      helpUri: "https://github.com/sessionfix/sessionfix/blob/main/rules/docs/no-session-per-call.md",
      properties: { tags: ["reliability", "database", "P0", "recommended"], precision: "very-high", "problem.severity": "error" },
    });
  });

  it("gives each result its place, fingerprint, path and related places", () => {
    const [result] = log([FACTORY], { rules: RULES }).runs[0]?.results ?? [];
    expect(result).toMatchObject({
      ruleId: "no-session-per-call",
      ruleIndex: 1,
      level: "error",
      locations: [{ physicalLocation: { artifactLocation: { uri: "src/db/session.ts", uriBaseId: "%SRCROOT%" }, region: { startLine: 4, startColumn: 14, endLine: 4, endColumn: 32 } } }],
      partialFingerprints: { "sessionfix/v1": "f00d" },
    });
    expect(result?.codeFlows?.[0]?.threadFlows[0]?.locations.map(({ location }) => [location?.physicalLocation?.region?.startLine, location?.message?.text])).toEqual([
      [12, "POST /import"],
      [40, "calls importAll()"],
      [4, "opens a session"],
    ]);
    expect(result?.relatedLocations).toHaveLength(108);
    expect(log([LOOP]).runs[0]?.results?.[0]).not.toHaveProperty("codeFlows");
  });

  it("names files as URIs from the top of the repository", () => {
    const odd = { ...LOOP, file: "src/ä b/#1?.ts" };
    const uri = (found: Log) => found.runs[0]?.results?.[0]?.locations?.[0]?.physicalLocation?.artifactLocation?.uri;
    expect(uri(log([odd]))).toBe("src/%C3%A4%20b/%231%3F.ts");
    expect(uri(log([odd], { below: "apps/api" }))).toBe("apps/api/src/%C3%A4%20b/%231%3F.ts");
  });
});

describe("what GitHub does not take is cut, and said", () => {
  const many = (number: number, finding: Finding = LOOP) => Array.from({ length: number }, (_, index) => ({ ...finding, fingerprint: String(index) }));
  const cut = (findings: Finding[], limits: Partial<SarifLimits>) => {
    const notes: string[] = [];
    const text = renderSarif(input(findings, { rules: RULES }), { onNote: (note) => notes.push(note) }, { ...SARIF_LIMITS, ...limits });
    const [run] = (JSON.parse(text) as Log).runs;
    return { notes, run, text };
  };

  it("results: the worst stay", () => {
    const { notes, run } = cut([...many(5), FACTORY], { results: 3 });
    expect(run?.results?.map(({ ruleId }) => ruleId)).toEqual(["no-session-per-call", "no-unbatched-loop-transaction", "no-unbatched-loop-transaction"]);
    expect(notes).toEqual([expect.stringContaining("3 of 6 findings are left out")]);
    expect(run?.invocations?.[0]?.toolExecutionNotifications?.[0]?.message.text).toBe(notes[0]);
  });

  it("results: says when not all are shown, and nothing when all are", () => {
    expect(cut(many(6), { resultsShown: 5 }).notes).toEqual(["GitHub shows 5 of the 6 findings, those of the highest severity."]);
    expect(cut(many(5), { resultsShown: 5 }).notes).toEqual([]);
  });

  it("the file's size", () => {
    const { notes, run, text } = cut(many(64, FACTORY), { file: 6_000 });
    expect(run?.results?.length).toBeGreaterThan(0);
    expect(run?.results?.length).toBeLessThan(64);
    expect(problems(JSON.parse(text))).toEqual([]);
    expect(notes).toHaveLength(1);
  });

  it("paths, related places, rules and tags", () => {
    const long = { ...FACTORY, why: Array.from({ length: 20 }, (_, index) => place("a.ts", index + 1, `step ${index + 1}`)) };
    const { run } = cut([long], { locationsOfThreadFlow: 4, locationsOfResult: 7, rules: 2, tagsOfRule: 1 });
    expect(run?.results?.[0]?.codeFlows?.[0]?.threadFlows[0]?.locations.map(({ location }) => location?.physicalLocation?.region?.startLine)).toEqual([1, 2, 19, 20]);
    expect(run?.results?.[0]?.relatedLocations).toHaveLength(7);
    expect(run?.tool.driver.rules?.map(({ properties }) => properties?.tags)).toEqual([["reliability"], ["reliability"]]);
  });
});
