// What is generated from the rule files: rules/registry.ts, and the table of rules in rules/README.md.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { exportName, ruleNames } from "./names.mjs";

/** The registry's text: one import and one entry a rule, in the order of their names. */
export function renderRegistry(names) {
  const imports = names.map((name) => `import { ${exportName(name)} } from "./${name}.js";`);
  return `// Made from the rule files by \`npm run registry\`; not edited by hand.
${imports.join("\n")}
import type { Rule } from "./rule.js";

/** Every rule, by name. Options are checked against the rule's schema before they reach it. */
export const RULES: readonly Rule[] = [
${names.map((name) => `  ${exportName(name)},\n`).join("")}];

export function ruleNamed(name: string): Rule | undefined {
  return RULES.find((rule) => rule.name === name);
}
`;
}

/** The rules as they run, through a registry that need not be written yet. */
export async function loadRules(root) {
  const names = await ruleNames(root);
  const entry = names.map((name) => `export { ${exportName(name)} } from "./${name}.js";`).join("\n");
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: path.join(root, "rules"), loader: "ts" },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    logLevel: "silent",
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  const module = await import(`data:text/javascript;base64,${code}`);
  return names.map((name) => {
    const rule = module[exportName(name)];
    if (rule?.name === name) return rule;
    throw new Error(`rules/${name}.ts must export ${exportName(name)}, whose name is "${name}"`);
  });
}

const TABLE = /(<!-- rules: made by `npm run registry` -->\n)[^]*?(<!-- \/rules -->)/;

/** The README with its table of rules as it must be. */
export function renderReadme(readme, rules) {
  if (!TABLE.test(readme)) throw new Error("rules/README.md has no place for the table of rules");
  const rows = rules.map(({ name, meta }) => `| [${name}](docs/${name}.md) | ${meta.priority} | ${meta.description} | \`${meta.recommended ? "recommended" : "strict"}\` |`);
  const table = ["| rule | priority | | config |", "|---|---|---|---|", ...rows].join("\n");
  return readme.replace(TABLE, (_, before, after) => `${before}${table}\n${after}`);
}

/** Every generated file by its path from the root, as it must be. */
export async function generated(root) {
  const rules = await loadRules(root);
  const readme = await readFile(path.join(root, "rules/README.md"), "utf8");
  return new Map([
    ["rules/registry.ts", renderRegistry(rules.map(({ name }) => name))],
    ["rules/README.md", renderReadme(readme, rules)],
  ]);
}
