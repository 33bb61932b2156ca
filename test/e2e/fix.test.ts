import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { tree } from "../project/tree.js";
import { useCli } from "./cli.js";

const cli = useCli();

const ORDERS = `import Database from "better-sqlite3";

export function list() {
  const db = new Database("shop.db"); // one a request: too many
  return db.prepare("SELECT * FROM orders").all();
}
`;
const SERVER = (module: string) => `import express from "express";
import { list } from "./${module}.js";
const app = express();
app.get("/${module}", (request, response) => response.json(list()));
app.listen(3000);
`;
const SHOP = {
  "package.json": `{ "name": "shop", "type": "module" }\n`,
  "pnpm-lock.yaml": "",
  "src/server.js": SERVER("orders"),
  "src/orders.js": ORDERS,
};

/** Every file's text under a folder, without git's and sessionfix's own. */
function contents(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => !/^\.(?:git|sessionfix)\b/.test(file) && statSync(path.join(root, file)).isFile());
  return Object.fromEntries(files.sort().map((file) => [file, readFileSync(path.join(root, file), "utf8")]));
}

function underGit(root: string): string {
  const git = (...args: string[]) => execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], { cwd: root });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "before");
  return root;
}

describe("fix", () => {
  it("shows a patch that git applies, writes the same, is silent after, and undo brings every byte back", async () => {
    const root = underGit(tree(SHOP));
    const before = contents(root);

    const dry = await cli.run(["fix", "--dry-run"], { cwd: root });
    expect(dry.code).toBe(1);
    expect(dry.stdout).toMatch(/^--- a\/src\/orders\.js\n\+\+\+ b\/src\/orders\.js\n@@/);
    expect(dry.stderr).toMatch(/^\nWould apply 1 fix in 2 files, 1 of them new: src\/session\.js\n/);
    expect(dry.stderr).toContain("Next: npx sessionfix fix  writes this\n");
    expect(contents(root)).toEqual(before);

    const fixed = await cli.run(["fix"], { cwd: root });
    // The start-up is for review, and a later run has no finding any more to plan it for.
    expect(fixed).toMatchObject({ code: 1, stderr: "" });
    expect(fixed.stdout.replace(/\s+/g, " ")).toContain("init-at-startup the database is opened when the program starts and not at the first request, and closed when it stops. It is made along with use-shared-session: `sessionfix undo`, then `sessionfix fix --review`");
    expect(fixed.stdout).toMatch(/^Applied 1 fix in 2 files, 1 of them new: src\/session\.js\n {2}✔ no-session-per-call {2}src\/orders\.js:4 {2}use-shared-session\n/);
    expect(fixed.stdout).toContain("Next: npx sessionfix fix --review --dry-run  shows what is left for review, too\n      pnpm add sessionfix-runtime  in this folder: the rewritten code imports it\n      git diff  shows what was changed\n      npx sessionfix undo  ");
    const after = contents(root);
    expect(after["src/orders.js"]).toContain("// one a request: too many");
    expect(after["src/orders.js"]).not.toContain("new Database");

    expect((await cli.run([], { cwd: root })).code).toBe(0);
    expect((await cli.run(["fix"], { cwd: root })).stdout).toBe("✔ Nothing to fix.\n");

    const undone = await cli.run(["undo"], { cwd: root });
    expect(undone).toEqual({
      code: 0,
      stdout: "  src/orders.js  restored\n  src/session.js  removed: the fix had created it\n✔ Undone: 2 files are as before the fix.\n",
      stderr: "",
    });
    expect(contents(root)).toEqual(before);

    writeFileSync(path.join(root, "../fix.patch"), dry.stdout);
    execFileSync("git", ["apply", "../fix.patch"], { cwd: root });
    expect(contents(root)).toEqual(after);
  });

  it("colours the patch for a terminal alone", async () => {
    const root = tree(SHOP);
    const escape = String.fromCharCode(27);
    expect((await cli.run(["fix", "--dry-run"], { cwd: root })).stdout).not.toContain(escape);
    expect((await cli.run(["fix", "--dry-run"], { cwd: root, env: { FORCE_COLOR: "1" } })).stdout).toContain(`${escape}[32m+`);
  });

  it("refuses a file with changes that are not committed, names it, and takes --allow-dirty", async () => {
    const root = underGit(tree(SHOP));
    const mine = `${ORDERS}// not committed\n`;
    writeFileSync(path.join(root, "src/orders.js"), mine);
    const refused = await cli.run(["fix"], { cwd: root });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^Refused: 1 time\n {2}✖ no-session-per-call {2}src\/orders\.js:4 {2}use-shared-session\n {4}src\/orders\.js: .*--allow-dirty/m);
    expect(readFileSync(path.join(root, "src/orders.js"), "utf8")).toBe(mine);

    expect((await cli.run(["fix", "--allow-dirty"], { cwd: root })).stdout).toMatch(/^Applied 1 fix in 2 files/);
    expect((await cli.run(["undo"], { cwd: root })).code).toBe(0);
    expect(readFileSync(path.join(root, "src/orders.js"), "utf8")).toBe(mine);
  });

  it("keeps to --only: a rule, a file, a folder", async () => {
    const root = tree({ ...SHOP, "src/other/server.js": SERVER("users"), "src/other/users.js": ORDERS.replace("shop.db", "users.db") });
    const changed = async (...only: string[]) => {
      const { stdout } = await cli.run(["fix", "--dry-run", ...only.flatMap((word) => ["--only", word])], { cwd: root });
      return [...stdout.matchAll(/^--- a\/(.+)$/gm)].map((match) => match[1]);
    };
    expect(await changed()).toEqual(["src/orders.js", "src/other/users.js"]);
    expect(await changed("src/orders.js")).toEqual(["src/orders.js"]);
    expect(await changed("src/other")).toEqual(["src/other/users.js"]);
    expect(await changed("no-session-per-call")).toEqual(["src/orders.js", "src/other/users.js"]);
    expect(await changed("no-unbatched-loop-transaction")).toEqual([]);
    expect(await changed("no-session-per-call", "src/other/users.js")).toEqual(["src/other/users.js"]);
  });

  it("says that there is nothing to fix", async () => {
    const root = tree({ "a.ts": "export const a = 1;\n" });
    expect(await cli.run(["fix"], { cwd: root })).toEqual({ code: 0, stdout: "✔ Nothing to fix.\n", stderr: "" });
    expect(existsSync(path.join(root, ".sessionfix"))).toBe(false);
  });

  it.each<[string, string[], RegExp]>([
    ["--only with what is neither rule nor file", ["--only", "no-such-thing"], /^sessionfix: --only no-such-thing: neither a rule, nor a codemod, nor a file of .+\nRules and codemods: bounded-pool, /],
    ["a batch size of nothing", ["--batch-size", "0"], /^sessionfix: option '--batch-size <n>' argument '0' is invalid\. It must be a whole number from 1\.\n/],
    ["a batch size in words", ["--batch-size", "ten"], /^sessionfix: option '--batch-size <n>' argument 'ten' is invalid\./],
    ["an unknown option", ["--dryrun"], /^sessionfix: unknown option '--dryrun'\nDid you mean --dry-run\?\n$/],
    ["a path that does not exist", ["nowhere"], /^sessionfix: No such .*nowhere\n/],
  ])("is wrong use: %s", async (_name, args, expected) => {
    expect(await cli.run(["fix", ...args], { cwd: tree(SHOP) })).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(expected) as unknown });
  });
});

