import { describe, expect, test } from "vitest";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import { FACTS_VERSION } from "../../src/core/facts/types.js";
import { parseSource } from "../../src/project/parse.js";

function parsed(file: string, text: string) {
  const result = parseSource(file, text);
  if (!result.ok) throw new Error(result.reason);
  return result;
}

describe("what is read", () => {
  test.each([
    ["a.ts", `@Dec() class A { @P() #x = 1; accessor y = 2; static {} constructor(private readonly z: Z, @I() w: W) {} abstract m(): void }`],
    ["a.ts", `enum E { A } namespace N.M { export const x = 1 } declare module "m" { export function f(): void } declare global { var g: G }`],
    ["a.ts", `import x = require("m"); export = x;`],
    ["a.ts", `using a = b(); const c = d satisfies E; import j from "./j.json" with { type: "json" }; await j;`],
    ["a.ts", `await a(); for await (const b of c) {}`],
    ["a.mts", `export const a = await import("m");`],
    ["a.cts", `import a = require("m"); export = a;`],
    ["a.d.ts", `export declare function f(): void; declare const x: number;`],
    ["a.tsx", `export const A = <T,>(p: T) => <B c={p}><></></B>;`],
    ["a.jsx", `const a = <A/>;`],
    ["a.js", `const a = <A/>;`],
    ["a.js", `await a();`],
    ["a.js", `if (a) return; with (b) {}`],
    ["a.js", `#!/usr/bin/env node\nimport a from "m";`],
    ["a.cjs", `return require("m");`],
    ["a.mjs", `import a from "m";`],
    ["a.ts", ``],
    ["a.ts", `function f(a: string): void; function f(a?: unknown) {}`],
  ])("%s: %s", (file, text) => {
    const result = parsed(file, text);
    expect(result.text).toBe(text);
    expect(() => buildFacts({ ...result, file })).not.toThrow();
  });

  test("the byte order mark is no part of the text", () => {
    const result = parsed("a.ts", "\uFEFFf();");
    expect(result.text).toBe("f();");
    expect(buildFacts({ ...result, file: "a.ts" }).calls[0]?.span).toMatchObject({ start: 0, end: 3, column: 1 });
  });
  test("comments have ranges", () => {
    expect(parsed("a.ts", "f(); // x\n/* y */").comments).toEqual([{ range: [5, 9], value: " x" }, { range: [10, 17], value: " y " }]);
  });
});

describe("what is not", () => {
  test.each([
    ["a.ts", `const a = ;`, /^1:11 /],
    ["a.ts", `f();\nclass {`, /^2:8 /],
    ["a.js", `const é = "😀"; let = = 1;`, /^1:23 /],
    ["a.ts", `\u0000\u0001PK\u0003`, /^1:1 /],
    ["a.ts", `export const a = 1; return;`, /^1:21 /],
  ])("%s: %s", (file, text, reason) => {
    const result = parseSource(file, text);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.reason).toMatch(reason);
  });
});

describe("generated code", () => {
  const n = 5_000;
  test.each([
    ["a long sum", `x = ${'"a" + b + '.repeat(n)}c;`],
    ["a long choice", `x = ${"a || ".repeat(n)}c;`],
    ["many else ifs", `${"if (a) b(); else ".repeat(n)}c();`],
    ["a long conditional", `x = ${"a ? b : ".repeat(n)}c;`],
    ["a long chain of calls", `a${".b()".repeat(n)};`],
    ["a long chain of members", `a${".b".repeat(n)};`],
    ["deep brackets", `x = ${"[".repeat(n)}${"]".repeat(n)};`],
    ["deep blocks", `${"{".repeat(n)}${"}".repeat(n)}`],
    ["deep functions", `${"() => { ".repeat(n)}${"}".repeat(n)}`],
    ["deep calls", `${"f(".repeat(n)}${")".repeat(n)}`],
    ["one long list", `x = [${"a, ".repeat(n * 40)}];`],
    ["one long object", `let db; function f() { db ??= {${"a, ".repeat(n * 40)}}; }`],
    ["one long call", `let db; function f() { db ??= f(${"a, ".repeat(n * 40)}); }`],
    ["one long list of children", `x = <a>${"<b/>".repeat(n * 40)}</a>;`],
    ["one long list of variables", `var ${"a = b(), ".repeat(n * 20)}c;`],
    ["one long template", `x = \`${"${a}".repeat(n * 40)}\`;`],
    ["one long function", `function f() { ${"return a || (b.c = d()); ".repeat(n * 4)} }`],
    ["many statements", `f(a, () => g());\n`.repeat(n)],
  ])("%s is read or refused, never thrown at", (_, text) => {
    const result = parseSource("a.js", text);
    if (result.ok) expect(buildFacts({ ...result, file: "a.js" }).version).toBe(FACTS_VERSION);
    else expect(result.reason).toMatch(/deep|nest|stack/i);
  });

  test("brackets in text and comments do not nest", () => {
    expect(parseSource("a.js", `${'f("(");\n'.repeat(2000)}${"// {\n".repeat(2000)}/* ${"[".repeat(2000)} */ f('${"(".repeat(2000)}');`).ok).toBe(true);
  });

  test("calls are found however deep they stand", () => {
    const depth = 700;
    const result = parsed("a.js", `${"f(".repeat(depth)}${")".repeat(depth)}`);
    expect(buildFacts({ ...result, file: "a.js" }).calls).toHaveLength(depth);
  });
});
