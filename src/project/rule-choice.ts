import type { DetectOptions } from "../../rules/detect.js";
import { RULES } from "../../rules/registry.js";
import { UsageError } from "./errors.js";

/**
 * What the caller asked for, as detection takes it.
 *
 * @throws UsageError `UNKNOWN_RULE`.
 */
export function detectOptions({ rules, strict = false, ruleOptions }: { rules?: string[]; strict?: boolean; ruleOptions?: DetectOptions["options"] }): DetectOptions {
  const options = ruleOptions === undefined ? {} : { options: ruleOptions };
  if (!rules) return { strict, ...options };
  const known = RULES.map(({ name }) => name);
  const names = rules.map((name) => name.replace(/^sessionfix\//, ""));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError("UNKNOWN_RULE", `No such rule: ${unknown}`, `There are: ${known.join(", ")}.`);
  return { strict, rules: names, ...options };
}

/** The names of the rules that run under this choice. */
export function rulesThatRun({ rules, strict = false }: DetectOptions): Set<string> {
  return new Set(RULES.filter(({ name, meta }) => (rules ? rules.includes(name) : strict || meta.recommended)).map(({ name }) => name));
}
