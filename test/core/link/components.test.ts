import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { components } from "../../../src/core/link/components.js";

const SIZE = 9;
const graphs = fc.array(fc.tuple(fc.nat({ max: SIZE - 1 }), fc.nat({ max: SIZE - 1 })), { maxLength: 30 });

function reachable(edges: readonly (readonly [number, number])[], from: number): Set<number> {
  const seen = new Set([from]);
  for (const at of seen) for (const [source, target] of edges) if (source === at) seen.add(target);
  return seen;
}

describe("components", () => {
  it("puts together what reaches each other, and callees first", () => {
    fc.assert(
      fc.property(graphs, (edges) => {
        const nodes = Array.from({ length: SIZE }, (_, index) => index);
        const found = components(nodes, (node) => edges.filter(([from]) => from === node).map(([, to]) => to));
        expect(found.flat().sort((a, b) => a - b)).toEqual(nodes);
        const indexOf = new Map(found.flatMap((component, index) => component.map((node) => [node, index] as const)));
        const reach = nodes.map((node) => reachable(edges, node));
        for (const a of nodes)
          for (const b of nodes) expect(indexOf.get(a) === indexOf.get(b)).toBe(Boolean(reach[a]?.has(b) && reach[b]?.has(a)));
        for (const [from, to] of edges) expect(indexOf.get(to)).toBeLessThanOrEqual(indexOf.get(from) ?? -1);
      }),
      { numRuns: 300 },
    );
  });

  it("walks chains longer than the stack", () => {
    const last = 100_000;
    const found = components([0], (node) => (node < last ? [node + 1] : []));
    expect(found.length).toBe(last + 1);
    expect(found[0]).toEqual([last]);
  });

  it("walks a circle longer than the stack", () => {
    const length = 100_000;
    expect(components([0], (node) => [(node + 1) % length])).toHaveLength(1);
  });
});
