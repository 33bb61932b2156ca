import * as tsParser from "@typescript-eslint/parser";
import { Linter as Linter10, type Rule } from "eslint";
import { Linter as Linter9 } from "eslint9";
import { describe, expect, test } from "vitest";
import { buildFacts } from "../../../src/core/facts/build-facts.js";
import { namesOf } from "../../../src/core/facts/scope.js";
import type { FileFacts } from "../../../src/core/facts/types.js";
import { factsOf } from "./facts-of.js";

const JAVASCRIPT = `
  import Database, { a as b } from "m";
  import * as ns from "n";
  const { c, d: { e = f() }, ...g } = ns, [h, ...i] = b?.();
  let db;
  /** @atomic */
  export const get = async (x = 1, { y }, ...z) => (db ??= new Database(\`a\${x}\`));
  export default class A extends ns.B { #p = get(); static s = 1; static { this.s = 2; } constructor() { super(); } get q() { return this.#p; } async *r() { yield 1; } m() { return super.m(); } }
  export { h as "string name" }; export * from "o"; export * as all from "p";
  outer: for (let j = 0; j < i.length; j += 2) { for (const k of i) { if (k) continue outer; db = k; } }
  i.forEach(async (l) => { await l; });
  try { get(); } catch { db = null; } finally { get\`x\${db}\`; }
  switch (db) { case 1: get(); break; default: }
  if (!db) { db = get(); } else if (h) get(); function late() { return late; } var late2 = function named() {};
  const o = { get u() { return 1; }, v() {}, [h]: 2, "w-x": db, ...i, __proto__: null }; delete o.v; o?.u?.[1]; (0, o.v)();
  const big = 10n, re = /x/u, t = typeof o === "undefined" ? void 0 : import("q"); import.meta.url; h ||= 1; new get;`;

const TYPESCRIPT = `
  import type { T } from "m"; import { type U, v } from "n"; import w = require("o"); import x = w.y; import z from "./z.json" with { type: "json" };
  interface I<A> extends T, w.J { db: U; get(): Promise<U>; [key: string]: A } type L = { a: U[] } | typeof v | import("p").Q<U> | [a: U, b?: T];
  enum E { A = 1, "b-c" = "x" } declare const enum F { G } namespace N.M { export const n = v; export function deep() { v(); } } declare module "q" { export function r(): void } declare global { var s: number }
  abstract class C<A> extends w.D<A> implements I<A> { @dec() field!: U; @dec accessor acc = v(); declare x: U; protected abstract m(): U; constructor(private readonly u: U, @inject() public override readonly t?: T) { super(); } o(): void; o(a?: string): void { (a as unknown as U)!.db; } private static async *p<B>(this: C<B>, ...q: B[]): AsyncGenerator<B> { yield* q; } }
  @dec() @dec2(v) export class K { static #k = v<U>() satisfies T; }
  function over(a: string): U; function over(a: number): U; function over({ a }: { a: U } = v(), b?: T): asserts b is T { const y = <U>a; using r = v(); }
  declare function amb(a: U): T; export type { T as TT }; export import Y = N.M; export default abstract class {} export declare const dc: U; let definite!: U;
  const arrow = async <B,>(a: B): Promise<B> => { await using q = v(); for await (const c of v()) v(); return a; }; function f(cb: (this: U, a: T) => void = v, ...[p, { q }]: [U, T]) {}
  declare module "r" { interface R<X extends U> { a: Omit<L, "b" | 'c'>["d"]; b: Parameters<typeof v>[0] } namespace S { interface S2 { t: T } } } declare global { namespace X { interface Y { u: U } } } v<U, { w: T }>(1); new C<L["a"]>(v);
  export const inst = v<string>; const tpl: \`a\${string}\` = v; label: { break label; } let o = v as const; const u2: unique symbol = Symbol(); type Cond<X> = X extends infer Z extends U ? Z : never; const opt = v?.a!.b; export as namespace G;`;

const TSX = `import React, { useState as s } from "react"; const C = ({ a }: P) => <><Foo.Bar b={a} {...s()} onClick={() => s(a)}>{a ? s() : <div key="x">text</div>}</Foo.Bar></>; export default C;`;

const COMMONJS = `"use strict"; const a = require("m"), { b } = require("n"); module.exports = { a, c() {} }; exports.d = b; var e = 1; function f() { return arguments; } f(e, undeclared, process.env); if (e) return; undeclared2 = 1;`;

/** What this test needs of a linter: the types of two ESLint versions do not go together. */
type LinterClass = new (options: { configType: "flat" }) => {
  verify: (text: string, config: Linter10.Config, options: { filename: string }) => { message: string; line: number; column: number }[];
};

/** Facts as they come out in ESLint, where the host has parsed and resolved the file. */
function hosted(Linter: LinterClass, text: string, file: string, sourceType: "module" | "commonjs", parser?: Linter10.Parser): FileFacts {
  let facts: FileFacts | undefined;
  const rule: Rule.RuleModule = {
    create: ({ sourceCode }) => ({
      Program() {
        const comments = sourceCode.getAllComments().flatMap(({ range, value }) => (range ? [{ range, value }] : []));
        facts = buildFacts({ program: sourceCode.ast, names: namesOf(sourceCode.scopeManager), text: sourceCode.text, file, comments });
      },
    }),
  };
  const messages = new Linter({ configType: "flat" }).verify(
    text,
    {
      files: ["**/*.*"],
      languageOptions: { sourceType, ecmaVersion: "latest", ...(parser && { parser, parserOptions: { ecmaFeatures: { jsx: file.endsWith("x") } } }) },
      plugins: { probe: { rules: { facts: rule } } },
      rules: { "probe/facts": "error" },
    },
    { filename: file },
  );
  if (!facts) throw new Error(messages.map(({ message, line, column }) => `${line}:${column} ${message}`).join("\n"));
  return facts;
}

const LINTERS: [string, LinterClass][] = [["ESLint 10", Linter10], ["ESLint 9", Linter9]];

describe.each(LINTERS)("%s gives the same facts as the command line", (_, Linter) => {
  test("espree, modules", () => {
    expect(hosted(Linter, JAVASCRIPT, "a.js", "module")).toEqual(factsOf(JAVASCRIPT, "a.js"));
  });
  test("espree, CommonJS", () => {
    expect(hosted(Linter, COMMONJS, "a.cjs", "commonjs")).toEqual(factsOf(COMMONJS, "a.cjs"));
  });
  test.each([
    ["TypeScript", TYPESCRIPT, "a.ts"],
    ["TSX", TSX, "a.tsx"],
    ["JavaScript", JAVASCRIPT, "a.js"],
  ])("typescript-eslint, %s", (__, text, file) => {
    expect(hosted(Linter, text, file, "module", tsParser)).toEqual(factsOf(text, file));
  });
});
