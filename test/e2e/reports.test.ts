import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonReport } from "../../src/report/index.js";
import { tree } from "../project/tree.js";
import { useCli } from "./cli.js";

const cli = useCli();

const SERVER = (comment = "") => `import express from "express";
import Database from "better-sqlite3";
const app = express();
app.get("/orders", (request, response) => {${comment}
  const db = new Database("shop.db");
  response.json(db.prepare("SELECT * FROM orders").all());
});
app.listen(3000);
`;
const REPORTS = `import Database from "better-sqlite3";
export function report() {
  return new Database("reports.db").prepare("SELECT 1").all();
}
`;
const BOTH = SERVER().replace("app.listen", 'app.get("/reports", (request, response) => response.json(report()));\napp.listen').replace("\n", '\nimport { report } from "./reports.js";\n');

describe("--output", () => {
  it("writes the report whole, in the format that the name says, and tells so on stderr alone", async () => {
    const root = tree({ "server.ts": SERVER() });
    for (const [file, start] of [["r.sarif", '{\n  "version": "2.1.0"'], ["r.html", "<!doctype html>"], ["r.json", '{\n  "version": 1'], ["r.txt", " P0  1 finding"]] as const) {
      const run = await cli.run(["--output", file], { cwd: root });
      expect(run).toEqual({ code: 1, stdout: "", stderr: `1 finding; the ${file === "r.txt" ? "text" : file.slice(2)} report is in ${file}\n` });
      expect(readFileSync(path.join(root, file), "utf8").startsWith(start)).toBe(true);
    }
    expect((await cli.run(["--output", "r.html", "--format", "json", "--quiet"], { cwd: root })).stderr).toBe("");
    expect(JSON.parse(readFileSync(path.join(root, "r.html"), "utf8"))).toMatchObject({ version: 1 });
  });

  it("a folder that is not there is a clear error", async () => {
    const run = await cli.run(["--output", "no/where.json"], { cwd: tree({ "server.ts": SERVER() }) });
    expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/^sessionfix: no\/where\.json cannot be written: ENOENT.*\nCheck that its folder exists/) as unknown });
  });

  it("code hosts get names from the top of the repository", async () => {
    const root = tree({ ".git/HEAD": "", "apps/api/server.ts": SERVER() });
    const run = await cli.run(["--format", "github"], { cwd: path.join(root, "apps/api") });
    expect(run.stdout).toMatch(/^::error file=apps\/api\/server\.ts,line=5,/);
  });
});

describe("--quiet", () => {
  it("says nothing when there is nothing to say, and the findings when there are some", async () => {
    expect(await cli.run(["--quiet"], { cwd: tree({ "a.ts": "export {};\n" }) })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await cli.run(["-q"], { cwd: tree({ "server.ts": SERVER() }) })).stdout).toContain("no-session-per-call");
  });
});

describe("a baseline", () => {
  it("is made, keeps quiet about what it knows, catches a swap, and names what is gone", async () => {
    const root = tree({ "server.ts": SERVER() });
    expect(await cli.run(["--update-baseline"], { cwd: root })).toEqual({ code: 0, stdout: "sessionfix-baseline.json knows 1 finding now. Scan with --baseline sessionfix-baseline.json to be told of others.\n", stderr: "" });
    const scan = () => cli.run(["--baseline", "sessionfix-baseline.json"], { cwd: root });
    const known = await scan();
    expect(known.code).toBe(0);
    expect(known.stdout).toMatch(/^✔ No new session mistakes found\. .*, 1 in the baseline\n$/);

    writeFileSync(path.join(root, "server.ts"), `// moved by a line\n${BOTH}`);
    writeFileSync(path.join(root, "reports.ts"), REPORTS);
    const more = await scan();
    expect(more.code).toBe(1);
    expect(more.stdout).toContain("no-session-per-call  reports.ts:3:10");
    expect(more.stdout).not.toContain("server.ts:7");

    writeFileSync(path.join(root, "server.ts"), BOTH.replace(/const db = .*\n/, "").replace(/db\.prepare.*\)/, "[])"));
    const swapped = await scan();
    expect(swapped.code).toBe(1);
    expect(swapped.stdout).toContain("1 finding in 1 file");
    expect(swapped.stdout).toContain("Notice server.ts:1\n       sessionfix-baseline.json knows a finding of no-session-per-call that is gone. Write it anew");
    expect(JSON.parse((await cli.run(["--baseline", "sessionfix-baseline.json", "--format", "json"], { cwd: root })).stdout)).toMatchObject({ notices: [{ code: "stale-baseline" }] } satisfies { notices: Partial<NonNullable<JsonReport["notices"]>[number]>[] });
  });

  it("is not made of a part", async () => {
    const root = tree({ "src/server.ts": SERVER() });
    for (const args of [["--rule", "no-session-per-call"], ["scan", "src"]]) {
      const run = await cli.run([...args, "--update-baseline"], { cwd: root });
      expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/^sessionfix: --update-baseline takes the findings of all rules/) as unknown });
    }
    expect(existsSync(path.join(root, "sessionfix-baseline.json"))).toBe(false);
  });

  it("that is broken is exit code 2", async () => {
    const root = tree({ "a.ts": "", "base.json": "{" });
    expect(await cli.run(["--baseline", "base.json"], { cwd: root })).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/^sessionfix: The baseline file base\.json cannot be read: .*\nRestore it/) as unknown });
  });
});

