import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { tooDeep } from "../../src/project/nesting.js";

/** Each nests once a repetition, none of them by a bracket. */
const NESTED: [string, (n: number) => string][] = [
  ["negations", (n) => `${"!".repeat(n)}a`],
  ["arrows", (n) => `${"a=>".repeat(n)}a`],
  ["arrows on lines of their own", (n) => `${"a =>\n".repeat(n)}a`],
  ["type arguments", (n) => `let a: ${"A<".repeat(n)}B${"> ".repeat(n)}`],
  ["conditionals", (n) => `${"a?b:".repeat(n)}c`],
  ["conditions", (n) => `${"if(a)".repeat(n)}b;`],
  ["loops", (n) => `${"for(;;)".repeat(n)}b;`],
  ["assignments", (n) => `${"a=".repeat(n)}1`],
  ["labels", (n) => `${Array.from({ length: n }, (_, i) => `l${i}:`).join("")}b;`],
  ["elements", (n) => `x=${"<a>".repeat(n)}${"</a>".repeat(n)}`],
  ["powers", (n) => `a${"**a".repeat(n)}`],
  ["operators of two kinds", (n) => `a${"+a-b*c".repeat(n)}`],
  ["operators", (n) => `${"typeof ".repeat(n)}a`],
  ["a sum of calls", (n) => `a${"+f(a,b)".repeat(n)}`],
  ["types of functions", (n) => `type A=${"()=>".repeat(n)}E`],
  ["constructors", (n) => `${"new ".repeat(n)}a`],
];

test.each(NESTED)("%s: refused in numbers that end the parser's process, taken in numbers that people write", (_, text) => {
  expect(tooDeep(text(20_001))).toMatch(/deep/);
  expect(tooDeep(text(500))).toBeUndefined();
});

test.each([
  ["statements", "a = b + c ? d : e;\n"],
  ["statements without semicolons", "a.b(c) + d\nconst e = f => g\n"],
  ["calls without semicolons", "f(a, b)\n"],
  ["functions in one line", "function a(b){return b+c}"],
  ["items of a list", "a => b + c,"],
  ["classes", "class A<B> extends C<D> { a = b ? c : d }\n"],
  ["strings", `x("${"one two, <b>! ".repeat(10)}")\n`],
])("any number of %s", (_, text) => {
  expect(tooDeep(text.repeat(20_000))).toBeUndefined();
});

test("long texts are no code", () => {
  expect(tooDeep(`x = "${"one two ".repeat(20_000)}"; /* ${"<a> = ! ".repeat(20_000)} */`)).toBeUndefined();
  expect(tooDeep(`x = \`${"<a b=\"c\">d's</a>\n".repeat(20_000)}\${e}\`;`)).toBeUndefined();
});

describe("what is taken is parsed, even on the small stack of a thread", () => {
  test.each(NESTED)("%s", async (_, text) => {
    let [most, refused] = [500, 20_001];
    while (refused - most > 1) {
      const middle = (most + refused) >> 1;
      if (tooDeep(text(middle)) === undefined) most = middle;
      else refused = middle;
    }
    const parse = `const { parseSync } = require("oxc-parser"); const { parentPort, workerData } = require("node:worker_threads"); parentPort.postMessage(parseSync(workerData.file, workerData.text).program.type);`;
    const source = text(most);
    const worker = new Worker(parse, { eval: true, workerData: { file: source.startsWith("x=<") ? "a.jsx" : "a.ts", text: source } });
    const type = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    expect(type).toBe("Program");
    await worker.terminate();
  });
});
