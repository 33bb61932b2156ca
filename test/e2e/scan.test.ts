import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { JsonReport } from "../../src/report/index.js";
import { tree } from "../project/tree.js";
import { STACK_TRACE, useCli } from "./cli.js";

const cli = useCli();

const SCHEMA = JSON.parse(readFileSync(new URL("../../docs/report.schema.json", import.meta.url), "utf8")) as object;

/** A workspace that is neither installed nor built: the factory in one package, its per-request callers in another. */
const APP = {
  "package.json": `{ "name": "shop", "private": true, "workspaces": ["packages/*", "apps/*"] }`,
  "packages/db/package.json": `{ "name": "@shop/db", "main": "dist/index.js", "types": "dist/index.d.ts" }`,
  "packages/db/src/index.ts": `import Database from "better-sqlite3";

export function createDb(file: string) {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  return db;
}
`,
  "apps/api/package.json": `{ "name": "api" }`,
  "apps/api/tsconfig.json": `{ "extends": "@not/installed", "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }`,
  "apps/api/src/orders.ts": `import { createDb } from "@shop/db";

export function listOrders() {
  const db = createDb("shop.db");
  return db.prepare("SELECT * FROM orders").all();
}
`,
  "apps/api/src/server.ts": `import express from "express";
import { listOrders } from "@/orders";

const app = express();
app.get("/orders", (request, response) => {
  response.json(listOrders());
});
app.listen(3000);
`,
  "apps/web/src/button.ts": "export const label = 'Buy';\n",
};

describe("scan", () => {
  it("finds the factory across packages, with the path from the route, in both formats", async () => {
    const root = tree(APP);
    const json = await cli.run(["scan", "--format", "json"], { cwd: root });
    const report = JSON.parse(json.stdout) as JsonReport;
    const validate = new Ajv2020({ allErrors: true, strict: true }).compile(SCHEMA);
    expect(validate(report) ? [] : validate.errors).toEqual([]);
    expect(report.findings).toMatchObject([
      { rule: "no-session-per-call", file: "packages/db/src/index.ts", line: 4, column: 14, priority: "P0", confidence: "proven", library: "better-sqlite3" },
    ]);
    const [finding] = report.findings;
    expect(finding?.why[0]).toMatchObject({ file: "apps/api/src/server.ts", line: 5 });
    expect(finding?.related.map(({ file, line }) => `${file}:${line}`)).toContain("apps/api/src/orders.ts:4");
    expect(report.stats).toMatchObject({ files: 4, parsed: 3, fromCache: 0 });
    expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 1, stderr: "" });

    const text = await cli.run([], { cwd: root });
    expect(text.code).toBe(1);
    expect(text.stdout).toContain("● no-session-per-call  packages/db/src/index.ts:4:14  better-sqlite3\n");
    expect(text.stdout).toContain("  ▸ 4 │   const db = new Database(file);\n      │              ^^^^^^^^^^^^^^^^^^\n");
    expect(text.stdout).toMatch(/^ {2}Why {2}.+apps\/api\/src\/server\.ts:5$/m);
    expect(text.stdout).toMatch(/^Next: npx sessionfix fix /m);
  });

  it("says nothing and exits with 0 when there is nothing to say", async () => {
    const root = tree({ "db.ts": `import Database from "better-sqlite3";\nexport const db = new Database("a.db");\n` });
    const run = await cli.run([], { cwd: root });
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^✔ No session mistakes found\. 1 file scanned, 1 of them analysed/) as unknown, stderr: "" });
  });

  it("reports relative to the working directory, or to the folder named when that lies elsewhere", async () => {
    const root = tree(APP);
    const files = async (args: string[], cwd: string) => {
      const report = JSON.parse((await cli.run([...args, "--format", "json"], { cwd })).stdout) as JsonReport;
      return report.findings.map(({ file }) => file);
    };
    expect(await files(["packages", "apps"], root)).toEqual(["packages/db/src/index.ts"]);
    expect(await files([root], tree({}))).toEqual(["packages/db/src/index.ts"]);
    expect(await files(["..", "."], path.join(root, "apps"))).toEqual(["packages/db/src/index.ts"]);
  });

  it("runs only the rules asked for", async () => {
    const root = tree(APP);
    expect((await cli.run(["--rule", "no-unbatched-loop-transaction"], { cwd: root })).code).toBe(0);
    expect((await cli.run(["--rule", "sessionfix/no-session-per-call"], { cwd: root })).code).toBe(1);
  });

  it("is the same run after run", async () => {
    const root = tree(APP);
    const runs = await Promise.all(Array.from({ length: 4 }, () => cli.run(["--format", "json"], { cwd: root })));
    const reports = runs.map(({ stdout }) => ({ ...(JSON.parse(stdout) as JsonReport), stats: undefined }));
    for (const report of reports) expect(report).toEqual(reports[0]);
  });
});

