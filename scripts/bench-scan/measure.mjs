import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const TIME = "/usr/bin/time";

/** Runs a program once. Seconds by the clock and of processor time; the peak of resident memory in MB, where `time` is installed. */
export function run(command, args, options = {}) {
  const measured = existsSync(TIME) ? [TIME, ["-f", "measured %U %S %M", command, ...args]] : [command, args];
  const startedAt = process.hrtime.bigint();
  const { status, stderr, error } = spawnSync(...measured, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8", maxBuffer: 2 ** 28, ...options });
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  if (error) throw error;
  const [, user, system, memory] = /measured ([\d.]+) ([\d.]+) (\d+)\n?$/.exec(stderr) ?? [];
  return { status, seconds, processor: Number(user) + Number(system), megabytes: Number(memory) / 1024, stderr };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
