import { describe, expect, test } from "vitest";
import { factsOf, variable } from "./facts-of.js";

/** Which declaration (`name@line`) the first argument of each call `f(…)` means. */
function meanings(text: string): string[] {
  const facts = factsOf(text);
  return facts.calls.map(({ args: [arg] }) => {
    if (arg?.k === "global") return `global ${arg.name}`;
    const fact = arg?.k === "var" ? facts.variables[arg.id] : undefined;
    return fact ? `${fact.name}@${fact.span?.line}` : "?";
  });
}

describe("bindings", () => {
  test("shadowing by parameters, blocks, catch and functions", () => {
    expect(meanings(`const db = 1;
      f(db);
      function a(db) { f(db); }
      { let db; f(db); }
      try {} catch (db) { f(db); }
      const b = () => { f(db); };
      (function db() { f(db); });
      f(db);`)).toEqual(["db@1", "db@3", "db@4", "db@5", "db@1", "db@7", "db@1"]);
  });
  test("hoisting", () => {
    expect(meanings(`f(later);
      f(value);
      function later() { f(value); }
      var value = 1;`)).toEqual(["later@3", "value@4", "value@4"]);
  });
  test("var is the function's, let the block's", () => {
    expect(meanings(`let x;
      function g() { if (a) { var x = 1; } f(x); }
      function h() { if (a) { let x = 1; } f(x); }`)).toEqual(["x@2", "x@1"]);
  });
  test("a class is one binding inside and outside", () => {
    const facts = factsOf(`class A { static i = new A(); static get() { return A.i; } } A.get();`);
    expect(facts.variables.filter(({ name }) => name === "A")).toHaveLength(1);
  });
  test("an interface and a function of one name are one binding, known as the value", () => {
    expect(variable(factsOf(`interface A {} function A() {} A();`), "A").kind).toBe("function");
  });
  test("scripts' top-level names", () => {
    expect(meanings(`var x = 1;
      f(x);
      f(y);`)).toEqual(["x@1", "global y"]);
  });
  test("a parameter's name is where it stands, behind its decorators", () => {
    const text = `class A { constructor(@Inject("name") private readonly name: string) {} m(@Arg("id",\n  () => Id) id?: string) {} }`;
    const places = factsOf(text).variables.flatMap(({ kind, span }) => (kind === "param" && span ? [text.slice(span.start).match(/^\w+/)?.[0], span.line] : []));
    expect(places).toEqual(["name", 1, "id", 2]);
  });
  test("the function that declares a variable", () => {
    const facts = factsOf(`let a; function f(b) { let c; if (b) { let d; for (const e of c) { g(() => { let h; }); } } } class K { m(i) { let j; } static { let k; } }`);
    const declaredIn = Object.fromEntries(facts.variables.map(({ name, fn: id }) => [name, facts.functions[id]?.kind === "module" ? "" : (facts.functions[id]?.name ?? "?")]));
    expect(declaredIn).toMatchObject({ a: "", f: "", b: "f", c: "f", d: "f", e: "f", K: "", i: "m", j: "m", k: "static" });
  });
  test("kinds", () => {
    const facts = factsOf(`import a from "m"; const b = 1; let c; var d; function e(f) {} class G {} enum H {} namespace I { export const j = 1; } type K = 1; try {} catch (l) { l; } using n = o();`);
    expect(Object.fromEntries(facts.variables.map(({ name, kind }) => [name, kind]))).toEqual({
      a: "import", b: "const", c: "let", d: "var", e: "function", f: "param", G: "class", H: "enum", I: "namespace", j: "const", K: "type", l: "catch", n: "const",
    });
  });
});
