import { describe, expect, it } from "vitest";
import { belowAdmission, finding, judgement, label, measure } from "./support.js";

const outcome = (result: ReturnType<typeof measure>) => {
  const { tp, fp, fn, tn } = result.proven.total;
  return { tp, fp, fn, tn };
};

describe("a label", () => {
  it.each([
    [8, 1], [10, 1], [14, 1], [7, 0], [15, 0],
  ])("on line %i is hit by a finding over lines 10 to 12: %i", (line, tp) => {
    expect(outcome(measure({ findings: [finding(10, { endLine: 12 })], labels: [label(line, "true")] }))).toEqual({ tp, fp: 0, fn: 1 - tp, tn: 0 });
  });

  it("is hit by a place related to the finding, in another file", () => {
    const related = [{ file: "b.ts", line: 40, text: "called here" }];
    const labels = [label(42, "true", { file: "b.ts" }), label(43, "true", { file: "b.ts" }), label(40, "true")];
    expect(outcome(measure({ findings: [finding(10, { related })], labels }))).toEqual({ tp: 1, fp: 0, fn: 2, tn: 0 });
  });

  it("is hit by its own rule only, in its own repository only", () => {
    const findings = [finding(10)];
    expect(outcome(measure({ findings, labels: [label(10, "false", { rule: "no-y" })] }))).toEqual({ tp: 0, fp: 0, fn: 0, tn: 1 });
    expect(outcome(measure({ reports: { shop: findings, bank: [] }, labels: [label(10, "true", { repo: "bank" })] }))).toEqual({ tp: 0, fp: 0, fn: 1, tn: 0 });
  });

  it("that is debatable never counts, and its finding is neither judged nor unjudged", () => {
    const result = measure({ findings: [finding(10)], labels: [label(10, "debatable"), label(50, "debatable")] });
    expect(outcome(result)).toEqual({ tp: 0, fp: 0, fn: 0, tn: 0 });
    expect(result.proven.total).toMatchObject({ findings: 1, debatable: 1, unjudged: 0, precision: null, recall: null });
    expect(result.unjudged).toEqual([]);
  });

  it("in a tree without a report, or of a rule that the tool does not have, is left out", () => {
    const result = measure({ labels: [label(10, "true", { repo: "bank" }), label(10, "true", { rule: "no-z" })] });
    expect(result.strict.rows).toEqual([]);
    expect(result.labelsWithoutRule).toEqual(["no-z"]);
  });
});

describe("the ratios", () => {
  it("count mistakes and traps", () => {
    const labels = [label(10, "true"), label(20, "true"), label(30, "true"), label(40, "false"), label(50, "false")];
    const { total, misses } = measure({ findings: [finding(10), finding(20), finding(40)], labels }).proven;
    expect(total).toMatchObject({ tp: 2, fn: 1, fp: 1, tn: 1, precision: 2 / 3, recall: 2 / 3, falseAlarmRate: 1 / 2 });
    expect(misses.map(({ outcome, label }) => `${outcome} ${label.line}`)).toEqual(["fn 30", "fp 40"]);
  });

  it("give a group of alike places in one repository one vote", () => {
    const many = [10, 20, 30, 40].map((line) => label(line, "true", { sub: "copies" }));
    const labels = [...many, label(60, "true", { sub: "rare" }), label(10, "true", { repo: "bank", sub: "copies" }), label(80, "false", { sub: "copies" }), label(90, "false", { sub: "rare" })];
    const { total } = measure({ reports: { shop: [finding(10), finding(20), finding(30), finding(40), finding(80)], bank: [] }, labels }).proven;
    expect(total.recall).toBeCloseTo(4 / 6);
    expect(total.macroRecall).toBeCloseTo(1 / 3);
    expect(total.macroFalseAlarm).toBeCloseTo(1 / 2);
  });
});

