import { Linter as Linter10, type Linter } from "eslint";
import * as eslint9 from "eslint9";
import * as tsParser from "@typescript-eslint/parser";
import { toEslintRule } from "../../../rules/eslint-rule.js";
import type { Rule } from "../../../rules/rule.js";

export type ParserName = "espree" | "@typescript-eslint/parser";

/** One version of ESLint with one parser. */
export interface Host {
  name: string;
  parser: ParserName;
  lint(rule: Rule, file: string, code: string, options: object): Linter.LintMessage[];
}

const ROOT = "/project";

/** ESLint 9 has the same API, so that the types of version 10 describe it. */
const Linter9 = eslint9.Linter as unknown as typeof Linter10;

function host(version: string, linter: Linter, parser: ParserName): Host {
  return {
    name: `ESLint ${version} with ${parser}`,
    parser,
    lint: (rule, file, code, options) =>
      linter.verify(
        code,
        [
          {
            files: ["**/*.{js,jsx,mjs,cjs,ts,tsx,mts,cts}"],
            plugins: { sessionfix: { rules: { [rule.name]: toEslintRule(rule) } } },
            rules: { [`sessionfix/${rule.name}`]: ["error", options] },
            settings: { sessionfix: { strict: true } },
            languageOptions: { sourceType: "module", ...(parser === "espree" ? {} : { parser: tsParser }) },
          },
        ],
        { filename: `${ROOT}/${file}` },
      ),
  };
}

export const HOSTS: readonly Host[] = [
  host("10", new Linter10({ cwd: ROOT }), "espree"),
  host("10", new Linter10({ cwd: ROOT }), "@typescript-eslint/parser"),
  host("9", new Linter9({ cwd: ROOT }), "espree"),
  host("9", new Linter9({ cwd: ROOT }), "@typescript-eslint/parser"),
];
