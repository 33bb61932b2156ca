import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Command lines have a limit; so many paths are asked for at once. */
const PATHS_AT_ONCE = 200;

async function git(root: string, args: readonly string[]): Promise<string | undefined> {
  try {
    // Without optional locks a status never writes the index of a repository in which someone else is at work.
    const { stdout } = await run("git", ["-C", root, ...args], { env: { ...process.env, GIT_OPTIONAL_LOCKS: "0" }, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch {
    return undefined;
  }
}

/**
 * Why git could not bring each of these files back: it has changes that are not committed, or is not tracked. Files
 * that are safe are not in the map; outside a repository the map is empty, since `undo` does not need git.
 */
export async function uncommitted(root: string, files: readonly string[]): Promise<Map<string, string>> {
  const reasons = new Map<string, string>();
  const prefix = await git(root, ["rev-parse", "--show-prefix"]);
  if (prefix === undefined) return reasons;
  const from = prefix.trim();
  for (let at = 0; at < files.length; at += PATHS_AT_ONCE) {
    const some = files.slice(at, at + PATHS_AT_ONCE);
    const status = await git(root, ["--literal-pathspecs", "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignored=matching", "--", ...some]);
    for (const entry of (status ?? "").split("\0")) {
      if (entry.length < 4) continue;
      const path = entry.slice(3);
      const file = path.startsWith(from) ? path.slice(from.length) : path;
      const code = entry.slice(0, 2);
      const reason = code === "??" ? "it is not tracked by git" : code === "!!" ? "git ignores it" : "it has changes that are not committed";
      for (const one of some) if (one === file || (file.endsWith("/") && one.startsWith(file))) reasons.set(one, reason);
    }
  }
  return reasons;
}
