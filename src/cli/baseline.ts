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
import type { ScanFlags } from "./scan.js";

export const BASELINE_FILE = "sessionfix-baseline.json";

/** The findings that the baseline does not know, and a notice for each entry that no finding answers to. */
export function againstBaseline(result: ScanResult, flags: ScanFlags, paths: readonly string[]): { findings: Finding[]; known: number; stale: Notice[] } {
  if (flags.baseline === undefined) return { findings: result.findings, known: 0, stale: [] };
  const shown = flags.baseline;
  const baseline = readBaseline(path.resolve(shown), shown);
  const isWhole = paths.every((each) => path.resolve(each) === result.root);
  const rules = rulesThatRun(detectOptions({ strict: flags.strict, ...(flags.rule.length > 0 ? { rules: flags.rule } : {}) }));
  const skipped = new Set(result.skipped.map(({ file }) => file));
  // Of a part, or of a file that could not be read, nothing can be said.
  const outcome = applyBaseline(baseline, result.findings, { rules, strict: flags.strict, covers: (file) => isWhole && !skipped.has(file) });
  const stale = outcome.stale.map(({ file, rule, count }): Notice => ({
    code: "stale-baseline",
    file,
    line: 1,
    text: `${shown} knows ${count === 1 ? "a finding" : `${count} findings`} of ${rule} that ${count === 1 ? "is" : "are"} gone${existsSync(path.join(result.root, file)) ? "" : " with the file"}. Write it anew with --update-baseline.`,
  }));
  return { findings: outcome.findings, known: outcome.known, stale };
}

/** Writes what was found as the new baseline. */
export async function updateBaseline(result: ScanResult, flags: ScanFlags, paths: readonly string[]): Promise<number> {
  if (flags.rule.length > 0 || paths.some((each) => path.resolve(each) !== result.root)) {
    throw new UsageError("BAD_OPTION", "--update-baseline takes the findings of all rules in the whole folder", "Run it without --rule and without paths: what they leave out would be forgotten.");
  }
  const file = flags.baseline ?? BASELINE_FILE;
  await writeOutput(file, baselineText(makeBaseline(result.findings, flags.strict)));
  const number = result.findings.length;
  process.stdout.write(`${file} knows ${number === 1 ? "1 finding" : `${number} findings`} now. Scan with --baseline ${file} to be told of others.\n`);
  return EXIT.ok;
}
