import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { tree } from "../project/tree.js";
import { useCli } from "./cli.js";

const cli = useCli();
const MARKETPLACE = fileURLToPath(new URL("../fixtures/marketplace/", import.meta.url));

interface Operation {
  operation: string;
  file: string;
  line: number;
  sessions: string;
  lock: string;
  transactions: string;
  longestTransaction: string;
  variables: Record<string, string>;
  measured?: object;
}

async function operations(args: string[], cwd: string): Promise<Operation[]> {
  const run = await cli.run(["matrix", "--format", "json", "--no-cache", ...args], { cwd });
  expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: "" });
  return (JSON.parse(run.stdout) as { operations: Operation[] }).operations;
}

const SERVER = (body: string) => `import express from "express";
import { db, open } from "./db.js";
const app = express();
app.post("/orders", (request, response) => {
  ${body}
  response.end();
});
app.listen(3000);
`;
const SHOP = {
  "db.ts": `import Database from "better-sqlite3";\nexport const db = new Database("shop.db");\nexport const open = () => new Database("shop.db");\n`,
  "server.ts": SERVER(`db.prepare("INSERT INTO orders VALUES (1)").run();`),
};

describe("the marketplace", () => {
  it("shows the import's n + 2 sessions and its write lock over a loop, on top", async () => {
    const [first, ...others] = await operations([], path.join(MARKETPLACE, "before"));
    expect(first).toMatchObject({ operation: "POST /marketplace/sources/:sourceId/import_artifacts", file: "src/api/routers/marketplace-sources.ts", sessions: "n + 2", lock: "write", transactions: "2" });
    expect(first?.variables["n"]).toBe("entryIds");
    expect(Object.values(first?.variables ?? {})).toContain("entries");
    expect(first?.longestTransaction).toMatch(/9m/);
    expect(others.find(({ operation }) => operation === "GET /marketplace/artifacts")).toMatchObject({ sessions: "1", lock: "read", transactions: "0", longestTransaction: "0" });
  });

  it("shows 0 sessions and batches after the rewrite", async () => {
    const after = await operations([], path.join(MARKETPLACE, "after"));
    expect(after[0]).toMatchObject({ operation: "POST /marketplace/sources/:sourceId/import_artifacts", sessions: "0", lock: "write" });
    expect(after[0]?.longestTransaction).toMatch(/^10\w \+ 90$/);
    expect(after.filter(({ operation, sessions }) => !operation.startsWith("script ") && sessions !== "0")).toEqual([]);
  });

  it("has the same rows from above the folder, each file named from there", async () => {
    const [first] = await operations(["before"], MARKETPLACE);
    expect(first).toMatchObject({ operation: "POST /marketplace/sources/:sourceId/import_artifacts", file: "before/src/api/routers/marketplace-sources.ts", sessions: "n + 2" });
  });

  it("tells how an operation comes to its figures", async () => {
    const run = await cli.run(["matrix", "--why", "import_artifacts", "--no-cache"], { cwd: path.join(MARKETPLACE, "before") });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("Sessions: opened in 3 ways");
    expect(run.stdout).toContain("the handler calls catalogRepo.getById, for each of entryIds");
    expect(run.stdout).toContain("! writes for each of entries, src/services/marketplace-import.ts:");
  });
});

describe("matrix", () => {
  it("names operations near one that is unknown", async () => {
    const run = await cli.run(["matrix", "--why", "POST /ordres"], { cwd: tree(SHOP) });
    expect(run).toEqual({ code: 2, stdout: "", stderr: `sessionfix: No single operation is named POST /ordres\nNear it: "POST /orders".\n` });
  });

  it("writes into a file in the format that its name says", async () => {
    const root = tree(SHOP);
    for (const [file, start] of [["m.md", "# Concurrent operation matrix\n"], ["m.html", "<!doctype html>"], ["m.json", '{\n  "version": 1'], ["m.txt", "Operation "]] as const) {
      const run = await cli.run(["matrix", "--output", file], { cwd: root });
      expect(run).toMatchObject({ code: 0, stdout: "" });
      expect(readFileSync(path.join(root, file), "utf8").startsWith(start)).toBe(true);
    }
  });

  it("leaves out what the configuration ignores, and names what could not be parsed", async () => {
    const root = tree({ ...SHOP, "sessionfix.config.json": `{ "ignores": ["server.ts"] }`, "other.ts": `import Database from "better-sqlite3"; const = 1;` });
    const run = await cli.run(["matrix", "--format", "json"], { cwd: root });
    expect(JSON.parse(run.stdout)).toMatchObject({ operations: [], skipped: [{ file: "other.ts" }] });
    expect((await cli.run(["matrix", "--no-config", "--format", "json"], { cwd: root })).stdout).toContain("POST /orders");
  });

  it("says so where there is nothing to show", async () => {
    const run = await cli.run(["matrix"], { cwd: tree({ "a.ts": "export const a = 1;" }) });
    expect(run).toEqual({ code: 0, stdout: "Nothing to show: no file imports a database library that sessionfix knows.\n", stderr: "" });
  });
});

