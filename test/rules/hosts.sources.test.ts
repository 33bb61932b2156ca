import path from "node:path";
import { ESLint as ESLint10, type Linter } from "eslint";
import * as eslint9 from "eslint9";
import * as svelteParser from "svelte-eslint-parser";
import * as tsParser from "@typescript-eslint/parser";
import * as vueParser from "vue-eslint-parser";
import { describe, expect, it } from "vitest";
import plugin from "../../rules/index.js";
import { tree } from "../project/tree.js";

/** ESLint 9 has the same API, so that the types of version 10 describe it. */
const VERSIONS = [
  ["10", ESLint10],
  ["9", eslint9.ESLint as unknown as typeof ESLint10],
] as const;

const HANDLER = `import Database from "better-sqlite3";
import express from "express";
const app = express();
app.get("/things", (req, res) => {
  const name = "caf\u00e9 \u{1f600}";
  /* \u{1f600} */ const db = new Database("app.db");
  res.json([name, db.prepare("SELECT * FROM things").all()]);
});
`;
const REQUIRED = HANDLER.replace(/^import (\w+) from ("\S+");/gm, "const $1 = require($2);");
const TYPED = HANDLER.replace("(req, res)", "(req: unknown, res: { json(value: unknown): void })");
const IMPORTS = HANDLER.split("\n").slice(0, 2).join("\n");
const REST = HANDLER.split("\n").slice(2).join("\n");

const typed: Linter.Config["languageOptions"] = { parser: tsParser };
const jsx = { parserOptions: { ecmaFeatures: { jsx: true } } };
const vue = (script?: object): Linter.Config["languageOptions"] => ({ parser: vueParser, parserOptions: { parser: script } });
const svelte = (script?: object): Linter.Config["languageOptions"] => ({ parser: svelteParser, parserOptions: { parser: script } });

const SOURCES: [name: string, file: string, text: string, options: Linter.Config["languageOptions"]][] = [
  ["a module", "src/a.js", HANDLER, {}],
  ["a module with JSX", "src/a.jsx", `${HANDLER}export const View = () => <p title="x">text</p>;\n`, jsx],
  ["a CommonJS module", "src/a.cjs", REQUIRED, { sourceType: "commonjs" }],
  ["a CommonJS module that returns", "src/a.cjs", `${REQUIRED}return;\n`, { sourceType: "commonjs" }],
  ["a script", "src/a.js", REQUIRED, { sourceType: "script" }],
  ["a script with var, and require as a known global", "src/a.js", REQUIRED.replace(/^const /gm, "var "), { sourceType: "script", globals: { require: "readonly" } }],
  ["TypeScript", "src/a.ts", TYPED, typed],
  ["TypeScript of CommonJS", "src/a.cts", TYPED.replace(/^import (\w+) from ("\S+");/gm, "import $1 = require($2);"), { ...typed, sourceType: "commonjs" }],
  ["TSX", "src/a.tsx", `${TYPED}export const View = () => <p title="x">text</p>;\n`, { ...typed, ...jsx }],
  ["a byte order mark", "src/a.js", `\uFEFF${HANDLER}`, {}],
  ["a byte order mark in TypeScript", "src/a.ts", `\uFEFF${TYPED}`, typed],
  ["CRLF", "src/a.js", HANDLER.replaceAll("\n", "\r\n"), {}],
  ["CRLF and a byte order mark in TypeScript", "src/a.ts", `\uFEFF${TYPED.replaceAll("\n", "\r\n")}`, typed],
  ["CR alone", "src/a.js", HANDLER.replaceAll("\n", "\r"), {}],
  ["a #! of its own", "server/a.mjs", HANDLER.replace(/^/, "/*! licence */\n\n"), {}],
  ["Vue: <script setup>", "src/a.vue", `<template>\n  <p>{{ name }}</p>\n</template>\n\n<script setup>\n${HANDLER}</script>\n`, vue()],
  ["Vue: <script setup lang=ts>, CRLF, a byte order mark", "src/a.vue", `\uFEFF<script setup lang="ts">\n${TYPED}</script>\n<template><p>text</p></template>\n`.replaceAll("\n", "\r\n"), vue(tsParser)],
  ["Vue: <script>", "src/a.vue", `<script>\n${HANDLER}export default { name: "things" };\n</script>\n`, vue()],
  ["Vue: the imports in <script>, the rest in <script setup>", "src/a.vue", `<script>\n${IMPORTS}\n</script>\n<script setup>\n${REST}</script>\n<template><p>text</p></template>\n`, vue()],
  ["Svelte", "src/a.svelte", `<p>text</p>\n<script>\n${HANDLER}</script>\n{#each [1] as one}{one}{/each}\n`, svelte()],
  ["Svelte: lang=ts, CRLF, a byte order mark", "src/a.svelte", `\uFEFF<script lang="ts">\n${TYPED}</script>\n<p>text</p>\n`.replaceAll("\n", "\r\n"), svelte(tsParser)],
  ["Svelte: the imports in the module's script", "src/a.svelte", `<script module>\n${IMPORTS}\n</script>\n<script>\n${REST}</script>\n<p>text</p>\n`, svelte()],
];

