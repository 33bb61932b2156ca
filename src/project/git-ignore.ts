import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import ignore from "ignore";
import type { Ignore } from "ignore";
import { isInside, toRelative } from "./paths.js";

/** The ignore files that apply in a folder, outermost first. A folder's own rules are added with `enter`. */
export interface IgnoreRules {
  /** The rules for what lies in `folder`, with that folder's own `.gitignore`. */
  enter(folder: string): IgnoreRules;
  ignores(absolute: string, isFolder: boolean): boolean;
}

interface Layer {
  base: string;
  rules: Ignore;
}

/**
 * The rules in force for what lies in `start`: every `.gitignore` from the top of the git work tree down to it, and the
 * repository's own `info/exclude`. A start folder that is itself ignored was asked for by name, so the rules above it
 * do not count.
 */
export function gitIgnoreRules(start: string): IgnoreRules {
  const top = workTreeTop(start) ?? start;
  let layers: Layer[] = [];
  const exclude = readRules(path.join(top, ".git", "info", "exclude"));
  if (exclude) layers.push({ base: top, rules: exclude });
  for (const folder of foldersBetween(top, start)) {
    if (folder !== top && decide(layers, folder, true)) layers = [];
    layers = withOwnRules(layers, folder);
  }
  return rulesOf(layers);
}

function rulesOf(layers: Layer[]): IgnoreRules {
  return {
    enter: (folder) => {
      const next = withOwnRules(layers, folder);
      return next === layers ? rulesOf(layers) : rulesOf(next);
    },
    ignores: (absolute, isFolder) => decide(layers, absolute, isFolder),
  };
}

/** The innermost ignore file that says anything about a path decides. */
function decide(layers: Layer[], absolute: string, isFolder: boolean): boolean {
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index];
    if (!layer || !isInside(layer.base, absolute)) continue;
    const relative = toRelative(layer.base, absolute);
    if (relative === "") continue;
    const verdict = layer.rules.test(isFolder ? `${relative}/` : relative);
    if (verdict.ignored) return true;
    if (verdict.unignored) return false;
  }
  return false;
}

function withOwnRules(layers: Layer[], folder: string): Layer[] {
  const rules = readRules(path.join(folder, ".gitignore"));
  return rules ? [...layers, { base: folder, rules }] : layers;
}

function readRules(file: string): Ignore | undefined {
  try {
    return ignore().add(readFileSync(file, "utf8"));
  } catch {
    // No such file, or one that cannot be read: git goes on without it, too.
    return undefined;
  }
}

/** The top of the git work tree that a folder lies in. */
export function workTreeTop(start: string): string | undefined {
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (exists(path.join(folder, ".git"))) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}

function foldersBetween(top: string, start: string): string[] {
  const folders = [start];
  for (let folder = start; folder !== top; ) {
    folder = path.dirname(folder);
    folders.unshift(folder);
  }
  return folders;
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
