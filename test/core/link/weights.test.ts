import { describe, expect, it } from "vitest";
import { holdsCode, isVeryLarge, weightOf } from "../../../src/core/link/weights.js";
import { callAt, link } from "./link.js";

/** Whether the object that `take` is given is written with code in it. */
const isCode = (text: string) => {
  const project = link({ "a.ts": `import { run } from "./b";\nfunction take(one) {} function go() {} const held = () => {}; const row = take();\nclass A { go() {} start() { ${text} } }`, "b.ts": `export function run() {}` });
  const { file, call } = callAt(project, "take({");
  const [given] = call.args;
  return given !== undefined && holdsCode(project.program, file, given);
};

describe("what is weighed as code", () => {
  it.each<[string, string]>([
    ["a method", `take({ name: "n", run() {} });`],
    ["a function's name", `take({ run: go });`],
    ["a constant that holds a function", `take({ run: held });`],
    ["what another module exports", `take({ run });`],
    ["a method of the object itself", `take({ run: this.go });`],
    ["a class", `take({ model: A });`],
    ["what a wrapper makes of a function", `take({ run: take(() => {}) });`],
    ["one in a list", `take({ steps: [{ run() {} }] });`],
  ])("%s", (_name, text) => expect(isCode(text)).toBe(true));

  it.each<[string, string]>([
    ["literals", `take({ name: "n", age: 3 });`],
    ["parts of a row", `take({ id: row.id, tags: [row.tag], at: new Date() });`],
    ["what a call gives", `take({ total: take(1) });`],
    ["a field of the object itself", `take({ size: this.size });`],
  ])("not %s", (_name, text) => expect(isCode(text)).toBe(false));

  it("data takes eight times the room", () => {
    expect(weightOf({ t: "object", file: "a.ts", id: 1 }, false)).toBe(8 * weightOf({ t: "object", file: "a.ts", id: 1 }, true));
    expect(weightOf({ t: "function", file: "a.ts", id: 1 }, false)).toBe(1);
  });

  it("only in very large programs", () => {
    const { program } = link({ "a.ts": "go();" });
    expect(isVeryLarge(program)).toBe(false);
    const facts = program.file("a.ts");
    const [call] = facts.calls;
    facts.calls = call ? Array.from({ length: 250_001 }, () => call) : [];
    expect(isVeryLarge(program)).toBe(true);
  });
});