async function lint(ESLint: typeof ESLint10, file: string, text: string, languageOptions: Linter.Config["languageOptions"]): Promise<Linter.LintMessage[]> {
  const cwd = tree({ [file]: text });
  const eslint = new ESLint({ cwd, overrideConfigFile: true, overrideConfig: [{ files: [`**/*${path.extname(file)}`], ...plugin.configs.recommended, languageOptions }] });
  const [result] = await eslint.lintFiles([file]);
  return result?.messages ?? [];
}

/** Offsets of the lines' starts, as ESLint counts lines, in the text without its byte order mark. */
function offsetOf(text: string, line: number, column: number): number {
  const starts = [0, ...[...text.matchAll(/\r\n|[\r\n\u2028\u2029]/g)].map((match) => match.index + match[0].length)];
  return (starts[line - 1] ?? NaN) + column - 1;
}

describe.each(VERSIONS)("ESLint %s", (_, ESLint) => {
  it.each(SOURCES)("%s: the place is right, in the report and in the message", async (_name, file, text, options) => {
    const messages = await lint(ESLint, file, text, options);
    expect(messages.map(({ ruleId, fatal, message }) => ruleId ?? `${fatal} ${message}`)).toEqual(["sessionfix/no-session-per-call"]);
    const [found] = messages;
    if (!found) return;
    const source = text.replace("\uFEFF", "");
    const start = offsetOf(source, found.line, found.column);
    expect(source.slice(start, offsetOf(source, found.endLine ?? 0, found.endColumn ?? 0))).toBe(`new Database("app.db")`);
    const handler = source.slice(0, source.indexOf("app.get(")).split(/\r\n|[\r\n]/).length;
    expect(found.message).toContain(`The function at ${file}:${handler} opens`);
  });

  it("says nothing of files in which nobody runs anything per call", async () => {
    const template = `<script setup>\nimport Database from "better-sqlite3";\nconst db = new Database("app.db");\n</script>\n<template><p @click="db">text</p></template>\n`;
    expect(await lint(ESLint, "src/a.vue", template, vue())).toEqual([]);
  });

  it("leaves files of other languages alone", async () => {
    const cwd = tree({ "src/a.json": `{ "better-sqlite3": "*" }` });
    const language = { parse: () => ({ ok: true, ast: { type: "Document", loc: { start: { line: 1, column: 0 }, end: { line: 1, column: 1 } }, range: [0, 1] } }) };
    const json = {
      languages: {
        json: {
          fileType: "text",
          lineStart: 1,
          columnStart: 1,
          nodeTypeKey: "type",
          validateLanguageOptions: () => undefined,
          ...language,
          createSourceCode: (file: { body: string }, { ast }: { ast: object }) => ({
            ast,
            text: file.body,
            getLoc: () => ({}),
            getRange: () => [0, 0],
            getParent: () => undefined,
            getAncestors: () => [],
            traverse: () => [{ kind: 1, target: ast, phase: 1, args: [ast] }, { kind: 1, target: ast, phase: 2, args: [ast] }],
          }),
        },
      },
    };
    const config = { files: ["**/*.json"], ...plugin.configs.recommended, plugins: { ...plugin.configs.recommended.plugins, test: json }, language: "test/json" };
    const eslint = new ESLint({ cwd, overrideConfigFile: true, overrideConfig: [config as unknown as Linter.Config] });
    const results = await eslint.lintFiles([path.join(cwd, "src/a.json")]);
    expect(results.map(({ messages }) => messages)).toEqual([[]]);
  });
});
