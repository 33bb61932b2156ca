import { describe, expect, it } from "vitest";
import { parse } from "../../../codemods/lib/tree.js";
import { comments } from "../../../codemods/lib/text.js";
import { findingsOf, ruleNamed } from "../../rules/lib/run.js";
import { dedent } from "../../rules/lib/table.js";
import { fixOnce } from "./rounds.js";

export interface LocalCase {
  name: string;
  before: string;
  /** The file after; absent where the finding is for people. */
  after?: string;
  /** Default: `safe`. */
  safety?: "safe" | "review";
  /** A part of the reason for review, or for leaving it. */
  reason?: string;
  /** Default: `src/app.ts`. */
  file?: string;
}

/** One rule's findings in one file, mended once: to the byte, once and for all, and no longer found. */
export function runLocal(rule: string, transform: string, cases: readonly LocalCase[]): void {
  describe(transform, () => {
    it.each(cases.map((entry) => [entry.name, entry] as const))("%s", (_, { before, after, safety = "safe", reason, file = "src/app.ts" }) => {
      const text = dedent(before);
      const found = findingsOf(ruleNamed(rule), { [file]: text });
      expect(found.length, "found").toBeGreaterThan(0);
      const fixed = fixOnce({ [file]: text }, found);
      if (after === undefined) {
        expect([fixed.files[file], fixed.groups]).toEqual([text, []]);
        expect(fixed.manual.map((one) => one.transform)).toContain(transform);
        expect(fixed.manual.map((one) => one.reason).join("\n")).toContain(reason ?? "no reason is expected here");
        return;
      }
      expect(fixed.manual.map((one) => one.reason)).toEqual([]);
      expect(fixed.files[file]).toBe(dedent(after));
      expect(fixed.groups.map((group) => [group.transform, group.safety])).toEqual(fixed.groups.map(() => [transform, safety]));
      if (safety === "review") expect(fixed.groups[0]?.reason).toContain(reason ?? "no reason is expected here");
      // What the report says before must be what happens.
      expect(new Set(found.map(({ fix }) => fix))).toEqual(new Set([safety]));
      const again = findingsOf(ruleNamed(rule), { [file]: fixed.files[file] ?? "" });
      expect(again, "silent after").toEqual([]);
      const kept = comments(parse(file, fixed.files[file] ?? "")).map((one) => one.text);
      for (const comment of comments(parse(file, text))) expect(kept).toContain(comment.text);
    });
  });
}