describe("--metrics", () => {
  const quantiles = (p99: number) => ({ p50: 1, p90: 2, p99, max: 99 });
  const counted = { commits: 3, rollbacks: 1, holdMs: quantiles(31), waitMs: quantiles(2.5) };
  const snapshot = { openSessions: 1, opened: 1, files: [{ path: "shop.db", ...counted, labels: [{ label: "POST /orders", ...counted }, { label: "nightly", ...counted }] }] };

  it("puts what was measured beside the rows and lists the rest", async () => {
    const root = tree({ ...SHOP, "m.json": JSON.stringify(snapshot), "many.json": JSON.stringify([snapshot, snapshot]) });
    const run = await cli.run(["matrix", "--metrics", "m.json"], { cwd: root });
    expect(run.stdout).toMatch(/^POST \/orders .* 31 ms +2\.5 ms$/m);
    expect(run.stdout).toContain("Measured, and of no operation above:\n  nightly  hold p99 31 ms  wait p99 2.5 ms  shop.db\n");
    expect(await operations(["--metrics", "many.json"], root)).toMatchObject([{ operation: "POST /orders", measured: { transactions: 8, holdP99: 31, waitP99: 2.5 } }]);
  });

  it.each<[string, string, RegExp]>([
    ["is not there", "gone.json", /The metrics in gone\.json cannot be read/],
    ["is no JSON", "server.ts", /The metrics in server\.ts cannot be read/],
    ["is JSON of another kind", "other.json", /other\.json holds no metrics that sessionfix knows/],
    ["is half a snapshot", "half.json", /half\.json holds no metrics that sessionfix knows/],
  ])("a file that %s is an error", async (_name, file, message) => {
    const run = await cli.run(["matrix", "--metrics", file], { cwd: tree({ ...SHOP, "other.json": `{ "a": 1 }`, "half.json": `{ "files": [{ "path": "a.db" }] }` }) });
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(message);
  });
});

describe("--diff", () => {
  const git = (cwd: string, ...args: string[]) => execFileSync("git", ["-C", cwd, "-c", "user.name=a", "-c", "user.email=a@b.c", ...args], { encoding: "utf8" });
  function repository(files: Record<string, string>): string {
    const root = tree(files);
    git(root, "init", "-q", "-b", "main");
    git(root, "add", "-A");
    git(root, "commit", "-qm", "first");
    return root;
  }
  const change = (root: string, body: string) => writeFileSync(path.join(root, "server.ts"), SERVER(body));

  it("says what got worse, exit code 1; what got better or stayed, exit code 0", async () => {
    const root = repository(SHOP);
    expect(await cli.run(["matrix", "--diff", "main"], { cwd: root })).toEqual({ code: 0, stderr: "", stdout: "Against main: 0 changed, 0 added, 0 removed, 1 as before. Nothing got worse.\n" });

    change(root, `for (const row of request.body.rows) open().prepare("INSERT INTO orders VALUES (?)").run(row);`);
    const worse = await cli.run(["matrix", "--diff", "main"], { cwd: root });
    expect(worse.code).toBe(1);
    expect(worse.stdout).toContain("~ POST /orders  server.ts:4\n    sessions             0 → n (n = rows)  worse\n");

    git(root, "commit", "-qam", "second");
    change(root, `db.prepare("INSERT INTO orders VALUES (1)").run();`);
    const better = await cli.run(["matrix", "--diff", "HEAD", "--format", "json"], { cwd: root });
    expect(better.code).toBe(0);
    expect(JSON.parse(better.stdout)).toMatchObject({ version: 1, worse: false, changed: [{ operation: "POST /orders", worse: [], before: { sessions: "n" }, after: { sessions: "0" } }] });
  });

  it("compares a folder of the repository, as it was at a tag, with modules that are not there", async () => {
    const root = repository(Object.fromEntries(Object.entries(SHOP).map(([file, text]) => [`apps/shop/${file}`, text])));
    git(root, "tag", "v1");
    rmSync(path.join(root, "apps/shop/server.ts"));
    const run = await cli.run(["matrix", "--diff", "v1"], { cwd: path.join(root, "apps/shop") });
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("- POST /orders  server.ts:4\n") as string });
    mkdirSync(path.join(root, "apps/new"));
    for (const [file, text] of Object.entries(SHOP)) writeFileSync(path.join(root, "apps/new", file), text);
    const fresh = await cli.run(["matrix", "--diff", "v1", "apps/new"], { cwd: root });
    expect(fresh.stdout).toContain("+ POST /orders  apps/new/server.ts:4\n");
  });

  it("leaves nothing behind: no folder, no work tree, no changed index", async () => {
    const root = repository(SHOP);
    const temporary = tree({});
    change(root, `open();`);
    const before = git(root, "status", "--porcelain");
    const run = await cli.run(["matrix", "--diff", "HEAD"], { cwd: root, env: { TMPDIR: temporary } });
    expect(run.code).toBe(1);
    expect(readdirSync(temporary)).toEqual([]);
    expect(git(root, "status", "--porcelain")).toBe(before);
    expect(git(root, "worktree", "list").trim().split("\n")).toHaveLength(1);
  });

  it.each<[string, string[], RegExp]>([
    ["an unknown ref", ["--diff", "gone"], /No such commit, branch or tag: gone\n.*fetch/],
    ["a ref that looks like an option", ["--diff=--all"], /No such commit, branch or tag: --all/],
    ["paths of two commits at once", ["--diff", "main", "--why", "POST /orders"], /cannot be used with/],
  ])("%s is an error", async (_name, args, message) => {
    const run = await cli.run(["matrix", ...args], { cwd: repository(SHOP) });
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(message);
  });

  it("outside of a repository is an error", async () => {
    const run = await cli.run(["matrix", "--diff", "main"], { cwd: tree(SHOP) });
    expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("is not in a git work tree") as string });
  });
});
