import { describe, expect, test } from "vitest";
import { callAt, factsOf, fn } from "./facts-of.js";

/** Those of the named calls of which something holds. */
function where(text: string, holds: (call: ReturnType<typeof callAt>) => unknown): string[] {
  const facts = factsOf(text);
  return facts.calls.filter(holds).map(({ calleeSpan }) => text.slice(calleeSpan.start, calleeSpan.end));
}

test("awaited: the call itself, through as, !, and choices", () => {
  const text = `async function f() { await a(); await (b() as B)!; const x = await c().then(d()); return e(); await (g() ?? h()); for await (const i of j()) {} await [k()]; }`;
  expect(where(text, (call) => call.awaited)).toEqual(["a", "b", "c().then", "g", "h", "j"]);
});

test("discarded: the value goes nowhere", () => {
  const text = `async () => { a(); await b(); void c(); x = d(); e(f()); (g(), h()); i && j(); k() ? l() : m(); n()?.o(); const y = (p(), q()); return r(); }`;
  expect(where(text, (call) => call.discarded)).toEqual(["a", "b", "c", "e", "g", "h", "j", "l", "m", "n()?.o", "p"]);
});

test("every turn: in a branch with its loop, not in one of its own", () => {
  const text = `if (x) { for (const y of z) { a(y); if (y) b(y); } while (c()) d(); e(); } for (const y of z) f(y) && g(y); if (x) z.forEach((y) => h(y));`;
  expect(where(text, (call) => call.everyTurn === true)).toEqual(["a", "c", "d"]);
});

test("conditional: need not run", () => {
  const text = `function f(x = a()) { if (b()) c(); else d(); e() ? g() : h(); i() && j(); k() ?? l(); try { m(); } catch { n(); } finally { o(); } switch (p()) { case q(): r(); } y ??= s(); const { z = t() } = u(); for (;;) v(); () => { w(); }; }`;
  expect(where(text, (call) => call.conditional)).toEqual(["a", "c", "d", "g", "h", "j", "l", "n", "q", "r", "s", "t"]);
});

test("where the branch ends in which a call is a statement", () => {
  const text = `async function f() { a(); if (x) { b(); if (y) await c(); } else { d(); } const e = z && g(); try { h(); } catch { i(); } }`;
  const end = (name: string): unknown => {
    const { branchEnd, span } = callAt(factsOf(text), text, `${name}(`);
    return branchEnd === undefined ? undefined : text.slice(span.start, branchEnd);
  };
  expect(["a", "b", "c", "d", "g", "h", "i"].map(end)).toEqual([undefined, "b(); if (y) await c(); }", "c();", "d(); }", undefined, undefined, "i(); }"]);
});

test("tries and handlers", () => {
  const text = `function f() { try { a(); try { b(); } catch (e) { c(); throw e; } finally { d(); } } catch { try { g(); } finally { h(); } } i(() => { j(); }); }`;
  const facts = factsOf(text);
  const at = (name: string): unknown => {
    const { tries, handler } = callAt(facts, text, `${name}(`);
    return [tries, handler];
  };
  expect("abcdghi".split("").map(at)).toEqual([
    [[0], undefined], [[1, 0], undefined], [[0], "catch"], [[0], "finally"], [[2], "catch"], [undefined, "finally"], [undefined, undefined],
  ]);
  expect(facts.throws).toMatchObject([{ fn: 1, tries: [0] }]);
  expect(facts.tries.map(({ handler, finalizer }) => [Boolean(handler), Boolean(finalizer)])).toEqual([[true, false], [true, true], [false, true]]);
  expect(callAt(facts, `${text}`, "j(")).toMatchObject({ fn: 2, tries: undefined });
});

test("using", () => {
  expect(where(`async () => { using a = b(); await using c = d(); const e = f(); using g = await h(); }`, (call) => call.using)).toEqual(["b", "d", "h"]);
});

test("kinds and arguments", () => {
  const facts = factsOf("new A; new B(1); c(...d, 2); e`x`; import('m'); f?.(3);");
  expect(facts.calls.map(({ kind, args, spread }) => [kind, args.length, spread])).toEqual([["new", 0, undefined], ["new", 1, undefined], ["call", 2, true], ["tag", 1, undefined], ["call", 1, undefined]]);
});

test("spans count from one, in UTF-16 units, for every line ending", () => {
  const text = `const s = "😀";\r\n  f(\r\n s);\u2028g();`;
  const facts = factsOf(text);
  expect(facts.calls.map(({ span }) => span)).toEqual([
    { start: 19, end: 26, line: 2, column: 3, endLine: 3, endColumn: 4 },
    { start: 28, end: 31, line: 4, column: 1, endLine: 4, endColumn: 4 },
  ]);
});

