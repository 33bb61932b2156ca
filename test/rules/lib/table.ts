import { describe, expect, it } from "vitest";
import { formatCost } from "../../../src/core/cost.js";
import type { Finding } from "../../../src/core/finding.js";
import { hostMessage } from "../../../rules/host/message.js";
import type { Rule } from "../../../rules/rule.js";
import { HOSTS, type ParserName } from "./eslint-hosts.js";
import { findingsOf, ruleNamed, type Files } from "./run.js";

interface Source {
  name: string;
  /** One file, or several by path. One file runs through every ESLint host that can parse it as well. */
  code: string | Files;
  /** Where the one file lies. Default: `src/app.ts`. */
  file?: string;
  options?: object;
}

export type ValidCase = Source;

export interface Expected {
  /** 1-based. */
  line: number;
  /** Of the file with several. */
  file?: string;
  /** A part of the message. */
  message: string;
  /** Default: `proven`. */
  confidence?: Finding["confidence"];
  /** Default: `better-sqlite3`. */
  library?: string;
  fix: Finding["fix"];
  /** A part of the reason; must be there unless the fix is `safe`. */
  reason?: string;
  /** Lines of the related places, with the file before it (`src/db.ts:3`) where there are several files. Default: none. */
  related?: (number | string)[];
  /** The path from an entry point, likewise. Default: none. */
  why?: (number | string)[];
  /** Why a loop's list may be long, in words, each with its line before it (`8: …`). Default: not looked at. */
  list?: string[];
  /** Default: none. */
  sessions?: string;
  statements?: string;
}

export interface InvalidCase extends Source {
  findings: Expected[];
}

export interface Table {
  rule: string;
  theme: string;
  valid: readonly ValidCase[];
  invalid: readonly InvalidCase[];
}

/** Runs a table of cases. A valid case has no finding at all, not even a likely one; an invalid one exactly those listed. */
export function runTable({ rule: name, theme, valid, invalid }: Table): void {
  const rule = ruleNamed(name);
  describe(`${name}: ${theme}`, () => {
    describe("valid", () => {
      it.each(valid.map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
        const findings = check(rule, entry);
        expect(findings.map((finding) => summary(finding, isSingle(entry)))).toEqual([]);
      });
    });
    describe("invalid", () => {
      it.each(invalid.map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
        const findings = check(rule, entry);
        const single = isSingle(entry);
        expect(findings.map((finding) => summary(finding, single))).toEqual(entry.findings.map(expectation));
        findings.forEach((finding, index) => {
          const { message, reason } = entry.findings[index] ?? { message: "" };
          expect(finding.message).toContain(message);
          const list = entry.findings[index]?.list;
          const steps = finding.why.filter(({ about }) => about === "list").map(({ file, span, text }) => `${single ? "" : `${file}:`}${span.line}: ${text}`);
          if (list) expect(steps).toEqual(list);
          expect(finding.fixReason === undefined).toBe(finding.fix === "safe");
          if (finding.fix !== "safe") expect(finding.fixReason).toContain(reason ?? "no reason is expected here");
        });
      });
    });
  });
}

function isSingle({ code }: Source): boolean {
  return typeof code === "string";
}

/** Finds, and holds what each ESLint host reports against it. */
function check(rule: Rule, { code, file = "src/app.ts", options = {} }: Source): Finding[] {
  if (typeof code !== "string") return findingsOf(rule, Object.fromEntries(Object.entries(code).map(([name, text]) => [name, dedent(text)])), options);
  const text = dedent(code);
  const findings = findingsOf(rule, { [file]: text }, options);
  const expected = findings.map((finding) => {
    const { line, column, endLine, endColumn } = finding.span;
    return { line, column, endLine, endColumn, message: hostMessage(finding) };
  });
  const ran = new Set<ParserName>();
  for (const host of HOSTS) {
    const messages = host.lint(rule, file, text, options);
    if (host.parser === "espree" && messages.some(({ fatal }) => fatal)) continue;
    ran.add(host.parser);
    const reported = messages.map(({ line, column, endLine, endColumn, message }) => ({ line, column, endLine, endColumn, message }));
    expect(reported, host.name).toEqual(expected);
  }
  expect(ran).toContain("@typescript-eslint/parser");
  return findings;
}

/** What a case asserts of a finding, beside its message and reason. */
function summary({ file, span, confidence, library, fix, related, why, cost }: Finding, single: boolean) {
  const at = (place: { file: string; span: { line: number } }) => (single ? place.span.line : `${place.file}:${place.span.line}`);
  return {
    at: single ? String(span.line) : `${file}:${span.line}`,
    confidence,
    library,
    fix,
    related: related.map(at),
    why: why.filter(({ about }) => about !== "list").map(at),
    sessions: cost?.sessions && formatCost(cost.sessions),
    statements: cost?.statements && formatCost(cost.statements),
  };
}

function expectation({ file, line, confidence = "proven", library = "better-sqlite3", fix, related = [], why = [], sessions, statements }: Expected): ReturnType<typeof summary> {
  return { at: file === undefined ? String(line) : `${file}:${line}`, confidence, library, fix, related, why, sessions, statements };
}

/** Lets cases be written indented: the first line is the first line of code. */
export function dedent(text: string): string {
  const lines = text.replace(/^\n/, "").replace(/\n *$/, "\n").split("\n");
  const indent = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => /^ */.exec(line)?.[0].length ?? 0));
  return lines.map((line) => line.slice(indent)).join("\n");
}
