import { describe, expect, it } from "vitest";
import { FORMATS } from "../../src/report/index.js";
import { FACTORY, input, LOOP } from "./sample.js";

const lines = (...args: Parameters<typeof input>): string[] => (FORMATS.get("github")?.render(input(...args), {}) ?? "").trimEnd().split("\n");

describe("the GitHub report", () => {
  it("is one workflow command a finding, its level by priority", () => {
    const [first, second, third, ...rest] = lines([{ ...FACTORY, why: [] }, LOOP, { ...LOOP, priority: "P3" }]);
    expect(first).toBe(
      "::error file=src/db/session.ts,line=4,endLine=4,col=14,endColumn=32,title=no-session-per-call (P0)::`createDb` opens a new session every time it is called, and 108 places call it per request.",
    );
    expect(second).toMatch(/^::warning file=src\/gone\.ts,line=7,/);
    expect(third).toMatch(/^::notice /);
    expect(rest).toEqual(["sessionfix: 3 findings, 64 files scanned"]);
  });

  it("escapes what would end a property or a command", () => {
    const [line] = lines([{ ...LOOP, file: "a,b:c%.ts", message: "50% of it\r\n::set-output name=x::y, and: more" }], { below: "apps/api" });
    expect(line).toBe("::warning file=apps/api/a%2Cb%3Ac%25.ts,line=7,endLine=7,col=1,endColumn=2,title=no-unbatched-loop-transaction (P1)::50%25 of it%0D%0A::set-output name=x::y, and: more");
  });

  it("shows the path, and no columns over several lines", () => {
    const [line] = lines([{ ...FACTORY, span: { ...FACTORY.span, endLine: 6 } }]);
    expect(line).not.toContain("col=");
    expect(line).toContain("%0AWhy:%0Asrc/routes.ts:12 POST /import%0A");
  });

  it("keeps to ten a level and lists the others where nothing is a command", () => {
    const found = lines([...Array.from({ length: 12 }, (_, index) => ({ ...LOOP, message: `${index}\n::error::no ##[error]no` })), ...Array.from({ length: 3 }, () => FACTORY)]);
    expect(found.filter((line) => line.startsWith("::warning"))).toHaveLength(10);
    expect(found.filter((line) => line.startsWith("::error"))).toHaveLength(3);
    const group = found.slice(found.findIndex((line) => line.startsWith("::group::2 more findings")), found.indexOf("::endgroup::"));
    expect(group).toHaveLength(3);
    for (const line of group.slice(1)) expect(line).toMatch(/^warning src\/gone\.ts:7:1 no-unbatched-loop-transaction: \d+ ::error::no ##\u200B\[error\]no$/);
  });

  it("names what was not analysed, and comments that suppress nothing", () => {
    expect(lines([], { skipped: [{ file: "odd.ts", reason: "binary, not source text" }], notices: [{ code: "stale-suppression", file: "a.ts", line: 3, text: "nothing is suppressed" }] })).toEqual([
      "::warning file=a.ts,line=3,title=stale-suppression::nothing is suppressed",
      "::notice file=odd.ts,title=could not be analysed::binary, not source text",
      "sessionfix: 0 findings, 64 files scanned",
    ]);
  });
});
