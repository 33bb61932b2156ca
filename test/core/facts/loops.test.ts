import { describe, expect, test } from "vitest";
import type { LoopBound } from "../../../src/core/facts/types.js";
import { callAt, factsOf, fn, onlyLoop, variable } from "./facts-of.js";

function bound(text: string): string {
  const { bound: found, kind } = onlyLoop(factsOf(text));
  return `${kind} ${describeBound(found)}`;
}

function describeBound(found: LoopBound): string {
  switch (found.k) {
    case "constant": return `constant ${found.times}`;
    case "while": return found.exits ? "while, exits" : "while";
    case "stepped": return `stepped ${found.symbol}${found.over ? "" : " (count)"}`;
    case "count": return `count ${found.symbol}`;
    default: return `over ${found.symbol}`;
  }
}

describe("bounds", () => {
  test.each([
    [`for (let i = 0; i < xs.length; i++) {}`, "for over xs"],
    [`for (let i = 0, n = xs.length; i < n; ++i) {}`, "for over xs"],
    [`for (let i = xs.length - 1; i >= 0; i--) {}`, "for over xs"],
    [`for (let i = xs.length; i--;) {}`, "for over xs"],
    [`for (let i = 0; xs.length > i; i += 1) {}`, "for over xs"],
    [`for (let i = 0; i < data.rows.length && !done; i++) {}`, "for over rows"],
    [`for (let i = 0; i < 3; i++) {}`, "for constant 3"],
    [`for (let i = 1; i <= 3; i++) {}`, "for constant 3"],
    [`for (let i = 0; i < 10; i += 4) {}`, "for constant 3"],
    [`for (let i = 5; i > 0; i--) {}`, "for constant 5"],
    [`for (let i = 0; i < Math.min(xs.length, 10); i++) {}`, "for constant 10"],
    [`for (let i = 0; i < count; i++) {}`, "for count count"],
    [`for (let i = 0; i < size(); i++) {}`, "for count size"],
    [`for (let i = 0; i < xs.length; i += BATCH) {}`, "for stepped xs"],
    [`for (let i = 0; i < xs.length; i = i + 50) {}`, "for stepped xs"],
    [`for (let i = 0; i < total; i += BATCH) {}`, "for stepped total (count)"],
    [`for (let i = 0; i < 1e999; i++) {}`, "for count items"],
    [`for (let i = 0; i < 1e308; i += 1e-308) {}`, "for stepped items (count)"],
    [`for (;;) {}`, "for while"],
    [`for (;;) { if (a) break; }`, "for while, exits"],
    [`for (let n = head; n; n = n.next) {}`, "for while"],
    [`for (const x of xs) {}`, "for-of over xs"],
    [`for (const x of result.entries) {}`, "for-of over entries"],
    [`for (const [k, v] of Object.entries(groups)) {}`, "for-of over groups"],
    [`for (const [i, x] of this.rows.entries()) {}`, "for-of over rows"],
    [`for (const x of listEntries()) {}`, "for-of over listEntries"],
    [`for (const x of await repo.listEntries(id)) {}`, "for-of over listEntries"],
    [`for (const x of new Set(ids)) {}`, "for-of over ids"],
    [`for (const x of [...ids]) {}`, "for-of over ids"],
    [`for (const x of xs.filter(ok)!) {}`, undefined],
    [`const N = 3; for (let i = 0; i < N; i++) {}`, "for constant 3"],
    [`const N = 3, STEP = 2, FIRST = 1; for (let i = FIRST; i <= N; i += STEP) {}`, "for constant 2"],
    [`let n = 3; for (let i = 0; i < n; i++) {}`, "for count n"],
    [`const KINDS = ["a", "b"] as const; for (const kind of KINDS) {}`, "for-of constant 2"],
    [`const KINDS: string[] = ["a", "b"]; KINDS.forEach((kind) => f(kind));`, "callback constant 2"],
    [`const found = ["a"]; found.push("b"); for (const x of found) {}`, "for-of over found"],
    [`const found = []; for (const x of found) {}`, "for-of over found"],
    [`const all = ["a", ...more]; for (const x of all) {}`, "for-of over all"],
    [`let found = ["a"]; for (const x of found) {}`, "for-of over found"],
    [`for (const x of options?.ids ?? []) {}`, "for-of over ids"],
    [`for (const x of ["a", "b"]) {}`, "for-of constant 2"],
    [`for (const x of ["a", "b"] as const) {}`, "for-of constant 2"],
    [`for (const x of Array(4).keys()) {}`, "for-of constant 4"],
    [`for (const k in groups) {}`, "for-in over groups"],
    [`async () => { for await (const x of stream) {} }`, "for-await over stream"],
    [`while (a) {}`, "while while"],
    [`do { if (a) break; } while (b);`, "do while, exits"],
    [`() => { while (true) { if (a) return; } }`, "while while, exits"],
    [`xs.forEach((x) => f(x));`, "callback over xs"],
    [`xs?.map?.(async (x) => f(x));`, "callback over xs"],
    [`data.items.flatMap(function (x) { return x; });`, "callback over items"],
    [`Object.keys(groups).forEach((k) => f(k));`, "callback over groups"],
    [`xs.reduce((sum, x) => sum + x, 0);`, "callback over xs"],
    [`xs.find((x) => x.ok);`, "callback over xs"],
    [`xs.map(String);`, "callback over xs"],
    [`[1, 2, 3].map((x) => x);`, "callback constant 3"],
    [`Array.from(ids, (id) => f(id));`, "callback over ids"],
    [`Array.from({ length: n }, () => f());`, "callback count n"],
    [`Array.from({ length: 5 }, () => f());`, "callback constant 5"],
    [`[...Array(n)].map(() => f());`, "callback count n"],
    [`_.map(xs, (x) => x);`, "callback over xs"],
    [`Promise.all(ids.map((id) => f(id)));`, "callback over ids"],
  ])("%s", (text, expected) => {
    if (expected) expect(bound(text)).toBe(expected);
    else expect(factsOf(text).loops.map(({ bound: b }) => describeBound(b))).toEqual(["over xs", "over xs"]);
  });

  test.each([`repository.find({ where: 1 });`, `xs.find(options);`, `xs.forEach();`, `xs.map({});`, `xs.sort((a, b) => a - b);`, `p.then((x) => x);`])("no loop: %s", (text) => {
    expect(factsOf(text).loops).toEqual([]);
  });

  test("a limit that is a call is that call, noted once", () => {
    const facts = factsOf(`for (let i = 0; i < size(); i++) {}`);
    expect(facts.calls).toHaveLength(1);
    expect(onlyLoop(facts).bound).toEqual({ k: "count", limit: { k: "call", id: 0 }, symbol: "size" });
  });
});

