import { describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import type { Codemods, EditGroup } from "../../src/core/edit.js";
import { brokenContract } from "../robustness/fix-contract.js";
import { fixAll } from "../robustness/fix-tree.js";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { memoryHost } from "./helpers/findings.js";

const BEFORE = `import { a, b } from "./x.js";
// one
const first = a(1); // two
export const second = first + b;
`;
const edit = { file: "f.ts", start: BEFORE.indexOf("a(1)"), end: BEFORE.indexOf("a(1)") + 4, text: "b(2)" };
const problems = (after: string, edits = [edit], before = BEFORE): string[] => brokenContract({ file: "f.ts", before, after, edits, drops: [] });
const AFTER = BEFORE.replace("a(1)", "b(2)").replace("{ a, b }", "{ b }");

describe("the check of a fix's promises", () => {
  it("has nothing to say of a fix that keeps them, imports aside", () => {
    expect(problems(AFTER)).toEqual([]);
  });

  it.each([
    ["a byte elsewhere", AFTER.replace("first + b", "first +  b"), /bytes outside/],
    ["a comment", AFTER.replace("// one\n", ""), /lost the comment "\/\/ one"/],
    ["a name that is not imported", AFTER.replace("{ b }", "{ c }"), /Cannot find name 'b'/],
    ["an import that nothing uses", AFTER.replace("{ b }", "{ a, b }"), /'a' is declared but its value is never read/],
    ["the other line ending", AFTER.replace("// one\n", "// one\r\n"), /carriage return/],
    ["the byte order mark", `\uFEFF${AFTER}`, /byte order mark/],
    ["its syntax", AFTER.replace("b(2)", "b(2"), /does not parse/],
  ])("tells when a fix spoils %s", (_, after, message) => {
    expect(problems(after).join("\n")).toMatch(message);
  });

  it("takes no name for new that was wrong before, suggested or not", () => {
    const wrong = `${BEFORE}colours(1);\n`;
    expect(problems(wrong.replace("a(1)", "b(2)").replace("{ a, b }", "{ b }"), [edit], wrong)).toEqual([]);
  });
});

const APP = {
  "src/app.ts": `import Database from "better-sqlite3";
const db = new Database("app.db");
export function add(name: string) {
  const run = db.transaction(() => {
    const n = db.prepare("SELECT count(*) AS n FROM t").get();
    db.prepare("INSERT INTO t VALUES (?, ?)").run(name, n);
  });
  run();
}
`,
};
const RULE = ruleNamed("prefer-immediate-transaction");

function fix(change: (group: EditGroup) => EditGroup, redetect = (files: Record<string, string>) => findingsOf(RULE, files)): string[] {
  const mods: Codemods = { ...codemods, plan: (...given) => ({ groups: codemods.plan(...given).groups.map(change), manual: [] }) };
  const over = (overlay: ReadonlyMap<string, string>): Record<string, string> => ({ ...APP, ...Object.fromEntries(overlay) });
  return fixAll({ findings: findingsOf(RULE, APP), host: (overlay) => memoryHost(over(overlay)), redetect: (overlay) => redetect(over(overlay)), mayTouch: () => true }, mods).problems;
}

describe("the check of a whole run", () => {
  it("has nothing to say of a good one", () => {
    expect(fix((group) => group)).toEqual([]);
  });

  it("tells of a place that is reported still, and of a fix that is planned again and again", () => {
    const said = fix((group) => ({ ...group, edits: [{ file: "src/app.ts", start: 0, end: 0, text: ";" }] }));
    expect(said.join("\n")).toMatch(/is reported still after the fix/);
    expect(said.join("\n")).toMatch(/is planned again and again/);
  });

  it("tells of what is reported since, in whichever file", () => {
    const [other] = findingsOf(RULE, APP);
    if (other === undefined) throw new Error("nothing found");
    const said = fix((group) => group, () => [{ ...other, file: "src/other.ts", fingerprint: "other" }]);
    expect(said).toEqual(["prefer-immediate-transaction src/other.ts:4: is reported since"]);
  });
});
