import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import plugin from "../../rules/index.js";
import { RULES } from "../../rules/registry.js";

const RULES_FOLDER = fileURLToPath(new URL("../../rules", import.meta.url));
const TABLES = fileURLToPath(new URL(".", import.meta.url));
const SECTIONS = ["Why", "Wrong", "Right", "Options", "The fix", "When not to use it", "Known gaps", "Precision and recall"];
/** Cases that each rule has on either side. */
const CASES = 12;

const names = RULES.map(({ name }) => name);

/** What is in a rule's file and is no rule's. */
const FILES_OF_THE_PLUGIN = ["detect.ts", "eslint-rule.ts", "index.ts", "registry.ts", "rule.ts"];

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

describe("the registry", () => {
  it("has every rule file, once, in its order", () => {
    const files = readdirSync(RULES_FOLDER).filter((file) => file.endsWith(".ts") && !FILES_OF_THE_PLUGIN.includes(file));
    expect([...names].sort()).toEqual(files.map((file) => file.replace(/\.ts$/, "")).sort());
    expect(new Set(names).size).toBe(names.length);
  });

  it("has names of the house", () => {
    for (const name of names) expect(name).toMatch(/^(no|require|prefer|bounded)-[a-z-]+$/);
  });

  it("has no page without a rule", () => {
    expect(readdirSync(path.join(RULES_FOLDER, "docs")).sort()).toEqual(names.map((name) => `${name}.md`).sort());
  });
});

describe.each(RULES.map((rule) => [rule.name, rule] as const))("%s", (name, rule) => {
  const page = existsSync(path.join(RULES_FOLDER, "docs", `${name}.md`)) ? readFileSync(path.join(RULES_FOLDER, "docs", `${name}.md`), "utf8") : "";

  it("is in the plugin, with its description, its page and its schema", () => {
    const { meta } = plugin.rules[name] ?? {};
    expect(meta?.docs).toMatchObject({ description: rule.meta.description, recommended: rule.meta.recommended });
    expect(meta?.docs?.url).toMatch(new RegExp(`/rules/docs/${name}\\.md$`));
    expect(meta?.schema).toEqual([rule.meta.schema]);
  });

  it("is in the configs that its flag says", () => {
    const id = `sessionfix/${name}`;
    expect(Object.keys(plugin.configs.recommended.rules ?? {}).includes(id)).toBe(rule.meta.recommended);
    expect(plugin.configs.strict.rules).toMatchObject({ [id]: "error" });
    expect(plugin.configs.strict.settings).toEqual({ sessionfix: { strict: true } });
    expect(plugin.configs.recommended.settings).toBeUndefined();
  });

  it("has options with defaults, a closed schema, and lists each with its default on its page", () => {
    const { properties, additionalProperties } = rule.meta.schema as { properties: object; additionalProperties: boolean };
    expect(additionalProperties).toBe(false);
    expect(Object.keys(rule.meta.defaults).sort()).toEqual(Object.keys(properties).sort());
    for (const [option, value] of Object.entries(rule.meta.defaults)) expect(page).toContain(`| \`${option}\` | \`${JSON.stringify(value)}\` |`);
  });

  it("has a page with every section, its description and its priority", () => {
    expect(page.startsWith(`# ${name}\n\n${rule.meta.description}.\n\n${rule.meta.priority} · `)).toBe(true);
    const sections = [...page.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    for (const section of SECTIONS) expect(sections).toContain(section);
    expect(page.includes("in `recommended`")).toBe(rule.meta.recommended);
  });

  it("is named in the plugin's README", () => {
    expect(readFileSync(path.join(RULES_FOLDER, "README.md"), "utf8")).toContain(`[${name}](docs/${name}.md)`);
  });

  it(`has tables by theme, ${CASES} cases and more on each side`, () => {
    const counts = tablesOf(name).map((file) => countCases(readFileSync(path.join(TABLES, file), "utf8")));
    expect(counts.length).toBeGreaterThanOrEqual(3);
    expect(counts.reduce((sum, { valid }) => sum + valid, 0)).toBeGreaterThanOrEqual(CASES);
    expect(counts.reduce((sum, { invalid }) => sum + invalid, 0)).toBeGreaterThanOrEqual(CASES);
  });
});
