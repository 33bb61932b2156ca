import { execFile } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { tempFolder } from "../support/database.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = join(root, process.env["SESSIONFIX_DOCS_PAGE"] ?? "docs/orms.md");

/** The blocks marked `ts` are complete programs. */
function examples(): string[] {
  return [...readFileSync(page, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
}

/** What a program says in comments that it prints, line by line. */
function promisedOutput(source: string): string[] {
  return [...source.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map((match) => match[1] ?? "");
}

/** Runs as an application would: its packages are found in its own `node_modules`, this one's entries in the source. */
async function output(source: string): Promise<string[]> {
  const folder = tempFolder();
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const outfile = join(folder, "example.mjs");
  await build({
    stdin: { contents: source, loader: "ts", resolveDir: root }, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error",
    plugins: [{
      name: "entries-from-source",
      setup: (hooks) => {
        // What `prisma generate` makes of a schema with the table of the example.
        hooks.onResolve({ filter: /^\.\/generated\/prisma\/client\.js$/ }, () => ({ path: join(root, "test/fixtures/orm/prisma/client/client.ts") }));
        hooks.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
          if (kind === "entry-point") return undefined;
          const [name, entry = "index"] = path.split("/");
          return name === "sessionfix-runtime" ? { path: join(root, "runtime", `${entry}.ts`) } : { path, external: true };
        });
      },
    }],
  });
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [outfile], { cwd: folder, timeout: 25_000 });
  expect(stderr).toBe("");
  return stdout.trim().split("\n").filter((line) => line !== "");
}

describe.skipIf(!existsSync(page))("the page about ORMs", () => {
  const sources = existsSync(page) ? examples() : [];

  test("has an example for each entry", () => {
    for (const entry of ["drizzle", "kysely", "knex", "typeorm", "prisma", "sequelize", "mikro-orm"]) expect(sources.some((source) => source.includes(`"sessionfix-runtime/${entry}"`))).toBe(true);
  });

  test.each(sources.map((source, index) => [index + 1, source] as const))("example %i runs and prints what it says", async (_, source) => {
    expect(promisedOutput(source)).not.toEqual([]);
    expect(await output(source)).toEqual(promisedOutput(source));
  });
});
