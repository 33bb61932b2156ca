import path from "node:path";
import type { Rule as EslintRule, SourceCode } from "eslint";
import { generatedMentions, libraryNames } from "../src/core/catalogue/index.js";
import { buildFacts } from "../src/core/facts/build-facts.js";
import type { Finding } from "../src/core/finding.js";
import { linkProject, type ProjectFacts } from "../src/core/link/index.js";
import type { Rule } from "./rule.js";

/** One file's facts, linked by themselves; all rules share them. `null`: the file names no database library. */
const projects = new WeakMap<SourceCode, ProjectFacts | null>();

const libraries = [...libraryNames(), ...generatedMentions()];

function projectOf(sourceCode: SourceCode, file: string): ProjectFacts | null {
  let project = projects.get(sourceCode);
  if (project === undefined) {
    project = libraries.some((name) => sourceCode.text.includes(name)) ? link(sourceCode, file) : null;
    projects.set(sourceCode, project);
  }
  return project;
}

function link(sourceCode: SourceCode, file: string): ProjectFacts {
  const facts = buildFacts({
    program: sourceCode.ast,
    scopeManager: sourceCode.scopeManager,
    text: sourceCode.text,
    file,
    comments: sourceCode.getAllComments().flatMap(({ range, value }) => (range ? [{ range, value }] : [])),
  });
  return linkProject([facts], { resolve: () => undefined, text: () => sourceCode.text });
}

/** The file as the command line names it: what it is for (tests, scripts, routes) shows in its path inside the project. */
function relativeName(filename: string, cwd: string): string {
  if (!path.isAbsolute(filename)) return filename;
  const relative = path.relative(cwd, filename);
  const inside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
  return (inside ? relative : path.basename(filename)).replaceAll("\\", "/");
}

/** Whether the shared settings ask for `likely` findings: the `strict` config sets this. */
function isStrict(settings: Record<string, unknown>): boolean {
  const own = settings["sessionfix"];
  return typeof own === "object" && own !== null && "strict" in own && own.strict === true;
}

/** A suggestion whose edits overlap would be refused by ESLint with an exception, and the whole file with it. */
function suggestionsOf({ suggestions = [] }: Finding): EslintRule.SuggestionReportDescriptor[] {
  return suggestions.flatMap(({ message, edits }) => {
    const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
    const overlaps = sorted.some(({ start, end }, index) => end < start || start < (sorted[index - 1]?.end ?? 0));
    if (sorted.length === 0 || overlaps) return [];
    return { messageId: "suggestion", data: { message }, fix: (fixer) => sorted.map(({ start, end, text }) => fixer.replaceTextRange([start, end], text)) };
  });
}

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
      const { sourceCode } = context;
      const file = relativeName(context.filename, context.cwd);
      return {
        "Program:exit"() {
          const project = projectOf(sourceCode, file);
          if (!project) return;
          const given = context.options[0] as object | undefined;
          const options = { ...rule.meta.defaults, ...given };
          for (const finding of rule.detect(file, project, options)) {
            if (finding.confidence !== "proven" && !isStrict(context.settings)) continue;
            const { line, column, endLine, endColumn } = finding.span;
            context.report({
              messageId: "finding",
              data: { message: finding.message },
              loc: { start: { line, column: column - 1 }, end: { line: endLine, column: endColumn - 1 } },
              suggest: suggestionsOf(finding),
            });
          }
        },
      };
    },
  };
}
