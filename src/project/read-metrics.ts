import { readFileSync } from "node:fs";
import path from "node:path";
import type { Measurement } from "../core/matrix/metrics.js";
import { percentileOf } from "../core/median.js";
import { errorMessage, UsageError } from "./errors.js";

/**
 * Measurements from a JSON file: what the runtime's `collectMetrics().snapshot()` gives, a list of such snapshots (one a
 * process), a report of `sessionfix verify --json`, or a verdict of the fixtures' harness.
 *
 * @throws UsageError `METRICS_UNREADABLE` (no such file, no JSON), `METRICS_INVALID` (JSON of another kind).
 */
export function readMetrics(file: string): Measurement[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path.resolve(file), "utf8"));
  } catch (error) {
    throw new UsageError("METRICS_UNREADABLE", `The metrics in ${file} cannot be read: ${errorMessage(error)}`, "Give a file with the JSON of `collectMetrics().snapshot()` or of the harness.");
  }
  const found = (Array.isArray(value) ? value : [value]).map(measurementsIn);
  if (found.length === 0 || found.includes(undefined)) throw new UsageError("METRICS_INVALID", `${file} holds no metrics that sessionfix knows`, "It takes the JSON of the runtime's `collectMetrics().snapshot()`, a list of these, or the harness's `--json` file.");
  return found.flatMap((each) => each ?? []);
}

function measurementsIn(value: unknown): Measurement[] | undefined {
  if (!isObject(value)) return undefined;
  if (Array.isArray(value["files"])) return inSnapshot(value["files"]);
  if (isObject(value["after"]) && Array.isArray(value["after"]["runs"])) return inVerifyReport(value["after"]["runs"]);
  const programs = (["before", "after"] as const).flatMap((name) => (isObject(value[name]) ? [[name, value[name]] as const] : []));
  const found = programs.map(([name, report]) => inReport(name, report));
  return found.length === 0 || found.includes(undefined) ? undefined : found.flatMap((each) => each ?? []);
}

/** What transactions have no label of their own counts for their file. */
function inSnapshot(files: readonly unknown[]): Measurement[] | undefined {
  const found: Measurement[] = [];
  for (const file of files) {
    if (!isObject(file) || !Array.isArray(file["labels"])) return undefined;
    const source = typeof file["path"] === "string" ? file["path"] : "";
    for (const each of file["labels"]) {
      if (!isObject(each) || typeof each["label"] !== "string") return undefined;
      found.push(measurement(each["label"], source, each));
    }
  }
  return found;
}

/** The write locks of the program after, which is the code that is looked at, by the request that each was taken for. */
function inVerifyReport(runs: readonly unknown[]): Measurement[] | undefined {
  const byLabel = new Map<string, { holds: number[]; waits: number[] }>();
  for (const run of runs) {
    if (!isObject(run) || !Array.isArray(run["processes"])) return undefined;
    for (const hold of (run["processes"] as unknown[]).flatMap((process) => (isObject(process) && Array.isArray(process["holds"]) ? (process["holds"] as unknown[]) : []))) {
      if (!isObject(hold) || typeof hold["holdMs"] !== "number" || typeof hold["waitMs"] !== "number") return undefined;
      const label = typeof hold["label"] === "string" ? hold["label"] : "(outside of requests)";
      const known = byLabel.get(label) ?? { holds: [], waits: [] };
      byLabel.set(label, known);
      known.holds.push(hold["holdMs"]);
      known.waits.push(hold["waitMs"]);
    }
  }
  return [...byLabel].map(([label, { holds, waits }]) => ({ label, source: "after", transactions: holds.length, holdP99: percentileOf(holds, 99), waitP99: percentileOf(waits, 99) }));
}

/** The harness measures every write lock of a program, not by operation. */
function inReport(name: string, report: Record<string, unknown>): Measurement[] | undefined {
  const locks = isObject(report["load"]) ? report["load"]["locks"] : undefined;
  return isObject(locks) ? [measurement("(all write locks)", name, locks)] : undefined;
}

function measurement(label: string, source: string, counted: Record<string, unknown>): Measurement {
  const numbers = [counted["commits"], counted["rollbacks"]].filter((number) => typeof number === "number");
  const [hold, wait] = [p99(counted["holdMs"]), p99(counted["waitMs"])];
  return {
    label,
    ...(source === "" ? {} : { source }),
    ...(numbers.length === 0 ? {} : { transactions: numbers.reduce((sum, number) => sum + number, 0) }),
    ...(hold === undefined ? {} : { holdP99: hold }),
    ...(wait === undefined ? {} : { waitP99: wait }),
  };
}

function p99(quantiles: unknown): number | undefined {
  const value = isObject(quantiles) ? quantiles["p99"] : undefined;
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
