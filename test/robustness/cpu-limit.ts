import { Worker } from "node:worker_threads";

/** What the process says before it ends itself; the one that started it waits for this. */
export const OVER_LIMIT = "CPU limit exceeded";

const WATCH = `
const { writeSync } = require("node:fs");
const { workerData } = require("node:worker_threads");
const limit = new Float64Array(workerData);
setInterval(() => {
  const { user, system } = process.cpuUsage();
  if (limit[0] > 0 && (user + system) / 1000 > limit[0]) {
    writeSync(2, "${OVER_LIMIT}");
    process.kill(process.pid, "SIGKILL");
  }
}, 100).unref();
setInterval(() => {}, 1 << 30);
`;

/**
 * Ends this process when a task takes more than its share of the processor: other programs that run at the same time
 * make nothing slower by this clock, and a loop without end cannot be ended from inside.
 */
export class CpuLimit {
  readonly #limit = new SharedArrayBuffer(8);
  readonly #view = new Float64Array(this.#limit);

  constructor() {
    new Worker(WATCH, { eval: true, workerData: this.#limit }).unref();
  }

  /** In milliseconds from now; without, there is none. */
  set(ms?: number): void {
    this.#view[0] = ms === undefined ? 0 : spent() + ms;
  }
}

/** Milliseconds of processor time that this process has used. */
export function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
