import { describe, expect, it } from "vitest";
import { FORMATS } from "../../src/report/index.js";
import { FORMAT_NAMES, formatOfFile } from "../../src/report/names.js";
import { FACTORY, input, LOOP } from "./sample.js";

const page = (...args: Parameters<typeof input>): string => FORMATS.get("html")?.render(input(...args), {}) ?? "";

describe("the HTML report", () => {
  it("needs nothing from elsewhere", () => {
    const text = page([FACTORY, LOOP]);
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(text).toContain("default-src 'none'");
    expect(text).not.toMatch(/<(?:link|img|iframe|script src)|url\(|@import|\ssrc=/);
  });

  it("has a card a finding, with its code, path, other places and fix", () => {
    const text = page([FACTORY, LOOP]);
    expect(text.match(/<article /g)).toHaveLength(2);
    expect(text).toContain('data-priority="P0" data-rule="no-session-per-call"');
    expect(text).toContain('<span class="line marked"><span class="number" aria-hidden="true">4</span>');
    expect(text).toContain("<summary>108 other places</summary>");
    expect(text).toContain("<code>createDb</code> opens a new session");
    expect(text).toContain("by hand: a value flows");
    expect(text).toContain('<option value="no-session-per-call">no-session-per-call (1)</option>');
  });

  it("shows other people's text as text", () => {
    const text = page([{ ...FACTORY, message: `<img src=x onerror=alert(1)> & "quoted"`, file: `<b>'.ts` }], { skipped: [{ file: "<i>", reason: "</script>" }], text: () => "</pre><script>alert(1)</script>\n\n\n\n" });
    expect(text).not.toMatch(/<img|<b>'|<i>|<script>alert/);
    expect(text.match(/<\/script>/g)).toHaveLength(1);
  });

  it("says when there is nothing", () => {
    expect(page([])).toContain("No session mistakes found.");
    expect(page([], { stats: { files: 0, parsed: 0, fromCache: 0, ms: 1 } })).toContain("Nothing was scanned.");
    expect(page([])).not.toContain("<form");
  });
});

describe("the registry", () => {
  it("has every format that help names, and no other", () => {
    expect([...FORMATS.keys()]).toEqual([...FORMAT_NAMES]);
    for (const name of FORMAT_NAMES) expect(FORMATS.get(name)?.name).toBe(name);
  });

  it("reads a format off a file's name", () => {
    expect(["a.sarif", "A.HTML", "x.json", "x.txt", "x.xml", "sarif"].map(formatOfFile)).toEqual(["sarif", "html", "json", "text", undefined, undefined]);
  });
});