describe("a suppression in the source", () => {
  const NEXT = "\n  // sessionfix-disable-next-line no-session-per-call";
  it("with a reason: exit code 0, and it is counted", async () => {
    const run = await cli.run([], { cwd: tree({ "server.ts": SERVER(`${NEXT} -- once a day`) }) });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/, 1 suppressed in the source\n$/);
  });

  it("without a reason: the finding stays, and so is it told", async () => {
    const run = await cli.run([], { cwd: tree({ "server.ts": SERVER(NEXT) }) });
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("Notice server.ts:5\n       A suppression says why: add `-- reason` after the rule.");
    expect(run.stdout).toContain("1 finding in 1 file");
  });

  it("that is stale: exit code 1", async () => {
    const run = await cli.run([], { cwd: tree({ "a.ts": "// sessionfix-disable-file no-session-per-call -- once\nexport {};\n" }) });
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("This comment suppresses nothing: no-session-per-call reports nothing in this file.");
  });

  it("keeps `fix` from it, too", async () => {
    const root = tree({ "package.json": '{ "type": "module" }', "server.ts": SERVER(`${NEXT} -- once a day`) });
    expect((await cli.run(["fix", "--dry-run"], { cwd: root })).stdout).toBe("");
  });
});

describe("a configuration file", () => {
  it("decides unless the command line does; warnings do not fail the run", async () => {
    const root = tree({ "server.ts": SERVER(), "sessionfix.config.json": '{ "rules": { "no-session-per-call": "warn" } }', "off.json": '{ "rules": { "no-session-per-call": "off" } }' });
    const warned = await cli.run([], { cwd: root });
    expect(warned.code).toBe(0);
    expect(warned.stdout).toContain("no-session-per-call  server.ts:5");
    expect((await cli.run(["--no-config"], { cwd: root })).code).toBe(1);
    expect((await cli.run(["--config", "off.json"], { cwd: root })).stdout).toMatch(/^✔ No session mistakes found/);
  });

  it("is TypeScript, with what it imports, on every Node", async () => {
    const config = 'import type { Unknown } from "nowhere";\nimport { level, type Level } from "./own.js";\nconst rules: Record<string, Level> = { "no-session-per-call": level };\nexport default { rules } satisfies { rules: object; own?: Unknown };\n';
    const root = tree({ "package.json": '{ "type": "module" }', "server.ts": SERVER(), "sessionfix.config.ts": config, "own.ts": 'export type Level = "off" | "warn";\nexport const level: Level = "off";\n' });
    expect(await cli.run([], { cwd: root })).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^✔ No session mistakes found/) as unknown });
    const broken = await cli.run([], { cwd: tree({ "server.ts": SERVER(), "sessionfix.config.ts": "export default {{\n" }) });
    expect(broken).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/^sessionfix: .*sessionfix\.config\.ts cannot be read: /) as unknown });
  });

  it("names a baseline from its own folder, and files to leave out", async () => {
    const root = tree({ ".git/HEAD": "", "api/server.ts": SERVER(), "sessionfix.config.mjs": 'export default { baseline: "api/base.json" };', "ignore.json": '{ "ignores": ["api/**"] }' });
    const cwd = path.join(root, "api");
    expect((await cli.run(["--update-baseline"], { cwd })).stdout).toMatch(/^base\.json knows 1 finding now\./);
    expect((await cli.run([], { cwd })).code).toBe(0);
    expect((await cli.run(["--config", "../ignore.json"], { cwd })).stdout).toMatch(/^Nothing to scan/);
  });

  it("that is wrong is exit code 2", async () => {
    const run = await cli.run([], { cwd: tree({ "sessionfix.config.json": '{ "strickt": true }' }) });
    expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/^sessionfix: .*sessionfix\.config\.json: strickt: nothing has this name here\nDid you mean strict\?\n$/) as unknown });
  });
});
