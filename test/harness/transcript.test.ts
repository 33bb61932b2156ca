import { describe, expect, it } from "vitest";
import { coveredMs, quantilesOf } from "../../src/harness/statistics.js";
import { createRandom } from "../../src/harness/random.js";
import { normaliseBody } from "../../src/harness/transcript.js";

const ID = "0f0e0d0c-0b0a-4909-8807-060504030201";
const OTHER = "aaaaaaaa-0b0a-4909-8807-060504030201";

describe("normaliseBody", () => {
  it("blanks ids and times, also within texts", () => {
    expect(normaliseBody({ id: ID, at: "2025-01-02T03:04:05.678Z", message: `artifact ${ID} does not exist` })).toBe(
      '{"at":"<time>","id":"<id>","message":"artifact <id> does not exist"}',
    );
  });

  it("sorts lists of objects, whose order a random id may decide, but no lists of values", () => {
    const left = [{ id: ID, name: "b" }, { id: OTHER, name: "a" }];
    expect(normaliseBody(left)).toBe(normaliseBody([...left].reverse()));
    expect(normaliseBody(["b", "a"])).not.toBe(normaliseBody(["a", "b"]));
  });

  it("replaces the run's folder", () => {
    expect(normaliseBody({ message: "/tmp/x1/files/small is gone" }, [["/tmp/x1/files", "<files>"]])).toBe(
      '{"message":"<files>/small is gone"}',
    );
  });

  it("keeps what differs", () => {
    expect(normaliseBody({ count: 1 })).not.toBe(normaliseBody({ count: 2 }));
    expect(normaliseBody(null)).toBe("null");
  });
});

describe("createRandom", () => {
  it("gives the same numbers for the same seed, and others for another", () => {
    const take = (seed: number): number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 20 }, () => random.below(1000));
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
    expect(new Set(take(7)).size).toBeGreaterThan(10);
  });
});

describe("coveredMs", () => {
  it("is the length of the union", () => {
    expect(coveredMs([{ start: 10, end: 20 }, { start: 0, end: 5 }, { start: 15, end: 30 }, { start: 16, end: 17 }])).toBe(25);
    expect(coveredMs([])).toBe(0);
  });
});

describe("quantilesOf", () => {
  it("is exact to three digits", () => {
    const { count, p50, p99, p999, max } = quantilesOf(Array.from({ length: 1000 }, (_, i) => i + 1));
    expect(count).toBe(1000);
    for (const [value, expected] of [[p50, 500], [p99, 990], [p999, 999], [max, 1000]] as const) {
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(1);
    }
  });
});
