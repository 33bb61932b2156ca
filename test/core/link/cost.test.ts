import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, constant, type Cost, degree, formatCost, isZero, letters, multiply, upperBound, variable, ZERO } from "../../../src/core/cost.js";

const symbol = fc.constantFrom("ids", "rows", "pages");
const costs = fc
  .array(fc.record({ coefficient: fc.integer({ min: 1, max: 9 }), symbols: fc.array(symbol, { maxLength: 3 }) }), { maxLength: 4 })
  .map((monomials) => add(...monomials.map(({ coefficient, symbols }) => symbols.reduce((cost, name) => multiply(cost, variable(name)), constant(coefficient)))));
const values = fc.record({ ids: fc.nat({ max: 20 }), rows: fc.nat({ max: 20 }), pages: fc.nat({ max: 20 }) });

function evaluate(cost: Cost, at: Record<string, number>): number {
  return cost.reduce((sum, { coefficient, symbols }) => sum + symbols.reduce((product, name) => product * (at[name] ?? NaN), coefficient), 0);
}

describe("cost: laws", () => {
  it("means what numbers mean", () => {
    fc.assert(
      fc.property(costs, costs, values, (a, b, at) => {
        expect(evaluate(add(a, b), at)).toBe(evaluate(a, at) + evaluate(b, at));
        expect(evaluate(multiply(a, b), at)).toBe(evaluate(a, at) * evaluate(b, at));
        expect(evaluate(upperBound(a, b), at)).toBeGreaterThanOrEqual(Math.max(evaluate(a, at), evaluate(b, at)));
      }),
    );
  });

  it("has one form for equal costs", () => {
    fc.assert(
      fc.property(costs, costs, costs, (a, b, c) => {
        expect(add(a, b)).toEqual(add(b, a));
        expect(add(add(a, b), c)).toEqual(add(a, add(b, c)));
        expect(multiply(a, b)).toEqual(multiply(b, a));
        expect(multiply(multiply(a, b), c)).toEqual(multiply(a, multiply(b, c)));
        expect(multiply(a, add(b, c))).toEqual(add(multiply(a, b), multiply(a, c)));
        expect(upperBound(a, b)).toEqual(upperBound(b, a));
        expect(upperBound(a, a)).toEqual(a);
        expect(add(a, ZERO)).toEqual(a);
        expect(multiply(a, constant(1))).toEqual(a);
        expect(isZero(multiply(a, ZERO))).toBe(true);
      }),
    );
  });

  it("leaves its operands alone", () => {
    fc.assert(
      fc.property(costs, costs, (a, b) => {
        const before = JSON.stringify([a, b]);
        add(a, b);
        multiply(a, b);
        upperBound(a, b);
        expect(JSON.stringify([a, b])).toBe(before);
      }),
    );
  });

  it("has a degree", () => {
    expect(degree(ZERO)).toBe(0);
    expect(degree(constant(4))).toBe(0);
    expect(degree(add(multiply(variable("a"), variable("b")), variable("a")))).toBe(2);
  });
});

describe("cost: as text", () => {
  const ids = variable("ids");
  const rows = variable("rows");
  it.each<[string, Cost]>([
    ["0", ZERO],
    ["2", constant(2)],
    ["n", ids],
    ["n + 2", add(constant(2), ids)],
    ["3n", multiply(constant(3), ids)],
    ["n² + n", add(ids, multiply(ids, ids))],
    ["n·m + 1", add(multiply(ids, rows), constant(1))],
    ["2n³", multiply(constant(2), multiply(ids, multiply(ids, ids)))],
    ["n^4", multiply(multiply(ids, ids), multiply(ids, ids))],
    ["n²·m", multiply(multiply(ids, ids), rows)],
  ])("%s", (text, cost) => {
    expect(formatCost(cost)).toBe(text);
  });

  it("gives letters in order of first use, and shares them between costs", () => {
    const names = letters(ids, add(ids, rows));
    expect([...names]).toEqual([["ids", "n"], ["rows", "m"]]);
    expect(formatCost(rows, names)).toBe("m");
  });

  it("runs out of letters with numbers", () => {
    const many = ["a", "b", "c", "d", "e", "f"].map(variable);
    expect(formatCost(add(...many))).toBe("n + m + k + p + q + n5");
  });
});
