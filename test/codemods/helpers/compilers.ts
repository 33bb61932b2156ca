import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./project.js";
import type { TemporaryProject } from "./project.js";

export interface TypeScriptPackage {
  title: string;
  folder: string;
  version: string;
  /** Installed by `npm run vitest:newer`, or not at all. */
  isInstalled: boolean;
}

function packageAt(place: string): TypeScriptPackage {
  const folder = join(REPOSITORY, place);
  const isInstalled = existsSync(folder);
  const { version } = isInstalled ? (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }) : { version: "" };
  return { title: isInstalled ? `TypeScript ${version}` : `the TypeScript of ${place} (not installed; \`npm run vitest:newer\` installs it)`, folder, version, isInstalled };
}

export const FIVE = packageAt("node_modules/typescript5");
export const SIX = packageAt("node_modules/typescript");
/** A program of its own, asked through its API. */
export const SEVEN = packageAt("scripts/newer/node_modules/typescript");

/** One asked in this process, and the one that is a program of its own. */
export const KINDS: readonly TypeScriptPackage[] = [SIX, SEVEN];

/** Gives the project this TypeScript, or none, beside the repository's other packages, or some of them. */
export function installTypeScript(project: TemporaryProject, compiler: TypeScriptPackage | undefined, others: readonly string[] = readdirSync(join(REPOSITORY, "node_modules"))): void {
  const modules = join(project.root, "node_modules");
  unlinkSync(modules);
  mkdirSync(modules);
  for (const name of others) if (name !== "typescript") symlinkSync(join(REPOSITORY, "node_modules", name), join(modules, name));
  if (compiler !== undefined) symlinkSync(compiler.folder, join(modules, "typescript"));
}
