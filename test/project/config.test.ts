import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { RULES } from "../../rules/registry.js";
import { chooseRules, loadConfig } from "../../src/project/config.js";
import { configSchema } from "../../src/project/config-schema.js";
import type { SessionfixConfig } from "../../src/project/config-schema.js";
import { scanProject } from "../../src/project/scan.js";
import { tree } from "./tree.js";

const GOOD: SessionfixConfig = {
  rules: { "no-query-in-loop": "off", "no-session-per-call": ["warn", { allowFunctions: ["openTool"] }], "no-long-busy-timeout": ["error"] },
  strict: true,
  ignores: ["legacy/**", "*.gen.ts"],
  baseline: "base.json",
  batchSize: 25,
  verify: "npm test",
};

describe("a configuration is found", () => {
  it.each([
    ["sessionfix.config.json", `// comments are fine\n${JSON.stringify(GOOD)}`],
    ["sessionfix.config.mjs", `export default ${JSON.stringify(GOOD)};`],
    ["sessionfix.config.js", `module.exports = ${JSON.stringify(GOOD)};`],
    ["package.json", JSON.stringify({ name: "app", sessionfix: GOOD })],
  ])("in %s", async (name, text) => {
    const root = tree({ [name]: text });
    expect(await loadConfig(root)).toEqual({ file: path.join(root, name), config: GOOD });
    expect(await loadConfig(root, path.join(root, name))).toEqual({ file: path.join(root, name), config: GOOD });
    expect(await loadConfig(root, false)).toEqual({ config: {} });
  });

  it("above, up to the top of the work tree and no further", async () => {
    const root = tree({ "sessionfix.config.json": "{}", "repo/.git/HEAD": "", "repo/a/b/c.ts": "", "repo/a/sessionfix.config.json": '{ "strict": true }' });
    expect((await loadConfig(path.join(root, "repo/a/b"))).config).toEqual({ strict: true });
    expect(await loadConfig(path.join(root, "repo"))).toEqual({ config: {} });
  });

  it("or not", async () => {
    expect(await loadConfig(tree({ "package.json": "{ broken" }))).toEqual({ config: {} });
  });
});

describe("what is wrong is said with its place and what to do", () => {
  it.each<[string, string, RegExp, RegExp]>([
    ["no JSON", "{ nope", /sessionfix\.config\.json cannot be read: /, /--no-config/],
    ["no object", "[]", /sessionfix\.config\.json: it is \[\], and must be an object$/, /docs\/cli\.md/],
    ["an unknown field", '{ "rule": {} }', /: rule: nothing has this name here$/, /^Did you mean rules\?$/],
    ["an unknown rule", '{ "rules": { "no-session-per-cal": "off" } }', /: rules\.no-session-per-cal: no rule has this name$/, /^Did you mean no-session-per-call\?$/],
    ["an unknown level", '{ "rules": { "no-session-per-call": "of" } }', /: rules\.no-session-per-call: it is "of", and must be "off", "warn" or "error"$/, /./],
    ["an unknown option", '{ "rules": { "no-session-per-call": ["error", { "allow": [] }] } }', /: rules\.no-session-per-call\[1\]\.allow: nothing has this name here$/, /There are: allowFunctions, ignoreLibraries\./],
    ["a wrong option", '{ "rules": { "no-session-per-call": ["error", { "allowFunctions": [1] }] } }', /: rules\.no-session-per-call\[1\]\.allowFunctions\[0\]: it is 1, and must be a text$/, /./],
    ["a broken pattern", '{ "rules": { "no-unbatched-loop-transaction": ["error", { "atomicNames": ["("] }] } }', /atomicNames\[0\]: it is no regular expression: /, /./],
    ["a number out of range", '{ "batchSize": 0 }', /: batchSize: it is 0, and must be at least 1$/, /./],
    ["a fraction", '{ "batchSize": 1.5 }', /: batchSize: it is 1\.5, and must be a whole number$/, /./],
    ["a wrong type", '{ "strict": "yes" }', /: strict: it is "yes", and must be true or false$/, /./],
  ])("%s", async (_name, text, message, hint) => {
    const root = tree({ "sessionfix.config.json": text });
    await expect(loadConfig(root)).rejects.toMatchObject({ code: expect.stringMatching(/^CONFIG_(?:INVALID|UNREADABLE)$/) as unknown, message: expect.stringMatching(message) as unknown, hint: expect.stringMatching(hint) as unknown });
  });

  it("two files in one folder, a named one that is not there, one that exports nothing", async () => {
    await expect(loadConfig(tree({ "sessionfix.config.json": "{}", "sessionfix.config.mjs": "export default {}" }))).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("both sessionfix.config.mjs and sessionfix.config.json") as unknown });
    await expect(loadConfig(tree({}), "nowhere.json")).rejects.toMatchObject({ code: "CONFIG_NOT_FOUND" });
    await expect(loadConfig(tree({ "sessionfix.config.mjs": "export const a = 1;" }))).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(/exports no configuration$/) as unknown });
    await expect(loadConfig(tree({ "sessionfix.config.mjs": "throw new Error('boom')" }))).rejects.toMatchObject({ code: "CONFIG_UNREADABLE", message: expect.stringMatching(/cannot be read: boom$/) as unknown });
  });
});

