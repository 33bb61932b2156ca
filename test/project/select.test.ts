import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selectFiles } from "../../src/project/select.js";
import { listSpecifiers, namesLibrary } from "../../src/project/specifiers.js";

describe("listSpecifiers", () => {
  it.each([
    [`import a from "a";`, ["a"]],
    [`import "side-effect"`, ["side-effect"]],
    [`import type { T } from './t.js'`, ["./t.js"]],
    [`import {\n  a,\n  b,\n} from "./many"`, ["./many"]],
    [`import a, { b } from"a"`, ["a"]],
    [`export * from "./all"; export { x as y } from './some';`, ["./all", "./some"]],
    [`const a = require("a"), b = require( 'b' )`, ["a", "b"]],
    [`const m = await import("./lazy.js")`, ["./lazy.js"]],
    ["const m = await import(`./lazy.js`)", ["./lazy.js"]],
    ["const m = await import(`./${name}.js`)", []],
    [`import(/* webpackChunkName: "x" */ "./chunk")`, ["./chunk"]],
    [`import fs = require("node:fs")`, ["node:fs"]],
    [`type T = import("./types").T`, ["./types"]],
    [`import json from "./a.json" with { type: "json" }`, ["./a.json"]],
    [`import a from "same"; export * from "same"`, ["same"]],
    [`const text = "imported goods from Peru"`, []],
  ])("%s", (text, expected) => {
    expect(listSpecifiers(text)).toEqual(expected);
  });

  it("is linear where a careless pattern would not be", () => {
    // A quadratic pattern would need hours for this, not the time limit of a test.
    expect(listSpecifiers(`import${" ".repeat(2_000_000)}x`)).toEqual([]);
    expect(listSpecifiers(`require(/*${"*".repeat(2_000_000)}`)).toEqual([]);
  });
});

describe("namesLibrary", () => {
  const names = namesLibrary(["pg", "better-sqlite3", "node:sqlite"]);

  it.each([`import D from "better-sqlite3"`, `require('pg')`, "import(`node:sqlite`)", `import x from "pg/lib/client"`, `const name = "pg"; require(name)`])(
    "sees %s",
    (text) => expect(names(text)).toBe(true),
  );

  it.each([`import x from "pgvector"`, `import x from "./pg"`, `const jpg = 1`, `// better-sqlite3 is fast`, `import x from "better-sqlite3-helper"`])(
    "does not take %s for one",
    (text) => expect(names(text)).toBe(false),
  );

  it("sees nothing when there is nothing to look for", () => expect(namesLibrary([])(`import "pg"`)).toBe(false));
});

describe("selectFiles", () => {
  const graph = (edges: Record<string, string[]>, seeds: string[]) =>
    new Map(Object.entries(edges).map(([file, imports]) => [file, { imports, namesLibrary: seeds.includes(file) }]));

  it("takes the callers of what names a library, and what they call, but not the callers of that", () => {
    const nodes = graph(
      { db: [], repo: ["db"], route: ["repo", "format"], format: ["text"], text: [], button: ["format"], island: [] },
      ["db"],
    );
    expect([...selectFiles(nodes)].sort()).toEqual(["db", "format", "repo", "route", "text"]);
  });

  it("copes with cycles", () => {
    expect([...selectFiles(graph({ a: ["b"], b: ["a"], c: ["c"] }, ["a"]))].sort()).toEqual(["a", "b"]);
  });

  it("agrees with the definition on random graphs", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    const name = fc.constantFrom(...names);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name)), fc.uniqueArray(name), (edges, seeds) => {
        const nodes = graph(Object.fromEntries(names.map((from) => [from, edges.filter(([f]) => f === from).map(([, to]) => to)])), seeds);
        const reaches = (from: string, to: string, seen: string[] = []): boolean =>
          from === to || (nodes.get(from)?.imports ?? []).some((next) => !seen.includes(next) && reaches(next, to, [...seen, from]));
        const callers = names.filter((file) => seeds.some((seed) => reaches(file, seed)));
        const expected = names.filter((file) => callers.some((caller) => reaches(caller, file)));
        expect([...selectFiles(nodes)].sort()).toEqual(expected);
      }),
    );
  });
});
