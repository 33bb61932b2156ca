import { constant, ZERO } from "../../src/core/cost.js";
import { IMPORT, LIST } from "./support/matrix-sample.js";
import { createRandom } from "../../src/harness/random.js";
import type { LockHold } from "../../src/core/measured.js";
import type { ProgramReport, RunReport, VerifyReport } from "../../src/core/verify-report.js";
import { judge } from "../../src/harness/verify/judge.js";
import { LatencyRecorder } from "../../src/harness/statistics.js";

export const EPOCH = 1_800_000_000_000;

export interface SampleOptions {
  /** In each process of each run. */
  holds?: number;
  repetitions?: number;
  /** What stands for the actors, the file and so on. */
  hostile?: string;
}

/** A report as a real run gives it, from seeded numbers: before holds long, after does not. */
export function sampleReport({ holds = 40, repetitions = 2, hostile = "" }: SampleOptions = {}): VerifyReport {
  const actors = [`list${hostile}`, `import${hostile}`];
  const program = (source: string, slowness: number): ProgramReport => ({
    source,
    alone: { transcript: ["list: GET /items -> 200 []"], digest: "0123456789abcdef", tables: { items: { rows: 1, digest: "d" } }, invariants: [{ name: "sound", violations: 0, examples: [] }] },
    runs: Array.from({ length: repetitions }, (_, repetition) => run(repetition + 1, actors, holds, slowness)),
  });
  const [before, after] = [program(`main${hostile}`, 20), program(`.${hostile}`, 1)];
  const name = `${IMPORT.operation}${hostile}`;
  before.matrix = [{ ...IMPORT, operation: name }, LIST];
  after.matrix = [LIST, { ...IMPORT, operation: name, sessions: ZERO, longest: constant(10), io: [] }];
  return {
    version: 1,
    tool: { name: "sessionfix", version: "0.1.0" },
    scenario: `shop${hostile}`,
    startedAt: "2027-01-15T08:00:00.000Z",
    settings: { seed: 1, repetitions, warmUpSeconds: 1, seconds: 10, processes: 2, actors: actors.map((name) => ({ name, pace: "10 per second" })) },
    machine: { cpu: "Test CPU", cores: 2, memoryMb: 4096, platform: "linux 6", arch: "x64", node: "v22.0.0", loadAverage: 0.1 },
    before,
    after,
    verdict: judge(before, after, {}),
  };
}

function run(seed: number, actors: readonly string[], holds: number, slowness: number): RunReport {
  const random = createRandom(seed);
  const process = (index: number): RunReport["processes"][number] => {
    const each = 10_000 / holds;
    const list = Array.from({ length: holds }, (_, i): LockHold => {
      const holdMs = Math.min(each * 0.4, (0.5 + random.next()) * slowness);
      return { start: EPOCH + i * each + (index * each) / 2, waitMs: random.next() * holdMs, holdMs, statements: 1 + random.below(5), ...(i % 10 === 9 ? {} : { label: random.pick(actors) }) };
    });
    return { pid: index + 1, watched: true, sessionsOpened: slowness > 1 ? holds : 0, lockTimeouts: 0, holds: list, loop: { p50Ms: 0.2, p99Ms: 3 * slowness, maxMs: 5 * slowness } };
  };
  const processes = [process(0), process(1)];
  const longest = Math.max(...processes.flatMap((each) => each.holds.map(({ holdMs }) => holdMs)));
  return {
    start: EPOCH,
    seconds: 10,
    actors: actors.map((actor) => {
      const latency = new LatencyRecorder();
      for (let i = 0; i < 500; i += 1) latency.record(slowness * (1 + 5 * random.next() ** 8));
      return { actor, operations: 500, perSecond: 50, share: 0.5, latency: latency.quantiles(), errors: {}, curve: latency.curve() };
    }),
    processes,
    locks: { holdMs: { count: holds, p50: 1, p99: longest, p999: longest, max: longest }, waitMs: { count: holds, p50: 1, p99: 2, p999: 3, max: slowness }, heldShare: 0.5 },
    invariants: [{ name: "sound", violations: 0, examples: [] }],
  };
}
