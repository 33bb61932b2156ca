import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NOTHING, Solver } from "../../../src/core/link/solver.js";

const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);

describe("Solver", () => {
  it("does nothing before solve, and everything in it", () => {
    const solver = new Solver();
    const [from, to] = [solver.node(), solver.node()];
    const seen: number[] = [];
    solver.watch(to, (token) => seen.push(token));
    solver.add(from, 7);
    solver.flow(from, to);
    expect(seen).toEqual([]);
    solver.solve();
    expect(seen).toEqual([7]);
    expect(sorted(solver.values(to))).toEqual([7]);
  });

  it("tells a listener that comes late of what is there, once", () => {
    const solver = new Solver();
    const node = solver.node();
    solver.add(node, 1);
    solver.solve();
    const seen: number[] = [];
    solver.watch(node, (token) => seen.push(token));
    solver.add(node, 2);
    solver.solve();
    solver.solve();
    expect(sorted(seen)).toEqual([1, 2]);
  });

  it("tells a listener that comes while its node is told, once", () => {
    const solver = new Solver();
    const node = solver.node();
    const seen: number[] = [];
    let once = true;
    solver.watch(node, () => {
      if (once) solver.watch(node, (token) => seen.push(token));
      once = false;
    });
    for (const token of [1, 2, 3]) solver.add(node, token);
    solver.solve();
    expect(sorted(seen)).toEqual([1, 2, 3]);
  });

  it("goes round cycles once", () => {
    const solver = new Solver();
    const nodes = Array.from({ length: 5 }, () => solver.node());
    nodes.forEach((node, index) => solver.flow(node, nodes[(index + 1) % 5] ?? NOTHING));
    solver.add(nodes[3] ?? NOTHING, 9);
    solver.solve();
    for (const node of nodes) expect(sorted(solver.values(node))).toEqual([9]);
  });

  it("keeps nothing in the node of nothing", () => {
    const solver = new Solver();
    const node = solver.node();
    solver.add(NOTHING, 1);
    solver.flow(NOTHING, node);
    solver.flow(node, NOTHING);
    solver.add(node, 2);
    solver.solve();
    expect([...solver.values(NOTHING)]).toEqual([]);
    expect([...solver.values(node)]).toEqual([2]);
  });

  it("gives up a place with too many alternatives", () => {
    const solver = new Solver();
    const node = solver.node();
    for (let token = 0; token < 255; token++) solver.add(node, token);
    expect(solver.values(node).size).toBe(255);
    solver.add(node, 255);
    expect(solver.values(node).size).toBe(0);
  });

  it("gives up a place by what its alternatives weigh", () => {
    const solver = new Solver((token) => (token < 1000 ? 1 : 8));
    const [light, heavy] = [solver.node(), solver.node()];
    for (let token = 0; token < 200; token++) {
      solver.add(light, token);
      solver.add(light, token);
    }
    for (let token = 1000; token < 1031; token++) solver.add(heavy, token);
    expect([solver.values(light).size, solver.values(heavy).size]).toEqual([200, 31]);
    solver.add(heavy, 1031);
    expect([solver.isSaturated(light), solver.isSaturated(heavy)]).toEqual([false, true]);
  });

  it("gives up what a place flows into along with it, whether the way was there before or comes later", () => {
    const solver = new Solver();
    const [full, after, end, late, beside] = [solver.node(), solver.node(), solver.node(), solver.node(), solver.node()];
    solver.flow(full, after);
    solver.flow(after, end);
    solver.flow(beside, end);
    solver.add(beside, 1);
    for (let token = 0; token < 256; token++) solver.add(full, token);
    solver.solve();
    solver.flow(end, late);
    solver.solve();
    for (const node of [full, after, end, late]) {
      expect(solver.isSaturated(node)).toBe(true);
      expect([...solver.values(node)]).toEqual([]);
    }
    expect([...solver.values(beside)]).toEqual([1]);
  });

  it("gives up the same places in any order", () => {
    const node = fc.nat({ max: 6 });
    const step = fc.oneof(
      fc.record({ k: fc.constant("add" as const), node, from: fc.nat({ max: 3 }) }),
      fc.record({ k: fc.constant("flow" as const), from: node, to: node }),
      fc.record({ k: fc.constant("solve" as const) }),
    );
    const outcome = (steps: readonly { k: string; node?: number; from?: number; to?: number }[]) => {
      const solver = new Solver();
      const nodes = Array.from({ length: 7 }, () => solver.node());
      const at = (index = 0) => nodes[index] ?? NOTHING;
      for (const entry of steps) {
        // Three of the four hundreds are too many for one place.
        if (entry.k === "add") for (let token = 0; token < 100; token++) solver.add(at(entry.node), (entry.from ?? 0) * 100 + token);
        else if (entry.k === "flow") solver.flow(at(entry.from), at(entry.to));
        else solver.solve();
      }
      solver.solve();
      return nodes.map((id) => (solver.isSaturated(id) ? "given up" : sorted(solver.values(id)).join()));
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }).chain((steps) => fc.tuple(fc.constant(steps), fc.shuffledSubarray(steps, { minLength: steps.length }))), ([steps, shuffled]) => {
        expect(outcome(shuffled)).toEqual(outcome(steps));
      }),
      { numRuns: 200 },
    );
  });

  it("takes ever fewer alternatives where everything flows everywhere", () => {
    const solver = new Solver();
    const nodes = Array.from({ length: 120 }, () => solver.node());
    nodes.forEach((node, index) => {
      solver.add(node, index);
      for (const other of nodes) solver.flow(node, other);
    });
    solver.solve();
    expect(solver.values(nodes[0] ?? NOTHING).size).toBe(0);
  });

  it("walks chains longer than the stack", () => {
    const solver = new Solver();
    let last = solver.node();
    solver.add(last, 1);
    for (let index = 0; index < 100_000; index++) {
      const next = solver.node();
      // A listener that makes the next link, as reading members does.
      solver.watch(last, (token) => solver.defer(() => solver.add(next, token)));
      last = next;
    }
    solver.solve();
    expect([...solver.values(last)]).toEqual([1]);
  });

  it("agrees with a naive fixed point, whatever comes in which order", () => {
    const node = fc.nat({ max: 7 });
    const step = fc.oneof(
      fc.record({ k: fc.constant("add" as const), node, token: fc.nat({ max: 20 }) }),
      fc.record({ k: fc.constant("flow" as const), from: node, to: node }),
      fc.record({ k: fc.constant("watch" as const), node, to: node }),
      fc.record({ k: fc.constant("solve" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const solver = new Solver();
        const nodes = Array.from({ length: 8 }, () => solver.node());
        const at = (index: number) => nodes[index] ?? NOTHING;
        const expected = nodes.map(() => new Set<number>());
        const heard: number[][] = [];
        for (const entry of steps) {
          if (entry.k === "add") solver.add(at(entry.node), entry.token);
          else if (entry.k === "flow") solver.flow(at(entry.from), at(entry.to));
          else if (entry.k === "solve") solver.solve();
          else {
            const list: number[] = [];
            heard.push(list);
            // A watch that passes even values on and odd ones one higher.
            solver.watch(at(entry.node), (token) => {
              list.push(token);
              solver.add(at(entry.to), token - (token % 2));
            });
          }
        }
        solver.solve();
        for (let changed = true; changed; ) {
          changed = false;
          const put = (index: number, token: number) => {
            if (expected[index]?.has(token)) return;
            expected[index]?.add(token);
            changed = true;
          };
          for (const entry of steps) {
            if (entry.k === "add") put(entry.node, entry.token);
            if (entry.k === "flow") for (const token of expected[entry.from] ?? []) put(entry.to, token);
            if (entry.k === "watch") for (const token of expected[entry.node] ?? []) put(entry.to, token - (token % 2));
          }
        }
        nodes.forEach((id, index) => expect(sorted(solver.values(id))).toEqual(sorted(expected[index] ?? [])));
        const watches = steps.filter((entry) => entry.k === "watch");
        watches.forEach((entry, index) => expect(sorted(heard[index] ?? [])).toEqual(sorted(expected[entry.node] ?? [])));
      }),
      { numRuns: 300 },
    );
  });
});
