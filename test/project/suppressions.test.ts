import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/core/finding.js";
import { scanProject } from "../../src/project/scan.js";
import { applySuppressions } from "../../src/project/suppressions.js";
import { FACTORY } from "../report/sample.js";
import { tree } from "./tree.js";

const RULES = new Set(["no-session-per-call", "no-query-in-loop"]);

function at(line: number, rule = "no-session-per-call"): Finding {
  return { ...FACTORY, rule, file: "a.tsx", span: { ...FACTORY.span, line } };
}

function apply(text: string, ...findings: Finding[]) {
  const { findings: left, notices, unused } = applySuppressions(findings, ["a.tsx"], () => text, RULES);
  return { left: left.map(({ span }) => span.line), notices: notices.map(({ code, line }) => `${code}:${line}`), unused: unused.map(({ directive, rule }) => `${rule}:${directive.line}`) };
}

describe("a comment with a rule and a reason suppresses", () => {
  it.each([
    ["the next line", "// sessionfix-disable-next-line no-session-per-call -- a tool\nopen();\n", 2],
    ["the next line, from a block", "/* sessionfix-disable-next-line no-session-per-call -- a tool */\nopen();\n", 2],
    ["the next line, from a block of many lines", "/*\n * sessionfix-disable-next-line no-session-per-call\n * -- a tool\n */\nopen();\n", 5],
    ["the next line of code below other comments", "// sessionfix-disable-next-line no-session-per-call -- a tool\n// why\n/* and\n how */\nopen();\n", 5],
    ["its own line", "open(); // sessionfix-disable-line no-session-per-call -- a tool\n", 1],
    ["its own line with CRLF", "let a;\r\nopen(); // sessionfix-disable-line no-session-per-call -- a tool\r\n", 2],
    ["the whole file", "let a;\n\n\nopen();\n// sessionfix-disable-file no-session-per-call -- a tool\n", 4],
    ["the next line of JSX", "export const a = (\n  <p>\n    {/* sessionfix-disable-next-line no-session-per-call -- a tool */}\n    {open()}\n  </p>\n);\n", 4],
    ["by the rule's full name", "// sessionfix-disable-next-line sessionfix/no-session-per-call -- a tool\nopen();\n", 2],
    ["one of several rules", "// sessionfix-disable-next-line no-query-in-loop, no-session-per-call -- a tool -- really\nopen();\n", 2],
  ])("%s", (_name, text, line) => {
    const { left, notices } = apply(text, at(line));
    expect({ left, notices }).toEqual({ left: [], notices: [] });
  });

  it("nothing else: other lines, other rules, other files", () => {
    const text = "// sessionfix-disable-next-line no-session-per-call -- a tool\nopen();\nopen();\n";
    expect(apply(text, at(3)).left).toEqual([3]);
    expect(apply(text, at(2, "no-query-in-loop")).left).toEqual([2]);
    expect(applySuppressions([{ ...at(2), file: "b.ts" }], ["a.tsx"], () => text, RULES).findings).toHaveLength(1);
  });

  it("not across an empty line, and not from a string", () => {
    expect(apply("// sessionfix-disable-next-line no-session-per-call -- a tool\n\nopen();\n", at(3)).left).toEqual([3]);
    expect(apply('const a = "// sessionfix-disable-next-line no-session-per-call -- a tool";\nopen();\n', at(2))).toEqual({ left: [2], notices: [], unused: [] });
  });

  it("two stacked comments speak of the same line", () => {
    const text = "// sessionfix-disable-next-line no-session-per-call -- a\n// sessionfix-disable-next-line no-query-in-loop -- b\nopen();\n";
    expect(apply(text, at(3), at(3, "no-query-in-loop"))).toEqual({ left: [], notices: [], unused: [] });
  });
});

describe("what suppresses nothing is told", () => {
  it.each([
    ["no reason", "// sessionfix-disable-next-line no-session-per-call\nopen();\n", "suppression-without-reason:1"],
    ["an empty reason", "// sessionfix-disable-next-line no-session-per-call --  \nopen();\n", "suppression-without-reason:1"],
    ["no rule", "// sessionfix-disable-next-line -- a tool\nopen();\n", "suppression-without-rule:1"],
    ["neither line nor file", "// sessionfix-disable no-session-per-call -- a tool\nopen();\n", "suppression-without-rule:1"],
    ["an unknown rule", "// sessionfix-disable-next-line no-session-per-cal -- a tool\nopen();\n", "suppression-of-unknown-rule:1"],
  ])("%s", (_name, text, notice) => {
    const { left, notices } = apply(text, at(2));
    expect({ left, notices }).toEqual({ left: [2], notices: [notice] });
  });

  it("each rule that a comment names in vain", () => {
    expect(apply("// sessionfix-disable-next-line no-session-per-call, no-query-in-loop -- a\nopen();\n", at(2)).unused).toEqual(["no-query-in-loop:1"]);
  });
});

describe("in a scan", () => {
  const FILES = (comment: string) => ({
    "server.ts": `import express from "express";
import Database from "better-sqlite3";
const app = express();
app.get("/orders", (request, response) => {
  ${comment}
  const db = new Database("shop.db");
  response.json(db.prepare("SELECT * FROM orders").all());
});
app.listen(3000);
`,
  });
  const REASON = "// sessionfix-disable-next-line no-session-per-call -- a report that runs once a day";
  const scan = (root: string, cache: string | false = false) => scanProject({ root, cache });

  it("is applied, counted, and holds for a second detection, cached or not", async () => {
    const root = tree(FILES(REASON));
    const cache = tree({});
    expect((await scan(tree(FILES("")))).findings.map(({ rule }) => rule)).toContain("no-session-per-call");
    for (let pass = 1; pass <= 2; pass++) {
      const result = await scan(root, cache);
      expect(result.findings.map(({ rule }) => rule)).not.toContain("no-session-per-call");
      expect(result).toMatchObject({ suppressed: 1, notices: [] });
      expect(result.redetect(new Map([["other.ts", "export {};\n"]])).map(({ rule }) => rule)).not.toContain("no-session-per-call");
    }
    const result = await scan(root, cache);
    const text = FILES("")["server.ts"];
    expect(result.redetect(new Map([["server.ts", text]])).map(({ rule }) => rule)).toContain("no-session-per-call");
  });

  it("a stale comment is told, in a file without any database code, too; a rule that did not run is not judged", async () => {
    const root = tree({ "a.ts": "// sessionfix-disable-next-line no-session-per-call -- once\nexport {};\n", "b.ts": "export {};\n" });
    expect((await scan(root)).notices).toEqual([{ code: "stale-suppression", file: "a.ts", line: 1, text: "This comment suppresses nothing: no-session-per-call reports nothing in line 2. Remove it." }]);
    expect((await scanProject({ root, cache: false, rules: ["no-query-in-loop"] })).notices).toEqual([]);
    expect((await scanProject({ root, cache: false, paths: [`${root}/a.ts`] })).notices).toEqual([]);
  });
});
