import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { planInit } from "../../src/project/init.js";
import { tree } from "../project/tree.js";
import { useCli } from "./cli.js";

const cli = useCli();

const MANIFEST = `${JSON.stringify({ name: "app", dependencies: { zod: "1" }, devDependencies: { eslint: "10" } }, null, 2)}\n`;
const CONFIG = `import js from "@eslint/js";

export default [
  js.configs.recommended,
];
`;
const APP = { ".git/HEAD": "", "package.json": MANIFEST, "eslint.config.js": CONFIG };

describe("init", () => {
  it("shows the diff, asks, writes, and is undone byte by byte", async () => {
    const root = tree(APP);
    const read = (file: string) => readFileSync(path.join(root, file), "utf8");
    for (const [args, input] of [[["--dry-run"], "y\n"], [[], "n\n"], [[], ""], [[], "maybe\n"]] as const) {
      const run = await cli.run(["init", ...args], { cwd: root, input });
      expect(run.code).toBe(1);
      expect(run.stdout).toContain('+import sessionfix from "eslint-plugin-sessionfix";\n');
      expect([read("package.json"), existsSync(path.join(root, ".github/workflows/sessionfix.yml"))]).toEqual([MANIFEST, false]);
    }
    expect((await cli.run(["init"], { cwd: root, input: "y\n" })).code).toBe(0);
    expect(JSON.parse(read("package.json"))).toMatchObject({ dependencies: { "sessionfix-runtime": "^0.1.0", zod: "1" }, devDependencies: { eslint: "10", "eslint-plugin-sessionfix": "^0.1.0" } });
    expect(read("eslint.config.js")).toBe(`import js from "@eslint/js";
import sessionfix from "eslint-plugin-sessionfix";

export default [
  sessionfix.configs.recommended,
  js.configs.recommended,
];
`);
    expect(read(".github/workflows/sessionfix.yml")).toContain("npx --yes sessionfix scan --format github");

    expect(await cli.run(["init", "--yes"], { cwd: root })).toMatchObject({ code: 0, stdout: expect.stringMatching(/Nothing to add\.\n$/) as unknown });
    expect((await cli.run(["undo"], { cwd: root })).code).toBe(0);
    expect([read("package.json"), read("eslint.config.js"), existsSync(path.join(root, ".github/workflows/sessionfix.yml"))]).toEqual([MANIFEST, CONFIG, false]);
  });
});

describe("an ESLint configuration", () => {
  const edited = (name: string, text: string) => planInit(tree({ "package.json": MANIFEST, [name]: text }), "1.0.0").find(({ file }) => file === name);

  it.each([
    ["eslint.config.js", "import a from 'a'\n\nexport default defineConfig(\n  a,\n)\n", "import a from 'a'\nimport sessionfix from 'eslint-plugin-sessionfix'\n\nexport default defineConfig(\n  sessionfix.configs.recommended,\n  a,\n)\n"],
    ["eslint.config.mjs", "export default [];\n", 'import sessionfix from "eslint-plugin-sessionfix";\n\nexport default [sessionfix.configs.recommended];\n'],
    ["eslint.config.cjs", 'const a = require("a");\r\nmodule.exports = [a];\r\n', 'const a = require("a");\r\nconst sessionfix = require("eslint-plugin-sessionfix");\r\nmodule.exports = [sessionfix.configs.recommended, a];\r\n'],
    ["eslint.config.ts", 'import {\n  a,\n  b,\n} from "a";\nexport default tseslint.config([a, b]);\n', 'import {\n  a,\n  b,\n} from "a";\nimport sessionfix from "eslint-plugin-sessionfix";\nexport default tseslint.config([sessionfix.configs.recommended, a, b]);\n'],
  ])("%s is edited in its own style", (name, before, after) => {
    expect(edited(name, before)?.change).toEqual({ before, after });
  });

  it.each([
    ["a name that is made elsewhere", "const list = [];\nexport default list;\n"],
    ["a name that is taken", "const sessionfix = 1;\nexport default [];\n"],
    ["a function", "export default await make();\n"],
  ])("%s is left alone, with what to add", (_name, text) => {
    expect(edited("eslint.config.js", text)).toMatchObject({ isLeft: true, note: expect.stringContaining("sessionfix.configs.recommended") as unknown });
  });
});

describe("what is there stays", () => {
  it("a manifest with a layout of its own is left alone, with the command", () => {
    const [step] = planInit(tree({ "package.json": '{ "name": "app" }\n' }), "1.0.0");
    expect(step).toMatchObject({ isLeft: true, note: expect.stringMatching(/Run: npm install sessionfix-runtime$/) as unknown });
    expect(step).not.toHaveProperty("change");
  });

  it("a workflow that names sessionfix, a repository of no manifest", () => {
    const steps = planInit(tree({ ".git/HEAD": "", ".github/workflows/ci.yml": "run: npx sessionfix\n" }), "1.0.0");
    expect(steps.map(({ file, note, isLeft }) => [file, note, isLeft])).toEqual([
      ["package.json", "there is none: run init where it is", true],
      [".github/workflows/ci.yml", "it is there already", undefined],
    ]);
  });
});