describe("what stands in a loop", () => {
  test("body and test do, the right side of for-of and the start do not", () => {
    const text = `for (const x of list()) { body(x); } for (let i = first(); test(i); next()) {} while (more()) {}`;
    const facts = factsOf(text);
    expect(["list", "body", "first", "test", "next", "more"].map((name) => callAt(facts, text, name).loop)).toEqual([undefined, 0, undefined, 1, 1, 2]);
  });
  test("a nested function is not in the loop, its own loop is its own", () => {
    const text = `for (const x of xs) { run(() => inner(x)); ys.forEach((y) => each(y)); }`;
    const facts = factsOf(text);
    expect(callAt(facts, text, "run").loop).toBe(0);
    expect(callAt(facts, text, "inner").loop).toBeUndefined();
    expect(callAt(facts, text, "each").loop).toBeUndefined();
    expect(facts.functions.map((f) => f.loopBody)).toEqual([undefined, undefined, 1]);
    expect(facts.loops[1]).toMatchObject({ kind: "callback", parent: 0, method: "forEach", call: callAt(facts, text, "ys.forEach").id });
  });
  test("parents", () => {
    expect(factsOf(`for (const a of b) { while (c) { for (;;) {} } do {} while (d); }`).loops.map((loop) => loop.parent)).toEqual([undefined, 0, 1, 0]);
  });
  test("break leaves its own loop alone", () => {
    const flags = (text: string): boolean[] => factsOf(text).loops.map((loop) => loop.hasBreak);
    expect(flags(`while (a) { while (b) { break; } }`)).toEqual([false, true]);
    expect(flags(`while (a) { switch (b) { case 1: break; } }`)).toEqual([false]);
    expect(flags(`while (a) { continue; }`)).toEqual([false]);
    expect(flags(`outer: while (a) { while (b) { break outer; } }`)).toEqual([true, true]);
    expect(flags(`outer: while (a) { while (b) { continue outer; } }`)).toEqual([false, true]);
    expect(flags(`outer: { while (a) { break outer; } }`)).toEqual([true]);
    expect(flags(`while (a) { inner: { break inner; } }`)).toEqual([false]);
    expect(flags(`while (a) { switch (b) { case 1: continue; } }`)).toEqual([false]);
  });
  test("return and await count where they are, not in nested functions", () => {
    const facts = factsOf(`async function f() { for (const a of b) { while (c) { await d(); } run(async () => { await e(); return 1; }); } for (const g of h) { if (g) return g; } }`);
    expect(facts.loops.map(({ hasAwait, hasReturn }) => [hasAwait, hasReturn])).toEqual([[true, false], [true, false], [false, true]]);
  });
  test("a callback's await is its loop's, its return is none of it", () => {
    expect(onlyLoop(factsOf(`xs.map(async (x) => { await f(x); return 1; });`))).toMatchObject({ hasAwait: true, hasReturn: false });
    expect(onlyLoop(factsOf(`xs.map((x) => async () => { await f(x); });`)).hasAwait).toBe(false);
  });
  test("outer variables that a turn hands to the next", () => {
    const facts = factsOf(`let sum = 0, last; const seen = []; for (const x of xs) { let own = 1; own++; sum += x; last = x; seen.push(x); for (let i = 0; i < 3; i++) { own = i; } }`);
    const names = facts.loops.map((loop) => loop.writesOuter.map(({ variable: id, alsoRead }) => `${facts.variables[id]?.name}${alsoRead ? " read" : ""}`));
    expect(names).toEqual([["sum read", "last"], ["own"]]);
  });
  test("also by callbacks and functions inside", () => {
    const facts = factsOf(`let n = 0; xs.forEach((x) => { n++; }); for (const x of xs) { tx(() => { n = x; }); }`);
    const id = variable(facts, "n").id;
    expect(facts.loops.map((loop) => loop.writesOuter)).toEqual([[{ variable: id, alsoRead: true }], [{ variable: id, alsoRead: false }]]);
  });
  test("spans", () => {
    const text = `for (const x of xs) { f(x); }\nxs.forEach((x) => { g(x); });`;
    const { loops } = factsOf(text);
    expect(loops.map(({ span, body }) => [text.slice(span.start, span.end), text.slice(body.start, body.end)])).toEqual([
      [`for (const x of xs) { f(x); }`, `{ f(x); }`],
      [`xs.forEach((x) => { g(x); })`, `{ g(x); }`],
    ]);
    expect(fn(factsOf(`const f = xs.map(named); function named() {}`), "named").loopBody).toBeUndefined();
  });
});

