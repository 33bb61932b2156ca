import { describe, expect, it } from "vitest";
import { FORMATS } from "../../src/report/index.js";
import type { ReportInput } from "../../src/report/index.js";
import { FACTORY, input, LOOP, SESSION_FILE } from "./sample.js";

function render(of: ReportInput, options = {}): string {
  return FORMATS.get("text")?.render(of, options) ?? "";
}

describe("the text report", () => {
  it("says what is wrong, why, how much it costs, where else, and what to do", () => {
    const skipped = [{ file: "src/odd.ts", reason: "syntax error at 3:9: Unexpected token" }];
    expect(render(input([LOOP, FACTORY], { skipped }))).toBe(` P0  1 finding · breaks under load: SQLITE_BUSY, lost writes, leaked sessions. Fix first

● no-session-per-call  src/db/session.ts:4:14  better-sqlite3
  \`createDb\` opens a new session every time it is called, and 108 places call it per request.

    3 │ export function createDb(file: string) {
  ▸ 4 │   const db = new Database(file);
      │              ^^^^^^^^^^^^^^^^^^
    5 │   db.pragma("journal_mode = WAL");

  Why  POST /import  src/routes.ts:12
       └ calls importAll()  src/service.ts:40
         └ opens a session  src/db/session.ts:4
  Cost n + 2 sessions opened, 3n statements each time  (n = entries)
  Also src/api/route-1.ts:9   called per request here
       src/api/route-2.ts:10  called per request here
       src/api/route-3.ts:11  called per request here
       src/api/route-4.ts:12  called per request here
       src/api/route-5.ts:13  called per request here
       … and 103 more (--format json lists them all)
  Fix  safe: \`sessionfix fix\` rewrites it and keeps its meaning.

 P1  1 finding · holds locks or connections too long: other requests wait, then fail

● no-unbatched-loop-transaction  src/gone.ts:7:1  better-sqlite3, likely
  One transaction holds the write lock over the whole loop.

  Fix  by hand: a value flows from one iteration to the next.

Skipped 1 file that could not be analysed:
  src/odd.ts  syntax error at 3:9: Unexpected token

2 findings in 2 files · 64 files scanned, 25 of them analysed, in 412 ms
1 safe to fix, 1 by hand

Next: npx sessionfix fix --dry-run  shows the rewrite as a diff and changes nothing
`);
  });

  it.each<[string, Partial<ReportInput>, RegExp]>([
    ["a clean program", {}, /^✔ No session mistakes found\. 64 files scanned/],
    ["a program without a database", { stats: { files: 9, parsed: 0, fromCache: 0, ms: 3 } }, /^✔ No database code found/],
    ["an empty folder", { stats: { files: 0, parsed: 0, fromCache: 0, ms: 1 } }, /^Nothing to scan: there are no JavaScript or TypeScript files in this folder\.\n$/],
    [
      "a folder in which nothing can be read",
      { stats: { files: 0, parsed: 0, fromCache: 0, ms: 1 }, skipped: [{ file: "a.ts", reason: "binary, not source text" }] },
      /a\.ts {2}binary, not source text\n\nNothing was scanned: no file could be read\.\n$/,
    ],
  ])("speaks plainly of %s", (_name, overrides, expected) => {
    expect(render(input([], overrides))).toMatch(expected);
  });

  it("offers the review command when nothing is safe, and no command when all is by hand", () => {
    expect(render(input([{ ...FACTORY, fix: "review", fixReason: "it sets a pragma" }]))).toMatch(
      /to review: it sets a pragma\. `sessionfix fix --review` rewrites it\.[^]*Next: npx sessionfix fix --review --dry-run/,
    );
    expect(render(input([LOOP]))).not.toContain("Next:");
  });

  it("colours only when told to", () => {
    // eslint's own rule forbids control characters in patterns, and rightly.
    const escape = String.fromCharCode(27);
    expect(render(input([FACTORY]))).not.toContain(escape);
    expect(render(input([FACTORY]), { color: true })).toContain(escape);
  });

  it("does not give a clean bill of health without saying what was not looked at", () => {
    const unscanned = ["@shop/a", "@shop/b", "@shop/c", "@shop/d", "@shop/e", "@shop/f", "@shop/g"];
    expect(render(input([], { unscanned: ["@shop/db"] }))).toMatch(
      /^Partial 1 package of your own is imported here but not scanned: @shop\/db\. Scan the workspace's root\n {8}to follow calls into it\.\n\n✔ No session mistakes found/,
    );
    expect(render(input([], { unscanned }))).toContain("@shop/e, 2 more.");
  });

  it("lists ten skipped files and counts the rest", () => {
    const skipped = Array.from({ length: 25 }, (_, index) => ({ file: `f${index}.ts`, reason: "binary, not source text" }));
    const report = render(input([], { skipped }));
    expect(report).toContain("Skipped 25 files");
    expect(report).toContain("f9.ts");
    expect(report).not.toContain("f10.ts");
    expect(report).toContain("… and 15 more");
  });

  it("does not let a scanned file steer the terminal", () => {
    const bell = "\u0007";
    const report = render(input([{ ...FACTORY, message: `clear\u001b[2J${bell}` }], { text: (file) => (file === SESSION_FILE ? "\n\n\nconst \u001b[31mx\u202e = 1\n" : undefined) }));
    expect(report).not.toContain("\u001b");
    expect(report).not.toContain(bell);
    expect(report).not.toContain("\u202e");
  });
});
