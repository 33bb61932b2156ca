import { execFile } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { HarnessError } from "../errors.js";
import { makeScratch } from "../scratch.js";
import { linkModules } from "./link-modules.js";
import type { Target } from "./place.js";

const run = promisify(execFile);

/**
 * The program that `--before` names: a folder, or else a git ref of the repository that `project` lies in. Of a ref a
 * copy is made in a temporary folder, with the checkout's node_modules linked; your work tree and index stay as they are.
 *
 * @throws HarnessError `VERIFY_FOLDER_MISSING`, `VERIFY_NOT_A_REPOSITORY` or `VERIFY_UNKNOWN_REF`.
 */
export async function findBefore(named: string, project: string): Promise<Target> {
  if (isFolder(path.resolve(named))) return { folder: path.resolve(named), name: named };
  const git = async (...args: string[]): Promise<string> => (await run("git", ["-C", project, ...args], { maxBuffer: 1 << 26 })).stdout.trim();
  let top: string;
  try {
    top = await git("rev-parse", "--show-toplevel");
  } catch {
    throw new HarnessError("VERIFY_NOT_A_REPOSITORY", `${named} is no folder, and ${project} lies in no git repository`, "Name a folder with the program before.");
  }
  let commit: string;
  try {
    commit = await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${named}^{commit}`);
  } catch {
    throw new HarnessError("VERIFY_UNKNOWN_REF", `${named} is neither a folder nor a commit, branch or tag of ${top}`, "In CI, fetch the history: `fetch-depth: 0`.");
  }
  const below = await git("rev-parse", "--show-prefix");
  const copy = makeScratch();
  await extract(top, commit, copy);
  const folder = path.join(copy, below);
  if (!isFolder(folder)) throw new HarnessError("VERIFY_FOLDER_MISSING", `${named} has no folder ${below}`, "Run it from a folder that both have.");
  linkModules(top, copy, below);
  return { folder, name: `${named} (${commit.slice(0, 10)})` };
}

/** @throws HarnessError `VERIFY_FOLDER_MISSING`. */
export function findAfter(named: string): Target {
  const folder = path.resolve(named);
  if (!isFolder(folder)) throw new HarnessError("VERIFY_FOLDER_MISSING", `There is no folder ${named}`, "--after names the folder of the program after; without it, it is the current one.");
  return { folder, name: named === "." ? path.basename(folder) : named };
}

/** An archive and no work tree: nothing is left in the repository, even if this process is killed. */
async function extract(top: string, commit: string, into: string): Promise<void> {
  const archive = path.join(makeScratch(), "before.tar");
  mkdirSync(into, { recursive: true });
  await run("git", ["-C", top, "archive", "--format=tar", "-o", archive, commit]);
  await run("tar", ["-xf", archive, "-C", into]);
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}
