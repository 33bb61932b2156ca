import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import { parseSource } from "../../src/project/parse.js";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const npm = (args: string[], cwd: string) => execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], shell: process.platform === "win32" });

interface Packed {
  filename: string;
  files: { path: string }[];
}

/** The three tarballs, unpacked side by side as an install would lay them. */
let folder: string;
const packed = new Map<string, Packed>();
const PACKAGES = { sessionfix: ".", "eslint-plugin-sessionfix": "rules", "sessionfix-runtime": "runtime" };

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sessionfix-pack-"));
  for (const [name, place] of Object.entries(PACKAGES)) {
    // `npm test` has built; a test that builds on its own would test something else than what is shipped.
    const [result] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], path.join(root, place))) as [Packed];
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

describe("the runtime, installed alone", () => {
  const node = (file: string, code: string) => {
    writeFileSync(path.join(folder, file), code);
    return execFileSync(process.execPath, [file], { cwd: folder, encoding: "utf8" }).trim();
  };

  it("loads as ESM and as CommonJS", () => {
    expect(node("esm.mjs", 'import * as r from "sessionfix-runtime"; import { betterSqlite3 as b } from "sessionfix-runtime/better-sqlite3"; console.log(typeof r.getSession, typeof b);')).toBe("function function");
    expect(node("cjs.cjs", 'const r = require("sessionfix-runtime"); const { betterSqlite3: b } = require("sessionfix-runtime/better-sqlite3"); console.log(typeof r.getSession, typeof b);')).toBe("function function");
  });

  it.each([
    ["Node16", "Node16", "mts"],
    ["NodeNext", "NodeNext", "mts"],
    ["NodeNext", "NodeNext", "cts"],
    ["ESNext", "Bundler", "ts"],
  ])("its types resolve with module %s and resolution %s (.%s)", (module, moduleResolution, extension) => {
    const file = `types-${moduleResolution}.${extension}`;
    writeFileSync(
      path.join(folder, file),
      `import { createSessionFactory, batchedTransaction } from "sessionfix-runtime";
       import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
       export const factory = createSessionFactory({ open: (path: string) => ({ path }) });
       export const path: string = factory.getSession("a.db").path;
       export { batchedTransaction, betterSqlite3 };`,
    );
    const tsc = path.join(root, "node_modules/typescript/bin/tsc");
    const types = ["--types", "node", "--typeRoots", path.join(root, "node_modules/@types")];
    expect(() =>
      execFileSync(process.execPath, [tsc, "--noEmit", "--strict", "--target", "ES2022", "--module", module, "--moduleResolution", moduleResolution, ...types, file], { cwd: folder, encoding: "utf8" }),
    ).not.toThrow();
  });
});
