import { afterEach, describe, expect, it, vi } from "vitest";
import { transforms } from "../../codemods/index.js";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { fixOnce } from "./helpers/rounds.js";

const write = (name: string): string => `import Database from "better-sqlite3";

const db = new Database("app.db");
const set = db.prepare("UPDATE t SET v = ?");
const get = db.prepare("SELECT v FROM t");

export function ${name}() {
  const run = db.transaction(() => {
    const { v } = get.get() as { v: number };
    set.run(v + 1);
  });
  run();
}
`;
const FILES = { "src/one.ts": write("one"), "src/two.ts": write("two") };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a transform that fails on one place", () => {
  it("leaves it to people, as a defect, and the others are fixed", () => {
    const findings = findingsOf(ruleNamed("prefer-immediate-transaction"), FILES);
    expect(findings.map(({ file }) => file)).toEqual(["src/one.ts", "src/two.ts"]);
    const transform = transforms.find(({ name }) => name === "immediate-transaction");
    if (transform === undefined) throw new Error("no such transform");
    const plan = transform.plan.bind(transform);
    vi.spyOn(transform, "plan").mockImplementation((finding, context) => {
      if (finding.file === "src/one.ts") throw new TypeError("it has no parent");
      return plan(finding, context);
    });
    const { files, groups, manual } = fixOnce(FILES, findings);
    expect(files["src/one.ts"]).toBe(FILES["src/one.ts"]);
    expect(files["src/two.ts"]).toContain("run.immediate()");
    expect(groups).toHaveLength(1);
    expect(manual.map(({ finding, reason }) => [finding.file, reason])).toEqual([["src/one.ts", expect.stringMatching(/^a defect of sessionfix: .*it has no parent$/)]]);
  });
});
