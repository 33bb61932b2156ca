import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RULES } from "../../rules/registry.js";
import type { Rule } from "../../rules/rule.js";
import { createProgram } from "../../src/cli/program.js";
import { encodeFacts, factsKey } from "../../src/core/cache/facts-entry.js";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import type { FileFacts } from "../../src/core/facts/types.js";
import { CacheFolder } from "../../src/project/cache/folder.js";
import { digest } from "../../src/project/cache/digest.js";
import { cacheIdentity } from "../../src/project/cache/identity.js";
import { baselineText, makeBaseline } from "../../src/project/baseline.js";
import { linkTree } from "../../src/project/link-tree.js";
import { parseSource } from "../../src/project/parse.js";
import { scanProject } from "../../src/project/scan.js";
import { tree } from "./tree.js";

const orders = (name: string): string => `import Database from "better-sqlite3";
export function ${name}() {
  const db = new Database("shop.db");
  return db.prepare("SELECT * FROM ${name}").all();
}
`;
const FILES = {
  "src/server.ts": `import express from "express";
import { one } from "./one.js";
import { two } from "./two.js";
const app = express();
app.get("/one", (request, response) => response.json(one()));
app.get("/two", (request, response) => response.json(two()));
app.listen(3000);
`,
  "src/one.ts": orders("one"),
  "src/two.ts": orders("two"),
};

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** A rule of the registry that fails on what `fails` says, and else does what it does. */
function faulty(name: string, fails: (file: string, text: string) => boolean): void {
  const rule = RULES.find((each) => each.name === name) as Rule;
  const detect = rule.detect.bind(rule);
  vi.spyOn(rule, "detect").mockImplementation((file, project, options) => {
    if (fails(file, project.program.host.text(file) ?? "")) throw new TypeError("it has no length");
    return detect(file, project, options);
  });
}

/** Leaves facts in the cache that no parser would make: what joins them cannot cope. */
function poison(root: string, folder: string, file: string, part: "call" | "span"): void {
  const bytes = readFileSync(path.join(root, file));
  const parsed = parseSource(file, bytes.toString());
  if (!parsed.ok) throw new Error(parsed.reason);
  const built = buildFacts({ ...parsed, file });
  const facts: FileFacts = { ...built, calls: built.calls.map((call) => (part === "call" ? (null as never) : { ...call, args: call.args, callee: call.callee, span: null as never, loop: -7 as never })) };
  const key = factsKey(file, digest(bytes), digest);
  new CacheFolder(folder, cacheIdentity()).write(`facts/${key}.json`, encodeFacts(key, { ok: true, facts }, digest));
}

const places = (findings: readonly { rule: string; file: string }[]): string[] => findings.map(({ rule, file }) => `${rule} ${file}`).sort();

describe("a rule that fails on one file", () => {
  it("costs what it would find there, and nothing else", async () => {
    const root = tree(FILES);
    const whole = await scanProject({ root, cache: false, strict: true });
    faulty("no-session-per-call", (file) => file === "src/one.ts");
    const result = await scanProject({ root, cache: false, strict: true });
    expect(places(result.findings)).toEqual(places(whole.findings).filter((each) => each !== "no-session-per-call src/one.ts"));
    expect(result.findings.length).toBe(whole.findings.length - 1);
    expect(result.defects).toEqual([{ code: "defect-in-rule", file: "src/one.ts", rule: "no-session-per-call", message: "it has no length" }]);
    expect(result.notices).toEqual([{ code: "defect-in-rule", file: "src/one.ts", line: 1, text: expect.stringContaining("no-session-per-call failed on this file") as unknown }]);
  });

  it("is told again by a scan that finds its outcome kept", async () => {
    const root = tree({ ...FILES, "node_modules/keep": "" });
    faulty("no-session-per-call", (file) => file === "src/one.ts");
    const first = await scanProject({ root });
    vi.restoreAllMocks();
    const second = await scanProject({ root });
    expect(second.stats.fromCache).toBe(second.stats.parsed);
    expect(second.defects).toEqual(first.defects);
  });

  it("makes no comment stale that speaks of it", async () => {
    const root = tree({ ...FILES, "src/one.ts": orders("one").replace("  const db", "  // sessionfix-disable-next-line no-session-per-call -- measured\n  const db") });
    expect((await scanProject({ root, cache: false })).notices).toEqual([]);
    faulty("no-session-per-call", (file) => file === "src/one.ts");
    expect((await scanProject({ root, cache: false })).notices.map(({ code }) => code)).toEqual(["defect-in-rule"]);
  });

  it("is an error of the tool: the report has the other findings, and the exit code is 2", async () => {
    const root = tree(FILES);
    faulty("no-session-per-call", (file) => file === "src/one.ts");
    expect(await run("scan", root, "--no-cache", "--format", "json")).toMatchObject({ code: 2, report: { findings: [{ file: "src/two.ts" }], notices: [{ code: "defect-in-rule", file: "src/one.ts" }] } });
  });

  it("says nothing of a change after which it fails", async () => {
    const root = tree(FILES);
    faulty("no-session-per-call", (_, text) => text.includes("changed"));
    const scan = await scanProject({ root, cache: false });
    expect(scan.defects).toEqual([]);
    expect(() => scan.redetect(new Map([["src/one.ts", `${FILES["src/one.ts"]}// changed\n`]]))).toThrow(expect.objectContaining({ code: "OVERLAY_DEFECT" }) as Error);
    expect(scan.redetect(new Map([["src/one.ts", "export function one() {}\n"]])).map(({ file }) => file)).toEqual(["src/two.ts"]);
  });

  it("fails as before on what a fix left alone, which is no news", async () => {
    const root = tree(FILES);
    faulty("no-session-per-call", (file) => file === "src/one.ts");
    const scan = await scanProject({ root, cache: false });
    expect(scan.redetect(new Map([["src/two.ts", "export function two() {}\n"]]))).toEqual([]);
  });
});

