import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { FIELDS } from "../../src/project/config-schema.js";
import { FORMAT_NAMES } from "../../src/report/names.js";
import { loadConfig } from "../../src/project/config.js";
import { tree } from "../project/tree.js";
import { useCli } from "./cli.js";

const cli = useCli();
const REPOSITORY = new URL("../../", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, REPOSITORY), "utf8");
const PAGE = read("docs/cli.md");

const blocks = (language: string) => [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(({ 1: text = "" }) => text);
const section = (name: string) => PAGE.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? "";

const SHOP = {
  "package.json": `{ "name": "shop", "type": "module", "scripts": { "test": "node --check src/orders.js" } }\n`,
  "src/server.js": `import express from "express";
import { list } from "./orders.js";
const app = express();
app.get("/orders", (request, response) => response.json(list()));
app.listen(3000);
`,
  "src/orders.js": `import Database from "better-sqlite3";
export function list() {
  const db = new Database("shop.db");
  return db.prepare("SELECT * FROM orders").all();
}
`,
};

describe("docs/cli.md", () => {
  it("has every command with every option, and every format and field", () => {
    for (const command of createProgram().commands) {
      const text = section(command.name());
      expect(text, command.name()).not.toBe("");
      for (const { long } of command.options) expect(text, `${command.name()} ${long}`).toContain(long);
    }
    for (const name of FORMAT_NAMES) expect(section("scan")).toContain(name);
    for (const name of [...Object.keys(FIELDS), "rules"]) expect(section("Configuration")).toContain(`| \`${name}\` |`);
  });

  it("has examples that run, in their order", async () => {
    const examples = blocks("sh").join("").trim().split("\n");
    expect(examples.length).toBeGreaterThan(15);
    const cwd = tree(SHOP);
    new Database(path.join(cwd, "shop.db")).exec("CREATE TABLE orders (id INTEGER PRIMARY KEY)").close();
    for (const example of examples) {
      const words = [...example.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
      expect(words.slice(0, 2)).toEqual(["npx", "sessionfix"]);
      const run = await cli.run(words.slice(2), { cwd });
      expect({ example, failed: run.code === 2 || run.code === null, stderr: run.code === 2 ? run.stderr : "" }).toEqual({ example, failed: false, stderr: "" });
    }
  }, 120_000);

  it("has a configuration that is one", async () => {
    const [json = ""] = blocks("json");
    expect((await loadConfig(tree({ "sessionfix.config.json": json }))).config).toMatchObject({ batchSize: 25 });
  });
});

describe("docs/doctor.md", () => {
  const page = read("docs/doctor.md");

  it("names every code that the doctor knows, and no other", () => {
    const known = ["src/inspect/diagnose-locks.ts", "src/inspect/diagnose-files.ts"].flatMap((file) => [...read(file).matchAll(/code: "([a-z-]+)"/g)].map(({ 1: code }) => code));
    const listed = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (?:critical|warning|info)/gm)].map(({ 1: code }) => code);
    expect(known.length).toBeGreaterThan(20);
    expect([...listed].sort()).toEqual([...new Set(known)].sort());
  });

  it("has examples that run", async () => {
    const cwd = tree({});
    new Database(path.join(cwd, "app.db")).exec("PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER PRIMARY KEY)").close();
    const examples = [...page.matchAll(/^npx sessionfix (.+)$/gm)].map(({ 1: words = "" }) => words);
    expect(examples.length).toBeGreaterThan(4);
    for (const example of examples) expect({ example, ...(await cli.run(example.split(" "), { cwd })) }).toMatchObject({ example, code: 0, stderr: "" });
  });
});

describe("the GitHub Action", () => {
  const action = read("action.yml");

  it("has the inputs that the page names, and hands them over by the environment alone", () => {
    const inputs = [...(action.split("\nruns:")[0] ?? "").matchAll(/^ {2}([a-z-]+):\n {4}description/gm)].map(({ 1: name }) => name);
    expect(inputs).toEqual(["paths", "working-directory", "strict", "baseline", "sarif", "version"]);
    for (const name of inputs) expect(section("In CI")).toContain(`\`${name}\``);
    for (const line of action.split("\n").filter((text) => /^\s+run:/.test(text))) expect(line).not.toContain("${{");
  });

  it.each<[string, string[], Record<string, string>, number, number, string[]]>([
    ["a plain run", ["--format", "github"], {}, 0, 0, ["--yes", "sessionfix", "scan", "--format", "github", "--"]],
    ["findings fail it", ["--format", "github"], {}, 1, 1, ["--yes", "sessionfix", "scan", "--format", "github", "--"]],
    ["but not before the upload", ["--output", "a b.sarif", "--findings-pass"], {}, 1, 0, ["--yes", "sessionfix", "scan", "--output", "a b.sarif", "--"]],
    ["an error always does", ["--findings-pass"], {}, 2, 2, ["--yes", "sessionfix", "scan", "--"]],
    [
      "every input, none of it run",
      [],
      { SESSIONFIX_STRICT: "true", SESSIONFIX_BASELINE: "$(touch x)", SESSIONFIX_PATHS: "src\n\na b; rm c\n--help\n", SESSIONFIX_VERSION: "1.2.3" },
      0,
      0,
      ["--yes", "sessionfix@1.2.3", "scan", "--strict", "--baseline", "$(touch x)", "--", "src", "a b; rm c", "--help"],
    ],
  ])("%s", (_name, args, env, exit, expected, words) => {
    const bin = tree({ npx: `#!/bin/sh\nfor word in "$@"; do echo "$word"; done\nexit ${exit}\n` });
    chmodSync(path.join(bin, "npx"), 0o755);
    const run = spawnSync("bash", [new URL("scripts/action.sh", REPOSITORY).pathname, ...args], { cwd: bin, encoding: "utf8", env: { PATH: `${bin}:${process.env["PATH"] ?? ""}`, ...env } });
    expect({ status: run.status, words: run.stdout.trim().split("\n"), stderr: run.stderr }).toEqual({ status: expected, words, stderr: "" });
  });
});
