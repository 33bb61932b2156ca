import { isDeepStrictEqual } from "node:util";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical } from "../../runtime/resume-canonical.js";

/** Each differs from each other, though many look alike. */
const DIFFERENT: unknown[] = [
  undefined, null, true, false, 0, -0, 1, Number.NaN, Infinity, -Infinity, 1n, "1", "", "u", "n", "NaN", "s1:1", "\ud800", "\ud801",
  [], [undefined], [[]], [[], []], [1, 2], [2, 1], ["1,2"], [12], {}, { a: undefined }, { a: 1 }, { a: "1" }, { b: 1 }, { a: 1, b: 2 }, { a: { b: 2 } }, { "a:1": 1 },
  new Date(0), new Date(1), new Date(Number.NaN), "1970-01-01T00:00:00.000Z", new Map(), new Map([[1, 2]]), new Map([["1", 2]]), new Map([[1, [2]]]),
  new Map([[1, 2], [3, 4]]), new Map([[3, 4], [1, 2]]), new Set(), new Set([1, 2]), new Set([2, 1]), new Uint8Array(0), new Uint8Array([1]), new Int8Array([1]),
  new Uint8Array([1, 0]), new Uint16Array([1]), new ArrayBuffer(1), new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), new Float64Array([0]), new Float64Array([-0]),
];

test("promise 13: values that differ in any detail have different texts", () => {
  const texts = DIFFERENT.map((value) => canonical(value));
  expect(new Set(texts).size).toBe(DIFFERENT.length);
  expect(new Set(DIFFERENT.map((value) => canonical([value]))).size).toBe(DIFFERENT.length);
});

test("promise 13: equal values have equal texts: key order, prototype, realm and the buffer's offset do not count", () => {
  expect(canonical({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(canonical({ b: [{ d: 3, c: 2 }], a: 1 }));
  expect(canonical(Object.assign(Object.create(null) as object, { a: 1 }))).toBe(canonical({ a: 1 }));
  expect(canonical(runInNewContext("({ a: [1, new Date(5), new Map([[1, 2]])] })"))).toBe(canonical({ a: [1, new Date(5), new Map([[1, 2]])] }));
  expect(canonical(Buffer.from([1, 2, 3]).subarray(1))).toBe(canonical(new Uint8Array([2, 3])));
});

const values = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true, maxDepth: 3 });

test("promise 13: two sequences of values share a text exactly if they are deeply equal", () => {
  const plain = (value: unknown): unknown => structuredClone(value);
  fc.assert(fc.property(fc.array(values, { maxLength: 4 }), fc.array(values, { maxLength: 4 }), (first, second) => {
    const text = (all: unknown[]): string => all.map((value) => canonical(value)).join("");
    expect(text(first)).toBe(text(plain(first) as unknown[]));
    expect(text(first) === text(second)).toBe(isDeepStrictEqual(plain(first), plain(second)));
  }), { numRuns: 2_000, seed: 7 });
});
