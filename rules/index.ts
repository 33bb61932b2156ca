import type { ESLint, Linter, Rule as EslintRule } from "eslint";
import { toEslintRule } from "./eslint-rule.js";
import { RULES } from "./registry.js";

const PLUGIN_NAME = "sessionfix";

interface Plugin extends ESLint.Plugin {
  meta: { name: string; version: string; namespace: string };
  rules: Record<string, EslintRule.RuleModule>;
  configs: { recommended: Linter.Config; strict: Linter.Config };
}

function pluginOf(likely: boolean): Plugin {
  const rules: Record<string, EslintRule.RuleModule> = Object.fromEntries(RULES.map((rule) => [rule.name, toEslintRule(rule, likely)]));
  const plugin = { meta: { name: "eslint-plugin-sessionfix", version: "0.1.0", namespace: PLUGIN_NAME }, rules };
  const config = (name: string, names: readonly string[], settings?: Linter.Config["settings"]): Linter.Config => ({
    name: `${PLUGIN_NAME}/${name}`,
    plugins: { [PLUGIN_NAME]: plugin },
    rules: Object.fromEntries(names.map((rule) => [`${PLUGIN_NAME}/${rule}`, "error"])),
    ...(settings ? { settings } : {}),
  });
  return Object.assign(plugin, {
    configs: {
      recommended: config("recommended", RULES.filter((rule) => rule.meta.recommended).map((rule) => rule.name)),
      /** All rules, and findings that are likely rather than proven. */
      strict: config("strict", RULES.map((rule) => rule.name), { [PLUGIN_NAME]: { strict: true } }),
    },
  });
}

export default pluginOf(false);

/** The same for hosts whose shared configs cannot carry settings (oxlint): likely findings are reported whatever the settings say. */
export const strict = pluginOf(true);
