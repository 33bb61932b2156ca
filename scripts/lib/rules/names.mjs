// The naming contract of rules: `rules/no-session-per-call.ts` exports `noSessionPerCall`, whose name is `no-session-per-call`.
import { readdir } from "node:fs/promises";
import path from "node:path";

/** What a rule's name, and so its file's, looks like; everything else in `rules/` belongs to the plugin. */
export const RULE_NAME = /^(?:no|require|prefer|bounded)(?:-[a-z][a-z0-9]*)+$/;

export function exportName(rule) {
  return rule.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}

/** The rules that have a file, by name. */
export async function ruleNames(root) {
  const files = await readdir(path.join(root, "rules"));
  return files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
    .filter((name) => RULE_NAME.test(name))
    .sort();
}
