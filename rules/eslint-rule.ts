import type { Rule as EslintRule } from "eslint";
import { guarded } from "./host/guard.js";
import { hostMessage } from "./host/message.js";
import { lintedFile } from "./host/linted-file.js";
import { readSettings } from "./host/settings.js";
import { suggestionsOf } from "./host/suggestions.js";
import type { Rule } from "./rule.js";

/** Dresses a rule for ESLint (and hosts with its API). `likely`: report `likely` findings even when the settings do not ask for them. */
export function toEslintRule(rule: Rule, likely = false): EslintRule.RuleModule {
  return {
    meta: {
      type: "problem",
      docs: {
        description: rule.meta.description,
        recommended: rule.meta.recommended,
        url: `https://github.com/sessionfix/sessionfix/blob/main/rules/docs/${rule.name}.md`,
      },
      messages: { finding: "{{message}}", suggestion: "{{message}}" },
      hasSuggestions: true,
      schema: [rule.meta.schema],
      defaultOptions: [rule.meta.defaults],
    },
    create(context) {
      return {
        "Program:exit"() {
          const settings = readSettings(context.settings);
          const linted = lintedFile(context.sourceCode, { filename: context.filename, cwd: context.cwd, settings });
          if (!linted) return;
          const { above } = linted;
          const strict = likely || settings.strict;
          const given = context.options[0] as object | undefined;
          const options = { ...rule.meta.defaults, ...given };
          for (const finding of guarded(() => linted.detect(rule, options, strict), [])) {
            if (finding.confidence !== "proven" && !strict) continue;
            const { line, column, endLine, endColumn } = finding.span;
            context.report({
              messageId: "finding",
              data: { message: hostMessage(finding) },
              loc: { start: { line: line - above, column: column - 1 }, end: { line: endLine - above, column: endColumn - 1 } },
              suggest: suggestionsOf(finding),
            });
          }
        },
      };
    },
  };
}
