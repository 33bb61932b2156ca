import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { tree } from "../project/tree.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RULE = "no-example-of-a-rule";

/** A copy of what the scaffold reads and writes. */
function copy(): string {
  const root = tree({});
  const isSource = (file: string) => !/[\\/](?:dist|node_modules)$/.test(file);
  for (const part of ["rules", "src/core"]) cpSync(path.join(ROOT, part), path.join(root, part), { recursive: true, filter: isSource });
  symlinkSync(path.join(ROOT, "node_modules"), path.join(root, "node_modules"));
  writeFileSync(path.join(root, "package.json"), JSON.stringify({ type: "module" }));
  const base = path.join(ROOT, "tsconfig.check.json");
  writeFileSync(path.join(root, "tsconfig.json"), JSON.stringify({ extends: base, compilerOptions: { paths: {} }, files: [`rules/${RULE}.ts`, "rules/registry.ts"], include: [] }));
  return root;
}

function run(script: string, root: string, ...args: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [path.join(ROOT, "scripts", script), ...args, "--root", root], { encoding: "utf8" });
  return { status, stderr };
}

const read = (root: string, file: string) => readFileSync(path.join(root, file), "utf8");

describe("npm run new-rule", () => {
  it("makes a rule that type-checks, its page, a table, and its places in the registry and the README", () => {
    const root = copy();
    expect(run("new-rule.mjs", root, RULE, "--priority", "P2")).toEqual({ status: 0, stderr: "" });
    expect(read(root, "rules/registry.ts")).toContain(`import { noExampleOfARule } from "./${RULE}.js";`);
    expect(read(root, "rules/README.md")).toContain(`| [${RULE}](docs/${RULE}.md) | P2 | `);
    expect(read(root, `rules/docs/${RULE}.md`)).toContain(`# ${RULE}\n`);
    expect(read(root, `test/rules/${RULE}.basics.test.ts`)).toContain(`rule: "${RULE}"`);
    expect(run("generate-registry.mjs", root, "--check")).toEqual({ status: 0, stderr: "" });

    const tsc = spawnSync(process.execPath, [path.join(ROOT, "node_modules/typescript/bin/tsc"), "-p", root], { encoding: "utf8" });
    expect(tsc.stdout).toBe("");
  }, 120_000);

  it("the registry names a file whose export is not called after it", () => {
    const root = copy();
    cpSync(path.join(root, "rules/no-session-per-call.ts"), path.join(root, "rules/no-other-rule.ts"));
    const { status, stderr } = run("generate-registry.mjs", root, "--check");
    expect(status).not.toBe(0);
    expect(stderr).toContain(`rules/no-other-rule.ts must export noOtherRule, whose name is "no-other-rule"`);
  });

  it("the registry's check tells of a rule that has gone, and writes nothing", () => {
    const root = copy();
    rmSync(path.join(root, "rules/no-unbatched-loop-transaction.ts"));
    const before = read(root, "rules/registry.ts");
    expect(run("generate-registry.mjs", root, "--check")).toEqual({
      status: 1,
      stderr: "rules/registry.ts does not fit the rule files: `npm run registry`\nrules/README.md does not fit the rule files: `npm run registry`\n",
    });
    expect(read(root, "rules/registry.ts")).toBe(before);
  });

  it.each([
    ["a name that says nothing", ["sessions"], "is called no-…"],
    ["a name in camel case", ["noSessions"], "is called no-…"],
    ["no name", [], "no name given"],
    ["two names", ["no-one", "no-two"], "is called no-…"],
    ["a rule that there is", ["no-session-per-call"], "There is a rule no-session-per-call already"],
    ["a priority that there is not", [RULE, "--priority", "P9"], "P9 is no priority"],
    ["an option that there is not", [RULE, "--force"], "--force"],
  ])("refuses %s, and writes nothing", (_, args, message) => {
    const root = tree({ "rules/no-session-per-call.ts": "", "rules/README.md": "" });
    const { status, stderr } = run("new-rule.mjs", root, ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(existsSync(path.join(root, `rules/${RULE}.ts`))).toBe(false);
    expect(existsSync(path.join(root, "test"))).toBe(false);
  });
});
