import { describe, expect, test } from "vitest";
import type { Expr, FileFacts } from "../../../src/core/facts/types.js";
import { factsOf } from "./facts-of.js";

/** An expression as short text: what the tests compare. */
function show(facts: FileFacts, expr: Expr): string {
  const sub = (inner: Expr): string => show(facts, inner);
  switch (expr.k) {
    case "var": {
      const { name, kind } = facts.variables[expr.id] ?? { name: "?", kind: "?" };
      return name || `<${kind}>`;
    }
    case "global": return `global ${expr.name}`;
    case "this": return "this";
    case "super": return "super";
    case "member": return `${sub(expr.of)}.${expr.name}`;
    case "call": {
      const call = facts.calls[expr.id];
      return call ? `${call.kind === "new" ? "new " : ""}${sub(call.callee)}(${call.args.map(sub).join(", ")})` : "?";
    }
    case "fn": return `fn ${facts.functions[expr.id]?.name}`;
    case "class": return `class ${facts.classes[expr.id]?.name}`;
    case "object": return `{${expr.props.map((prop) => `${prop.name}: ${sub(prop.value)}`).join(", ")}}`;
    case "array": return `[${expr.items.map(sub).join(", ")}${expr.spread ? ", …" : ""}]`;
    case "literal": return JSON.stringify(expr.value);
    case "template": return `\`${expr.text}\` ${expr.holes.map(sub).join(", ")}`;
    case "either": return `(${expr.of.map(sub).join(" | ")})`;
    case "await": return `await ${sub(expr.of)}`;
    case "typed": return `${sub(expr.of)} as ${expr.type.k}`;
    case "module": return `module ${expr.specifier}`;
    default: return "?";
  }
}

/** Every assignment as `target = value`. */
function assigns(text: string, file?: string): string[] {
  const facts = factsOf(text, file);
  return facts.assigns.map(({ target, value, op }) => `${show(facts, target)} ${op} ${show(facts, value)}`);
}

