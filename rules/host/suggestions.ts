import type { Rule as EslintRule } from "eslint";
import type { Finding } from "../../src/core/finding.js";

/** A suggestion whose edits overlap would be refused by ESLint with an exception, and the whole file with it. */
export function suggestionsOf({ suggestions = [] }: Finding): EslintRule.SuggestionReportDescriptor[] {
  return suggestions.flatMap(({ message, edits }) => {
    const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
    const overlaps = sorted.some(({ start, end }, index) => end < start || start < (sorted[index - 1]?.end ?? 0));
    if (sorted.length === 0 || overlaps) return [];
    return { messageId: "suggestion", data: { message }, fix: (fixer) => sorted.map(({ start, end, text }) => fixer.replaceTextRange([start, end], text)) };
  });
}
