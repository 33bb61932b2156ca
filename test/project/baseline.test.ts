import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/core/finding.js";
import { applyBaseline, baselineText, makeBaseline, readBaseline } from "../../src/project/baseline.js";
import { FACTORY } from "../report/sample.js";
import { tree } from "./tree.js";

const LOOKED = { rules: new Set(["no-session-per-call", "no-query-in-loop"]), strict: false, covers: () => true };

function finding(file: string, fingerprint: string, rule = "no-session-per-call"): Finding {
  return { ...FACTORY, file, fingerprint, rule };
}

const A = finding("a.ts", "1");
const B = finding("b.ts", "2");

describe("a baseline", () => {
  it("knows what it was made of, and nothing else", () => {
    const baseline = makeBaseline([A, B], false);
    expect(applyBaseline(baseline, [B, A], LOOKED)).toEqual({ findings: [], known: 2, stale: [] });
    expect(applyBaseline(baseline, [A, B, finding("a.ts", "3")], LOOKED)).toMatchObject({ findings: [{ fingerprint: "3" }], known: 2, stale: [] });
  });

  it("catches that one finding was swapped for another: the new one is reported, the old entry is stale", () => {
    const outcome = applyBaseline(makeBaseline([A, B], false), [A, finding("b.ts", "9")], LOOKED);
    expect(outcome.findings.map(({ fingerprint }) => fingerprint)).toEqual(["9"]);
    expect(outcome.stale).toEqual([{ file: "b.ts", rule: "no-session-per-call", fingerprint: "2", count: 1 }]);
    expect(applyBaseline(makeBaseline([A], false), [finding("b.ts", "1")], LOOKED).findings).toHaveLength(1);
    expect(applyBaseline(makeBaseline([A], false), [finding("a.ts", "1", "no-query-in-loop")], LOOKED).findings).toHaveLength(1);
  });

  it("counts equal ones", () => {
    const two = makeBaseline([A, A], false);
    expect(applyBaseline(two, [A, A, A], LOOKED)).toMatchObject({ findings: { length: 1 }, known: 2, stale: [] });
    expect(applyBaseline(two, [A], LOOKED)).toMatchObject({ findings: [], known: 1, stale: [{ count: 1 }] });
  });

  it("calls nothing stale that the scan did not look at", () => {
    const baseline = makeBaseline([A, B], false);
    expect(applyBaseline(baseline, [], { ...LOOKED, covers: (file) => file === "a.ts" }).stale).toHaveLength(1);
    expect(applyBaseline(baseline, [], { ...LOOKED, rules: new Set(["no-query-in-loop"]) }).stale).toEqual([]);
    const strict = makeBaseline([A, B], true);
    expect(applyBaseline(strict, [], LOOKED).stale).toEqual([]);
    expect(applyBaseline(strict, [], { ...LOOKED, strict: true }).stale).toHaveLength(2);
  });

  it("is the same text whatever the order of the findings, and is read back", () => {
    const text = baselineText(makeBaseline([B, A], false));
    expect(text).toBe(baselineText(makeBaseline([A, B], false)));
    const root = tree({ "base.json": text });
    expect(readBaseline(path.join(root, "base.json"), "base.json")).toEqual(JSON.parse(text));
  });

  it("takes any file name for a name", () => {
    const odd = finding("__proto__", "toString", "constructor");
    const root = tree({ "base.json": baselineText(makeBaseline([odd], false)) });
    const looked = { ...LOOKED, rules: new Set(["constructor"]) };
    expect(applyBaseline(readBaseline(path.join(root, "base.json"), "base.json"), [odd], looked)).toEqual({ findings: [], known: 1, stale: [] });
  });
});

describe("a file that is no baseline is a clear error", () => {
  it.each([
    ["missing", undefined, "BASELINE_NOT_FOUND", /^There is no baseline file base\.json$/],
    ["not JSON", "{ nope", "BASELINE_BROKEN", /^The baseline file base\.json cannot be read: /],
    ["a merge conflict", '<<<<<<< ours\n{}\n=======\n{"a":1}\n>>>>>>> theirs\n', "BASELINE_BROKEN", /the marks of a merge conflict$/],
    ["something else", '{ "name": "shop" }', "BASELINE_BROKEN", /it is no baseline of sessionfix$/],
    ["a list", "[]", "BASELINE_BROKEN", /it is no baseline of sessionfix$/],
    ["counts that are none", '{ "tool": "sessionfix", "version": 1, "files": { "a.ts": { "r": { "1": -1 } } } }', "BASELINE_BROKEN", /`files` must give a count/],
    ["newer", '{ "tool": "sessionfix", "version": 2, "files": {} }', "BASELINE_NEWER", /^base\.json was made by a newer sessionfix \(format 2, this one reads 1\)$/],
  ])("%s", (_name, text, code, message) => {
    const root = tree(text === undefined ? {} : { "base.json": text });
    expect(() => readBaseline(path.join(root, "base.json"), "base.json")).toThrowError(expect.objectContaining({ code, message: expect.stringMatching(message) as unknown, hint: expect.any(String) as unknown }));
  });
});
