import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonReport } from "../../src/report/index.js";
import { tree } from "../project/tree.js";
import { STACK_TRACE, useCli } from "./cli.js";
import type { RunOptions } from "./cli.js";

const cli = useCli();

/** Somebody who may not read what belongs to others; `undefined` where tests do not run as root and need nobody else. */
const STRANGER = process.getuid?.() === 0 ? 65_534 : undefined;

async function scanJson(cwd: string, options: RunOptions = {}) {
  const run = await cli.run(["scan", "--format", "json"], { cwd, ...options });
  return { ...run, report: JSON.parse(run.stdout) as JsonReport };
}

describe("a file that cannot be analysed is one clear line", () => {
  const GOOD = "export const fine = 1;\n";

  it.each<[string, (root: string) => void, string, RegExp]>([
    ["a syntax error", (root) => writeFileSync(path.join(root, "bad.ts"), "const a = 1;\nconst = 2;\n"), "bad.ts", /^syntax error at 2:7: /],
    [
      "a syntax error in database code",
      (root) => writeFileSync(path.join(root, "bad.ts"), 'import D from "better-sqlite3";\nconst db = new D(;\n'),
      "bad.ts",
      /^syntax error at 2:18: /,
    ],
    ["a binary file named .ts", (root) => writeFileSync(path.join(root, "video.ts"), new Uint8Array([0x47, 0x40, 0x11, 0x10, 0, 0, 1])), "video.ts", /^binary, not source text$/],
    ["10 MB of minified code", (root) => writeFileSync(path.join(root, "app.js"), "var a=1;".repeat(1_310_720)), "app.js", /^minified or generated: very long lines \(10\.0 MB\)$/],
    ["minified code by name", (root) => writeFileSync(path.join(root, "lib.min.js"), "var a=1"), "lib.min.js", /^minified, by its name$/],
    ["UTF-16", (root) => writeFileSync(path.join(root, "wide.ts"), "\uFEFFlet a = 1", "utf16le"), "wide.ts", /^UTF-16 text; save it as UTF-8$/],
    ["a broken link", (root) => symlinkSync("gone.ts", path.join(root, "link.ts")), "link.ts", /^a broken symbolic link$/],
    ["a named pipe", (root) => execFileSync("mkfifo", [path.join(root, "pipe.ts")]), "pipe.ts", /^not a regular file$/],
    ["brackets without end", (root) => writeFileSync(path.join(root, "deep.ts"), "[\n".repeat(50_000)), "deep.ts", /^brackets nested more than 3,000 deep$/],
  ])("%s", async (_name, make, file, reason) => {
    const root = tree({ "good.ts": GOOD });
    make(root);
    const { code, report, stderr } = await scanJson(root);
    expect(report.skipped).toEqual([{ file, reason: expect.stringMatching(reason) as unknown }]);
    expect({ code, files: report.stats.files, stderr }).toEqual({ code: 0, files: 1, stderr: "" });

    const text = await cli.run([], { cwd: root });
    expect(text.stdout).toContain(`Skipped 1 file that could not be analysed:\n  ${file}  ${report.skipped[0]?.reason}\n`);
    expect(text.stdout + text.stderr).not.toMatch(STACK_TRACE);
  });

  it("no permission: the file and the folder are named, the rest is scanned", async () => {
    const root = tree({ "good.ts": GOOD, "secret.ts": GOOD, "private/a.ts": GOOD });
    chmodSync(root, 0o755);
    chmodSync(path.join(root, "secret.ts"), 0o000);
    chmodSync(path.join(root, "private"), 0o000);
    const { code, report, stderr } = await scanJson(root, { uid: STRANGER });
    chmodSync(path.join(root, "private"), 0o755);
    expect(report.skipped).toEqual([
      { file: "private", reason: "cannot be read: permission denied" },
      { file: "secret.ts", reason: "cannot be read: permission denied" },
    ]);
    expect({ code, files: report.stats.files, stderr }).toEqual({ code: 0, files: 1, stderr: "" });
  });

  it("nothing readable at all is not a clean bill of health", async () => {
    const root = tree({ "bad.ts": "const = 1;" });
    const run = await cli.run([], { cwd: root });
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/Nothing was scanned: no file could be read\.\n$/);
  });

  it("many at once: all in the JSON, ten and a count in the text", async () => {
    const root = tree(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`bad-${index}.ts`, "const = 1;"])));
    expect((await scanJson(root)).report.skipped).toHaveLength(30);
    expect((await cli.run([], { cwd: root })).stdout).toContain("… and 20 more");
  });
});

describe("nothing to scan", () => {
  it("an empty folder", async () => {
    const run = await cli.run([], { cwd: tree({}) });
    expect(run).toEqual({ code: 0, stdout: "Nothing to scan: there are no JavaScript or TypeScript files in this folder.\n", stderr: "" });
  });

  it("an empty folder, for a machine: an empty report, and the line on stderr", async () => {
    const root = tree({});
    const { code, report, stderr } = await scanJson(root);
    expect(code).toBe(0);
    expect(report).toMatchObject({ findings: [], skipped: [], stats: { files: 0 } });
    expect(stderr).toBe(`sessionfix: no JavaScript or TypeScript file could be scanned in ${root}\n`);
  });

  it("a folder without database code", async () => {
    const run = await cli.run([], { cwd: tree({ "a.ts": "export const a = 1;\n" }) });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^✔ No database code found: outside of tests, no file imports a database library that sessionfix knows\. 1 file scanned/);
  });
});

describe("wrong use: exit code 2, one line that says what, one that says what to do", () => {
  it.each<[string, string[], RegExp]>([
    ["a path that does not exist", ["scan", "nowhere/at-all"], /^sessionfix: No such file or folder: nowhere\/at-all\nCheck the path, or run sessionfix without one/],
    ["such a path without the command", ["./nowhere"], /^sessionfix: No such file or folder: \.\/nowhere\n/],
    ["one good path, one bad", ["scan", ".", "nowhere.ts"], /^sessionfix: No such file or folder: nowhere\.ts\n/],
    ["an unknown option", ["--fromat", "json"], /^sessionfix: unknown option '--fromat'\nDid you mean --format\?\n$/],
    ["an unknown option of a command", ["scan", "--strickt"], /^sessionfix: unknown option '--strickt'\nDid you mean --strict\?\n$/],
    ["an unknown command", ["scna"], /^sessionfix: No such command, file or folder: scna\nDid you mean `sessionfix scan`\?\n$/],
    ["an unknown command with options", ["fixx", "--dry-run"], /^sessionfix: No such command, file or folder: fixx\nDid you mean `sessionfix fix`\?\n$/],
    ["an unknown rule", ["scan", "--rule", "no-such-rule"], /^sessionfix: No such rule: no-such-rule\nThere are: bounded-pool, /],
    ["an unknown format", ["scan", "--format", "xml"], /^sessionfix: option '-f, --format <format>' argument 'xml' is invalid\. Allowed choices are text, json, sarif, github, html\.\nRun `sessionfix --help`/],
    ["an option without its value", ["scan", "--rule"], /^sessionfix: option '--rule <name>' argument missing\n/],
  ])("%s", async (_name, args, expected) => {
    const run = await cli.run(args, { cwd: tree({ "a.ts": "" }) });
    expect(run).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(expected) as unknown });
    expect(run.stderr).not.toMatch(STACK_TRACE);
    expect(run.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  });

  it("a folder with the name of a mistyped command is a folder", async () => {
    const root = tree({});
    mkdirSync(path.join(root, "scna"));
    expect((await cli.run(["scna"], { cwd: root })).code).toBe(0);
  });
});
