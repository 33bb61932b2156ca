import { readFileSync } from "node:fs";
import type { Finding } from "../core/finding.js";
import { errorCode, errorMessage, UsageError } from "./errors.js";
import { isObject } from "./json-file.js";

/**
 * Findings that a team has decided to live with for now: by file, rule and fingerprint, with how often. Sorted, so that
 * a change of it is a short diff and two branches merge.
 */
export interface Baseline {
  version: typeof BASELINE_VERSION;
  tool: "sessionfix";
  /** It was made of a strict scan: another one does not see all of its findings. */
  strict: boolean;
  files: Record<string, Record<string, Record<string, number>>>;
}

/** An entry that no finding answers to any more. */
export interface StaleEntry {
  file: string;
  rule: string;
  fingerprint: string;
  /** How many of it are gone. */
  count: number;
}

export interface BaselineOutcome {
  /** What the baseline does not know. */
  findings: Finding[];
  known: number;
  stale: StaleEntry[];
}

/** What a scan looked at: of the rest of a baseline nothing can be said. */
export interface Looked {
  rules: ReadonlySet<string>;
  strict: boolean;
  covers: (file: string) => boolean;
}

export const BASELINE_VERSION = 1;

export function makeBaseline(findings: readonly Finding[], strict: boolean): Baseline {
  const files = empty<Record<string, Record<string, number>>>();
  for (const { file, rule, fingerprint } of [...findings].sort((a, b) => order(a.file, b.file) || order(a.rule, b.rule) || order(a.fingerprint, b.fingerprint))) {
    const ofRule = ((files[file] ??= empty())[rule] ??= empty());
    ofRule[fingerprint] = (ofRule[fingerprint] ?? 0) + 1;
  }
  return { version: BASELINE_VERSION, tool: "sessionfix", strict, files };
}

/** A table without names of its own: a file may be called `constructor`. */
function empty<Value>(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>;
}

export function baselineText(baseline: Baseline): string {
  return `${JSON.stringify(baseline, null, 2)}\n`;
}

/** Takes out the findings that the baseline knows; each entry stands for as many as it counts, and for no other. */
export function applyBaseline(baseline: Baseline, findings: readonly Finding[], looked: Looked): BaselineOutcome {
  const left = new Map<string, StaleEntry>();
  for (const [file, rules] of Object.entries(baseline.files)) {
    for (const [rule, prints] of Object.entries(rules)) {
      for (const [fingerprint, count] of Object.entries(prints)) left.set(keyOf({ file, rule, fingerprint }), { file, rule, fingerprint, count });
    }
  }
  const fresh: Finding[] = [];
  for (const finding of findings) {
    const entry = left.get(keyOf(finding));
    if (entry === undefined || entry.count === 0) fresh.push(finding);
    else entry.count--;
  }
  const judges = looked.strict || !baseline.strict;
  const stale = judges ? [...left.values()].filter(({ count, rule, file }) => count > 0 && looked.rules.has(rule) && looked.covers(file)) : [];
  return { findings: fresh, known: findings.length - fresh.length, stale };
}

/**
 * Reads a baseline file.
 *
 * @throws UsageError `BASELINE_NOT_FOUND`, `BASELINE_BROKEN` or `BASELINE_NEWER`.
 */
export function readBaseline(file: string, shown: string): Baseline {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") throw new UsageError("BASELINE_NOT_FOUND", `There is no baseline file ${shown}`, `Make it: npx sessionfix scan --baseline ${shown} --update-baseline`);
    throw broken(shown, errorMessage(error));
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw broken(shown, /^[<=>]{7}/m.test(text) ? "it holds the marks of a merge conflict" : errorMessage(error));
  }
  if (!isObject(value) || value["tool"] !== "sessionfix" || typeof value["version"] !== "number") throw broken(shown, "it is no baseline of sessionfix");
  if (value["version"] > BASELINE_VERSION) {
    throw new UsageError("BASELINE_NEWER", `${shown} was made by a newer sessionfix (format ${value["version"]}, this one reads ${BASELINE_VERSION})`, "Update sessionfix, or make the baseline anew with --update-baseline.");
  }
  const { files } = value;
  if (!isFiles(files)) throw broken(shown, "`files` must give a count for each fingerprint, by file and rule");
  return { version: BASELINE_VERSION, tool: "sessionfix", strict: value["strict"] === true, files };
}

function isFiles(value: unknown): value is Baseline["files"] {
  return isObject(value) && Object.values(value).every((rules) => isObject(rules) && Object.values(rules).every((prints) => isObject(prints) && Object.values(prints).every((count) => Number.isSafeInteger(count) && Number(count) > 0)));
}

function broken(shown: string, why: string): UsageError {
  return new UsageError("BASELINE_BROKEN", `The baseline file ${shown} cannot be read: ${why}`, "Restore it from version control, or make it anew with --update-baseline.");
}

function keyOf({ file, rule, fingerprint }: { file: string; rule: string; fingerprint: string }): string {
  return `${file}\0${rule}\0${fingerprint}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
