import { execFile, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { errorMessage, UsageError } from "./errors.js";

const run = promisify(execFile);

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** A folder as it was at a commit, outside of the checkout. */
export interface GitTree {
  /** The commit's full name. */
  commit: string;
  /** What `folder` was at that commit. Empty when it was not there yet. */
  folder: string;
  remove(): Promise<void>;
}

/** What an analysis reads: code and what imports are resolved by. Pictures and data stay where they are. */
const READ = /\.(?:[cm]?[jt]s|[jt]sx|json5?|jsonc)$|(?:^|\/)\.gitignore$/;

/**
 * Writes what a folder's repository holds at a ref into a temporary folder. Nothing in the repository changes: no
 * work tree is registered, and its index is not touched.
 *
 * @throws UsageError `NOT_A_REPOSITORY`, `UNKNOWN_REF`, `GIT_FAILED`.
 */
export async function checkOutTree(folder: string, ref: string): Promise<GitTree> {
  const top = await topOf(folder);
  const commit = await commitOf(top, ref);
  const temporary = await realpath(await mkdtemp(path.join(tmpdir(), "sessionfix-matrix-")));
  const options = { recursive: true, force: true };
  // Who stops it early must not find the folder later.
  const onSignal = (signal: NodeJS.Signals): void => {
    rmSync(temporary, options);
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  const remove = async (): Promise<void> => {
    await rm(temporary, options);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  try {
    const files = path.join(temporary, "tree");
    const env = { ...process.env, GIT_INDEX_FILE: path.join(temporary, "index") };
    await git(top, ["read-tree", commit], env);
    const listed = (await git(top, ["ls-files", "-z", "--full-name"], env)).split("\0");
    await mkdir(files);
    await feed(top, ["checkout-index", "--quiet", "--force", "-z", "--stdin", `--prefix=${files}/`], env, listed.filter((file) => READ.test(file)).join("\0"));
    const below = path.join(files, path.relative(await realpath(top), await realpath(folder)));
    await mkdir(below, { recursive: true });
    return { commit, folder: below, remove };
  } catch (error) {
    await remove();
    throw error instanceof UsageError ? error : new UsageError("GIT_FAILED", `git could not write out ${ref}: ${detailOf(error)}`, "Check the repository with `git fsck`, and that the folder for temporary files has room.");
  }
}

async function topOf(folder: string): Promise<string> {
  try {
    return (await git(folder, ["rev-parse", "--show-toplevel"])).trim();
  } catch (error) {
    throw new UsageError("NOT_A_REPOSITORY", `${folder} is not in a git work tree: ${detailOf(error)}`, "--diff compares with a commit: run it inside a repository.");
  }
}

async function commitOf(top: string, ref: string): Promise<string> {
  try {
    return (await git(top, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`])).trim();
  } catch {
    throw new UsageError("UNKNOWN_REF", `No such commit, branch or tag: ${ref}`, "In CI, fetch it first: a shallow clone has only the last commit (`fetch-depth: 0`, or `git fetch origin main`).");
  }
}

async function git(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { stdout } = await run("git", ["-C", folder, ...args], { env: { ...env, GIT_OPTIONAL_LOCKS: "0" }, maxBuffer: 256 * 1024 * 1024 });
  return stdout;
}

/** Runs git with names on its standard input: there may be more of them than a command line takes. */
function feed(folder: string, args: readonly string[], env: NodeJS.ProcessEnv, input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["-C", folder, ...args], { env, stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(said.trim() || `git ended with ${code}`))));
  });
}

function detailOf(error: unknown): string {
  const said = typeof error === "object" && error !== null && "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return (said || errorMessage(error)).split("\n")[0] ?? "";
}
