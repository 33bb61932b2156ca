import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeFrame } from "../../src/report/frame.js";
import { displayWidth, wrap } from "../../src/report/terminal.js";
import { spanOf } from "./sample.js";

function frame(text: string, part: string, width = 80): string {
  return codeFrame(text, spanOf(text, part), width)
    .map(({ number, text: line, kind }) => `${kind === "marked" ? ">" : " "}${String(number ?? (kind === "gap" ? "~" : "")).padStart(2)}|${line}`)
    .join("\n");
}

describe("codeFrame", () => {
  it("takes common indentation away", () => {
    expect(frame("f(() => {\n    if (x) {\n      open();\n    }\n});", "open()")).toBe("  2|if (x) {\n> 3|  open();\n   |  ^^^^^^\n  4|}");
  });

  it("aligns carets under tabs, wide characters and emoji", () => {
    expect(frame("\tconst 名 = open();", "open()")).toBe("> 1|const 名 = open();\n   |           ^^^^^^");
    expect(frame("const a = '🎉', b = open();", "open()")).toBe("> 1|const a = '🎉', b = open();\n   |                    ^^^^^^");
    expect(frame("\t\tx;\n\t\t\ty\t= 1;", "= 1")).toBe("  1|x;\n> 2|  y  = 1;\n   |     ^^^");
  });

  it("shows a short span whole and a long one by its head and its end", () => {
    const body = Array.from({ length: 20 }, (_, index) => `  step(${index});`).join("\n");
    const text = `before();\nrun(() => {\n${body}\n});\nafter();`;
    const part = text.slice(text.indexOf("run"), text.indexOf(";\nafter"));
    expect(frame(text, part)).toBe(
      "  1|before();\n> 2|run(() => {\n   |^^^^^^^^^^^\n> 3|  step(0);\n> 4|  step(1);\n> 5|  step(2);\n  ~|\n>23|});\n 24|after();",
    );
  });

  it("cuts a long line around the place", () => {
    const text = `${"a".repeat(200)} open() ${"b".repeat(200)}`;
    const lines = codeFrame(text, spanOf(text, "open()"), 60);
    expect(lines[0]?.text).toMatch(/^…a+ open\(\) b+…$/);
    expect(lines[1]?.text.indexOf("^")).toBe(lines[0]?.text.indexOf("open"));
    expect(lines[1]?.text.trim()).toBe("^^^^^^");
  });

  it("reads CRLF, an empty file, a span at the very end", () => {
    expect(frame("a;\r\nopen();\r\nb;", "open()")).toBe("  1|a;\n> 2|open();\n   |^^^^^^\n  3|b;");
    expect(codeFrame("", { start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 }, 80)).toEqual([
      { number: 1, text: "", kind: "marked" },
      { text: "^", kind: "carets" },
    ]);
  });

  it("puts the carets under exactly the span, whatever stands on the line", () => {
    const piece = fc.string({ unit: fc.constantFrom("a", "é", "名", "\t", " ", "🎉", "x\u0301"), maxLength: 12 });
    fc.assert(
      fc.property(piece, piece, (before, after) => {
        const text = `|${before}HERE${after}`;
        const [source, carets] = codeFrame(text, spanOf(text, "HERE"), 200);
        expect(carets?.text.trim()).toBe("^^^^");
        const lead = (source?.text ?? "").split("HERE")[0] ?? "";
        expect(carets?.text.indexOf("^")).toBe(displayWidth(lead));
      }),
    );
  });

  it("never shows a line wider than asked for", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "名", " ", "\t"), minLength: 1, maxLength: 300 }), fc.nat(299), fc.integer({ min: 20, max: 80 }), (text, at, width) => {
        const start = Math.min(at, text.length - 1);
        const lines = codeFrame(text, { start, end: start + 1, line: 1, column: start + 1, endLine: 1, endColumn: start + 2 }, width);
        for (const line of lines) expect(displayWidth(line.text)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe("wrap", () => {
  it("breaks at spaces, keeps line breaks, and lets a long word stand alone", () => {
    expect(wrap("one two three\nfour incomprehensibilities x", 9)).toEqual(["one two", "three", "four", "incomprehensibilities", "x"]);
  });

  it("loses no word", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 4, max: 40 }), (words, width) => {
        expect(wrap(words.join(" "), width).join(" ")).toBe(words.join(" "));
      }),
    );
  });
});
