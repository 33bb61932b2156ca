import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import type { Finding } from "../../src/core/finding.js";
import { parseSource } from "../../src/project/parse.js";
import { createResolver } from "../../src/project/resolve.js";
import { findingsOf } from "../robustness/project-invariants.js";
import { fixAll } from "../robustness/fix-tree.js";
import { memoryHost } from "./helpers/findings.js";
import { generated } from "./helpers/generated.js";

/** What all rules say of files that exist in memory alone. */
function detect(files: Readonly<Record<string, string>>): Finding[] {
  const names = Object.keys(files).filter((file) => file !== "package.json");
  const resolver = createResolver("/nowhere/at/all", names, []);
  const texts = new Map(Object.entries(files).map(([file, text]) => [file, text.replace(/^\uFEFF/, "")]));
  const facts = names.map((file) => {
    const parsed = parseSource(file, texts.get(file) ?? "");
    if (!parsed.ok) throw new Error(`${file}: ${parsed.reason}\n${files[file] ?? ""}`);
    return buildFacts({ ...parsed, file });
  });
  return findingsOf(facts, { resolve: (from, specifier) => resolver.resolve(from, specifier), text: (file) => texts.get(file) });
}

describe("fixes of generated programs", () => {
  it("keep what they do not declare, keep comments, parse, are silent after, and come to an end", () => {
    const made: Record<string, number> = {};
    fc.assert(
      fc.property(generated, ({ files }) => {
        const result = fixAll({
          findings: detect(files),
          host: (overlay) => memoryHost({ ...files, ...Object.fromEntries(overlay) }),
          redetect: (overlay) => detect({ ...files, ...Object.fromEntries(overlay) }),
          mayTouch: () => true,
        });
        expect(result.problems).toEqual([]);
        for (const [transform, count] of Object.entries(result.made)) made[transform] = (made[transform] ?? 0) + count;
      }),
      { numRuns: Number(process.env["RUNS"] ?? 100) },
    );
    // The generator must not wander off into programs in which there is nothing to do.
    const some = Object.entries(made).filter(([, count]) => count > 0).map(([transform]) => transform);
    expect(some, JSON.stringify(made)).toEqual(expect.arrayContaining(["use-shared-session", "batch-loop-transaction", "immediate-transaction"]));
  }, 300_000);
});
