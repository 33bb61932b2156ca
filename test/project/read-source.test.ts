import path from "node:path";
import { describe, expect, it } from "vitest";
import { decode, readSource } from "../../src/project/read-source.js";
import { tree } from "./tree.js";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("decode", () => {
  it("drops the byte order mark, and nothing else", () => {
    expect(decode(bytes("\uFEFFconst a = 'é🎉';\r\n"))).toEqual({ ok: true, text: "const a = 'é🎉';\r\n" });
  });

  it("reads source with a zero byte in a string", () => {
    const text = `export const keyOf = (kind, name) => \`\${kind}\0\${name}\`;\n`.padEnd(400, "// more\n");
    expect(text).toContain("\0");
    expect(decode(bytes(text))).toEqual({ ok: true, text });
  });

  it.each([
    ["an image with a source file's name", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]), /^binary/],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x61, 0x00]), /UTF-16.*save it as UTF-8/],
    ["Latin-1", new Uint8Array([0x2f, 0x2f, 0x20, 0xe9, 0x0a]), /not UTF-8/],
    ["a bundle", bytes("function a(b,c){return b+c};".repeat(2_000)), /minified/],
    ["brackets that would overflow the parser's stack", bytes("(\n".repeat(7_000) + "1" + ")\n".repeat(7_000)), /nested more than 3,000 deep/],
  ])("refuses %s and says why", (_name, content, reason) => {
    const result = decode(content);
    expect(result.ok).toBe(false);
    expect(result.ok ? "" : result.reason).toMatch(reason);
  });

  it("takes prose in long string literals: long lines alone do not make a bundle", () => {
    const prose = "You are a careful reviewer who reads every line of the change and asks what could go wrong. ".repeat(300);
    expect(decode(bytes(`export const prompt = "${prose}";\n`)).ok).toBe(true);
  });

  it("leaves out a bundle whose SQL texts have lines of their own", () => {
    const bundled = `${'var a=b=>{let{c:d}=b;return d.e.f(1,2,3)};'.repeat(20)}x.prepare(\`\n${"    SELECT name, count(*) FROM things\n".repeat(18)}\`);`;
    expect(decode(bytes(`${bundled}\n`.repeat(20)))).toEqual({ ok: false, reason: "minified or generated: very long lines" });
  });

  it("takes a file written by hand with an image in it", () => {
    const code = "export function add(left: number, right: number): number {\n  return left + right;\n}\n".repeat(400);
    expect(decode(bytes(`export const logo = "${"iVBORw0KGgoAAAANSUhEUg".repeat(2_000)}";\n${code}`)).ok).toBe(true);
  });

  it("takes a short file with one long line", () => {
    expect(decode(bytes(`export const key="${"x".repeat(5_000)}";`)).ok).toBe(true);
  });
});

describe("readSource", () => {
  it("does not read ten megabytes of minified code to the end", async () => {
    const root = tree({ "bundle.js": "var a=1;".repeat(1_310_720) });
    expect(readSource(path.join(root, "bundle.js"))).toEqual({ ok: false, reason: "minified or generated: very long lines (10.0 MB)" });
  });

  it("names the limit for a huge file with short lines", async () => {
    const root = tree({ "data.ts": "export const a = 1;\n".repeat(300_000) });
    const result = readSource(path.join(root, "data.ts"));
    expect(result).toEqual({ ok: false, reason: "too large to be written by hand (5.7 MB; the limit is 4 MB)" });
  });

  it("says what is wrong with a file that is gone, or a folder", async () => {
    const root = tree({ "folder/a.ts": "" });
    expect(readSource(path.join(root, "gone.ts"))).toEqual({ ok: false, reason: "cannot be read: it is gone" });
    expect(readSource(path.join(root, "folder"))).toEqual({ ok: false, reason: "a folder, not a file" });
  });
});
