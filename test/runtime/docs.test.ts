import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, test } from "vitest";
import * as runtime from "sessionfix-runtime";
import { tempFolder } from "./support/database.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(import.meta.url);

/** The blocks marked `ts` are complete programs. */
function examples(file: string): string[] {
  return [...readFileSync(join(root, file), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
}

/** What a program says in comments that it prints, line by line. */
function promisedOutput(source: string): string[] {
  return [...source.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map((match) => match[1] ?? "");
}

for (const file of ["docs/runtime.md", "runtime/README.md"]) {
  test.each(examples(file).map((source, index) => [index + 1, source] as const))(`example %i of ${file} runs and prints what it says`, async (_, source) => {
    const folder = tempFolder();
    const outfile = join(folder, "example.mjs");
    await build({
      stdin: { contents: source, loader: "ts", resolveDir: root }, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error",
      alias: { "sessionfix-runtime": join(root, "runtime/index.ts"), "sessionfix-runtime/better-sqlite3": join(root, "runtime/better-sqlite3.ts") },
      plugins: [{
        name: "driver-from-here",
        setup: (hooks) => hooks.onResolve({ filter: /^better-sqlite3$/ }, () => ({ path: pathToFileURL(require.resolve("better-sqlite3")).href, external: true })),
      }],
    });
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [outfile], { cwd: folder });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n").filter((line) => line !== "")).toEqual(promisedOutput(source));
  });
}

test("every error class and its code, and every event channel, is documented", () => {
  const text = readFileSync(join(root, "docs/runtime.md"), "utf8");
  const source = readFileSync(join(root, "runtime/errors.ts"), "utf8");
  const classes = Object.keys(runtime).filter((name) => name.endsWith("Error") && name !== "SessionError");
  expect(classes.length).toBeGreaterThan(10);
  for (const name of classes) {
    const code = new RegExp(`class ${name} .*?code = "(\\w+)"`, "s").exec(source)?.[1];
    expect(text).toContain(`\`${name}\` \`${code}\``);
  }
  for (const name of ["sessionfix:session:open", "sessionfix:session:close", "sessionfix:transaction"]) expect(text).toContain(`\`${name}\``);
});
