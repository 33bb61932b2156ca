import { describe, expect, it } from "vitest";
import { chooseSample, finding, measure, printSample, type Unjudged } from "./support.js";

const { unjudged } = measure({ findings: Array.from({ length: 40 }, (_, index) => finding(index + 1)) });
const lines = (sample: Unjudged[]) => sample.map((one) => one.finding.line);

describe("a sample", () => {
  it("is the same for a seed, whatever the order of the list, and another for another seed", () => {
    const first = lines(chooseSample(unjudged, 5, 1));
    expect(new Set(first).size).toBe(5);
    expect(lines(chooseSample([...unjudged].reverse(), 5, 1))).toEqual(first);
    expect(lines(chooseSample(unjudged, 5, 2))).not.toEqual(first);
  });

  it("is of what recommended reports, and no larger than that", () => {
    const few = measure({ findings: [finding(1), finding(2, { confidence: "likely" }), finding(3, { rule: "no-y" })], recommended: ["no-x"] }).unjudged;
    expect(lines(chooseSample(few, 10, 1))).toEqual([1]);
  });

  it.each([[0, 1], [Number.NaN, 1], [2, Number.NaN]])("needs whole numbers: %f, %f", (size, seed) => {
    expect(() => chooseSample(unjudged, size, seed)).toThrow(/whole number/);
  });

  it("is printed with the code around, the places beside it, and a line to fill in", () => {
    const one: Unjudged = { repo: "shop", recommended: true, finding: finding(2, { related: [{ file: "b.ts", line: 1, text: "called here" }] }) };
    const text = printSample(one, (_, file) => (file === "a.ts" ? "first();\nsecond();\nthird();\n" : undefined));
    expect(text).toContain("      1 first();\n>     2 second();\n      3 third();");
    expect(text).toContain("related b.ts:1 called here");
    expect(text).toContain('{"repo":"shop","file":"a.ts","line":2,"rule":"no-x","fingerprint":"f2","verdict":"","why":""}');
  });
});
