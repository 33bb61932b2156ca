import { describe, expect, it } from "vitest";
import { colorDiff, renderFixReport } from "../../src/report/index.js";
import type { FixReport } from "../../src/report/index.js";

const EMPTY: FixReport = { dryRun: false, applied: [], changed: [], created: [], needsReview: [], manual: [], takenBack: [], refused: [], checks: [], notes: [], next: [] };
const ESCAPE = String.fromCharCode(27);

describe("renderFixReport", () => {
  it("accounts for every finding, with reasons and what to do next", () => {
    const report: FixReport = {
      dryRun: false,
      applied: [
        { rule: "no-session-per-call", transform: "use-shared-session", file: "src/db.ts", line: 4, safety: "safe" },
        { rule: "no-unbatched-loop-transaction", file: "src/import.ts", line: 20, safety: "review", reason: "all-or-nothing is given up" },
      ],
      changed: ["src/db.ts", "src/import.ts"],
      created: ["src/session.ts"],
      needsReview: [{ rule: "no-unbatched-loop-transaction", file: "src/sync.ts", line: 9, reason: "all-or-nothing is given up" }],
      manual: [{ rule: "no-unbatched-loop-transaction", file: "src/flow.ts", line: 7, reason: "one invariant over many rows" }],
      takenBack: [{ rule: "no-session-per-call", file: "src/odd.ts", line: 3, reason: "TS2345 at src/odd.ts:9" }],
      refused: [{ file: "src/dirty.ts", reason: "it has changes that are not committed" }],
      checks: ["types: 3 files, nothing new"],
      notes: ["The rewritten code imports sessionfix-runtime."],
      next: [
        { command: "git diff", purpose: "shows what was changed" },
        { command: "npx sessionfix undo", purpose: "takes it back" },
      ],
    };
    expect(renderFixReport(report, {})).toBe(`Applied 2 fixes in 3 files, 1 of them new: src/session.ts
  ✔ no-session-per-call  src/db.ts:4  use-shared-session
  ✔ no-unbatched-loop-transaction  src/import.ts:20
    all-or-nothing is given up

Left for review: 1 fix that changes a guarantee
  ● no-unbatched-loop-transaction  src/sync.ts:9
    all-or-nothing is given up

Left for you: 1 thing that no rewrite can do
  ● no-unbatched-loop-transaction  src/flow.ts:7
    one invariant over many rows

Taken back: 1 fix that would have broken something
  ✖ no-session-per-call  src/odd.ts:3
    TS2345 at src/odd.ts:9

Refused: 1 time
  ✖ src/dirty.ts
    it has changes that are not committed

Checked: types: 3 files, nothing new

Note: The rewritten code imports sessionfix-runtime.

Next: git diff  shows what was changed
      npx sessionfix undo  takes it back
`);
  });

  it("says what a dry run would do", () => {
    const applied: FixReport["applied"] = [{ rule: "r", file: "a.ts", line: 1, safety: "safe" }];
    expect(renderFixReport({ ...EMPTY, dryRun: true, applied, changed: ["a.ts"] }, {})).toMatch(/^Would apply 1 fix in 1 file\n/);
  });

  it("says so when there is nothing to do", () => expect(renderFixReport(EMPTY, {})).toBe("✔ Nothing to fix.\n"));

  it("lists twenty of a kind and counts the rest", () => {
    const manual = Array.from({ length: 33 }, (_, index) => ({ rule: "r", file: `f${index}.ts`, line: 1 }));
    const text = renderFixReport({ ...EMPTY, manual }, {});
    expect(text).toContain("f19.ts:1");
    expect(text).not.toContain("f20.ts");
    expect(text).toContain("… and 13 more");
  });
});

describe("colorDiff", () => {
  const DIFF = "--- a/x.ts\r\n+++ b/x.ts\n@@ -1 +1 @@\n-old\u001b[2J\r\n+new\n same\n";

  it("leaves a diff for a machine as it is, to the byte", () => expect(colorDiff(DIFF, false)).toBe(DIFF));

  it("colours lines by what they are, and lets no escape of a file through", () => {
    const lines = colorDiff(DIFF, true).split("\n");
    expect(lines[3]).toBe(`${ESCAPE}[31m-old\uFFFD[2J${ESCAPE}[39m`);
    expect(lines[4]).toBe(`${ESCAPE}[32m+new${ESCAPE}[39m`);
    expect(lines[5]).toBe(" same");
  });
});
