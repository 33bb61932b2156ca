import { existsSync } from "node:fs";
import path from "node:path";
import { UsageError } from "../project/errors.js";
import { applyBaseline, baselineText, makeBaseline, readBaseline } from "../project/baseline.js";
import { rulesThatRun, detectOptions } from "../project/rule-choice.js";
import type { ScanResult } from "../project/scan.js";
import type { Finding } from "../core/finding.js";
import type { Notice } from "../report/index.js";
import { EXIT } from "./failure.js";
import { writeOutput } from "./output.js";
import type { RuleChoice } from "../project/config.js";

export const BASELINE_FILE = "sessionfix-baseline.json";

/** What a scan was asked for, as far as a baseline cares. */
interface Asked {
  /** As it is shown: absolute, or relative to the working directory. */
  baseline?: string | undefined;
  strict: boolean;
  rule: readonly string[];
  choice: RuleChoice;
  paths: readonly string[];
}

/** The findings that the baseline does not know, and a notice for each entry that no finding answers to. */
export function againstBaseline(result: ScanResult, { baseline: shown, strict, choice, paths }: Asked): { findings: Finding[]; known: number; stale: Notice[] } {
  if (shown === undefined) return { findings: result.findings, known: 0, stale: [] };
  const baseline = readBaseline(path.resolve(shown), shown);
  const isWhole = paths.every((each) => path.resolve(each) === result.root);
  const rules = rulesThatRun(detectOptions({ strict, ...(choice.rules === undefined ? {} : { rules: choice.rules }) }));
  const skipped = new Set([...result.skipped, ...result.defects].map(({ file }) => file));
  // Of a part, or of a file that could not be read, nothing can be said.
  const outcome = applyBaseline(baseline, result.findings, { rules, strict, covers: (file) => isWhole && !skipped.has(file) });
  const stale = outcome.stale.map(({ file, rule, count }): Notice => ({
    code: "stale-baseline",
    file,
    line: 1,
    text: `${shown} knows ${count === 1 ? "a finding" : `${count} findings`} of ${rule} that ${count === 1 ? "is" : "are"} gone${existsSync(path.join(result.root, file)) ? "" : " with the file"}. Write it anew with --update-baseline.`,
  }));
  return { findings: outcome.findings, known: outcome.known, stale };
}

/** Writes what was found as the new baseline. */
export async function updateBaseline(result: ScanResult, { baseline, strict, rule, paths }: Asked): Promise<number> {
  if (rule.length > 0 || paths.some((each) => path.resolve(each) !== result.root)) {
    throw new UsageError("BAD_OPTION", "--update-baseline takes the findings of all rules in the whole folder", "Run it without --rule and without paths: what they leave out would be forgotten.");
  }
  const [defect] = result.defects;
  // What is missing would come back as new.
  if (defect !== undefined) throw new UsageError("SCAN_INCOMPLETE", `No baseline is written: a part of sessionfix failed on ${defect.file}`, "`npx sessionfix scan` says what failed. Please report it.");
  const file = baseline ?? BASELINE_FILE;
  await writeOutput(file, baselineText(makeBaseline(result.findings, strict)));
  const number = result.findings.length;
  process.stdout.write(`${file} knows ${number === 1 ? "1 finding" : `${number} findings`} now. Scan with --baseline ${file} to be told of others.\n`);
  return EXIT.ok;
}
