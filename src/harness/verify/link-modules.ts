import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import path from "node:path";

/**
 * Gives a copy of a repository the installed packages of its checkout: at the top and in each folder down to `below`.
 * A package of the repository's own (a workspace) is linked to the copy's: it is part of the program.
 */
export function linkModules(checkout: string, copy: string, below: string): void {
  const parts = below.split("/").filter((part) => part !== "");
  for (let depth = 0; depth <= parts.length; depth += 1) {
    const folder = parts.slice(0, depth).join("/");
    const modules = path.join(checkout, folder, "node_modules");
    if (existsSync(modules)) linkEach(modules, path.join(copy, folder, "node_modules"), { checkout: realpathSync(checkout), copy });
  }
}

function linkEach(from: string, to: string, roots: { checkout: string; copy: string }): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const [source, target] = [path.join(from, name), path.join(to, name)];
    if (existsSync(target)) continue;
    if (name.startsWith("@") && lstatSync(source).isDirectory()) linkEach(source, target, roots);
    else if (existsSync(source)) symlinkSync(ownOf(realpathSync(source), roots), target, "junction");
  }
}

function ownOf(source: string, { checkout, copy }: { checkout: string; copy: string }): string {
  const relative = path.relative(checkout, source);
  const isOwn = !relative.startsWith("..") && !path.isAbsolute(relative) && !relative.split(path.sep).includes("node_modules");
  return isOwn && existsSync(path.join(copy, relative)) ? path.join(copy, relative) : source;
}