describe("what is given one value", () => {
  test.each([
    `import { Effect } from "effect"; Effect.flatMap(found, (row) => use(row));`,
    `import { Effect } from "effect"; found.pipe(Effect.map((row) => use(row)));`,
    `import * as Effect from "effect/Effect"; Effect.forEach((row) => use(row));`,
    `import * as effect from "effect"; effect.Option.map(found, (row) => use(row));`,
    `import * as TE from "fp-ts/TaskEither"; TE.map((row) => use(row))(found);`,
    `import { option } from "fp-ts"; option.map((row) => use(row))(found);`,
  ])("is no loop: %s", (text) => {
    expect(factsOf(text).loops).toEqual([]);
  });

  test.each([
    [`import { Effect } from "effect"; Effect.forEach(rows, (row) => use(row));`, "callback over rows"],
    [`import { Array } from "effect"; Array.map(rows, (row) => use(row));`, "callback over rows"],
    [`import * as RA from "fp-ts/ReadonlyArray"; RA.map(rows, (row) => use(row));`, "callback over rows"],
    [`import { Effect } from "./effect"; Effect.map((row) => use(row));`, "callback over Effect"],
  ])("is a loop over what else it is given: %s", (text, expected) => {
    expect(bound(text)).toBe(expected);
  });
});