describe("values", () => {
  test.each([
    ["const alias", `const a = b;`, ["a = global b"]],
    ["member", `const a = b.c?.d["e"][f];`, ["a = global b.c.d.e.*"]],
    ["call on an optional chain", `const a = b?.c?.(1);`, ["a = global b.c(1)"]],
    ["non-null", `const a = b!.c!;`, ["a = global b.c"]],
    ["as and satisfies", `const a = (b as C) satisfies D;`, ["a = global b as ref as ref"]],
    ["as const", `const a = "x" as const;`, [`a = "x"`]],
    ["logical, flattened", `const a = b ?? c ?? d;`, ["a = (global b | global c | global d)"]],
    ["conditional, flattened", `const a = b ? c : d ? e : f;`, ["a = (global c | global e | global f)"]],
    ["sequence", `const a = (b, c);`, ["a = global c"]],
    ["assignment as a value", `let a, b; a = b = c();`, ["b = global c()", "a = global c()"]],
    ["logical assignment as a value", `let a; const b = (a ??= c());`, ["a ??= global c()", "b = (a | global c())"]],
    ["IIFE", `const a = (() => b)();`, ["a = fn ()"]],
    ["await", `const a = await b();`, ["a = await global b()"]],
    ["template", "const a = `x${b}y${1}`;", ["a = `x${}y1` global b"]],
    ["template without holes", "const a = `x`;", [`a = "x"`]],
    ["concatenation", `const a = "x" + b + "y" + \`z\${c}\`;`, ["a = `x${}yz${}` global b, global c"]],
    ["concatenation of literals", `const a = "x" + "y";`, [`a = "xy"`]],
    ["sum", `const a = b + c;`, ["a = ?"]],
    ["negative number", `const a = -1;`, ["a = -1"]],
    ["object", `const a = { b, c: 1, "d-e": 2, [f]: 3, ["g"]: 4, h() {}, get i() { return 1; }, ...j };`, [
      `a = {b: global b, c: 1, d-e: 2, *: 3, g: 4, h: fn h, i: fn i, ...: global j}`,
    ]],
    ["array", `const a = [b, , ...c];`, ["a = [global b, ?, global c.*, …]"]],
    ["class expression", `const a = class {}; const b = class C {};`, ["a = class a", "b = class C"]],
    ["require", `const a = require("m"), { b: c } = require("m");`, ["a = module m", "c = module m.b"]],
    ["createRequire, called at once", `import { createRequire } from "node:module"; const a = createRequire(import.meta.url)("m");`, ["a = module m"]],
    ["getBuiltinModule", `const a = process.getBuiltinModule("node:sqlite"); const b = other.getBuiltinModule("m");`, ["a = module node:sqlite", 'b = global other.getBuiltinModule("m")']],
    ["createRequire", `import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const a = require("m");`, [
      "require = createRequire(global import.meta.url)", "a = module m",
    ]],
    ["createRequire, under another name", `import { createRequire } from "node:module"; const load = createRequire(import.meta.url); const a = load("m"); const b = other("m");`, [
      "load = createRequire(global import.meta.url)", "a = module m", 'b = global other("m")',
    ]],
    ["someone else's require", `function f(require) { const a = require("m"); }`, [`a = require("m")`, "f = fn f"]],
    ["dynamic import", `const a = await import("m"); const { b } = await import("m");`, ["a = await module m", "b = await module m.b"]],
    ["import equals", `import a = require("m"); import b = a.c;`, ["b = a.c"]],
    ["undeclared", `db = 1;`, ["global globalThis.db = 1"]],
    ["private field", `class A { #a; f() { this.#a = 1; } }`, ["this.#a = 1", "A = class A"]],
    ["function and class declarations", `function f() {} class C {}`, ["f = fn f", "C = class C"]],
    ["arithmetic", `let a = 0; a += 1; a++;`, ["a = 0", "a other ?", "a other ?"]],
    ["delete", `delete a.b;`, ["global a.b = global undefined"]],
    ["enum", `enum E { A = "x", B }`, [`E.A = "x"`]],
    ["namespace", `namespace N { export const a = b; }`, ["a = global b", "N.a = a"]],
    ["big numbers and patterns", `const a = 1n, b = /x/, c = 1e999;`, ["a = ?", "b = ?", "c = ?"]],
  ])("%s", (_, text, expected) => {
    expect(assigns(text)).toEqual(expected);
  });

  test("tagged templates are calls of the tag with the template and its holes", () => {
    const facts = factsOf("sql`select ${id} and ${1}`;");
    const call = facts.calls[0];
    expect(call?.kind).toBe("tag");
    expect(call?.args.map((arg) => show(facts, arg))).toEqual(["`select ${} and 1` global id", "global id", "1"]);
  });
});

describe("destructuring", () => {
  test.each([
    ["object", `const { a, b: c } = d;`, ["a = global d.a", "c = global d.b"]],
    ["nested", `const { a: { b }, c: [d] } = e();`, ["b = global e().a.b", "d = global e().c.0"]],
    ["defaults", `const { a = f() } = b;`, ["a = (global b.a | global f())"]],
    ["rest", `const { a, ...b } = c; const [d, ...e] = f;`, ["a = global c.a", "b = global c", "d = global f.0", "e = [global f.*, …]"]],
    ["holes", `const [, a] = b;`, ["a = global b.1"]],
    ["computed", `const { [a]: b, ["c"]: d } = e;`, ["b = global e.*", "d = global e.c"]],
    ["of a literal, by an implicit variable", `const { a } = { a: 1 };`, ["<implicit> = {a: 1}", "a = <implicit>.a"]],
    ["with a type", `const { a }: T = b;`, ["<implicit> = global b", "a = <implicit>.a"]],
    ["assignment", `let a; ({ a, b: c.d, e: c[f] } = g);`, ["a = global g.a", "global c.d = global g.b", "global c.* = global g.e"]],
    ["parameter", `function f({ a, b: { c } = {} }, [d] = e) {}`, [
      "a = <implicit>.a", "<implicit> = (<implicit>.b | {})", "c = <implicit>.c", "<implicit> = global e", "d = <implicit>.0", "f = fn f",
    ]],
    ["parameter default", `const f = (a = b()) => a;`, ["a = global b()", "f = fn f"]],
    ["for-of", `for (const { a } of b) {}`, ["a = global b.*.a"]],
    ["for-of over literals", `for (const a of ["x", "y"]) {}`, [`a = ("x" | "y")`]],
    ["for await", `for await (const a of b()) {}`, ["a = global b().*"]],
    ["catch", `try {} catch ({ message }) {}`, ["message = ?.message"]],
  ])("%s", (_, text, expected) => {
    expect(assigns(text)).toEqual(expected);
  });
});

