import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { tree } from "../project/tree.js";
import { useCli } from "./cli.js";

const cli = useCli();
const MARKETPLACE = fileURLToPath(new URL("../fixtures/marketplace/", import.meta.url));
const PAGE = readFileSync(new URL("../../docs/matrix.md", import.meta.url), "utf8");
const EXAMPLES = [...PAGE.matchAll(/^```sh\nnpx sessionfix (.+)\n```\n\n```text\n([\s\S]*?)^```$/gm)].map(([, command = "", output = ""]) => ({ command, output }));

/** The fixture as committed, and its rewrite in the work tree. */
function rewritten(): string {
  const root = tree({});
  const git = (...args: string[]) => execFileSync("git", ["-C", root, "-c", "user.name=a", "-c", "user.email=a@b.c", ...args]);
  cpSync(path.join(MARKETPLACE, "before"), root, { recursive: true });
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-qm", "before");
  rmSync(path.join(root, "src"), { recursive: true });
  cpSync(path.join(MARKETPLACE, "after/src"), path.join(root, "src"), { recursive: true });
  return root;
}

describe("docs/matrix.md", () => {
  it("has three examples", () => {
    expect(EXAMPLES.map(({ command }) => command)).toEqual(["matrix", "matrix --why import_artifacts", "matrix --diff main"]);
  });

  it.each(EXAMPLES)("$command prints what the page shows", async ({ command, output }) => {
    const cwd = command.includes("--diff") ? rewritten() : path.join(MARKETPLACE, "before");
    const run = await cli.run([...command.split(" "), "--no-cache"], { cwd });
    expect({ code: run.code, stderr: run.stderr, stdout: run.stdout.trimEnd() }).toEqual({ code: 0, stderr: "", stdout: output.trimEnd() });
  });
});