describe("the two configs", () => {
  const labels = [label(10, "true"), label(20, "false"), label(30, "true", { rule: "no-y" }), label(40, "false", { rule: "no-y" })];
  const findings = [finding(10), finding(20, { confidence: "likely" }), finding(30, { rule: "no-y" }), finding(40, { rule: "no-y" })];
  const result = measure({ findings, labels, recommended: ["no-x"] });

  it("differ in what is only likely, and in the rules", () => {
    expect(result.proven.total).toMatchObject({ findings: 1, tp: 1, fp: 0, tn: 1 });
    expect(result.strict.total).toMatchObject({ findings: 4, tp: 2, fp: 2, tn: 0 });
  });

  it("still show what a rule outside recommended has proven", () => {
    expect(result.proven.rows).toMatchObject([{ rule: "no-x", recommended: true, fp: 0 }, { rule: "no-y", recommended: false, tp: 1, fp: 1 }]);
  });

  it("admit a rule by labels and judgements together, and only what is recommended must pass", () => {
    expect(belowAdmission(result)).toEqual([]);
    const worse = measure({ findings: [finding(10), finding(90)], labels, judgements: [judgement(90, "wrong")], recommended: ["no-x"] });
    expect(belowAdmission(worse)).toMatchObject([{ rule: "no-x", precision: 1, precisionJudged: 1 / 2 }]);
  });
});

describe("a judgement", () => {
  const count = (findings: Parameters<typeof measure>[0]["findings"], judgements: Parameters<typeof measure>[0]["judgements"], labels = [label(200, "false")]) => {
    const { right, wrong, debatable, unjudged } = measure({ findings, judgements, labels }).proven.total;
    return { right, wrong, debatable, unjudged };
  };

  it("belongs to a finding by fingerprint, wherever it moved", () => {
    expect(count([finding(99, { fingerprint: "f10" })], [judgement(10, "right")])).toEqual({ right: 1, wrong: 0, debatable: 0, unjudged: 0 });
  });

  it("belongs to a finding of the same rule on the same line, whatever its fingerprint", () => {
    expect(count([finding(10, { fingerprint: "new" })], [judgement(10, "wrong")])).toEqual({ right: 0, wrong: 1, debatable: 0, unjudged: 0 });
  });

  it("does not belong to a neighbour, another rule or another repository", () => {
    const findings = [finding(11, { fingerprint: "new" }), finding(10, { rule: "no-y" })];
    expect(count(findings, [judgement(10, "right"), judgement(11, "right", { repo: "bank", fingerprint: "new" })])).toEqual({ right: 0, wrong: 0, debatable: 0, unjudged: 2 });
  });

  it("by fingerprint goes before one by line", () => {
    const judgements = [judgement(10, "wrong", { fingerprint: "old" }), judgement(70, "right", { fingerprint: "f10" })];
    expect(count([finding(10)], judgements)).toEqual({ right: 1, wrong: 0, debatable: 0, unjudged: 0 });
  });

  it("does not count beside a label", () => {
    expect(count([finding(200)], [judgement(200, "right")])).toEqual({ right: 0, wrong: 0, debatable: 0, unjudged: 0 });
  });

  it("that has no finding any more is told", () => {
    const old = judgement(10, "wrong");
    expect(measure({ findings: [finding(50)], judgements: [old, judgement(50, "right"), judgement(10, "right", { repo: "bank" })] }).gone).toEqual([old]);
  });

  it("of a debatable finding is in no ratio", () => {
    expect(measure({ findings: [finding(10)], judgements: [judgement(10, "debatable")] }).proven.total).toMatchObject({ debatable: 1, precisionJudged: null });
  });
});

it("lists what nobody judged, and says whether recommended reports it", () => {
  const { unjudged } = measure({ findings: [finding(10), finding(20, { confidence: "likely" }), finding(30, { rule: "no-y" })], recommended: ["no-x"] });
  expect(unjudged.map(({ recommended, finding }) => `${finding.line} ${recommended}`)).toEqual(["10 true", "20 false", "30 false"]);
});
