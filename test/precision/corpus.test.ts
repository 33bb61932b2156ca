import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkCommit, chooseNames, judgement, label, parseJudgements, parseLabels, parseManifest, script } from "./support.js";

const MANIFEST = "name\towner/repo\tcommit\tdate\tlicense\tts_js_loc\tdb_libs\twhy\nshop\tsomeone/shop\t0123456789ab\t2026-01-01\tMIT\t1200\tpg\ta shop\nbank\tsomeone/bank\tba9876543210\t2026-01-01\tnone\t90\tpg\ta bank\n";

describe("labels and judgements", () => {
  const one = JSON.stringify(label(3, "true"));

  it("are one object a line, empty lines and Windows line ends aside", () => {
    expect(parseLabels(`${one}\r\n\r\n${one}\r\n`, "labels.jsonl")).toEqual([label(3, "true"), label(3, "true")]);
  });

  it.each([
    ["{", /^labels\.jsonl:2 is not JSON/],
    ["[]", /^labels\.jsonl:2 needs repo, file, line/],
    ["7", /^labels\.jsonl:2 is not an object/],
    [JSON.stringify({ ...label(3, "true"), verdict: "right" }), /^labels\.jsonl:2 .*one of true, false, debatable/],
    [JSON.stringify({ ...label(0, "true") }), /^labels\.jsonl:2 needs/],
  ])("that cannot be read are named with their line: %s", (row, message) => {
    expect(() => parseLabels(`${one}\n${row}\n`, "labels.jsonl")).toThrow(message);
  });

  it("need a verdict and a reason", () => {
    expect(parseJudgements(JSON.stringify(judgement(3, "wrong")), "j")).toEqual([judgement(3, "wrong")]);
    expect(() => parseJudgements(JSON.stringify({ ...judgement(3, "wrong"), why: "" }), "j")).toThrow(/^j:1 needs/);
    expect(() => parseJudgements(JSON.stringify({ ...judgement(3, "wrong"), verdict: "true" }), "j")).toThrow(/one of right, wrong, debatable/);
  });

  it("judge a finding once", () => {
    const twice = [judgement(3, "wrong"), judgement(9, "right", { fingerprint: "f3" })].map((row) => JSON.stringify(row)).join("\n");
    expect(() => parseJudgements(twice, "j")).toThrow("j:2 judges the same finding as line 1.");
  });
});

describe("the manifest", () => {
  it("is read by the names of its columns", () => {
    expect(parseManifest(MANIFEST, "m").get("shop")).toEqual({ name: "shop", repository: "someone/shop", commit: "0123456789ab", license: "MIT", lines: 1200, libraries: "pg" });
    expect(() => parseManifest("name\tcommit\n", "m")).toThrow(/^m has no column owner\/repo, license/);
    expect(() => parseManifest(MANIFEST.replace("ba9876543210", "main"), "m")).toThrow("m:3 has no commit.");
  });

  it("knows its names", () => {
    const manifest = parseManifest(MANIFEST, "m");
    expect(chooseNames(manifest, [])).toEqual(["shop", "bank"]);
    expect(chooseNames(manifest, ["bank", "bank"])).toEqual(["bank"]);
    expect(() => chooseNames(manifest, ["bnak"])).toThrow("The manifest has no bnak. It has: shop, bank.");
  });
});

describe("on disk", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sessionfix-precision-"));
    mkdirSync(path.join(folder, "corpus"));
    mkdirSync(path.join(folder, "trees"));
    writeFileSync(path.join(folder, "corpus/MANIFEST.tsv"), MANIFEST);
    writeFileSync(path.join(folder, "corpus/labels.jsonl"), `${JSON.stringify(label(3, "true"))}\n`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...args: string[]) => {
    try {
      return { code: 0, stdout: execFileSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8", stdio: "pipe" }), stderr: "" };
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
      return { code: status, stdout, stderr };
    }
  };

  it("a tree at another commit than its labels is refused, one that git does not know passes unchecked", () => {
    const tree = path.join(folder, "trees/shop");
    mkdirSync(tree);
    expect(checkCommit({ name: "shop", commit: "0123456789ab" }, path.join(folder, "trees"))).toBeUndefined();
    const git = (...args: string[]) => execFileSync("git", ["-C", tree, "-c", "user.name=a", "-c", "user.email=a@b", ...args], { encoding: "utf8" });
    git("init", "--quiet");
    git("commit", "--quiet", "--allow-empty", "-m", "first");
    const head = git("rev-parse", "HEAD").trim();
    expect(checkCommit({ name: "shop", commit: head.slice(0, 12) }, path.join(folder, "trees"))).toBe(true);
    expect(() => checkCommit({ name: "shop", commit: "0123456789ab" }, path.join(folder, "trees"))).toThrow(/its labels are of 0123456789ab: git -C .* checkout 0123456789ab/);
  });

  it("missing trees are named with their commit and how to check them out", () => {
    const { code, stderr } = run("--corpus", "corpus", "--trees", "trees", "--repo", "shop");
    expect(code).toBe(2);
    expect(stderr).toContain("shop (someone/shop at 0123456789ab) is not in trees");
    expect(stderr).toContain("git clone --filter=blob:none --no-checkout https://github.com/someone/shop trees/shop && git -C trees/shop checkout 0123456789ab");
  });

  it.each([
    [["--trees", "trees"], /--corpus is missing/],
    [["--corpus", "corpus"], /--trees is missing/],
    [["--corpus", "nowhere", "--trees", "trees"], /Cannot read nowhere.labels\.jsonl: ENOENT/],
    [["--corpus", "corpus", "--trees", "trees", "--repo", "bnak"], /The manifest has no bnak/],
    [["--corpus", "corpus", "--trees", "trees", "--rule", "no-such-thing"], /This build has no rule no-such-thing\. It has: bounded-pool, no-/],
    [["--corpus", "corpus", "--trees", "trees", "--write", "--repo", "shop"], /--write needs every tree/],
    [["--corpus", "corpus", "--trees", "trees", "--frobnicate"], /frobnicate/],
  ])("wrong use is told, with exit code 2: %j", (args, message) => {
    const { code, stderr } = run(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it("scans each tree at hand, keeps its report, and scores the same from kept reports", () => {
    mkdirSync(path.join(folder, "trees/shop"));
    const source = 'import Database from "better-sqlite3";\nimport express from "express";\nconst app = express();\napp.get("/", (request, response) => {\n  const db = new Database("shop.db");\n  response.json(db.prepare("SELECT 1").all());\n});\n';
    writeFileSync(path.join(folder, "trees/shop/a.ts"), source);
    writeFileSync(path.join(folder, "corpus/labels.jsonl"), `${JSON.stringify(label(5, "true", { rule: "no-session-per-call" }))}\n`);
    const rule = ["--corpus", "corpus", "--rule", "no-session-per-call", "--json"];
    const scanned = run(...rule, "--trees", "trees", "--reports", "kept");
    expect(scanned.stderr).toMatch(/^bank \(someone\/bank at ba9876543210\) is not in trees/);
    expect(scanned.code).toBe(1);
    expect(JSON.parse(scanned.stdout)).toMatchObject({ trees: ["shop"], proven: { total: { tp: 1, fn: 0, recall: 1 } } });
    const again = run(...rule, "--from-reports", "kept");
    expect(again.stderr).toMatch(/^There is no report kept.bank\.json/);
    expect(again.stdout).toBe(scanned.stdout);
    writeFileSync(path.join(folder, "kept/bank.json"), "{}");
    expect(run(...rule, "--from-reports", "kept").stderr).toContain("bank.json is no report: it has no findings.");
  });
});
