/** The process that `npm run check:fixes` gives its trees: one folder a message, one answer each. */
import { CpuLimit, spent } from "./cpu-limit.js";
import { fixTree } from "./fix-tree.js";
import type { TreeFixes } from "./fix-tree.js";

export interface FixTask {
  /** Absolute. */
  path: string;
  /** Milliseconds of processor time; the process ends when they are not enough. */
  limitMs: number;
}

export interface FixAnswer extends Partial<TreeFixes> {
  problems: string[];
  /** The stack of what was thrown. */
  crash?: string;
  /** Processor time. */
  ms: number;
  /** Of this process, the highest so far. Megabytes. */
  peak: number;
}

const limit = new CpuLimit();

async function answer(task: FixTask): Promise<FixAnswer> {
  const startedAt = spent();
  limit.set(task.limitMs);
  let outcome: Partial<TreeFixes> & { problems: string[]; crash?: string };
  try {
    outcome = await fixTree(task.path);
  } catch (error) {
    outcome = { problems: [], crash: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  limit.set();
  return { ...outcome, ms: spent() - startedAt, peak: process.resourceUsage().maxRSS / 1024 };
}

process.on("message", (task: FixTask) => {
  void answer(task).then((result) => process.send?.(result));
});