describe("the schema", () => {
  it("is a valid one, says the same as the checks, and describes every rule and field", async () => {
    const schema = configSchema();
    const validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
    expect(validate(GOOD)).toBe(true);
    expect(validate({ rules: { "no-session-per-call": ["error", { allow: [] }] } })).toBe(false);
    expect(validate({ batchSize: 0 })).toBe(false);
    expect(Object.keys(schema.properties?.["rules"]?.properties ?? {})).toEqual(RULES.map(({ name }) => name));
    for (const name of Object.keys(schema.properties ?? {}).filter((each) => each !== "$schema")) expect(schema.properties?.[name]?.description).toMatch(/\.$/);
  });
});

describe("the rules that run", () => {
  it("are the default ones, without those turned off, and with strict ones that are named", () => {
    expect(chooseRules({}, false, []).rules).toBeUndefined();
    const strictOnly = RULES.find(({ meta }) => !meta.recommended)?.name ?? "";
    const { rules, warn } = chooseRules({ rules: { "no-session-per-call": "off", ...(strictOnly === "" ? {} : { [strictOnly]: "warn" }) } }, false, []);
    expect(rules).not.toContain("no-session-per-call");
    if (strictOnly !== "") expect({ has: rules?.includes(strictOnly), warn: [...warn] }).toEqual({ has: true, warn: [strictOnly] });
    expect(chooseRules({ rules: { "no-session-per-call": "off" } }, false, ["no-session-per-call"]).rules).toEqual(["no-session-per-call"]);
  });

  const FILES = {
    "src/db.ts": `import Database from "better-sqlite3";\nexport function openTool() {\n  return new Database("a.db");\n}\n`,
    "src/server.ts": `import express from "express";\nimport { openTool } from "./db.js";\nconst app = express();\napp.get("/", (request, response) => response.json(openTool().prepare("SELECT 1").all()));\napp.listen(1);\n`,
  };

  it("take the options given, and files that are ignored are not scanned", async () => {
    const root = tree(FILES);
    const found = async (options: object) => (await scanProject({ root, cache: false, rules: ["no-session-per-call"], ...options })).findings.length;
    expect(await found({})).toBe(1);
    expect(await found({ ruleOptions: { "no-session-per-call": { allowFunctions: ["openTool"] } } })).toBe(0);
    expect(await found({ ignores: ["src/db.ts"] })).toBe(0);
    expect(await found({ ignores: ["other/"] })).toBe(1);
  });
});
