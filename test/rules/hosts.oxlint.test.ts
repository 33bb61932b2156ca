import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { tree } from "../project/tree.js";
import { pluginPackage, ROOT } from "./lib/plugin-package.js";

const plugin = pluginPackage();

/** The handler stands in line 4, the session in line 6, behind characters of two and four bytes. */
const HANDLER = `import Database from "better-sqlite3";
import express from "express";
const app = express();
app.get("/things", (req, res) => {
  const name = "caf\u00e9 \u{1f600}";
  /* \u{1f600} */ const db = new Database("app.db");
  res.json([name, db.prepare("SELECT * FROM things").all()]);
});
`;
const LIKELY = `import Database from "better-sqlite3";
export function list() {
  return new Database("app.db").prepare("SELECT * FROM things").all();
}
`;
const RULE = "sessionfix(no-session-per-call)";

interface Diagnostic {
  message: string;
  code: string;
  severity: string;
  filename: string;
  labels: { span: { line: number; column: number; offset: number; length: number } }[];
}

function install(files: Record<string, string | Uint8Array>, config: object): string {
  const root = tree({ ...files, ".oxlintrc.json": JSON.stringify(config), "package.json": `{ "type": "module" }` });
  mkdirSync(path.join(root, "node_modules"));
  symlinkSync(plugin.folder, path.join(root, "node_modules/eslint-plugin-sessionfix"), "junction");
  return root;
}

/** Lints as a user does: the command, in the project's folder. */
function oxlint(root: string): { diagnostics: Diagnostic[]; output: string } {
  const { stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, "node_modules/oxlint/bin/oxlint"), "--format", "json", "src"], { cwd: root, encoding: "utf8" });
  try {
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
    return { diagnostics: diagnostics.filter(({ code }) => code.startsWith("sessionfix")), output: stderr };
  } catch {
    return { diagnostics: [], output: stdout + stderr };
  }
}

const EXTENDS = (name: string) => ({ extends: [`./node_modules/eslint-plugin-sessionfix/oxlint/${name}.json`] });
const BY_HAND = { jsPlugins: ["eslint-plugin-sessionfix"], rules: { "sessionfix/no-session-per-call": "error" } };

/** The text that a diagnostic marks. oxlint counts bytes. */
function marked(text: string, { labels }: Diagnostic): string {
  const span = labels[0]?.span ?? { offset: 0, length: 0 };
  return Buffer.from(text).subarray(span.offset, span.offset + span.length).toString();
}

describe("oxlint", () => {
  it.each([
    ["JavaScript", "src/a.js", HANDLER],
    ["TypeScript", "src/a.ts", HANDLER.replace("(req, res)", "(req: unknown, res: { json(value: unknown): void })")],
    ["TSX", "src/a.tsx", `${HANDLER}export const View = () => <p title="x">text</p>;\n`],
    ["a byte order mark", "src/a.js", `\uFEFF${HANDLER}`],
    ["CRLF", "src/a.js", HANDLER.replaceAll("\n", "\r\n")],
    ["CommonJS", "src/a.cjs", HANDLER.replace(/^import (\w+) from ("\S+");/gm, "const $1 = require($2);")],
    ["a Vue component", "src/a.vue", `<template>\n  <p>{{ name }}</p>\n</template>\n\n<script setup>\n${HANDLER}</script>\n`],
    ["a Svelte component", "src/a.svelte", `<p>text</p>\n<script>\n${HANDLER}</script>\n`],
  ])("%s: the place is right, in the report and in the message", (_, file, text) => {
    const root = install({ [file]: text }, BY_HAND);
    const { diagnostics, output } = oxlint(root);
    expect(output).toBe("");
    expect(diagnostics.map(({ code, severity, filename }) => ({ code, severity, filename }))).toEqual([{ code: RULE, severity: "error", filename: file }]);
    const [diagnostic] = diagnostics;
    if (!diagnostic) return;
    expect(marked(text, diagnostic)).toBe(`new Database("app.db")`);
    const handler = text.slice(0, text.indexOf("app.get(")).split("\n").length;
    expect(diagnostic.message).toContain(`The function at ${file}:${handler} opens`);
  });

  it("every file has its own facts, though oxlint's SourceCode is one and the same object", () => {
    const files = Object.fromEntries(["a", "b", "c", "d"].map((name) => [`src/${name}.js`, name === "c" ? `export const c = 1;\n` : HANDLER.replace("/things", `/${name}`)]));
    const { diagnostics } = oxlint(install(files, BY_HAND));
    expect(diagnostics.map(({ filename, message }) => `${filename} ${/`GET \S+`/.exec(message)?.[0]}`).sort()).toEqual(["src/a.js `GET /a`", "src/b.js `GET /b`", "src/d.js `GET /d`"]);
  });

  it("recommended.json: what is proven", () => {
    const { diagnostics, output } = oxlint(install({ "src/a.js": HANDLER, "src/b.js": LIKELY }, EXTENDS("recommended")));
    expect(output).toBe("");
    expect(diagnostics.map(({ filename }) => filename)).toEqual(["src/a.js"]);
  });

  it("strict.json: what is likely, too, although oxlint takes no settings from a config that is extended", () => {
    const { diagnostics } = oxlint(install({ "src/a.js": HANDLER, "src/b.js": LIKELY }, EXTENDS("strict")));
    expect(diagnostics.map(({ filename }) => filename).sort()).toEqual(["src/a.js", "src/b.js"]);
  });

  it("a rule of an extended config can be given options, or another severity", () => {
    const files = { "src/a.js": HANDLER, "src/b.js": LIKELY };
    const warned = oxlint(install(files, { ...EXTENDS("recommended"), rules: { "sessionfix/no-session-per-call": "warn" } }));
    expect(warned.diagnostics.map(({ severity }) => severity)).toEqual(["warning"]);
    const allowed = oxlint(install(files, { ...EXTENDS("strict"), rules: { "sessionfix/no-session-per-call": ["error", { allowFunctions: ["list"] }] } }));
    expect(allowed.diagnostics.map(({ filename }) => filename)).toEqual(["src/a.js"]);
  });

  it("the setting for likely findings is heard in the project's own config", () => {
    const { diagnostics } = oxlint(install({ "src/b.js": LIKELY }, { ...BY_HAND, settings: { sessionfix: { strict: true } } }));
    expect(diagnostics.map(({ filename }) => filename)).toEqual(["src/b.js"]);
  });

  it.each([
    ["an option that does not exist", { allowFunction: [] }, 'Unexpected property "allowFunction"'],
    ["a value of the wrong type", { allowFunctions: "list" }, 'Value "list" should be array'],
  ])("refuses %s", (_, options, message) => {
    const { output } = oxlint(install({ "src/a.js": HANDLER }, { ...BY_HAND, rules: { "sessionfix/no-session-per-call": ["error", options] } }));
    expect(output).toContain("sessionfix/no-session-per-call");
    expect(output).toContain(message);
  });

  it("its own comments silence a place", () => {
    const text = HANDLER.replace("  /* ", "  // oxlint-disable-next-line sessionfix/no-session-per-call\n  /* ");
    expect(oxlint(install({ "src/a.js": text }, BY_HAND)).diagnostics).toEqual([]);
  });
});