describe("undo", () => {
  it("says that there is nothing to undo", async () => {
    expect(await cli.run(["undo"], { cwd: tree({}) })).toEqual({ code: 0, stdout: "Nothing to undo: there is no fix on record in this folder.\n", stderr: "" });
  });

  it("refuses to lose what was written after the fix, unless forced", async () => {
    const root = tree(SHOP);
    const before = contents(root);
    await cli.run(["fix"], { cwd: root });
    writeFileSync(path.join(root, "src/orders.js"), "// mine\n");
    const refused = await cli.run(["undo"], { cwd: root });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^Nothing was undone: files were changed after the fix\.\n {2}src\/orders\.js {2}.+\n\nNext: npx sessionfix undo --force/);
    expect(readFileSync(path.join(root, "src/orders.js"), "utf8")).toBe("// mine\n");
    expect((await cli.run(["undo", "--force"], { cwd: root })).code).toBe(0);
    expect(contents(root)).toEqual(before);
  });

  it("takes the folder in which the fix was run", async () => {
    const root = tree(SHOP);
    const before = contents(root);
    const elsewhere = tree({});
    const fixed = await cli.run(["fix", root], { cwd: elsewhere });
    expect(fixed.stdout).toContain(`npx sessionfix undo ${root}  takes it back`);
    expect((await cli.run(["undo"], { cwd: elsewhere })).stdout).toContain("Nothing to undo");
    expect((await cli.run(["undo", root], { cwd: elsewhere })).code).toBe(0);
    expect(contents(root)).toEqual(before);
    expect((await cli.run(["undo", "nowhere"], { cwd: root })).code).toBe(2);
  });
});