describe("what a terminal sees", () => {
  const ESCAPE = String.fromCharCode(27);

  it("no colours in a pipe, unless asked for; never with NO_COLOR, never in JSON", async () => {
    const cwd = tree(APP);
    expect((await cli.run([], { cwd })).stdout).not.toContain(ESCAPE);
    expect((await cli.run([], { cwd, env: { FORCE_COLOR: "1" } })).stdout).toContain(ESCAPE);
    expect((await cli.run([], { cwd, env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stdout).not.toContain(ESCAPE);
    expect((await cli.run(["--format", "json"], { cwd, env: { FORCE_COLOR: "1" } })).stdout).not.toContain(ESCAPE);
  });

  it("the stack of an error with DEBUG=sessionfix alone", async () => {
    const run = (DEBUG: string) => cli.run(["scan", "--rule", "nope"], { env: { DEBUG } });
    expect((await run("sessionfix")).stderr).toMatch(STACK_TRACE);
    expect((await run("express")).stderr).not.toMatch(STACK_TRACE);
  });
});

describe("a reader that closes early", () => {
  it("is no failure", async () => {
    const run = await cli.run(["--format", "json"], { cwd: tree(APP), closeStdout: true });
    expect(run).toEqual({ code: 1, stdout: "", stderr: "" });
  });
});

describe("help", () => {
  it("is there for everything, with examples and exit codes", async () => {
    for (const args of [["--help"], ["-h"], ["help"]]) {
      const { code, stdout, stderr } = await cli.run(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^Usage: sessionfix /);
      expect(stdout).toContain("$ npx sessionfix fix --dry-run");
      expect(stdout).toMatch(/Exit codes:\n {2}0 {2}nothing to say\n {2}1 {2}findings/);
    }
    for (const command of ["scan", "fix", "undo"]) {
      for (const args of [[command, "--help"], ["help", command]]) {
        const { code, stdout, stderr } = await cli.run(args);
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        expect(stdout).toMatch(new RegExp(`^Usage: sessionfix ${command} `));
        expect(stdout).toMatch(new RegExp(`Examples:\n(?: .*\n)* +\\$ npx sessionfix ${command}`));
      }
    }
  });

  it("gives the package's version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
    expect(await cli.run(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("loads neither a parser nor the codemods", () => {
    const { outputs } = cli;
    const entry = Object.keys(outputs).find((file) => file.endsWith("/cli.js")) ?? "";
    const loaded = new Set([entry]);
    const external = new Set<string>();
    for (const file of loaded) {
      for (const { path: target, kind, external: isExternal } of outputs[file]?.imports ?? []) {
        if (kind !== "import-statement") continue;
        if (isExternal) external.add(target);
        else loaded.add(target);
      }
    }
    expect([...external].filter((name) => !name.startsWith("node:")).sort()).toEqual(["commander", "picocolors"]);
  });
});
