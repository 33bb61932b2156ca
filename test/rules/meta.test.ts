import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import plugin from "../../rules/index.js";
import { RULES } from "../../rules/registry.js";
import type { Rule } from "../../rules/rule.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RULES_FOLDER = path.join(ROOT, "rules");
const TABLES = path.join(ROOT, "test/rules");
const SECTIONS = ["Why", "Wrong", "Right", "Options", "The fix", "When not to use it", "Known gaps", "Measured"];
/** Cases that a rule has at least, on either side, in all its tables. */
const CASES = { recommended: 12, strict: 5 };
const RULE_NAME = /^(?:no|require|prefer|bounded)(?:-[a-z][a-z0-9]*)+$/;

const names = RULES.map(({ name }) => name);
const ajv = new Ajv({ formats: { regex: true } });

function exportName(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function tablesOf(name: string): string[] {
  return readdirSync(TABLES).filter((file) => file.startsWith(`${name}.`) && file.endsWith(".test.ts"));
}

/** How many cases of a table stand under `valid:` and how many under `invalid:`. */
function countCases(text: string): { valid: number; invalid: number } {
  const middle = text.indexOf("\n  invalid: [");
  expect(middle).toBeGreaterThan(0);
  const count = (part: string) => [...part.matchAll(/(^ {6}|\{ )name: "/gm)].length;
  return { valid: count(text.slice(0, middle)), invalid: count(text.slice(middle)) };
}

function pageOf(name: string): string {
  const file = path.join(RULES_FOLDER, "docs", `${name}.md`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** The rows of the page's table of options: name → default, as written. */
function optionRows(page: string): Record<string, string> {
  const section = /^## Options\n([^]*?)(?=^## )/m.exec(page)?.[1] ?? "";
  return Object.fromEntries([...section.matchAll(/^\| `(\w+)` \| `(.+?)` \|/gm)].map((row): [string, string] => [row[1] ?? "", row[2] ?? ""]));
}

describe("the registry", () => {
  it("and the README's table are what `npm run registry` makes of the rule files, and the list of libraries of theirs", () => {
    const { status, stderr } = spawnSync(process.execPath, [path.join(ROOT, "scripts/generate-registry.mjs"), "--check"], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it("has every rule file", () => {
    const files = readdirSync(RULES_FOLDER).filter((file) => file.endsWith(".ts") && /^(no|require|prefer|bounded)-/.test(file));
    expect(names).toEqual(files.map((file) => path.basename(file, ".ts")).sort());
  });

  it("has names of the house", () => {
    expect(names.filter((name) => !RULE_NAME.test(name))).toEqual([]);
  });

  it("has no page and no table without a rule", () => {
    expect(readdirSync(path.join(RULES_FOLDER, "docs")).sort()).toEqual(names.map((name) => `${name}.md`));
    const tables = readdirSync(TABLES).filter((file) => RULE_NAME.test(file.split(".")[0] ?? "") && file.endsWith(".test.ts"));
    expect(tables.filter((file) => !names.includes(file.split(".")[0] ?? ""))).toEqual([]);
  });
});

describe.each(RULES.map((rule) => [rule.name, rule] as const))("%s", (name, rule: Rule) => {
  const page = pageOf(name);

  it("is what its file exports under its name", async () => {
    const exports: unknown = await import(`../../rules/${name}.ts`);
    expect(exports).toHaveProperty(exportName(name), rule);
  });

  it("is in the plugin, with its description, its page, its schema and its defaults", () => {
    const { meta } = plugin.rules[name] ?? {};
    expect(meta?.docs).toMatchObject({ description: rule.meta.description, recommended: rule.meta.recommended });
    expect(meta?.docs?.url).toMatch(new RegExp(`/rules/docs/${name}\\.md$`));
    expect(meta?.schema).toEqual([rule.meta.schema]);
    expect(meta?.defaultOptions).toEqual([rule.meta.defaults]);
  });

  it("is in the configs that its flag says", () => {
    const id = `sessionfix/${name}`;
    expect(Object.keys(plugin.configs.recommended.rules ?? {}).includes(id)).toBe(rule.meta.recommended);
    expect(plugin.configs.strict.rules).toMatchObject({ [id]: "error" });
  });

  it("has a closed schema, which its defaults fit, with a default for each option", () => {
    const { properties, additionalProperties } = rule.meta.schema as { properties: object; additionalProperties: boolean };
    expect(additionalProperties).toBe(false);
    expect(Object.keys(rule.meta.defaults).sort()).toEqual(Object.keys(properties).sort());
    const fits = ajv.compile(rule.meta.schema);
    expect(fits(rule.meta.defaults), ajv.errorsText(fits.errors)).toBe(true);
    expect(fits({ ...rule.meta.defaults, optionThatDoesNotExist: true })).toBe(false);
  });

  it("lists each option with its default on its page", () => {
    expect(optionRows(page)).toEqual(Object.fromEntries(Object.entries(rule.meta.defaults).map(([option, value]) => [option, JSON.stringify(value)])));
  });

  it("has a page with every section, its description and its priority, and nothing left to do", () => {
    expect(page.startsWith(`# ${name}\n\n${rule.meta.description}.\n\n${rule.meta.priority} · in \`${rule.meta.recommended ? "recommended" : "strict"}\` · libraries: `)).toBe(true);
    const sections = [...page.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(SECTIONS.filter((section) => !sections.includes(section))).toEqual([]);
    expect(page).not.toContain("TODO");
    expect(readFileSync(path.join(RULES_FOLDER, `${name}.ts`), "utf8")).not.toContain("TODO");
  });

  it("has tables with enough cases on each side", () => {
    const counts = tablesOf(name).map((file) => countCases(readFileSync(path.join(TABLES, file), "utf8")));
    const least = rule.meta.recommended ? CASES.recommended : CASES.strict;
    expect(counts.length).toBeGreaterThan(0);
    expect(counts.reduce((sum, { valid }) => sum + valid, 0)).toBeGreaterThanOrEqual(least);
    expect(counts.reduce((sum, { invalid }) => sum + invalid, 0)).toBeGreaterThanOrEqual(least);
  });
});

describe("the configs", () => {
  it("`strict` asks for likely findings by the shared setting, `recommended` sets nothing", () => {
    expect(plugin.configs.strict.settings).toEqual({ sessionfix: { strict: true } });
    expect(plugin.configs.recommended.settings).toBeUndefined();
  });
});
