import { statSync } from "node:fs";
import path from "node:path";
import { transforms } from "../../codemods/index.js";
import { RULES } from "../../rules/registry.js";
import type { Finding } from "../core/finding.js";
import { UsageError } from "./errors.js";
import { isInside, toRelative } from "./paths.js";

/** What a fix is limited to. Empty lists limit nothing. */
export interface Scope {
  /** Rules and codemods, by name. */
  names: string[];
  /** Files and folders, relative to the root. */
  files: string[];
}

/**
 * Tells the rules and codemods from the files among the words given to `--only`.
 *
 * @throws UsageError `BAD_OPTION` for what is neither.
 */
export function readScope(words: readonly string[], root: string, cwd: string): Scope {
  const known = [...RULES, ...transforms].map(({ name }) => name);
  const scope: Scope = { names: [], files: [] };
  for (const word of words) {
    const name = word.replace(/^sessionfix\//, "");
    const absolute = path.resolve(cwd, word);
    if (known.includes(name)) scope.names.push(name);
    else if (isInside(root, absolute) && statSync(absolute, { throwIfNoEntry: false })) scope.files.push(toRelative(root, absolute));
    else throw new UsageError("BAD_OPTION", `--only ${word}: neither a rule, nor a codemod, nor a file of ${root}`, `Rules and codemods: ${known.join(", ")}.`);
  }
  return scope;
}

/** A filter for findings: those of the scope's files, and all that the first scan did not have, since a fix must not bring any. */
export function scopeFilter({ files }: Scope, first: readonly Finding[]): (findings: readonly Finding[]) => Finding[] {
  const isInScope = ({ file }: Finding) => files.length === 0 || files.some((scope) => scope === "" || file === scope || file.startsWith(`${scope}/`));
  const left = new Set(first.filter((finding) => !isInScope(finding)).map(keyOf));
  return (findings) => findings.filter((finding) => isInScope(finding) || !left.has(keyOf(finding)));
}

function keyOf({ rule, file, fingerprint }: Finding): string {
  return `${rule}\0${file}\0${fingerprint}`;
}
