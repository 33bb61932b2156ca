import { execFile } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import ts from "typescript";
import { expect, test } from "vitest";
import { examples, pages, root } from "./support/markdown.js";
import { tempFolder } from "./support/database.js";

const run = promisify(execFile);

/** What a program says in comments that it prints, line by line. */
function promisedOutput(source: string): string[] {
  return [...source.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map((match) => match[1] ?? "");
}

/** Before and after, in pieces: the codemods' own tests run such programs. */
const PIECES = ["docs/cli.md", "docs/codemods.md", "docs/safety.md"];
/** Need a generated client, or an application: orm/docs.test.ts and e2e/verify.test.ts run their programs. */
const ELSEWHERE = ["docs/orms.md", "docs/verify.md"];

const programs = pages.filter((page) => ![...PIECES, ...ELSEWHERE].includes(page)).flatMap((page) => examples(page).map((source, index) => ({ page, number: index + 1, source })));

test("the guide, the operations page and the package's own page have programs to run", () => {
  for (const page of ["docs/guide.md", "docs/operations.md", "runtime/README.md"]) expect(programs.some((program) => program.page === page)).toBe(true);
});

test.each(programs)("program $number of $page runs and prints what it says", async ({ source }) => {
  const folder = tempFolder();
  const outfile = join(folder, "example.mjs");
  await build({
    stdin: { contents: source, loader: "ts", resolveDir: root }, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error",
    plugins: [{
      name: "runtime-from-here",
      setup: (hooks) => {
        hooks.onResolve({ filter: /^sessionfix-runtime/ }, ({ path }) => ({ path: join(root, "runtime", `${path.split("/")[1] ?? "index"}.ts`) }));
        hooks.onResolve({ filter: /^[^./]/ }, () => ({ external: true }));
      },
    }],
  });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const { stdout, stderr } = await run(process.execPath, [outfile], { cwd: folder, timeout: 20_000 });
  expect(stderr).toBe("");
  expect(stdout.trim().split("\n").filter((line) => line !== "")).toEqual(promisedOutput(source));
});

test("the programs of the documentation compile under the project's own strict settings", () => {
  const sources = new Map(programs.map(({ page, number, source }) => [join(root, "test", `${page.replace(/\W/g, "-")}-${number}.ts`), source]));
  const config = ts.readConfigFile(join(root, "tsconfig.check.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent({ ...config.config as object, include: [], files: ["vitest.config.ts"] }, ts.sys, root);
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => sources.has(path) || disk.fileExists(path),
    readFile: (path) => sources.get(path) ?? disk.readFile(path),
    getSourceFile: (path, ...rest) => {
      const source = sources.get(path);
      return source === undefined ? disk.getSourceFile(path, ...rest) : ts.createSourceFile(path, source, ts.ScriptTarget.Latest);
    },
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  const problems = [...sources.keys()].flatMap((path) => ts.getPreEmitDiagnostics(program, program.getSourceFile(path)));
  expect(problems.map((problem) => `${problem.file?.fileName}: ${ts.flattenDiagnosticMessageText(problem.messageText, "\n")}`)).toEqual([]);
}, 60_000);
