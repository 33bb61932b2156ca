import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IntLists, NO_CURSOR } from "../../../src/core/link/int-lists.js";
import { PairMap } from "../../../src/core/link/pair-map.js";

describe("IntLists", () => {
  it("are Sets that remember the order, each for itself", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(1, 2, 5000), fc.nat({ max: 30 })), { maxLength: 120 }), (additions) => {
        const lists = new IntLists();
        const models = new Map([1, 2, 5000].map((list) => [list, new Set<number>()]));
        for (const [list, value] of additions) {
          const model = models.get(list);
          expect(lists.add(list, value)).toBe(model?.has(value) === false);
          model?.add(value);
        }
        for (const [list, model] of models) {
          expect(lists.items(list)).toEqual([...model]);
          expect(lists.size(list)).toBe(model.size);
          for (let value = 0; value <= 30; value++) expect(lists.has(list, value)).toBe(model.has(value));
        }
      }),
    );
  });

  it("go on from a cursor with what came later", () => {
    const lists = new IntLists();
    lists.add(3, 70);
    lists.add(4, 1);
    const cursor = lists.last(3);
    lists.add(3, 80);
    expect(lists.at(lists.after(3, cursor))).toBe(80);
    expect(lists.at(lists.after(3, NO_CURSOR))).toBe(70);
    expect(lists.after(3, lists.last(3))).toBe(NO_CURSOR);
    expect(lists.last(9)).toBe(NO_CURSOR);
  });
});

describe("PairMap", () => {
  it("is a Map from pairs", () => {
    const key = fc.nat({ max: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(key, key, fc.integer({ min: 1, max: 99 })), { maxLength: 80 }), (entries) => {
        const map = new PairMap();
        const model = new Map<string, number>();
        for (const [first, second, value] of entries) {
          map.set(first, second, value);
          model.set(`${first} ${second}`, value);
        }
        expect(map.size).toBe(model.size);
        for (let first = 0; first <= 40; first++) for (let second = 0; second <= 40; second++) expect(map.get(first, second)).toBe(model.get(`${first} ${second}`) ?? 0);
      }),
    );
  });

  it("keeps what it has when it grows", () => {
    const map = new PairMap();
    for (let first = 0; first < 100; first++) for (let second = 0; second < 100; second++) map.set(first, second, first * 100 + second + 1);
    expect(map.size).toBe(10_000);
    for (let first = 0; first < 100; first++) for (let second = 0; second < 100; second++) expect(map.get(first, second)).toBe(first * 100 + second + 1);
    expect(map.get(100, 0)).toBe(0);
  });
});
