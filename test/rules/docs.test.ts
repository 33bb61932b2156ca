import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hostMessage } from "../../rules/host/message.js";
import { RULES } from "../../rules/registry.js";
import { HOSTS } from "./lib/eslint-hosts.js";
import { findingsOf, type Files } from "./lib/run.js";

interface Example {
  line: number;
  /** `wrong`, `wrong strict` or `right`. */
  kind: string;
  /** Written after the kind as JSON. */
  options: object;
  files: Files;
}

/** The page's TypeScript blocks. Several files in one are parted by `// file: path`. */
function examplesOf(page: string): Example[] {
  const blocks = [...page.matchAll(/^```ts(?: +(.*))?\n([\s\S]*?)^```$/gm)];
  return blocks.map((block) => ({
    line: page.slice(0, block.index).split("\n").length,
    ...headOf(block[1] ?? ""),
    files: filesOf(block[2] ?? ""),
  }));
}

/** `right {"ignoreLibraries":["sqlite3"]}` */
function headOf(head: string): Pick<Example, "kind" | "options"> {
  const brace = head.includes("{") ? head.indexOf("{") : head.length;
  return { kind: head.slice(0, brace).trim(), options: JSON.parse(head.slice(brace) || "{}") as object };
}

function filesOf(code: string): Files {
  const parts = code.split(/^\/\/ file: (.+)$/m);
  if (parts.length === 1) return { "src/example.ts": code };
  const files: Record<string, string> = {};
  for (let at = 1; at < parts.length; at += 2) files[parts[at] ?? ""] = parts[at + 1] ?? "";
  return files;
}

describe.each(RULES.map((rule) => [rule.name, rule] as const))("the page of %s", (name, rule) => {
  const page = readFileSync(new URL(`../../rules/docs/${name}.md`, import.meta.url), "utf8");
  const examples = examplesOf(page);

  it("shows both sides, each block marked", () => {
    expect(examples.filter(({ kind }) => kind.startsWith("wrong")).length).toBeGreaterThanOrEqual(3);
    expect(examples.filter(({ kind }) => kind === "right").length).toBeGreaterThanOrEqual(3);
    expect(examples.filter(({ kind }) => !["wrong", "wrong strict", "right"].includes(kind))).toEqual([]);
  });

  it.each(examples.map((example) => [`${example.kind}, line ${example.line}`, example] as const))("%s", (_, { kind, options, files }) => {
    const findings = findingsOf(rule, files, options);
    const confidences = findings.map(({ confidence }) => confidence);
    if (kind === "right") expect(findings.map(({ message }) => message)).toEqual([]);
    else expect(confidences).toEqual([kind === "wrong strict" ? "likely" : "proven"]);

    const [only, ...more] = Object.entries(files);
    if (!only || more.length > 0) return;
    const [file, code] = only;
    for (const host of HOSTS.filter(({ parser }) => parser !== "espree"))
      expect(host.lint(rule, file, code, options).map(({ message }) => message), host.name).toEqual(findings.map(hostMessage));
  });
});
