import type { DetectOptions } from "../../rules/detect.js";
import { RULES } from "../../rules/registry.js";
import { UsageError } from "./errors.js";

/**
 * What the caller asked for, as detection takes it.
 *
 * @throws UsageError `UNKNOWN_RULE`.
 */
export function detectOptions({ rules, strict = false }: { rules?: string[]; strict?: boolean }): DetectOptions {
  if (!rules) return { strict };
  const known = RULES.map(({ name }) => name);
  const names = rules.map((name) => name.replace(/^sessionfix\//, ""));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError("UNKNOWN_RULE", `No such rule: ${unknown}`, `There are: ${known.join(", ")}.`);
  return { strict, rules: names };
}

/** The names of the rules that run under this choice. */
export function rulesThatRun({ rules, strict = false }: DetectOptions): Set<string> {
  return new Set(RULES.filter(({ name, meta }) => (rules ? rules.includes(name) : strict || meta.recommended)).map(({ name }) => name));
}
