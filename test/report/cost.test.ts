import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, constant, formatCost, multiply, variable } from "../../src/core/cost.js";
import type { Cost } from "../../src/core/cost.js";

const SYMBOLS = ["entries", "rows", "files"];

const cost: fc.Arbitrary<Cost> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.array(fc.constantFrom(...SYMBOLS), { maxLength: 3 })), { maxLength: 4 })
  .map((terms) => add(...terms.map(([coefficient, symbols]) => symbols.map(variable).reduce(multiply, constant(coefficient)))));

/** What a cost comes to when each symbol has a number. */
function evaluate(of: Cost, values: Record<string, number>): number {
  return of.reduce((sum, { coefficient, symbols }) => sum + symbols.reduce((product, name) => product * (values[name] ?? 0), coefficient), 0);
}

/** Reads what `formatCost` wrote, and works it out: an independent check of the text. */
function evaluateText(text: string, values: Record<string, number>): number {
  return text.split(" + ").reduce((sum, term) => {
    const [, coefficient = "", rest = ""] = /^(\d*)(.*)$/.exec(term) ?? [];
    const factors = rest === "" ? [] : rest.split("·");
    return sum + factors.reduce((product, factor) => {
      const [, letter = "", power = ""] = /^([a-z]\d*)([²³]|\^\d+)?$/.exec(factor) ?? [];
      const exponent = power === "" ? 1 : power === "²" ? 2 : power === "³" ? 3 : Number(power.slice(1));
      return product * (values[letter] ?? Number.NaN) ** exponent;
    }, coefficient === "" ? 1 : Number(coefficient));
  }, 0);
}

const NAMES = new Map([["entries", "n"], ["rows", "m"], ["files", "k"]]);
const values = fc.record({ entries: fc.integer({ min: 0, max: 7 }), rows: fc.integer({ min: 0, max: 7 }), files: fc.integer({ min: 0, max: 7 }) });

describe("costs are polynomials", () => {
  it("add and multiply as their values do", () => {
    fc.assert(
      fc.property(cost, cost, values, (a, b, at) => {
        expect(evaluate(add(a, b), at)).toBe(evaluate(a, at) + evaluate(b, at));
        expect(evaluate(multiply(a, b), at)).toBe(evaluate(a, at) * evaluate(b, at));
      }),
    );
  });

  it("have one form each: the order of sums and products does not show", () => {
    fc.assert(
      fc.property(cost, cost, cost, (a, b, c) => {
        expect(add(a, b)).toEqual(add(b, a));
        expect(add(a, add(b, c))).toEqual(add(add(a, b), c));
        expect(multiply(a, b)).toEqual(multiply(b, a));
        expect(multiply(a, add(b, c))).toEqual(add(multiply(a, b), multiply(a, c)));
      }),
    );
  });

  it("are printed as what they come to", () => {
    fc.assert(
      fc.property(cost, values, (a, at) => {
        expect(evaluateText(formatCost(a, NAMES), { n: at.entries, m: at.rows, k: at.files })).toBe(evaluate(a, at));
      }),
    );
  });
});

describe("formatCost", () => {
  const n = variable("entries");
  const m = variable("rows");
  it.each([
    ["0", []],
    ["7", constant(7)],
    ["n + 2", add(n, constant(2))],
    ["3n", multiply(constant(3), n)],
    ["n·m + 1", add(multiply(n, m), constant(1))],
    ["n² + n", add(multiply(n, n), n)],
    ["2n³", multiply(constant(2), multiply(n, multiply(n, n)))],
  ])("%s", (expected, of) => expect(formatCost(of)).toBe(expected));
});
