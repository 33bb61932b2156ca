import { describe, expect, it } from "vitest";
import { documentParts, finding, judgement, label, measure, measuredSection, printScore, putBetween } from "./support.js";

const result = measure({
  findings: [finding(10), finding(40), finding(70), finding(30, { rule: "no-y" })],
  labels: [label(10, "true"), label(20, "true", { why: "opens in a loop" }), label(40, "false", { why: "memoised" })],
  judgements: [judgement(70, "right")],
  recommended: ["no-x"],
});
const tree = { name: "shop", repository: "someone/shop", commit: "0123456789ab", license: "MIT", lines: 12345, libraries: "pg", parsed: 10, skipped: 1 };

describe("a document", () => {
  it("gets the text between its marks, and nothing else changes", () => {
    expect(putBetween("a\n<!-- m -->\nold\n<!-- /m -->\nz\n", "m", "new")).toBe("a\n<!-- m -->\n\nnew\n\n<!-- /m -->\nz\n");
  });

  it("stays as it is when it is written again", () => {
    const once = putBetween("<!-- m --><!-- /m -->\n", "m", "new\n") ?? "";
    expect(putBetween(once, "m", "new\n")).toBe(once);
  });

  it("without marks is left alone", () => {
    expect(putBetween("nothing\n", "m", "new")).toBeUndefined();
  });

  it.each(["<!-- m -->", "<!-- /m -->", "<!-- /m --><!-- m -->", "<!-- m --><!-- m --><!-- /m -->"])("with marks that do not match is refused: %s", (text) => {
    expect(() => putBetween(text, "m", "new")).toThrow(/needs <!-- m --> and then <!-- \/m -->/);
  });
});

describe("the figures", () => {
  const parts = documentParts(result, [tree]);

  it("name the trees", () => {
    expect(parts["precision:corpus"]).toContain("| shop | someone/shop | `0123456789ab` | MIT | 12,345 | 10 | 1 |");
  });

  it("keep the rules outside recommended apart", () => {
    expect(parts["precision:recommended"]).toContain("| no-x | 3 | 1 | 1 | 0 | 1 | 50.0 % | 50.0 % | 50.0 % | 100.0 % | 1 | 0 | 0 | 0 | 66.7 % |");
    expect(parts["precision:recommended"]).not.toContain("no-y");
    expect(parts["precision:candidates"]).toContain("| no-y | 1 | 0 | 0 | 0 | 0 | – | – | – | – | 0 | 0 | 0 | 1 | – |");
    expect(documentParts(measure({}), [])["precision:candidates"]).toBe("None at present.");
  });

  it("are on the rule's page, by application", () => {
    const section = measuredSection("no-x", result);
    expect(section).toContain("| proven | 3 | 1 | 1 | 0 | 1 | 1 | 0 | 0 | 0 | 66.7 % | 50.0 % |");
    expect(section).toContain("| shop | 3 | 1 | 1 | 0 | 1 |");
  });

  it("say so when there are none", () => {
    expect(measuredSection("no-z", result)).toMatch(/nothing is measured/);
  });
});

describe("the text", () => {
  it("tells which rule of recommended is not precise enough", () => {
    expect(printScore(result)).toContain("Below 95.0 %, and in recommended: no-x (66.7 %).");
  });

  it("gives reasons and unjudged findings when asked", () => {
    const text = printScore(result, { verbose: true, unjudged: true });
    expect(text).toContain("FN no-x shop/a.ts:20 [plain] opens in a loop");
    expect(text).toContain("FP no-x shop/a.ts:40 [plain] memoised");
    expect(text).toContain("strict      no-y shop/a.ts:30 (proven)");
    expect(printScore(result)).not.toContain("memoised");
  });
});