describe("functions", () => {
  test("names and kinds", () => {
    const facts = factsOf(`function a() {} const b = () => 1; const c = function d() {}; let e; e = () => {}; x.f = function () {};
      const o = { g() {}, get h() { return 1; }, set h(v) {}, i: () => 1, "j-k": function () {} };
      class L { constructor() {} m() {} static n() {} get #p() { return 1; } q = () => 1; static { r(); } } export default () => {}; s(() => 1); const { t = () => 1 } = u;`);
    expect(facts.functions.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      "module ", "function a", "arrow b", "function d", "arrow e", "function f", "method g", "getter h", "setter h", "arrow i", "function j-k",
      "constructor constructor", "method m", "method n", "getter #p", "arrow q", "static-block static", "arrow default", "arrow ", "arrow t",
    ]);
  });
  test("flags, parents and owners", () => {
    const facts = factsOf(`async function a() { function* b() {} } const o = { c() {} }; class D { static async *e() {} }`);
    expect(fn(facts, "a")).toMatchObject({ async: true, generator: false, parent: 0 });
    expect(fn(facts, "b")).toMatchObject({ async: false, generator: true, parent: fn(facts, "a").id });
    expect(fn(facts, "c")).toMatchObject({ kind: "method", object: 0 });
    expect(fn(facts, "e")).toMatchObject({ class: 0, static: true, async: true, generator: true });
  });
  test("returns: every one, expression bodies, yields", () => {
    const facts = factsOf(`const a = () => x; function b() { if (y) return 1; return; } function* c() { yield 1; yield* d; return 2; } const e = () => ({ k: 1 });`);
    const of = (name: string): string[] => fn(facts, name).returns.map(({ k }) => k);
    expect([of("a"), of("b"), of("c"), of("e")]).toEqual([["global"], ["literal"], ["literal", "member", "literal"], ["object"]]);
  });
  test("bodies", () => {
    const text = `function a() { b(); } const c = () => d; const e = () => ({}); class F { static { g(); } }`;
    const facts = factsOf(text);
    expect(facts.functions.slice(1).map(({ body }) => text.slice(body.start, body.end))).toEqual([" b(); ", "d", "{}", " g(); "]);
  });
  test("a declared this is no parameter", () => {
    expect(fn(factsOf(`function f(this: Foo, a: string) {}`), "f").params).toHaveLength(1);
  });
  test("rest parameters", () => {
    const facts = factsOf(`function f(a, ...b) {}`);
    expect(fn(facts, "f").params.map(({ variable, rest }) => [facts.variables[variable]?.name, rest])).toEqual([["a", undefined], ["b", true]]);
  });
});

describe("tags", () => {
  const tagged = (text: string): string[] => {
    const facts = factsOf(text);
    return [...facts.functions.filter((f) => f.tags).map((f) => `${f.name}: ${f.tags?.join(" ")}`), ...facts.calls.filter((c) => c.tags).map((c) => `${text.slice(c.calleeSpan.start, c.calleeSpan.end)}(): ${c.tags?.join(" ")}`)];
  };
  test.each([
    [`/** Moves money. @atomic */ function f() { g(); }`, ["f: atomic"]],
    [`// @atomic\n// and more\nexport async function f() {}`, ["f: atomic"]],
    [`/** @atomic */ export const f = async () => { g(); };`, ["f: atomic"]],
    [`/** @atomic */ const f = wrap(() => { g(); });`, ["wrap(): atomic"]],
    [`/** @atomic @internal */ export default function () {}`, ["default: atomic internal"]],
    [`class A { /** @atomic */ m() { g(); } /** @once */ f = () => 1; }`, ["m: atomic", "f: once"]],
    [`class A { /** @atomic */ @Dec m() {} @Dec /** @once */ n() {} }`, ["m: atomic", "n: once"]],
    [`const o = { /** @atomic */ m() {}, /** @once */ f: () => 1 };`, ["m: atomic", "f: once"]],
    [`/* @atomic */ db.transaction(() => { g(); })();`, ["db.transaction(() => { g(); })(): atomic", "db.transaction(): atomic"]],
    [`function f() { /* @atomic */ return g(); }`, ["g(): atomic"]],
    [`run(/* @atomic */ () => { g(); });`, [": atomic"]],
    [`/** @atomic */\n\nexports.f = function () {};`, ["f: atomic"]],
    [`/* mail me@example.com */ function f() {}`, []],
    [`/** @atomic */ const a = 1; function f() {}`, []],
    [`/** @atomic */ if (a) { g(); }`, []],
    [`async function f() { "use server"; }`, ["f: use server"]],
  ])("%s", (text, expected) => {
    expect(tagged(text)).toEqual(expected);
  });
});

test("awaits", () => {
  expect(factsOf(`async function f() { await a; for (const b of c) await d(); }`).awaits).toMatchObject([
    { fn: 1, of: { k: "global", name: "a" }, loop: undefined }, { fn: 1, of: { k: "call", id: 0 }, loop: 0 },
  ]);
});

test("directives and hashbang", () => {
  expect(factsOf(`"use server";\n"use strict";\nf();`)).toMatchObject({ directives: ["use server", "use strict"], hashbang: false });
  expect(factsOf(`#!/usr/bin/env node\nf();`, "a.js")).toMatchObject({ directives: [], hashbang: true });
});
