import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { RUNTIME } from "../core/contract.js";

/** Lock files and the command of the package manager that writes them. npm's is the answer where there is none. */
const MANAGERS: [string, string][] = [
  ["pnpm-lock.yaml", "pnpm add"],
  ["yarn.lock", "yarn add"],
  ["bun.lock", "bun add"],
  ["bun.lockb", "bun add"],
  ["package-lock.json", "npm install"],
];

/**
 * The commands that give the rewritten packages the runtime they now import, as `[folder, command]`: one for each package
 * whose manifest does not name it yet.
 */
export function runtimeInstalls(root: string, diffs: readonly { file: string; diff: string }[]): [string, string][] {
  const imports = new RegExp(`^\\+.*["']${RUNTIME.specifier}["'/]`, "m");
  const folders = new Set(diffs.filter(({ diff }) => imports.test(diff)).map(({ file }) => packageFolder(path.join(root, file))));
  return [...folders].filter((folder) => !namesRuntime(folder)).map((folder) => [path.relative(root, folder), `${managerOf(folder)} ${RUNTIME.specifier}`]);
}

function packageFolder(file: string): string {
  return above(path.dirname(file)).find((folder) => existsSync(path.join(folder, "package.json"))) ?? path.dirname(file);
}

function managerOf(folder: string): string {
  for (const place of above(folder)) {
    const manager = MANAGERS.find(([lock]) => existsSync(path.join(place, lock)));
    if (manager) return manager[1];
  }
  return "npm install";
}

function namesRuntime(folder: string): boolean {
  try {
    const { dependencies = {} } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as { dependencies?: Record<string, string> };
    return RUNTIME.specifier in dependencies;
  } catch {
    return false;
  }
}

function above(folder: string): string[] {
  const folders = [folder];
  for (let at = folder; at !== path.dirname(at); ) folders.push((at = path.dirname(at)));
  return folders;
}
