import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { analyze } from "@typescript-eslint/scope-manager";
import type { TSESTree } from "@typescript-eslint/types";
import { parseSync } from "oxc-parser";
import { describe, expect, it } from "vitest";
import { isNode, startOf } from "../../src/core/facts/ast.js";
import { type Names, namesOf } from "../../src/core/facts/scope.js";
import { parseSource } from "../../src/project/parse.js";

/** One line for each identifier that is declared somewhere: where it is, and what it is. */
function shown({ named }: Names): string[] {
  const place = (node: object | undefined) => (isNode(node) ? startOf(node) : -1);
  return [...named].map(([identifier, { name, identifiers, defs }]) => `${place(identifier)} ${name} of ${place(identifiers[0])}: ${defs.map(({ type, node, parent }) => `${type} ${place(node)} ${place(parent ?? undefined)}`).join(", ")}`).sort();
}

/** As a scope manager has it, which keeps much more than is asked for here. */
function managed(text: string, sourceType: "module" | "script" | "commonjs"): string[] {
  const parsed: unknown = parseSync("a.tsx", text, { range: true, astType: "ts", preserveParens: false, lang: "tsx", sourceType }).program;
  const isModule = sourceType === "module";
  return shown(namesOf(analyze(parsed as TSESTree.Program, { sourceType: isModule ? "module" : "script", globalReturn: !isModule, lib: [], jsxPragma: null })));
}

function found(text: string): { names: string[]; sourceType: "module" | "script" | "commonjs" } {
  const parsed = parseSource("a.tsx", text);
  if (!parsed.ok) throw new Error(parsed.reason);
  const { sourceType } = parsed.program;
  return { names: shown(parsed.names), sourceType: sourceType === "module" || sourceType === "commonjs" ? sourceType : "script" };
}

const PROGRAMS: Readonly<Record<string, string>> = {
  hoisting: "export function f() { use(x, g); { var x = 1; let y = x; function g() {} } return y; } let y = 2;",
  "a var in a catch": "export {}; try { f(); } catch (e) { var e = 1, { d = e } = e; for (var i of e) i; for (var e of [1]) e; }",
  "parameters and the body": "export const x = 1; function f(a = x, { b = a, ...c } = {}, ...rest) { var x = 2; return [a, b, c, rest, x, arguments]; } const g = (a = arguments) => a;",
  classes: "@d(C) class C<T> extends (class C {})<T> implements I { static a = C; b = this.a; [k] = 1; static { var z = C; z; } constructor(@d(z) private p: T, q = p) { super(p, q); } get m() { return function m() { return m; }; } abstract n(x: T): void; }; const k = 1, z = 2; interface I { a: C } function d(..._: unknown[]): any { return C; } const E = class E { e = E; };",
  types: "type A<T, U = T> = T extends (x: infer V) => void ? V : U; type M = { [K in keyof B]: B[K] }; interface B extends A<B, M> { a: typeof v; [k: string]: B; m<T>(this: B, x: T, y?: A<T>): x is T; new (a: B): B; get: typeof import('x'); } const v = 1 as A<B>; const w = v satisfies B; type v = string; function f<T extends B>(a: T, b: v): asserts a is T & B { return <T,>(x: T) => x as unknown as v; }",
  enums: "enum E { a = 1, 'b-c' = a, d = E.a | v } const v = 1; declare enum F { x = E.d }",
  namespaces: "namespace N { export const a = 1; var b = a; export namespace O { export type t = typeof a; } } import P = N.O; declare global { var q: P.t; } declare module 'm' { export function f(x: typeof N): N; } const a = N.a;",
  modules: "import d, { a as b, type T } from 'm'; import * as n from 'n'; import type { U } from 'u'; import r = require('r'); const e = d; export { e as f, type T, b as default }; export type { U }; export * from 'x'; export { z } from 'z'; export const y: T | U = [n, r];",
  jsx: "export const Page = (props: P) => <><Page.Head {...props} a={Page}><div title={props.t}>{props.children}</div></Page.Head><Page<P> /><a-b /></>; type P = any;",
  patterns: "export let a, b, c; [a, b.c, ...c] = [1]; ({ a, b: c[a], [b]: a = c, ...b } = {}); (a as any) = 1; a!++; (b.c as any)++; for ([a] of [b]) c; for (const { x, ...y } of a) x(y); for (let i = a, j = i; j; j++) i; for (b in a) ; label: for (;;) { continue label; }",
  switches: "export const x = 1; switch (x) { case 0: let x = 1; break; default: x; { const x = 2; x; } }",
  "a script": "var a = 1; function f() { return a + arguments.length + undeclared; } undeclared = f; with (a) { b; } var b; let arguments$; { function g() {} } g();",
  CommonJS: "const a = require('a'); module.exports = { a, f() { return exports; } }; if (a) return; var exports;",
};

describe("names", () => {
  it.each(Object.entries(PROGRAMS))("%s: as a scope manager says", (_, text) => {
    const { names, sourceType } = found(text);
    expect(names.length).toBeGreaterThan(3);
    expect(names).toEqual(managed(text, sourceType));
  });

  it("of this project's own sources: as a scope manager says", () => {
    const root = path.resolve(import.meta.dirname, "../..");
    const files = ["src/core", "rules", "test/fixtures"].flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => /\.tsx?$/.test(file) && !/node_modules|dist|\.d\.ts$/.test(file))
        .map((file) => path.join(root, folder, file)),
    );
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      const text = readFileSync(file, "utf8");
      // Read as TSX here: what is no TSX (`<T>x`) is left to the programs above.
      if (!parseSource("a.tsx", text).ok) continue;
      const { names, sourceType } = found(text);
      expect(names, file).toEqual(managed(text, sourceType));
    }
  });
});
