import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import { parseSource } from "../../src/project/parse.js";
import { PACKAGES, pack } from "./support/pack.js";
import type { Packed } from "./support/pack.js";

/** The three tarballs, unpacked side by side as an install would lay them. */
let folder: string;
const packed = new Map<string, Packed>();

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sessionfix-pack-"));
  for (const name of Object.keys(PACKAGES) as (keyof typeof PACKAGES)[]) {
    const result = pack(name, folder);
    packed.set(name, result);
    const target = path.join(folder, "node_modules", name);
    mkdirSync(target, { recursive: true });
    execFileSync("tar", ["-xzf", path.join(folder, result.filename), "-C", target, "--strip-components=1"]);
  }
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function filesOf(name: string): string[] {
  return packed.get(name)?.files.map((file) => file.path) ?? [];
}

function codeOf(name: string): { file: string; text: string }[] {
  const at = path.join(folder, "node_modules", name);
  return readdirSync(at, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.c?js$/.test(file))
    .map((file) => ({ file, text: readFileSync(path.join(at, file), "utf8") }));
}

/** By the project's own reading of the code: bundles hold text that looks like imports. */
function importsOf(name: string): Set<string> {
  const found = new Set<string>();
  for (const { file, text } of codeOf(name)) {
    const source = parseSource(file, text);
    if (!source.ok) throw new Error(`${file}: ${source.reason}`);
    for (const specifier of buildFacts({ ...source, file }).specifiers) if (!specifier.startsWith(".")) found.add(specifier);
  }
  return found;
}

describe("what is shipped", () => {
  it.each(Object.keys(PACKAGES))("%s holds its licence, its types and no sources, tests or databases", (name) => {
    const files = filesOf(name);
    expect(files).toContain("LICENSE");
    expect(files).toContain("package.json");
    expect(files.some((file) => file.endsWith(".d.ts"))).toBe(true);
    expect(files.filter((file) => /(^|\/)test\/|\.tsbuildinfo$|\.db$|(?<!\.d)\.ts$/.test(file))).toEqual([]);
  });

  it("the runtime imports nothing but node:", () => {
    expect([...importsOf("sessionfix-runtime")].filter((specifier) => !specifier.startsWith("node:"))).toEqual([]);
  });

  it("the plugin brings no parser, no compiler and no file system", () => {
    const imports = [...importsOf("eslint-plugin-sessionfix")];
    expect(imports.filter((specifier) => !/^(node:|eslint$)/.test(specifier))).toEqual([]);
  });

  it("every export leads to a file that is there", () => {
    for (const name of Object.keys(PACKAGES)) {
      const at = path.join(folder, "node_modules", name);
      const manifest = JSON.parse(readFileSync(path.join(at, "package.json"), "utf8")) as { exports: Record<string, unknown> };
      const targets = JSON.stringify(manifest.exports).match(/\.\/[^"*]+\.\w+/g) ?? [];
      expect(targets.filter((target) => !existsSync(path.join(at, target)))).toEqual([]);
    }
  });
});
