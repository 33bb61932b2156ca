import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeScratch } from "../../../src/harness/scratch.js";
import { findBefore } from "../../../src/harness/verify/find-target.js";

let top: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(path.join(tmpdir(), "find-target-")));
});
afterEach(() => {
  removeScratch();
  rmSync(top, { recursive: true, force: true });
});

const git = (...args: string[]) => execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: top, encoding: "utf8" }).trim();
const write = (file: string, text: string) => {
  mkdirSync(path.dirname(path.join(top, file)), { recursive: true });
  writeFileSync(path.join(top, file), text);
};

/** A repository with two packages, of which one uses the other, installed as npm does. */
function workspaces(): void {
  write(".gitignore", "node_modules\n");
  write("apps/api/server.js", "old server");
  write("packages/db/index.js", "old db");
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "old");
  write("apps/api/server.js", "new server");
  write("packages/db/index.js", "new db");
  write("node_modules/express/index.js", "express");
  write("node_modules/@types/node/index.d.ts", "types");
  write("apps/api/node_modules/left-pad/index.js", "left-pad");
  mkdirSync(path.join(top, "node_modules/@shop"));
  symlinkSync("../../packages/db", path.join(top, "node_modules/@shop/db"));
  symlinkSync("../gone", path.join(top, "node_modules/gone"));
}

describe("findBefore, of a git ref", () => {
  it("is a copy of the ref, at the same place in it, with the checkout's packages and its own workspaces", async () => {
    workspaces();
    const { folder, name } = await findBefore("HEAD", path.join(top, "apps/api"));
    const copy = path.resolve(folder, "../..");
    const read = (file: string) => readFileSync(path.join(copy, file), "utf8");
    expect(name).toBe(`HEAD (${git("rev-parse", "HEAD").slice(0, 10)})`);
    expect(path.relative(copy, folder)).toBe(path.join("apps", "api"));
    expect(read("apps/api/server.js")).toBe("old server");
    expect(read("node_modules/express/index.js")).toBe("express");
    expect(read("node_modules/@types/node/index.d.ts")).toBe("types");
    expect(read("apps/api/node_modules/left-pad/index.js")).toBe("left-pad");
    // A workspace is part of the program: its old self.
    expect(read("node_modules/@shop/db/index.js")).toBe("old db");
    expect(existsSync(path.join(copy, "node_modules/gone"))).toBe(false);
    expect(readFileSync(path.join(top, "apps/api/server.js"), "utf8")).toBe("new server");
    // What is removed is the copy and its links, not what they lead to.
    removeScratch();
    expect(existsSync(copy)).toBe(false);
    expect(readFileSync(path.join(top, "node_modules/express/index.js"), "utf8")).toBe("express");
    expect(lstatSync(path.join(top, "node_modules/@shop/db")).isSymbolicLink()).toBe(true);
  });

  it.each([
    ["a ref that is none", "no-such-branch", "VERIFY_UNKNOWN_REF"],
    ["an option in disguise", "--help", "VERIFY_UNKNOWN_REF"],
  ])("refuses %s", async (_what, ref, code) => {
    workspaces();
    await expect(findBefore(ref, top)).rejects.toMatchObject({ code });
  });

  it("refuses a ref that lacks the folder", async () => {
    workspaces();
    write("apps/new/server.js", "new");
    await expect(findBefore("HEAD", path.join(top, "apps/new"))).rejects.toMatchObject({ code: "VERIFY_FOLDER_MISSING" });
  });
});
