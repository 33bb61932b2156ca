import type { ESLint, Linter, Rule as EslintRule } from "eslint";
import { toEslintRule } from "./eslint-rule.js";
import { RULES } from "./registry.js";

const PLUGIN_NAME = "sessionfix";

const rules: Record<string, EslintRule.RuleModule> = Object.fromEntries(RULES.map((rule) => [rule.name, toEslintRule(rule)]));

const plugin = {
  meta: { name: "eslint-plugin-sessionfix", version: "0.1.0", namespace: PLUGIN_NAME },
  rules,
  configs: {} as { recommended: Linter.Config; strict: Linter.Config },
} satisfies ESLint.Plugin;

function config(name: string, names: readonly string[], settings?: Linter.Config["settings"]): Linter.Config {
  return {
    name: `${PLUGIN_NAME}/${name}`,
    plugins: { [PLUGIN_NAME]: plugin },
    rules: Object.fromEntries(names.map((rule) => [`${PLUGIN_NAME}/${rule}`, "error"])),
    ...(settings ? { settings } : {}),
  };
}

plugin.configs.recommended = config("recommended", RULES.filter((rule) => rule.meta.recommended).map((rule) => rule.name));
/** All rules, and findings that are likely rather than proven. */
plugin.configs.strict = config("strict", RULES.map((rule) => rule.name), { [PLUGIN_NAME]: { strict: true } });

export default plugin;