describe("a file that cannot be joined with the others", () => {
  it.each(["call", "span"] as const)("is left out and named, whether it fails early or late (%s); the others are joined without it", async (part) => {
    const root = tree(FILES);
    const folder = path.join(root, "kept");
    poison(root, folder, "src/one.ts", part);
    const result = await scanProject({ root, cache: folder });
    expect(result.findings.map(({ file }) => file)).toEqual(["src/two.ts"]);
    expect(result.defects).toEqual([{ code: "defect-in-linking", file: "src/one.ts", message: expect.any(String) as unknown }]);
  });

  it("is found among several, each by itself", async () => {
    const root = tree({ ...FILES, "src/three.ts": orders("three"), "src/four.ts": orders("four"), "src/five.ts": orders("five"), "src/six.ts": orders("six") });
    const folder = path.join(root, "kept");
    poison(root, folder, "src/three.ts", "call");
    for (const file of ["src/five.ts", "src/six.ts"]) poison(root, folder, file, "span");
    const result = await scanProject({ root, cache: folder });
    expect(result.defects.map(({ code, file }) => `${code} ${file}`).sort()).toEqual(["defect-in-linking src/five.ts", "defect-in-linking src/six.ts", "defect-in-linking src/three.ts"]);
    expect((await linkTree({ root, cache: folder })).skipped.map(({ file }) => file).sort()).toEqual(["src/five.ts", "src/six.ts", "src/three.ts"]);
    expect(result.findings.filter(({ rule }) => rule === "no-session-per-call").map(({ file }) => file).sort()).toEqual(["src/one.ts", "src/two.ts"]);
  });
});

describe("a scan in which something failed", () => {
  it("makes no baseline: what is missing would come back as new", async () => {
    const root = tree(FILES);
    faulty("no-session-per-call", (file) => file === "src/one.ts");
    await expect(run("scan", root, "--no-cache", "--update-baseline")).rejects.toMatchObject({ code: "SCAN_INCOMPLETE" });
  });

  it("calls no baseline entry of that file gone", async () => {
    const root = tree(FILES);
    const baseline = path.join(root, "known.json");
    await scanProject({ root, cache: false }).then(({ findings }) => writeFileSync(baseline, baselineText(makeBaseline(findings, false))));
    faulty("no-session-per-call", (file) => file === "src/one.ts");
    expect(await run("scan", root, "--no-cache", "--format", "json", "--baseline", baseline)).toMatchObject({ code: 2, report: { findings: [], notices: [{ code: "defect-in-rule" }] } });
  });
});

/** The command line in this process, whose rules are the ones that fail. */
async function run(...args: string[]): Promise<{ code: unknown; report: unknown }> {
  let printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  await createProgram().parseAsync(["node", "sessionfix", ...args]);
  return { code: process.exitCode, report: JSON.parse(printed) };
}
