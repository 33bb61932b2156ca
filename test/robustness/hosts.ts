import * as typescriptParser from "@typescript-eslint/parser";
import { Linter } from "eslint";
import plugin from "../../rules/index.js";

interface Host {
  name: string;
  takes: RegExp;
  language: Linter.LanguageOptions;
}

const JSX = { ecmaFeatures: { jsx: true } };

/** How ESLint may be set up to see a file. */
const HOSTS: readonly Host[] = [
  { name: "espree", takes: /\.(?:[cm]?js|jsx)$/, language: { parserOptions: JSX } },
  { name: "typescript-eslint", takes: /\.[cm]?[jt]sx?$/, language: { parser: typescriptParser, parserOptions: JSX } },
  // Trees of broken code, with parts missing: what an editor shows to a plugin while somebody types.
  { name: "typescript-eslint, invalid code allowed", takes: /\.[cm]?[jt]sx?$/, language: { parser: typescriptParser, parserOptions: { ...JSX, allowInvalidAST: true, errorOnUnknownASTType: false } } },
];

/**
 * Runs every rule through ESLint over one text, under every parser that takes the file, and gives the number of hosts
 * that got as far as the rules. Throws when a rule throws or reports a place that is not in the text.
 */
export function lint(file: string, text: string): number {
  const linter = new Linter({ configType: "flat" });
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/);
  // The plugin looks at no file that names no library.
  const source = text.includes("better-sqlite3") ? text : `${text}\n// better-sqlite3`;
  let linted = 0;
  for (const { name, takes, language } of HOSTS) {
    if (!takes.test(file)) continue;
    for (const sourceType of file.endsWith(".cjs") ? (["commonjs"] as const) : (["module", "script"] as const)) {
      const messages = linter.verify(source, { files: ["**/*.*"], ...plugin.configs.strict, languageOptions: { ecmaVersion: "latest", sourceType, ...language } }, { filename: file });
      if (!messages.some(({ fatal }) => fatal)) linted++;
      for (const { ruleId, line, column } of messages) {
        if (ruleId !== null && !(line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1)) {
          throw new Error(`${name}: ${ruleId} reports ${line}:${column} of ${lines.length} lines\n${text}`);
        }
      }
    }
  }
  return linted;
}
