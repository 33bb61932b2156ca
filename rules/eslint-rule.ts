import type { Rule as EslintRule } from "eslint";
import { relativeName } from "./host/file-name.js";
import { guarded } from "./host/guard.js";
import { hostMessage } from "./host/message.js";
import { projectOf } from "./host/project-of.js";
import { readSettings } from "./host/settings.js";
import { suggestionsOf } from "./host/suggestions.js";
import type { Rule } from "./rule.js";

/** Dresses a rule for ESLint (and hosts with its API). */
export function toEslintRule(rule: Rule): EslintRule.RuleModule {
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
          const file = relativeName(context.filename, context.cwd);
          const project = projectOf(context.sourceCode, file);
          if (!project) return;
          const { strict } = readSettings(context.settings);
          const given = context.options[0] as object | undefined;
          const options = { ...rule.meta.defaults, ...given };
          for (const finding of guarded(() => rule.detect(file, project, options), [])) {
            if (finding.confidence !== "proven" && !strict) continue;
            const { line, column, endLine, endColumn } = finding.span;
            context.report({
              messageId: "finding",
              data: { message: hostMessage(finding) },
              loc: { start: { line, column: column - 1 }, end: { line: endLine, column: endColumn - 1 } },
              suggest: suggestionsOf(finding),
            });
          }
        },
      };
    },
  };
}
