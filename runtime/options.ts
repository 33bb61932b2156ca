import { SessionOptionError } from "./errors.js";
import type { TransactionMode } from "./types.js";

export const DEFAULT_TIMEOUT_MS = 10_000;

const MODES: readonly string[] = ["immediate", "deferred", "exclusive"] satisfies TransactionMode[];

/** Stands for absent options, so that nothing is checked in the most frequent case. */
export const NO_OPTIONS: Readonly<Record<never, never>> = Object.freeze({});

interface Checked {
  mode?: unknown;
  label?: unknown;
  timeoutMs?: unknown;
}

/** Refuses what a typo or an untyped caller would otherwise turn into an endless or an instant wait. */
export function checkOptions(options: Checked): void {
  if (options === NO_OPTIONS) return;
  const { mode, label, timeoutMs } = options;
  if (mode !== undefined && !MODES.some((known) => known === mode)) {
    throw new SessionOptionError(`mode is ${show(mode)}; it must be "immediate", "deferred" or "exclusive".`);
  }
  if (label !== undefined && typeof label !== "string") throw new SessionOptionError(`label is ${show(label)}; it must be a string.`);
  if (timeoutMs !== undefined) checkNumber("timeoutMs", timeoutMs, 0);
}

/** A number of at least `least`; `Infinity` is one. */
export function checkNumber(name: string, value: unknown, least: number): void {
  if (typeof value !== "number" || !(value >= least)) {
    throw new SessionOptionError(`${name} is ${show(value)}; it must be a number of at least ${least}.`);
  }
}

export function checkOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (allowed.some((known) => known === value)) return;
  throw new SessionOptionError(`${name} is ${show(value)}; it must be one of ${allowed.map((known) => JSON.stringify(known)).join(", ")}.`);
}

export function checkFunction(what: string, value: unknown): void {
  if (typeof value !== "function") throw new SessionOptionError(`${what} is ${show(value)}; it must be a function.`);
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "an object" : typeof value === "function" ? "a function" : String(value);
}