describe("exports", () => {
  const exported = (text: string, file?: string): string[] => {
    const facts = factsOf(text, file);
    return facts.exports.map((e) => {
      const type = e.k !== "star" && e.typeOnly ? "type " : "";
      if (e.k === "value") return `${type}${e.name}: ${show(facts, e.value)}`;
      return e.k === "star" ? `* of ${e.specifier}` : `${type}${e.name}: ${e.imported} of ${e.specifier}`;
    });
  };
  test.each([
    ["declarations", `export const a = 1, { b } = c; export function d() {} export class E {} export enum F {} export type G = 1; export interface H {}`, [
      "a: a", "b: b", "d: d", "E: E", "F: F", "type G: G", "type H: H",
    ]],
    ["list", `const a = 1; export { a, a as b, a as default }; export type { T };`, ["a: a", "b: a", "default: a", "type T: global T"]],
    ["re-exports", `export { a, b as c, default, default as d, type T } from "m"; export * from "n"; export * as ns from "o";`, [
      "a: a of m", "c: b of m", "default: default of m", "d: default of m", "type T: T of m", "* of n", "ns: * of o",
    ]],
    ["imported, then exported", `import { a } from "m"; export { a };`, ["a: a"]],
    ["default expression", `export default f();`, ["default: global f()"]],
    ["default function", `export default function () {}`, ["default: fn default"]],
    ["default named function", `export default function f() {}`, ["default: f"]],
    ["default class", `export default class extends B {}`, ["default: class default"]],
    ["default named class", `export default class C {}`, ["default: C"]],
    ["default arrow", `export default async () => {};`, ["default: fn default"]],
    ["export =", `export = { a };`, ["=: {a: global a}"]],
    ["not those of a namespace", `namespace N { export const a = 1; } declare module "x" { export function f(): void; }`, []],
  ])("%s", (_, text, expected) => {
    expect(exported(text)).toEqual(expected);
  });
  test.each([
    ["module.exports", `module.exports = { a, b: 1 };`, ["=: {a: global a, b: 1}"]],
    ["exports.x", `exports.a = 1; module.exports.b = function () {};`, ["a: 1", "b: fn b"]],
    ["both", `exports = module.exports = f; module.exports.a = 1;`, ["=: global f", "a: 1"]],
    ["compiled", `__exportStar(require("./a"), exports); tslib_1.__exportStar(require("./b"), exports);`, ["* of ./a", "* of ./b"]],
    ["someone else's exports", `function f(exports, module) { exports.a = 1; module.exports = 2; }`, []],
  ])("CommonJS: %s", (_, text, expected) => {
    expect(exported(text, "a.cjs")).toEqual(expected);
  });
});

test("imports", () => {
  const facts = factsOf(`
    import a, { b, c as d, type E } from "m"; import * as ns from "n"; import type F from "o"; import type { G } from "p"; import "side";
    import h = require("q"); import { default as i } from "m"; import json from "./x.json" with { type: "json" };
    export * from "r"; const s = () => import("t"); type U = import("u").V; [a, b, d, ns, h, i, json, s];`);
  const imports = facts.variables.flatMap(({ name, import: from }) => (from ? [`${name}: ${from.name} of ${from.specifier}${from.typeOnly ? " (type)" : ""}`] : []));
  expect(imports).toEqual([
    "a: default of m", "b: b of m", "d: c of m", "E: E of m (type)", "ns: * of n", "F: default of o (type)", "G: G of p (type)",
    "h: * of q", "i: default of m", "json: default of ./x.json", ": * of u (type)",
  ]);
  expect(facts.specifiers).toEqual(["m", "n", "o", "p", "side", "q", "./x.json", "r", "t", "u"]);
});
